"""From rows that name pairs of people to distinct ties: what repeats is merged, counted, and must not contradict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from simulator.errors import Problem, SpecError
from simulator.network import Layer, TieCounts, distinct, pack, unpack
from simulator.population import Population

SOURCE_TO_TARGET, TARGET_TO_SOURCE, BOTH = "source_to_target", "target_to_source", "both"
INFLUENCES = {
    SOURCE_TO_TARGET: "the source of a row influences the target",
    TARGET_TO_SOURCE: "the target of a row influences the source, who named them",
    BOTH: "each influences the other: a pair is one tie, however often and from whichever end it is named",
}
"""Which way influence runs along a row of a tie file."""

SayRow = Callable[[int], str]
"""How errors name a row: ``say(3)`` is "line 5"."""


def merge(
    name: str,
    namer: np.ndarray,
    named: np.ndarray,
    influence: str,
    weights: np.ndarray | None,
    say: SayRow,
    population: Population,
    attributes: Mapping[str, np.ndarray] | None = None,
) -> Layer:
    """Make a layer of rows that name pairs of people; the order of rows has no effect.

    Parameters
    ----------
    name : str
    namer, named : int64[n_rows]
        People at the source and at the target of each row.
    influence : str
        A key of `INFLUENCES`. Under ``both`` a pair is one tie; else a pair named from both ends is two.
    weights : float64[n_rows], optional
    say : callable
        ``say(row)`` names a row in errors.
    population : Population
        Whose ids errors show.
    attributes : mapping of str to array[n_rows], optional
        What else is known of each row; that of a tie's first row is kept.

    Returns
    -------
    Layer
        Its counts are of these rows; weights that are all 1 are None.

    Raises
    ------
    SpecError
        If rows of one tie have different weights.
    """
    others = np.flatnonzero(namer != named)
    namings = distinct(pack(namer[others], named[others]))
    pairs = distinct(pack(np.minimum(*_ends(namings)), np.maximum(*_ends(namings))))
    counts = TieCounts(
        rows=int(namer.size),
        self_ties=int(namer.size - others.size),
        duplicates=int(others.size - namings.size),
        mutual=int(namings.size - pairs.size),
    )
    if influence == SOURCE_TO_TARGET:
        ties = namings
    elif influence == TARGET_TO_SOURCE:
        ties = np.sort(pack(*_ends(namings)[::-1]))
    else:
        ties = pairs
    kept_weights, kept = None, {}
    if weights is not None and (weights == 1).all():
        weights = None
    if weights is not None or attributes:
        # The same key as the tie's, for every row; rows of one tie come together, in the order given.
        one, two = namer[others], named[others]
        if influence == BOTH:
            one, two = np.minimum(one, two), np.maximum(one, two)
        elif influence == TARGET_TO_SOURCE:
            one, two = two, one
        keys = pack(one, two)
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], others[order]
        first = np.append(True, keys[1:] != keys[:-1])[: keys.size]
        if weights is not None:
            kept_weights = weights[rows][first]
            _refuse_differing(weights[rows], keys, rows, say, population)
        kept = {key: values[rows][first] for key, values in (attributes or {}).items()}
    against = influence == TARGET_TO_SOURCE
    return Layer(name, unpack(ties), influence != BOTH, kept_weights, unpack(namings), counts, kept, against=against)


def _refuse_differing(
    weights: np.ndarray, keys: np.ndarray, rows: np.ndarray, say: SayRow, population: Population
) -> None:
    """Refuse rows of the same tie (next to each other here) that disagree on its weight."""
    differ = np.flatnonzero((keys[1:] == keys[:-1]) & (weights[1:] != weights[:-1]))
    if not differ.size:
        return
    k = differ[0]
    one, two = (population.ids[end] for end in (keys[k] >> 32, keys[k] & 0xFFFFFFFF))
    found = sorted([(rows[k], weights[k]), (rows[k + 1], weights[k + 1])])
    said = " and ".join(f"{value:g} ({say(row)})" for row, value in found)
    ties = np.unique(keys[differ]).size
    more = f", and so have {ties - 1:,} more" if ties > 1 else ""
    hint = "give each tie one weight, or leave `weight` out"
    raise SpecError(Problem(f"the tie {one} – {two} has two weights, {said}{more}", ("weight",), hint))


def check_weights(weights: np.ndarray, say: SayRow, place: str) -> None:
    """Refuse weights that are missing, infinite or negative; 0 is allowed, and never acts.

    Parameters
    ----------
    weights : float64[n_rows]
    say : callable
        ``say(row)`` names what has the weight.
    place : str
        Key that the problem is about.

    Raises
    ------
    SpecError
    """
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        value = weights[wrong[0]]
        what = "is missing" if np.isnan(value) else f"is {value:g}"
        more = f", and {wrong.size - 1:,} more are wrong" if wrong.size > 1 else ""
        hint = "a weight is a number, 0 or more"
        raise SpecError(Problem(f"the weight of {say(wrong[0])} {what}{more}", (place,), hint))


def _ends(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return packed >> 32, packed & 0xFFFFFFFF
