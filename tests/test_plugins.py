"""Plug-ins: the example package is built, installed and used as its author would; broken ones are in nobody's way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from small_towns import situation, town, undirected

from experiments.execution import run
from interventions.targeting import rank, targets
from scenarios.loading import load
from scenarios.parameters import json_schema_of, parameter_problems
from scenarios.plugins import plugins_of
from scenarios.reading import read_text
from simulator.arguments import annotated, documented
from simulator.behaviour import Source
from simulator.errors import SpecError
from simulator.generators import networks
from simulator.outcomes import Measure, outcomes, read
from simulator.population import Column, Numbers, Thresholds
from simulator.registry import Plugin, Registry
from simulator.streams import Draw
from simulator.ties import generated_layer

ROOT = Path(__file__).parent.parent
EXAMPLE = Path(__file__).parent / "plugin_example"
SCHOOL = EXAMPLE / "netrial_example" / "scenarios" / "example_school.yaml"
END = "=====\n"
BEFORE = f"""
from scenarios.loading import load
from simulator.errors import SpecError

def said(function):
    try:
        function()
        print("nothing")
    except SpecError as error:
        print(error)
    print({END.strip()!r})

"""


@dataclass(frozen=True)
class Site:
    """A folder of installed packages, and netrial run with them."""

    folder: Path

    def netrial(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "experiments.commands", *arguments)

    def python(self, code: str, cwd: Path | None = None) -> list[str]:
        """Run code in one process, and return what each call of ``said(function)`` in it refused."""
        ran = self._run("-c", BEFORE + code, cwd=cwd)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.split(END)[:-1]

    def _run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]), "NO_COLOR": "1"},
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], check=True, timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The example package, built to a wheel without a network, and installed from it."""
    work = tmp_path_factory.mktemp("example")
    source = shutil.copytree(EXAMPLE, work / "source", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "wheels")]
    subprocess.run(build, cwd=source, check=True, timeout=120, capture_output=True)
    (wheel,) = (work / "wheels").glob("*.whl")
    pip("install", "--quiet", "--no-deps", "--no-index", "--target", str(work / "site"), str(wheel))
    return Site(work / "site")


def package(folder: Path, name: str, points: dict[str, dict[str, str]], code: str = "") -> None:
    """Install a package by hand: its metadata and, if there is any code, one module."""
    info = folder / f"{name}-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n")
    groups = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in words.items()) for group, words in points.items()]
    (info / "entry_points.txt").write_text("\n".join(groups))
    if code:
        (folder / f"{name}.py").write_text(code)


def test_the_words_are_listed_with_their_help_and_package(site):
    said = site.netrial("list").stdout
    for word, help_line in {
        "highest": "People with the highest number in a column first.",
        "households": "Households of equal size",
        "repeaters": "Share of people who enter the states",
        "quit_leaders": "Those with the highest number in a column are helped",
    }.items():
        (line,) = [line for line in said.splitlines() if line.strip().startswith(f"{word} ")]
        assert help_line in line
        assert line.endswith("(netrial-example 1.0)")
    assert "  example_school " in said


