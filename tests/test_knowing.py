"""What a survey tells of a network: known on small networks, drawn answer by answer, and all of it at the limit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from small_towns import CHAIN, STAR, TWO_CLIQUES, clique, situation, surveyed, town, undirected

from interventions.acting import act
from interventions.groups import group_codes
from interventions.knowing import as_known, looks_at_ties, n_asked, observed
from interventions.specs import Cost, Effect, Intervention, Knowledge, NewTies, Target
from interventions.targeting import rank, targets
from simulator.actions import AddTies, Record
from simulator.arguments import arguments
from simulator.network import ContactNetwork, Layer
from simulator.population import Column, rounded_share
from simulator.streams import Draw, scale

FAR = 4.0
"""Standard errors; the chance that a true frequency is farther off is below 1 in 15,000. Seeds are fixed."""
SURE = 6.0
"""How far off a deliberately wrong frequency must be."""
WITHOUT_TIES = {"by_column", "low_threshold", "random", "self_selected"}
"""Rules that look at no tie."""
WITHOUT_LAYERS = {"greedy"}
"""Rules that look at ties, though they take no `layers`."""


def network(n_persons: int, *layers: Layer) -> ContactNetwork:
    return ContactNetwork(n_persons, {layer.name: layer for layer in layers})


def asked_people(n_persons: int, share: float, draw: Draw) -> list[int]:
    """Who is asked: the first ones of the keyed order."""
    return draw.order("knowledge", "asked", n=n_persons)[: rounded_share(share, n_persons)].tolist()


def ties(known: ContactNetwork, layer: str = "friends") -> list[tuple[int, int]]:
    return [tuple(pair) for pair in known.layers[layer].ties.tolist()]


def namings(known: ContactNetwork, layer: str = "friends") -> list[tuple[int, int]]:
    found = known.layers[layer].namings
    assert found is not None
    return [tuple(pair) for pair in found.tolist()]


def random_network(seed: int, n_persons: int = 30) -> ContactNetwork:
    """Four layers of every sort: undirected with weights, directed, surveyed one way, surveyed both ways."""
    draw = np.random.default_rng(seed)

    def pairs(k: int) -> np.ndarray:
        made = draw.integers(0, n_persons, (k, 2))
        return np.unique(made[made[:, 0] != made[:, 1]], axis=0).astype(np.int32)

    friends = undirected("friends", {tuple(sorted(pair)) for pair in pairs(60).tolist()})
    trust = Layer("trust", pairs(40), directed=True)
    talk = surveyed("talk", map(tuple, pairs(50).tolist()), influence="target_to_source")
    advice = surveyed("advice", map(tuple, pairs(50).tolist()), influence="source_to_target")
    return network(
        n_persons,
        replace(friends, weights=draw.uniform(0.5, 2, friends.n_ties)),
        replace(trust, weights=draw.uniform(0.5, 2, trust.n_ties)),
        talk,
        advice,
    )


# ---- by hand


class TestByHand:
    def test_star(self) -> None:
        """A leaf names the centre, the centre all leaves: whoever is asked, their ties are known."""
        star = network(6, undirected("friends", STAR))
        for number in range(20):
            draw = Draw(1, number=number)
            asked = asked_people(6, 0.5, draw)
            known = observed(star, Knowledge(asked=0.5), draw)
            assert ties(known) == sorted(pair for pair in (tuple(sorted(p)) for p in STAR) if set(pair) & set(asked))
            assert namings(known) == sorted((i, j) for p in STAR for i, j in (p, p[::-1]) if i in asked)

    def test_two_cliques(self) -> None:
        """Each of ten people names two contacts at most: 20 names, of 42 that there are to give."""
        cliques = network(10, undirected("friends", TWO_CLIQUES))
        known = observed(cliques, Knowledge(names=2), Draw(3))
        named = namings(known)
        assert sorted(i for i, _ in named) == sorted([*range(10)] * 2)
        assert set(ties(known)) == {tuple(sorted(pair)) for pair in named} <= {tuple(sorted(p)) for p in TWO_CLIQUES}

    @pytest.mark.parametrize("influence", ["source_to_target", "target_to_source"])
    def test_directed_chain(self, influence: str) -> None:
        """Each names the next; a tie is known if its namer is asked, and runs the way influence does."""
        chain = network(5, surveyed("friends", CHAIN, influence=influence))
        for number in range(20):
            draw = Draw(1, number=number)
            asked = asked_people(5, 0.4, draw)
            known = observed(chain, Knowledge(asked=0.4), draw)
            named = [(i, j) for i, j in CHAIN if i in asked]
            assert namings(known) == named
            assert ties(known) == sorted(named if influence == "source_to_target" else [(j, i) for i, j in named])
            assert known.layers["friends"].directed

    @pytest.mark.parametrize("influence", ["source_to_target", "target_to_source"])
    def test_of_a_mutual_pair_each_naming_is_one_tie(self, influence: str) -> None:
        pairs = [(0, 1), (1, 0), (1, 2)]
        layer = surveyed("friends", pairs, influence=influence)
        draw = next(Draw(1, number=k) for k in range(99) if asked_people(3, 0.34, Draw(1, number=k)) == [0])
        known = observed(network(3, layer), Knowledge(asked=0.34), draw)
        assert namings(known) == [(0, 1)]
        assert ties(known) == [(0, 1) if influence == "source_to_target" else (1, 0)]

    def test_directed_ties_that_nobody_surveyed_are_told_from_both_ends(self) -> None:
        layer = Layer("friends", np.array([[0, 1], [1, 0], [1, 2]], np.int32), directed=True)
        draw = next(Draw(1, number=k) for k in range(99) if asked_people(3, 0.34, Draw(1, number=k)) == [1])
        known = observed(network(3, layer), Knowledge(asked=0.34), draw)
        assert known is not None
        assert ties(known) == [(0, 1), (1, 0), (1, 2)]
        assert namings(known) == [(1, 0), (1, 2)]

    def test_weights_stay_with_their_ties(self) -> None:
        layer = undirected("friends", [(0, 1), (0, 2), (2, 3)])
        weighted = network(4, replace(layer, weights=np.array([0.5, 2.0, 3.0])))
        draw = next(Draw(1, number=k) for k in range(99) if asked_people(4, 0.25, Draw(1, number=k)) == [2])
        known = observed(weighted, Knowledge(asked=0.25), draw).layers["friends"]
        assert known.ties.tolist() == [[0, 2], [2, 3]]
        assert known.weights is not None
        assert known.weights.tolist() == [2.0, 3.0]

    def test_somebody_named_by_mistake_gets_the_weight_of_whom_they_are_taken_for(self) -> None:
        layer = replace(undirected("friends", [(0, 1)]), weights=np.array([7.0]))
        known = observed(network(3, layer), Knowledge(wrong=1.0), Draw(1)).layers["friends"]
        assert known.ties.tolist() == [[0, 2], [1, 2]], "each names the only other person"
        assert known.weights is not None
        assert known.weights.tolist() == [7.0, 7.0]

    def test_a_true_naming_of_a_pair_says_its_weight(self) -> None:
        """0 is tied to 1 and 2; of 0's names 1 is right and 2 is mistaken for 1, so only the weight of 0-1 stands."""
        layer = replace(undirected("friends", [(0, 1), (0, 2)]), weights=np.array([1.0, 9.0]))
        for number in range(200):
            draw = Draw(2, number=number)
            known = observed(network(3, layer), Knowledge(wrong=0.5), draw).layers["friends"]
            right = {tuple(sorted(pair)) for pair in _right_namings([(0, 1), (0, 2)], 0.5, draw)}
            weights = dict(zip(map(tuple, known.ties.tolist()), known.weights.tolist(), strict=True))
            for pair in right:
                assert weights[pair] == {(0, 1): 1.0, (0, 2): 9.0}[pair]

    def test_layers_that_nobody_is_asked_about_are_empty(self) -> None:
        two = network(5, undirected("friends", CHAIN), undirected("work", [(0, 4)]))
        known = observed(two, Knowledge(layers=("work",)), Draw(1))
        assert ties(known) == []
        assert ties(known, "work") == [(0, 4)]
        assert list(known.layers) == ["friends", "work"], "rules that name a layer go on finding it"
        assert known.degree().tolist() == [1, 0, 0, 0, 1]
        assert rank(_in(known), "degree", {"layers": ["friends"]}).size == 5

    def test_a_person_of_two_layers_is_one_name(self) -> None:
        """Whoever remembers somebody names them in both layers; one name is one name."""
        two = network(6, undirected("friends", STAR), undirected("work", STAR))
        for number in range(30):
            known = observed(two, Knowledge(names=1, forgotten=0.4, wrong=0.3), Draw(5, number=number))
            assert ties(known) == ties(known, "work")
            assert namings(known) == namings(known, "work")

    def test_nobody_and_one_person(self) -> None:
        alone = network(1, undirected("friends", []))
        assert observed(alone, Knowledge(asked=0.5, names=1, forgotten=0.5, wrong=1), Draw(1)) is alone
        empty = network(4, undirected("friends", []))
        assert observed(empty, Knowledge(asked=0.5, names=1), Draw(1)) is empty
        nobody = network(0, undirected("friends", []))
        assert observed(nobody, Knowledge(asked=0.5), Draw(1)) is nobody
        pair = network(2, undirected("friends", [(0, 1)]))
        assert ties(observed(pair, Knowledge(wrong=1.0), Draw(1))) == [], "there is nobody else to name"
        assert ties(observed(pair, Knowledge(asked=0.0), Draw(1))) == []

    def test_those_who_are_not_there_are_neither_asked_nor_named_by_mistake(self) -> None:
        there = np.arange(6) < 4
        star = network(6, undirected("friends", STAR))
        for number in range(40):
            known = observed(star, Knowledge(asked=0.99, wrong=0.5), Draw(1, number=number), there)
            right = set(_right_namings(_both(STAR), 0.5, Draw(1, number=number)))
            for namer, named in namings(known):
                assert there[namer]
                assert there[named] or (namer, named) in right


