"""The engine has the law of the continuous-time Markov chain: small graphs, and single ties, against exact numbers.

Every check rejects where an observed share is four standard errors or more from the exact one, standard errors being
exact too (6e-5 false alarms a check; seeds are fixed). Each has a twin: the same check must reject an engine with one
wrong rate, sized so that the expected distance is at least eight standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise, product
from math import prod

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import expm_multiply, spsolve
from towns import SMALL_GRAPHS, all_in_first_state, category, copies_of, layer, occurrence, simulate, sisa, town

from simulator.actions import Action, AddTies, ScaleInfluence, ScaleSusceptibility
from simulator.behaviour import Behaviour, ByColumn, Source, Transition
from simulator.errors import SpecError
from simulator.population import Population
from simulator.streams import Draw
from simulator.ties import layer_from_table
from simulator.units import to_ticks
from simulator.world import World

FAR = 4.0
"""Standard errors from which on a check rejects."""
SURE = 8.0
"""Standard errors by which a wrong rate moves the expected value, at least."""

Rates = tuple[float, float, float]
SLOW, MIDDLE, FAST = (0.02, 0.005, 0.04), (0.02, 0.05, 0.04), (0.1, 0.5, 1.0)

STATIONARY: dict[tuple[str, Rates], float] = {
    ("K2", SLOW): 0.35135135, ("K2", MIDDLE): 0.47826087, ("K2", FAST): 0.12698413,
    ("K3", SLOW): 0.37021277, ("K3", MIDDLE): 0.62903226, ("K3", FAST): 0.18499353,
    ("K4", SLOW): 0.38980850, ("K4", MIDDLE): 0.74085684, ("K4", FAST): 0.27404207,
    ("C6", SLOW): 0.37030924, ("C6", MIDDLE): 0.64675163, ("C6", FAST): 0.19662898,
    ("C8", SLOW): 0.37030925, ("C8", MIDDLE): 0.64698600, ("C8", FAST): 0.19697342,
    ("S5", SLOW): 0.36323937, ("S5", MIDDLE): 0.59625993, ("S5", FAST): 0.17806239,
}  # fmt: skip
"""Share of obese people in the long run, from the master equation (a, beta per contact, g)."""


def times_1_1(rates: Rates, *which: int) -> Rates:
    a, b, g = (rate * (1.1 if k in which else 1.0) for k, rate in enumerate(rates))
    return a, b, g


@cache
def generator(graph: str, rates: Rates) -> tuple[csr_matrix, np.ndarray]:
    """Return the master equation's matrix over all 2**size states, and the share of obese people in each."""
    size, ties = SMALL_GRAPHS[graph]
    become, catch, lose = rates
    matrix = np.zeros((2**size, 2**size))
    states = list(product((0, 1), repeat=size))
    number = {state: k for k, state in enumerate(states)}
    for state in states:
        for person in range(size):
            contacts = [j for i, j in ties if i == person] + [i for i, j in ties if j == person]
            rate = lose if state[person] else become + catch * sum(state[j] for j in contacts)
            after = (*state[:person], 1 - state[person], *state[person + 1 :])
            matrix[number[state], number[after]] = rate
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return csr_matrix(matrix), np.array([sum(state) / size for state in states])


@cache
def stationary(graph: str, rates: Rates) -> np.ndarray:
    matrix, _ = generator(graph, rates)
    equations = matrix.T.tolil()
    equations[0] = 1.0  # the shares of all states add up to 1
    right = np.zeros(matrix.shape[0])
    right[0] = 1.0
    return spsolve(equations.tocsr(), right)


def mean_over_time(graph: str, rates: Rates, spacing: float, n_times: int) -> tuple[float, float]:
    """Mean of one copy's share at `n_times` instants in the long run, and the variance of their average."""
    matrix, share = generator(graph, rates)
    long_run = stationary(graph, rates)
    mean = float(long_run @ share)
    covariance = [float(long_run @ share**2) - mean**2]
    later = share
    for _ in range(1, n_times):
        later = expm_multiply(matrix * spacing, later)
        covariance.append(float(long_run @ (share * later)) - mean**2)
    lags = np.abs(np.subtract.outer(np.arange(n_times), np.arange(n_times)))
    return mean, float(np.array(covariance)[lags].mean())


def mean_after(graph: str, rates: Rates, time: float) -> tuple[float, float]:
    """Mean and variance of one copy's share, from all-lean."""
    matrix, share = generator(graph, rates)
    mean, square = expm_multiply(matrix * time, np.stack([share, share**2], axis=1))[0]
    return float(mean), float(square - mean**2)


