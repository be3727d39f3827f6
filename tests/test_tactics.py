"""Tactics: expanded before anything is checked, into what a scenario would have said."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from experiments.description import describe
from interventions.tactics import tactics
from scenarios import grammar
from scenarios.build import arms_of, interventions_of, world_of
from scenarios.inputs import assumed_inputs
from scenarios.loading import LIBRARY, Scenario, load
from scenarios.problems import ScenarioError
from scenarios.tactics import expand
from simulator.errors import Problem, SpecError

TEXT = (LIBRARY / "obesity.yaml").read_text()
WRITTEN = {
    "kind": "champions",
    "target": {"where": "obesity == lean", "rank": "degree", "share": 0.1},
    "at": [0, 5],
    "uptake": 0.5,
    "effect": {"set": {"advocacy": "champion"}},
}


def ask_leaders(*, share: float = 0.1, times: list[float] | None = None) -> dict[str, Any]:
    """Ask leaders."""
    return {**copy.deepcopy(WRITTEN), "target": {**WRITTEN["target"], "share": share}, "at": tuple(times or (0, 5))}


def leave_out(*, key: str) -> Any:
    """Leave out a key."""
    return {name: each for name, each in WRITTEN.items() if name != key}


def misspell(*, wrong: bool = True) -> Any:
    """Misspell a key, a state and a condition."""
    return {
        **WRITTEN,
        "uptaek": 1,
        "effect": {"set": {"advocacy": "chapmion"}},
        "target": {"where": "obesity == leen", "rank": "degree"},
    }


def fail(*, how: str) -> Any:
    """Fail in some way."""
    returned = {"nothing": None, "itself": {"tactic": "fail"}, "nan": {**WRITTEN, "uptake": float("nan")}}
    if how == "refuse":
        raise SpecError(Problem("there are no leaders", ("how",), "choose another way"))
    return returned[how]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    known = {"ask_leaders": ask_leaders, "leave_out": leave_out, "misspell": misspell, "fail": fail}
    monkeypatch.setattr(tactics, "_things", known)


def with_leaders(tmp_path, given: str, *, size: int = 400) -> Scenario:
    """Return the bundled scenario with another intervention `leaders`, written into the file."""
    data = TEXT.replace("size: 10000", f"size: {size}").splitlines()
    first = data.index("  leaders:")
    last = next(i for i in range(first + 1, len(data)) if data[i].startswith("  ") and data[i][2] not in " #")
    path = tmp_path / "tactic.yaml"
    path.write_text("\n".join([*data[:first], f"  leaders: {given}", "", *data[last:]]) + "\n")
    return load(path)


def test_a_tactic_is_the_intervention_it_expands_into(tmp_path):
    """Same spec, same hash, same inputs as where it is written out."""
    short = with_leaders(tmp_path, "{tactic: ask_leaders, share: 0.1}")
    long = with_leaders(tmp_path, json.dumps(WRITTEN))
    assert short.spec == long.spec
    assert isinstance(short.spec.interventions["leaders"], grammar.Intervention)
    assert short.hash8() == long.hash8()
    assert interventions_of(short.spec)["leaders"] == interventions_of(long.spec)["leaders"]
    assert [each.place for each in assumed_inputs(short.spec)] == [each.place for each in assumed_inputs(long.spec)]
    assert short.not_built() == []
    other = with_leaders(tmp_path, "{tactic: ask_leaders, share: 0.2}")
    assert other.hash8() != long.hash8()


def test_the_results_say_what_it_was_and_what_it_became(tmp_path):
    scenario = with_leaders(tmp_path, "{tactic: ask_leaders, times: [3]}")
    said = describe(scenario, world_of(scenario), tuple(scenario.spec.arms))
    assert said["tactics"] == {"interventions.leaders": {"tactic": "ask_leaders", "times": [3]}}
    assert said["scenario"]["interventions"]["leaders"]["at"] == [3.0]
    (expansion,) = scenario.expansions.values()
    assert expansion.intervention["target"] == {"where": "obesity == lean", "rank": "degree", "share": 0.1}
    assert "tactics" not in describe(load("obesity").set("population.size", 400), world_of(scenario), ("usual_care",))


def test_in_an_arm_it_is_called_by_its_name_or_by_the_tactic():
    arms = {"usual_care": [], "one": [{"tactic": "ask_leaders"}], "two": [{"tactic": "ask_leaders", "name": "mine"}]}
    scenario = load("obesity").set({"arms": arms, "experiment.control": "usual_care"})
    assert [each.name for each in arms_of(scenario.spec)["one"]] == ["ask_leaders"]
    assert [each.name for each in arms_of(scenario.spec)["two"]] == ["mine"]
    budgeted = scenario.set("arms.three", {"interventions": [{"tactic": "ask_leaders", "share": 0.3}]})
    assert arms_of(budgeted.spec)["three"][0].target.share == 0.3
    assert set(budgeted.expansions) == {("arms", "one", 0), ("arms", "two", 0), ("arms", "three", "interventions", 0)}


def test_parameters_can_be_set_and_what_stands_beside_them_too(tmp_path):
    scenario = with_leaders(tmp_path, "{tactic: ask_leaders}")
    changed = scenario.set("interventions.leaders.share", 0.25)
    assert interventions_of(changed.spec)["leaders"].target.share == 0.25
    assert interventions_of(scenario.spec)["leaders"].target.share == 0.1
    assert interventions_of(scenario.set("interventions.leaders.uptake", 0.25).spec)["leaders"].uptake == 0.25
    with pytest.raises(ScenarioError, match="`ask_leaders` takes no `kind`"):
        scenario.set("interventions.leaders.kind", "groups")


def test_the_data_are_left_as_they_are():
    data = {"interventions": {"a": {"tactic": "ask_leaders", "times": [1]}}, "arms": {"x": ["a"]}}
    before = copy.deepcopy(data)
    expanded = expand(data)
    assert data == before
    assert expanded.data["interventions"]["a"]["at"] == [1]
    assert expand({"arms": {"x": [3, {"tactic": 4}]}, "interventions": [1], "background": "x"}).expansions == {}


def problems_of(tmp_path, given: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        with_leaders(tmp_path, given)
    return [str(each) for each in refused.value.located]


LINE = next(i for i, line in enumerate(TEXT.splitlines(), 1) if line == "  leaders:")


@pytest.mark.parametrize(
    ("given", "column", "message", "hint"),
    [
        ("{tactic: ask_laeders}", 21, "no tactic is named `ask_laeders`", "did you mean `ask_leaders`?"),
        ("{tactic: ask_leaders, shares: 1}", 34, "`ask_leaders` takes no `shares`", "did you mean `share`?"),
        ("{tactic: ask_leaders, share: x}", 41, "expected a number, found the word `x`", ""),
        ("{tactic: leave_out}", 3, "`leave_out` needs `key`", ""),
        ("{tactic: fail, how: refuse}", 32, "there are no leaders", "choose another way"),
        ("{tactic: fail, how: badly}", 21, "the tactic `fail` failed", "KeyError: 'badly'"),
        ("{tactic: fail, how: nothing}", 21, "the tactic `fail` does not expand into an intervention", "kind, target"),
        ("{tactic: fail, how: itself}", 21, "the tactic `fail` does not expand into an intervention", "kind, target"),
        ("{tactic: fail, how: nan}", 21, "the tactic `fail` returned what a scenario cannot hold", ""),
    ],
)
def test_a_wrong_tactic_is_pointed_at(tmp_path, given, column, message, hint):
    (said,) = problems_of(tmp_path, given)
    assert said.startswith(f"{tmp_path}/tactic.yaml:{LINE}:{column}: {message}"), said
    assert hint in said


def test_what_is_wrong_with_an_expansion_points_at_the_tactic_and_shows_it(tmp_path):
    (said,) = problems_of(tmp_path, "{tactic: leave_out, key: effect}")
    assert said.startswith(f"{tmp_path}/tactic.yaml:{LINE}:21: `effect` is missing"), said
    assert 'the tactic `leave_out` expanded to {"kind": "champions"' in said
    found = problems_of(tmp_path, "{tactic: misspell}")
    assert len(found) == 3
    assert all(said.startswith(f"{tmp_path}/tactic.yaml:{LINE}:21: ") for said in found)
    everything = "\n".join(found)
    assert "`uptaek`: unknown key `uptaek`" in everything
    assert "did you mean `uptake`" in everything
    assert "`effect.set.advocacy`: `chapmion` is no state of `advocacy`" in everything
    assert "`target.where`: `leen` is" in everything


def test_without_any_tactic_the_error_says_that_none_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(tactics, "_things", {})
    (said,) = problems_of(tmp_path, "{tactic: snowball, coupons: 3}")
    assert "no tactic is named `snowball`" in said
    assert "no package that is installed brings tactics" in said