def _in(known: ContactNetwork):
    world = town(known.n_persons)
    return situation(replace(world, network=known))


def _both(pairs) -> list[tuple[int, int]]:
    return sorted({pair for i, j in pairs for pair in ((i, j), (j, i))})


def _packed(pairs) -> np.ndarray:
    return np.array([i << 32 | j for i, j in pairs], np.int64)


def _chances(draw: Draw, purpose: str, pairs) -> np.ndarray:
    return (draw.words_at("knowledge", purpose, indices=_packed(pairs)) >> np.uint64(11)) * 2.0**-53


def _right_namings(pairs, wrong: float, draw: Draw) -> list[tuple[int, int]]:
    """Return those of all namings that are right."""
    every = _both(pairs)
    return [pair for pair, chance in zip(every, _chances(draw, "wrong", every), strict=True) if chance >= wrong]


# ---- a slow twin


def naive(truth: ContactNetwork, knowledge: Knowledge, draw: Draw) -> dict[str, tuple[dict, set]]:
    """Return each layer's known ties with their weights, and its namings, one answer after the other."""
    n_persons = truth.n_persons
    asked = set(asked_people(n_persons, knowledge.asked, draw))
    chosen = list(truth.layers) if knowledge.layers is None else list(knowledge.layers)
    could: dict[str, set[tuple[int, int]]] = {}
    for name in chosen:
        layer = truth.layers[name]
        pairs = layer.ties if layer.namings is None else layer.namings
        could[name] = {tuple(pair) for pair in pairs.tolist()}
        if layer.namings is None:
            could[name] |= {(j, i) for i, j in could[name]}
    says: dict[tuple[int, int], int] = {}
    for namer in asked:
        in_mind = sorted({j for name in chosen for i, j in could[name] if i == namer})
        if not in_mind:
            continue
        mine = [(namer, j) for j in in_mind]
        luck = draw.words_at("knowledge", "order", indices=_packed(mine)) >> np.uint64(32)
        kept = _chances(draw, "forgotten", mine) >= knowledge.forgotten
        mistakes = _chances(draw, "wrong", mine) < knowledge.wrong
        instead = draw.words_at("knowledge", "instead", indices=_packed(mine))
        remembered = sorted((k for k in range(len(mine)) if kept[k]), key=lambda k: (luck[k], k))
        for k in remembered[: knowledge.names]:
            others = [person for person in range(n_persons) if person not in mine[k]]
            if not mistakes[k]:
                says[mine[k]] = mine[k][1]
            elif others:
                says[mine[k]] = others[int(scale(instead[k], len(others)))]
    found = {}
    for name, layer in truth.layers.items():
        weight_of = dict(
            zip(
                map(tuple, layer.ties.tolist()),
                [1.0] * layer.n_ties if layer.weights is None else layer.weights.tolist(),
                strict=True,
            )
        )
        claims: dict[tuple[int, int], list[tuple[bool, float]]] = defaultdict(list)
        named = set()
        for (namer, meant), person in says.items():
            if name not in could or (namer, meant) not in could[name]:
                continue
            named.add((namer, person))
            for ends, told in _ties_of(layer, name, namer, meant, person):
                if ends in weight_of:
                    claims[told].append((person == meant, weight_of[ends]))
        found[name] = ({pair: max(each)[1] for pair, each in claims.items()}, named)
    return found