def observed_shares(graph: str, rates: Rates, copies: int, times: Sequence[float], number: int) -> np.ndarray:
    ties = copies_of(graph, copies)
    world = town(SMALL_GRAPHS[graph][0] * copies, [sisa(*rates)], [ties])
    run = simulate(world, until=times[-1], draw=Draw(7, number=number), observe=times, keep_events=False)
    return run.counts[:, 1] / world.population.size


# Long runs: eleven instants a relaxation time apart, from ten relaxation times on.
RELAXATION = {SLOW: 18.0, MIDDLE: 19.0, FAST: 1.7}
N_TIMES = 11


def long_run_distance(graph: str, rates: Rates, wrong: Rates, copies: int) -> float:
    """Standard errors between what an engine with the `wrong` rates shows and the long run of the right ones."""
    _, variance = mean_over_time(graph, rates, RELAXATION[rates], N_TIMES)
    times = [RELAXATION[rates] * (10 + k) for k in range(N_TIMES)]
    share = observed_shares(graph, wrong, copies, times, number=list(STATIONARY).index((graph, rates))).mean()
    return abs(share - STATIONARY[graph, rates]) / (variance / copies) ** 0.5


def twins_of(rates: Rates) -> list[Rates]:
    return [times_1_1(rates, 0), times_1_1(rates, 2)] if rates == SLOW else [times_1_1(rates, 1)]


@pytest.mark.parametrize(("graph", "rates"), list(STATIONARY))
def test_long_run(graph: str, rates: Rates) -> None:
    mean, variance = mean_over_time(graph, rates, RELAXATION[rates], N_TIMES)
    assert mean == pytest.approx(STATIONARY[graph, rates], abs=1e-7)
    start, _ = mean_after(graph, rates, 10 * RELAXATION[rates])
    shifts = [mean_over_time(graph, wrong, 1.0, 1)[0] - mean for wrong in twins_of(rates)]
    copies = int(max(variance / 0.0019**2, *(variance * (SURE / shift) ** 2 for shift in shifts))) + 1
    error = (variance / copies) ** 0.5
    assert error < 0.002
    assert abs(start - mean) < error / 10, "the runs begin too early"
    assert long_run_distance(graph, rates, rates, copies) < FAR
    for wrong in twins_of(rates):
        assert long_run_distance(graph, rates, wrong, copies) > FAR


@pytest.mark.parametrize(("graph", "rates"), list(STATIONARY))
def test_from_all_lean(graph: str, rates: Rates) -> None:
    times = [1.0, 5.0, 15.0]
    telling = 0 if rates == FAST else 2
    exact = [mean_after(graph, rates, time) for time in times]
    mean, variance = exact[telling]
    wrong = times_1_1(rates, 0, 1, 2)
    shift = mean_after(graph, wrong, times[telling])[0] - mean
    copies = int(max(variance / 0.00049**2, variance * (SURE / shift) ** 2)) + 1
    error = (variance / copies) ** 0.5
    assert error <= 0.0005
    number = list(STATIONARY).index((graph, rates))
    for (mean, variance), share in zip(exact, observed_shares(graph, rates, copies, times, number), strict=True):
        assert abs(share - mean) < FAR * (variance / copies) ** 0.5
    share = observed_shares(graph, wrong, copies, times[: telling + 1], number)[telling]
    assert abs(share - exact[telling][0]) > FAR * error


def distances(found: np.ndarray, exact: np.ndarray, n: int | np.ndarray) -> np.ndarray:
    """Standard errors between shares of `n` independent cases and their exact probabilities."""
    return np.abs(found - exact) / np.sqrt(exact * (1 - exact) / n)


ADVOCACY = Behaviour("advocacy", ("none", "champion"))


def losing_by_champions(rate: float | ByColumn, **layers: float) -> Behaviour:
    """Obese people lose weight at `rate` for each champion they are tied to; nothing else happens."""
    source = Source("advocacy", ("champion",))
    lose = Transition("lose", ("obese",), "lean", rate, "per_contact", source, layers or {"ties": 1.0})
    return Behaviour("obesity", ("lean", "obese"), (lose,))


def everybody_is(world: World, obesity: int = 1, advocacy: int = 1) -> np.ndarray:
    start = all_in_first_state(world)
    start[:, world.column_of("obesity")] = obesity
    if "advocacy" in world.behaviours:
        start[:, world.column_of("advocacy")] = advocacy
    return start


def pairs(n: int) -> np.ndarray:
    return np.arange(2 * n, dtype=np.int32).reshape(n, 2)


