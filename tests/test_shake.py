"""Assumed numbers halved and doubled: what becomes of the winner is right, said right, and survives a kill."""

from __future__ import annotations

import html
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import type_in

import netrial
from experiments.design import design
from experiments.execution import run_trial
from experiments.replicate import run_outcomes
from experiments.report import page as report
from experiments.shake import running
from experiments.shake.changes import Price, changes_of, parts_of, touched, trial_of
from experiments.shake.numbers import (
    DOUBLED,
    HALVED,
    UnshakableError,
    assumed_numbers,
    value_in_words,
    with_change,
)
from experiments.shake.table import repriced
from experiments.shake.words import left_out, sentence, tried, value_sentence
from experiments.status import status_of
from experiments.verification import verify
from scenarios.loading import Scenario, names
from simulator.errors import SpecError, StoreError

TWO_STRATEGIES = """
netrial: 1
name: two_strategies
time: {{unit: year, horizon: 1}}
population: {{size: 100}}
behaviours:
  weight:
    states: [lean, obese]
    initial: {{obese: {{value: 0.4, source: assumed}}}}
  help:
    states: [without, helped]
interventions:
  the_obese:
    kind: champions
    target: {{where: weight == obese, share: 1}}
    at: 0
    effect: {{set: {{help: helped}}}}
  anybody:
    kind: champions
    target: {{rank: random, number: {number}}}
    at: 0
    effect: {{set: {{help: helped}}}}
arms:
  nothing: []
  obese: [the_obese]
  some: [anybody]
outcomes:
  primary: people_helped
  people_helped: {{count: help.helped, at: end, better: higher}}
experiment: {{replicates: 4, seed: 3}}
"""
"""Of 100 people, 40 are obese: one strategy helps all of them, the other so many at random. No luck counts."""


LIVELY = {
    "population.size": 60,
    "time.horizon": 2,
    "behaviours.weight.transitions": {
        "become": {"from": "lean", "to": "obese", "rate": 0.1},
        "lose": {"from": "obese", "to": "lean", "rate": {"value": 0.2, "source": "fitted"}},
    },
    "behaviours.help.transitions": {"forget": {"from": "helped", "to": "without", "rate": 0.5}},
    "interventions.the_obese.uptake": 0.8,
    "interventions.anybody.uptake": {"value": 0.5, "source": "assumed"},
    "experiment.replicates": 3,
}
"""The same with luck: six numbers, of which the two of uptake each touch one arm."""


def written(folder: Path, number: int = 30) -> Path:
    path = folder / "two_strategies.yaml"
    path.write_text(TWO_STRATEGIES.format(number=number), encoding="utf-8")
    return path


def small(name: str, **changes: object) -> Scenario:
    """A bundled scenario in a small town, for a short time."""
    scenario = netrial.load(name)
    size = {} if scenario.spec.population.size is None else {"population.size": 300}
    return scenario.set({**size, "experiment.replicates": 2, **changes})


def changes_by(results: netrial.Results) -> dict[tuple[str, str], dict]:
    """The rows of changes by place and change."""
    return {(row["place"], row["change"]): row for row in results.shake.to_dict("records")}


# ------------------------------------------------------------------------------------------------- who wins

SHARE = "behaviours.weight.initial.obese"


def test_halving_one_known_number_flips_the_winner(tmp_path):
    results = netrial.run(written(tmp_path), shake=True)
    rows = changes_by(results)
    as_it_is, halved, doubled = rows["", "none"], rows[SHARE, HALVED], rows[SHARE, DOUBLED]
    # 40 obese against 30 at random; 20 against 30; 80 against 30. Nothing varies between replicates.
    assert [as_it_is["winner"], halved["winner"], doubled["winner"]] == ["obese", "some", "obese"]
    assert [row["answer"] for row in (halved, doubled)] == ["other winner", "same"]
    for row, lead in ((as_it_is, 10), (halved, -10), (doubled, 50)):
        assert [row["lead"], row["lead_low"], row["lead_high"]] == [lead] * 3
    assert [row["effect"] for row in (as_it_is, halved, doubled)] == [40, 20, 80]
    assert [row["leader_effect"] for row in (as_it_is, halved, doubled)] == [40, 30, 80]
    assert (halved["value"], halved["shaken"], doubled["shaken"]) == ("0.4", "0.2", "0.8")
    assert sentence(results.shake, "nothing") == (
        "The winner stays obese in 1 of 2 changes; halving the share of people who are obese at the start "
        "(0.4 → 0.2) makes some best."
    )


