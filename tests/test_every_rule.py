"""What holds for every targeting rule that scores people: names, rows, arms, dates and empty towns change nothing."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from every_rule import ASKING, BY_LAYERS, RULES, aged_town, in_a_town_of, ranked, renamed
from hypothesis import given, settings
from hypothesis import strategies as st
from small_towns import TREE, TWO_CLIQUES, situation, surveyed, town, undirected

from interventions.rules import asking, bridges, leaders, people
from interventions.selecting import select
from interventions.specs import Target
from interventions.targeting import check_rank, goes_by_ties, phrase_of, rank, targets
from simulator.arguments import arguments, documented
from simulator.errors import SpecError
from simulator.network import ContactNetwork, Layer
from simulator.population import from_table
from simulator.ties import layer_from_table
from simulator.world import World


def test_every_rule_of_these_modules_is_tested_here() -> None:
    own = {targets[name].__module__ for name in RULES}
    assert own == {each.__name__ for each in (asking, bridges, leaders, people)}
    assert {name for name in targets.names() if targets[name].__module__ in own} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_it_says_what_it_does(rule: str) -> None:
    function = targets[rule]
    said = documented(function)
    assert set(said) == {"situation", *arguments(function)}
    assert all(len(words) > 10 for name, words in said.items() if name != "situation")
    assert targets.help(rule).endswith(".")
    assert rule == "random" or rule == "isolated" or "Example: " in (function.__doc__ or "")
    assert phrase_of(rule, {})
    phrase_of(rule, RULES[rule]).format_map(dict.fromkeys(arguments(function), "x"))
    assert goes_by_ties(rule) == (rule in BY_LAYERS)


@st.composite
def towns(draw: st.DrawFn, *, one_naming: bool = False) -> World:
    n = draw(st.integers(1, 14))
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    layers: list[Layer] = []
    for name in ("a", "b")[: draw(st.integers(1, 2))]:
        pairs = {(i, j) for i in range(n) for j in range(n) if i != j and generator.random() < 2 / n}
        if one_naming:
            pairs = {(i, int((i + generator.integers(1, n)) % n)) for i in range(n)} if n > 1 and name == "a" else set()
            layers.append(surveyed(name, pairs, influence="target_to_source"))
        elif draw(st.booleans()):
            layers.append(surveyed(name, pairs, influence="source_to_target"))
        else:
            layer = undirected(name, {(i, j) for i, j in pairs if i < j})
            weights = generator.integers(1, 5, layer.n_ties) / 3 if draw(st.booleans()) else None
            layers.append(Layer(name, layer.ties, weights=weights))
    return aged_town(n, layers)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in ASKING])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_other_names_change_nothing_but_names(rule: str, data: st.DataObject) -> None:
    here = situation(data.draw(towns()), replicate=data.draw(st.integers(0, 3)))
    new = np.array(data.draw(st.permutations(range(here.world.population.size))))
    assert ranked(rule, renamed(here, new)) == new[ranked(rule, here)].tolist()


@pytest.mark.parametrize("rule", ASKING)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_nor_for_answers_where_nobody_has_a_choice(rule: str, data: st.DataObject) -> None:
    # Whom somebody names of several is drawn from a list, in the order of the people; here everybody names one.
    here = situation(data.draw(towns(one_naming=True)), replicate=data.draw(st.integers(0, 3)))
    new = np.array(data.draw(st.permutations(range(here.world.population.size))))
    parameters = {"periods": 1} if rule == "gossip" else {}
    assert ranked(rule, renamed(here, new), **parameters) == new[ranked(rule, here, **parameters)].tolist()


def test_a_score_that_depended_on_names_would_be_seen() -> None:
    targets.add("by_name")(lambda situation: np.arange(situation.world.population.size, dtype=np.int32))
    try:
        here = in_a_town_of(TREE)
        new = np.array([3, 1, 2, 0, 6, 5, 4])
        assert ranked("by_name", renamed(here, new)) != new[ranked("by_name", here)].tolist()
    finally:
        targets._things.pop("by_name")


@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_rows_changes_nothing(rule: str) -> None:
    generator = np.random.default_rng(4)
    ids = [f"p{i:02d}" for i in range(30)]
    frame = pd.DataFrame({"id": ids, "age": generator.integers(20, 40, 30).astype(float)})
    graph = nx.gnp_random_graph(30, 0.12, seed=2, directed=True)
    rows = pd.DataFrame([(ids[i], ids[j], 1 + (i * j) % 4) for i, j in graph.edges], columns=["from", "to", "w"])
    orders = []
    for seed in range(3):
        people = from_table(frame.sample(frac=1, random_state=seed), "id")
        ties = rows.sample(frac=1, random_state=seed)
        layer = layer_from_table(
            "talk", ties, people, source="from", target="to", influence="target_to_source", weight="w"
        )
        blank = town(30)
        world = World(people, ContactNetwork(30, {"talk": layer}), blank.behaviours)
        orders.append(ranked(rule, situation(world, replicate=2)))
    assert orders[0] == orders[1] == orders[2]


@pytest.mark.parametrize("rule", RULES)
def test_luck_is_the_same_in_every_arm_and_at_every_date(rule: str) -> None:
    world = aged_town(10, [undirected("friends", TWO_CLIQUES)])
    order = ranked(rule, situation(world, replicate=3))
    assert order == ranked(rule, situation(world, replicate=3, time=4.0, obese=[1, 2, 3]))
    fresh = aged_town(10, [undirected("friends", TWO_CLIQUES)])
    assert order == ranked(rule, situation(fresh, replicate=3))  # nothing is left of an earlier question
    orders = {tuple(ranked(rule, situation(world, replicate=r))) for r in range(20)}
    assert rule == "isolated" or len(orders) > 1


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n_persons", [0, 1, 2, 5])
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_towns_without_ties_and_almost_without_people(rule: str, n_persons: int, layers: int) -> None:
    world = aged_town(n_persons, [undirected(name, []) for name in ("a", "b")[:layers]])
    order = rank(situation(world), rule, RULES[rule])
    assert order.dtype == np.int32
    assert len(set(order.tolist())) == order.size
    if rule not in ("one_hop", "self_selected"):
        assert sorted(order.tolist()) == list(range(n_persons))


@pytest.mark.parametrize("rule", RULES)
def test_a_network_without_layers(rule: str) -> None:
    world = aged_town(4)
    bare = World(world.population, ContactNetwork(4, {}), world.behaviours)
    assert set(rank(situation(bare), rule, RULES[rule]).tolist()) <= set(range(4))


@pytest.mark.parametrize("rule", RULES)
def test_cuts_are_nested(rule: str) -> None:
    here = in_a_town_of(TWO_CLIQUES, n_persons=12)
    picked = [
        set(select(Target(rank=rule, parameters=RULES[rule], number=k), here).persons.tolist()) for k in range(13)
    ]
    assert all(fewer <= more for fewer, more in pairwise(picked))
    assert all(len(people) <= k for k, people in enumerate(picked))


@pytest.mark.parametrize("rule", BY_LAYERS)
def test_layers_that_do_not_exist_are_refused(rule: str) -> None:
    with pytest.raises(SpecError, match=r"unknown layer `frends`.*\n?.*did you mean `friends`"):
        ranked(rule, in_a_town_of(TREE), layers=["frends"])
    assert [problem.place for problem in check_rank(rule, {"layers": []}, ["friends"])] == [("rank", "layers")]


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [
        ("nominated", {"asked": 0}),
        ("nominated", {"asked": 1.5}),
        ("one_hop", {"asked": True}),
        ("gossip", {"passing": 0.0}),
        ("gossip", {"periods": 0}),
        ("gossip", {"periods": 1.5}),
        ("pagerank", {"damping": 1.0}),
        ("pagerank", {"damping": "high"}),
        ("betweenness", {"sampled": 1}),
        ("betweenness", {"sampled": 2.5}),
        ("random", {"draw": 2}),
    ],
)
def test_parameters_are_checked_by_the_signature(rule: str, parameters: dict[str, object]) -> None:
    (problem,) = check_rank(rule, parameters, ["friends"])
    assert problem.place == ("rank", next(iter(parameters)))
    assert problem.hint.startswith("it should be")
    with pytest.raises(SpecError):
        rank(in_a_town_of(TREE), rule, parameters)
