"""Scenarios as values: changed copies, hashes, graphs given in Python, inputs and sources."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import networkx as nx
import pytest

from scenarios.bibliography import bibliography, references_of
from scenarios.build import initial_states, world_of
from scenarios.inputs import assumed_inputs, inputs_of
from scenarios.loading import LIBRARY, Scenario, load
from scenarios.problems import ScenarioError
from simulator.errors import SpecError
from simulator.streams import Draw

OBESITY = (LIBRARY / "obesity.yaml").read_text()


@pytest.fixture(scope="module")
def obesity() -> Scenario:
    return load("obesity")


def written(folder: Path, text: str, name: str = "scenario.yaml") -> Scenario:
    (folder / name).write_text(text)
    return load(folder / name)


def test_set_changes_a_copy(obesity: Scenario) -> None:
    changed = obesity.set("population.size", 2000)
    assert changed.spec.population.size == 2000
    assert obesity.spec.population.size == 10000
    assert changed.overrides == {"population.size": "2000"}
    several = obesity.set({"population.size": 2000, "experiment.seed": 3, "title": "1"})
    assert (several.spec.population.size, several.spec.experiment.seed, several.title) == (2000, 3, "1")
    assert obesity.set_text(["population.size=2000"]).spec == changed.spec


def test_set_reaches_into_lists_and_makes_new_keys(obesity: Scenario) -> None:
    changed = obesity.set_text(["interventions.leaders.at=[0, 5]", "interventions.leaders.at.1=7"])
    assert changed.spec.interventions["leaders"].at == (0, 7)  # type: ignore[union-attr]
    assert obesity.set("outcomes.more", {"count": "obesity.obese", "better": "lower"}).spec.outcomes.measures["more"]
    assert obesity.set("experiment.curves_by", ("area",)).spec.experiment.curves_by == ("area",)


@pytest.mark.parametrize(
    ("assignment", "place", "words"),
    [
        ("population.size=abc", "--set population.size=abc:1:1: ", "expected a whole number"),
        ("population.size='2000'", "--set population.size='2000':1:1: ", "expected a whole number"),
        ("population.size=", "obesity.yaml:10:1: ", "needs `size` or `file`"),
        ("populaton.size=3", "--set populaton.size=3:1:1: ", "did you mean `population`"),
        ("study.curency=EUR", "--set study.curency=EUR:1:7: ", "did you mean `currency`"),
        ("experiment={replicates: 5, sed: 1}", "--set experiment={replicates: 5, sed: 1}:1:17: ", "`seed`"),
        ("experiment=[1", "--set experiment=[1:1:3: ", "not YAML"),
        ("arms.champions.0=leader", "--set arms.champions.0=leader:1:1: ", "`leaders`"),
        ("arms.champions.1=leaders", "--set arms.champions.1=leaders:1:1: ", "a list of 1"),
        ("name.first=x", "--set name.first=x:1:1: ", "single value"),
        ("interventions.matched_buddies.target.where=obesity == obse", ":1:12: ", "did you mean `obese`"),
        ("experiment.seed=&a 1", ":1:1: ", "anchor"),
        ("experiment.seed=1e400", ":1:1: ", "too large"),
        ("population.size", "", "not an assignment"),
        ("a..b=1", "", "not the path of a key"),
    ],
)
def test_mistakes_in_set_are_pointed_at(obesity: Scenario, assignment: str, place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        obesity.set_text([assignment])
    assert len(refused.value.located) == 1
    assert place in str(refused.value)
    assert words in str(refused.value)


def test_hash_is_of_what_changes_results(obesity: Scenario) -> None:
    same = [
        ("experiment.replicates", 7),
        ("title", "Another"),
        ("references", []),
        ("study.price_year", 1999),
        ("time.start", 1963),
        ("outcomes.primary", "gap"),
        ("outcomes.gap.matters", 0.01),
        ("experiment.control", "usual_care"),
        ("behaviours.obesity.transitions.become_obese.rate", 0.02),
        ("behaviours.obesity.transitions.lose_weight.rate.source", "assumed"),
        ("observed", [{"arm": "usual_care", "outcome": "gap", "value": 0.1}]),
        ("time.observe_every", {"value": 1}),
        ("interventions.unused", {"kind": "broadcast", "target": {}, "at": 0, "effect": {}}),
    ]
    for path, value in same:
        assert obesity.set(path, value).hash8() == obesity.hash8(), path
    other = [
        ("experiment.seed", 2),
        ("experiment.control", "groups"),
        ("experiment.networks", 2),
        ("experiment.curves_by", ["area"]),
        ("population.size", 9999),
        ("behaviours.obesity.transitions.become_obese.rate", 0.03),
        ("interventions.leaders.uptake", 0.7),
        ("interventions.leaders.cost.fixed", 1),
        ("time.observe_every", 2),
        ("time.horizon", 29),
        ("outcomes.obese_at_end.at", 20),
        ("arms.champions", ["leaders", "anyone"]),
        ("population.columns.area.categories", {"rural": 0.3, "urban": 0.7}),  # other people are rural
    ]
    hashes = {obesity.set(path, value).hash8() for path, value in other}
    assert len(hashes | {obesity.hash8()}) == len(other) + 1
    assert len(obesity.hash8()) == 8
    assert obesity.hash8(["champions"]) == obesity.hash8(["champions", "usual_care"]) != obesity.hash8()


def test_hash_does_not_depend_on_order(obesity: Scenario, tmp_path: Path) -> None:
    text = OBESITY.replace(
        "  usual_care: []                          # the control, unless experiment.control names another arm\n", ""
    )
    text = text.replace("  alteration: [matched_buddies]\n", "  alteration: [matched_buddies]\n  usual_care: []\n")
    text = text.replace("experiment: {", "experiment: {control: usual_care, ")
    assert written(tmp_path, text).hash8() == obesity.hash8()
    resolved = obesity.resolved()
    assert json.loads(json.dumps(resolved, allow_nan=False)) == json.loads(json.dumps(resolved))
    assert resolved["experiment"] == {
        "replicates": 100,
        "seed": 1,
        "control": "usual_care",
        "networks": 1,
        "curves_by": [],
    }
    transitions = resolved["behaviours"]["obesity"]["transitions"]
    assert transitions["catch_obesity"]["layers"] == {"close_ties": 1.0}
    assert resolved["interventions"]["leaders"]["target"]["rank"] == "degree"


def test_hash_is_of_what_is_in_files(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    (folder / "data").mkdir(parents=True)
    names = ("nodes.csv", "edges_any.csv", "adoption_curve.csv")
    for name in names:
        (folder / "data" / name).write_bytes((LIBRARY.parent / "data" / "kfamily" / name).read_bytes())
    text = (LIBRARY / "family_planning.yaml").read_text().replace("../data/kfamily", "data")
    first = written(folder, text).hash8()
    assert first == load("family_planning").hash8()
    header, *rows = (folder / "data" / "nodes.csv").read_text().splitlines()
    (folder / "data" / "nodes.csv").write_text("\n".join([header, *reversed(rows)]) + "\n")
    assert load(folder / "scenario.yaml").hash8() == first
    (folder / "data" / "nodes.csv").write_text("\n".join([header, *rows]).replace("1002,1,4", "1002,1,5") + "\n")
    assert load(folder / "scenario.yaml").hash8() != first


def test_files_are_found_from_the_scenario_or_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = LIBRARY.parent / "data" / "kfamily" / "nodes.csv"
    (tmp_path / "mine.csv").write_bytes(people.read_bytes())
    monkeypatch.chdir(tmp_path)
    changed = load("family_planning").set("population.file", "mine.csv")
    assert changed.hash8() == load("family_planning").hash8()
    with pytest.raises(ScenarioError, match=r"no file `nodes\.csv`"):
        changed.set("population.file", "nodes.csv")


def test_a_layer_may_be_a_graph() -> None:
    small = load("obesity").set("population.size", 100)
    ring, other = nx.cycle_graph(100), nx.path_graph(100)
    given = small.with_layer("close_ties", ring)
    assert not given.not_built()
    assert given.hash8() == small.with_layer("close_ties", nx.Graph(reversed(list(ring.edges)))).hash8()
    assert len({small.hash8(), given.hash8(), small.with_layer("close_ties", other).hash8()}) == 3
    assert given.graph().number_of_edges() == 100
    ring.remove_edge(0, 1)
    assert given.graph().number_of_edges() == 100
    assert given.set("experiment.seed", 5).graph().number_of_edges() == 100
    with pytest.raises(ScenarioError, match="close_ties"):
        small.with_layer("close_ties", nx.cycle_graph(101))


def test_a_graph_is_the_scenarios(obesity: Scenario) -> None:
    small = obesity.set("population.size", 60)
    graph = small.graph()
    assert graph.number_of_nodes() == 60
    assert set(nx.get_node_attributes(graph, "area").values()) <= {"urban", "rural"}


def test_scenarios_travel(obesity: Scenario) -> None:
    again = pickle.loads(pickle.dumps(obesity))
    assert again.spec == obesity.spec
    assert again.set("population.size", 3).spec.population.size == 3
    with pytest.raises(ScenarioError) as refused:
        obesity.set("population.size", "x")
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


def test_inputs_say_where_they_come_from(obesity: Scenario) -> None:
    inputs = {each.name: each for each in inputs_of(obesity.spec)}
    rate = inputs["behaviours.obesity.transitions.catch_obesity.rate"]
    assert (rate.kind, rate.value, rate.unit, rate.source) == ("rate", "0.005", "per year and contact", "hill2010")
    assert not rate.assumed
    assert inputs["behaviours.obesity.initial.obese"].value == "urban 0.12, rural 0.19"
    assert inputs["interventions.leaders.cost.fixed"].unit == "GBP"
    assert inputs["population.size"].assumed
    assert "network.layers.buddies" not in inputs
    assert "experiment.seed" not in inputs
    named = set(inputs)
    assert len(assumed_inputs(obesity.spec)) == sum(each.source == "assumed" for each in inputs.values())
    fewer = obesity.set("arms", {"usual_care": [], "groups": ["worst_communities"]})
    assert named - {each.name for each in inputs_of(fewer.spec)} >= {"interventions.leaders.uptake"}
    villages = inputs_of(load("family_planning").spec)
    assert [each.source for each in villages if each.kind == "rate"] == ["fitted", "fitted"]
    assert not assumed_inputs(load("family_planning").spec)


def test_plain_numbers_are_assumed(obesity: Scenario) -> None:
    before = len(assumed_inputs(obesity.spec))
    plain = obesity.set("behaviours.obesity.transitions.become_obese.rate", 0.02)
    assert len(assumed_inputs(plain.spec)) == before + 1


def test_references_are_found(obesity: Scenario) -> None:
    assert list(references_of(obesity.spec)) == ["hill2010", "coiera2013"]
    own = obesity.set("references", [{"key": "mine2026", "text": "Mine. 2026."}, "coiera2013"])
    own = own.set("behaviours.obesity.transitions.become_obese.rate.source", "mine2026")
    assert list(references_of(own.spec)) == ["mine2026", "coiera2013", "hill2010"]
    for key in ("hill2010", "coiera2013", "valente2012", "centola2010", "rogers_kincaid1981", "kim2015"):
        assert bibliography()[key].text.endswith((".", ")."))


def test_what_the_walk_through_found(tmp_path):
    scenario = load("obesity")
    assert len(repr(scenario)) < 300
    with pytest.raises(SpecError, match="did you mean `close_ties`"):
        scenario.with_layer("clse_ties", nx.cycle_graph(10_000))
    with pytest.raises(SpecError, match="the graph has 5 people, the scenario 10,000"):
        scenario.with_layer("close_ties", nx.path_graph(5))
    with pytest.raises(SpecError, match="count from 0"):
        scenario.model(replicate=-1)
    with pytest.raises(SpecError, match="at most 1,024"):
        scenario.set("interventions.word_of_mouth.effect.influence", {"obesity.lose_weight_with_champion": 5000})
    with pytest.raises(SpecError, match="ranked on `gap2`"):
        scenario.set(
            {
                "outcomes.gap2": {"share": "obesity.obese", "among": "targets", "better": "lower"},
                "outcomes.primary": "gap2",
            }
        )
    villages = load("family_planning")
    with pytest.raises(SpecError, match="n_nominatoins"):
        villages.set("network.layers.talk.where", "n_nominatoins > 1")
    halves = scenario.set({"population.size": 501, "behaviours.obesity.initial": {"lean": 0.5, "obese": 0.5}})
    world = world_of(halves, 0)
    assert initial_states(halves, world, Draw(1))[:, 0].sum() == 250