def test_nothing_flips_where_the_lead_is_large(tmp_path):
    results = netrial.run(written(tmp_path, number=10), shake=True)
    rows = changes_by(results)
    assert [rows[SHARE, change]["lead"] for change in (HALVED, DOUBLED)] == [10, 70]
    assert set(results.shake["answer"]) == {"same", ""}
    said = "The winner stays obese when the one assumed or fitted number is halved or doubled (2 changes)."
    assert sentence(results.shake, "nothing") == said


def test_a_draw_is_no_clear_winner(tmp_path):
    results = netrial.run(written(tmp_path, number=20), shake=True)
    halved = changes_by(results)[SHARE, HALVED]
    assert (halved["answer"], halved["winner"], halved["lead"]) == ("no clear winner", "", 0)
    assert "leaves no clear winner." in sentence(results.shake, "nothing")


def test_without_a_winner_as_it_is_one_may_come_out(tmp_path):
    results = netrial.run(written(tmp_path, number=40), shake=True)
    rows = changes_by(results)
    assert results.verdict.winner is None
    assert [rows[SHARE, change]["winner"] for change in (HALVED, DOUBLED)] == ["some", "obese"]
    said = sentence(results.shake, "nothing")
    assert said.startswith("There still is no clear winner in 0 of 2 changes; halving")
    assert "makes some best" in said
    assert "makes obese best" in said


def test_a_wrong_twin_would_be_seen(tmp_path, monkeypatch):
    """Were the changed scenarios not what is run, the flip above could not come out."""
    original = running.trial_of
    monkeypatch.setattr(running, "trial_of", lambda trial, change: original(trial, change) and trial)
    results = netrial.run(written(tmp_path), shake=True)
    assert changes_by(results)[SHARE, HALVED]["winner"] == "obese"


def test_one_arm_is_refused_before_anything_runs(tmp_path, monkeypatch, capsys):
    path = written(tmp_path)
    with pytest.raises(SpecError, match="only one is run"):
        netrial.run(path, arms=["nothing"], shake=True, out=tmp_path / "out")
    assert (
        type_in(["run", path, "--arm", "nothing", "--shake", "--out", tmp_path / "out"], monkeypatch, capsys).code == 2
    )
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------------------------- which numbers


def number_at(scenario: Scenario, place: str):
    return next(number for number in assumed_numbers(scenario) if number.name == place)


def shaken_at(scenario: Scenario, place: str, change: str) -> tuple[str, str]:
    """What a number becomes, and the note."""
    _, raw, note = with_change(scenario, number_at(scenario, place), change)
    return value_in_words(raw), note


@pytest.mark.parametrize(
    ("name", "place", "halved", "doubled"),
    [
        ("obesity", "interventions.leaders.uptake", ("0.4", ""), ("1", "capped at 1")),
        (
            "obesity",
            "behaviours.obesity.initial.obese",
            ("urban 0.06, rural 0.095", ""),
            ("urban 0.24, rural 0.38", ""),
        ),
        ("obesity", "network.layers.close_ties.mean_degree", ("2", ""), ("8", "")),
        ("obesity", "network.layers.close_ties.triangles", ("0.4", ""), ("1", "capped at 1")),
        (
            "obesity",
            "interventions.worst_communities.effect.susceptibility.obesity.become_obese",
            ("0.25", ""),
            ("1", "now changes nothing"),
        ),
        (
            "drinking",
            "interventions.circles.effect.susceptibility.drinking.turn_heavy",
            ("0.35", ""),
            ("1.4", "now works the other way"),
        ),
        (
            "drinking",
            "behaviours.drinking.transitions.relapse.time_in_state",
            ("0: 0.5, 0.25: 0.15, 1: 0.05, 3: 0", ""),
            ("0: 1, 0.25: 0.6, 1: 0.2, 3: 0", "capped at 1"),
        ),
        (
            "smoking",
            "behaviours.smoking.transitions.start.susceptibility",
            ("× 0.2 for each 10 more of age", ""),
            ("× 0.8 for each 10 more of age", ""),
        ),
        (
            "mood_hillem2015",
            "behaviours.mood.transitions.recover.response.table",
            ("0: 0.195, 3: 0.195, 10: 0.5", ""),
            ("0: 0.78, 3: 0.78, 10: 1", "capped at 1"),
        ),
        ("vaccination", "behaviours.vaccine.transitions.take.rate", ("0.0039", ""), ("0.0156", "")),
        ("family_planning", "behaviours.contraception.transitions.adopt.rate", ("0.03665", ""), ("0.1466", "")),
    ],
)
def test_a_number_is_halved_and_doubled(name, place, halved, doubled):
    scenario = netrial.load(name)
    assert (shaken_at(scenario, place, HALVED), shaken_at(scenario, place, DOUBLED)) == (halved, doubled)


