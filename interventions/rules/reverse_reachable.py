"""Reverse-reachable sets: people from whom something passed on by chance reaches most others, in large networks.

Something is passed on once along each way with some probability: an independent cascade. From whom might it have
reached a random person? The answer is a random set of people; a set of people reaches, on average, as large a share of
the town as the share of such random sets that it meets (Borgs, Brautbar, Chayes & Lucier 2014,
doi:10.1137/1.9781611973402.70).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, e, lgamma, log, log2, sqrt
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from interventions.ranking import Request, in_words, targets
from interventions.rules.choosing import asked_for, followed_by_others, town_luck
from interventions.rules.ways import Ways, ways_of
from interventions.scores import once
from simulator.network import distinct
from simulator.streams import Draw, scale

if TYPE_CHECKING:
    from simulator.world import Situation

MOST_MARKS = 1 << 26
"""Marks of who is in which set that are kept at a time."""
MOST_TRIES = 50_000_000
"""Ways that all sets of one drawing together may try, about."""
PILOT = 16
"""Sets drawn first, to see how large they are."""
FEWEST_SETS = 32
USUAL_SETS = 10_000
"""Sets that are drawn even if fewer are needed, so that the first few people are chosen well too."""
BEST_SHARE = 1 - 1 / e


Passing = Annotated[float, Field(ge=0, le=1)] | Literal["weighted"]
Between0And1 = Annotated[float, Field(gt=0, lt=1)]
Number = Annotated[int, Field(ge=1)]


@targets.add("reverse_reachable")
@in_words("from whom what is passed on by chance reaches most others")
def rank_reverse_reachable(
    situation: Situation,
    request: Request,
    *,
    passing: Passing = "weighted",
    epsilon: Between0And1 = 0.3,
    delta: Between0And1 = 0.01,
    people: Number = 50,
    sets: Number = 500_000,
    layers: Sequence[str] | None = None,
) -> np.ndarray:
    """People from whom something that is passed on by chance reaches most others: for networks of any size.

    Under an independent cascade, whoever is reached passes it on once along each way of influence, with probability
    `passing` (1 - (1 - passing)^w along a tie of weight w), or, `weighted`, with the weight of the tie divided by that
    of all ties through which the receiver is influenced: one in the number of contacts, where all weights are 1 (Kempe,
    Kleinberg & Tardos 2003, doi:10.1145/956750.956769). Rates, states and what the intervention does are not asked.

    Example: the centre of a star comes first; of a chain along which influence runs one way, its beginning.

    People are added one by one, each time whoever is in most random reverse-reachable sets that are not met yet. With
    as many sets as IMM needs (Tang, Shi & Xiao 2015, doi:10.1145/2723372.2723734; the choice is made on sets of its
    own, after Chen 2018, arXiv:1808.09363), `people` people so chosen reach at least 1 - 1/e - `epsilon` of what the
    best set of that size reaches, with probability 1 - `delta` at least, if things are passed on as an independent
    cascade; what behaviours do seldom is. There are at most `sets` sets, and they try about 50 million ways, or are 32.
    Where that is fewer than needed, what is guaranteed is what as many fresh sets show (Tang et al. 2018,
    doi:10.1145/3183713.3183749); `choice` says it. The number of sets does not depend on how many people are wanted, so
    that smaller cuts lie within larger ones. The choice is made once per network.

    Parameters
    ----------
    situation : Situation
    request : Request
    passing : float, probability in [0, 1], or "weighted"
        Chance of passing it on along a tie.
    epsilon : float in (0, 1)
        Share of the best reach that may be missed beside 1/e.
    delta : float in (0, 1)
        Probability that more is missed.
    people : int
        Number of people for whom this is to hold; with fewer or more, epsilon is another.
    sets : int
        Random sets at most.
    layers : list of str, optional
        Along which it is passed on. Default: all.

    Returns
    -------
    int32[n_eligible]
        The set first, in the order in which it was chosen.
    """
    network = situation.world.network
    asked = (passing, epsilon, delta, people, sets, None if layers is None else tuple(layers))

    def make() -> np.ndarray:
        cascade = cascade_on(ways_of(network, layers), passing)
        luck = town_luck(situation)
        return choice(cascade, request.eligible, request.places, luck, epsilon, delta, people, sets).persons

    chosen = once(network, ("reverse_reachable", *asked, *asked_for(situation, request)), make)
    return followed_by_others(chosen, situation, request, "reverse_reachable")


@dataclass(frozen=True, eq=False)
class Cascade:
    """Ways along which something is passed on by chance.

    Parameters
    ----------
    ways : Ways
    chances : float64[n_ways]
        Probability that it is passed on along each.
    """

    ways: Ways
    chances: np.ndarray


@dataclass(frozen=True, eq=False)
class ReverseSets:
    """From whom a random person might be reached, many times over.

    Parameters
    ----------
    n_persons : int
    starts : int64[n_sets + 1]
    persons : int32[n_members]
        Members of set s at ``persons[starts[s]:starts[s + 1]]``, the random person among them.
    """

    n_persons: int
    starts: np.ndarray
    persons: np.ndarray

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.starts.size - 1)

    def reach(self, persons: Sequence[int] | np.ndarray) -> float:
        """Estimate how many people are reached on average from these, themselves included."""
        mine = np.zeros(self.n_persons, bool)
        mine[np.asarray(persons, np.int64)] = True
        met = np.logical_or.reduceat(mine[self.persons], self.starts[:-1]) if self.n_sets else np.empty(0)
        return float(np.count_nonzero(met)) * self.n_persons / max(self.n_sets, 1)


@dataclass(frozen=True, eq=False)
class Choice:
    """People who were chosen, and what is guaranteed of them.

    Parameters
    ----------
    persons : int32[k]
        In the order in which they were added.
    n_sets : int
    needed : int
        Sets that `epsilon` takes for `people` people.
    guarantee : callable
        Finds `guaranteed`; to show it where there are fewer sets than needed takes as many again.
    """

    persons: np.ndarray
    n_sets: int
    needed: int
    guarantee: Callable[[], float]

    @property
    def guaranteed(self) -> float:
        """Share of what the best `people` people reach that as many of these reach at least; with probability
        1 - `delta`.
        """
        return self.guarantee()


def cascade_on(ways: Ways, passing: float | Literal["weighted"]) -> Cascade:
    """Return with what probability something is passed on along each way; see `rank_reverse_reachable`."""
    if passing == "weighted":
        into = np.bincount(ways.receivers, ways.weights, minlength=ways.n_persons)
        return Cascade(ways, ways.weights / into[ways.receivers])
    alike = (ways.weights == 1).all()  # then no power is taken, so that every CPU agrees
    return Cascade(ways, np.full(ways.weights.size, passing) if alike else 1 - (1 - passing) ** ways.weights)


def reverse_sets(cascade: Cascade, luck: Draw, name: str, first: int, number: int) -> ReverseSets:
    """Draw random reverse-reachable sets.

    Set s depends on the luck, the name and s only, not on how many are drawn. A way is tried at most once in each set.

    Parameters
    ----------
    cascade : Cascade
    luck : Draw
    name : str
        Sets of different names are independent.
    first, number : int
        Sets ``first … first + number - 1``.

    Returns
    -------
    ReverseSets
    """
    ways, n = cascade.ways, cascade.ways.n_persons
    if not n or not number:
        return ReverseSets(n, np.zeros(1, np.int64), np.empty(0, np.int32))
    below = np.ceil(cascade.chances * 2.0**53).astype(np.uint64)
    at_a_time = max(1, min(number, MOST_MARKS // n))
    marked = np.zeros(at_a_time * n, bool)
    sizes, members = [], []
    for begin in range(first, first + number, at_a_time):
        which = np.arange(begin, min(begin + at_a_time, first + number))
        roots = scale(luck.words_at("reverse_reachable", name, "person", indices=which), n)
        now = np.arange(which.size) * n + roots  # set and person in one number
        marked[now] = True
        found = [now]
        while now.size:
            own, person = np.divmod(now, n)
            each = ways.starts[person + 1] - ways.starts[person]
            way = np.repeat(ways.starts[person] - np.cumsum(each) + each, each) + np.arange(int(each.sum()))
            own = np.repeat(own, each)
            words = luck.words_at("reverse_reachable", name, "way", indices=(own + begin) * ways.senders.size + way)
            passed = words >> np.uint64(11) < below[way]
            new = own[passed] * n + ways.senders[way[passed]]
            now = distinct(new[~marked[new]])
            marked[now] = True
            found.append(now)
        everybody = np.sort(np.concatenate(found))
        marked[everybody] = False
        own, person = np.divmod(everybody, n)
        sizes.append(np.bincount(own, minlength=which.size))
        members.append(person.astype(np.int32))
    starts = np.zeros(number + 1, np.int64)
    np.cumsum(np.concatenate(sizes), out=starts[1:])
    return ReverseSets(n, starts, np.concatenate(members))


def most_met(sets: ReverseSets, candidates: np.ndarray, places: int) -> np.ndarray:
    """Choose people who together are in most sets, greedily.

    Parameters
    ----------
    sets : ReverseSets
    candidates : int[k]
        Whom to choose among; of equals, whoever stands first.
    places : int

    Returns
    -------
    int32[min(places, k)]
        In the order in which they were added. It ends where nobody adds anything.
    """
    n = sets.n_persons
    in_sets = np.argsort(sets.persons, kind="stable")
    whose = np.repeat(np.arange(sets.n_sets), np.diff(sets.starts))[in_sets]
    firsts = np.zeros(n + 1, np.int64)
    counts = np.bincount(sets.persons, minlength=n)
    np.cumsum(counts, out=firsts[1:])
    left = counts[candidates]
    place_of = np.full(n, -1)
    place_of[candidates] = np.arange(candidates.size)
    met = np.zeros(sets.n_sets, bool)
    chosen: list[int] = []
    for _ in range(min(places, candidates.size)):
        best = int(np.argmax(left))
        if left[best] <= 0:
            break
        person = int(candidates[best])
        chosen.append(person)
        mine = whose[firsts[person] : firsts[person + 1]]
        mine = mine[~met[mine]]
        met[mine] = True
        each = sets.starts[mine + 1] - sets.starts[mine]
        at = np.repeat(sets.starts[mine] - np.cumsum(each) + each, each) + np.arange(int(each.sum()))
        theirs = place_of[sets.persons[at]]
        left -= np.bincount(theirs[theirs >= 0], minlength=candidates.size)
    return np.array(chosen, np.int32)


def sets_needed(n: int, k: int, candidates: int, epsilon: float, delta: float, best: float) -> int:
    """Return how many sets the choice of k people takes, if the best k reach at least `best` people (Tang, Shi & Xiao
    2015, theorem 1, with half of `delta` spent on it).
    """
    alpha = sqrt(log(2 / delta) + log(2))
    beta = sqrt(BEST_SHARE * (_log_ways(candidates, k) + log(2 / delta) + log(2)))
    return ceil(2 * n * (BEST_SHARE * alpha + beta) ** 2 / epsilon**2 / best)


def _log_ways(n: int, k: int) -> float:
    """Return the logarithm of the number of ways in which k of n can be chosen."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def choice(
    cascade: Cascade,
    eligible: np.ndarray,
    places: int,
    luck: Draw,
    epsilon: float,
    delta: float,
    people: int,
    sets: int,
) -> Choice:
    """Choose people by IMM; `Choice` says what is guaranteed. Parameters as of `rank_reverse_reachable`.

    First, sets are drawn until they show how many people the best `people` reach at least; then as many new ones as
    that takes.
    """
    n = cascade.ways.n_persons
    order = luck.order("reverse_reachable", "tie", n=n)
    candidates = order[eligible[order]]
    k = min(people, candidates.size)
    if not k or not places:
        return Choice(np.empty(0, np.int32), 0, 0, lambda: 1.0)
    least, most = _reach_of_the_best(cascade, candidates, luck, epsilon, delta, k, sets)
    needed = sets_needed(n, k, candidates.size, epsilon, delta, least)
    drawn = reverse_sets(cascade, luck, "choice", 0, min(max(needed, USUAL_SETS), most))
    persons = most_met(drawn, candidates, max(places, k))

    def guarantee() -> float:
        if needed <= drawn.n_sets:
            return max(BEST_SHARE - epsilon, 0.0)
        fresh = reverse_sets(cascade, luck, "check", 0, drawn.n_sets)
        shown = _shown(drawn.reach(persons[:k]) / n, fresh.reach(persons[:k]) / n, drawn.n_sets, delta)
        return max(shown, 0.0)

    return Choice(persons[:places], drawn.n_sets, needed, guarantee)


