"""Large networks under the laws: pairwise and mean-field levels of endemic contagion, and Watts's cascade window.

Levels are fixed by theory; tolerances are four standard errors, measured over replicates, with fixed seeds. Each check
has a wrong engine or another theory that it must reject.
"""

from __future__ import annotations

from functools import cache
from math import exp, factorial

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from test_pairwise import BECOME, CATCH, CONTACTS, LOSE, N_GRAPHS, N_PERSONS, pairwise_share, regular_graph
from towns import all_in_first_state, layer, simulate, town

from simulator.behaviour import Behaviour, Response, Source, Transition
from simulator.engine import plan_clocks
from simulator.streams import Draw

# --- endemic levels -------------------------------------------------------------------------------------------------

FIRST, LAST, N_REPLICATES = 60, 160, 24
TOLERANCE = 0.0017
"""Four standard errors of the mean of a hundred years over 24 replicates."""


def sisa_by(law: str, catch: float) -> Behaviour:
    """Hill et al. 2010 (doi:10.1371/journal.pcbi.1000968) on a 3-regular graph: `catch` per contact, by each law."""
    source, ties = Source("obesity", ("obese",)), {"ties": 1.0}
    rate, response = CONTACTS * catch, Response("count", ((0.0, 0.0), (CONTACTS, 1.0)), "linear")
    return Behaviour(
        "obesity",
        ("lean", "obese"),
        (
            Transition("become", ("lean",), "obese", BECOME),
            Transition(
                "catch", ("lean",), "obese", rate, law, source, ties, response=response if law == "response" else None
            ),
            Transition("lose", ("obese",), "lean", LOSE),
        ),
    )


def level(law: str, catch: float = CATCH) -> float:
    """Mean share of obese people over a hundred years, from near equilibrium."""
    graphs = [regular_graph(number) for number in range(N_GRAPHS)]
    plans = [plan_clocks(town(N_PERSONS, [sisa_by(law, catch)], [layer(graph)])) for graph in graphs]
    start = all_in_first_state(plans[0].world)
    start[::5, 0] = start[1::5, 0] = 1  # 40 %
    years, shares = [float(year) for year in range(FIRST, LAST + 1)], []
    for replicate in range(N_REPLICATES):
        run = simulate(
            plans[replicate % N_GRAPHS], until=LAST, draw=Draw(12, number=replicate), start=start, observe=years,
            keep_events=False,
        )  # fmt: skip
        shares.append(run.counts[:, 1].mean() / N_PERSONS)
    return float(np.mean(shares))


@pytest.mark.parametrize("law", ["proportion", "response"])
def test_pairwise_level(law: str) -> None:
    """The share of three contacts, or a line through the count, is per_contact: 39.01 %, not mean field's 39.30 %."""
    slope = CATCH * CONTACTS - BECOME - LOSE
    mean_field = (slope + (slope**2 + 4 * BECOME * CATCH * CONTACTS) ** 0.5) / (2 * CATCH * CONTACTS)
    assert mean_field == pytest.approx(0.3930, abs=5e-5)
    assert pairwise_share() == pytest.approx(0.3901, abs=5e-5)
    found = level(law)
    assert abs(found - pairwise_share()) < TOLERANCE < mean_field - TOLERANCE / 2 - pairwise_share()
    assert abs(found - mean_field) > TOLERANCE / 2
    assert abs(level(law, 1.1 * CATCH) - pairwise_share()) > TOLERANCE


SIS_PERSONS, SPREAD = 20_000, 2.0
"""beta k / g, with g = 1: mean field is 1 - 1/2."""