@pytest.mark.parametrize("name", names())
def test_every_assumed_input_is_shaken_or_has_a_reason(name):
    from scenarios.inputs import inputs_of

    scenario = netrial.load(name)
    numbers = assumed_numbers(scenario)
    assert len({number.what for number in numbers}) == len(numbers)
    for given in inputs_of(scenario.spec):
        here = [number for number in numbers if number.name.startswith(given.name.removesuffix(".distribution"))]
        assert bool(here) == (given.assumed or given.fitted), given.name
    for number in numbers:
        for change in (HALVED, DOUBLED):
            try:
                changed, raw, _ = with_change(scenario, number, change)
            except UnshakableError:
                continue
            assert raw != number.raw
            before, after = ({each.name: each for each in assumed_numbers(one)} for one in (scenario, changed))
            # Nothing else has moved.
            assert {place for place in before if before[place].raw != after[place].raw} == {number.name}
            assert (changed.hash8(), number.kind == "cost") != (scenario.hash8(), False)


def test_what_cannot_be_shaken_says_why(tmp_path):
    scenario = netrial.load(written(tmp_path)).set(
        {
            "behaviours.weight.states": ["lean", "obese", "sick", "well"],
            "behaviours.weight.initial": {"obese": 0.5, "sick": 0.3, "well": 0},
            "behaviours.weight.transitions.become": {"from": "lean", "to": "obese", "rate": 0},
            "network.layers.pairs": {"generator": "random_regular", "degree": 1},
            "network.layers.ring": {"generator": "watts_strogatz", "mean_degree": 2, "rewiring": 1},
            "behaviours.weight.transitions.catch": {
                "from": "lean",
                "to": "obese",
                "rate": {"value": 0.1, "source": "assumed"},
                "per_contact": "obese",
            },
        }
    )
    results = netrial.run(scenario, replicates=1, shake=True)
    reasons = {(place, change): row["reason"] for (place, change), row in changes_by(results).items()}
    assert "0 stays 0" in reasons["behaviours.weight.initial.well", HALVED]
    assert "0 stays 0" in reasons["behaviours.weight.transitions.become.rate", DOUBLED]
    assert "1.3" in reasons["behaviours.weight.initial.obese", DOUBLED]
    assert reasons["behaviours.weight.initial.obese", HALVED] == ""
    assert "stays the same" in reasons["network.layers.pairs.degree", HALVED]
    assert reasons["network.layers.pairs.degree", DOUBLED] == ""
    assert reasons["network.layers.ring.rewiring", DOUBLED] == "it is 1, the most it can be"
    assert "would not do" in reasons["network.layers.ring.mean_degree", HALVED]
    assert reasons["population.size", HALVED] == "who lives in the town is given"
    assert "number of people: who lives in the town is given" in left_out(results.shake)
    listed = {row["place"] for row in results.shake.to_dict("records")} - {""}
    assert listed == {number.name for number in assumed_numbers(scenario)}


