"""People and their columns: who is simulated, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NewType

import numpy as np

from simulator.distributions import Distribution
from simulator.errors import Place, Problem, SpecError, allowed_columns, allowed_words
from simulator.units import TICK_BITS

if TYPE_CHECKING:
    import pandas as pd

    from simulator.conditions import Condition
    from simulator.streams import Draw


@dataclass(frozen=True)
class Column:
    """One fact about every person: a number, or one of some categories.

    Parameters
    ----------
    name : str
    values : float64[n_persons] or int32[n_persons]
        Numbers (missing: NaN); or codes into `categories` (missing: -1).
    categories : tuple of str, optional
        Names of the codes; None for a column of numbers.
    per_time : float
        How much everybody's value grows per time unit (an age); `values` are those of time 0. It grows in whole time
        units: see `at`.
    """

    name: str
    values: np.ndarray
    categories: tuple[str, ...] | None = None
    per_time: float = 0.0

    def at(self, tick: int) -> Column:
        """Return the column as it is at a tick: values grow at every whole time unit."""
        units = tick >> TICK_BITS
        if not self.per_time or not units:
            return self
        return replace(self, values=self.values + units * self.per_time)

    def groups(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return int32[n_persons] group codes (-1: missing) and the label of each group.

        Numbers are grouped by value, in increasing order; whole numbers are labelled without a decimal point.
        """
        if self.categories is not None:
            return self.values, self.categories
        known = ~np.isnan(self.values)
        distinct, codes = np.unique(self.values[known], return_inverse=True)
        all_codes = np.full(self.values.size, -1, np.int32)
        all_codes[known] = codes
        return all_codes, tuple(f"{value:.15g}" for value in distinct)


Numbers = NewType("Numbers", Column)
"""A column of numbers, as the parameter of a registered function: see `simulator.arguments`."""

Thresholds = NewType("Thresholds", Column)
"""A column of thresholds, as the parameter of a registered function: see `simulator.arguments`."""


@dataclass(frozen=True)
class Population:
    """The people of one trial, ordered by id.

    Parameters
    ----------
    ids : int64[n_persons] or object[n_persons] of str
        The file's own ids, sorted (numbers as numbers); 0 … n-1 where people are generated.
    columns : mapping of str to Column
    left_out : int64[k] or object[k] of str
        Ids of people in the file whom `where` left out, sorted: a tie to one of them is no mistake.
    reserve : int
        Places at the end, kept for people who enter at a rate.
    """

    ids: np.ndarray
    columns: Mapping[str, Column] = field(default_factory=dict)
    left_out: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    reserve: int = 0

    @property
    def size(self) -> int:
        """Number of people, places kept for those who enter included."""
        return int(self.ids.size)

    @property
    def residents(self) -> int:
        """Number of people, without places kept for those who enter at a rate."""
        return self.size - self.reserve


@dataclass(frozen=True)
class Categories:
    """A column of categories, drawn for each person independently.

    Parameters
    ----------
    shares : mapping of str to float
        Probability of each category, not negative; divided by their sum.
    """

    shares: Mapping[str, float]

    def problems(self) -> list[Problem]:
        """Return what is wrong with the shares, if anything; places as in ``("urban",)``."""
        found = [
            Problem(f"the share of `{name}` is {share:g}; it cannot be negative", (name,))
            for name, share in self.shares.items()
            if not share >= 0
        ]
        if not found and not 0 < sum(self.shares.values()) < np.inf:
            found.append(Problem("the shares add up to nothing"))
        return found

    def sample(self, uniforms: np.ndarray) -> np.ndarray:
        """Turn uniform numbers in [0, 1) into int32 codes, in the order of `shares`."""
        problems = self.problems()
        if problems:
            raise SpecError(problems)
        bounds = np.cumsum(np.array(list(self.shares.values()), np.float64))
        codes = np.searchsorted(bounds / bounds[-1], uniforms, side="right")
        return codes.astype(np.int32)


Plan = Categories | Distribution
"""How a column is drawn."""


def rounded_share(share: float, n: int) -> int:
    """Return how many people a share of n people is, halves rounded up, in the decimals that the user wrote.

    In binary 0.145 x 100 is 14.499999999999998; here it is 14.5, so 15.
    """
    return int((Decimal(str(float(share))) * n).to_integral_value(ROUND_HALF_UP))


def generate(size: int, plans: Mapping[str, Plan], draw: Draw) -> Population:
    """Make people with ids 0 … size-1, and draw their columns.

    Parameters
    ----------
    size : int
    plans : mapping of str to Categories or Distribution
        One per column.
    draw : Draw
        Of scope ``"network"``. Each person's value depends on the column's name and the person only.

    Returns
    -------
    Population

    Raises
    ------
    SpecError
        If the size is negative, or a plan's numbers are wrong.
    """
    if size < 0 or size >= 2**31:
        raise SpecError(Problem(f"a population of {size} is not possible", ("size",), "allowed: 0 to 2147483647"))
    return Population(np.arange(size, dtype=np.int64), _drawn(size, plans, draw))


