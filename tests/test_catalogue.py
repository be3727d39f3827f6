"""The catalogue: every tactic expands into ordinary parts, its example is one, and what stands beside it is joined."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest

from interventions.kinds import kinds
from interventions.tactics import catalogue, kind_of, tactics
from scenarios.finding import LIBRARY
from scenarios.loading import load
from scenarios.parameters import parameter_problems
from scenarios.problems import ScenarioError
from scenarios.reading import read_text
from scenarios.tactics import BESIDE, expand
from simulator.arguments import arguments, documented

OWN = [name for names in catalogue().values() for name in names]
NEEDED: dict[str, dict[str, Any]] = {
    "leaders_per_group": {"per": "area"},
    "low_threshold": {"threshold": "age"},
    "by_column": {"column": "age"},
    "in_state": {"states": "obesity.obese"},
    "whole_groups": {"column": "area"},
    "cluster_randomised": {"column": "area"},
    "buddies": {"layer": "buddies"},
    "greedy": {"state": "obesity.obese", "better": "lower"},
    "price": {"transitions": ["obesity.become_obese"]},
}
"""What tactics need to be told."""


def expanded(**given: Any) -> dict[str, Any]:
    found = expand({"interventions": {"one": given}})
    assert not found.problems, found.problems
    return found.data["interventions"]["one"]


def example(name: str) -> dict[str, Any]:
    text = (inspect.getdoc(tactics[name]) or "").partition("Examples\n--------\n")[2]
    title, _, yaml = text.partition("::\n\n")
    assert title, name
    assert yaml, name
    assert not re.search(r"^\S", yaml, re.MULTILINE), f"{name}: an example is one block"
    return dict(read_text(yaml, "example").data)


def test_every_kind_has_tactics_and_every_tactic_a_kind():
    assert set(catalogue()) == set(kinds)
    assert set(OWN) == set(kind_of)
    assert len(OWN) == len(set(OWN)) >= 40


@pytest.mark.parametrize("name", OWN)
def test_it_is_documented_and_its_parameters_have_types(name):
    function = tactics[name]
    assert tactics.help(name).endswith(".")
    assert list(documented(function)) == list(arguments(function)), "every parameter, in order"
    assert parameter_problems(name, function, NEEDED.get(name, {})) == []
    for parameter, given in arguments(function).items():
        wrong = {**NEEDED.get(name, {}), parameter: {"an": ["unheard", "of"]}}
        free = "dict" in str(given.annotation) or given.annotation in ("Rank", "Reach")
        assert free or parameter_problems(name, function, wrong), parameter


@pytest.mark.parametrize("name", OWN)
def test_it_makes_an_intervention_of_its_kind_and_leaves_the_rest_to_the_scenario(name):
    made = tactics[name](**NEEDED.get(name, {}))
    assert made["kind"] == kind_of[name]
    assert set(made) <= {"kind", *BESIDE}
    assert not {"at", "cost"} & set(made)
    assert json.loads(json.dumps(made)) == made
    cut = set(made["target"]) & {"share", "number", "budget"}
    assert not cut or name == "cluster_randomised", "how many is for the scenario to say"


@pytest.mark.parametrize("name", OWN)
def test_its_example_is_written_as_a_scenario_writes_it(name):
    given = example(name)
    assert given["tactic"] == name
    made = expanded(**given)
    assert {"kind", "target", "at", "effect"} <= set(made)


def test_what_stands_beside_a_tactic_replaces_what_it_says():
    made = expanded(
        tactic="viral", shares=0.5, uptake=0.25, chain={"waves": 1}, at=2, effect={}, every=3, target={"number": 5}
    )
    assert made == {
        "kind": "induction",
        "target": {"rank": "random", "number": 5},
        "chain": {"waves": 1},
        "uptake": 0.25,
        "at": 2,
        "effect": {},
        "every": 3,
    }


def test_a_parameter_of_the_tactic_wins_over_a_key_of_the_same_name():
    made = expanded(tactic="reminders", every=0.5, at=0, effect={})
    assert (made["every"], made["chain"]["again"]) == (0.5, True)
    made = expanded(tactic="buddies", layer="b", effect={"set": {"habit": "on"}}, lasting=2, at=0)
    add = {"per_person": 2, "pairing": "random", "layer": "b"}
    assert made["effect"] == {"set": {"habit": "on"}, "ties": {"add": add}, "for": 2}


def test_targets_are_merged_key_by_key():
    made = expanded(tactic="opinion_leaders", layers=["a"], target={"share": 0.1, "per": "area"})
    assert made["target"] == {"rank": {"rule": "most_named", "layers": ["a"]}, "share": 0.1, "per": "area"}
    made = expanded(tactic="cluster_randomised", column="area", target={"number": 3})
    assert made["target"] == {"groups": "area", "rank": "random", "of": "groups", "number": 3}, "a cut replaces a cut"
    made = expanded(tactic="in_state", states=["a.x", "a.y z"], target={"where": "age > 40 or age < 3"})
    assert made["target"]["where"] == "(age > 40 or age < 3) and (a in ['x', 'y z'])"
    assert expanded(tactic="in_state", states="a.x")["target"]["where"] == "a == 'x'"
    assert expanded(tactic="popular", target={"where": "age > 40"})["target"]["where"] == "age > 40"


def test_numbers_of_recipes():
    assert expanded(tactic="price", transitions=["a.b", "a.c"], rise=0.5, elasticity=-1)["effect"] == {
        "susceptibility": {"a.b": pytest.approx(2 / 3), "a.c": pytest.approx(2 / 3)}
    }
    assert expanded(tactic="word_of_mouth")["chain"] == {"waves": 1}
    assert expanded(tactic="word_of_mouth", ties="weak")["chain"] == {"waves": 1, "coupons": 2, "ties": "weak"}
    assert expanded(tactic="mass_media", reach={"by": "area", "values": {"a": 0.5}})["uptake"]["by"] == "area"


@pytest.mark.parametrize("states", ["obese", ["obesity.obese", "smoking.current"], [], "obesity."])
def test_states_must_be_of_one_behaviour(states):
    found = expand({"interventions": {"one": {"tactic": "in_state", "states": states, "at": 0}}})
    (problem,) = found.problems
    assert problem.place == ("interventions", "one", "states")
    assert "states of one behaviour" in problem.message


WRONG = {
    "a key of neither": ("{tactic: popular, uptaek: 1, at: 0, effect: {}}", "uptaek:", "did you mean `uptake`?"),
    "a kind": ("{tactic: popular, kind: groups, at: 0, effect: {}}", "kind:", "`popular` takes no `kind`"),
    "a state": (
        "{tactic: popular, at: 0, effect: {set: {advocacy: champoin}}}",
        "champoin",
        "did you mean `champion`?",
    ),
    "a condition": ("{tactic: popular, at: 0, effect: {}, target: {where: area == ubran}}", "ubran", "no category"),
    "a condition that narrows": (
        "{tactic: in_state, states: obesity.obese, at: 0, effect: {}, target: {where: area == ubran}}",
        "ubran",
        "`ubran` is no category of `area`",
    ),
    "a condition of the tactic": (
        "{tactic: in_state, states: obesity.obse, at: 0, effect: {}, target: {where: area == urban}}",
        "in_state",
        "`obse` is no state of `obesity`",
    ),
    "a second cut": ("{tactic: popular, at: 0, effect: {}, target: {share: 0.1, number: 3}}", "number", "second cut"),
    "a target that is none": ("{tactic: popular, at: 0, effect: {}, target: 3}", "3}", "mapping"),
    "nothing happens": ("{tactic: popular, at: 0}", "popular", "`effect` is missing"),
    "never": ("{tactic: popular, effect: {}}", "popular", "`at` is missing"),
}


@pytest.mark.parametrize("name", WRONG)
def test_slips_beside_a_tactic_are_pointed_at_where_they_are(name):
    given, pointed, words = WRONG[name]
    with pytest.raises(ScenarioError) as refused:
        load("obesity").set_text([f"interventions.leaders={given}"])
    (located,) = refused.value.located
    line = located.mark.source.line(located.line)
    assert line[located.column - 1 :].startswith(pointed), str(located)
    assert words in str(located)


def test_uptake_effect_and_cost_beside_a_tactic_are_inputs_as_anywhere():
    from scenarios.inputs import inputs_of

    given = "{tactic: popular, at: 0, uptake: {value: 0.8, source: hill2010}, effect: {set: {advocacy: champion}}}"
    spec = load("obesity").set_text([f"interventions.leaders={given}"]).spec
    (uptake,) = [each for each in inputs_of(spec) if each.name == "interventions.leaders.uptake"]
    assert uptake.source == "hill2010"


def test_a_plan_shows_what_a_tactic_stands_for():
    from experiments.design import design
    from experiments.plan.making import plan_of
    from experiments.plan.sections import text_lines

    given = "{tactic: popular, target: {number: 7}, at: 0, effect: {set: {advocacy: champion}}}"
    arms = "arms={usual_care: [], one: [leaders], two: [{tactic: in_state, states: obesity.obese, at: 1, effect: {}}]}"
    small = ["population.size=300", f"interventions.leaders={given}", arms]
    lines = [each.strip() for each in text_lines(plan_of(design(load("obesity").set_text(small)), 1))]
    assert "tactic: popular, for {kind: champions, target: {rank: degree, number: 7}}" in lines
    assert "tactic: in_state, for {kind: champions, target: {rank: random, where: obesity == 'obese'}}" in lines


LEADERS = (LIBRARY / "obesity.yaml").read_text()
LEADERS = LEADERS.replace(LEADERS[LEADERS.index("  leaders:") : LEADERS.index("  anyone:")], "  leaders: GIVEN\n")


def problems_of(tmp_path, given: str) -> list[str]:
    path = tmp_path / "tactic.yaml"
    path.write_text(LEADERS.replace("GIVEN", given.replace("«", "")))
    with pytest.raises(ScenarioError) as refused:
        load(path)
    return [str(each) for each in refused.value.located]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{tactic: snowball, waves: «-3, at: 0, effect: {}}", "-3 is not allowed here"),
        ("{tactic: popular, layers: [«freinds], at: 0, effect: {}}", "no layer is named `freinds`"),
        ("{tactic: whole_groups, column: «clas, at: 0, effect: {}}", "no column is named `clas`"),
        ("{tactic: buddies, layer: buddies, to: obesity == «thin, at: 0}", "`thin` is no state of `obesity`"),
    ],
)
def test_a_mistake_in_what_a_parameter_expands_into_is_pointed_at_where_it_was_written(tmp_path, given, message):
    (said,) = problems_of(tmp_path, given)
    line = 1 + LEADERS[: LEADERS.index("GIVEN")].count("\n")
    assert said.startswith(f"{tmp_path}/tactic.yaml:{line}:{12 + given.index('«')}: {message}"), said
    assert "expanded to" not in said


def test_a_wrong_parameter_hides_no_other_mistake_and_a_missing_one_is_explained(tmp_path):
    wrong = "{tactic: snowball, wave: 3, target: {share: 20}, at: 99, uptake: 80, effect: {}}"
    found = "\n".join(problems_of(tmp_path, wrong))
    for each in ("takes no `wave`", "20 is not between 0 and 1", "beyond the horizon", "80 is not between"):
        assert each in found
    (said,) = problems_of(tmp_path, "{tactic: price, at: 0}")
    assert "`price` needs `transitions`" in said
    assert "transitions: Whose rates change: `[drinking.turn_heavy]`." in said