def _ties_of(layer: Layer, name: str, namer: int, meant: int, person: int):
    """Yield the ties that a naming may stand for, and what they are told to be."""
    if not layer.directed:
        yield (min(namer, meant), max(namer, meant)), (min(namer, person), max(namer, person))
        return
    if layer.namings is None or name == "advice":
        yield (namer, meant), (namer, person)
    if layer.namings is None or name == "talk":
        yield (meant, namer), (person, namer)


SETTINGS = [
    Knowledge(asked=0.3),
    Knowledge(names=2),
    Knowledge(forgotten=0.3),
    Knowledge(wrong=0.4),
    Knowledge(asked=0.6, names=3, forgotten=0.2, wrong=0.3),
    Knowledge(asked=0.8, names=1, wrong=0.9, layers=("talk", "trust")),
    Knowledge(asked=0.9, names=4, forgotten=0.1, wrong=0.1, layers=("advice", "friends")),
]


@pytest.mark.parametrize("knowledge", SETTINGS, ids=range(len(SETTINGS)))
def test_a_survey_is_that_of_the_slow_twin(knowledge: Knowledge) -> None:
    for seed in range(12):
        truth, draw = random_network(seed), Draw(seed)
        known = observed(truth, knowledge, draw)
        for name, (weight_of, named) in naive(truth, knowledge, draw).items():
            layer = known.layers[name]
            assert ties(known, name) == sorted(weight_of), name
            assert set(namings(known, name)) == named, name
            if layer.weights is not None:
                assert layer.weights.tolist() == [weight_of[pair] for pair in sorted(weight_of)], name
            assert layer.ties.dtype == np.int32
            assert layer.ties.flags.c_contiguous
            assert (layer.weights is None) == (truth.layers[name].weights is None)