def test_a_number_inside_a_tactic_or_an_arm_is_shaken_too(tmp_path):
    scenario = netrial.load(written(tmp_path)).set(
        {
            "arms.written_out": [
                {
                    "kind": "champions",
                    "name": "here",
                    "target": {"number": 5},
                    "at": 0,
                    "uptake": 0.5,
                    "effect": {"set": {"help": "helped"}},
                }
            ]
        }
    )
    number = number_at(scenario, "arms.written_out.0.uptake")
    assert number.what == "uptake of here"
    changed, _, _ = with_change(scenario, number, DOUBLED)
    assert changed.spec.arms["written_out"][0].uptake == 1
    arms = tuple(scenario.spec.arms)
    assert touched(scenario.spec, number.place, arms, "nothing") == ("written_out",)
    assert touched(scenario.spec, number.place, arms, "written_out") == arms


def test_a_tactic_is_shaken_in_what_it_expands_into(tmp_path, monkeypatch):
    from interventions.tactics import tactics

    def half_of_them(*, uptake: float = 0.5) -> dict:
        """Offer help to everybody.

        Parameters
        ----------
        uptake : float
            Share who accept.
        """
        return {"kind": "champions", "target": {}, "at": 0, "uptake": uptake, "effect": {"set": {"help": "helped"}}}

    monkeypatch.setitem(tactics._things, "half_of_them", half_of_them)
    for place, changes in (
        ("interventions.anybody.uptake", {"interventions.anybody": {"tactic": "half_of_them"}}),
        ("arms.some.0.uptake", {"arms.some": [{"tactic": "half_of_them"}]}),
    ):
        scenario = netrial.load(written(tmp_path)).set(changes)
        changed, raw, _ = with_change(scenario, number_at(scenario, place), HALVED)
        assert raw == 0.25
        assert number_at(changed, place).raw == 0.25


# ------------------------------------------------------------------------------------------------- what is run

UNEVEN = {
    "obesity": ("obesity", {"time.horizon": 5, "network.layers.close_ties.mean_degree": 4}),
    "vaccination": ("vaccination", {}),
    "two networks": ("mood_hill2010", {"time.horizon": 3, "experiment.networks": 2}),
    "real network": ("family_planning", {"time.horizon": 2}),
}


@pytest.mark.parametrize("case", UNEVEN)
def test_arms_that_a_number_does_not_touch_are_what_they_were(case):
    """Each change is run whole, from nothing, and compared with what shaking puts together."""
    name, settings = UNEVEN[case]
    scenario = small(name, **settings)
    trial = design(scenario)
    base = {replicate: run_outcomes(trial, replicate) for replicate in (0, 1)}
    seen = 0
    for change in changes_of(trial):
        if not change.runs or (change.change == HALVED) == change.number % 2:
            continue
        for replicate in (0, 1):
            whole = run_outcomes(design(change.scenario), replicate)
            own = run_outcomes(trial_of(trial, change), replicate)
            for table in ("outcomes", "pairs", "ledger"):
                expected, before, moved = (pd.DataFrame(each[table]) for each in (whole, base[replicate], own))
                rest = ~before["arm"].isin(change.arms)
                joined = pd.concat([before[rest], moved[moved["arm"].isin(change.arms)]])
                order = list(expected.columns)
                joined, expected = (
                    each.sort_values(order[:1], kind="stable").reset_index(drop=True) for each in (joined, expected)
                )
                pd.testing.assert_frame_equal(joined, expected, check_dtype=False)
            seen += len(trial.arms) - len(change.arms)
    assert seen > 0 or name == "family_planning"


def test_a_price_moves_the_ledger_as_a_run_would():
    scenario = small("obesity", **{"time.horizon": 2, "interventions.leaders.cost.per_reached": 7})
    trial = design(scenario)
    before = pd.DataFrame(run_outcomes(trial, 0)["ledger"])
    prices = [change for change in changes_of(trial) if change.price is not None]
    assert {change.price.key for change in prices} == {"fixed", "per_reached", "per_treated"}
    for change in prices:
        expected = pd.DataFrame(run_outcomes(design(change.scenario), 0)["ledger"])
        found = repriced(before, change.price, change.arms)
        np.testing.assert_allclose(found["cost"], expected["cost"], rtol=1e-12)
        assert (found["cost"] != before["cost"]).any()
    wrong = repriced(before, Price("leaders", "fixed", 5000, 2500, 0.0), ("champions",))  # as if reaching were free
    right = repriced(before, Price("leaders", "fixed", 5000, 2500, 7.0), ("champions",))
    assert (wrong["cost"] != right["cost"]).any()


