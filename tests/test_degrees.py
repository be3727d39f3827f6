"""Networks in which a column says how many contacts everybody has: kept exactly, drawn uniformly, refused clearly.

Chi-square tests reject at p < 1e-4, and |t| > 4.5 has an error rate below 1e-4 (seeds are fixed); each has a twin that
must be rejected: pairings whose bad ties are switched away and no more.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from experiments.memory import footprint_of
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from scenarios.worlds import world_of
from simulator import wiring
from simulator.degrees import _wired, degrees_problem, wanted_contacts
from simulator.errors import SpecError
from simulator.generators import barabasi_albert, degrees, networks
from simulator.population import Column
from simulator.streams import Draw

ALPHA, LIMIT = 1e-4, 4.5
FRIENDS = "network.layers.close_ties"


def wanting(*numbers: float) -> Column:
    return Column("friends", np.array(numbers, float))


def check_ties(ties: np.ndarray, n: int) -> None:
    assert ties.dtype == np.int32
    assert ties.flags.c_contiguous
    assert (ties[:, 0] < ties[:, 1]).all()
    assert (np.diff(ties[:, 0].astype(np.int64) * n + ties[:, 1]) > 0).all()


def contacts_in(ties: np.ndarray, n: int) -> np.ndarray:
    return np.bincount(ties.ravel(), minlength=n)


RANDOM = np.random.default_rng(8)
HEAVY = contacts_in(barabasi_albert(3000, 1, mean_degree=6), 3000).tolist()


# --- the numbers are kept


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        [0],
        [0, 0, 0],
        [1, 1],
        [2, 2, 2],
        [3, 3, 2, 2, 2],
        [4, 4, 4, 4, 4],
        [199, *[1] * 199],
        [100, 100, *[1] * 198, *[2] * 20],
        [90, 90, 90, *[3] * 97],
        RANDOM.poisson(6, 499).tolist(),
        RANDOM.integers(60, 95, 100).tolist(),
        HEAVY,
    ],
)
def test_everybody_has_as_many_contacts_as_they_want(wanted: list[int]) -> None:
    n, odd = len(wanted), sum(wanted) % 2
    for key in range(8):
        ties = degrees(n, key, column=wanting(*wanted))
        check_ties(ties, n)
        lacking = np.array(wanted, int) - contacts_in(ties, n)
        assert lacking.sum() == odd
        assert not odd or lacking[np.array(wanted) == max(wanted)].sum() == 1


def test_who_gives_way_where_the_sum_is_odd_is_drawn_among_those_who_want_most() -> None:
    column = wanting(2, 3, 1, 3, 2, 3, 1)
    given_way = Counter(int(contacts_in(degrees(7, key, column=column), 7)[[1, 3, 5]].argmin()) for key in range(1200))
    assert stats.chisquare([given_way[k] for k in range(3)]).pvalue > ALPHA
    assert len(given_way) == 3


def test_categories_are_numbers_too_and_numbers_are_rounded() -> None:
    chosen = Column("friends", np.array([0, 1, 1, 2, 2, 2], np.int32), ("4", "2", "1"))
    assert wanted_contacts(chosen).tolist() == [4, 2, 2, 1, 1, 1]
    assert wanted_contacts(wanting(0.49, 0.5, 1.5, 2.4999, -0.5)).tolist() == [0, 1, 2, 2, 0]


def test_ties_without_luck_keep_the_numbers_too() -> None:
    for wanted in (HEAVY[:200], RANDOM.poisson(5, 60).tolist(), [40, *[1] * 40], [3, 3, 3, 3], [0, 0]):
        wanted = np.array(wanted)
        wanted[wanted.argmax()] -= wanted.sum() % 2
        wanted = np.minimum(wanted, wanted.size - 1)
        wanted[wanted.argmax()] -= wanted.sum() % 2
        if degrees_problem(wanted) is None:
            starts = np.concatenate([[0], np.cumsum(wanted)])
            contacts = np.full(starts[-1], -1, np.int32)
            wiring._matched.py_func(starts, contacts)
            ties = wiring.rows_of(starts, contacts)
            check_ties(ties, wanted.size)
            assert (contacts_in(ties, wanted.size) == wanted).all()


# --- all networks are equally likely


def graphs_with(wanted: list[int]) -> list[bytes]:
    n = len(wanted)
    found = []
    for chosen in itertools.combinations(itertools.combinations(range(n), 2), sum(wanted) // 2):
        ties = np.array(chosen, np.int32)
        if (contacts_in(ties, n) == wanted).all():
            found.append(ties.tobytes())
    return found


@pytest.mark.parametrize(("wanted", "many"), [([3, 2, 2, 1, 1, 1], 15), ([3, 3, 2, 2, 2], 7)])
def test_all_networks_are_equally_likely(wanted: list[int], many: int) -> None:
    graphs = graphs_with(wanted)
    assert len(graphs) == many

    def p_of(washed: bool) -> float:
        found = Counter(_wired(np.array(wanted), washed, key).tobytes() for key in range(6000))
        assert set(found) <= set(graphs)
        return float(stats.chisquare([found[graph] for graph in graphs]).pvalue)

    assert p_of(washed=True) > ALPHA
    assert p_of(washed=False) < ALPHA  # the twin


def test_people_with_many_contacts_close_as_many_triangles_as_they_should() -> None:
    """Against pairings drawn again until none of the ties is bad: then all networks are equally likely."""
    wanted, n_drawn = np.array([7, 6, 5, 4, *[1] * 24]), 2000
    n, random = wanted.size, np.random.default_rng(1)

    def uniform() -> np.ndarray:
        while True:
            ties = np.sort(random.permutation(np.repeat(np.arange(n), wanted)).reshape(-1, 2), axis=1)
            if (ties[:, 0] < ties[:, 1]).all() and len(np.unique(ties[:, 0] * n + ties[:, 1])) == len(ties):
                return ties

    def triangles(ties: np.ndarray) -> float:
        graph = np.zeros((n, n))
        graph[tuple(ties.T)] = 1
        graph += graph.T
        return float(((graph @ graph) * graph).sum() / 6)

    right = [triangles(uniform()) for _ in range(n_drawn)]

    def t_of(washed: bool) -> float:
        mine = [triangles(_wired(wanted, washed, key)) for key in range(n_drawn)]
        return float(abs(np.mean(mine) - np.mean(right)) / np.sqrt((np.var(mine) + np.var(right)) / n_drawn))

    assert t_of(washed=True) < LIMIT
    assert t_of(washed=False) > LIMIT


def test_paired_people_are_anybody() -> None:
    """Everybody has one contact: each of the 15 pairings of six people comes equally often."""
    found = Counter(degrees(6, key, column=wanting(1, 1, 1, 1, 1, 1)).tobytes() for key in range(3000))
    assert len(found) == 15
    assert stats.chisquare(list(found.values())).pvalue > ALPHA


def test_same_key_same_bytes() -> None:
    """Pinned: if these change, every result on a generated network changes, and the changelog must say so."""
    key = Draw(1, "network").key("layer", "close_ties")
    ties = degrees(3000, key, column=wanting(*HEAVY))
    assert hashlib.blake2b(ties.astype("<i4").tobytes(), digest_size=8).hexdigest() == "3bd6604ab066e578"
    np.random.seed(3)
    assert np.array_equal(ties, degrees(3000, key, column=wanting(*HEAVY)))
    assert not np.array_equal(ties, degrees(3000, key + 1, column=wanting(*HEAVY)))


# --- refusals


def test_what_is_possible_is_what_networkx_says() -> None:
    for wanted in itertools.product(range(6), repeat=6):
        if list(wanted) == sorted(wanted, reverse=True):
            even = list(wanted)
            if sum(even) % 2:
                even[0] -= 1
            assert (degrees_problem(np.array(wanted)) is None) == nx.is_graphical(even)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (wanting(1, np.nan, 2), "`friends` is missing for 1 person of 3"),
        (wanting(1, -2, 1), "`friends` goes down to -2; nobody has fewer than 0 contacts. a column that is drawn"),
        (wanting(1, 3, 1), "`friends` goes up to 3; of 3 people, nobody can have more than 2 contacts"),
        (
            wanting(3, 3, 1, 1, 0),
            "the 2 people who want most cannot have 6 together, but 4 at most, since all others want too few",
        ),
        (wanting(4, 1, 1, 0, 0), "the person who wants most cannot have 4"),
        (Column("area", np.array([0, 1], np.int32), ("north", "3")), "`area` holds words, such as `north`"),
        (Column("area", np.array([0, -1], np.int32), ("1",)), "`area` is missing for 1 person of 2"),
    ],
)
def test_impossible_networks_are_refused(column: Column, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        degrees(column.values.size, 1, column=column)
    [problem] = caught.value.problems
    assert problem.place == ("column",)
    assert words in f"{problem.message}. {problem.hint}"


def test_four_milliards_of_ends_are_too_many() -> None:
    problem = degrees_problem(np.full(3, 2**31))
    assert problem is not None
    assert "ties are too many" in problem.message


# --- in scenarios


def town(tmp_path: Path, numbers: list[object], **layer: object) -> Scenario:
    rows = [f"{k},{'urban' if k % 2 else 'rural'},{number}" for k, number in enumerate(numbers)]
    (tmp_path / "people.csv").write_text("\n".join(["id,area,friends", *rows]))
    (tmp_path / "town.yaml").write_text(
        "netrial: 1\nname: town\ntime: {unit: year, horizon: 2}\npopulation: {file: people.csv, id: id}\n"
        f"network: {{layers: {{close_ties: {layer or {'generator': 'degrees', 'column': 'friends'}}}}}}\n".replace(
            "'", ""
        )
        + "behaviours: {smoking: {states: [no, yes], initial: {yes: {number: 1}}, transitions: {"
        "start: {from: no, to: yes, rate: 1, per_contact: yes}}}}\n"
        "arms: {none: []}\noutcomes: {primary: smokers, smokers: {share: smoking.yes, at: end, better: lower}}\n"
    )
    return load(tmp_path / "town.yaml")


def test_numbers_of_a_file_are_read_when_it_is_checked(tmp_path: Path) -> None:
    scenario = town(tmp_path, [3, 2, 2, 1, 1, 1])
    assert not scenario.not_built()
    assert not scenario.warnings
    ties = world_of(scenario).network.layers["close_ties"].ties
    assert contacts_in(ties, 6).tolist() == [3, 2, 2, 1, 1, 1]
    assert [str(each.problem) for each in town(tmp_path, [2, 2, 1, 1, 1]).warnings] == [
        "network.layers.close_ties.column: `friends` adds up to 7, an odd number: one person has one contact fewer. "
        "a tie has two ends"
    ]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([3, 2.5, 2, 1, 1], "`friends` holds 2.5, which is no number of contacts"),
        ([3, "", 2, 1], "`friends` is missing for 1 person of 4"),
        ([3, -1, 2, 1], "`friends` goes down to -1"),
        ([9, 1, 1, 1], "`friends` goes up to 9; of 4 people"),
        ([3, 3, 1, 1], "the 2 people who want most cannot have 6 together"),
        ([1, "many", 1, 1], "`friends` holds words, such as"),
    ],
)
def test_impossible_files_are_refused_with_their_place(tmp_path: Path, numbers: list[object], words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        town(tmp_path, numbers)
    assert words in str(refused.value)
    assert "town.yaml:5:" in str(refused.value)


def test_blocks_of_a_file_are_read_when_it_is_checked(tmp_path: Path) -> None:
    layer = {"generator": "stochastic_blocks", "by": "area", "mean_degree": 2, "within": 0.75}
    ties = world_of(town(tmp_path, [1] * 40, **layer)).network.layers["close_ties"].ties
    assert ties.size
    with pytest.raises(ScenarioError, match="the smallest block, urban, has 2 people"):
        town(tmp_path, [1] * 5, **layer)


def obesity(column: object) -> Scenario:
    return load("obesity").set(
        {
            "population.size": 400,
            "population.columns.friends": column,
            FRIENDS: {"generator": "degrees", "column": "friends"},
        }
    )


def test_drawn_numbers_are_drawn_for_each_network() -> None:
    for column in (
        {"categories": {"0": 0.2, "3": 0.5, "12": 0.3}},
        {"distribution": "lognormal", "mean": 5, "sd": 6, "max": 100},
    ):
        scenario = obesity(column)
        worlds = [world_of(scenario, number) for number in range(2)]
        for world in worlds:
            wanted = wanted_contacts(world.population.columns["friends"])
            lacking = wanted - contacts_in(world.network.layers["close_ties"].ties, 400)
            assert lacking.sum() == wanted.sum() % 2
        one, two = (world.network.layers["close_ties"].ties.tobytes() for world in worlds)
        assert one != two


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"distribution": "normal", "mean": 5, "sd": 2}, "`friends` may be drawn below 0"),
        ({"categories": {"few": 0.5, "4": 0.5}}, "`friends` holds words, such as `few`"),
    ],
)
def test_what_cannot_be_drawn_is_refused(column: object, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        obesity(column)
    assert words in str(refused.value)


def test_how_many_contacts_somebody_can_have_is_known(tmp_path: Path) -> None:
    threshold = "behaviours.smoking.transitions.start"
    law = {"from": "no", "to": "yes", "rate": 1, "response": {"count": "yes", "threshold": 3}}
    assert town(tmp_path, [3, 2, 2, 1, 1, 1]).set(threshold, law)
    law["response"] = {"count": "yes", "threshold": 4}
    with pytest.raises(ScenarioError, match="3"):
        town(tmp_path, [3, 2, 2, 1, 1, 1]).set(threshold, law)


def test_ties_are_foreseen(tmp_path: Path) -> None:
    few, many = ({"categories": {"2": 0.5, "4": 0.5}}, {"categories": {"100": 0.5, "300": 0.5}})
    needed = [footprint_of(obesity(column), ("usual_care",), 1, 0).network for column in (few, many)]
    ties = 400 * (200 - 3) / 2
    assert needed[1] - needed[0] == pytest.approx(ties * (8 + 24), rel=0.01)
    read = [footprint_of(town(tmp_path, [k] * 60), ("none",), 1, 0).network for k in (2, 12)]
    assert read[1] - read[0] == pytest.approx(300 * (8 + 24), rel=0.01)


def test_the_registry_knows_them() -> None:
    assert "as many contacts as a column says" in networks.help("degrees")