def from_table(
    frame: pd.DataFrame,
    id: str,
    *,
    where: Condition | None = None,
    renames: Mapping[str, str] | None = None,
    plans: Mapping[str, Plan] | None = None,
    draw: Draw | None = None,
) -> Population:
    """Take people from a table, one row each.

    Parameters
    ----------
    frame : DataFrame
        All its columns become columns of the people, the id too.
    id : str
        Column that says who is who. Whole numbers sort as numbers, everything else as words.
    where : Condition, optional
        Keep only these people; it sees renamed and drawn columns.
    renames : mapping of str to str, optional
        ``{new: old}``; a column that is renamed is not there under its old name.
    plans : mapping of str to Categories or Distribution, optional
        Columns to draw in addition.
    draw : Draw, optional
        Needed with `plans`. People are numbered before `where` chooses, so choosing changes nobody's values.

    Returns
    -------
    Population
        Sorted by id: the order of rows has no effect.

    Raises
    ------
    SpecError
        If a column is missing or twice there, ids are missing or not distinct, or nobody is left.
    """
    import pandas as pd

    from simulator.tables import canonical_ids, lines

    columns = [str(name) for name in frame.columns]
    _refuse_wrong_columns(columns, id, renames or {}, plans or {})
    ids, missing = canonical_ids(frame[id])
    if missing.any():
        raise SpecError(Problem(f"people without an id in {lines(np.flatnonzero(missing), frame)}", ("id",)))
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    repeats = np.flatnonzero(ids[1:] == ids[:-1])
    if repeats.size:
        both = np.sort(order[[repeats[0], repeats[0] + 1]])
        more = f", and {repeats.size - 1} more" if repeats.size > 1 else ""
        raise SpecError(Problem(f"two people have the id {ids[repeats[0]]} ({lines(both, frame)}){more}", ("id",)))

    taken = {}
    for name in columns:
        # The id as it is understood: numbers, even where the file was read with ids as words.
        series = pd.Series(ids) if name == id else frame[name].iloc[order]
        taken[name] = column_from_series(name, series)
    return completed(Population(ids, taken), where=where, renames=renames, plans=plans, draw=draw)


def completed(
    people: Population,
    *,
    where: Condition | None = None,
    renames: Mapping[str, str] | None = None,
    plans: Mapping[str, Plan] | None = None,
    draw: Draw | None = None,
) -> Population:
    """Rename columns of people, draw further ones, and choose among the people; arguments are those of `from_table`.

    Raises
    ------
    SpecError
        If a column is missing or twice there, or nobody is left.
    """
    renames, plans = dict(renames or {}), dict(plans or {})
    _refuse_wrong_columns(list(people.columns), None, renames, plans)
    columns = {name: column for name, column in people.columns.items() if name not in renames.values()}
    columns |= {new: replace(people.columns[old], name=new) for new, old in renames.items()}
    if plans:
        if draw is None:
            raise ValueError("columns are to be drawn, but `draw` is None")
        columns |= _drawn(people.size, plans, draw)
    people = replace(people, columns=columns)
    return people if where is None else _keep(people, where)


def _refuse_wrong_columns(
    columns: list[str], id: str | None, renames: Mapping[str, str], plans: Mapping[str, Plan]
) -> None:
    wanted: list[tuple[Place, str]] = [(("columns", new, "from"), old) for new, old in renames.items()]
    if id is not None:
        wanted.insert(0, (("id",), id))
    problems = [
        Problem(f"the people's file has no column `{name}`", place, allowed_columns(name, columns))
        for place, name in wanted
        if name not in columns
    ]
    kept = [name for name in columns if name not in renames.values()]
    problems += [
        Problem(f"the people's file already has a column `{name}`", ("columns", name))
        for name in [*renames, *plans]
        if name in kept
    ]
    if problems:
        raise SpecError(problems)


def column_from_series(name: str, series: pd.Series) -> Column:
    """Turn a pandas column into ours: numbers stay numbers; all else becomes sorted categories.

    Parameters
    ----------
    name : str
    series : Series of length n

    Returns
    -------
    Column
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        return Column(name, series.to_numpy(np.float64, na_value=np.nan))
    found, values = pd.factorize(series)
    words, codes = np.unique(pd.Series(values).astype(str).to_numpy(object), return_inverse=True)
    return Column(name, np.append(codes, -1)[found].astype(np.int32), tuple(words.tolist()))


def rows_where(where: Condition, n: int, columns: Collection[str], column: Callable[[str], Column]) -> np.ndarray:
    """Return bool[n]: the rows, or people, that satisfy a condition on columns alone.

    Parameters
    ----------
    where : Condition
    n : int
    columns : collection of str
        Names that exist.
    column : callable
        ``column(name) -> Column``.

    Raises
    ------
    SpecError
        If a column does not exist, or is compared with what it never is.
    """
    from simulator.conditions import ConditionError

    unknown = sorted(where.columns - set(columns))
    if unknown:
        raise SpecError(Problem(f"no column `{unknown[0]}`", ("where",), allowed_words(unknown[0], list(columns))))
    try:
        return where.mask(n, column, _no_behaviour, _no_behaviour)
    except ConditionError as error:
        raise SpecError(Problem(error.message, ("where",), error.hint)) from None


def _no_behaviour(name: str) -> None:
    """Answer a condition's question for a state: people have no behaviours yet."""


def _drawn(size: int, plans: Mapping[str, Plan], draw: Draw) -> dict[str, Column]:
    columns, problems = {}, []
    for name, plan in plans.items():
        try:
            values = plan.sample(draw.uniforms("column", name, n=size))
        except SpecError as error:
            key = ("categories",) if isinstance(plan, Categories) else ()
            problems += [Problem(p.message, ("columns", name, *key, *p.place), p.hint) for p in error.problems]
        else:
            categories = tuple(plan.shares) if isinstance(plan, Categories) else None
            columns[name] = Column(name, values, categories)
    if problems:
        raise SpecError(problems)
    return columns


def _keep(people: Population, where: Condition) -> Population:
    """Keep the people who satisfy a condition on their columns."""

    kept = rows_where(where, people.size, people.columns, people.columns.__getitem__)
    if not kept.any():
        raise SpecError(Problem(f"nobody satisfies `{where.text}`", ("where",)))
    columns = {name: replace(c, values=c.values[kept]) for name, c in people.columns.items()}
    return Population(people.ids[kept], columns, people.ids[~kept])
