"""What is active in one arm: multipliers on people and added ties, each until it ends, for all or for some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.clocks import Clock
from simulator.kernel_arrays import Ends

NEVER = int(np.iinfo(np.int64).max)
"""Tick of what never happens."""

NO_ENDS = Ends(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True)
class Factor:
    """A multiplier on some people's susceptibility or influence in one transition, while it lasts.

    `persons` are ascending, and at least one.
    """

    name: tuple[str, int, int, int]
    row: tuple[str, int]
    persons: np.ndarray
    factors: np.ndarray
    until: int
    leaves: np.ndarray | None
    fades: tuple[tuple[int, float], ...]

    def changes(self, tick: int) -> Iterator[int]:
        """Yield when it ends for all, and when it next fades."""
        yield self.until
        yield from (when for when, _ in self.fades if when > tick)

    def at(self, tick: int) -> np.ndarray:
        """Return float64[k]: the factors at an instant; 1 for those for whom it ended."""
        weight = next((weight for when, weight in reversed(self.fades) if when <= tick), None)
        factors = self.factors if weight is None else 1.0 + weight * (self.factors - 1.0)
        return factors if self.leaves is None else np.where(self.leaves > tick, factors, 1.0)


@dataclass(frozen=True)
class Segment:
    """Ties added in one action, while they last, with their clocks (numbered from row 0 of the segment).

    `rows` are those of the layer's own ties that were rewired into this segment; None where ties are new.
    """

    layer: str
    name: str
    ties: np.ndarray
    weight: float
    clocks: tuple[Clock, ...]
    until: int
    rows: np.ndarray | None = None
    leaves: np.ndarray | None = None

    def living(self, tick: int, nobody: int) -> np.ndarray:
        """Return int32[k, 2]: its ties; those that ended tie nobody."""
        return self.ties if self.leaves is None else np.where(self.leaves[:, None] > tick, self.ties, np.int32(nobody))


def multiplied(
    active: Sequence[Factor], tick: int, n_rows: int
) -> tuple[dict[tuple[str, int], int], np.ndarray, np.ndarray]:
    """Multiply all active factors, in order of name, so that neither order nor an end leaves a trace.

    Parameters
    ----------
    active : sequence of Factor
    tick : int
        Now.
    n_rows : int
        People, and the one who is nobody.

    Returns
    -------
    rows : dict of (end, transition) to int
    product : float64[f, n_rows]
    highest : float64[f, n_rows]
        What the product is at most, whoever leaves before it is next laid out.
    """
    rows = {row: k for k, row in enumerate(sorted({factor.row for factor in active}))}
    product = np.ones((len(rows), n_rows))
    highest = product
    for factor in sorted(active, key=_name):
        row, whom = rows[factor.row], factor.persons
        values = factor.at(tick)
        if factor.leaves is not None and highest is product:
            highest = product.copy()
        if highest is not product:
            highest[row, whom] *= values if factor.leaves is None else np.maximum(values, 1.0)
        product[row, whom] *= values
    return rows, product, highest


def ends_of(
    active: Sequence[Factor], rows: Mapping[tuple[str, int], int], n_rows: int, ties: np.ndarray, tick: int, before: int
) -> Ends:
    """List what ends for somebody alone after now and before all is laid out anew.

    Parameters
    ----------
    active : sequence of Factor
        None of them fades, or ends for all, before `before`.
    rows : mapping of (end, transition) to int
        Those of `multiplied`.
    n_rows : int
    ties : int64[a]
        When each added tie ends.
    tick, before : int
        Ticks.
    """
    untied = np.flatnonzero((ties > tick) & (ties < before))
    if not untied.size and all(factor.leaves is None for factor in active):
        return NO_ENDS  # what follows takes as long as a small run
    leave, place, left = _left_over(active, rows, n_rows, tick, before)
    ticks = np.concatenate([leave, ties[untied]])
    order = np.argsort(ticks, kind="stable")
    return Ends(
        ticks[order],
        np.concatenate([place // n_rows, np.full(untied.size, -1)])[order],
        np.concatenate([place % n_rows, untied])[order],
        np.concatenate([left, np.ones(untied.size)])[order],
    )


def _left_over(
    active: Sequence[Factor], rows: Mapping[tuple[str, int], int], n_rows: int, tick: int, before: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return when, and for which place of `multiplied`, a factor ends, and the product of those that are left.

    They are multiplied in order of name, so that the product is what `multiplied` would make of them then.
    """
    factors = sorted(active, key=_name)
    leaves = [np.full(factor.persons.size, NEVER) if factor.leaves is None else factor.leaves for factor in factors]
    places = [rows[factor.row] * n_rows + factor.persons.astype(np.int64) for factor in factors]
    concerned = np.zeros(len(rows) * n_rows, np.bool_)
    for leave, place in zip(leaves, places, strict=True):
        concerned[place[(leave > tick) & (leave < before)]] = True
    kept = [np.flatnonzero(concerned[place]) for place in places]
    leave, place, value = (
        np.concatenate([np.empty(0, kind), *(each[which] for each, which in zip(arrays, kept, strict=True))])
        for arrays, kind in (
            (leaves, np.int64),
            (places, np.int64),
            ([factor.at(tick) for factor in factors], np.float64),
        )
    )
    order = np.argsort(place, kind="stable")
    leave, place, value = leave[order], place[order], value[order]
    ending = np.flatnonzero((leave > tick) & (leave < before))
    first, last = (np.searchsorted(place, place[ending], side) for side in ("left", "right"))
    left = np.ones(ending.size)
    for k in range(int((last - first).max(initial=0))):
        other = np.minimum(first + k, last - 1)
        left *= np.where((first + k < last) & (leave[other] > leave[ending]), value[other], 1.0)
    return leave[ending], place[ending], left


def _name(factor: Factor) -> tuple[str, int, int, int]:
    return factor.name
