"""Equal seeds give equal bytes, however the work is done; and what two runs share is the same in both."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import netrial

TABLES = ("curves", "outcomes", "pairs", "effects", "ledger")
SMALL = {"population.size": 400, "experiment.replicates": 6}
LIBRARY = Path(netrial.load("obesity").path).parent


@pytest.fixture(scope="module")
def scenario():
    return netrial.load("obesity").set(SMALL)


@pytest.fixture(scope="module")
def baseline(scenario, tmp_path_factory):
    return netrial.run(scenario, jobs=1, out=tmp_path_factory.mktemp("baseline") / "run")


def files(results):
    return {name: (results.folder / f"{name}.parquet").read_bytes() for name in TABLES} | {
        "targets": (results.folder / "targets.csv").read_bytes()
    }


def shared(ours: pd.DataFrame, theirs: pd.DataFrame, arms) -> None:
    """Require that the rows of these arms are the same in both tables."""
    one, two = (table[table["arm"].isin(arms)].reset_index(drop=True) for table in (ours, theirs))
    assert len(one) > 0
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def written(tmp_path, change) -> netrial.Scenario:
    """The obesity scenario with its text changed."""
    text = (LIBRARY / "obesity.yaml").read_text()
    changed = change(text)
    assert changed != text
    path = tmp_path / "obesity.yaml"
    path.write_text(changed)
    return netrial.load(path).set(SMALL)


def test_two_threads(scenario, baseline, tmp_path):
    assert files(netrial.run(scenario, jobs=2, out=tmp_path / "run")) == files(baseline)


def test_another_seed_differs(scenario, baseline, tmp_path):
    assert files(netrial.run(scenario, seed=2, out=tmp_path / "run")) != files(baseline)


def test_arms_in_another_order(baseline, tmp_path):
    def reverse(text):
        head, rest = text.split("arms:\n")
        arms, tail = rest.split("\noutcomes:")
        arms = "\n".join(reversed(arms.strip("\n").split("\n")))
        tail = tail.replace("replicates: 100", "control: usual_care, replicates: 100")
        return f"{head}arms:\n{arms}\n\noutcomes:{tail}"

    assert files(netrial.run(written(tmp_path, reverse), out=tmp_path / "run")) == files(baseline)


def test_rows_of_the_files_in_another_order(tmp_path):
    for name in ("a", "b"):
        shutil.copytree(LIBRARY.parent / "data", tmp_path / name / "data")
        (tmp_path / name / "library").mkdir()
        shutil.copy(LIBRARY / "family_planning.yaml", tmp_path / name / "library")
    rng = np.random.default_rng(5)
    for file in ("nodes.csv", "edges_any.csv"):
        path = tmp_path / "b" / "data" / "kfamily" / file
        head, *rows = path.read_text().splitlines()
        path.write_text("\n".join([head, *rng.permutation(rows)]) + "\n")
    folders = [tmp_path / name / "run" for name in ("a", "b")]
    one, two = (
        netrial.run(folder.parent / "library" / "family_planning.yaml", replicates=4, out=folder) for folder in folders
    )
    assert files(one) == files(two)


def test_a_kill_loses_only_the_part_being_written(scenario, tmp_path):
    settings = [f"--set={key}={value}" for key, value in {**SMALL, "experiment.replicates": 60}.items()]
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "experiments.commands", "run", "obesity", *settings, "--out", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(list(folder.glob("parts/*.part"))) < 5:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("parts/*.part")}
    assert len(kept) >= 5
    assert not (folder / "effects.parquet").exists(), "killed too late to show anything"
    whole = scenario.set("experiment.replicates", 60)
    resumed = netrial.run(whole, out=folder)
    assert all((folder / "parts" / name).stat().st_mtime_ns == stamp for name, stamp in kept.items())
    assert files(resumed) == files(netrial.run(whole, out=tmp_path / "whole"))


def test_more_replicates_extend(scenario, baseline, tmp_path):
    folder = tmp_path / "run"
    netrial.run(scenario, replicates=2, out=folder)
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("parts/*.part")}
    assert len(stamps) == 2
    extended = netrial.run(scenario, out=folder)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert files(extended) == files(baseline)


@pytest.mark.parametrize(
    "members", ["[nothing, leaders]", "[leaders, nothing]", "[nothing, leaders, nothing, later_nothing]"]
)
def test_an_empty_intervention_changes_nothing(members, baseline, tmp_path):
    def add(text):
        nothing = "  nothing: {kind: broadcast, target: {}, at: 0, effect: {}}\n"
        nothing += "  later_nothing: {kind: champions, target: {rank: random, share: 0.3}, at: [1.3, 7], effect: {}}\n"
        text = text.replace("\narms:\n", f"{nothing}\narms:\n")
        return text.replace("champions: [leaders]", f"champions: {members}")

    results = netrial.run(written(tmp_path, add), out=tmp_path / "run")
    pd.testing.assert_frame_equal(results.curves, baseline.curves, check_exact=True)
    pd.testing.assert_frame_equal(results.outcomes, baseline.outcomes, check_exact=True)


def test_more_observation_times(baseline, tmp_path):
    results = netrial.run(
        written(tmp_path, lambda text: text.replace("observe_every: 1", "observe_every: 0.125")), out=tmp_path / "run"
    )
    pd.testing.assert_frame_equal(results.outcomes, baseline.outcomes, check_exact=True)
    yearly = results.curves[results.curves["time"] % 1 == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(yearly, baseline.curves, check_exact=True)


def test_a_shorter_horizon_is_the_beginning(scenario, baseline, tmp_path):
    results = netrial.run(scenario.set("time.horizon", 10), out=tmp_path / "run")
    first = baseline.curves[baseline.curves["time"] <= 10].reset_index(drop=True)
    pd.testing.assert_frame_equal(results.curves, first, check_exact=True)


def test_an_added_arm_and_a_left_out_arm(scenario, baseline, tmp_path):
    results = netrial.run(
        written(
            tmp_path, lambda text: text.replace("\noutcomes:", "  both: [leaders, worst_communities]\n\noutcomes:")
        ),
        out=tmp_path / "more",
    )
    fewer = netrial.run(scenario, arms=["groups"], out=tmp_path / "fewer")
    assert set(fewer.arms) == {"usual_care", "groups"}
    for name in ("curves", "outcomes", "pairs", "ledger"):
        shared(getattr(results, name), getattr(baseline, name), baseline.arms)
        shared(getattr(baseline, name), getattr(fewer, name), fewer.arms)


def test_an_added_transition_that_nobody_can_take(baseline, tmp_path):
    def add(text):
        text = text.replace("states: [none, champion]", "states: [none, champion, unheard_of]")
        stray = "      return: {from: unheard_of, to: none, rate: 40}\n"
        return text.replace("      stop: {from: champion", f"{stray}      stop: {{from: champion")

    results = netrial.run(written(tmp_path, add), out=tmp_path / "run")
    pd.testing.assert_frame_equal(results.outcomes, baseline.outcomes, check_exact=True)
    curves = results.curves[results.curves["state"] != "unheard_of"].reset_index(drop=True)
    pd.testing.assert_frame_equal(curves, baseline.curves, check_exact=True)
