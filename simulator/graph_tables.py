"""What a graph file says, as two tables: its people and its ties, with whatever it knows about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Problem, SpecError
from simulator.tables import LINES, MISSING, Lines, ids_of, match_ids

if TYPE_CHECKING:
    import pandas as pd

NODE, SOURCE, TARGET, WEIGHT = "node", "source", "target", "weight"
NUMBERS, WORDS, IDS = "numbers", "words", "ids"
LABEL = "label"


@dataclass(frozen=True)
class GraphTables:
    """A graph file as tables.

    Parameters
    ----------
    people : DataFrame
        A row for each node: column `node` holds the file's own ids; its attributes.
    ties : DataFrame
        A row for each tie: columns `source` and `target` hold ids as in `node`; its attributes.
    directed : bool, optional
        Whether ties run one way; None: the format does not say. Where only some do, the others are there in both
        directions.
    id : str
        The column of `people` by which the format's readers know people.
    """

    people: pd.DataFrame
    ties: pd.DataFrame
    directed: bool | None
    id: str = NODE

    def ties_by(self, column: str) -> pd.DataFrame:
        """Return the ties with both ends named by a column of the people.

        Raises
        ------
        SpecError
            If there is no such column, or two people have the same value in it.
        """
        from simulator.errors import allowed_words

        if column == NODE:
            return self.ties
        if column not in self.people.columns:
            hint = allowed_words(column, list(map(str, self.people.columns)))
            raise SpecError(Problem(f"the nodes of the file have no `{column}`", ("id",), hint))
        names, nodes = self.people[column], np.asarray(self.people[NODE])
        repeated = names[names.notna() & names.duplicated()]
        if repeated.size:
            message = f"two people have the same `{column}`: {repeated.iloc[0]}"
            raise SpecError(Problem(message, ("id",), "an id is that of one person"))
        ties = self.ties.copy(deep=False)
        for end in (SOURCE, TARGET):
            found = names.reindex(match_ids(np.asarray(self.ties[end]), nodes)).reset_index(drop=True)
            ties[end] = found if found.dtype == np.int64 else found.astype("category")
        return ties


@dataclass
class Rows:
    """Rows of a table that is being read, value by value.

    Parameters
    ----------
    what : str
        What a row is, for errors: "node" or "tie".
    ids : dict of str to list of str
        Columns that hold people's ids.
    lines : list of int
        The line of the file in which each row begins.
    values : dict of str to (list of int, list of str)
        For each attribute, the rows that have it, and its values, as they stand in the file.
    kinds : dict of str to str
        What an attribute holds, where that is known: numbers, words, or ids, in which 007 is not 7.
    defaults : dict of str to str
        What rows without the attribute have.
    """

    what: str
    ids: dict[str, list[str]]
    lines: list[int] = field(default_factory=list)
    values: dict[str, tuple[list[int], list[str]]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)

    def put(self, attribute: str, text: str) -> None:
        """Put a value into the row that was begun last."""
        known = self.values.get(attribute)
        if known is None:
            known = self.values[attribute] = ([], [])
        known[0].append(len(self.lines) - 1)
        known[1].append(text)

    def table(self) -> pd.DataFrame:
        """Return the table: ids, then attributes; a CSV file with the same content gives the same columns.

        Raises
        ------
        SpecError
            If an attribute that is declared a number is none, or one has the name of a column of ids.
        """
        import pyarrow as pa

        arrays: dict[str, Any] = {}
        for name, texts in self.ids.items():
            arrays[name] = ids_of(pa.array(texts, pa.string())) if texts else pa.array([], pa.int64())
        for name in dict.fromkeys([*self.values, *self.defaults]):
            if name in arrays:
                hint = "rename it in the program that wrote the file"
                raise SpecError(
                    Problem(f"a {self.what} has an attribute called `{name}`, as its ids are here", hint=hint)
                )
            arrays[name] = self._column(name)
        frame = pa.table(arrays).to_pandas()
        frame.attrs[LINES] = Lines("line", np.array(self.lines, np.int64).__getitem__)
        return frame

    def _column(self, name: str) -> Any:
        import pandas as pd
        import pyarrow as pa

        places, texts = self.values.get(name, ([], []))
        values = np.full(len(self.lines), self.defaults.get(name), object)
        values[places] = texts
        missing = pd.isna(values) | np.isin(values.astype(str), MISSING)
        values[missing] = None
        kind = self.kinds.get(name)
        if kind == IDS and texts:
            return ids_of(pa.array(values, pa.string()))
        if kind != WORDS:
            numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(np.float64)
            wrong = np.flatnonzero(np.isnan(numbers) & ~missing)
            if not wrong.size:
                whole = not missing.any() and (np.abs(numbers) < 2.0**53).all() and (numbers == np.floor(numbers)).all()
                return pa.array(numbers.astype(np.int64) if whole else numbers, from_pandas=True)
            if kind == NUMBERS:
                found = f"line {self.lines[wrong[0]]}: the {self.what}'s `{name}` is declared a number, and is"
                raise SpecError(f"{found} `{str(values[wrong[0]])[:60]}`")
        return pa.array(values, pa.string())


def people_rows() -> Rows:
    """Return rows for the people of a graph file."""
    return Rows("node", {NODE: []}, kinds={LABEL: IDS})  # what Pajek, and often Gephi, know people by


def tie_rows() -> Rows:
    """Return rows for its ties."""
    return Rows("tie", {SOURCE: [], TARGET: []})


def graph_tables(people: Rows, ties: Rows, one_way: list[bool]) -> GraphTables:
    """Put what was read of a graph file into tables.

    Parameters
    ----------
    people, ties : Rows
    one_way : list of bool
        Whether each tie runs one way.
    """
    frame = ties.table()
    directed = np.array(one_way, bool)
    if directed.any() and not directed.all():
        frame = _with_reverses(frame, ~directed)
    return GraphTables(people.table(), frame, bool(directed.any()))


def _with_reverses(ties: pd.DataFrame, which: np.ndarray) -> pd.DataFrame:
    """Add the opposite direction of ties that run both ways beside others that do not."""
    rows = np.concatenate([np.arange(len(ties)), np.flatnonzero(which)])
    frame = ties.iloc[rows].reset_index(drop=True)
    turned = np.arange(len(ties), rows.size)
    for end, other in ((SOURCE, TARGET), (TARGET, SOURCE)):
        ends = ties[end].astype(object).to_numpy()[rows]
        ends[turned] = ties[other].astype(object).to_numpy()[rows[turned]]
        frame[end] = ends
    number_of = ties.attrs[LINES].number_of
    frame.attrs[LINES] = Lines("line", lambda at: number_of(rows[at]))
    return frame
