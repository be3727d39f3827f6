"""Pairs that are tied independently: erdos_renyi and stochastic_blocks against exact probabilities; what is refused.

Chi-square tests reject at p < 1e-4 (seeds are fixed), and each has a twin, slightly wrong, that must be rejected.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import stats

from scenarios import grammar
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from scenarios.worlds import world_of
from simulator.blocks import binomial, distinct_places
from simulator.errors import SpecError
from simulator.generating import columns_in, networks, parameters
from simulator.generators import barabasi_albert, erdos_renyi, holme_kim, stochastic_blocks
from simulator.population import Column
from simulator.streams import Draw, stream_key

ALPHA = 1e-4
FRIENDS = "network.layers.close_ties"


def p_value(found: Sequence[float], chances: Sequence[float]) -> float:
    """Of a chi-square test; rare cells are put together, so that every cell is expected at least 5 times."""
    total = sum(found)
    pairs = sorted(zip(np.array(chances) * total, found, strict=True), reverse=True)
    expected, counts = [], []
    waiting, seen = 0.0, 0.0
    for each, count in pairs:
        waiting, seen = waiting + each, seen + count
        if waiting >= 5:
            expected.append(waiting)
            counts.append(seen)
            waiting, seen = 0.0, 0.0
    if waiting or seen:
        expected[-1] += waiting
        counts[-1] += seen
    return float(stats.chisquare(counts, expected).pvalue)


def check_ties(ties: np.ndarray, n: int) -> None:
    assert ties.dtype == np.int32
    assert ties.flags.c_contiguous
    assert (ties[:, 0] < ties[:, 1]).all()
    assert (np.diff(ties[:, 0].astype(np.int64) * n + ties[:, 1]) > 0).all()
    assert not ties.size or (ties.min() >= 0 and ties.max() < n)


def graphs_drawn(make: Callable[[int], np.ndarray], many: int) -> Counter[bytes]:
    return Counter(make(key).tobytes() for key in range(many))


def chances_of_graphs(n: int, chance: Callable[[int, int], float]) -> dict[bytes, float]:
    """Return the probability of each of the 2**(n * (n - 1) / 2) graphs of n people with independent pairs."""
    pairs = list(itertools.combinations(range(n), 2))
    found = {}
    for tied in itertools.product([False, True], repeat=len(pairs)):
        ties = np.array([pair for pair, there in zip(pairs, tied, strict=True) if there], np.int32).reshape(-1, 2)
        found[ties.tobytes()] = float(
            np.prod([chance(*pair) if there else 1 - chance(*pair) for pair, there in zip(pairs, tied, strict=True)])
        )
    return found


# --- everybody alike


def test_all_graphs_of_four_people_come_as_often_as_they_should() -> None:
    def p_of(mean_degree: float) -> float:
        found = graphs_drawn(lambda key: erdos_renyi(4, key, mean_degree=mean_degree), 4000)
        chances = chances_of_graphs(4, lambda one, two: 1.2 / 3)
        return p_value([found[graph] for graph in chances], list(chances.values()))

    assert p_of(1.2) > ALPHA
    assert p_of(1.3) < ALPHA  # the twin


def test_contacts_are_binomial() -> None:
    n, mean_degree = 40, 6.5
    chances = stats.binom.pmf(np.arange(n), n - 1, mean_degree / (n - 1))

    def p_of(make: Callable[[int], np.ndarray]) -> float:  # one person of each network, since those are independent
        degrees = [int((make(key) == key % n).sum()) for key in range(3000)]
        return p_value(np.bincount(degrees, minlength=n).tolist(), chances.tolist())

    assert p_of(lambda key: erdos_renyi(n, key, mean_degree=mean_degree)) > ALPHA
    assert p_of(lambda key: erdos_renyi(n, key, mean_degree=1.05 * mean_degree)) < ALPHA
    assert p_of(lambda key: barabasi_albert(n, key, mean_degree=6)) < ALPHA


@pytest.mark.parametrize(("n", "mean_degree"), [(0, 0), (1, 0), (5, 0), (2, 1), (7, 6), (300, 280.5), (300, 4.2)])
def test_ties_are_distinct_and_sorted(n: int, mean_degree: float) -> None:
    sizes = []
    for key in range(30):
        ties = erdos_renyi(n, key, mean_degree=mean_degree)
        check_ties(ties, n)
        sizes.append(len(ties))
    expected, sd = n * mean_degree / 2, np.sqrt(n * mean_degree / 2 * (1 - mean_degree / max(n - 1, 1)) / 30)
    assert abs(np.mean(sizes) - expected) <= 4.5 * sd


# --- what they are made of


@pytest.mark.parametrize(("trials", "chance"), [(1, 0.3), (20, 0.3), (7, 0.9), (400, 0.02), (10**12, 2e-11)])
def test_numbers_of_successes_are_binomial(trials: int, chance: float) -> None:
    def p_of(chance_drawn: float) -> float:
        found = Counter(binomial(trials, chance_drawn, stream_key(trials, k)) for k in range(6000))
        values = np.arange(min(trials, 100) + 1)
        return p_value([found[int(k)] for k in values], stats.binom.pmf(values, trials, chance).tolist())

    assert p_of(chance) > ALPHA
    assert p_of(chance * (0.93 if chance > 0.5 else 1.15)) < ALPHA


def test_large_numbers_of_successes_have_the_right_mean_and_spread() -> None:
    trials, chance = 5 * 10**11, 1e-5
    z = np.array([(binomial(trials, chance, stream_key("z", k)) - 5e6) / np.sqrt(5e6) for k in range(1500)])
    assert stats.kstest(z, stats.norm.cdf).pvalue > ALPHA
    assert stats.kstest(z * 1.2, stats.norm.cdf).pvalue < ALPHA
    assert [binomial(9, 0.0, 1), binomial(9, 1.0, 1), binomial(9, 1 + 1e-15, 1), binomial(0, 0.5, 1)] == [0, 9, 9, 0]


@pytest.mark.parametrize(("size", "many"), [(6, 2), (6, 3), (6, 5), (5, 5), (9, 0)])
def test_all_sets_of_places_are_equally_likely(size: int, many: int) -> None:
    sets = list(itertools.combinations(range(size), many))

    def p_of(draw: Callable[[int], np.ndarray]) -> float:
        found = Counter(tuple(draw(key).tolist()) for key in range(6000))
        assert set(found) <= set(sets)
        return p_value([found[each] for each in sets], [1 / len(sets)] * len(sets))

    def next_free(key: int) -> np.ndarray:  # the twin: a place that is taken gives the one beside it
        taken: list[int] = []
        for place in np.random.default_rng(key).integers(0, size, many).tolist():
            while place in taken:
                place = (place + 1) % size
            taken.append(place)
        return np.sort(np.array(taken, np.int64))

    assert len(sets) == 1 or p_of(lambda key: distinct_places(size, many, key)) > ALPHA
    assert len(sets) < 7 or p_of(next_free) < ALPHA
    assert distinct_places(size, many, 1).size == many


# --- by blocks


def test_all_graphs_of_two_pairs_come_as_often_as_they_should() -> None:
    def p_of(within: float) -> float:
        found = graphs_drawn(lambda key: stochastic_blocks(4, key, mean_degree=1.2, within=within, blocks=2), 4000)
        # 0.5 of 1.2 contacts with the one other in the block, and as many with the two outside.
        chances = chances_of_graphs(4, lambda one, two: 0.6 if one // 2 == two // 2 else 0.3)
        return p_value([found[graph] for graph in chances], list(chances.values()))

    assert p_of(0.5) > ALPHA
    assert p_of(0.55) < ALPHA


SIZES = (10, 20, 30)
VILLAGE = Column(
    "village", np.random.default_rng(4).permutation(np.repeat(np.arange(3, dtype=np.int32), SIZES)), tuple("abc")
)


def test_blocks_mix_as_promised() -> None:
    n, seeds = 60, 400
    codes = VILLAGE.values

    def mixing(mean_degree: float, within: float) -> np.ndarray:
        found = np.zeros((3, 3))
        for key in range(seeds):
            ties = stochastic_blocks(n, key, mean_degree=mean_degree, within=within, by=VILLAGE)
            check_ties(ties, n)
            np.add.at(found, tuple(np.sort(codes[ties], axis=1).T), 1)
        return found

    between = sum(a * b for a, b in itertools.combinations(SIZES, 2))
    chances = np.full((3, 3), 6 * 0.3 * n / (2 * between))
    np.fill_diagonal(chances, [6 * 0.7 / (size - 1) for size in SIZES])
    pairs = np.outer(SIZES, SIZES) - np.diag([size * (size + 1) / 2 for size in SIZES])
    upper = np.triu_indices(3)
    trials, p = (seeds * pairs[upper], chances[upper])

    def chi_square(found: np.ndarray) -> float:  # counts in different cells are independent
        z = (found[upper] - trials * p) / np.sqrt(trials * p * (1 - p))
        return float(stats.chi2.sf((z**2).sum(), z.size))

    found = mixing(6, 0.7)
    assert chi_square(found) > ALPHA
    assert chi_square(mixing(6, 0.72)) < ALPHA
    # In words: 4.2 contacts in the own block, whatever its size; 6 contacts in all, 70 % of them inside.
    inside = 2 * np.diag(found) / seeds / SIZES
    assert inside == pytest.approx([4.2, 4.2, 4.2], abs=0.1)
    assert 2 * found.sum() / seeds / n == pytest.approx(6, abs=0.06)
    assert np.trace(found) / found.sum() == pytest.approx(0.7, abs=0.01)


def test_equal_blocks_stand_in_the_order_of_people() -> None:
    ties = stochastic_blocks(10, 1, mean_degree=2, within=1, blocks=3)
    check_ties(ties, 10)
    block = np.arange(10) * 3 // 10
    assert np.bincount(block).tolist() == [4, 3, 3]
    assert (block[ties[:, 0]] == block[ties[:, 1]]).all()
    whole = stochastic_blocks(9, 1, mean_degree=2, within=1, blocks=3)
    assert len(whole) == 9  # 2 contacts in blocks of three: all are tied
    apart = stochastic_blocks(9, 1, mean_degree=6, within=0, blocks=3)
    assert len(apart) == 27
    assert (apart[:, 0] // 3 != apart[:, 1] // 3).all()
    assert 12.5 * 0.56 > 7  # by rounding; 7 others are in the block
    rounded = stochastic_blocks(16, 1, mean_degree=12.5, within=0.56, blocks=2)
    assert (np.bincount(rounded[(rounded // 8)[:, 0] == (rounded // 8)[:, 1]].ravel()) == 7).all()
    households = Column("home", np.arange(4000) // 4 * 1.0)
    assert len(stochastic_blocks(4000, 1, mean_degree=3, within=1, by=households)) == 6000
    assert stochastic_blocks(3, 1, mean_degree=0, within=0.5, blocks=3).shape == (0, 2)


# --- by preference


def test_barabasi_albert_is_holme_kim_without_triangles() -> None:
    for n, mean_degree in ((2, 2), (50, 4), (500, 6)):
        expected = holme_kim(n, 5, mean_degree=mean_degree, triangles=0)
        assert np.array_equal(barabasi_albert(n, 5, mean_degree=mean_degree), expected)
        assert len(expected) == (n - mean_degree // 2) * mean_degree // 2
    assert not np.array_equal(expected, holme_kim(500, 5, mean_degree=6, triangles=0.5))


def test_contacts_follow_a_power_law() -> None:
    """P(k) = 2 m (m + 1) / (k (k + 1) (k + 2)): Dorogovtsev et al. (2000, doi:10.1103/PhysRevLett.85.4633)."""
    n, m = 200_000, 3
    found = np.bincount(np.bincount(barabasi_albert(n, 9, mean_degree=2 * m).ravel(), minlength=n))
    k = np.arange(m, 40)
    expected = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
    assert found[:m].sum() <= m  # only the first people may have fewer
    # Numbers of people are not quite independent: 5 standard deviations each, of 37 numbers.
    assert (np.abs(found[k] / n - expected) < 5 * np.sqrt(expected / n)).all()
    uniform = 1 / (m + 1) * (m / (m + 1)) ** (k - m)  # the twin: contacts without preference
    assert (np.abs(found[k] / n - uniform) > 5 * np.sqrt(uniform / n)).any()


# --- bytes


def test_same_key_same_bytes() -> None:
    """Pinned: if these change, every result on a generated network changes, and the changelog must say so."""

    def digest(ties: np.ndarray) -> str:
        return hashlib.blake2b(ties.astype("<i4").tobytes(), digest_size=8).hexdigest()

    key = Draw(1, "network").key("layer", "close_ties")
    pinned = ["047582898075cb46", "8883e2cf8ed2310d", "020c1402933f8fed"]
    found = [
        digest(erdos_renyi(10_000, key, mean_degree=6)),
        digest(barabasi_albert(10_000, key, mean_degree=6)),
        digest(stochastic_blocks(10_000, key, mean_degree=6, within=0.8, blocks=100)),
    ]
    assert found == pinned
    np.random.seed(3)
    assert digest(erdos_renyi(10_000, key, mean_degree=6)) == pinned[0]
    assert digest(erdos_renyi(10_000, key + 1, mean_degree=6)) != pinned[0]


# --- refusals


def column(*values: float) -> Column:
    return Column("village", np.array(values, float))


@pytest.mark.parametrize(
    ("call", "place", "words"),
    [
        (
            lambda: erdos_renyi(5, 1, mean_degree=4.1),
            "mean_degree",
            "5 people cannot have 4.1 contacts each. at most 4",
        ),
        (lambda: erdos_renyi(1, 1, mean_degree=1), "mean_degree", "1 person cannot have 1 contacts"),
        (lambda: erdos_renyi(5, 1, mean_degree=-1), "mean_degree", "mean_degree is -1"),
        (lambda: erdos_renyi(5, 1, mean_degree=float("nan")), "mean_degree", "mean_degree is nan"),
        (lambda: erdos_renyi(5, 1, mean_degree=float("inf")), "mean_degree", "mean_degree is inf"),
        (lambda: barabasi_albert(9, 1, mean_degree=3), "mean_degree", "must be even"),
        (
            lambda: barabasi_albert(2, 1, mean_degree=4),
            "mean_degree",
            "barabasi_albert with mean_degree 4 starts from 2",
        ),
        (lambda: stochastic_blocks(9, 1, mean_degree=2, within=1), None, "either `blocks` or `by`"),
        (
            lambda: stochastic_blocks(2, 1, mean_degree=1, within=1, blocks=1, by=column(1, 1)),
            None,
            "either `blocks` or `by`",
        ),
        (lambda: stochastic_blocks(9, 1, mean_degree=2, within=1, blocks=0), "blocks", "blocks is 0"),
        (lambda: stochastic_blocks(9, 1, mean_degree=2, within=1, blocks=2.5), "blocks", "blocks is 2.5"),
        (lambda: stochastic_blocks(9, 1, mean_degree=2, within=1, blocks=10), "blocks", "cannot stand in 10 blocks"),
        (lambda: stochastic_blocks(9, 1, mean_degree=2, within=1.2, blocks=2), "within", "it is a share"),
        (
            lambda: stochastic_blocks(9, 1, mean_degree=20, within=0.5, blocks=2),
            "mean_degree",
            "9 people cannot have 20",
        ),
        (
            lambda: stochastic_blocks(4, 1, mean_degree=2, within=0.5, by=column(1, 1, 7, 1)),
            "within",
            "1 contacts inside one's own block are too many: the smallest block, 7, has 1 person",
        ),
        (
            lambda: stochastic_blocks(4, 1, mean_degree=3, within=0.0, blocks=2),
            "within",
            "3 contacts outside one's own block are too many: on average there are 2 people",
        ),
        (
            lambda: stochastic_blocks(4, 1, mean_degree=2, within=0.5, blocks=1),
            "within",
            "there is one block, and nobody outside",
        ),
        (
            lambda: stochastic_blocks(3, 1, mean_degree=1, within=1, by=column(1, np.nan, 1)),
            "by",
            "`village` is missing for 1 person of 3",
        ),
    ],
)
def test_impossible_networks_are_refused(call: Callable[[], np.ndarray], place: str | None, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()
    [problem] = caught.value.problems
    assert problem.place == (() if place is None else (place,))
    assert words in f"{problem.message}. {problem.hint}"


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"generator": "erdos_renyi", "mean_degree": 200}, ["100 people cannot have 200 contacts each", "at most 99"]),
        ({"generator": "erdos_renyi", "mean_degree": 2, "rewiring": 0.1}, ["takes no `rewiring`"]),
        ({"generator": "barabasi_albert", "mean_degree": 3}, ["mean_degree is 3; it must be even"]),
        ({"generator": "stochastic_blocks", "blocks": 4, "mean_degree": 5}, ["needs `within`"]),
        ({"generator": "stochastic_blocks", "mean_degree": 5, "within": 0.5}, ["either", "found neither"]),
        (
            {"generator": "stochastic_blocks", "blocks": 50, "mean_degree": 5, "within": 0.5},
            ["2.5 contacts inside", "has 2 people"],
        ),
        (
            {"generator": "stochastic_blocks", "by": "aera", "mean_degree": 5, "within": 0.5},
            ["no column is named `aera`", "did you mean `area`"],
        ),
        ({"generator": "stochastic_blocks", "by": "area", "mean_degree": 500, "within": 0.5}, ["cannot have 500"]),
    ],
)
def test_check_refuses_them_with_their_place(layer: dict, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as refused:
        load("obesity").set({"population.size": 100, FRIENDS: layer})
    assert all(word in str(refused.value) for word in words)


# --- in scenarios


def town(**layer: object) -> Scenario:
    return load("obesity").set({"population.size": 500, FRIENDS: layer})


def test_scenarios_can_ask_for_them() -> None:
    world = world_of(town(generator="stochastic_blocks", by="area", mean_degree=6, within=1))
    area = world.population.columns["area"].values
    ties = world.network.layers["close_ties"].ties
    assert (area[ties[:, 0]] == area[ties[:, 1]]).all()
    assert 2 * len(ties) / 500 == pytest.approx(6, abs=0.6)
    alike = world_of(town(generator="erdos_renyi", mean_degree=6)).network.layers["close_ties"].ties
    key = Draw(load("obesity").spec.experiment.seed, "network").key("layer", "close_ties")
    assert np.array_equal(alike, erdos_renyi(500, key, mean_degree=6))


def test_a_plug_in_reads_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    def rings(n: int, key: int, *, mean_degree: int, place: Column) -> np.ndarray:
        codes, _ = place.groups()
        seen = [np.flatnonzero(codes == code) for code in np.unique(codes)]
        ties = np.concatenate([np.stack([members[:-1], members[1:]], axis=1) for members in seen])
        return ties[np.lexsort(ties.T[::-1])].astype(np.int32)

    monkeypatch.setitem(networks._things, "rings", rings)
    assert columns_in("rings") == ("place",)
    assert parameters("rings") == {"mean_degree": True, "place": True}
    world = world_of(town(generator="rings", mean_degree=2, place="area"))
    area = world.population.columns["area"].values
    assert len(world.network.layers["close_ties"].ties) == 500 - len(np.unique(area))
    with pytest.raises(ScenarioError, match="no column is named `wards`"):
        town(generator="rings", mean_degree=2, place="wards")


def test_the_grammar_and_the_registry_agree() -> None:
    assert {"erdos_renyi", "barabasi_albert", "stochastic_blocks", "degrees"} <= set(networks.names())
    for name, (needed, possible) in grammar.GENERATORS.items():
        assert parameters(name) == {**dict.fromkeys(needed, True), **dict.fromkeys(possible, False)}
    assert columns_in("stochastic_blocks") == ("by",)
    assert columns_in("degrees") == ("column",)
    assert columns_in("erdos_renyi") == ()