@pytest.fixture(scope="module")
def results(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `netrial run` said of the scenario that uses all five, and its results folder."""
    out = tmp_path_factory.mktemp("results") / "school"
    ran = site.netrial("run", "example_school", "--out", str(out), "--set", "outcomes.primary=relapsers")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, out


def test_a_scenario_that_uses_all_five_runs_and_says_so(results):
    said, out = results
    assert said.splitlines()[1] == "relapsers: lower is better (4 replicates)"
    manifest = json.loads((out / "manifest.json").read_text())
    assert [(each["group"], each["name"], each["package"], each["version"]) for each in manifest["plugins"]] == [
        ("netrial.interventions", "quit_leaders", "netrial-example", "1.0"),
        ("netrial.networks", "households", "netrial-example", "1.0"),
        ("netrial.outcomes", "repeaters", "netrial-example", "1.0"),
        ("netrial.targets", "highest", "netrial-example", "1.0"),
    ]
    assert "netrial-example 1.0" in (out / "report.html").read_text()
    resolved = json.loads((out / "resolved.json").read_text())
    assert "90 ties in `home` (generated: households)" in str(resolved["portrait"])  # 15 households of 4: 6 ties each
    leaders = resolved["scenario"]["interventions"]["leaders"]
    assert (leaders["kind"], leaders["target"]["share"]) == ("champions", 0.5)
    assert resolved["tactics"]["interventions.leaders"] == {
        "tactic": "quit_leaders",
        "column": "popularity",
        "share": 0.5,
    }


def test_the_rule_the_tactic_and_the_measure_did_what_they_say(results):
    """Who was picked and what was measured, worked out again from the files and the tables."""
    _, out = results
    people = pd.read_csv(SCHOOL.parent / "people.csv").set_index("id")
    ledger = pd.read_parquet(out / "ledger.parquet")
    reached = ledger[(ledger["arm"] == "leaders") & (ledger["action"] == "reach")]
    assert set(reached["people"]) == {9}  # half of 18 smokers
    assert set(reached["intervention"]) == {"leaders"}
    written = ledger[(ledger["arm"] == "written_out") & (ledger["action"] == "reach")]
    assert set(written["intervention"]) == {"popular_people"}
    assert set(written["people"]) == {2}  # a tenth of 18, rounded
    picked = pd.read_csv(out / "targets.csv")
    popular = people.loc[picked[picked["arm"] == "leaders"]["id"], "popularity"]
    assert popular.mean() > people["popularity"].mean() + 3
    values = pd.read_parquet(out / "outcomes.parquet").query("outcome == 'relapsers'")["value"]
    assert np.allclose(values * 30, (values * 30).round())  # a share of the 30 people of one grade
    assert values.between(0.05, 0.95).all()
    pairs = pd.read_parquet(out / "pairs.parquet")
    assert set(pairs[pairs["outcome"] == "relapsers"]["estimand"]) == {"overall"}


def test_the_schema_holds_the_words(site):
    said = json.loads(site.netrial("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(said)
    validator = jsonschema.Draft202012Validator(said)
    data = read_text(SCHOOL.read_text(), "school").data
    assert not list(validator.iter_errors(data))
    places: list[tuple[Callable[[Any], Any], str]] = [
        (lambda d: d["network"]["layers"]["home"], "size"),
        (lambda d: d["interventions"]["leaders"], "column"),
        (lambda d: d["interventions"]["all_smokers"]["target"]["rank"], "column"),
        (lambda d: d["outcomes"]["relapsers"]["repeaters"], "states"),
    ]
    for find, key in places:
        changed = json.loads(json.dumps(data))
        find(changed)[f"{key}x"] = find(changed).pop(key)
        assert list(validator.iter_errors(changed)), key
    assert "quit_leaders" not in json.dumps(json.loads((ROOT / "scenarios" / "netrial.schema.json").read_text()))


SLIPS = {
    "a tactic's parameter": ("    column: popularity", "    colum: popularity", "colum:", "did you mean `column`"),
    "a tactic's type": ("share: 0.5", "share: half", "half", "expected a number, found the word `half`"),
    "a rule's parameter": ("highest, column", "highest, colum", "colum:", "did you mean `column`"),
    "a rule's column": ("highest, column: popularity", "highest, column: popularty", "popularty", "`popularity`"),
    "a generator's parameter": ("size: 4", "sise: 4", "sise", "did you mean `size`"),
    "a generator's type": ("size: 4", "size: 0", "0}", "at least 1"),
    "a measure's parameter": ("times: 1", "time: 1", "time: 1", "did you mean `times`"),
    "a measure's states": ("smoking.smoker, times", "smoking.smokr, times", "smoking.smokr,", "did you mean `smoker`"),
    "a measure": ("{repeaters:", "{repeater:", "repeater:", "did you mean `repeaters`"),
    "a tactic": ("tactic: quit_leaders\n", "tactic: quit_leader\n", "quit_leader\n", "did you mean `quit_leaders`"),
    "an expansion": ("    column: popularity", "    column: popularty", "popularty\n", "did you mean `popularity`"),
}
"""What is right, the slip, what the message points at, and what it says."""


def test_slips_are_shown_where_they_are(site, tmp_path):
    """In one process, since each start takes a second: every slip has its place, its line and the way out."""
    shutil.copy(SCHOOL.parent / "people.csv", tmp_path)
    places = []
    for name, (right, wrong, pointed, _) in SLIPS.items():
        text = SCHOOL.read_text().replace(right, wrong, 1)
        (tmp_path / f"{name}.yaml").write_text(text)
        before = text[: text.index(pointed)]
        places.append(f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}")
    code = f"for name in {list(SLIPS)}:\n    said(lambda: load(f'{{name}}.yaml'))"
    found = site.python(code, cwd=tmp_path)
    for (name, (*_, hint)), place, said in zip(SLIPS.items(), places, found, strict=True):
        assert said.startswith(f"{name}.yaml:{place}: "), (name, said)
        assert hint in said, (name, said)
        assert said.count(f"{name}.yaml:") == 1, (name, said)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Site:
    """The example, a package whose module is gone, one that fails, and two that bring the same words."""
    folder = tmp_path_factory.mktemp("broken") / "site"
    shutil.copytree(site.folder, folder)
    package(folder, "gone", {"netrial.targets": {"vanished": "gone:rule"}, "netrial.networks": {"lost": "gone:ties"}})
    package(folder, "fails", {"netrial.outcomes": {"ruined": "fails:measure"}}, "raise RuntimeError('no\\nlicence')\n")
    rule = "def rule(situation):\n    '''A rule.'''\n"
    package(folder, "twin_a", {"netrial.targets": {"twin": "twin_a:rule"}}, rule)
    package(folder, "twin_b", {"netrial.targets": {"twin": "twin_b:rule"}}, rule)
    own = {"netrial.targets": {"nominated": "greedy:rule"}, "netrial.networks": {"lattice": "greedy:rule"}}
    package(folder, "greedy", own, rule)
    package(folder, "nowhere", {"netrial.scenarios": {"nowhere": "nowhere:FOLDER"}}, "FOLDER = '/no/such/folder'\n")
    return Site(folder)


def test_help_and_other_scenarios_need_no_plugin(broken):
    helped = broken.netrial("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert broken.python("said(lambda: load('example_school'))") == ["nothing\n"]


def test_list_names_what_cannot_be_used(broken):
    listed = broken.netrial("list")
    assert listed.returncode == 0
    warned = [line for line in listed.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 7, listed.stderr
    said = "\n".join(warned)
    for words in (
        "the plug-in `vanished` of the package `gone` cannot be imported",
        "entry point netrial.targets: vanished = gone:rule",
        "ModuleNotFoundError: No module named 'gone'",
        "the plug-in `ruined` of the package `fails` cannot be imported",
        "RuntimeError: no licence",
        "the targeting rule `twin` comes from two packages: `twin_a` and `twin_b`",
        "the network generator `lattice` comes from two packages: `netrial` and `greedy`",
        "the targeting rule `nominated` comes from two packages: `netrial` and `greedy`",
        "the plug-in `nowhere` of the package `nowhere` is no folder of scenarios",
    ):
        assert words in said, words
    assert "households" in listed.stdout


NEEDED = {
    "interventions.all_smokers.target.rank=vanished": ("1:1", "the package `gone` cannot be imported"),
    "interventions.all_smokers.target.rank=twin": ("1:1", "two packages: `twin_a` and `twin_b`"),
    "interventions.all_smokers.target.rank=nominated": ("1:1", "two packages: `netrial` and `greedy`"),
    "network.layers.home={generator: lost}": ("1:13", "the package `gone` cannot be imported"),
    "network.layers.home={generator: lattice, neighbours: 4}": ("1:13", "two packages: `netrial` and `greedy`"),
    "outcomes.relapsers={ruined: {}, better: lower}": ("1:2", "the package `fails` cannot be imported"),
}


def test_a_scenario_that_needs_a_broken_plugin_says_which(broken):
    code = f"for change in {list(NEEDED)}:\n    said(lambda: load('example_school').set_text([change]))"
    for (change, (place, words)), said in zip(NEEDED.items(), broken.python(code), strict=True):
        assert said.startswith(f"--set {change}:{place}: "), said
        assert words in said


def test_two_folders_with_one_scenario_name(tmp_path):
    for name in ("north", "south"):
        package(tmp_path, name, {"netrial.scenarios": {name: f"{name}:FOLDER"}}, f"FOLDER = {str(tmp_path / name)!r}\n")
        shutil.copytree(SCHOOL.parent, tmp_path / f"{name}")
    said = Site(tmp_path).netrial("check", "example_school")
    assert said.returncode == 2
    assert "the scenario `example_school` comes from two packages: `north` and `south`" in said.stderr


@dataclass(frozen=True)
class Dist:
    name: str
    version: str


@pytest.fixture
def installed() -> Iterator[Callable[..., None]]:
    """Let a registry of this process have a plug-in for a while."""
    changed: list[Registry[Any]] = []

    def install(registry: Registry[Any], name: str, thing: Any, version: str = "1.0") -> None:
        point = EntryPoint(name, "here:thing", str(registry.group))
        vars(point).update(dist=Dist("here", version))
        registry._points_found = {**registry._points, name: [point]}
        registry._loaded[name] = thing
        changed.append(registry)

    yield install
    for registry in changed:
        registry._points_found = None
        registry._loaded.clear()


def rank_first(situation: Any) -> np.ndarray:
    """People as they come."""
    return np.arange(situation.world.population.size, dtype=np.int32)


def test_the_hash_knows_the_version_of_a_plugin_that_is_used_and_of_no_other(installed):
    from scenarios.loading import load

    plain = load("obesity")
    installed(targets, "first", rank_first, "1.0")
    asks = plain.set("interventions.leaders.target.rank", "first")
    first, without = asks.hash8(), plain.hash8()
    assert plugins_of(asks) == (Plugin("netrial.targets", "first", "here", "1.0"),)
    assert plugins_of(asks, ["groups"]) == plugins_of(plain) == ()  # an arm that does not use it
    only_groups = asks.hash8(["groups"])
    installed(targets, "first", rank_first, "1.1")
    assert asks.hash8() != first
    assert plain.hash8() == without
    assert asks.hash8(["groups"]) == only_groups


@pytest.mark.parametrize(
    "ranking",
    [[[0, 1, 2, 3]], [0, 1, 2, 2], [0.0, 1.0, 2.0, 3.0], [1, 2, 3, 4]],
    ids=["nested", "twice", "floats", "beyond"],
)
def test_a_rule_that_does_not_rank_people_at_most_once_is_refused(installed, ranking):
    here = situation(town(4, [undirected("friends", [(0, 1)])]))
    installed(targets, "mine", lambda situation: np.array([3, 1, 0, 2], np.int32))
    assert rank(here, "mine", {}).tolist() == [3, 1, 0, 2]
    installed(targets, "mine", lambda situation: np.array(ranking))
    with pytest.raises(SpecError, match="`mine` of the package `here` made something else than a ranking"):
        rank(here, "mine", {})


def test_what_a_packages_rule_does_wrong_is_not_said_to_stand_at_the_top_of_the_file(installed):
    installed(targets, "mine", lambda situation: np.zeros(50))
    scenario = load("obesity").set({"population.size": 50, "interventions.leaders.target.rank": "mine"})
    with pytest.raises(SpecError, match=r"^the targeting rule `mine` of the package `here` made"):
        run(scenario, replicates=1, arms=["champions"])


@pytest.mark.parametrize(
    "ties",
    [[[1, 0]], [[0, 0]], [[0, 4]], [[-1, 2]], [[0, 2], [0, 1]], [[0, 1], [0, 1]], [[0.0, 1.0]], [0, 1]],
    ids=["turned", "self", "beyond", "negative", "unsorted", "twice", "floats", "flat"],
)
def test_a_generator_that_makes_no_ties_is_refused(installed, ties):
    draw = Draw(1, "network", 0)
    installed(networks, "mine", lambda n, key: [[0, 1], [0, 3], [2, 3]])
    layer = generated_layer("friends", "mine", 4, {}, draw)
    assert layer.ties.tolist() == [[0, 1], [0, 3], [2, 3]]
    assert (layer.ties.dtype, layer.ties.flags.c_contiguous) == (np.int32, True)
    installed(networks, "mine", lambda n, key: np.array(ties))
    with pytest.raises(SpecError, match="`mine` of the package `here` made something else than ties"):
        generated_layer("friends", "mine", 4, {}, draw)


def test_a_registry_without_a_group_has_no_plugins():
    from interventions.kinds import kinds

    assert kinds.group is None
    assert kinds.names() == ["alteration", "broadcast", "champions", "groups", "induction"]


def test_a_plugin_is_imported_only_when_it_is_asked_for(installed):
    registry: Registry[Any] = Registry("word", "netrial.none")
    registry._points_found = {"later": [EntryPoint("later", "no_such_module:thing", "netrial.none")]}
    assert "later" in registry
    assert registry.names() == ["later"]
    with pytest.raises(SpecError, match="no_such_module"):
        registry["later"]


def example(world, *, share: float, states: Source, place: Column, many: list[int] = (), odd: Unknown = 3):  # noqa: F821
    """Do something.

    Parameters
    ----------
    world : World
    share, place : float, str
        What is shared
        by two.
    states : Source
        States.

    Returns
    -------
    float
        Nothing: this is no parameter.
    """


def test_parameters_come_from_annotations_and_docstring():
    assert documented(example) == {
        "world": "",
        "share": "What is shared by two.",
        "place": "What is shared by two.",
        "states": "States.",
    }
    assert (annotated(example, "Column"), annotated(example, "Source")) == (("place",), ("states",))
    said = json_schema_of(example)
    assert said["required"] == ["share", "states", "place"]
    assert said["properties"]["share"]["type"] == "number"
    assert said["properties"]["odd"]["default"] == 3
    assert "type" not in said["properties"]["odd"]  # an annotation that cannot be looked up allows anything
    right = {"share": 1, "states": ["a", "b"], "place": "village", "many": [1, 2], "odd": {"x": None}}
    assert parameter_problems("example", example, right) == []


def test_annotations_need_not_be_texts_to_stand_for_what_a_scenario_names():
    def as_objects(situation: Any, *, a: Column, b: Numbers, c: Thresholds, d: Numbers | None = None) -> None: ...

    for parameter, each in zip("abcd", (Column, Numbers, Thresholds, Numbers | None), strict=True):
        as_objects.__annotations__[parameter] = each  # as in a module that does not put off its annotations
    found = {word: annotated(as_objects, word) for word in ("Column", "Numbers", "Thresholds")}
    assert found == {"Column": ("a", "b", "d"), "Numbers": ("b", "d"), "Thresholds": ("c",)}


@pytest.mark.parametrize(
    ("given", "place", "message"),
    [
        ({"share": "x"}, ("share",), "expected a number"),
        ({"share": True}, ("share",), "expected a number"),
        ({"share": None}, ("share",), "found nothing"),
        ({"place": 3}, ("place",), "expected a word"),
        ({"many": [1, "x"]}, ("many", 1), "expected a whole number"),
        ({"many": 1}, ("many",), "expected a list"),
        ({"sahre": 1}, ("sahre",), "`example` takes no `sahre`"),
    ],
)
def test_wrong_parameters_are_refused(given, place, message):
    right = {"share": 0.5, "states": "a", "place": "village"}
    (problem,) = parameter_problems("example", example, {**right, **given})
    assert problem.place == place
    assert message in str(problem)


def test_a_missing_parameter_is_named():
    (problem,) = parameter_problems("example", example, {"share": 1.0, "place": "village"})
    assert problem.message == "`example` needs `states`"


def test_a_brought_measure_counts_whom_it_is_asked_to_count(installed):
    """Against `simulator.outcomes`' own measure of the same thing, on a run."""
    from experiments.design import design
    from experiments.replicate import run_arms
    from scenarios.loading import load

    def ever(world: Any, trajectory: Any, people: np.ndarray, *, states: Source) -> float:
        """Share of people, not in the states at the start, who ever enter them."""
        code = world.behaviours[states.behaviour].code(states.states[0])
        column = world.column_of(states.behaviour)
        new = (trajectory.entries(column, (code,)) > 0) & ~trajectory.starts_in(column, (code,))
        return float(new[people].mean())

    installed(outcomes, "ever_new", ever)
    asked = {"ever_new": {"states": "obese"}, "where": "area == rural", "better": "lower"}
    scenario = load("obesity").set({"population.size": 500, "outcomes.mine": asked})
    trial = design(scenario, ["champions"])
    town = trial.town(0)
    trajectory = run_arms(trial, town, 0)["champions"]
    everybody = np.ones(500, bool)
    mine = read(trial.measures["mine"], town.world, trajectory).over(everybody)
    own = Measure("first_entries", "obesity", ("obese",), trial.measures["mine"].where)
    counted = read(own, town.world, trajectory).over(everybody)
    assert mine.people == counted.people < 500
    assert mine.value == pytest.approx(counted.value / counted.people)
    assert 0.02 < mine.value < 0.98
    assert np.isnan(read(trial.measures["mine"], town.world, trajectory).over(~everybody).value)


def classes(n: int, key: int, *, of: Column) -> np.ndarray:
    """Everybody of one category knows everybody else of it.

    Parameters
    ----------
    n, key : int
    of : Column
        A column of words.
    """
    codes, _ = of.groups()
    pairs = [(one, two) for one in range(n) for two in range(one + 1, n) if codes[one] == codes[two]]
    return np.array(pairs, np.int32).reshape(-1, 2)


def ever_in(world: Any, trajectory: Any, people: np.ndarray, *, states: Source) -> float:
    """Share of people who enter the states at any time."""
    codes = tuple(world.behaviours[states.behaviour].code(state) for state in states.states)
    return float((trajectory.entries(world.column_of(states.behaviour), codes)[people] > 0).mean())


def test_a_generator_that_reads_a_column_and_a_measure_that_ranks_the_arms(installed, tmp_path):
    """All the way: check, run with its report and picture, replay, and the resolved scenario again."""
    import netrial
    from experiments.report.facts import Facts
    from experiments.stored_trial import trial_again

    installed(networks, "classes", classes)
    installed(outcomes, "ever_in", ever_in)
    path = tmp_path / "classes.yaml"
    path.write_text(CLASSES)
    scenario = netrial.load(path)
    model = scenario.model()
    for person in model.people:
        assert {each.id for each in person.contacts} == {
            other.id for other in model.people if other.area == person.area and other is not person
        }
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(CLASSES.replace("of: area", "of: aera"))
    with pytest.raises(SpecError, match=r"wrong\.yaml:6:51: no column is named `aera`(.|\n)*did you mean `area`"):
        netrial.load(wrong)
    results = netrial.run(scenario, out=tmp_path / "out")
    assert results.network.facts["behaviour"] == Facts(results).watched.behaviour == "smoking"
    replayed = netrial.replay(results, arm="lead", replicate=1)
    entered = replayed.events.query("entered == 'yes'")["person"].nunique()
    value = results.outcomes.query("arm == 'lead' and replicate == 1 and outcome == 'm'")["value"].item()
    assert value == entered / 40 > 0
    assert trial_again(results.folder, results.manifest).scenario.hash8() == scenario.hash8()
    assert scenario.set("network.layers.talk.of", "side").hash8() != scenario.hash8()


CLASSES = """netrial: 1
name: classes
title: Classes of a package
time: {unit: month, horizon: 6}
population: {size: 40, columns: {area: {categories: {a: 0.5, b: 0.5}}, side: {categories: {l: 0.5, r: 0.5}}}}
network: {layers: {talk: {generator: classes, of: area}}}
behaviours:
  smoking:
    states: [no, yes]
    initial: {yes: 0.1}
    transitions:
      start: {from: no, to: yes, rate: 0.02, per_contact: yes}
      stop: {from: yes, to: no, rate: 0.2}
interventions:
  lead: {kind: champions, target: {rank: degree, share: 0.2}, at: 0, effect: {set: {smoking: no}}}
arms: {nothing: [], lead: [lead]}
outcomes: {primary: m, m: {ever_in: {states: smoking.yes}, better: lower}}
experiment: {replicates: 2, seed: 1}
"""
