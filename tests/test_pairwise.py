"""Obesity (Hill et al. 2010) on random graphs in which everybody has three contacts: the pairwise equilibrium.

The pairwise equations give 39.01 %, mean field 39.30 % (theory/reference_numbers.json; the equations are solved again
below). The mean of years 100-200 over 40 replicates has a standard error of 0.033 points, and must lie in 39.01 ± 0.11.
"""

from __future__ import annotations

from functools import cache

import networkx as nx
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from towns import layer, simulate, sisa, town

from simulator.engine import plan_clocks
from simulator.streams import Draw

BECOME, CATCH, LOSE, CONTACTS = 0.02, 0.005, 0.04, 3
N_PERSONS, N_GRAPHS, N_REPLICATES = 20_000, 4, 40
LOW, HIGH = 0.3890, 0.3912


@cache
def regular_graph(number: int) -> np.ndarray:
    return np.array(nx.random_regular_graph(CONTACTS, N_PERSONS, seed=number).edges, np.int32)


def well_mixed(number: int, contacts: int) -> np.ndarray:
    """Ties of a graph that is the union of contacts / 2 random rings: so many contacts that pairs forget each other."""
    rng = np.random.default_rng(number)
    rings = [rng.permutation(N_PERSONS) for _ in range(contacts // 2)]
    return np.concatenate([np.stack([ring, np.roll(ring, 1)], axis=1) for ring in rings])


def mean_share(graphs: list[np.ndarray], *, catch: float = CATCH) -> float:
    """Mean share of obese people in years 100 to 200, over all replicates."""
    plans = [plan_clocks(town(N_PERSONS, [sisa(BECOME, catch, LOSE)], [layer(graph)])) for graph in graphs]
    years = [float(year) for year in range(100, 201)]
    shares = []
    for replicate in range(N_REPLICATES):
        draw = Draw(11, number=replicate)
        run = simulate(plans[replicate % len(plans)], until=200.0, draw=draw, observe=years, keep_events=False)
        shares.append(run.counts[:, 1].mean() / N_PERSONS)
    return float(np.mean(shares))


def pairwise_share() -> float:
    """Equilibrium of the pairwise equations with k contacts, unclustered (REFERENCES §1)."""
    k = CONTACTS

    def change(_: float, now: np.ndarray) -> list[float]:
        obese, mixed = now  # share of people; share of ordered pairs (lean, obese)
        lean_pairs, obese_pairs, q = 1 - obese - mixed, obese - mixed, mixed / (1 - obese)
        spread = BECOME * lean_pairs + CATCH * (k - 1) * q * lean_pairs
        return [
            BECOME * (1 - obese) + CATCH * k * mixed - LOSE * obese,
            spread + LOSE * obese_pairs - (BECOME + CATCH + CATCH * (k - 1) * q + LOSE) * mixed,
        ]

    return float(solve_ivp(change, (0, 2000), [0.0, 0.0], rtol=1e-10, atol=1e-12).y[0, -1])


def test_the_equations() -> None:
    assert pairwise_share() == pytest.approx(0.3901, abs=5e-5)
    slope = CATCH * CONTACTS - BECOME - LOSE
    mean_field = (slope + (slope**2 + 4 * BECOME * CATCH * CONTACTS) ** 0.5) / (2 * CATCH * CONTACTS)
    assert mean_field == pytest.approx(0.3930, abs=5e-5)
    assert LOW < pairwise_share() < HIGH < mean_field


def test_random_regular_graphs() -> None:
    assert LOW < mean_share([regular_graph(number) for number in range(N_GRAPHS)]) < HIGH


def test_it_is_not_mean_field() -> None:
    """Thirty contacts who count a tenth each: the share rises to that of mean field, and the check says no."""
    graphs = [well_mixed(number, 10 * CONTACTS) for number in range(N_GRAPHS)]
    assert mean_share(graphs, catch=CATCH / 10) > HIGH


def test_a_wrong_rate_is_told_apart() -> None:
    graphs = [regular_graph(number) for number in range(N_GRAPHS)]
    assert mean_share(graphs, catch=1.1 * CATCH) > HIGH
