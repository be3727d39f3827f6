"""Conditions on people: the one small language of every `where` and `to`; `simulator.condition_text` reads it.

Missing values satisfy nothing but ``!=``; to keep that true under ``not``, a negation is carried down to the
comparisons when the text is read (``not age > 40`` is ``age <= 40``). Nothing is ever evaluated as Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.condition_text import (
    ORDERED,
    START,
    Both,
    Comparison,
    ConditionError,
    Tree,
    comparisons,
    read,
)
from simulator.errors import allowed_words

if TYPE_CHECKING:  # numpy is imported late: the command line reads conditions long before it needs arrays
    import numpy as np

    from simulator.population import Column
    from simulator.world import World

    StatesOf = Callable[[str], tuple[np.ndarray, tuple[str, ...]] | None]

__all__ = ["Condition", "ConditionError", "check", "mask_of", "parse"]


@dataclass(frozen=True)
class Condition:
    """A condition that has been read, ready to be asked of people.

    Parameters
    ----------
    text : str
        As written.
    tree : Comparison, Both or Either
        What it means; free of negations.
    """

    text: str
    tree: Tree

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All comparisons, in the order of the text."""
        return tuple(comparisons(self.tree))

    @property
    def columns(self) -> frozenset[str]:
        """Names on the left that do not begin with ``start.``: columns, or behaviours read now."""
        return frozenset(part.name for part in self.comparisons if not part.at_start)

    @property
    def starts(self) -> frozenset[str]:
        """Behaviours read at time 0, named ``start.<behaviour>``."""
        return frozenset(part.name for part in self.comparisons if part.at_start)

    def mask(
        self,
        n: int,
        column: Callable[[str], Column],
        state: StatesOf | None = None,
        start: StatesOf | None = None,
    ) -> np.ndarray:
        """Ask the condition of n people.

        Parameters
        ----------
        n : int
        column : callable
            ``column(name) -> Column`` of length n; raises KeyError for a name that is none.
        state, start : callable, optional
            ``state(behaviour) -> (uint8[n] codes, names of the states)``, or None if it is no behaviour.

        Returns
        -------
        bool[n]

        Raises
        ------
        ConditionError
            If a name is unknown, or a value does not fit it (a word for a column of numbers).
        """
        import numpy as np

        def holds(tree: Tree) -> np.ndarray:
            if isinstance(tree, Comparison):
                return _compare(tree, column, state, start)
            combine = np.logical_and if isinstance(tree, Both) else np.logical_or
            answer = holds(tree.parts[0])
            for part in tree.parts[1:]:
                answer = combine(answer, holds(part))
            return answer

        answer = holds(self.tree)
        if answer.shape != (n,):
            raise ValueError(f"the columns are of shape {answer.shape}, not ({n},)")
        return answer


def parse(text: str) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : str

    Returns
    -------
    Condition

    Raises
    ------
    ConditionError
        If the text is not in the language; `offset` says where.
    """
    return Condition(text, read(text))


def mask_of(
    condition: Condition | None, world: World, states: np.ndarray, start: np.ndarray, tick: int = 0
) -> np.ndarray:
    """Ask a condition of all people of a town.

    Parameters
    ----------
    condition : Condition, optional
        None: everybody.
    world : World
    states, start : uint8[n_persons, n_behaviours]
        Now, and at time 0.
    tick : int
        Now, for columns that age.

    Returns
    -------
    bool[n_persons]
    """
    import numpy as np

    n = world.population.size
    if condition is None:
        return np.ones(n, dtype=bool)

    def reader(table: np.ndarray) -> StatesOf:
        def states_of(name: str) -> tuple[np.ndarray, tuple[str, ...]] | None:
            if name not in world.behaviours:
                return None
            return table[:, world.column_of(name)], world.behaviours[name].states

        return states_of

    def column(name: str) -> Column:
        return world.population.columns[name].at(tick)

    return condition.mask(n, column, reader(states), reader(start))


def check(
    condition: Condition,
    columns: Mapping[str, tuple[str, ...] | None],
    behaviours: Mapping[str, tuple[str, ...]],
    *,
    any_column: bool = False,
) -> list[tuple[str, str, int]]:
    """Compare a condition with what exists.

    Parameters
    ----------
    condition : Condition
    columns : mapping of str to tuple of str or None
        Categories of each column; None: a column of numbers; an empty tuple: categories not known.
    behaviours : mapping of str to tuple of str
        States of each behaviour.
    any_column : bool
        Whether a name that is unknown may be a column that could not be read.

    Returns
    -------
    list of (message, hint, offset)
        Everything that is wrong, in the order of the text.
    """
    problems: list[tuple[str, str, int]] = []
    for part in condition.comparisons:
        if part.name in behaviours:
            words: tuple[str, ...] | None = behaviours[part.name]
            what = "state"
        elif part.at_start:
            hint = allowed_words(part.name, list(behaviours))
            problems.append((f"no behaviour is named `{part.name}`", hint, part.offset + len(START)))
            continue
        elif part.name in columns:
            words, what = columns[part.name], "category"
        else:
            if not any_column:
                hint = allowed_words(part.name, [*behaviours, *columns])
                problems.append((f"no column or behaviour is named `{part.name}`", hint, part.offset))
            continue
        problems += _value_problems(part, words, what)
    return sorted(problems, key=lambda problem: problem[2])


def _value_problems(part: Comparison, words: tuple[str, ...] | None, what: str) -> Iterator[tuple[str, str, int]]:
    """Yield what is wrong with the right-hand side, given the words (None: numbers) on the left."""
    if words is None:
        for value, offset in zip(part.values, part.value_offsets, strict=True):
            if isinstance(value, str):
                yield f"`{part.name}` holds numbers, `{value}` is a word", "compare it with a number", offset
        return
    if part.operator in ORDERED:
        yield f"`{part.name}` holds words, which have no order", "use ==, !=, in or not in", part.offset
        return
    for value, offset in zip(part.values, part.value_offsets, strict=True):
        if words and _label(value) not in words:
            yield (
                f"`{_label(value)}` is no {what} of `{part.name}`",
                allowed_words(_label(value), list(words)),
                offset,
            )


def _label(value: float | str) -> str:
    """Return how a value is written as a category: 3.0 is `3`."""
    return value if isinstance(value, str) else f"{value:.15g}"


def _compare(
    part: Comparison, column: Callable[[str], Column], state: StatesOf | None, start: StatesOf | None
) -> np.ndarray:
    """Return bool[n]: for whom one comparison holds."""
    import numpy as np

    ask = start if part.at_start else state
    found = ask(part.name) if ask is not None else None
    if found is None and part.at_start:
        raise ConditionError(f"no behaviour is named `{part.name}`", part.offset)
    words: tuple[str, ...] | None
    if found is not None:
        values, words = found
    else:
        try:
            asked = column(part.name)
        except KeyError:
            raise ConditionError(f"no column or behaviour is named `{part.name}`", part.offset) from None
        values, words = asked.values, asked.categories
    for message, hint, offset in _value_problems(part, () if words is not None else None, ""):
        raise ConditionError(message, offset, hint)
    if words is not None:
        codes = [words.index(label) for label in map(_label, part.values) if label in words]
        known = values >= 0
        among = np.isin(values, codes)
    else:
        known = ~np.isnan(values)
        among = np.isin(values, np.array(part.values, dtype=np.float64))
    if part.operator in ("==", "in"):
        return among
    if part.operator == "!=":
        return ~among
    if part.operator == "not in":
        return known & ~among
    ordered = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    return ordered[part.operator](values, part.values[0])  # comparisons with NaN are False
