"""Scores of groups by how their members are tied, to each other and to others; the larger, the sooner."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.network import distinct


def by_cohesion(codes: np.ndarray, n_groups: int, pairs: np.ndarray) -> np.ndarray:
    """Return the density of each group: pairs of members who are tied ÷ all pairs of members.

    Parameters
    ----------
    codes : int32[n_persons]
        Each person's group; -1: in none; -2: not there.
    n_groups : int
    pairs : int32[k, 2]
        Distinct pairs of people who are tied.

    Returns
    -------
    float64[n_groups]
        -inf for a group of one or nobody, which has no pairs.
    """
    sizes = np.bincount(codes[codes >= 0], minlength=n_groups)
    possible = sizes * (sizes - 1) // 2
    inside, _ = _ties(codes, n_groups, pairs)
    return np.divide(inside, possible, out=np.full(n_groups, -np.inf), where=possible > 0)


def by_ties_inside(codes: np.ndarray, n_groups: int, pairs: np.ndarray) -> np.ndarray:
    """Return the share of each group's ties that stay inside: those between members ÷ those of any member.

    Parameters as for `by_cohesion`; -inf for a group without ties.
    """
    inside, across = _ties(codes, n_groups, pairs)
    ties = inside + across
    return np.divide(inside, ties, out=np.full(n_groups, -np.inf), where=ties > 0)


def by_centrality(codes: np.ndarray, n_groups: int, pairs: np.ndarray) -> np.ndarray:
    """Return the degree centrality of each group: the share of all others who are tied to at least one member.

    Everett & Borgatti 1999, doi:10.1080/0022250X.1999.9990219. People who are in no group are others too. Parameters as
    for `by_cohesion`; -inf for a group of everybody, or of nobody.
    """
    sizes = np.bincount(codes[codes >= 0], minlength=n_groups)
    others = int(np.count_nonzero(codes > -2)) - sizes
    both_ways = np.concatenate([pairs, pairs[:, ::-1]])
    group, outsider = codes[both_ways[:, 0]].astype(np.int64), both_ways[:, 1].astype(np.int64)
    reached = (group >= 0) & (codes[outsider] != group) & (codes[outsider] > -2)
    once_each = distinct(group[reached] * codes.size + outsider[reached])
    tied = np.bincount(once_each // max(codes.size, 1), minlength=n_groups)
    measurable = (others > 0) & (sizes > 0)
    return np.divide(tied, others, out=np.full(n_groups, -np.inf), where=measurable)


TIE_SCORES: dict[str, Callable[[np.ndarray, int, np.ndarray], np.ndarray]] = {
    "cohesion": by_cohesion,
    "inward": by_ties_inside,
    "centrality": by_centrality,
}
"""Ranks of groups that follow from who is in them and who is tied."""


def _ties(codes: np.ndarray, n_groups: int, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[n_groups] twice: ties between two members, and ties of a member to somebody outside who is there."""
    one, other = codes[pairs].T
    there = (one > -2) & (other > -2)
    same = (one == other) & (one >= 0)
    inside = np.bincount(one[same], minlength=n_groups)
    across = [end[there & (one != other) & (end >= 0)] for end in (one, other)]
    return inside, np.bincount(np.concatenate(across), minlength=n_groups)