def test_two_obese_champions_and_one_tie() -> None:
    """Both directions of the tie act, each on its own: P(both obese at t) = exp(-2 rate t)."""
    n, rate, times = 60_000, 0.3, [0.5, 1.0, 2.0]

    def both_obese(rate: float, directed: bool = False) -> np.ndarray:
        world = town(2 * n, [losing_by_champions(rate), ADVOCACY], [layer(pairs(n), directed=directed)])
        run = simulate(world, until=3.0, start=everybody_is(world))
        obese = [run.in_states_at(0, (1,), to_ticks(time)).reshape(n, 2) for time in times]
        return np.array([both.all(axis=1).mean() for both in obese])

    exact = np.exp(-2 * rate * np.array(times))
    assert np.all(distances(both_obese(rate), exact, n) < FAR)
    assert np.all(distances(both_obese(1.1 * rate), exact, n) > FAR)
    assert np.all(distances(both_obese(rate, directed=True), exact, n) > FAR), "one slot for the two directions"


# Factors as (factor, from, until): x3, x2 and x0.5 overlap; together x6, x3, x1.
FACTORS = [(3.0, 1.0, 3.0), (2.0, 2.0, 4.0), (0.5, 2.5, 5.0)]
CHANGES = [1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0]


def hazard_until(times: Sequence[float], *, multiply: bool = True) -> np.ndarray:
    """Integral of the factors in force from 0 to each time; wrongly added where not `multiply`."""
    edges = [0.0, *CHANGES]
    total, course = 0.0, {0.0: 0.0}
    for begin, end in pairwise(edges):
        active = [factor for factor, first, last in FACTORS if first <= begin and end <= last]
        total += (end - begin) * (prod(active) if multiply else 1 + sum(f - 1 for f in active))
        course[end] = total
    return np.array([course[time] for time in times])


def contagion(rate: float) -> Behaviour:
    catch = Transition("catch", ("lean",), "obese", rate, "per_contact", Source("obesity", ("obese",)), {"ties": 1.0})
    return Behaviour("obesity", ("lean", "obese"), (catch,))


