"""`netrial report`: the same report again from what is stored, wherever the folder lies and whatever else is gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from commands import type_in

import netrial
from experiments import execution, replicate
from experiments.csv_tables import csv_tables
from scenarios import loading
from scenarios.starting import write_new
from simulator import engine


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A run on people and ties from files, with its report; all its files by name. Scenario and data are deleted."""
    place = tmp_path_factory.mktemp("gone")
    scenario = netrial.load(write_new(place / "survey.yaml", "survey", {})[0])
    folder = netrial.run(scenario, replicates=3, out=place / "results").report().parent
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    shutil.rmtree(place)
    return files


@pytest.fixture
def folder(finished: dict[str, bytes], tmp_path: Path) -> Path:
    """The run on another machine: its folder has another name, and there is nothing beside it."""
    for name, content in finished.items():
        (tmp_path / "moved" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "moved" / name).write_bytes(content)
    return tmp_path / "moved"


def test_the_report_comes_out_again_without_scenario_data_or_simulation(folder, finished, monkeypatch, capsys):
    def refuse(*_args: object, **_named: object) -> None:
        raise AssertionError("nothing may be read or simulated")

    for module, name in (
        (loading, "load"),
        (loading, "scenario_of"),
        (execution, "run_trial"),
        (replicate, "run_replicate"),
    ):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr(engine.Simulation, "run", refuse)
    (folder / "report.html").unlink()
    shutil.rmtree(folder / "figures")
    typed = type_in(["report", folder], monkeypatch, capsys)
    assert (typed.code, typed.err) == (0, "")
    assert typed.out.splitlines()[-1] == str(folder / "report.html")
    assert {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == finished


def test_csv_holds_every_table_with_all_digits_and_out_leaves_the_folder_alone(folder, finished, monkeypatch, capsys):
    out = folder.parent / "out"
    typed = type_in(["report", folder, "--csv", "--out", out], monkeypatch, capsys)
    assert typed.code == 0
    assert typed.out.splitlines()[-1] == str(out / "report.html")
    assert {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == finished
    assert (out / "report.html").read_bytes() == finished["report.html"]
    results = netrial.Results.load(folder)
    names = {"curves", "outcomes", "pairs", "effects", "ledger", "targets", "inputs", "economics"}
    assert {path.stem for path in (out / "csv").iterdir()} >= names
    assert typed.out.splitlines()[:-1] == [str(out / "csv" / f"{name}.csv") for name in csv_tables(results)]
    for name in ("curves", "pairs", "effects", "ledger"):
        read = pd.read_csv(out / "csv" / f"{name}.csv", keep_default_na=False, na_values=[""])
        expected = getattr(results, name)
        assert list(read) == list(expected)
        for column in expected:
            if pd.api.types.is_numeric_dtype(expected[column]):
                assert read[column].astype(float).equals(expected[column].astype(float)), f"{name}.{column}"
            else:
                assert read[column].fillna("").tolist() == expected[column].tolist()
    inputs = pd.read_csv(out / "csv" / "inputs.csv")
    assert inputs["place"].tolist() == [entry["place"] for entry in results.resolved["inputs"]]
    economics = pd.read_csv(out / "csv" / "economics.csv").set_index("arm")
    users = results.effects.query("outcome == 'users' and estimand == 'overall'").set_index("arm")
    assert economics["benefit"].to_dict() == pytest.approx(users["effect"].to_dict())


def test_equal_bytes_when_repeated(folder, monkeypatch, capsys):
    once, twice = folder.parent / "once", folder.parent / "twice"
    for out in (once, twice):
        assert type_in(["report", folder, "--csv", "--out", out], monkeypatch, capsys).code == 0
    files = sorted(path.relative_to(once) for path in once.rglob("*") if path.is_file())
    assert len(files) > 10
    assert all((once / name).read_bytes() == (twice / name).read_bytes() for name in files)


def test_what_cannot_be_reported_is_refused(folder, monkeypatch, capsys):
    pairs = folder / "pairs.parquet"
    whole = pairs.read_bytes()
    pairs.write_bytes(whole[:-1])
    typed = type_in(["report", folder], monkeypatch, capsys)
    assert (typed.code, typed.out) == (3, "")
    assert "pairs.parquet is missing or was changed" in typed.err
    pairs.write_bytes(whole)
    (folder.parent / "file").write_text("")
    typed = type_in(["report", folder, "--out", folder.parent / "file"], monkeypatch, capsys)
    assert typed.code == 3
    assert "cannot write to" in typed.err
    assert type_in(["report", folder, "--csv", "--out", folder.parent / "file"], monkeypatch, capsys).code == 3
    (folder / "manifest.json").unlink()
    typed = type_in(["report", folder], monkeypatch, capsys)
    assert typed.code == 3
    assert "no results folder" in typed.err