@cache
def rings(contacts: int) -> np.ndarray:
    """Ties of the union of contacts / 2 random rings: a random graph whose people have that many contacts."""
    rng = np.random.default_rng(contacts)
    pairs = []
    for _ in range(contacts // 2):
        ring = rng.permutation(SIS_PERSONS)
        pairs.append(np.sort(np.stack([ring, np.roll(ring, 1)], axis=1), axis=1))
    return np.unique(np.concatenate(pairs), axis=0)


def endemic(law: str, contacts: int, spread: float = SPREAD) -> float:
    """Mean share over thirty time units, from half."""
    catch = Transition(
        "catch", ("lean",), "obese", spread / contacts if law == "per_contact" else spread, law,
        Source("obesity", ("obese",)), {"ties": 1.0},
    )  # fmt: skip
    obesity = Behaviour("obesity", ("lean", "obese"), (catch, Transition("lose", ("obese",), "lean", 1.0)))
    world = town(SIS_PERSONS, [obesity], [layer(rings(contacts))])
    start = all_in_first_state(world)
    start[::2] = 1
    times = [10.0 + k for k in range(31)]
    run = simulate(world, until=times[-1], draw=Draw(13), start=start, observe=times, keep_events=False)
    return float(run.counts[:, 1].mean() / SIS_PERSONS)


def pairwise_sis(contacts: int, spread: float = SPREAD) -> float:
    """Equilibrium of the pairwise equations of SIS on a graph with that many contacts each (Keeling 1999)."""
    beta = spread / contacts

    def change(_: float, now: np.ndarray) -> list[float]:
        obese, mixed = now  # share of people; share of ordered pairs (lean, obese)
        lean_pairs, obese_pairs, q = 1 - obese - mixed, obese - mixed, mixed / (1 - obese)
        onward = beta * (contacts - 1) * q
        return [
            beta * contacts * mixed - obese,
            onward * lean_pairs + obese_pairs - (beta + onward + 1) * mixed,
        ]

    return float(solve_ivp(change, (0, 400), [0.5, 0.25], rtol=1e-10, atol=1e-12).y[0, -1])


@pytest.mark.parametrize("law", ["per_contact", "proportion"])
def test_endemic_level_of_sis(law: str) -> None:
    """1 - g / (beta k) is approached as contacts are many: within 0.01 for a hundred, and not for ten.

    Around the pairwise level the tolerance is 0.0055, four standard errors: a share has variance 1/2 / 20,000 and
    forgets at rate 1 (linear noise), so that the mean of 31 instants has 0.0013.
    """
    mean_field = 1 - 1 / SPREAD
    many, few = endemic(law, 100), endemic(law, 10)
    assert abs(many - mean_field) < 0.01 < mean_field - few
    assert abs(many - pairwise_sis(100)) < 0.0055
    assert abs(few - pairwise_sis(10)) < 0.0055
    assert abs(endemic(law, 100, 1.1 * SPREAD) - mean_field) > 0.03


# --- Watts's cascade window -----------------------------------------------------------------------------------------

CROWD, N_RUNS = 3_000, 6
WINDOW = (1.0207, 5.7647)
"""Mean numbers of contacts between which thresholds of 0.18 cascade globally (Watts 2002, eq. 5)."""


def random_graph(mean_contacts: float, number: int) -> np.ndarray:
    """Ties of an Erdős–Rényi graph."""
    rng = np.random.default_rng([number, round(100 * mean_contacts)])
    pairs = np.sort(rng.integers(0, CROWD, (round(1.1 * mean_contacts * CROWD / 2) + 50, 2)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    return rng.permutation(pairs)[: round(mean_contacts * CROWD / 2)]


def closure(ties: np.ndarray, threshold: float, first: int, reads: str) -> np.ndarray:
    """Who adopts in the end if everybody does whose share (or count) of adopters reaches the threshold."""
    both = np.concatenate([ties, ties[:, ::-1]])
    contacts = np.bincount(both[:, 0], minlength=CROWD)
    adopted = np.zeros(CROWD, bool)
    adopted[first] = True
    while True:
        count = np.bincount(both[:, 0], adopted[both[:, 1]], CROWD)
        value = count if reads == "count" else count / np.maximum(contacts, 1)
        after = adopted | (value >= threshold)
        if np.array_equal(after, adopted):
            return adopted
        adopted = after


def cascades(mean_contacts: float, threshold: float = 0.18, reads: str = "share") -> list[float]:
    """Share of adopters in the end, from one adopter each; the engine's are exactly those of the closure."""
    adopt = Transition(
        "adopt", ("no",), "yes", 1.0, "response", Source("adoption", ("yes",)), {"ties": 1.0},
        response=Response(reads, threshold=threshold),
    )  # fmt: skip
    found = []
    for number in range(N_RUNS):
        ties = random_graph(mean_contacts, number)
        world = town(CROWD, [Behaviour("adoption", ("no", "yes"), (adopt,))], [layer(ties)])
        start = all_in_first_state(world)
        start[number] = 1
        final = simulate(world, until=40.0, draw=Draw(14, number=number), start=start, keep_events=False).final[:, 0]
        assert np.array_equal(final == 1, closure(ties, threshold, number, reads))
        found.append(float(final.mean()))
    return found


def test_the_window() -> None:
    """Vulnerable people percolate where the sum of k (k - 1) p(k) over k <= 1 / 0.18 reaches the mean (Watts 2002)."""

    def excess(z: float) -> float:
        return sum(k * (k - 1) * exp(-z) * z**k / factorial(k) for k in range(6)) - z

    assert excess(WINDOW[0] - 0.01) < 0 < excess(WINDOW[0] + 0.01)
    assert excess(WINDOW[1] - 0.01) > 0 > excess(WINDOW[1] + 0.01)


@pytest.mark.parametrize("mean_contacts", [2.0, 4.0])
def test_cascades_inside_the_window(mean_contacts: float) -> None:
    """One adopter of 3,000 is enough for most people to adopt (doi:10.1073/pnas.082090499)."""
    assert WINDOW[0] < mean_contacts < WINDOW[1]
    assert np.median(cascades(mean_contacts)) > 0.5


@pytest.mark.parametrize("mean_contacts", [0.8, 9.0])
def test_none_outside_the_window(mean_contacts: float) -> None:
    """Too few ties to reach anybody, or so many that one adopter is nobody's fifth: at most one in a hundred adopts."""
    assert not WINDOW[0] < mean_contacts < WINDOW[1]
    assert max(cascades(mean_contacts)) < 0.01


def test_other_rules_have_another_window() -> None:
    """At nine contacts a count of one floods all; at four a share of 0.26 (beyond 1/4 there is no window) dies out."""
    assert min(cascades(9.0, 1.0, "count")) > 0.99
    assert max(cascades(4.0, 0.26)) < 0.01
