"""The bundled scenarios: each loads, runs, says what it rests on, and points the way its sources do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from qc import buddies_centola2010 as six_trials
from typer.testing import CliRunner

import netrial
from experiments.commands import app
from scenarios import grammar
from scenarios.bibliography import references_of
from scenarios.inputs import assumed_inputs
from scenarios.loading import LIBRARY

NAMES = sorted(path.stem for path in LIBRARY.glob("*.yaml"))
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_it_checks_clean(name: str) -> None:
    assert netrial.load(name).not_built() == []
    checked = CliRunner().invoke(app, ["check", name])
    assert checked.exit_code == 0
    assert f"{len(assumed_inputs(netrial.load(name).spec))} assumed" in checked.output


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_page_that_lists_its_references(name: str) -> None:
    page = (ROOT / "docs" / "scenarios" / f"{name}.md").read_text()
    references = references_of(netrial.load(name).spec)
    assert references
    for publication in references.values():
        assert f"{publication.text.split()[0]} " in page, publication.key
        assert publication.doi is None or publication.doi in page, publication.key
    assert f"rests on {len(assumed_inputs(netrial.load(name).spec))} assumed inputs" in page
    assert f"| [`{name}`](docs/scenarios/{name}.md) |" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_small(name: str) -> None:
    scenario = netrial.load(name)
    if (scenario.spec.population.size or 0) > 500:
        scenario = scenario.set("population.size", 500)
    results = netrial.run(scenario, replicates=2)
    assert results.manifest["completed"] == 2
    assert list(results.effects["arm"].unique()) != []


def test_every_law_is_used_somewhere() -> None:
    transitions = [
        transition
        for name in NAMES
        for behaviour in netrial.load(name).spec.behaviours.values()
        for transition in behaviour.transitions.values()
    ]
    for key in (*grammar.LAWS, "where", "susceptibility", "influence", "time_in_state"):
        assert any(getattr(transition, key) is not None for transition in transitions), key


@cache
def joined(name: str, size: int, neighbours: int, replicates: int = 300) -> tuple[float, float, float]:
    """Return mean final shares, clustered and random, and how many times longer the random network takes to a fifth."""
    scenario = netrial.load(name).set({"population.size": size, "network.layers.buddies.neighbours": neighbours})
    means = netrial.run(scenario, replicates=replicates).outcomes.groupby(["outcome", "arm"])["value"].mean()
    slower = means["time_to_fifth", "random"] / means["time_to_fifth", "clustered"]
    return means["joined", "clustered"], means["joined", "random"], slower


CLUSTERED, RANDOM = (six_trials.FIGURES[name].value / 100 for name in ("clustered", "random"))


def test_health_buddies_as_it_stands() -> None:
    clustered, random, slower = joined("health_buddies", 144, 8)
    assert clustered == pytest.approx(CLUSTERED, abs=0.05)
    assert random == pytest.approx(RANDOM, abs=0.05)
    assert 1.3 <= slower <= 2


def test_six_trials() -> None:
    trials = zip(*(six_trials.FIGURES[name].value for name in ("sizes", "degrees")), strict=True)
    found = [joined("buddies_centola2010", size, degree) for size, degree in trials]
    clustered, random = (sum(trial[i] for trial in found) / len(found) for i in (0, 1))
    assert clustered == pytest.approx(CLUSTERED, abs=0.05)
    assert random == pytest.approx(RANDOM, abs=0.05)
    larger_and_faster = sum(one > two and slower > 1 for one, two, slower in found)
    assert larger_and_faster == six_trials.FIGURES["larger_and_faster"].value


def test_a_simple_contagion_would_not_do() -> None:
    """The twin: where one signal is as good as two, the random network is not behind."""
    simple = netrial.load("buddies_centola2010").set(
        "behaviours.forum.transitions.join.response.table", [[0, 0.0], [1, 0.3]]
    )
    means = netrial.run(simple, replicates=100).outcomes.groupby(["outcome", "arm"])["value"].mean()
    assert means["joined", "random"] > means["joined", "clustered"] - 0.05