def test_the_best_value_follows_the_price(tmp_path):
    costs = {
        "study.currency": "GBP",
        "interventions.the_obese.cost": {"per_treated": 10},
        "interventions.anybody.cost": {"per_treated": 15},
    }
    results = netrial.run(netrial.load(written(tmp_path)).set(costs), shake=True)
    rows = changes_by(results)
    place = "interventions.the_obese.cost.per_treated"
    assert [rows[place, change]["best_value"] for change in (HALVED, DOUBLED)] == ["obese", "some"]
    assert [rows[place, change]["cost_per_unit"] for change in (HALVED, DOUBLED)] == [5, 15]
    assert rows[place, DOUBLED]["answer"] == "same"
    assert rows[place, DOUBLED]["arms"] == ""
    assert value_sentence(results.shake) == (
        "The best value for money stays obese in 4 of 6 changes; with 2 others, 2 of them of costs, it is some."
    )
    assert not any((results.folder / "shake").glob("*cost*"))


# ------------------------------------------------------------------------------------------------- stopped, resumed


class StoppedError(Exception):
    """Raised in the middle of a run."""


def stop_after(n: int):
    def progress(done: int, asked: int) -> None:
        if asked > 3 and done >= n:  # the changes, not the trial
            raise StoppedError

    return progress


def lively(folder: Path) -> Scenario:
    return netrial.load(written(folder)).set(LIVELY)


