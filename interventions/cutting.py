"""Cuts: how many people of a ranking are taken, and which."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from simulator.population import rounded_share


def places_for(n_eligible: int, share: float | None, number: int | None) -> tuple[int, int]:
    """Return how many people to take, and how many of those asked for do not exist.

    Parameters
    ----------
    n_eligible : int
    share : float, optional
    number : int, optional
        With neither: all.

    Returns
    -------
    (int, int)
        Places, at most n_eligible; and `number` less n_eligible, where that is positive.
    """
    if number is not None:
        return min(number, n_eligible), max(number - n_eligible, 0)
    if share is not None:
        return rounded_share(share, n_eligible), 0
    return n_eligible, 0


def largest_remainder(total: int, sizes: np.ndarray) -> np.ndarray:
    """Split a total over groups in proportion to their sizes (Hamilton's method).

    Each group gets the whole part of its exact share; what is left goes, one each, to the groups with the
    largest fractions; equal fractions: to the larger group, then to the earlier one.

    Parameters
    ----------
    total : int
        At most the sum of the sizes.
    sizes : int[n_groups]

    Returns
    -------
    int64[n_groups]
        Adds up to `total`; no group gets more than its size.
    """
    sizes = sizes.astype(np.int64)
    everybody = int(sizes.sum())
    if everybody == 0:
        return np.zeros(sizes.size, np.int64)
    parts, remainders = np.divmod(total * sizes, everybody)
    order = np.lexsort((np.arange(sizes.size), -sizes, -remainders))
    parts[order[: total - int(parts.sum())]] += 1
    return parts


def cut(ranking: np.ndarray, eligible: np.ndarray, places: int) -> np.ndarray:
    """Return the first eligible people of a ranking.

    Parameters
    ----------
    ranking : int32[k]
    eligible : bool[n_persons]
    places : int

    Returns
    -------
    int32[j]
        Ascending; at most `places`.
    """
    return np.sort(ranking[eligible[ranking]][:places])


def cut_per_group(ranking: np.ndarray, eligible: np.ndarray, places: int, codes: np.ndarray) -> np.ndarray:
    """Return the first eligible people of each group, the places split by largest remainder.

    A group of whom the ranking holds fewer than its places gives these few.

    Parameters
    ----------
    ranking : int32[k]
    eligible : bool[n_persons]
        Nobody in it has a negative code.
    places : int
    codes : int32[n_persons]
        Each person's group.

    Returns
    -------
    int32[j]
        Ascending; at most `places`.
    """
    parts = largest_remainder(places, np.bincount(codes[eligible]))
    ranked = ranking[eligible[ranking]]
    by_group = ranked[np.argsort(codes[ranked], kind="stable")]
    own = codes[by_group]
    return np.sort(by_group[place_in(own) < parts[own]])


def place_in(groups: np.ndarray) -> np.ndarray:
    """Return int64[k]: the place of each row among those of its group, where rows of a group stand together."""
    new = np.append(True, groups[1:] != groups[:-1])[: groups.size]
    firsts = np.flatnonzero(new)
    return np.arange(groups.size) - firsts[np.cumsum(new) - 1]


def whole_groups(order: np.ndarray, eligible: np.ndarray, places: int, codes: np.ndarray) -> np.ndarray:
    """Take whole groups, best first; skip one that does not fit into the places left, and try the next.

    Parameters
    ----------
    order : int[n_groups]
        Groups, best first.
    eligible : bool[n_persons]
        Nobody in it has a negative code.
    places : int
    codes : int32[n_persons]

    Returns
    -------
    int32[k]
        Eligible members of the groups taken, ascending; k is at most `places`.
    """
    sizes = np.bincount(codes[eligible], minlength=order.size)
    taken = np.zeros(order.size, bool)
    for group in order:
        if sizes[group] <= places:
            taken[group] = True
            places -= int(sizes[group])
    people = np.flatnonzero(eligible)
    return people[taken[codes[people]]].astype(np.int32)


def counted_groups(
    order: np.ndarray,
    eligible: np.ndarray,
    codes: np.ndarray,
    *,
    share: float | None = None,
    number: int | None = None,
    skip: float = 0.0,
) -> tuple[np.ndarray, int]:
    """Take so many whole groups, best first, whatever their sizes; groups without anybody eligible are not counted.

    Slices of one order that follow each other never overlap and leave no gap: a share of groups ends where the next
    one, which skips that share, begins.

    Parameters
    ----------
    order : int[n_groups]
        Groups, best first.
    eligible : bool[n_persons]
        Nobody in it has a negative code.
    codes : int32[n_persons]
    share : float, optional
        Of the groups that have somebody eligible.
    number : int, optional
        Of groups. With neither share nor number: all.
    skip : float
        Groups that are passed over first: with `share` a share of them, else a number.

    Returns
    -------
    persons : int32[k]
        Eligible members of the groups taken, ascending.
    missing : int
        How many groups fewer than `number` there are to take.
    """
    sizes = np.bincount(codes[eligible], minlength=order.size)
    ranked = order[sizes[order] > 0]
    if share is not None:
        end = min(Decimal(str(float(skip))) + Decimal(str(float(share))), Decimal(1))
        first, last = rounded_share(skip, ranked.size), rounded_share(float(end), ranked.size)
        missing = 0
    else:
        first = min(int(skip), ranked.size)
        wanted = ranked.size - first if number is None else number
        last = min(first + wanted, ranked.size)
        missing = first + wanted - last
    taken = np.zeros(order.size, bool)
    taken[ranked[first:last]] = True
    people = np.flatnonzero(eligible)
    return people[taken[codes[people]]].astype(np.int32), missing
