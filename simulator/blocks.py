"""Networks in which every pair of people is tied independently of all others: all pairs alike, or by block.

How many of some equally likely pairs are tied is drawn first, then which: so time grows with the ties, not the pairs.
"""

from __future__ import annotations

import math

import numpy as np

from simulator import wiring
from simulator.errors import Problem, SpecError
from simulator.generating import networks, people_in_words, sorted_pairs
from simulator.network import distinct
from simulator.population import Column
from simulator.streams import stream_key

ROUNDING = 1e-12
"""Relative error that a product of two parameters may have: 12.5 * 0.56 is a little more than 7."""


@networks.add("erdos_renyi")
def erdos_renyi(n: int, key: int, *, mean_degree: float) -> np.ndarray:
    """Anybody may know anybody: every pair is tied with the same chance, independently.

    The chance is ``mean_degree / (n - 1)``, so that a person has a binomial number of contacts with this mean (near
    Poisson for many people), and the number of ties differs from network to network: the model G(n, p) of Gilbert
    (1959, doi:10.1214/aoms/1177706098), which is also ``networkx.erdos_renyi_graph``.

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        64-bit key of the random stream.
    mean_degree : float
        Contacts that a person has on average; from 0 to ``n - 1``.

    Returns
    -------
    int32[n_ties, 2]

    Raises
    ------
    SpecError
        If there are too few people for `mean_degree`, or it is negative.
    """
    problem = mean_degree_problem(n, mean_degree)
    if problem is not None:
        raise SpecError(problem)
    if not mean_degree:
        return np.empty((0, 2), np.int32)
    firsts = np.arange(1, n + 1)
    return _tied(n * (n - 1) // 2, mean_degree / (n - 1), key, 0, firsts, np.full(n, n))


@networks.add("stochastic_blocks")
def stochastic_blocks(
    n: int, key: int, *, mean_degree: float, within: float, blocks: int | None = None, by: Column | None = None
) -> np.ndarray:
    """Villages, classes or wards: people know mostly those of their own block, and some of the others.

    A stochastic block model (Holland, Laskey & Leinhardt 1983, doi:10.1016/0378-8733(83)90021-7); all pairs are
    independent. Of all ties, a share `within` is expected inside blocks. Two people of one block of s people are tied
    with chance ``mean_degree * within / (s - 1)``: everybody expects ``mean_degree * within`` contacts in their own
    block, however large it is. Two people of different blocks are tied with a chance that is the same for all such
    pairs, and makes ``mean_degree * (1 - within)`` contacts on average over all people: the same for everybody where
    blocks are equal; else fewer for people of large blocks, who have fewer others outside.

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        64-bit key of the random stream.
    mean_degree : float
        Contacts that a person has on average.
    within : float in [0, 1]
        Share of the ties that are expected inside blocks.
    blocks : int, optional
        Number of blocks: person i is in block ``i * blocks // n``, so that sizes differ by one at most.
    by : Column, optional
        Whose categories, or distinct numbers, are the blocks. Exactly one of `blocks` and `by` is given.

    Returns
    -------
    int32[n_ties, 2]

    Raises
    ------
    SpecError
        If somebody is in no block, or there are too few people inside or outside a block for so many contacts.
    """
    if blocks is not None and by is None:
        codes, names = equal_blocks(n, blocks)
    elif by is not None and blocks is None:
        codes, names = blocks_by(by)
    else:
        raise SpecError(Problem("`stochastic_blocks` needs either `blocks` or `by`"))
    sizes = np.bincount(codes, minlength=len(names))
    problems = block_problems(sizes, names, mean_degree, within)
    if problems:
        raise SpecError(problems)
    # People in order of the size of their block, then of blocks: those of one block stand together.
    order = np.lexsort((codes, sizes[codes])).astype(np.int32)
    block = codes[order]
    size = sizes[block]
    begins = np.flatnonzero(np.append(True, block[1:] != block[:-1])[:n])
    ends = np.repeat(begins + size[begins], size[begins])
    everybody = np.full(n, n)
    pairs = [np.empty((0, 2), np.int32)]
    for s in np.unique(size).tolist():
        begin, end = np.searchsorted(size, [s, s + 1]).tolist()
        if s > 1:
            chance = mean_degree * within / (s - 1)
            n_pairs = (end - begin) * (s - 1) // 2
            pairs.append(_tied(n_pairs, chance, stream_key(key, "within", s), begin, np.arange(1, n + 1), ends))
    n_pairs = _pairs_between(sizes)
    if n_pairs:
        chance = mean_degree * (1 - within) * n / (2 * n_pairs)
        pairs.append(_tied(n_pairs, chance, stream_key(key, "between"), 0, ends, everybody))
    one, two = np.concatenate(pairs).T
    return sorted_pairs(order[one], order[two])


def mean_degree_problem(n: int | None, mean_degree: float) -> Problem | None:
    """Say why n people (None: not known) cannot have `mean_degree` contacts on average; None: they can."""
    if not 0 <= mean_degree < math.inf:
        return Problem(f"mean_degree is {mean_degree:g}; it is a number of contacts", ("mean_degree",), "0 or more")
    if n is None or mean_degree <= max(n - 1, 0):
        return None
    message = f"{people_in_words(n)} cannot have {mean_degree:g} contacts each"
    return Problem(message, ("mean_degree",), f"at most {n - 1}" if n else "")


def equal_blocks(n: int, blocks: float) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return int64[n], the block of each person, and what the blocks are called."""
    if not blocks >= 1 or blocks % 1:
        raise SpecError(Problem(f"blocks is {blocks:g}; it is a number of blocks", ("blocks",), "1 or more"))
    if blocks > n:
        raise SpecError(
            Problem(f"{people_in_words(n)} cannot stand in {blocks:,g} blocks", ("blocks",), "make it smaller")
        )
    return np.arange(n) * int(blocks) // n, tuple(f"number {k + 1}" for k in range(int(blocks)))


def blocks_by(column: Column) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return int32[n], the block of each person by a column, and what the blocks are called."""
    codes, names = column.groups()
    missing = int((codes < 0).sum())
    if missing:
        message = f"`{column.name}` is missing for {people_in_words(missing)} of {codes.size:,}, who so have no block"
        raise SpecError(Problem(message, ("by",), "fill the column in, or leave them out by `population.where`"))
    return codes, names


def block_problems(sizes: np.ndarray, names: tuple[str, ...], mean_degree: float, within: float) -> list[Problem]:
    """Say why people in blocks of these sizes, int64[n_blocks], cannot have so many contacts; empty: they can."""
    n = int(sizes.sum())
    problem = mean_degree_problem(n, mean_degree)
    if problem is not None:
        return [problem]
    if not 0 <= within <= 1:
        return [Problem(f"within is {within:g}; it is a share", ("within",), "allowed: 0 to 1")]
    found = []
    inside, outside = mean_degree * within, mean_degree * (1 - within)
    there = np.flatnonzero(sizes)
    if there.size and inside > (sizes[there].min() - 1) * (1 + ROUNDING):
        smallest = there[sizes[there].argmin()]
        message = (
            f"{inside:.4g} contacts inside one's own block are too many: the smallest block, {names[smallest]}, has "
            f"{people_in_words(int(sizes[smallest]))}"
        )
        hint = "people of every block expect mean_degree * within contacts in it: make one smaller, or blocks larger"
        found.append(Problem(message, ("within",), hint))
    others = 2 * _pairs_between(sizes) / max(n, 1)
    if outside > others * (1 + ROUNDING):
        message = f"{outside:.4g} contacts outside one's own block are too many: "
        message += f"on average there are {others:.4g} people" if others else "there is one block, and nobody outside"
        found.append(Problem(message, ("within",), "people expect mean_degree * (1 - within) contacts outside"))
    return found


def _pairs_between(sizes: np.ndarray) -> int:
    n = int(sizes.sum())
    return (n * n - sum(size * size for size in sizes.tolist())) // 2


def _tied(size: int, chance: float, key: int, begin: int, firsts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Tie each pair of a list, of `size` pairs as `wiring.pairs_at` reads it, with the same chance; int32[k, 2]."""
    many = binomial(size, chance, stream_key(key, "count"))
    return wiring.pairs_at(distinct_places(size, many, stream_key(key, "places")), begin, firsts, ends)


def binomial(trials: int, chance: float, key: int) -> int:
    """Draw how many of some independent trials come true, by inversion.

    The table of probabilities starts at the mode with 1, recurs both ways with × and ÷, ends 12 standard deviations
    away, cumulates, and is normalised: no exp and no log, so that every CPU agrees.

    Parameters
    ----------
    trials : int
    chance : float
        That one comes true; above 1 by rounding counts as 1.
    key : int
        64-bit key of the stream whose first word decides.

    Returns
    -------
    int
    """
    if chance > 0.5:
        return trials - binomial(trials, max(1 - chance, 0.0), key)
    if not trials or not chance:
        return 0
    mode = min(int((trials + 1) * chance), trials)
    reach = 40 + int(12 * math.sqrt(trials * chance * (1 - chance)))
    odds = chance / (1 - chance)
    up = np.arange(mode, min(mode + reach, trials), dtype=np.float64)
    down = np.arange(mode, max(mode - reach, 0), -1, dtype=np.float64)
    below = np.cumprod(down / (trials - down + 1) / odds)[::-1]
    total = np.cumsum(np.concatenate([below, [1.0], np.cumprod((trials - up) / (up + 1) * odds)]))
    uniform = float(wiring.places(2**53, 1, 0, np.uint64(key))[0]) * 2.0**-53
    return mode - below.size + int(np.searchsorted(total, uniform * total[-1], side="right"))


def distinct_places(size: int, many: int, key: int) -> np.ndarray:
    """Draw int64[many], ascending: as many distinct places in [0, size), all sets of them equally likely."""
    if 2 * many > size:
        kept = np.ones(size, bool)
        kept[distinct_places(size, size - many, key)] = False
        return np.flatnonzero(kept)
    found = np.empty(0, np.int64)
    drawn = 0
    while found.size < many:  # places that came before are drawn again
        more = wiring.places(size, many - found.size, drawn, np.uint64(key))
        drawn += more.size
        found = distinct(np.concatenate([found, more]) if found.size else more)
    return found
