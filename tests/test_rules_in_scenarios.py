"""Targeting rules as a scenario names them: what is checked, what is short for what, and what `plan` says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from every_rule import RULES

from experiments.plan.arms import _order
from interventions.specs import Knowledge, Target
from interventions.targeting import in_words, phrase_of, targets
from scenarios.conversion import arms_of, own_parameters
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from scenarios.schema import schema

TEXT = """
netrial: 1
name: forum
time: {unit: day, horizon: 10}
population:
  size: 60
  columns:
    age: {distribution: normal, mean: 40, sd: 10}
    area: {categories: {town: 1, country: 1}}
network:
  layers:
    friends: {generator: watts_strogatz, mean_degree: 4, rewiring: 0.1}
    work: {generator: holme_kim, mean_degree: 4, triangles: 0.5}
behaviours:
  forum:
    states: [outside, member]
    initial: {member: 0.1}
    transitions:
      join:
        from: outside
        to: member
        rate: 0.5
        response: {count: member, threshold: {distribution: normal, mean: 2, sd: 1}}
      drift: {from: outside, to: member, rate: 0.1, response: {count: member, threshold: 2}}
      leave: {from: member, to: outside, rate: 0.1}
interventions:
  ask: {kind: champions, target: {rank: random, number: 5}, at: 0, effect: {set: {forum: member}}}