# ---- frequencies


class TestFrequencies:
    """The number of answers of a kind is binomial; the twin, one in ten more, must be seen."""

    people = network(400, undirected("friends", clique(range(400))))
    n_pairs = 400 * 399

    def off(self, found: int, chance: float, n: int) -> float:
        return abs(found - n * chance) / (n * chance * (1 - chance)) ** 0.5

    def test_forgotten(self) -> None:
        named = len(namings(observed(self.people, Knowledge(forgotten=0.3), Draw(1))))
        assert self.off(named, 0.7, self.n_pairs) < FAR
        wrong = len(namings(observed(self.people, Knowledge(forgotten=0.33), Draw(1))))
        assert self.off(wrong, 0.7, self.n_pairs) > SURE

    def test_wrong(self) -> None:
        """In a ring whose people have two contacts, a naming by mistake is a tie that is not there, nearly always."""
        n = 20_000
        ring = network(n, undirected("friends", [(i, (i + 1) % n) for i in range(n)]))

        def mistaken(wrong: float) -> int:
            return sum(
                (j - i) % n not in (1, n - 1) for i, j in namings(observed(ring, Knowledge(wrong=wrong), Draw(1)))
            )

        chance = 0.2 * (n - 3) / (n - 2)
        assert self.off(mistaken(0.2), chance, 2 * n) < FAR
        assert self.off(mistaken(0.22), chance, 2 * n) > SURE

    def test_anybody_may_be_named_by_mistake(self) -> None:
        """0 names 1 by mistake in each of 4,500 replicates: each of the nine others is named as often."""
        pair = network(11, undirected("friends", [(0, 1)]))
        known = (observed(pair, Knowledge(wrong=1.0), Draw(1, number=number)) for number in range(4500))
        named = np.array([dict(namings(each))[0] for each in known])

        def square(found: np.ndarray) -> float:
            return float(((np.bincount(found, minlength=11)[2:] - 500) ** 2 / 500).sum())

        assert named.min() >= 2
        assert square(named) < 31.8, "chi-square of 8 degrees of freedom: 1 in 10,000"
        assert square(np.where(named == 7, 2, named)) > 31.8, "the twin names one person in place of another"

    def test_anybody_may_be_asked(self) -> None:
        """Each of 10 people is asked in 3 of 10 replicates."""
        asked = np.zeros(10)
        for number in range(1000):
            asked[asked_people(10, 0.3, Draw(1, number=number))] += 1
            known = observed(
                network(10, undirected("friends", TWO_CLIQUES)), Knowledge(asked=0.3), Draw(1, number=number)
            )
            assert {i for i, _ in namings(known)} == set(asked_people(10, 0.3, Draw(1, number=number)))
        assert np.abs((asked - 300) / (1000 * 0.3 * 0.7) ** 0.5).max() < FAR