def _shown(chosen_by: float, fresh: float, n_sets: int, delta: float) -> float:
    """Return what share of the best reach is reached, with probability 1 - delta (Tang et al. 2018, § 4).

    `chosen_by` and `fresh` are the shares met of the sets by which people were chosen, and of as many fresh ones.
    """
    a = log(2 / delta)
    least = (sqrt(fresh * n_sets + 2 * a / 9) - sqrt(a / 2)) ** 2 - a / 18
    best = (sqrt(chosen_by * n_sets / BEST_SHARE + a / 2) + sqrt(a / 2)) ** 2
    return least / min(best, float(n_sets))


def _reach_of_the_best(
    cascade: Cascade, candidates: np.ndarray, luck: Draw, epsilon: float, delta: float, k: int, sets: int
) -> tuple[float, int]:
    """Return how many people the best k reach at least, with probability 1 - delta / 2, and how many sets there may be.

    Tang, Shi & Xiao 2015, algorithm 2: is it n / 2, n / 4, …? Where no answer was found within `sets` sets, it is k.
    """
    n = cascade.ways.n_persons
    wide = sqrt(2) * epsilon
    rounds = max(int(log2(n)) - 1, 1) if n > 1 else 1
    per_person = (2 + 2 / 3 * wide) * (_log_ways(candidates.size, k) + log(2 / delta) + log(rounds + 1)) * n / wide**2
    drawn = reverse_sets(cascade, luck, "reach", 0, min(sets, PILOT))
    tries = int(np.diff(cascade.ways.starts)[drawn.persons].sum())
    most = min(sets, max(FEWEST_SETS, MOST_TRIES * drawn.n_sets // max(tries, 1)))
    for halvings in range(1, rounds + 1):
        guess = n / 2**halvings
        wanted = ceil(per_person / guess)
        if wanted > most:
            break
        if wanted > drawn.n_sets:
            drawn = _joined(drawn, reverse_sets(cascade, luck, "reach", drawn.n_sets, wanted - drawn.n_sets))
        reach = drawn.reach(most_met(drawn, candidates, k))
        if reach >= (1 + wide) * guess:
            return max(reach / (1 + wide), float(k)), most
    return float(k), most


def _joined(one: ReverseSets, other: ReverseSets) -> ReverseSets:
    starts = np.concatenate([one.starts, one.starts[-1] + other.starts[1:]])
    return ReverseSets(one.n_persons, starts, np.concatenate([one.persons, other.persons]))