arms: {nothing: [], asked: [ask]}
outcomes: {primary: members, members: {share: forum.member, at: end, better: higher}}
experiment: {replicates: 2, seed: 1}
"""
RANK = "interventions.ask.target.rank"


@pytest.fixture(scope="module")
def forum(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path: Path = tmp_path_factory.mktemp("scenario") / "forum.yaml"
    path.write_text(TEXT)
    return load(path)


def ranked_by(rule: str) -> Any:
    return {"rule": rule, **RULES[rule]} if RULES[rule] else rule


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_be_named_checked_and_run(forum: Scenario, rule: str) -> None:
    import netrial

    scenario = forum.set(RANK, ranked_by(rule))
    assert not scenario.not_built()
    results = netrial.run(scenario, replicates=1)
    assert len(results.targets) == (0 if rule == "isolated" else 5)


@pytest.mark.parametrize(
    ("rank", "place", "words"),
    [
        ("betwenness", "rank", ["unknown targeting rule `betwenness`", "did you mean `betweenness`"]),
        ({"rule": "closenes"}, "rule", ["unknown targeting rule", "did you mean `closeness`"]),
        ({"rule": "closeness", "layers": ["freinds"]}, 0, ["`freinds`", "did you mean `friends`"]),
        ({"rule": "closeness", "layers": []}, "layers", ["`layers` is empty", "friends, work"]),
        ({"rule": "closeness", "layers": "friends"}, "layers", ["a list"]),
        ({"rule": "closeness", "sampled": 1}, "sampled", ["2"]),
        ({"rule": "closeness", "sampeld": 9}, "sampeld", ["takes no `sampeld`", "did you mean `sampled`"]),
        ({"rule": "pagerank", "damping": 1.0}, "damping", ["1"]),
        ({"rule": "gossip", "periods": 2.5}, "periods", ["a whole number"]),
        ({"rule": "nominated", "asked": 0}, "asked", ["0"]),
        ({"rule": "by_column", "column": "aeg"}, "column", ["no column is named `aeg`", "did you mean `age`"]),
        ({"rule": "by_column", "column": "area"}, "column", ["`area` holds words", "a column of numbers"]),
        ({"rule": "by_column", "column": "forum"}, "column", ["`forum` is a behaviour"]),
        ({"rule": "by_column", "column": "age", "order": "up"}, "order", ["highest"]),
        ({"rule": "by_column"}, "rule", ["`by_column` needs `column`"]),
        ("by_column", "rank", ["`by_column` needs `column`"]),
        ({"rule": "low_threshold", "threshold": "forum.jion"}, "threshold", ["no threshold that differs by person"]),
        ({"rule": "low_threshold", "threshold": "forum.drift"}, "threshold", ["no threshold that differs by person"]),
        ({"rule": "low_threshold", "threshold": "forum.leave"}, "threshold", ["no threshold that differs by person"]),
        ({"rule": "low_threshold", "threshold": "area"}, "threshold", ["`area` holds words"]),
        ({"rule": "degree", "asked": 1.5}, "asked", ["1.5 is not between 0 and 1"]),
        ({"rule": "degree", "asked": True}, "asked", ["`asked` is True", "a share"]),
        ({"rule": "degree", "asked": "few"}, "asked", ["`asked` is few", "a share"]),
        ({"rule": "random", "asked": 0.2}, "asked", ["`random` takes no `asked`"]),
    ],
)
def test_mistakes_are_said_with_their_place(forum: Scenario, rank: Any, place: str | int, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as refused:
        forum.set(RANK, rank)
    (problem,) = refused.value.problems
    assert problem.place[-1] == place or (problem.place[-1] == "rank" and "needs" in problem.message)
    assert all(word in f"{problem.message}; {problem.hint}" for word in words), f"{problem.message}; {problem.hint}"


def test_all_mistakes_are_said_at_once(forum: Scenario) -> None:
    rank = {"rule": "gossip", "asked": 2, "passing": 0, "layers": ["freinds", "work"], "period": 2}
    with pytest.raises(ScenarioError) as refused:
        forum.set(RANK, rank)
    assert {problem.place[-1] for problem in refused.value.problems} == {"asked", "passing", 0, "period"}


class TestAskedBefore:
    def test_beside_a_rule_that_asks_nobody_it_is_knowledge(self, forum: Scenario) -> None:
        scenario = forum.set(RANK, {"rule": "betweenness", "layers": ["friends"], "asked": 0.2})
        target = arms_of(scenario.spec)["asked"][0].target
        assert target.parameters == {"layers": ["friends"]} or target.parameters == {"layers": ("friends",)}
        assert target.knowledge == Knowledge(asked=0.2)
        written_out = forum.set(RANK, {"rule": "betweenness", "layers": ["friends"]}).set(
            "interventions.ask.target.knowledge", {"asked": 0.2}
        )
        assert arms_of(written_out.spec)["asked"][0].target == target

    def test_rules_that_ask_themselves_keep_it(self, forum: Scenario) -> None:
        target = arms_of(forum.set(RANK, {"rule": "gossip", "asked": 0.4}).spec)["asked"][0].target
        assert (target.parameters, target.knowledge) == ({"asked": 0.4}, None)
        assert own_parameters("one_hop", {"asked": 0.4}) == ({"asked": 0.4}, None)
        assert own_parameters("random", {"asked": 0.4}) == ({"asked": 0.4}, None)
        assert own_parameters("no such rule", {"asked": 0.4}) == ({"asked": 0.4}, None)
        assert own_parameters("k_core", {"asked": 0.4}) == ({}, 0.4)

    def test_it_cannot_be_said_twice(self, forum: Scenario) -> None:
        known = forum.set("interventions.ask.target.knowledge", {"asked": 0.3})
        with pytest.raises(ScenarioError, match="`asked` does not go with `knowledge`"):
            known.set(RANK, {"rule": "degree", "asked": 0.2})
        assert known.set(RANK, {"rule": "nominated", "asked": 0.2})


def test_a_layer_that_only_a_rule_of_columns_could_read_is_warned_of(forum: Scenario) -> None:
    text = TEXT.replace("        rate: 0.5", "        rate: 0.5\n        layers: [friends]")
    text = text.replace("rate: 0.1, response", "rate: 0.1, layers: [friends], response")
    for rank, warned in (("degree", False), ("{rule: by_column, column: age}", True), ("random", True)):
        path = Path(forum.path).parent / "warned.yaml"
        path.write_text(text.replace("rank: random", f"rank: {rank}"))
        assert any("no law reads `work`" in each.problem.message for each in load(path).warnings) == warned


class TestSchema:
    validator = jsonschema.Draft202012Validator(schema(plugins=False))

    def said_of(self, forum: Scenario, rank: Any) -> list[str]:
        data = forum.set(RANK, "random").data
        data = {**data, "interventions": {"ask": {**data["interventions"]["ask"]}}}
        data["interventions"]["ask"]["target"] = {"rank": rank, "number": 5}
        return [error.message for error in self.validator.iter_errors(data)]

    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_is_known_to_editors(self, forum: Scenario, rule: str) -> None:
        assert not self.said_of(forum, ranked_by(rule))
        assert not self.said_of(forum, {"rule": rule, **RULES[rule]})

    @pytest.mark.parametrize(
        "rank",
        [
            "betwenness",
            {"rule": "closeness", "sampeld": 3},
            {"rule": "closeness", "sampled": 1},
            {"rule": "gossip", "asked": 0},
            {"rule": "by_column"},
            {"rule": "by_column", "column": "age", "order": "up"},
            {"rule": "random", "asked": 0.2},
            {"rule": "degree", "asked": 1.2},
        ],
    )
    def test_slips_are_underlined(self, forum: Scenario, rank: Any) -> None:
        assert self.said_of(forum, rank)

    def test_asked_is_known_beside_rules_that_ask_nobody(self, forum: Scenario) -> None:
        assert not self.said_of(forum, {"rule": "betweenness", "layers": ["friends"], "asked": 0.2})


SAID = {
    "random": "picked at random",
    "degree": "with most contacts",
    "most_named": "named most often",
    "strength": "with the strongest ties in all",
    "closeness": "from whom the others are reached in the fewest steps",
    "betweenness": "who lie on most shortest paths between others",
    "eigenvector": "with most contacts who are well connected themselves",
    "pagerank": "named most by people who are much named themselves",
    "k_core": "deepest in the core of the network",
    "bridging": "whose ties hold the network together most",
    "constraint": "whose contacts know each other least",
    "nominated": "named most often when 100 % of all people name one contact each",
    "one_hop": "named by people asked at random, one contact each",
    "gossip": "named most often when 100 % of all people say whose news they hear most",
    "peripheral": "with fewest contacts",
    "isolated": "without any contact, in random order",
    "by_column": "with the highest age",
    "low_threshold": "who need to see the fewest others do it (age)",
    "self_selected": "who come forward by themselves, sooner the higher their age",
}


@pytest.mark.parametrize("rule", RULES)
def test_the_plan_says_it_in_words(rule: str) -> None:
    assert _order(Target(rank=rule, parameters=RULES[rule])) == SAID[rule]


def test_the_plan_says_parameters_and_layers() -> None:
    assert _order(Target(rank="nominated")) == "named most often when 20 % of all people name one contact each"
    assert _order(Target(rank="nominated", parameters={"asked": 1})).startswith("named most often when 100 %")
    assert _order(Target(rank="by_column", parameters={"column": "body_mass", "order": "lowest"})) == (
        "with the lowest body mass"
    )
    assert _order(Target(rank="self_selected")) == "who come forward by themselves, in random order"
    layers = {"layers": ["friends", "at_work"]}
    assert _order(Target(rank="betweenness", parameters=layers)).endswith("between others in friends or at work")


def test_a_rule_without_words_is_named() -> None:
    targets.add("by_luck_alone")(lambda situation: None)  # type: ignore[arg-type, return-value]
    try:
        assert _order(Target(rank="by_luck_alone")) == "who come first by by luck alone"
        assert phrase_of("by_luck_alone", {}) == ""
        in_words("who have luck")(targets["by_luck_alone"])
        assert _order(Target(rank="by_luck_alone")) == "who have luck"
    finally:
        targets._things.pop("by_luck_alone")
