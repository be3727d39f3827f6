"""The command line as a user types it: what it prints, what it refuses, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import netrial

COMMAND = [sys.executable, "-m", "experiments.commands"]
SMALL = ["--set", "population.size=300", "--replicates", "3"]
LIBRARY = Path(netrial.load("obesity").path).parent


def netrial_command(*words, cwd=None):
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, cwd=cwd, timeout=300, check=False)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    return folder, netrial_command("run", "obesity", *SMALL, "--out", str(folder))


def test_run_ends_with_the_report(first_run):
    folder, done = first_run
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[-1] == str(folder / "report.html")
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert lines[0].startswith(("The best strategy is", "No clear winner"))
    assert sum(line.lstrip().startswith(f"{rank}. ") for rank in range(1, 7) for line in lines) == 6
    assert {"curves.svg", "curves.png"} <= {path.name for path in (folder / "figures").iterdir()}


def test_the_python_run_gives_the_same_tables(first_run):
    folder, _ = first_run
    results = netrial.run(netrial.load("obesity").set("population.size", 300), replicates=3)
    for name in ("curves", "outcomes", "pairs", "effects", "ledger"):
        assert (results.folder / f"{name}.parquet").read_bytes() == (folder / f"{name}.parquet").read_bytes()


def test_the_same_command_resumes_and_quiet_says_only_where(first_run):
    folder, _ = first_run
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("parts/*")}
    again = netrial_command("run", "obesity", *SMALL, "--out", str(folder), "--quiet")
    assert (again.returncode, again.stdout) == (0, f"{folder / 'report.html'}\n")
    assert {path: path.stat().st_mtime_ns for path in folder.glob("parts/*")} == stamps


def test_another_scenario_is_refused_a_folder(first_run):
    folder, _ = first_run
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = netrial_command("run", "obesity", *SMALL, "--seed", "7", "--out", str(folder))
    assert other.returncode == 3
    assert str(folder) in other.stderr
    assert "Traceback" not in other.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_damaged_part_is_named(tmp_path):
    folder = tmp_path / "run"
    arms = ["--arm", "groups"]
    assert netrial_command("run", "obesity", *SMALL, *arms, "--out", str(folder)).returncode == 0
    part = sorted(folder.glob("parts/*.part"))[1]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    damaged = netrial_command("run", "obesity", *SMALL, *arms, "--out", str(folder))
    assert damaged.returncode == 3
    assert part.name in damaged.stderr


def test_results_go_to_a_folder_named_after_the_scenario(tmp_path):
    done = netrial_command("run", "obesity", *SMALL, "--arm", "groups", "--arm", "induction", cwd=tmp_path)
    assert done.returncode == 0
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.startswith("obesity-")
    assert done.stdout.splitlines()[-1] == str(folder.relative_to(tmp_path) / "report.html")
    assert netrial.Results.load(folder).arms == ["usual_care", "groups", "induction"]


def test_a_bad_scenario_shows_every_mistake_with_its_place(tmp_path):
    path = tmp_path / "mistakes.yaml"
    text = (LIBRARY / "obesity.yaml").read_text()
    text = text.replace("behaviours:", "behaviors:").replace("uptake: {value: 0.8", "uptake: {value: 1.8", 1)
    path.write_text(text)
    refused = netrial_command("run", str(path), "--out", str(tmp_path / "run"))
    assert refused.returncode == 2
    assert "did you mean `behaviours`?" in refused.stderr
    assert f"{path}:20:1: " in refused.stderr
    assert "1.8" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "obesty"], "did you mean `obesity`"),
        (["run", "obesity", "--set", "population.sise=3"], "did you mean `size`"),
        (["run", "obesity", "--set", "population.size=many"], "--set population.size=many"),
        (["run", "obesity", "--arm", "champion"], "did you mean `champions`"),
        (["run", "obesity", "--replicates", "0"], "replicates"),
        (["run", "obesity", "--jobs", "0"], "jobs"),
        (["run", "obesity", "--set", "experiment.draws=9"], "`draws` is not built yet"),
        (["run", "obesity", "--sett", "a=1"], "--sett"),
        (["rum", "obesity"], "rum"),
        (["list", "target"], "did you mean `targets`"),
        (["check", "/nowhere/at/all.yaml"], "all.yaml"),
    ],
)
def test_bad_usage(words, expected, tmp_path):
    refused = netrial_command(*words, cwd=tmp_path)
    assert refused.returncode == 2
    assert expected in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_describes_the_network():
    checked = netrial_command("check", "family_planning")
    assert checked.returncode == 0, checked.stderr
    for words in ("1,047 people", "1,068 pairs", "transitivity 0.377", "11 people have no contact"):
        assert words in checked.stdout, words
    assert netrial_command("check", "health_buddies").returncode == 0


def test_check_says_whether_anybody_can_be_worse_off():
    assert "nobody can be worse off" in netrial_command("check", "obesity").stdout


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("scenarios", ["obesity", "family_planning", "health_buddies"]),
        ("kinds", ["champions", "groups", "induction", "alteration", "broadcast"]),
        ("groups", ["communities", "components", "cores", "positions"]),
        ("ranks", ["random", "size", "cohesion", "centrality"]),
        ("targets", ["random", "degree", "most_named", "nominated"]),
        ("laws", ["spontaneous", "per_contact"]),
        ("measures", ["share", "person_time", "time_to"]),
    ],
)
def test_list(subject, words):
    listed = netrial_command("list", subject)
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()[1:]
    for word in words:
        (line,) = [line for line in lines if line.split()[0] == word]
        assert len(line.split()) > 3, "every word has a line of help"


def test_interrupted_and_resumed(tmp_path):
    folder = tmp_path / "run"
    words = ["run", "obesity", *SMALL[:2], "--arm", "groups", "--replicates", "300", "--out", str(folder)]
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(list(folder.glob("parts/*.part"))) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command resumes" in said
    assert len(list(folder.glob("parts/*.part"))) < 300
    assert netrial_command(*words, "--quiet").returncode == 0


def test_a_failed_replicate_is_left_out_and_said(tmp_path, monkeypatch, capsys):
    from experiments import commands, execution
    from experiments.replicate import run_replicate

    def fails_once(trial, replicate):
        if replicate == 1:
            raise MemoryError("no room")
        return run_replicate(trial, replicate)

    monkeypatch.setattr(execution, "run_replicate", fails_once)
    monkeypatch.setattr(sys, "argv", ["netrial", "run", "obesity", *SMALL, "--out", str(tmp_path / "run")])
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "replicate 1 failed: MemoryError: no room" in printed.err
    assert printed.out.splitlines()[-1].endswith("report.html")
    results = netrial.Results.load(tmp_path / "run")
    assert sorted(results.pairs["replicate"].unique()) == [0, 2]
    assert set(results.effects["replicates"]) == {2}


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there is no pseudo-terminal on this system")
def test_progress_is_shown_on_a_terminal_only(tmp_path):
    ours, theirs = os.openpty()
    words = ["run", "obesity", *SMALL, "--arm", "groups", "--out", str(tmp_path / "run")]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    shown = ""
    while True:
        try:
            shown += os.read(ours, 4096).decode(errors="replace")
        except OSError:  # the other end was closed
            break
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert "replicates" in shown
    assert "3/3" in shown