@pytest.mark.parametrize("influence", ["source_to_target", "target_to_source"])
def test_a_naming_tells_of_its_own_direction_where_all_are_mutual(influence: str) -> None:
    truth = network(4, surveyed("advice", [(0, 1), (1, 0), (2, 3), (3, 2)], influence=influence))
    known = observed(truth, Knowledge(asked=0.25), Draw(1))
    ((namer, named),) = namings(known, "advice")
    assert known.layers["advice"].ties.tolist() == [
        [namer, named] if influence == "source_to_target" else [named, namer]
    ]


# ---- nested, and all of it at the limit


def test_who_asks_for_more_learns_what_was_known_and_more() -> None:
    chains = [
        [Knowledge(asked=share, names=3, forgotten=0.2, wrong=0.2) for share in (0.0, 0.1, 0.35, 0.7, 1.0)],
        [Knowledge(asked=0.8, names=names, forgotten=0.2, wrong=0.2) for names in (1, 2, 4, 9, None)],
    ]
    lapses = [Knowledge(asked=0.8, forgotten=forgotten) for forgotten in (1.0, 0.6, 0.3, 0.1, 0.0)]
    for seed in range(5):
        truth, draw = random_network(seed), Draw(seed)
        for chain in [*chains, lapses]:
            for name in truth.layers:
                told = [set(namings(observed(truth, each, draw), name)) for each in chain]
                assert all(less <= more for less, more in pairwise(told))
        few, many = (set(namings(observed(truth, Knowledge(wrong=wrong), draw))) for wrong in (0.2, 0.5))
        assert few - set(_both(ties(truth))) <= many, "who named somebody by mistake does so again"


def test_at_the_limit_the_network_is_the_very_same() -> None:
    truth = random_network(1)
    for knowledge in (
        Knowledge(),
        Knowledge(layers=tuple(truth.layers)),
        Knowledge(names=10_000),
        Knowledge(wrong=1e-12),
    ):
        assert observed(truth, knowledge, Draw(1)) is truth
    for knowledge in (
        Knowledge(asked=0.97),
        Knowledge(names=1),
        Knowledge(forgotten=0.1),
        Knowledge(layers=("friends",)),
    ):
        assert observed(truth, knowledge, Draw(1)) is not truth


