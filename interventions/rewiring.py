"""Rewiring: ties of a layer change their ends, by exchange (everybody keeps their number of contacts) or at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.pairs import holds, is_first, pair_keys

if TYPE_CHECKING:
    from simulator.streams import Draw

ROUNDS = 12
"""Rounds of exchanges: after them each tie has changed about as many times, and a lattice is as good as random."""

TRIES = 64
"""Random people tried for one tie before it stays as it is."""


def chosen_ties(
    ties: np.ndarray, persons: np.ndarray, share: float, draw: Draw, name: str, occasion: int | str
) -> np.ndarray:
    """Return which of the ties that an accepting person has are rewired: a rounded share, by the keyed draw.

    Parameters
    ----------
    ties : int32[m, 2]
    persons : int32[k]
    share : float in [0, 1]
    draw : Draw
    name : str
        The intervention.
    occasion : int or str

    Returns
    -------
    int64[j]
        Rows, ascending.
    """
    from interventions.cutting import rounded_share

    theirs = np.flatnonzero(np.isin(ties[:, 0], persons) | np.isin(ties[:, 1], persons))
    words = draw.words_at("rewired", name, occasion, indices=theirs)
    order = np.argsort(words, kind="stable")
    return np.sort(theirs[order[: rounded_share(share, theirs.size)]])


def exchange(
    ties: np.ndarray, rows: np.ndarray, directed: bool, draw: Draw, name: str, occasion: int | str
) -> tuple[np.ndarray, int]:
    """Let pairs of ties exchange their second ends, round after round; everybody keeps their number of contacts.

    In each round the chosen ties are put in pairs at random; (a, b) and (c, d) become (a, d) and (c, b), for undirected
    ties (a, c) and (b, d) with even odds, unless that would tie somebody to themself or repeat a tie (Maslov & Sneppen
    2002, doi:10.1126/science.1065103).

    Parameters
    ----------
    ties : int32[m, 2]
        All ties of the layer now.
    rows : int64[j]
        Those that take part.
    directed : bool
    draw : Draw
    name : str
    occasion : int or str

    Returns
    -------
    ends : int32[j, 2]
        New ends of the chosen ties; the first end of a directed tie stays first.
    still : int
        How many of them have the ends they had.
    """
    ends = ties[rows].astype(np.int64)
    n = int(ties.max(initial=-1)) + 1
    others = np.sort(np.delete(_keys(ties, n, directed), rows))
    for k in range(ROUNDS):
        words = draw.words("exchange", name, occasion, n=rows.size, k=k)
        order = np.argsort(words, kind="stable")
        first, second = order[: rows.size // 2 * 2].reshape(-1, 2).T
        if not directed:  # either end may come second
            turned = first[(words[first] & np.uint64(1)).astype(bool)]
            ends[turned] = ends[turned, ::-1]
        proposed = ends.copy()
        proposed[first, 1], proposed[second, 1] = ends[second, 1], ends[first, 1]
        keys = _keys(proposed, n, directed)
        # A tie that another chosen one has now, or would have, is not to be repeated; nor one that takes no part.
        taken = np.sort(np.concatenate([others, _keys(ends, n, directed)]))
        fine = (proposed[:, 0] != proposed[:, 1]) & ~holds(taken, keys) & _is_only(keys)
        both = fine[first] & fine[second]
        ends[first[both], 1], ends[second[both], 1] = proposed[first[both], 1], proposed[second[both], 1]
    still = int(np.count_nonzero(_keys(ends, n, directed) == _keys(ties[rows], n, directed)))
    return ends.astype(np.int32), still


def move_ends(
    ties: np.ndarray,
    rows: np.ndarray,
    persons: np.ndarray,
    present: np.ndarray,
    directed: bool,
    draw: Draw,
    name: str,
    occasion: int | str,
) -> tuple[np.ndarray, int]:
    """Let each chosen tie move its other end to a random person, as Watts & Strogatz rewire (doi:10.1038/30918).

    The end at an accepting person stays (where both accept: the lower-numbered). Drawn among all people by (name,
    occasion, tie's row, try); accepted if the person is there, is not at the tie already, and is not tied to the one
    who stays; of two ties that would become the same in one try, the lower row's stands. After 64 tries a tie stays.

    Parameters
    ----------
    ties, rows, directed, draw, name, occasion
        As for `exchange`.
    persons : int32[k]
        Who accepted.
    present : bool[n_persons]
        Who is there.

    Returns
    -------
    ends : int32[j, 2]
    still : int
    """
    from simulator.streams import scale

    n = present.size
    ends = ties[rows].astype(np.int64)
    accepts = np.zeros(n, bool)
    accepts[persons] = True
    moving = np.where(accepts[ends[:, 0]], 1, 0)
    keys_now = _keys(ties, n, directed)
    others = np.sort(np.delete(keys_now, rows))
    waiting = np.arange(rows.size)
    for attempt in range(TRIES):
        if not waiting.size:
            break
        words = draw.words_at("move", name, occasion, indices=rows[waiting], attempt=attempt)
        proposed = ends[waiting].copy()
        proposed[np.arange(waiting.size), moving[waiting]] = scale(words, n)
        far = proposed[np.arange(waiting.size), moving[waiting]]
        keys = _keys(proposed, n, directed)
        taken = np.sort(np.concatenate([others, _keys(ends, n, directed)]))
        fine = present[far] & (proposed[:, 0] != proposed[:, 1]) & ~holds(taken, keys) & is_first(keys)
        ends[waiting[fine]] = proposed[fine]
        waiting = waiting[~fine]
    return ends.astype(np.int32), int(waiting.size)


def _keys(ends: np.ndarray, n: int, directed: bool) -> np.ndarray:
    return pair_keys(ends[:, 0], ends[:, 1], n, directed=directed)


def _is_only(keys: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[places] == 1
