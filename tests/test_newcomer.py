"""What newcomers get wrong first: each mistake is named where it stands, with the way out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.results import Results
from scenarios.loading import load
from scenarios.starting import write_new
from simulator.errors import NetrialError, StoreError

SLIPS = [
    ("    initial: {reg", "   initial: {reg", "31:4: this line is indented otherwise", "begin in the same column"),
    ("      begin:", "    begin:", "34:7: this line is indented otherwise", "begin in the same column"),
    ("rate: 0.08}", "rate: 0.08", "35:13: `{` is not closed", "end it with `}`"),
    ("[rarely, regularly]", "[rarely, regularly", "30:13: `[` is not closed", "end it with `]`"),
    ("name: walk", 'name: "walk', "7:7: a quotation mark is not closed", "it begins here"),
    ("name: walk", "name:walk", "7:1: `:` is missing after a key", "with a space behind the `:`"),
    ("size: 1000", "size:\u00a01000", "15:8: a no-break space", "type it anew"),
    ("size: 1000", "size: 1,000", "15:9: expected a whole number", "write 1000"),
    ("size: 1000", "size: 1 000", "15:9: expected a whole number", "write 1000"),
    ("uptake: 0.8 ", "uptake: 80 %", "43:13: expected a number", "write 0.8"),
    ("uptake: 0.8 ", "uptake: 0,8 ", "43:13: expected a number", "write 0.8"),
    ("rate: 0.01}", "rate: 0,01}", "33:52: unknown key `01`", "a decimal point, not a comma"),
    ("regularly: 0.1}", "regularly: 0,1}", "31:29: expected a number", "a decimal point, not a comma"),
    ("anyone: [anyone]", "anyone: anyone", "56:11: expected a list", "write [anyone]"),
]


def refusal(path: Path) -> str:
    with pytest.raises(NetrialError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(("right", "wrong", "said", "way_out"), SLIPS)
def test_a_slip_in_the_first_scenario_is_shown_where_it_is_with_the_way_out(tmp_path, right, wrong, said, way_out):
    path = tmp_path / "walk.yaml"
    write_new(path, "town", {})
    text = path.read_text(encoding="utf-8")
    assert load(path).name == "walk"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    first, *_, last = refusal(path).splitlines()
    assert f"walk.yaml:{said}" in first
    assert way_out in last


PEOPLE = b"id,age\nAnn,20\nBen,30\n7,25\n"

FILES = [
    (b"source;target\nAnn;Ben\n", "separated by `;`", "save it as `CSV UTF-8 (comma delimited)`"),
    (b"PK\x03\x04\0\0", "is a workbook", "save its sheet"),
    (b"Ann,Ben\n7,Ben\n", "no column `source`", "allowed: Ann, Ben"),
    (b"1,2\n3,4\n", "no column `source`", "the first line of the file must name its columns"),
    (b"source, target,w\nAnn,Ben,1\n", "no column `target`", "did you mean ` target`, with its space?"),
    (b"source,target,w\nann,Ben,1\n", "ann (line 2)", "the people have `Ann`: ids must be written alike"),
    (b"source,target,w\n007,Ben,1\n", "007 (line 2)", "the people have `7`"),
    (b"source,target,w\nZoe,Ben,1\n", "Zoe (line 2)", "`strangers: drop` leaves such ties out"),
    (b'source,target,w\nAnn,Ben,1\n7,Ben,"0,5"\n', "not weights: `0,5` (line 3)", "a decimal point"),
]


@pytest.mark.parametrize(("ties", "said", "way_out"), FILES)
def test_a_file_that_a_spreadsheet_wrote_is_refused_with_the_way_out(tmp_path, ties, said, way_out):
    path = tmp_path / "walk.yaml"
    write_new(path, "town", {})
    text = path.read_text(encoding="utf-8")
    a, b = text.index("population:"), text.index("behaviours:")
    layer = "{file: ties.csv, source: source, target: target, influence: both, weight: w}"
    people = f"population: {{file: people.csv, id: id}}\nnetwork: {{layers: {{friends: {layer}}}}}\n"
    path.write_text(text[:a] + people + text[b:], encoding="utf-8")
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    (tmp_path / "ties.csv").write_bytes(ties)
    message = refusal(path)
    assert said in message
    assert way_out in message
    (tmp_path / "ties.csv").rename(tmp_path / "tie.csv")
    assert "there is no file `ties.csv`" in refusal(path)
    assert "did you mean `tie.csv`?" in refusal(path)


def test_a_scenario_that_is_called_otherwise_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_new(Path("walk.yaml"), "town", {})
    assert "did you mean the file `walk.yaml`?" in refusal("walk")
    assert "did you mean `walk.yaml`?" in refusal(Path("wlk.yaml"))
    assert "did you mean" not in refusal(Path("nowhere/walk.yaml"))


def test_what_is_no_results_folder_is_told_what_it_is(tmp_path):
    (tmp_path / "results" / "walk-1").mkdir(parents=True)
    (tmp_path / "results" / "walk-1" / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "walk.yaml").write_text("netrial: 1\n", encoding="utf-8")
    for name, said in (
        ("walk.yaml", "it is a file. Name a folder"),
        ("results", f"In it are {tmp_path / 'results' / 'walk-1'}"),
        ("nowhere", "there is no such folder"),
    ):
        with pytest.raises(StoreError, match="is no results folder") as caught:
            Results.load(tmp_path / name)
        assert said in str(caught.value)


def test_help_says_what_each_command_does_in_a_whole_sentence():
    from typer.testing import CliRunner

    from experiments.commands import app

    said = CliRunner().invoke(app, ["--help"]).stdout
    assert len(said.split("Commands:")[1].strip().splitlines()) >= 12
    assert "..." not in said.split("Commands:")[1]


def in_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code as a notebook does: the folder of its own files comes first."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_own_files_called_like_the_packages_are_not_taken_for_them(tmp_path):
    for name in ("experiments", "simulator", "scenarios", "interventions"):
        (tmp_path / f"{name}.py").write_text("mine = True\n", encoding="utf-8")
    done = in_python("import netrial; print(netrial.load('obesity').name)", tmp_path)
    assert (done.stdout.strip(), done.returncode) == ("obesity", 0), done.stderr
    # It is for the folder's own files that other imports look first.
    assert in_python("import experiments; experiments.mine", tmp_path).returncode == 0
    late = in_python("import experiments\nimport netrial", tmp_path)
    assert late.returncode == 1
    assert f"{tmp_path / 'experiments.py'} was imported under that name" in late.stderr