@pytest.mark.parametrize("rule", ["degree", "most_named", "nominated"])
def test_recruitment_tends_to_that_of_perfect_knowledge(rule: str) -> None:
    """Of 30 people picked among 300, more are those of perfect knowledge the more people are asked; all, at the end."""
    draw = np.random.default_rng(4)
    spread = np.minimum(draw.pareto(1.3, 300) + 1, 60)
    drawn = draw.choice(300, (900, 2), p=spread / spread.sum())
    world = town(300, [undirected("friends", {tuple(sorted(p)) for p in drawn.tolist() if p[0] != p[1]})])

    def overlap(asked: float) -> float:
        shares = []
        for number in range(15):
            here = situation(world, replicate=number)
            known, _ = as_known(here, Target(rank=rule, knowledge=Knowledge(asked=asked, names=None)))
            perfect = set(rank(here, rule, {})[:30].tolist())
            shares.append(len(perfect & set(rank(known, rule, {})[:30].tolist())) / 30)
        return float(np.mean(shares))

    found = [overlap(asked) for asked in (0.02, 0.1, 0.3, 0.6, 0.9, 1.0)]
    assert all(less < more for less, more in pairwise(found)), found
    assert found[-1] == 1.0
    assert found[0] < 0.6


# ---- in a situation


class TestAsKnown:
    world = town(10, [undirected("friends", TWO_CLIQUES)])

    def test_without_knowledge_the_network_is_as_it_is_now(self) -> None:
        here = situation(self.world)
        assert as_known(here, Target(rank="degree"))[0] is here
        now = network(10, undirected("friends", [(0, 1)]))
        changed = replace(here, network_at=lambda tick: now)
        assert as_known(changed, Target(rank="degree"))[0].world.network is now

    @pytest.mark.parametrize("knowledge", [None, Knowledge(), Knowledge(names=10_000), Knowledge(as_of=0.0)])
    def test_ties_to_people_who_are_not_there_do_not_count(self, knowledge: Knowledge | None) -> None:
        """4, at one end of the bridge, has left; only a survey of an earlier date tells of ties to 4."""
        here = situation(self.world, time=2.0)
        states = here.states.copy()
        states[4] = (2, 3)
        known, _ = as_known(replace(here, states=states), Target(rank="degree", knowledge=knowledge))
        late = knowledge is None or knowledge.as_of is None
        assert known.world.network.degree().tolist() == (
            [3, 3, 3, 3, 0, 4, 4, 4, 4, 4] if late else [4] * 4 + [5] * 2 + [4] * 4
        )

    def test_what_is_known_is_all_that_the_situation_says_of_ties(self) -> None:
        known, asked = as_known(situation(self.world), Target(rank="degree", knowledge=Knowledge(asked=0.0)))
        assert asked == 0
        assert known.network() is known.world.network
        assert known.tied_in("friends").size == 0
        assert known.world.network.degree().sum() == 0

    def test_as_of_an_earlier_time(self) -> None:
        before = network(10, undirected("friends", STAR))
        here = replace(situation(self.world, time=2.0), network_at=lambda tick: before if tick < 1 << 40 else None)
        known, _ = as_known(here, Target(rank="degree", knowledge=Knowledge(as_of=0.5)))
        assert known.world.network is before
        assert rank(known, "degree", {})[0] == 3

    def test_perfect_knowledge_is_paid_for_all_the_same(self) -> None:
        here = situation(self.world)
        known, asked = as_known(here, Target(rank="degree", knowledge=Knowledge(asked=0.5, perfect=True)))
        assert known is here
        assert asked == 5

    def test_communities_are_those_of_the_known_network(self) -> None:
        target = Target(groups="communities", knowledge=Knowledge(asked=0.0))
        known, _ = as_known(situation(self.world), target)
        assert group_codes(target, known.world)[1] == 10, "everybody alone"
        assert group_codes(target, self.world)[1] == 2

    def test_all_who_ask_alike_learn_the_same(self) -> None:
        knowledge = Knowledge(asked=0.5, names=2, forgotten=0.3, wrong=0.3)
        targets = [
            Target(rank="degree", share=0.1, knowledge=knowledge),
            Target(rank="most_named", knowledge=knowledge),
        ]
        first, second = (as_known(situation(self.world), target)[0].world.network for target in targets)
        assert ties(first) == ties(second)
        other = as_known(situation(self.world, replicate=1), targets[0])[0].world.network
        assert ties(first) != ties(other)

    @pytest.mark.parametrize("rule", sorted(WITHOUT_TIES))
    def test_rules_that_look_at_no_tie_have_nothing_to_learn(self, rule: str) -> None:
        """The rule's ranking is the same without any tie; no rule of netrial's own is left out of the list."""
        column = Column("age", np.array([3.0, 1, 2, 9, 4, 7, 5, 8, 6, 0]))
        parameters = {"by_column": {"column": "age"}, "low_threshold": {"threshold": "age"}}.get(rule, {})
        world = town(10, [undirected("friends", TWO_CLIQUES)], [column])
        here, nobody = situation(world), situation(town(10, columns=[column]))
        assert not looks_at_ties(Target(rank=rule))
        assert rank(here, rule, parameters).tolist() == rank(nobody, rule, parameters).tolist()
        assert as_known(here, Target(rank=rule, parameters=parameters, knowledge=Knowledge(asked=0.5)))[0] is here
        takes_layers = {name for name in targets if "layers" in arguments(targets[name])}
        assert not takes_layers & WITHOUT_TIES
        assert {
            name for name in targets if targets.plugin(name) is None
        } <= takes_layers | WITHOUT_TIES | WITHOUT_LAYERS

    def test_who_looks_at_ties(self) -> None:
        for seeing in (Target(rank="degree"), Target(rank="of a package"), Target(groups="positions", rank="size")):
            assert looks_at_ties(seeing)
        assert looks_at_ties(Target(groups="area", rank="cohesion"))
        assert not looks_at_ties(Target(groups="area", rank="size"))


