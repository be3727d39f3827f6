"""``--json``: the same facts as the plain output, as data, and nothing else on stdout."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from commands import type_in

import netrial
from experiments import execution
from experiments.replicate import run_replicate
from experiments.vocabulary import SUBJECTS
from scenarios.starting import write_new

MISTAKES = {
    "behaviours:": "behaviors:",
    "horizon: 24": "horizon: soon",
    "uptake: 0.8                                                # 80": "uptake: 1.8   # 80",
}


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = write_new(Path("town.yaml"), "town", {})[0]
    path.write_text(path.read_text().replace("size: 1000", "size: 200"))
    return path


def no_constant(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def data_of(out: str) -> dict:
    """Read what a command printed, strictly."""
    return json.loads(out, parse_constant=no_constant)


def test_run_prints_the_effects_of_the_primary_outcome_and_where_they_are(town, monkeypatch, capsys):
    typed = type_in(["run", town, "--replicates", "4", "--out", "here", "--json"], monkeypatch, capsys)
    assert (typed.code, typed.err) == (0, "")
    data = data_of(typed.out)
    results = netrial.Results.load("here")
    assert (data["folder"], data["report"]) == ("here", "here/report.html")
    assert (data["scenario"], data["hash"]) == ("town", results.manifest["hash"])
    assert (data["replicates"], data["completed"], data["failures"], data["warnings"]) == (4, 4, {}, [])
    assert (data["arms"], data["control"], data["primary"]) == (
        ["nothing", "most_popular", "anyone"],
        "nothing",
        "walkers",
    )
    assert data["winner"] == results.verdict.winner
    table = results.effects[results.effects["outcome"] == "walkers"]
    assert len(data["effects"]) == len(table) > 5
    for given, row in zip(data["effects"], table.to_dict("records"), strict=True):
        assert given == {
            key: None if isinstance(each, float) and math.isnan(each) else each for key, each in row.items()
        }
    plain = type_in(["run", town, "--replicates", "4", "--out", "here"], monkeypatch, capsys)
    assert plain.out.splitlines()[0] == data["verdict"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(plain.out)


def test_a_failed_replicate_is_in_the_data_and_in_the_code(town, monkeypatch, capsys):
    def fails_once(trial, replicate):
        if replicate == 1:
            raise MemoryError("no room")
        return run_replicate(trial, replicate)

    monkeypatch.setattr(execution, "run_replicate", fails_once)
    typed = type_in(["run", town, "--replicates", "3", "--out", "here", "--json"], monkeypatch, capsys)
    assert (typed.code, typed.err) == (1, "")
    data = data_of(typed.out)
    assert (data["completed"], data["failures"]) == (2, {"1": "MemoryError: no room"})


def test_check_prints_what_it_finds(town, monkeypatch, capsys):
    text = town.read_text()
    town.write_text(text.replace("[rarely, regularly]", "[rarely, regularly, daily]"))
    typed = type_in(["check", town, "--json"], monkeypatch, capsys)
    assert (typed.code, typed.err) == (0, ""), "warnings are in the data, not on stderr"
    data = data_of(typed.out)
    assert (data["valid"], data["runs"], data["not_built"]) == (True, True, [])
    assert data["hash"] == netrial.load(town).hash8()
    assert data["portrait"]["people"] == 200
    assert {layer["name"]: layer["ties"] for layer in data["portrait"]["layers"]} == {"friends": 600}
    assert data["assumed"] == sum(entry["assumed"] for entry in data["inputs"]) == 8
    values = {entry["place"]: (entry["value"], entry["unit"], entry["source"]) for entry in data["inputs"]}
    assert values["behaviours.walking.transitions.begin.rate"] == ("0.01", "per month", "assumed")
    assert data["protection"] == {"holds": True, "reasons": []}
    assert data["forecast"]["rings"] == pytest.approx(50 * 3 * (200 * 0.01 + 1200 * 0.01 + 200 * 0.08) * 24, rel=0.5)
    assert {each["name"] for each in data["forecast"]["transitions"]} == {
        *("walking.begin", "walking.join", "walking.stop")
    }
    (warning,) = data["warnings"]
    assert (warning["place"], warning["file"]) == ("behaviours.walking.states.2", "town.yaml")
    assert "`daily`" in warning["message"]
    assert town.read_text().splitlines()[warning["line"] - 1][warning["column"] - 1 :].startswith("daily")


def test_check_says_what_is_not_built(town, monkeypatch, capsys):
    typed = type_in(["check", town, "--json", "--set", "experiment.draws=10"], monkeypatch, capsys)
    data = data_of(typed.out)
    assert (typed.code, data["valid"], data["runs"]) == (0, True, False)
    assert "`draws` is not built yet" in data["not_built"][0]
    assert "forecast" not in data


def test_every_mistake_is_an_entry_with_the_place_that_the_plain_message_names(town, monkeypatch, capsys):
    text = town.read_text()
    for right, wrong in MISTAKES.items():
        assert right in text
        text = text.replace(right, wrong, 1)
    town.write_text(text)
    for command in ("run", "check"):
        plain = type_in([command, town], monkeypatch, capsys)
        typed = type_in([command, town, "--json"], monkeypatch, capsys)
        assert (typed.code, typed.err) == (plain.code, "") == (2, "")
        errors = data_of(typed.out)["errors"]
        heads = re.findall(r"^(town\.yaml):(\d+):(\d+): (.*)$", plain.err, re.MULTILINE)
        assert [(e["file"], str(e["line"]), str(e["column"]), e["message"]) for e in errors] == heads
        assert len(errors) >= 3
        assert any("did you mean `behaviours`?" in each["hint"] for each in errors)
        assert {each["place"] for each in errors} >= {"time.horizon", "behaviors"}


def test_an_error_without_a_place_has_the_same_keys(town, monkeypatch, capsys):
    keys = {"message", "hint", "place", "file", "line", "column"}
    for words, code, says in (
        (["run", "twon.yaml"], 2, "cannot be read"),
        (["run", "obesty"], 2, "no scenario or file `obesty`"),
        (["run", town, "--arm", "nobody"], 2, "there is no arm `nobody`"),
        (["list", "target"], 2, "nothing called `target`"),
        (["verify", "."], 3, "no results folder"),
        (["status", "."], 3, "no results folder"),
    ):
        typed = type_in([*words, "--json"], monkeypatch, capsys)
        (error,) = data_of(typed.out)["errors"]
        assert (typed.code, set(error), typed.err) == (code, keys, "")
        assert says in error["message"]
        assert (error["file"], error["line"], error["column"]) == (None, None, None)


def test_list_prints_words_with_their_help(monkeypatch, capsys):
    every = data_of(type_in(["list", "--json"], monkeypatch, capsys).out)
    assert list(every) == list(SUBJECTS)
    assert {"scenarios", "templates", "kinds", "targets", "laws", "measures"} <= set(every)
    assert set(every["kinds"]) == {"champions", "groups", "induction", "alteration", "broadcast"}
    assert all(isinstance(line, str) and line for words in every.values() for line in words.values())
    assert data_of(type_in(["list", "laws", "--json"], monkeypatch, capsys).out) == {"laws": every["laws"]}
