"""Key players (Borgatti 2006, doi:10.1007/s10588-006-7084-x): sets of people, chosen for what they do together.

The people who are best one by one are seldom the best set, since they tend to reach, or hold together, the same others.
Borgatti improves a set by exchanging its members; here people are added one by one, so that a smaller cut of the same
rule lies within a larger one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from interventions.ranking import Request, in_words, targets
from interventions.rules.choosing import asked_for, followed_by_others, town_luck
from interventions.rules.cut_points import pairs_left_without
from interventions.rules.ways import FAR, WORD, Ways, distances_to, waves, ways_of
from interventions.scores import once

if TYPE_CHECKING:
    from simulator.streams import Draw
    from simulator.world import Situation

UNIT = 720_720
"""What counts as 1: the least common multiple of 1 … 16, so that most reciprocals of distances are whole numbers, sums
are exact, and equal sets are equal."""
MOST_DISTANCES = 25_000_000
"""Distances that are kept: those between all people of a town of 5,000."""
FEWEST_COUNTED = 1_024
"""People whose distances are counted at least, in a larger town."""
MOST_CANDIDATES = 100_000
MOST_CHOSEN = 2_000
"""Places that are filled as a set; whoever is wanted beyond is picked by contacts."""
MOST_STEPS_AT_ONCE = 12_000_000
"""People from whom distances are measured, times ways: all people of a town of about 1,000 with ten contacts each."""
FEWEST_SOURCES = 64
MOST_TRIED = 100_000
"""People whose removal is tried before one is removed, times people of the town; `FEWEST_TRIED` at least."""
FEWEST_TRIED = 32
ONE_BY_ONE = 64
"""People who are removed one by one; after them, as many at a time as make up a 32nd of those removed."""


def _reciprocals(steps: int | None) -> np.ndarray:
    """Return int64[256]: what somebody counts who is reached in 0, 1, … steps."""
    worth = np.zeros(FAR + 1, np.int64)
    worth[0] = UNIT
    worth[1:FAR] = UNIT // np.arange(1, FAR)
    if steps is not None:
        worth[: steps + 1], worth[steps + 1 :] = UNIT, 0
    return worth


Steps = Annotated[int, Field(ge=1, lt=FAR)] | None


@targets.add("key_players_reach")
@in_words(
    "who together reach the others by the shortest ways", steps="who together reach most others within {steps} steps"
)
def rank_key_players_reach(
    situation: Situation, request: Request, *, steps: Steps = None, layers: Sequence[str] | None = None
) -> np.ndarray:
    """People who together reach most others by the shortest ways: key players for spreading something.

    The set K with the largest distance-weighted reach R: the mean over all people j of 1 / d(K, j), where d is the
    number of steps along which influence runs from the nearest of K. Members of K count 1 each, people who cannot be
    reached 0 (Borgatti 2006, doi:10.1007/s10588-006-7084-x). With `steps`, the number of people within that many steps.

    Example: of two stars that are joined by their leaves, the centres are chosen, though a leaf may be closer to all.

    People are added one by one. Reach never falls and grows ever less as people are added, so that what is chosen has
    at least 1 - 1/e = 63 % of the reach of the best set of its size (Nemhauser, Wolsey & Fisher 1978,
    doi:10.1007/BF01588971). In a town of more than 5,000 people reach is estimated on a random sample of the people j,
    of at least 1,024, so that for a set given beforehand R errs by at most 0.05 with probability 95 % (Hoeffding 1963,
    doi:10.1080/01621459.1963.10500830); beyond 100,000 people only those who influence most others directly can be
    chosen. The first 2,000 are chosen as a set, others by their contacts. The choice is
    made once per network.

    Parameters
    ----------
    situation : Situation
    request : Request
    steps : int, optional
        Count people within so many steps instead. Default: everybody, weighted by distance.
    layers : list of str, optional
        Along which influence runs. Default: all.

    Returns
    -------
    int32[n_eligible]
        The set first, in the order in which it was chosen.
    """
    network = situation.world.network
    key = ("key_players_reach", steps, None if layers is None else tuple(layers), *asked_for(situation, request))
    chosen = once(network, key, lambda: _reaching(ways_of(network, layers), request, steps, town_luck(situation)))
    return followed_by_others(chosen, situation, request, "key_players_reach")


def _reaching(ways: Ways, request: Request, steps: int | None, luck: Draw) -> np.ndarray:
    """Return int32[k]: people who together reach most others, in the order in which they were added."""
    n = ways.n_persons
    order = luck.order("rank", "key_players_reach", n=n)
    candidates = order[request.eligible[order]]
    if candidates.size > MOST_CANDIDATES:
        out = np.bincount(ways.senders, minlength=n)
        candidates = candidates[np.argsort(-out[candidates], kind="stable")[:MOST_CANDIDATES]]
    n_counted = min(n, max(FEWEST_COUNTED, MOST_DISTANCES // max(n, 1)))
    counted = np.sort(luck.order("rank", "key_players_reach", "counted", n=n)[:n_counted])
    return candidates[best_reach(ways, candidates, counted, min(request.places, MOST_CHOSEN), steps)].astype(np.int32)


def best_reach(
    ways: Ways, candidates: np.ndarray, counted: np.ndarray, places: int, steps: int | None = None
) -> list[int]:
    """Choose people who together reach others best, greedily.

    Parameters
    ----------
    ways : Ways
    candidates : int[k]
        Whom to choose among; of equals, whoever reaches more alone, then whoever stands first.
    counted : int[m]
        Whom it counts to reach.
    places : int
    steps : int, optional

    Returns
    -------
    list of int
        Places in `candidates`.
    """
    worth = _reciprocals(steps)
    distances = np.ascontiguousarray(distances_to(ways, counted)[candidates].T)
    alone = np.zeros(candidates.size, np.int64)
    for row in distances:
        alone += worth[row]
    by_alone = np.argsort(-alone, kind="stable")
    gains = alone[by_alone]
    distances = distances[:, by_alone]
    so_far = np.zeros(counted.size, np.int64)
    chosen: list[int] = []
    while len(chosen) < min(places, candidates.size):
        best = int(np.argmax(gains))
        chosen.append(int(by_alone[best]))
        # Whoever is counted comes nearer only a few times in all, so what everybody would add is kept up exactly.
        with_best = worth[distances[:, best]]
        for who in np.flatnonzero(with_best > so_far):
            less = np.maximum(worth - so_far[who], 0) - np.maximum(worth - with_best[who], 0)
            gains -= less[distances[who]]
            so_far[who] = with_best[who]
        gains[best] = -1
    return chosen


@targets.add("key_players_fragmentation")
@in_words("without whom the others are furthest from one another")
def rank_key_players_fragmentation(
    situation: Situation,
    request: Request,
    *,
    measure: Literal["distance", "components"] = "distance",
    layers: Sequence[str] | None = None,
) -> np.ndarray:
    """People without whom others are furthest apart: key players for holding something up.

    The set without which distance-weighted fragmentation is largest: 1 less the mean, over all ordered pairs of the
    people left, of 1 / d, where d is the number of steps along which influence runs from one to the other, and 1 / d is
    0 where it does not; or, by `components`, the share of pairs that no chain of ties joins, whichever way influence
    runs (Borgatti 2006, doi:10.1007/s10588-006-7084-x, DF and F).

    Example: on a chain of five people, the one in the middle comes first.

    People are removed one by one: each time whoever leaves the others most fragmented. Fragmentation can grow more and
    more as people are removed, so nothing is guaranteed about the set as a whole. From the 65th on, as many are removed
    at a time as make up a 32nd of those removed. By `distance`, up to about 1,000 people with ten contacts each all
    distances are measured, beyond that those from a random sample of at least 64 people; and not everybody is tried
    before somebody is removed, but those of whom a bound promises most: 100,000 divided by the number of people in the
    town, and 32 at least, unless it is certain before that nobody else would be better. The first 2,000 are chosen as a
    set, others by their contacts. The choice is made once per network.

    Parameters
    ----------
    situation : Situation
    request : Request
    measure : {"distance", "components"}
        What fragments are told by: how far people are from one another, or only whether any chain of ties joins them.
    layers : list of str, optional
        Along which influence runs. Default: all.

    Returns
    -------
    int32[n_eligible]
        The set first, in the order in which it was chosen.
    """
    network = situation.world.network
    key = ("key_players_fragmentation", measure, None if layers is None else tuple(layers))

    def make() -> np.ndarray:
        ways, luck = ways_of(network, layers), town_luck(situation)
        order = luck.order("rank", "key_players_fragmentation", n=network.n_persons)
        candidates = order[request.eligible[order]]
        places = min(request.places, MOST_CHOSEN)
        if measure == "components":
            return _cutting(network.pairs_in(layers), network.n_persons, candidates, places)
        arcs = max(ways.senders.size, 1)
        n_sources = min(network.n_persons, max(FEWEST_SOURCES, MOST_STEPS_AT_ONCE // arcs))
        sources = np.sort(luck.order("rank", "key_players_fragmentation", "from", n=network.n_persons)[:n_sources])
        return _fragmenting(ways, candidates, sources, places)

    chosen = once(network, (*key, *asked_for(situation, request)), make)
    return followed_by_others(chosen, situation, request, "key_players_fragmentation")


def _batches(places: int) -> Iterator[int]:
    """Yield how many people to remove at a time; the same numbers whatever `places` is, but for the last."""
    removed = 0
    while removed < places:
        now = min(1 if removed < ONE_BY_ONE else removed // 32, places - removed)
        yield now
        removed += now


def _cutting(pairs: np.ndarray, n_persons: int, candidates: np.ndarray, places: int) -> np.ndarray:
    """Return int32[k]: people without whom fewest pairs of others are joined by chains of ties."""
    there = np.ones(n_persons, bool)
    chosen: list[int] = []
    for now in _batches(min(places, candidates.size)):
        lost = pairs_left_without(pairs[there[pairs].all(axis=1)], n_persons)
        lost[~there] = -1
        degree = np.bincount(pairs[there[pairs].all(axis=1)].ravel(), minlength=n_persons)
        left = candidates[there[candidates]]
        best = left[np.lexsort((np.arange(left.size), -degree[left], -lost[left]))[:now]]
        chosen += best.tolist()
        there[best] = False
    return np.array(chosen, np.int32)


def _fragmenting(ways: Ways, candidates: np.ndarray, sources: np.ndarray, places: int) -> np.ndarray:
    """Return int32[k]: people without whom others are furthest apart, in the order in which they were removed."""
    there = np.ones(ways.n_persons, bool)
    chosen: list[int] = []
    for now in _batches(min(places, candidates.size)):
        left, ways = candidates[there[candidates]], ways.among(there)
        from_whom = sources[there[sources]]
        least = _closeness_at_least(ways, from_whom)[left]
        order = np.lexsort((np.arange(left.size), least))
        tried: list[tuple[float, int]] = []
        for place in order[: max(FEWEST_TRIED, now, MOST_TRIED // max(ways.n_persons, 1))].tolist():
            if len(tried) >= now and sorted(tried)[now - 1][0] < least[place]:
                break
            without = there.copy()
            without[left[place]] = False
            tried.append((closeness(ways.among(without), from_whom[without[from_whom]]), place))
        best = left[[place for _, place in sorted(tried)[:now]]]
        chosen += best.tolist()
        there[best] = False
    return np.array(chosen, np.int32)


def closeness(ways: Ways, sources: np.ndarray) -> float:
    """Return the mean over some people of the sum over all others of 1 / d, in `UNIT`; 0 where there are none.

    Divided by `UNIT` and the number of people less one, it is 1 less fragmentation where `sources` is everybody.
    """
    worth, total = _reciprocals(None), 0
    for first in range(0, sources.size, WORD):
        for step, new in enumerate(waves(ways, sources[first : first + WORD]), 1):
            total += int(worth[step]) * int(np.bitwise_count(new).sum())
    return total / max(sources.size, 1)


def _closeness_at_least(ways: Ways, sources: np.ndarray) -> np.ndarray:
    """Return float64[n_persons]: what `closeness` would be at least without each person.

    Without somebody, those pairs are further apart whose shortest ways all lead through them; so no more is lost than
    the sum, over pairs, of 1 / d times the share of their shortest ways that do. That is betweenness weighted by
    1 / distance, found from each source in turn (Brandes 2008, doi:10.1016/j.socnet.2007.11.001, § 3.5).
    """
    from scipy import sparse

    n, worth = ways.n_persons, _reciprocals(None).astype(np.float64)
    shape = (n, n)
    inwards = sparse.csr_matrix((np.ones(ways.senders.size), ways.senders, ways.starts), shape)
    outwards = inwards.T.tocsr()
    lost, sums, own = np.zeros(n), 0.0, np.zeros(n)
    for first in range(0, sources.size, WORD):
        batch = sources[first : first + WORD]
        columns = np.arange(batch.size)
        steps = np.full((n, batch.size), -1, np.int16)
        counts = np.zeros((n, batch.size))
        steps[batch, columns], counts[batch, columns] = 0, 1.0
        now, step = counts.copy(), 0
        while step < FAR - 1:
            now = inwards @ now
            now[steps >= 0] = 0.0
            if not now.any():
                break
            step += 1
            steps[now > 0] = step
            counts += now
        through = np.zeros_like(counts)
        for back in range(step, 0, -1):
            share = np.where(steps == back, (worth[back] + through) / np.where(counts > 0, counts, 1.0), 0.0)
            through += np.where(steps == back - 1, counts * (outwards @ share), 0.0)
        reached = np.where(steps > 0, worth[steps], 0.0)
        through[batch, columns] = 0.0
        of_source = reached.sum(axis=0)
        lost += reached.sum(axis=1) + through.sum(axis=1)
        sums += float(of_source.sum())
        own[batch] = of_source
    left = sources.size - np.isin(np.arange(n), sources)
    return np.maximum((sums - own - lost * (1 + 1e-9)) / np.maximum(left, 1) - 1e-3, 0.0)
