"""Files of people and of ties, whatever their format: which keys go with which, and what they say as tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios import grammar
from scenarios.files import content_hash, graph_at, table_at
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    import pandas as pd

TABLE, EDGE_LIST, MATRIX = "table", "edge_list", "matrix"
NODE = "node"


@dataclass(frozen=True, eq=False)
class TieTable:
    """A file of ties as a table, and how the simulator is to read it.

    Parameters
    ----------
    frame : DataFrame
    source, target : str
        Its columns of ids.
    weight : str, optional
        Its column of weights, where the layer names one.
    directed : bool, optional
        What a graph file says; None: the file says nothing.
    """

    frame: pd.DataFrame
    source: str
    target: str
    weight: str | None
    directed: bool | None


def format_of(given: grammar.Population | grammar.FileLayer) -> str:
    """Return the format of the file that people or a layer come from."""
    from simulator import formats

    return formats.format_of(str(given.file), given.format)


def wrong_keys(given: grammar.FileLayer, people: grammar.Population) -> list[Problem]:
    """Return what is wrong with the keys of a file layer, given its format; places relative to the layer."""
    form = format_of(given)
    graph = form not in (TABLE, EDGE_LIST, MATRIX)
    problems = []
    if form == TABLE:
        wanted = {"source": given.source or (people.id if given.named else None), "target": given.target or given.named}
        hints = {
            "source": "the column of the person who named",
            "target": "the column of the person named; or `named`, the columns of a survey",
        }
        problems += [
            Problem(f"`{key}` is missing", (), hints[key], on_key=True)
            for key, value in wanted.items()
            if value is None
        ]
        if given.target is not None and given.named is not None:
            hint = "`target` is for files with a row for each tie, `named` for surveys with a row for each person"
            problems.append(Problem("`named` does not go with `target`", ("named",), hint, on_key=True))
    else:
        hint = f"`{given.file}` is read as `{form}`; write `format: table` if it has columns with names"
        problems += [
            Problem(f"`{key}` goes with tables only", (key,), hint, on_key=True)
            for key in ("source", "target", "named")
            if getattr(given, key) is not None
        ]
    if given.id is not None and not graph:
        hint = "in a table, `source` and `target` hold people's ids" if form == TABLE else "ids are as in the file"
        problems.append(Problem("`id` goes with graph files only", ("id",), hint, on_key=True))
    if isinstance(given.weight, tuple) and given.named is None:
        hint = "name one column; a list is for the columns of a survey"
        problems.append(Problem("several columns of weights, but no survey", ("weight",), hint))
    if isinstance(given.weight, str) and given.named is not None and len(given.named) > 1:
        hint = "write a list: one column of weights for each column under `named`"
        problems.append(Problem(f"one column of weights for {len(given.named)} of names", ("weight",), hint))
    return problems


def people_at(path: Path, given: grammar.Population) -> tuple[pd.DataFrame, str]:
    """Return a file of people as a table, and its column of ids.

    Raises
    ------
    SpecError
        If the file cannot be read.
    """
    if format_of(given) == TABLE:
        return table_at(path, _id_columns(given)), str(given.id)
    graph = graph_at(path, format_of(given))
    return graph.people, given.id or graph.id


def ties_at(path: Path, given: grammar.FileLayer, people: grammar.Population) -> TieTable:
    """Return a file of ties as a table.

    Raises
    ------
    SpecError
        If the file cannot be read (place: ``file``), or has not the columns that the layer names.
    """
    from simulator.errors import allowed_columns
    from simulator.graph_tables import SOURCE, TARGET
    from simulator.surveys import NAMED, WEIGHT, namings_of

    weight = given.weight if isinstance(given.weight, str) else None
    try:
        if format_of(given) == TABLE:
            frame = table_at(path, _id_columns(given, people))
        else:
            graph = graph_at(path, format_of(given))
    except SpecError as error:
        raise SpecError(Problem(p.message, ("file", *p.place), p.hint) for p in error.problems) from None
    if format_of(given) != TABLE:
        table = TieTable(graph.ties_by(given.id or graph.id), SOURCE, TARGET, weight, graph.directed)
    elif given.named is not None:
        columns = (weight,) if weight is not None else given.weight if isinstance(given.weight, tuple) else None
        source = str(given.source or people.id)
        long = namings_of(frame, source, given.named, columns)
        return TieTable(long, source, NAMED, None if columns is None else WEIGHT, None)
    else:
        table = TieTable(frame, str(given.source), str(given.target), weight, None)
    columns_there = list(map(str, table.frame.columns))
    wanted = [("source", table.source), ("target", table.target), ("weight", weight)]
    problems = [
        Problem(f"`{given.file}` has no column `{column}`", (key,), allowed_columns(column, columns_there))
        for key, column in wanted
        if column is not None and column not in columns_there
    ]
    if problems:
        raise SpecError(problems)
    return table


def content_of(path: Path, given: grammar.Population | grammar.FileLayer, people: grammar.Population) -> str:
    """Return a hash of what a file says of people, or of ties; see `files.content_hash`."""
    form = format_of(given)
    if form == TABLE:
        return content_hash(path, _id_columns(given, people))
    return content_hash(path, (), form, "ties" if isinstance(given, grammar.FileLayer) else "people")


def _id_columns(given: Any, people: grammar.Population | None = None) -> tuple[str, ...]:
    """Return the columns of a table that hold ids, so that ``007`` keeps its zeros."""
    if isinstance(given, grammar.Population):
        return () if given.id is None else (given.id,)
    source = given.source or (None if people is None else people.id)
    return tuple(name for name in (source, given.target, *(given.named or ())) if name is not None)
