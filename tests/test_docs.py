"""What `docs/scenarios.md` shows of networks and of the laws can be run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import netrial
from scenarios.grammar import GENERATORS
from scenarios.loading import Scenario, load
from scenarios.worlds import world_of

PAGE = (Path(__file__).parent.parent / "docs" / "scenarios.md").read_text()
FLAT = re.sub(r"\s+", " ", PAGE)
FRIENDS = {"generator": "watts_strogatz", "mean_degree": 6, "rewiring": 0.1}
NUMBERS = {"distribution": "normal", "mean": 40, "sd": 10}
SMOKING = {
    "states": ["never", "smoker", "former"],
    "initial": {"smoker": 0.2, "former": 0.1},
    "transitions": {"catch": {"from": "never", "to": "smoker", "rate": 0.01, "per_contact": "smoker"}},
}
TRANSITION = "behaviours.smoking.transitions.catch"

# (what the page says, where it stands in a scenario)
SHOWN = [
    ("[friends]", f"{TRANSITION}.layers"),
    ("{friends: 1, work: 0.5}", f"{TRANSITION}.layers"),
    ("sex == f and pregnancy == yes", f"{TRANSITION}.where"),
    ("{by: area, values: {urban: 1, rural: 1.4}}", f"{TRANSITION}.susceptibility"),
    ("{by: depression, values: {well: 1, ill: 2}}", f"{TRANSITION}.influence"),
    ("{column: age, ratio: 1.2, per: 10, centre: 40}", f"{TRANSITION}.susceptibility"),
    ("{value: 0.02, series: [[0, 1], [5, 0.8]]}", f"{TRANSITION}.rate"),
    ("{value: 0.02, series: [[0, 1], [0.75, 1.3]], repeats_every: 1}", f"{TRANSITION}.rate"),
    ("time_in_state: [[0, 1], [0.25, 0.3]]", TRANSITION),
    ("{former: {where: status == former, since: quit_time}}", "behaviours.smoking.initial"),
    ("{warm_up: 20}", "time"),
    ("{rewire: {share: 0.5, keep: degree, layer: friends}}", "interventions.change.effect.ties"),
    ("person_time: {smoking.smoker: 1, smoking.former: 0.3}", "outcomes.burden"),
    (
        "{enter: {rate: 12, columns: {age: 18}, states: {smoking: {never: 0.9, smoker: 0.1}}, ties: {friends: 3}}, "
        "leave: {rate: 0.01, susceptibility: {column: age, ratio: 2.5, per: 10, centre: 50}}}",
        "population",
    ),
    ("{column: threshold}", "threshold"),
    ("{by: sex, values: {f: 2, m: 3}}", "threshold"),
    ("{distribution: normal, mean: 0.4, sd: 0.1}", "threshold"),
    ("threshold: 3", ""),
]


@pytest.fixture(scope="module")
def town() -> Scenario:
    words = {"sex": "fm", "area": ["urban", "rural"], "class": "abc", "status": ["never", "former"]}
    columns = {name: {"categories": dict.fromkeys(each, 1)} for name, each in words.items()}
    columns |= {"age": {**NUMBERS, "ages": True}, "threshold": NUMBERS, "quit_time": {**NUMBERS, "mean": -40, "max": 0}}
    return load("obesity").set(
        {
            "time": {"unit": "year", "horizon": 2},
            "population": {"size": 100, "columns": columns},
            "network.layers": {"friends": FRIENDS, "work": FRIENDS},
            "behaviours": {
                "smoking": SMOKING,
                "depression": {"states": ["well", "ill"], "initial": {"ill": 0.3}},
                "pregnancy": {"states": ["no", "yes"], "initial": {"yes": 0.3}},
            },
            "interventions": {"change": {"kind": "alteration", "target": {}, "at": 0, "effect": {"ties": {}}}},
            "interventions.change.effect.ties": {"add": {"per_person": 1, "layer": "work"}},
            "arms": {"usual": [], "changed": ["change"]},
            "outcomes": {"primary": "burden", "burden": {"person_time": "smoking.smoker", "better": "lower"}},
            "experiment.replicates": 1,
        }
    )


def read(text: str) -> Any:
    return YAML(typ="safe").load(text)


def runs(scenario: Scenario) -> None:
    assert not scenario.not_built()
    assert not scenario.warnings
    assert not netrial.run(scenario).manifest["failures"]


@pytest.mark.parametrize(("shown", "place"), SHOWN)
def test_what_is_shown_inline_runs(town: Scenario, shown: str, place: str) -> None:
    assert FLAT.count(shown) >= 1, shown
    value = read(shown)
    if place in ("threshold", ""):
        threshold = value if place else value["threshold"]
        law = {"rate": 1, "from": "never", "to": "smoker", "response": {"count": "smoker", "threshold": threshold}}
        if isinstance(threshold, dict) and threshold != {"by": "sex", "values": {"f": 2, "m": 3}}:
            law["response"]["share"] = law["response"].pop("count")
        runs(town.set(TRANSITION, law))
    elif place in (TRANSITION, "time", "population", "outcomes.burden"):
        runs(town.set({f"{place}.{key}": each for key, each in value.items()}))
    else:
        smokers = {"smoker": 0.2} if place.endswith("initial") else {}
        runs(town.set(place, {**smokers, **value} if smokers else value))


def test_the_transitions_that_are_shown_run(town: Scenario) -> None:
    (block,) = [text for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if "norm:" in text]
    transitions = read(block)["transitions"]
    assert len(transitions) == 5
    runs(town.set("behaviours.smoking.transitions", transitions))


def test_the_networks_that_are_shown_can_be_made(town: Scenario) -> None:
    rows = re.findall(r"^\| `(\{generator: .*?\})` \|", PAGE, re.MULTILINE)
    (block,) = [text for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if "caves:" in text]
    friends = re.search(r"`friends: (\{categories: .*?\}\})`", FLAT)
    assert friends
    layers = {str(row["generator"]): row for row in map(read, rows)} | read(block)
    assert {*GENERATORS} | {"caves", "near", "web"} == set(layers)
    columns = {**town.spec.model_dump(by_alias=True, exclude_none=True)["population"]["columns"]}
    columns |= {"village": {"categories": {"a": 1, "b": 1}}, "friends": read(friends[1])}
    scenario = town.set(
        {
            "population": {"size": 1000, "columns": columns},
            "network.layers": {"friends": FRIENDS, "work": FRIENDS, **layers},
        }
    )
    made = world_of(scenario).network.layers
    assert [name for name in made if not made[name].n_ties] == ["empty"]
