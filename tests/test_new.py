"""`netrial new`: every template is a scenario that runs at once, and nothing of the user's is ever overwritten."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from commands import type_in

import netrial
from interventions.kinds import kinds
from scenarios import starting
from scenarios.starting import DEFAULT, SCHEMA_FILE, STAND_IN, files_for, templates, write_new
from simulator.errors import SpecError

SCHEMA = {"title": "A netrial scenario"}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("template", templates())
def test_every_template_passes_its_checks_and_runs_at_once(tmp_path, template):
    written = write_new(tmp_path / "first.yaml", template, SCHEMA)
    assert written[0] == tmp_path / "first.yaml"
    scenario = netrial.load(written[0])
    assert scenario.name == "first"
    assert not scenario.warnings
    assert not scenario.not_built()
    results = netrial.run(scenario, replicates=3)
    assert results.manifest["completed"] == 3
    assert not results.manifest["failures"]
    assert (results.effects.query("estimand == 'overall' and arm != @results.control")["effect"] != 0).any()


@pytest.mark.parametrize("template", templates())
def test_every_template_explains_itself(template):
    path = Path("first.yaml")
    lines = files_for(path, template)[path].splitlines()
    assert lines[0] == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert lines[1].removeprefix("# ") == templates()[template]
    assert not any(STAND_IN in line for line in lines)
    keys = [number for number, line in enumerate(lines) if line and not line.startswith((" ", "#", "name:", "title:"))]
    assert len(keys) > 8
    for number in keys:
        assert "#" in lines[number] or lines[number - 1].startswith("#"), f"nothing explains {lines[number]}"
    assert max(map(len, lines)) <= 120


def test_the_default_comes_first_and_one_template_shows_every_kind(tmp_path):
    assert next(iter(templates())) == DEFAULT
    write_new(tmp_path / "five.yaml", "kinds", SCHEMA)
    spec = netrial.load(tmp_path / "five.yaml").spec
    assert {each.kind for each in spec.interventions.values()} == set(kinds)


@pytest.mark.parametrize("there", ["mine.yaml", "mine_people.csv", "mine_ties.csv"])
def test_nothing_is_overwritten_or_written_half(tmp_path, there):
    (tmp_path / there).write_text("precious")
    with pytest.raises(SpecError, match=f"{there} exists already"):
        write_new(tmp_path / "mine.yaml", "survey", SCHEMA)
    assert tree(tmp_path) == {there: b"precious"}


def test_two_scenarios_in_a_folder_have_their_own_data_and_share_the_schema(tmp_path):
    write_new(tmp_path / "one.yaml", "survey", SCHEMA)
    (tmp_path / SCHEMA_FILE).write_text("mine")
    written = write_new(tmp_path / "two.yaml", "survey", SCHEMA)
    assert [path.name for path in written] == ["two.yaml", "two_people.csv", "two_ties.csv"]
    assert (tmp_path / SCHEMA_FILE).read_text() == "mine"
    (tmp_path / "one_people.csv").unlink()
    assert netrial.load(tmp_path / "two.yaml").spec.population.file == "two_people.csv"


@pytest.mark.parametrize(
    ("file", "name"),
    [("my-town.yaml", "my_town"), ("A town.yml", "A_town"), ("trial.v2.yaml", "trial_v2"), ("x.yaml", "x")],
)
def test_the_scenario_is_named_after_its_file(tmp_path, file, name):
    write_new(tmp_path / "deep" / file, "town", SCHEMA)
    assert netrial.load(tmp_path / "deep" / file).name == name


@pytest.mark.parametrize("file", ["2024.yaml", "größe.yaml", "_x.yaml", "not.yaml", "a+b.yaml"])
def test_a_file_that_gives_no_name_is_refused(tmp_path, file):
    with pytest.raises(SpecError, match="cannot be the name of a scenario"):
        write_new(tmp_path / file, "town", SCHEMA)
    assert tree(tmp_path) == {}


def test_the_command_writes_a_schema_and_says_what_to_type_next(tmp_path, monkeypatch, capsys):
    pytest.importorskip("scenarios.schema", reason="the schema is made on another branch")
    jsonschema = pytest.importorskip("jsonschema")
    monkeypatch.chdir(tmp_path)
    typed = type_in(["new", "survey 1", "--from", "survey"], monkeypatch, capsys)
    assert typed.code == 0, typed.err
    assert {path.name for path in tmp_path.iterdir()} == {
        *("survey 1.yaml", "survey_1_people.csv", "survey_1_ties.csv", SCHEMA_FILE)
    }
    schema = json.loads((tmp_path / SCHEMA_FILE).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(dict(netrial.load("survey 1.yaml").data), schema)
    *_, check, run = typed.out.splitlines()
    for line in (check, run):
        words = shlex.split(line)
        assert words[0] == "netrial"
        again = type_in([*words[1:], *(["--replicates", "2"] if words[1] == "run" else [])], monkeypatch, capsys)
        assert (again.code, again.err) == (0, "")


def test_the_command_refuses_as_all_commands_do(tmp_path, monkeypatch, capsys):
    pytest.importorskip("scenarios.schema", reason="the schema is made on another branch")
    monkeypatch.chdir(tmp_path)
    typed = type_in(["new", "x", "--from", "tow"], monkeypatch, capsys)
    assert typed.code == 2
    assert "did you mean `town`?" in typed.err
    (tmp_path / "x.yaml").write_text("precious")
    assert type_in(["new", "x"], monkeypatch, capsys).code == 2
    assert tree(tmp_path) == {"x.yaml": b"precious"}


def test_templates_are_listed(monkeypatch, capsys):
    listed = type_in(["list", "templates"], monkeypatch, capsys).out.splitlines()[1:]
    assert [line.split()[0] for line in listed] == list(templates())
    assert all(len(line.split()) > 5 for line in listed)
    assert {path.name for path in starting.TEMPLATES.iterdir()} == set(templates())
