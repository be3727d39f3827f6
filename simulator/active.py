"""What is active in one arm: multipliers on people and added ties, each until it ends, for all or for some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.clocks import Clock

NEVER = int(np.iinfo(np.int64).max)
"""Tick of what never happens."""

ALL = slice(None)


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
        """Yield when it next ends, for some or for all, and when it next fades."""
        yield self.until
        if self.leaves is not None:
            yield from self.leaves[self.leaves > tick].min(keepdims=True, initial=NEVER)
        yield from (when for when, _ in self.fades if when > tick)

    def at(self, tick: int, which: np.ndarray | slice = ALL) -> np.ndarray:
        """Return float64[k]: the factors (of some rows) at an instant; 1 for those for whom it ended."""
        weight = next((weight for when, weight in reversed(self.fades) if when <= tick), None)
        factors = self.factors[which] if weight is None else 1.0 + weight * (self.factors[which] - 1.0)
        return factors if self.leaves is None else np.where(self.leaves[which] > tick, factors, 1.0)


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

    def changes(self, tick: int) -> Iterator[int]:
        """Yield when it next ends, in part or as a whole."""
        yield self.until
        if self.leaves is not None:
            yield from self.leaves[self.leaves > tick].min(keepdims=True, initial=NEVER)

    def living(self, tick: int, nobody: int) -> np.ndarray:
        """Return int32[k, 2]: its ties; those that ended tie nobody."""
        return self.ties if self.leaves is None else np.where(self.leaves[:, None] > tick, self.ties, np.int32(nobody))


def multiplied(
    active: Sequence[Factor], tick: int, n_rows: int, persons: np.ndarray | None = None
) -> tuple[dict[tuple[str, int], int], np.ndarray, np.ndarray]:
    """Multiply all active factors, in order of name, so that neither order nor an end leaves a trace.

    Parameters
    ----------
    active : sequence of Factor
    tick : int
        Now.
    n_rows : int
        People, and the one who is nobody.
    persons : int[k], optional
        Multiply those of these people (distinct, ascending) only.

    Returns
    -------
    rows : dict of (end, transition) to int
    product : float64[f, n_rows] or float64[f, k]
    highest : array of that shape
        What the product is at most, whoever leaves before an action.
    """
    rows = {row: k for k, row in enumerate(sorted({factor.row for factor in active}))}
    product = np.ones((len(rows), n_rows if persons is None else persons.size))
    highest = product
    for factor in sorted(active, key=lambda factor: factor.name):
        row, whom = rows[factor.row], factor.persons
        which: np.ndarray | slice = ALL
        if persons is not None:
            found = np.minimum(np.searchsorted(whom, persons), whom.size - 1)
            mine = np.flatnonzero(whom[found] == persons)
            whom, which = mine, found[mine]
        values = factor.at(tick, which)
        if factor.leaves is not None and highest is product:
            highest = product.copy()
        if highest is not product:
            highest[row, whom] *= values if factor.leaves is None else np.maximum(values, 1.0)
        product[row, whom] *= values
    return rows, product, highest
