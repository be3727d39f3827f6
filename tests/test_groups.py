"""Groups found in the network, their ranks and their cuts give what one works out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, pairwise

import networkx as nx
import numpy as np
import pytest
from small_towns import (
    BARBELL,
    CHAIN,
    STAR,
    TWO_CLIQUES,
    category,
    clique,
    situation,
    surveyed,
    town,
    undirected,
)

from interventions.cutting import counted_groups
from interventions.groups import GROUP_RANKS, check_group_rank, codes_by, rank_groups
from interventions.selecting import select
from interventions.specs import Target
from simulator.conditions import parse
from simulator.errors import SpecError
from simulator.network import Layer
from simulator.outcomes import Measure
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.world import World

TREE = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
"""Seven people: 0 above 1 and 2, 1 above 3 and 4, 2 above 5 and 6."""


def groups(by: str, n_persons: int, ties: list, **how: object) -> list[list[int]]:
    """Return the members of each group found in a town of these ties, or layers, as the groups are numbered."""
    layers = ties if ties and isinstance(ties[0], Layer) else [undirected("friends", ties)]
    codes, n_groups = codes_by(by, town(n_persons, layers), **how)  # type: ignore[arg-type]
    assert codes.dtype == np.int32
    assert codes.size == n_persons
    return [np.flatnonzero(codes == group).tolist() for group in range(n_groups)]


class TestComponents:
    @pytest.mark.parametrize(
        ("n_persons", "ties", "expected"),
        [
            (6, STAR, [[0, 1, 2, 3, 4, 5]]),
            (10, BARBELL, [list(range(10))]),
            (7, [(0, 1), (2, 3), (3, 6)], [[2, 3, 6], [0, 1], [4], [5]]),
            (3, [], [[0], [1], [2]]),
            (1, [], [[0]]),
            (0, [], []),
        ],
    )
    def test_by_hand(self, n_persons: int, ties: list, expected: list) -> None:
        assert groups("components", n_persons, ties) == expected

    def test_direction_does_not_matter_but_layers_do(self) -> None:
        talk = surveyed("talk", [(1, 0), (1, 2)], influence="target_to_source")
        work = undirected("work", [(2, 3)])
        assert groups("components", 5, [talk, work]) == [[0, 1, 2, 3], [4]]
        assert groups("components", 5, [talk, work], layers=["talk"]) == [[0, 1, 2], [3], [4]]
        with pytest.raises(SpecError, match="unknown layer"):
            groups("components", 5, [talk, work], layers=["talc"])


class TestCores:
    @pytest.mark.parametrize(
        ("n_persons", "ties", "expected"),
        [
            (6, STAR, [[0, 1, 2, 3, 4, 5]]),  # all of core number 1
            (10, BARBELL, [[0, 1, 2, 3, 6, 7, 8, 9], [4, 5]]),  # cliques of four: 3; the path between: 2
            (7, [*clique(range(3)), (2, 3), (4, 5)], [[0, 1, 2], [3, 4, 5], [6]]),  # 2, 1 and 0
            (7, TREE, [list(range(7))]),
            (2, [], [[0, 1]]),
            (0, [], []),
        ],
    )
    def test_by_hand_from_the_inside_out(self, n_persons: int, ties: list, expected: list) -> None:
        assert groups("cores", n_persons, ties) == expected

    def test_they_are_those_of_networkx(self) -> None:
        layer = generated_layer("a", "holme_kim", 400, {"mean_degree": 4, "triangles": 0.7}, Draw(3, "network"))
        numbers = nx.core_number(nx.Graph(layer.ties.tolist()))
        found = groups("cores", 400, [layer])
        assert [{numbers[person] for person in members} for members in found] == [
            {k} for k in sorted(set(numbers.values()), reverse=True)
        ]


def exchangeable(layers: list[Layer], n_persons: int, i: int, j: int) -> bool:
    """Say whether two people could change places and no tie would change: the definition, word for word."""
    change = np.arange(n_persons)
    change[[i, j]] = j, i
    for layer in layers:
        ties = {tuple(tie) for tie in layer.ties.tolist()}
        moved = {tuple(tie) for tie in change[layer.ties].tolist()}
        if not layer.directed:
            moved = {(min(tie), max(tie)) for tie in moved}
        if moved != ties:
            return False
    return True


def facets(layers: list[Layer], person: int) -> set[tuple[str, str, int]]:
    """What makes up where somebody stands: each contact, by layer and way of influence."""
    found = set()
    for layer in layers:
        for one, other in layer.ties.tolist():
            if one == person:
                found.add((layer.name, "to", other))
            if other == person:
                found.add((layer.name, "from" if layer.directed else "to", one))
    return found


def likeness(layers: list[Layer], i: int, j: int) -> float:
    """How much two people are alike: facets that both have ÷ facets that either has, the other one being "you"."""
    mine = {(*facet[:2], "you" if facet[2] == j else facet[2]) for facet in facets(layers, i)}
    theirs = {(*facet[:2], "you" if facet[2] == i else facet[2]) for facet in facets(layers, j)}
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0


def random_layers(seed: int) -> tuple[list[Layer], int]:
    luck = np.random.default_rng(seed)
    n_persons = int(luck.integers(2, 14))
    layers = []
    for name in ("one", "two")[: luck.integers(1, 3)]:
        pairs = [(i, j) for i in range(n_persons) for j in range(n_persons) if i != j and luck.random() < 0.2]
        if luck.random() < 0.5:
            layers.append(surveyed(name, pairs, influence="target_to_source"))
        else:
            layers.append(undirected(name, {(min(pair), max(pair)) for pair in pairs}))
    return layers, n_persons


class TestPositions:
    @pytest.mark.parametrize(
        ("n_persons", "ties", "expected"),
        [
            (6, STAR, [[0, 1, 2, 4, 5], [3]]),
            (10, TWO_CLIQUES, [[0, 1, 2, 3], [6, 7, 8, 9], [4], [5]]),
            (10, BARBELL, [[0, 1, 2], [7, 8, 9], [3], [4], [5], [6]]),
            (7, TREE, [[3, 4], [5, 6], [0], [1], [2]]),
            (4, [(0, 1), (1, 2), (2, 3), (3, 0)], [[0, 2], [1, 3]]),  # a ring of four: who face each other
            (5, [(i, (i + 1) % 5) for i in range(5)], [[0], [1], [2], [3], [4]]),
            (5, [(0, 1)], [[2, 3, 4], [0, 1]]),  # nobody's contacts are the same as nobody's
            (3, [], [[0, 1, 2]]),
            (1, [], [[0]]),
            (0, [], []),
        ],
    )
    @pytest.mark.parametrize("like", [1.0, 0.999])
    def test_by_hand(self, n_persons: int, ties: list, expected: list, like: float) -> None:
        assert groups("positions", n_persons, ties, like=like) == expected

    def test_whom_one_influences_is_not_who_influences_one(self) -> None:
        line = surveyed("talk", CHAIN, influence="target_to_source")
        assert groups("positions", 5, [line]) == [[0], [1], [2], [3], [4]]
        # 0 and 1 name 2; 3 and 4 are named by 2.
        fan = surveyed("talk", [(0, 2), (1, 2), (2, 3), (2, 4)], influence="target_to_source")
        assert groups("positions", 5, [fan]) == [[0, 1], [3, 4], [2]]
        assert groups("positions", 5, [(0, 2), (1, 2), (2, 3), (2, 4)]) == [[0, 1, 3, 4], [2]]

    def test_a_tie_between_two_people_runs_both_ways_or_they_differ(self) -> None:
        both = surveyed("talk", [(0, 1), (1, 0), (0, 2), (1, 2)], influence="target_to_source")
        assert groups("positions", 3, [both]) == [[0, 1], [2]]
        one_way = surveyed("talk", [(0, 1), (0, 2), (1, 2)], influence="target_to_source")
        assert groups("positions", 3, [one_way]) == [[0], [1], [2]]

    def test_every_layer_counts_and_weights_do_not(self) -> None:
        home, work = undirected("home", STAR), undirected("work", [(0, 5)])
        assert groups("positions", 6, [home, work]) == [[1, 2, 4], [0, 5], [3]]
        assert groups("positions", 6, [home, work], layers=["home"]) == [[0, 1, 2, 4, 5], [3]]
        weighted = Layer("home", home.ties, weights=np.arange(1.0, 6))
        assert groups("positions", 6, [weighted]) == [[0, 1, 2, 4, 5], [3]]

    @pytest.mark.parametrize("seed", range(60))
    def test_those_who_could_change_places(self, seed: int) -> None:
        layers, n_persons = random_layers(seed)
        world = town(n_persons, layers)
        codes, _ = codes_by("positions", world)
        for i, j in combinations(range(n_persons), 2):
            same = exchangeable(layers, n_persons, i, j)
            assert (codes[i] == codes[j]) == same
            assert (likeness(layers, i, j) == 1) == same

    @pytest.mark.parametrize("seed", range(60))
    @pytest.mark.parametrize("like", [0.3, 0.5, 0.8])
    def test_any_two_of_one_position_are_that_much_alike(self, seed: int, like: float) -> None:
        layers, n_persons = random_layers(seed)
        exact, _ = codes_by("positions", town(n_persons, layers))
        codes, n_groups = codes_by("positions", town(n_persons, layers), like=like)
        for i, j in combinations(range(n_persons), 2):
            if codes[i] == codes[j]:
                assert likeness(layers, i, j) >= like
            if exact[i] == exact[j]:
                assert codes[i] == codes[j]
        for one, other in combinations(range(n_groups), 2):  # no two positions could have been joined
            pairs = [(i, j) for i in np.flatnonzero(codes == one) for j in np.flatnonzero(codes == other)]
            assert min(likeness(layers, i, j) for i, j in pairs) < like

    def test_almost_the_same_contacts(self) -> None:
        # 0 and 1 share three contacts of four; 2 shares two of them with each.
        ties = [(0, 3), (0, 4), (0, 5), (1, 3), (1, 4), (1, 5), (1, 6), (2, 3), (2, 4)]
        assert [0, 1] not in groups("positions", 7, ties)
        assert [0, 1] in groups("positions", 7, ties, like=0.75)
        assert [0, 1, 2] in groups("positions", 7, ties, like=0.5)

    def test_too_many_to_compare_are_refused_with_a_way_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("simulator.positions.MOST_IN_A_CHAIN", 4)
        ring = [(i, (i + 1) % 12) for i in range(12)]
        with pytest.raises(SpecError, match=r"12 people are linked by a likeness of 0\.3"):
            groups("positions", 12, ring, like=0.3)
        monkeypatch.setattr("simulator.positions.MOST_STEPS", 4)
        with pytest.raises(SpecError, match="48 steps"):
            groups("positions", 12, ring, like=0.3)
        with pytest.raises(SpecError, match="`like` is 0"):
            groups("positions", 12, ring, like=0.0)

    def test_in_small_portions_as_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        layer = generated_layer("a", "holme_kim", 300, {"mean_degree": 4, "triangles": 0.7}, Draw(3, "network"))
        at_once = groups("positions", 300, [layer], like=0.4)
        monkeypatch.setattr("simulator.positions.STEPS_AT_A_TIME", 10)
        assert groups("positions", 300, [layer], like=0.4) == at_once
        assert max(map(len, at_once)) > 2


@pytest.mark.parametrize("by", ["components", "cores", "positions"])
@pytest.mark.parametrize("seed", range(10))
def test_new_names_give_the_same_groups(by: str, seed: int) -> None:
    layers, n_persons = random_layers(seed)
    new_name = np.random.default_rng(seed + 1).permutation(n_persons)
    renamed = []
    for layer in layers:
        ties = new_name[layer.ties]
        ties = ties if layer.directed else np.sort(ties, axis=1)
        renamed.append(
            Layer(layer.name, ties[np.lexsort((ties[:, 1], ties[:, 0]))].astype(np.int32), directed=layer.directed)
        )
    before = {frozenset(new_name[members].tolist()) for members in groups(by, n_persons, layers)}
    assert {frozenset(members) for members in groups(by, n_persons, renamed)} == before


def test_they_are_found_once_per_network_and_set_of_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    world = town(10, [undirected("a", BARBELL), undirected("b", [])])
    for by in ("components", "cores", "positions"):
        first, _ = codes_by(by, world)
        assert codes_by(by, world)[0] is first
        assert codes_by(by, world, ["b", "a"])[0] is first
        assert codes_by(by, world, ["b"])[0] is not first
        with pytest.raises(ValueError, match="read-only"):
            first[0] = 1
    assert codes_by("positions", world, like=0.5)[0] is not codes_by("positions", world)[0]


# --- ranks ----------------------------------------------------------------------------------------------------------

# Villages a: 0-3, a clique of four; b: 4-6, a chain; c: 7, alone; nobody says where 8 lives. 3-4, 6-7 and 6-8 are tied.
VILLAGES = category("village", ["a"] * 4 + ["b"] * 3 + ["c"] + [None])
ROADS = [*clique(range(4)), (3, 4), (4, 5), (5, 6), (6, 7), (6, 8)]


def ranked(rule: str, world: World | None = None, *, replicate: int = 0, **more: object) -> list[int]:
    world = world or town(9, [undirected("friends", ROADS)], [VILLAGES])
    target = Target(groups="village", rank=rule, **more)  # type: ignore[arg-type]
    return rank_groups(target, situation(world, replicate=replicate)).tolist()


class TestRanks:
    def test_by_hand(self) -> None:
        assert ranked("size") == [0, 1, 2]
        assert ranked("smallest") == [2, 1, 0]
        assert ranked("cohesion") == [0, 1, 2]  # 6 of 6 pairs, 2 of 3; one person has no pair
        assert ranked("inward") == [0, 1, 2]  # 6 of 7 ties, 2 of 5, 0 of 1
        assert ranked("centrality") == [1, 0, 2]  # 3 of 6 others (3, 7, 8); 1 of 5 (4); 1 of 8 (6)

    def test_it_can_be_the_other_way_round(self) -> None:
        sparse = town(9, [undirected("friends", [(0, 1), (0, 4), (1, 4), (2, 5), (4, 5), (5, 6)])], [VILLAGES])
        assert ranked("cohesion", sparse) == [1, 0, 2]  # 2 of 3 pairs against 1 of 6
        assert ranked("inward", sparse) == [1, 0, 2]  # 2 of 5 ties against 1 of 4; c has none
        assert ranked("centrality", sparse) == [1, 0, 2]  # 3 of 6 against 2 of 5; nobody

    def test_layers(self) -> None:
        both = town(9, [undirected("friends", ROADS), undirected("work", [(4, 5), (5, 6), (4, 6)])], [VILLAGES])
        assert ranked("cohesion", both, parameters={"layers": ["work"]}) == [1, 0, 2]

    def test_direction_and_repetition_do_not_matter(self) -> None:
        arcs = surveyed("talk", [*ROADS, *((j, i) for i, j in ROADS[:3])], influence="target_to_source")
        for rule in ("cohesion", "inward", "centrality"):
            assert ranked(rule, town(9, [arcs], [VILLAGES])) == ranked(rule)

    def test_they_agree_with_networkx(self) -> None:
        layer = generated_layer("a", "watts_strogatz", 60, {"mean_degree": 6, "rewiring": 0.2}, Draw(3, "network"))
        luck = np.random.default_rng(1)
        ward = category("village", [f"w{k:02}" for k in luck.integers(0, 12, 60)])
        graph = nx.Graph(layer.ties.tolist())
        members = [np.flatnonzero(ward.values == k).tolist() for k in range(len(ward.categories or ()))]
        density = [nx.density(graph.subgraph(each)) for each in members]
        reach = [nx.group_degree_centrality(graph, each) for each in members]
        inward = [
            graph.subgraph(each).number_of_edges() / len({frozenset(edge) for edge in graph.edges(each)})
            for each in members
        ]
        world = town(60, [layer], [ward])
        for rule, scores in (("cohesion", density), ("centrality", reach), ("inward", inward)):
            order = ranked(rule, world)
            assert sorted(order) == list(range(len(members)))
            assert all(scores[one] >= scores[next_one] for one, next_one in pairwise(order))

    def test_innermost_is_for_cores(self) -> None:
        world = town(7, [undirected("friends", [*clique(range(3)), (2, 3), (4, 5)])])
        assert rank_groups(Target(groups="cores", rank="innermost"), situation(world)).tolist() == [0, 1, 2]
        with pytest.raises(SpecError, match="`innermost` ranks cores"):
            ranked("innermost")

    @pytest.mark.parametrize("rule", ["random", "size", "smallest", "cohesion", "inward", "centrality"])
    def test_equal_groups_come_in_an_order_drawn_per_replicate(self, rule: str) -> None:
        pairs = town(8, [undirected("friends", [(0, 1), (2, 3), (4, 5)])], [category("village", list("aabbccdd"))])
        found = {tuple(ranked(rule, pairs, replicate=replicate)) for replicate in range(60)}
        assert len(found) > 5
        assert ranked(rule, pairs) == ranked(rule, pairs)
        second = [ranked(rule, pairs, replicate=r, parameters={"draw": "second"}) for r in range(8)]
        assert second != [ranked(rule, pairs, replicate=r) for r in range(8)]
        if rule == "inward":
            assert {order[-1] for order in found} == {3}  # which has no ties, and so nothing to measure

    def test_only_those_who_are_there_count(self) -> None:
        world = town(9, [undirected("friends", ROADS)], [VILLAGES])
        here = situation(world)
        states = here.states.copy()
        states[[1, 2, 3]] = [2, 3]  # the code after the last state: not there
        gone = replace(here, states=states)

        def order(rule: str) -> list[int]:
            return rank_groups(Target(groups="village", rank=rule), gone).tolist()

        assert order("size")[0] == 1  # one is left in a
        assert order("smallest")[2] == 1
        assert order("cohesion")[0] == 1
        assert order("inward") == [1, 2, 0]  # 2 of 4 ties; 0 of 1; a has none left
        assert order("centrality") == [1, 2, 0]  # 2 of 3 others (7, 8); 1 of 5; 0 of 5

    def test_nobody_and_one_person(self) -> None:
        for n_persons, expected in ((0, []), (1, [0])):
            world = town(n_persons, columns=[category("village", ["a"] * n_persons)])
            for rule in GROUP_RANKS:
                by = "cores" if rule == "innermost" else "village"
                assert rank_groups(Target(groups=by, rank=rule), situation(world)).tolist() == expected

    @pytest.mark.parametrize(
        ("target", "place", "words"),
        [
            (Target(groups="village", rank="sise"), ("rank",), "cannot be ranked by `sise`"),
            (Target(groups="village", rank="degree"), ("rank",), "cannot be ranked by `degree`"),
            (Target(groups="village", parameters={"lairs": ["x"]}), ("rank", "lairs"), "takes no `lairs`"),
            (Target(groups="village", parameters={"layers": ["x"]}), ("rank", "layers", 0), "unknown layer `x`"),
            (Target(groups="village", parameters={"draw": 2}), ("rank", "draw"), "`draw` is a word"),
            (
                Target(groups="village", group_parameters={"like": 0.5}),
                ("groups", "like"),
                "by a column take no `like`",
            ),
            (Target(groups="cores", group_parameters={"like": 0.5}), ("groups", "like"), "`cores` take no `like`"),
            (Target(groups="positions", group_parameters={"like": 0.0}), ("groups", "like"), "`like` is 0"),
            (Target(groups="cores", group_parameters={"layers": []}), ("groups", "layers"), "a list of layers"),
            (Target(groups="village", group_measure=Measure("time_to", "b", ())), ("rank", "time_to"), "`time_to`"),
            (
                Target(groups="village", group_measure=Measure("share", "b", (), at=1.0)),
                ("rank", "at"),
                "takes no `at`",
            ),
        ],
    )
    def test_what_is_wrong_is_said(self, target: Target, place: tuple, words: str) -> None:
        (problem,) = check_group_rank(target, ["friends"])
        assert problem.place == place
        assert words in problem.message


# --- whole groups ---------------------------------------------------------------------------------------------------

SIX = category("village", [f"v{person // 3}" for person in range(18)])
"""Six villages of three people each."""


class TestCountingGroups:
    def picked(self, target: Target, *, replicate: int = 0, obese: list[int] | None = None) -> list[int]:
        world = town(18, columns=[SIX])
        return select(target, situation(world, replicate=replicate, obese=obese or [])).persons.tolist()

    def villages(self, target: Target, **now: object) -> list[int]:
        people = self.picked(target, **now)  # type: ignore[arg-type]
        found = sorted({person // 3 for person in people})
        assert people == [person for village in found for person in range(3 * village, 3 * village + 3)]  # whole
        return found

    def test_number_and_share_count_groups(self) -> None:
        for replicate in range(10):
            assert len(self.villages(Target(groups="village", number=2, counts_groups=True), replicate=replicate)) == 2
            assert len(self.villages(Target(groups="village", share=0.5, counts_groups=True), replicate=replicate)) == 3
        assert self.villages(Target(groups="village", number=0, counts_groups=True)) == []
        assert self.villages(Target(groups="village", share=1.0, counts_groups=True)) == [0, 1, 2, 3, 4, 5]

    def test_big_groups_are_not_skipped(self) -> None:
        codes = np.array([0] * 7 + [1] * 2 + [2], np.int32)
        people, missing = counted_groups(np.array([0, 1, 2]), np.ones(10, bool), codes, number=1)
        assert people.tolist() == list(range(7))
        assert missing == 0

    def test_groups_without_anybody_eligible_do_not_count(self) -> None:
        target = Target(where=parse("weight == obese"), groups="village", rank="random", number=2, counts_groups=True)
        world = town(18, columns=[SIX])
        for replicate in range(10):
            selection = select(target, situation(world, replicate=replicate, obese=[0, 1, 9, 17]))
            assert len({int(person) // 3 for person in selection.persons}) == 2
            assert set(selection.persons.tolist()) <= {0, 1, 9, 17}
            assert selection.missing_groups == 0
        half = Target(where=parse("weight == obese"), groups="village", share=0.5, counts_groups=True)
        assert len({p // 3 for p in self.picked(half, obese=[0, 1, 9, 17])}) == 2  # 1.5 of three, halves rounded up

    def test_too_few_groups_are_counted(self) -> None:
        target = Target(where=parse("weight == obese"), groups="village", number=5, counts_groups=True)
        selection = select(target, situation(town(18, columns=[SIX]), obese=[0, 9]))
        assert selection.persons.tolist() == [0, 9]
        assert (selection.missing, selection.missing_groups) == (0, 3)
        last = Target(groups="village", number=4, skip=3, counts_groups=True)
        selection = select(last, situation(town(18, columns=[SIX])))
        assert (selection.persons.size, selection.missing_groups) == (9, 1)

    def test_slices_by_number_are_apart_and_leave_no_gap(self) -> None:
        for replicate in range(20):
            parts = [
                self.villages(Target(groups="village", number=2, skip=skip, counts_groups=True), replicate=replicate)
                for skip in (0, 2, 4)
            ]
            assert sorted(chain(*parts)) == [0, 1, 2, 3, 4, 5]
            assert [len(part) for part in parts] == [2, 2, 2]

    @pytest.mark.parametrize("n_groups", [*range(12), 25, 97])
    @pytest.mark.parametrize("shares", [(0.1, 0.2, 0.7), (0.333, 0.333, 0.334), (0.145, 0.145, 0.71), (0.5, 0.5, 0.0)])
    def test_slices_by_share_are_apart_and_leave_no_gap(self, n_groups: int, shares: tuple[float, ...]) -> None:
        codes, everybody = np.arange(n_groups, dtype=np.int32), np.ones(n_groups, bool)
        order = np.random.default_rng(n_groups).permutation(n_groups)
        found: list[int] = []
        skip = 0.0
        for share in shares:
            people, _ = counted_groups(order, everybody, codes, share=share, skip=skip)
            assert abs(people.size - share * n_groups) <= 1
            found += people.tolist()
            skip = round(skip + share, 3)
        assert sorted(found) == list(range(n_groups))

    def test_each_group_is_as_likely_to_be_drawn(self) -> None:
        """Cluster-randomised: over 3,000 replicates each of six villages is drawn in half of them.

        Six counts are each within 4.5 standard errors of a half: wrong by chance once in 25,000 runs. A draw that
        favours one village by a tenth (the twin) is 5.5 standard errors off.
        """
        target = Target(groups="village", rank="random", share=0.5, counts_groups=True)
        world, times = town(18, columns=[SIX]), np.zeros(6)
        favoured = np.zeros(6)
        for replicate in range(3000):
            here = situation(world, replicate=replicate)
            times[np.unique(select(target, here).persons // 3)] += 1
            words = here.draw.words("rank", "groups", "village", "", n=6).astype(float)
            words[0] *= 0.8
            favoured[np.argsort(words)[:3]] += 1
        error = np.sqrt(0.25 / 3000)
        assert (np.abs(times / 3000 - 0.5) < 4.5 * error).all()
        assert not (np.abs(favoured / 3000 - 0.5) < 4.5 * error).all()


def test_leaders_of_each_group_found_in_the_network() -> None:
    world = town(10, [undirected("friends", TWO_CLIQUES)])
    assert select(Target(rank="degree", number=2, per="communities"), situation(world)).persons.tolist() == [4, 5]
    star_and_pair = town(9, [undirected("friends", [*STAR, (6, 7)])])
    found = select(Target(rank="degree", number=3, per="components"), situation(star_and_pair)).persons.tolist()
    assert len(found) == 3  # of 6, 2 and 1 people: two, and one of the pair (2/3 against 1/3)
    assert 3 in found
    assert len({6, 7} & set(found)) == 1