# ---- who pays


class TestMoney:
    world = town(100, [undirected("friends", [(i, (i + 1) % 100) for i in range(100)])])

    def asked(self, target: Target, occasion: int = 0) -> list[tuple[int, float]]:
        one = Intervention("x", "champions", target, cost=Cost(per_asked=2.5))
        actions = act(one, situation(self.world), occasion)
        return [(each.people, each.cost) for each in actions if isinstance(each, Record) and each.action == "ask"]

    def test_each_person_asked_is_paid_for(self) -> None:
        assert self.asked(Target(rank="degree", number=3, knowledge=Knowledge(asked=0.125))) == [(13, 32.5)]
        assert self.asked(Target(rank="degree", number=3)) == []
        assert self.asked(Target(rank="degree", knowledge=Knowledge(asked=0.0))) == []

    def test_a_rule_that_asks_people_itself_pays_too(self) -> None:
        nominated = Target(rank="nominated", parameters={"asked": 0.3}, number=3)
        assert self.asked(nominated) == [(30, 75.0)]
        assert self.asked(replace(nominated, parameters={})) == [(20, 50.0)], "its default"
        assert self.asked(replace(nominated, knowledge=Knowledge(asked=0.1))) == [(40, 100.0)], "both"

    def test_a_survey_of_an_earlier_date_is_made_once(self) -> None:
        earlier = Target(rank="degree", knowledge=Knowledge(asked=0.1, as_of=0.0))
        assert self.asked(earlier, 0) == [(10, 25.0)]
        assert self.asked(earlier, 1) == []
        again = Target(rank="degree", knowledge=Knowledge(asked=0.1))
        assert self.asked(again, 1) == [(10, 25.0)]
        assert n_asked(replace(earlier, rank="nominated"), 100, 1) == 20

    def test_a_budget_pays_for_asking_first(self) -> None:
        """Of 100, 25 go into asking ten people; the rest pays for seven at 10 each."""
        target = Target(rank="degree", knowledge=Knowledge(asked=0.1), budget=100.0)
        one = Intervention("x", "champions", target, cost=Cost(per_asked=2.5, per_reached=10))
        lines = [each for each in act(one, situation(self.world), 0) if isinstance(each, Record)]
        assert next(each.people for each in lines if each.action == "reach") == 7
        assert sum(each.cost for each in lines) == 95.0


def test_effects_act_on_the_network_as_it_is() -> None:
    """Nothing is known of it, and yet nobody is given a tie that they have."""
    world = town(8, [undirected("friends", [pair for pair in clique(range(8)) if pair != (2, 6)])])
    target = Target(rank="degree", knowledge=Knowledge(asked=0.0))
    one = Intervention("x", "alteration", target, effect=Effect(ties=NewTies("friends", 1)))
    added = [each for each in act(one, situation(world), 0) if isinstance(each, AddTies)]
    assert [sorted(pair) for each in added for pair in each.ties.tolist()] == [[2, 6]]