@pytest.mark.parametrize("ends", ["receivers", "receivers and senders", "on their own"])
def test_overlapping_factors(ends: str) -> None:
    """Factors multiply while they last, and leave no trace: exact exponentials before, during and after."""
    n, rate = 100_000, 0.15
    treated = np.arange(n) % 2 == 0

    def share_left(rate: float, group: np.ndarray) -> np.ndarray:
        alone = ends == "on their own"
        if alone:
            behaviour = Behaviour("obesity", ("lean", "obese"), (Transition("catch", ("lean",), "obese", rate),))
            world = town(n, [behaviour])
        else:
            world = town(2 * n, [contagion(rate)], [layer(pairs(n), directed=True)])
        receivers = np.arange(n) if alone else pairs(n)[:, 1]
        start = all_in_first_state(world)
        if not alone:
            start[pairs(n)[:, 0]] = 1
        acts = []
        for k, (factor, begin, end) in enumerate(FACTORS):
            by_sender = k == 1 and ends == "receivers and senders"
            persons = (pairs(n)[treated, 0] if by_sender else receivers[treated]).astype(np.int32)
            kind = ScaleInfluence if by_sender else ScaleSusceptibility
            scaling = kind(persons, "obesity", "catch", np.full(persons.size, factor), to_ticks(end))
            acts.append(occurrence(begin, scaling, name=f"factor {k}"))
        run = simulate(world, until=7.0, start=start, occurrences=acts)
        lean = [~run.in_states_at(0, (1,), to_ticks(time))[receivers] for time in CHANGES]
        return np.array([now[group].mean() for now in lean])

    multiplied, added = (np.exp(-rate * hazard_until(CHANGES, multiply=m)) for m in (True, False))
    found = share_left(rate, treated)
    assert np.all(distances(found, multiplied, n // 2) < FAR)
    assert np.max(distances(found, added, n // 2)) > SURE, "factors that add"
    assert np.all(distances(share_left(rate, ~treated), np.exp(-rate * np.array(CHANGES)), n // 2) < FAR)
    assert np.max(distances(share_left(1.1 * rate, treated), multiplied, n // 2)) > FAR


@pytest.mark.parametrize("factor", [1.5, 3.0, 30.0, 1000.0])
def test_factors_up_to_a_thousand(factor: float) -> None:
    """All excess levels together make up the factor, also for people whose own factor is smaller."""
    n = 20_000
    factors = factor * np.repeat([1.0, 0.7, 0.4, 0.0], n)

    def left(wrong: float = 1.0) -> np.ndarray:
        become = Transition("become", ("lean",), "obese", 1.0 / factor)
        world = town(4 * n, [Behaviour("obesity", ("lean", "obese"), (become,))])
        everybody = np.arange(4 * n, dtype=np.int32)
        scaling = ScaleSusceptibility(everybody, "obesity", "become", factors * wrong)
        run = simulate(world, until=1.0, occurrences=[occurrence(0.0, scaling)], keep_events=False)
        return (run.final[:, 0] == 0).reshape(4, n).mean(axis=1)

    found, exact = left(), np.exp([-1.0, -0.7, -0.4])
    assert found[3] == 1.0
    assert np.all(distances(found[:3], exact, n) < FAR)
    assert np.all(distances(left(0.9)[:3], exact, n) > FAR)


RATES_BY_SORT = {"a": 0.04, "b": 0.05, "c": 0.25, "d": 0.5, "e": 1.9, "f": 6.4}
WEIGHTS = [0.01, 0.3, 0.5, 1.0, 1.7, 4.0]


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("by", ["champions", "obese contacts"])
def test_rates_by_column_and_weights(by: str, directed: bool) -> None:
    """Strata over several powers of two: rate x weight, for each sort of receiver and each weight."""
    n = 4_000
    sorts = list(RATES_BY_SORT)
    n_pairs = n * len(sorts) * len(WEIGHTS)
    labels = ["f"] * (2 * n_pairs)  # senders are of the fastest sort: their own rate must not matter
    sort_of = np.arange(n_pairs) % len(sorts)
    labels[1::2] = [sorts[k] for k in sort_of]
    weight_of = np.arange(n_pairs) // len(sorts) % len(WEIGHTS)

    def moved(rate_factor: float = 1.0, backwards: bool = False) -> np.ndarray:
        rate = ByColumn("sort", {label: rate * rate_factor for label, rate in RATES_BY_SORT.items()})
        ends = pairs(n_pairs)[:, ::-1] if directed and backwards else pairs(n_pairs)
        ties = layer(ends, directed=directed, weights=[WEIGHTS[k] for k in weight_of])
        columns = [category("sort", labels)]
        receivers, senders = pairs(n_pairs)[:, 1], pairs(n_pairs)[:, 0]
        if by == "champions":
            world = town(2 * n_pairs, [losing_by_champions(rate), ADVOCACY], [ties], columns)
            start = everybody_is(world, advocacy=0)
            start[senders, 1] = 1
        else:
            behaviour = contagion(1.0)
            catch = Transition(**{**vars(behaviour.transitions[0]), "rate": rate})
            world = town(2 * n_pairs, [Behaviour("obesity", behaviour.states, (catch,))], [ties], columns)
            start = all_in_first_state(world)
            start[senders, 0] = 1
        run = simulate(world, until=0.4, start=start, keep_events=False)
        gone = run.final[receivers, 0] != start[receivers, 0]
        cells = np.bincount(weight_of * len(sorts) + sort_of, gone, len(sorts) * len(WEIGHTS))
        return cells.reshape(len(WEIGHTS), len(sorts)) / n

    exact = -np.expm1(-0.4 * np.outer(WEIGHTS, list(RATES_BY_SORT.values())))

    def distance(found: np.ndarray) -> float:
        """Chi-square of all cells together, in standard errors of it, as cells are many."""
        square = float((distances(found, exact, n) ** 2)[exact < 0.999].sum())
        cells = int((exact < 0.999).sum())
        return abs(square - cells) / (2 * cells) ** 0.5

    assert distance(moved()) < FAR
    assert distance(moved(1.1)) > SURE
    if directed:
        assert distance(moved(backwards=True)) > SURE


def test_weighted_star_and_layers_add() -> None:
    """Contacts add over ties and layers, each with its weight."""
    n, rate, time = 40_000, 0.1, 1.0
    weights = {"home": [0.25, 1.0, 3.0], "work": [0.5, 2.0]}
    layer_weight = {"home": 1.0, "work": 2.0}

    def centre_left(scale: float = 1.0) -> float:
        first = np.arange(n)[:, None] * 6
        leaves = {"home": np.array([1, 2, 3]), "work": np.array([4, 5])}
        layers = []
        for name, which in leaves.items():
            ends = np.stack(np.broadcast_arrays(first, first + which), axis=2).reshape(-1, 2)
            layers.append(layer(ends, name=name, weights=[scale * w for w in weights[name]] * n))
        world = town(6 * n, [losing_by_champions(rate, **layer_weight), ADVOCACY], layers)
        start = everybody_is(world)
        run = simulate(world, until=time, start=start, keep_events=False)
        return float((run.final[::6, 0] == 1).mean())

    total = sum(layer_weight[name] * w for name, several in weights.items() for w in several)
    exact = np.array(np.exp(-rate * total * time))
    assert distances(np.array(centre_left()), exact, n) < FAR
    assert distances(np.array(centre_left(1.1)), exact, n) > FAR


def test_added_ties() -> None:
    """Ties added from 1 to 2 with weight 2 act then, with that weight, and not before or after."""
    n, rate = 100_000, 0.4
    times = [1.0, 1.5, 2.0, 3.0]
    receivers = pairs(n)[:, 1]

    def lean(weight: float, until: float) -> np.ndarray:
        world = town(2 * n, [contagion(rate)], [layer([])])
        start = all_in_first_state(world)
        start[pairs(n)[:, 0]] = 1
        act: Action = AddTies("ties", pairs(n), weight, to_ticks(until))
        run = simulate(world, until=4.0, start=start, occurrences=[occurrence(1.0, act)])
        return np.array([1 - run.in_states_at(0, (1,), to_ticks(t))[receivers].mean() for t in times])

    exact = np.exp(-rate * 2.0 * np.array([0.0, 0.5, 1.0, 1.0]))
    found = lean(2.0, 2.0)
    assert found[0] == 1.0
    assert np.all(distances(found[1:], exact[1:], n) < FAR)
    assert np.all(distances(lean(2.2, 2.0)[1:], exact[1:], n) > FAR)
    assert distances(lean(2.0, 3.0)[3:], exact[3:], n) > FAR


def test_mutual_namings_are_one_tie() -> None:
    """Under `both`, a pair that names each other passes on rate beta, not 2 beta."""
    n, rate = 50_000, 0.5
    named = pairs(n)
    population = Population(np.arange(2 * n))

    def caught(rate: float, twice: bool = False) -> np.ndarray:
        both_ways = pd.DataFrame(np.concatenate([named, named[::-1, ::-1]]), columns=["who", "whom"])
        ties = layer_from_table("ties", both_ways, population, source="who", target="whom", influence="both")
        if twice:  # what an engine would do that made a tie of each naming
            ties = layer(np.concatenate([named, named]))
        world = town(2 * n, [contagion(rate)], [ties])
        start = all_in_first_state(world)
        start[::2] = 1
        run = simulate(world, until=1.0, start=start, keep_events=False)
        return np.array(run.final[1::2, 0].mean())

    exact = np.array(-np.expm1(-rate))
    assert distances(caught(rate), exact, n) < FAR
    assert distances(caught(rate * 1.1), exact, n) > FAR
    assert distances(caught(rate, twice=True), exact, n) > SURE


def test_only_levels_that_somebody_needs_ring() -> None:
    """x 1000 for the slowest of three strata: the levels of the other two stay silent, and no limit is passed."""
    pace = category("pace", ["slow"] * 10 + ["middle"] * 1000 + ["fast"] * 1000)
    rates = ByColumn("pace", {"fast": 1.0, "middle": 0.25, "slow": 0.001})
    world = town(2010, [Behaviour("mood", ("up", "down"), (Transition("down", ("up",), "down", rates),))], (), [pace])
    slow = np.arange(10, dtype=np.int32)
    boost = occurrence(0.0, ScaleSusceptibility(slow, "mood", "down", np.full(10, 1000.0)))
    rings = simulate(world, until=1.0, occurrences=[boost]).rings
    assert rings < 1000 * 1.25 + 10 * 1.024 * 3 + 6 * 36 + 100
    assert rings > 1000


def test_factors_whose_people_never_meet_do_not_multiply() -> None:
    """x 100 at one end and x 100 at the other, of ties apart: no slot has more than x 100, so nothing is refused."""
    world = town(4, [sisa(0.0, 1e-5, 0.0)], [layer([(0, 1), (2, 3)])])
    factors = np.full(1, 100.0)
    apart = [
        ScaleSusceptibility(np.array([1], np.int32), "obesity", "catch", factors),
        ScaleInfluence(np.array([2], np.int32), "obesity", "catch", factors),
    ]
    start = np.array([[1], [0], [1], [0]], np.uint8)
    assert simulate(world, until=1.0, start=start, occurrences=[occurrence(0.0, *apart)]).rings >= 0
    together = [apart[0], ScaleInfluence(np.array([0], np.int32), "obesity", "catch", factors)]
    with pytest.raises(SpecError, match="10000"):
        simulate(world, until=1.0, start=start, occurrences=[occurrence(0.0, *together)])
