"""Whoever looks at a results folder is told how far it is, and what in it is not as it was written."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from commands import type_in

import netrial
from experiments import lock, parts, verification
from experiments.design import design
from experiments.execution import identity_of
from experiments.manifest import read_manifest, sha256_of, versions, write_manifest
from experiments.parts import TABLES
from experiments.report import page as report
from experiments.status import command_text, spans, status_of
from experiments.store import Identity, Store
from scenarios.loading import Scenario
from scenarios.starting import write_new
from simulator.errors import StoreError

REPLICATES = 4


def scenario_in(folder: Path) -> Scenario:
    """A survey of 24 people, which needs its two data files."""
    return netrial.load(write_new(folder / "survey.yaml", "survey", {})[0]).set("experiment.seed", 5)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with its report."""
    place = tmp_path_factory.mktemp("run")
    results = netrial.run(scenario_in(place), replicates=REPLICATES, out=place / "results")
    results.report()
    other = netrial.run(netrial.load(place / "survey.yaml"), replicates=REPLICATES, out=place / "other")
    assert other.manifest["hash"] != results.manifest["hash"]
    return results.folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


@pytest.fixture
def undrawn(original: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the report be what it was, so that figures need not be drawn in every test."""
    page = (original / "report.html").read_text(encoding="utf-8")
    monkeypatch.setattr(report, "render", lambda results: (page, []))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def sign(folder: Path, **changes: object) -> None:
    """Write the manifest anew, as a forger would: with the hashes of the files as they now are."""
    manifest = read_manifest(folder)
    manifest["outputs"] = {name: sha256_of(folder / name) for name in manifest["outputs"]}
    kept = {key: value for key, value in manifest.items() if key not in ("checksum", "netrial_results")}
    write_manifest(folder, kept | changes)


def change(folder: Path, name: str, column: str, row: int = 0) -> None:
    """Add 1 to one number of a table, and sign it."""
    path = folder / f"{name}.parquet"
    table = pd.read_parquet(path)
    table.loc[row, column] += 1
    table.to_parquet(path)
    sign(folder)


def found(folder: Path, **options: int) -> set[tuple[str, str]]:
    """What is wrong, as (kind, file)."""
    return {(each.kind, each.file) for each in verification.verify(folder, **options).wrong}


def test_a_whole_folder_is_right_and_its_replicates_come_out_again(folder):
    seen = verification.verify(folder, replicate=2)
    assert seen.findings == []
    said = " ".join(seen.checked)
    for words in (
        "14 files",
        "4 parts",
        "no replicate is missing",
        "tables",
        "effects",
        "report",
        "2 files",
        "replicate 2",
    ):
        assert words in said, words


def test_looking_changes_nothing(folder, undrawn):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    verification.verify(folder)
    status_of(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder, _: flip(folder / "parts/000001.part"), {("damaged", "parts/000001.part")}),
        (lambda folder, _: (folder / "parts/000001.part").write_bytes(b""), {("damaged", "parts/000001.part")}),
        (lambda folder, _: (folder / "parts/000001.part").write_bytes(b"[1]\nx"), {("damaged", "parts/000001.part")}),
        (
            lambda folder, other: shutil.copy(other / "parts/000001.part", folder / "parts"),
            {("foreign", "parts/000001.part")},
        ),
        (
            lambda folder, _: shutil.copy(folder / "parts/000001.part", folder / "parts/000003.part"),
            {("foreign", "parts/000003.part")},
        ),
        (lambda folder, _: (folder / "parts/000003.part").unlink(), {("missing", "parts")}),
        (lambda folder, _: flip(folder / "curves.parquet"), {("damaged", "curves.parquet")}),
        (lambda folder, _: flip(folder / "scenario.yaml"), {("damaged", "scenario.yaml")}),
        (lambda folder, _: (folder / "targets.csv").unlink(), {("missing", "targets.csv")}),
        (lambda folder, _: flip(folder / "manifest.json"), {("damaged", "manifest.json")}),
        (lambda folder, _: flip(folder / "report.html"), {("unequal", "report.html")}),
        (lambda folder, _: change(folder, "curves", "count"), {("unequal", "curves.parquet")}),
        (lambda folder, _: change(folder, "effects", "high"), {("unequal", "effects.parquet")}),
        (lambda folder, _: change(folder, "effects", "replicates"), {("unequal", "effects.parquet")}),
        (
            lambda folder, _: change(folder, "pairs", "people", 2),
            {("unequal", "pairs.parquet")},
        ),
    ],
)
def test_what_is_damaged_is_named(folder, original, undrawn, damage, expected):
    damage(folder, original.parent / "other")
    if ("unequal", "report.html") in expected:
        damaged = (folder / "report.html").read_bytes()
        assert damaged != (original / "report.html").read_bytes()
    assert found(folder) == expected


def test_all_damage_is_named_at_once(folder, undrawn):
    flip(folder / "parts/000000.part")
    (folder / "parts/000002.part").unlink()
    flip(folder / "ledger.parquet")
    (folder / "curves.parquet").unlink()
    assert found(folder) == {
        *(("damaged", "parts/000000.part"), ("missing", "parts")),
        *(("damaged", "ledger.parquet"), ("missing", "curves.parquet")),
    }


def test_whom_to_recruit_is_checked_against_the_parts(folder, undrawn):
    path = folder / "targets.csv"
    path.write_text(path.read_text().replace(f",{REPLICATES},1\n", ",3,0.75\n", 1))
    sign(folder)
    assert found(folder) == {("unequal", "targets.csv")}


def test_a_scenario_that_is_not_the_folders_is_named(folder, undrawn):
    path = folder / "scenario.yaml"
    path.write_text(path.read_text().replace("rate: 0.05", "rate: 0.06"))
    sign(folder)
    assert found(folder) == {("unequal", "scenario.yaml")}


def test_changed_input_files_are_seen_and_lost_ones_are_a_note(tmp_path, undrawn):
    results = netrial.run(scenario_in(tmp_path), replicates=2, out=tmp_path / "run")
    people = tmp_path / "survey_people.csv"
    text = people.read_text()
    people.write_text("\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]))
    assert found(results.folder) - {("note", "report.html")} == set(), "the order of rows does not matter"
    people.write_text(text.replace("p01,red,11,no", "p01,red,11,yes"))
    assert ("unequal", "scenario.yaml") in found(results.folder)
    people.unlink()
    seen = verification.verify(results.folder)
    assert not seen.wrong
    assert any("there is no file `survey_people.csv`" in each.message for each in seen.findings)
    assert ("missing", "scenario.yaml") in found(results.folder, replicate=0)


def test_a_replicate_that_comes_out_otherwise_is_named(folder, undrawn):
    """A forger with patience writes a part that is whole, and tables that follow from it."""
    path = folder / "parts" / "000002.part"
    manifest = read_manifest(folder)
    tables = {name: table.to_pandas() for name, table in parts.decode(path.read_bytes(), 2, manifest["hash"]).items()}
    tables["outcomes"].loc[0, "value"] += 1
    path.write_bytes(parts.encode(2, tables, manifest["hash"]))
    change_to = pd.read_parquet(folder / "outcomes.parquet")
    first = change_to.index[change_to["replicate"] == 2][0]
    change_to.loc[first, "value"] += 1
    pa.parquet.write_table(parts.to_arrow(change_to, TABLES["outcomes"]), folder / "outcomes.parquet")
    sign(folder)
    assert ("unequal", "outcomes.parquet") not in found(folder)
    (wrong,) = [each for each in verification.verify(folder, replicate=2).wrong if each.file.startswith("parts")]
    assert (wrong.kind, wrong.file) == ("unequal", "parts/000002.part")
    assert "other outcomes" in wrong.message
    assert not any("run again" in each for each in verification.verify(folder, replicate=2).checked)


def test_no_replicate_is_said_to_come_out_again_that_was_not_compared(folder, undrawn):
    flip(folder / "parts/000002.part")
    for replicate in (2, 17):
        seen = verification.verify(folder, replicate=replicate)
        assert seen.wrong
        assert not any("run again" in each for each in seen.checked)


def test_other_versions_and_leftovers_are_notes(folder, undrawn):
    (folder / "parts" / ".000001.part.netrial-tmp").write_text("half")
    sign(folder, versions=versions() | {"numpy": "1.0"})
    flip(folder / "report.html")
    seen = verification.verify(folder)
    assert not seen.wrong
    assert {each.file for each in seen.findings} == {"", "parts/.000001.part.netrial-tmp", "report.html"}
    assert any("numpy 1.0, now" in each.message for each in seen.findings)


def test_failed_replicates_and_those_of_a_longer_run_are_notes(tmp_path, monkeypatch, undrawn):
    from experiments import execution
    from experiments.replicate import run_replicate

    def fails_once(trial, replicate):
        if replicate == 1:
            raise MemoryError("no room\nfor this")
        return run_replicate(trial, replicate)

    monkeypatch.setattr(execution, "run_replicate", fails_once)
    scenario = scenario_in(tmp_path)
    netrial.run(scenario, replicates=3, out=tmp_path / "run")
    netrial.run(scenario, replicates=2, out=tmp_path / "run")
    seen = verification.verify(tmp_path / "run")
    assert not seen.wrong
    said = "\n".join(map(str, seen.findings))
    assert "replicate 1 failed and is left out: for this" in said
    assert "beyond the 2" in said
    status = status_of(tmp_path / "run")
    assert (status.completed, status.stored, status.failures, status.missing) == (1, 2, {1: "for this"}, [])
    assert status.state == "finished"
    assert "the same Python call" in status.command


def test_a_run_in_which_everything_failed_is_whole(tmp_path, monkeypatch, capsys):
    from experiments import execution

    def fails(trial, replicate):
        raise MemoryError("no room")

    monkeypatch.setattr(execution, "run_replicate", fails)
    monkeypatch.chdir(tmp_path)
    scenario_in(tmp_path)
    words = ["run", "survey.yaml", "--replicates", "2", "--out", "run"]
    typed = type_in(words, monkeypatch, capsys)
    assert (typed.code, typed.out.splitlines()[-1]) == (1, "run")
    assert typed.err.splitlines() == [f"replicate {number} failed: MemoryError: no room" for number in (0, 1)]
    data = json.loads(type_in([*words, "--json"], monkeypatch, capsys).out)
    assert (data["report"], data["verdict"], data["effects"], data["completed"]) == (None, None, [], 0)
    refused = type_in(["report", "run"], monkeypatch, capsys)
    assert (refused.code, refused.out) == (1, "")
    assert "nothing to report" in refused.err
    seen = verification.verify("run")
    assert not seen.wrong
    assert len(seen.findings) == 2
    status = status_of("run")
    assert (status.state, status.completed, len(status.failures)) == ("finished", 0, 2)
    assert status.command == "netrial run survey.yaml --replicates 2 --json --out run"


def test_the_way_out_that_is_named_leads_out(folder, original, monkeypatch, capsys, undrawn):
    flip(folder / "parts/000001.part")
    shutil.copy(original.parent / "other/parts/000002.part", folder / "parts")
    flip(folder / "effects.parquet")
    scenario = scenario_in(folder.parent)
    with pytest.raises(StoreError):
        netrial.run(scenario, replicates=REPLICATES, out=folder)
    for kind, file in found(folder):
        if kind in ("damaged", "foreign") and file.startswith("parts/"):
            (folder / file).unlink()
    netrial.run(scenario, replicates=REPLICATES, out=folder)
    assert found(folder) == set()
    assert bytes_of(folder) == bytes_of(original)


def test_the_commands_end_with_codes_and_print_data(folder, monkeypatch, capsys):
    right = type_in(["verify", folder, "--json"], monkeypatch, capsys)
    assert right.code == 0
    data = json.loads(right.out)
    assert (data["right"], data["findings"], data["folder"]) == (True, [], str(folder))
    flip(folder / "curves.parquet")
    wrong = type_in(["verify", folder], monkeypatch, capsys)
    assert wrong.code == 3
    assert wrong.out.splitlines()[0] == f"{folder}: 1 thing is wrong"
    assert "damaged: curves.parquet" in wrong.out
    data = json.loads(type_in(["verify", folder, "--json"], monkeypatch, capsys).out)
    assert [each["file"] for each in data["findings"]] == ["curves.parquet"]
    for command in ("verify", "status", "report"):
        nothing = type_in([command, folder.parent], monkeypatch, capsys)
        assert (nothing.code, nothing.out) == (3, "")
        assert "no results folder" in nothing.err


def test_a_folder_of_another_version_is_named_as_such(folder, monkeypatch, capsys):
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"netrial_results": 1', '"netrial_results": 7'))
    for command in ("report", "verify", "status"):
        typed = type_in([command, folder], monkeypatch, capsys)
        assert "version 7; this netrial reads version 1" in typed.out + typed.err
        assert typed.code == (0 if command == "status" else 3)
    assert status_of(folder).state == "damaged"


def test_status_of_a_run_that_goes_on_and_of_one_that_was_stopped(tmp_path):
    pytest.importorskip("fcntl")
    scenario = scenario_in(tmp_path)
    folder = tmp_path / "run"
    netrial.run(scenario, replicates=2, out=folder)
    assert status_of(folder).state == "finished"
    assert status_of(folder).command == ""
    assert (folder / lock.NAME).read_text() == ""
    command = ["netrial", "run", "survey.yaml", "--replicates", "5", "--out", "elsewhere"]
    with Store.open(folder, identity_of(design(scenario))) as store:
        store.announce(5, command)
        status = status_of(folder)
        assert (status.state, status.replicates, status.completed, status.missing) == ("running", 5, 2, [2, 3, 4])
        assert status.command == ""
        assert found(folder) == {("unfinished", "")}
    stopped = status_of(folder)
    assert (stopped.state, stopped.completed, stopped.finished) == ("unfinished", 2, None)
    assert shlex.split(stopped.command) == ["netrial", *command[1:5], "--out", str(folder)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_killed_looked_at_and_resumed_as_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scenario_in(tmp_path)
    words = ["run", "survey.yaml", "--replicates", "100", "--jobs", "1"]
    command = [sys.executable, "-m", "experiments.commands", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(list(tmp_path.glob("results/*/parts/*.part"))) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)  # it goes no further while one looks
    (running,) = json.loads(type_in(["status", "--json"], monkeypatch, capsys).out)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    (folder,) = Path("results").iterdir()
    assert running["state"] == "running"
    typed = type_in(["status", folder], monkeypatch, capsys)
    status = status_of(folder)
    assert status.state == "unfinished"
    assert 3 <= status.completed < 100
    assert status.missing == sorted(set(range(100)) - {int(path.stem) for path in folder.glob("parts/*.part")})
    assert typed.out.splitlines()[-1].strip() == shlex.join(["netrial", *words]) == status.command
    assert type_in(["verify", folder], monkeypatch, capsys).out.startswith(f"{folder}: not finished")
    assert type_in([*shlex.split(status.command)[1:], "--quiet"], monkeypatch, capsys).code == 0
    assert status_of(folder).state == "finished"
    assert found(folder) == set()
    (line,) = type_in(["status"], monkeypatch, capsys).out.splitlines()[1:]
    assert line.split()[:4] == [str(folder), "finished", "100/100", "0"]


def test_without_results_status_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert type_in(["status"], monkeypatch, capsys) == (0, "no results in results; `netrial run` makes some\n", "")
    assert json.loads(type_in(["status", "--json"], monkeypatch, capsys).out) == []


def test_looking_never_turns_a_run_away(tmp_path):
    """A look holds the lock for an instant."""
    pytest.importorskip("fcntl")
    Store.open(tmp_path, Identity("town", "0123")).close()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            lock.is_held(tmp_path)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(30):
            Store.open(tmp_path, Identity("town", "0123")).close()
    finally:
        stop.set()
        watcher.join(timeout=10)


def test_a_refusal_of_the_clocks_leaves_no_folder(tmp_path):
    scenario = scenario_in(tmp_path)
    factor = {"column": "years", "ratio": 1e9}
    too_fast = scenario.set("behaviours.practice.transitions.adopt.susceptibility", factor)
    with pytest.raises(netrial.SpecError, match="makes factors up to"):
        netrial.run(too_fast, replicates=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["/x/bin/netrial", "run", "a b.yaml"], "netrial run 'a b.yaml' --out here"),
        (["/x/experiments/commands/__main__.py", "run", "a"], "netrial run a --out here"),
        (["netrial", "run", "a", "--out", "there", "--seed", "2"], "netrial run a --seed 2 --out here"),
        (["netrial", "run", "a", "--out=there"], "netrial run a --out here"),
        (["/x/pytest/__main__.py"], "the same Python call again, with out='here'"),
        ([], ""),
    ],
)
def test_commands_are_written_as_one_types_them(command, expected):
    assert command_text(command, Path("here"), {"scenario": "a", "hash": "b"}) == expected
    if expected == "netrial run a --out here":
        assert command_text(command, Path("results/a-b"), {"scenario": "a", "hash": "b"}) == "netrial run a"


def test_spans():
    assert spans([3, 7, 8, 9, 11]) == "3, 7-9, 11"
    assert spans([]) == ""
    assert spans(range(0, 40, 2), most=2) == "0, 2 and 18 more"