def test_stopped_and_resumed_gives_the_same_bytes(tmp_path):
    scenario = lively(tmp_path)
    whole = netrial.run(scenario, out=tmp_path / "whole", shake=True)
    with pytest.raises(StoppedError):
        netrial.run(scenario, out=tmp_path / "stopped", shake=True, jobs=1, progress=stop_after(9))
    folder = tmp_path / "stopped"
    there = {path: path.stat().st_mtime_ns for path in folder.glob("shake/*/*.part")}
    assert 0 < len(there) < len(list((tmp_path / "whole").glob("shake/*/*.part")))
    seen = status_of(folder)
    assert seen.state == "unfinished"
    assert seen.shaking[0] == len(there) < seen.shaking[1]
    assert netrial.Results.load(folder).shake.empty  # the trial itself is whole
    # What a kill, or worse, may leave behind.
    first, second, *_ = sorted(there)
    first.with_name(f".{first.name}.netrial-tmp").write_bytes(b"half")
    first.write_bytes(first.read_bytes()[:100])
    shutil.copy(sorted((tmp_path / "whole").glob("shake/*/000001.part"))[-1], second)
    resumed = netrial.run(scenario, out=folder, shake=True)
    assert resumed.shake.equals(whole.shake)
    own = {path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").glob("shake/*/*")}
    assert own == {path.relative_to(folder) for path in folder.glob("shake/*/*")}
    for path in [*own, Path("shake.parquet")]:
        assert (folder / path).read_bytes() == (tmp_path / "whole" / path).read_bytes(), path
    kept = [path for path in there if path not in (first, second)]
    assert all(path.stat().st_mtime_ns == there[path] for path in kept)  # not run again


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_killed_and_resumed_as_told(tmp_path):
    scenario = [str(written(tmp_path)), *(f"--set={key}={json.dumps(value)}" for key, value in LIVELY.items())]
    command = [sys.executable, "-m", "experiments.commands", "run", *scenario, "--replicates=4", "--shake", "--quiet"]
    killed = [*command, "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while len(list((tmp_path / "killed").glob("shake/*/*.part"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    seen = status_of(tmp_path / "killed")
    assert seen.state == "unfinished"
    assert "--shake" in seen.command
    subprocess.run(killed, check=True, stdout=subprocess.DEVNULL)
    assert status_of(tmp_path / "killed").state == "finished"
    whole = netrial.run(lively(tmp_path), replicates=4, shake=True)
    assert (tmp_path / "killed" / "shake.parquet").read_bytes() == (whole.folder / "shake.parquet").read_bytes()


def test_threads_and_more_replicates(tmp_path):
    scenario = lively(tmp_path)
    one = netrial.run(scenario, out=tmp_path / "one", shake=True, jobs=1)
    three = netrial.run(scenario, out=tmp_path / "three", shake=True, jobs=3)
    assert (one.folder / "shake.parquet").read_bytes() == (three.folder / "shake.parquet").read_bytes()
    longer = netrial.run(scenario, replicates=5, out=tmp_path / "one")
    assert longer.shake.empty
    assert not (tmp_path / "one" / "shake.parquet").exists()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "one").glob("shake/*/*.part")}
    again = netrial.run(scenario, replicates=5, out=tmp_path / "one", shake=True)
    assert set(again.shake.loc[again.shake["answer"] != "", "replicates"]) == {5}
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    same = netrial.run(scenario, replicates=5, out=tmp_path / "one")  # not asked for again, and still right
    assert same.shake.equals(again.shake)


def test_a_change_that_cannot_be_run_is_listed(tmp_path, monkeypatch):
    original = running.run_outcomes

    def refusing(trial, replicate):
        if "behaviours.weight.initial.obese" in trial.scenario.overrides and trial.scenario.spec.behaviours[
            "weight"
        ].initial["obese"].value == pytest.approx(0.8):
            raise SpecError("too many of them")
        return original(trial, replicate)

    monkeypatch.setattr(running, "run_outcomes", refusing)
    results = netrial.run(written(tmp_path), out=tmp_path / "out", shake=True)
    assert changes_by(results)[SHARE, DOUBLED]["reason"] == "too many of them"
    assert changes_by(results)[SHARE, DOUBLED]["answer"] == ""
    assert any("doubled: too many of them" in line for line in left_out(results.shake))


def test_replicates_of_changes_that_fail_are_said(tmp_path, undrawn, monkeypatch, capsys):
    original = running.run_outcomes

    def failing(trial, replicate):
        if replicate == 2 and len(trial.scenario.overrides) > 0:
            raise RuntimeError("no luck")
        return original(trial, replicate)

    monkeypatch.setattr(running, "run_outcomes", failing)
    words = ["run", written(tmp_path), "--shake", "--out", tmp_path / "out", "--quiet"]
    typed = type_in(words, monkeypatch, capsys)
    assert typed.code == 1
    assert "2 replicates of changes failed" in typed.err
    results = netrial.Results.load(tmp_path / "out")
    rows = changes_by(results)
    assert (rows[SHARE, HALVED]["replicates"], rows[SHARE, HALVED]["failed"]) == (3, 1)
    monkeypatch.setattr(running, "run_outcomes", original)
    assert type_in(words, monkeypatch, capsys).code == 0  # tried again
    assert changes_by(netrial.Results.load(tmp_path / "out"))[SHARE, HALVED]["replicates"] == 4


# ------------------------------------------------------------------------------------------------- the folder


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("shaken")
    results = netrial.run(written(place), out=place / "results", shake=True)
    results.report()
    return results.folder


@pytest.fixture
def folder(original, tmp_path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


@pytest.fixture
def undrawn(original, monkeypatch) -> None:
    """Let the report be what it was, so that figures need not be drawn in every test."""
    page = (original / "report.html").read_text(encoding="utf-8")
    monkeypatch.setattr(report, "render", lambda results: (page, []))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_whole_folder_is_right(folder):
    seen = verify(folder, replicate=1)
    assert seen.findings == []
    assert any("halved and doubled" in line for line in seen.checked)


@pytest.mark.parametrize(
    ("damage", "kind", "file"),
    [
        (lambda folder: flip(folder / "shake.parquet"), "damaged", "shake.parquet"),
        (lambda folder: (folder / "shake.parquet").unlink(), "missing", "shake.parquet"),
        (lambda folder: flip(next(folder.glob("shake/*halved/000002.part"))), "damaged", "shake/"),
        (lambda folder: next(folder.glob("shake/*halved/000002.part")).unlink(), "missing", "shake/"),
        (
            lambda folder: shutil.copy(
                next(folder.glob("shake/*doubled/000002.part")), next(folder.glob("shake/*halved/000002.part"))
            ),
            "damaged",
            "shake/",
        ),
    ],
)
def test_what_is_damaged_is_named_and_mended(folder, undrawn, damage, kind, file):
    before = (folder / "shake.parquet").read_bytes()
    damage(folder)
    wrong = verify(folder).wrong
    assert any(each.kind == kind and each.file.startswith(file) for each in wrong), wrong
    if file == "shake.parquet":
        with pytest.raises(StoreError):
            _ = netrial.Results.load(folder).shake
    netrial.run(netrial.load(folder / "scenario.yaml"), out=folder, shake=True)
    assert (folder / "shake.parquet").read_bytes() == before
    assert verify(folder).wrong == []


def test_a_forged_table_is_seen(folder, undrawn):
    from experiments.manifest import read_manifest, sha256_of, write_manifest
    from experiments.shake.files import table_bytes

    results = netrial.Results.load(folder)
    forged = results.shake.assign(lead=results.shake["lead"] + 1)
    (folder / "shake.parquet").write_bytes(table_bytes(forged, results.manifest["outputs"]))
    manifest = read_manifest(folder)
    manifest["outputs"]["shake.parquet"] = sha256_of(folder / "shake.parquet")
    write_manifest(
        folder, {key: value for key, value in manifest.items() if key not in ("checksum", "netrial_results")}
    )
    assert ("unequal", "shake.parquet") in {(each.kind, each.file) for each in verify(folder).wrong}


def test_another_difference_that_matters_makes_the_table_stale(tmp_path):
    path = written(tmp_path)
    results = netrial.run(path, out=tmp_path / "out", shake=True)
    assert len(results.shake)
    text = path.read_text().replace("better: higher}", "better: higher, matters: 20}")
    path.write_text(text)
    again = netrial.run(path, out=tmp_path / "out")
    assert again.verdict.winner is None
    assert again.shake.empty
    shaken = netrial.run(path, out=tmp_path / "out", shake=True)
    assert changes_by(shaken)[SHARE, DOUBLED]["winner"] == "obese"


# ------------------------------------------------------------------------------------------------- said


def page_of(results: netrial.Results) -> str:
    return results.report().read_text(encoding="utf-8")


def text_of(page: str, place: str) -> str:
    inside = re.search(rf'<p id="{place}">(.*?)</p>', page, re.DOTALL)
    assert inside, place
    return html.unescape(re.sub(r"<[^>]+>", "", inside[1])).strip()


@pytest.mark.parametrize("number", [10, 40])
def test_the_report_agrees_with_the_table(tmp_path, number):
    results = netrial.run(written(tmp_path, number), shake=True)
    page = page_of(results)
    said = sentence(results.shake, results.control)
    assert text_of(page, "shake-finding") == said
    assert text_of(page, "shaken").startswith(sentence(results.shake, results.control, most=1))
    rows = [row for row in results.shake.to_dict("records") if row["answer"] and row["arms"]]
    same = sum(row["answer"] == "same" for row in rows)
    if same == len(rows):
        assert f"({len(rows)} changes)" in said
    else:
        assert f"in {same} of {len(rows)} changes" in said
    for row in rows:
        change = f"{'halving' if row['change'] == HALVED else 'doubling'} the {row['what']}"
        assert (change in said) == (row["answer"] != "same")
        cells = re.search(rf'<tr data-change="{row["place"]} {row["change"]}">(.*?)</tr>', page, re.DOTALL)[1]
        value = float(re.search(r'<data value="([^"]+)"', cells)[1])
        assert value == pytest.approx(row["lead"] * 100)  # 100 people, per 10,000
        answer = (
            "the same" if row["answer"] == "same" else f"{row['winner']} wins" if row["winner"] else "no clear winner"
        )
        assert answer in cells
    assert (results.folder / "figures" / "shake.svg").exists()
    drawn = pd.read_csv(results.folder / "figures" / "shake.csv", keep_default_na=False)
    assert drawn["lead"].iloc[1:].tolist() == pytest.approx([row["lead"] * 100 for row in rows])


def test_the_picture_says_what_it_shows(tmp_path):
    from experiments.figures.style import looks, style
    from experiments.figures.tornado import tornado
    from experiments.report.facts import Facts
    from experiments.report.shaken import tornado_of

    results = netrial.run(written(tmp_path), shake=True)
    given = tornado_of(Facts(results))
    (lever,) = given.levers
    assert [(bar.lead, bar.answer) for bar in lever.bars] == [(-1000, "some wins"), (5000, "")]
    assert lever.bars[0].colour == looks(results.arms, results.control)["some"].colour
    with style():
        assert "−1,000 when halved (some wins) and 5,000 when doubled" in tornado(given, 310, "phone").svg
    assert results.plot_shake().get_xlim()[0] < -1000


def test_a_run_that_was_not_shaken_has_no_such_section(tmp_path):
    results = netrial.run(written(tmp_path))
    assert results.shake.empty
    assert list(results.shake.columns)[:2] == ["number", "place"]
    assert 'id="h-shake"' not in page_of(results)
    with pytest.raises(SpecError, match="shake=True"):
        results.plot_shake()


def test_no_number_to_shake(tmp_path):
    path = written(tmp_path)
    path.write_text(path.read_text().replace("{value: 0.4, source: assumed}", "{value: 0.4, source: hill2010}"))
    results = netrial.run(path, shake=True)
    assert tried(results.shake.to_dict("records")[1:]) == []
    assert "none was halved" in text_of(page_of(results), "shaken")


# ------------------------------------------------------------------------------------------------- typed


def test_typed(tmp_path, undrawn, monkeypatch, capsys):
    path = written(tmp_path)
    words = ["run", path, "--shake", "--out", tmp_path / "out"]
    dry = type_in([*words, "-n"], monkeypatch, capsys)
    assert dry.code == 0
    assert not (tmp_path / "out").exists()
    # The share moves all three arms, twice, in four replicates.
    assert "shaken: 1 number to halve and double: 2 changes; 24 runs of an arm to do" in dry.out
    assert "not tried: number of people: who lives in the town is given" in dry.out
    run = type_in(words, monkeypatch, capsys)
    assert run.code == 0
    assert "24 runs of an arm to do" in run.err
    assert "The winner stays obese in 1 of 2 changes" in run.out
    assert run.out.strip().split("\n")[-1].endswith("report.html")
    again = type_in([*words, "-n"], monkeypatch, capsys)
    assert "2 changes; all 8 replicates are there" in again.out
    told = json.loads(type_in([*words, "-n", "--json"], monkeypatch, capsys).out)["shake"]
    assert (told["numbers"], told["changes"], told["missing"], told["runs"]) == (1, 2, 0, 0)
    data = json.loads(type_in([*words, "--json"], monkeypatch, capsys).out)
    assert data["winner"] == "obese"
    assert data["shake"]["said"][0].startswith("The winner stays obese in 1 of 2")
    assert [row["change"] for row in data["shake"]["changes"]][:3] == ["none", "halved", "doubled"]
    assert (
        json.loads(type_in(["run", path, "--json", "--out", tmp_path / "out"], monkeypatch, capsys).out)["shake"]
        is None
    )
    csv = type_in(["report", tmp_path / "out", "--csv"], monkeypatch, capsys)
    assert "csv/shake.csv" in csv.out
    assert "shake" in (tmp_path / "out" / "report.html").read_text()


def test_the_estimate_counts_the_arms_that_are_run(tmp_path):
    from experiments.shake.foretelling import foretold

    trial = design(lively(tmp_path))
    told = foretold(trial, tmp_path / "nowhere").timed(0.5, 2)
    changes = [change for change in changes_of(trial) if change.runs]
    assert told.runs == sum(3 * len({*change.arms, trial.control}) for change in changes)
    assert told.seconds == told.runs * 0.25
    obese = next(change for change in changes if change.of.name == "interventions.the_obese.uptake")
    assert obese.arms == ("obese",)
    run_trial(trial, tmp_path / "there")
    running.shake_trial(trial, tmp_path / "there")
    assert foretold(trial, tmp_path / "there").missing == 0
    assert len(parts_of(obese, tmp_path / "there", trial.control).numbers()) == 3
