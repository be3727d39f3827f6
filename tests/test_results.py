"""Results: read from the folder alone, lazily, and only while they are whole."""

from __future__ import annotations

import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest

from experiments.estimands import OutcomeSpec, effects, outcome_specs
from experiments.parts import TABLES
from experiments.results import Results
from experiments.store import Identity, Store
from experiments.verdict import sentence
from simulator.errors import StoreError

SCENARIO = {
    "time": {"unit": "week", "horizon": 2},
    "outcomes": {"primary": "years", "years": {"person_time": "obesity.obese", "better": "lower"}},
}


def part(replicate: int) -> dict[str, pd.DataFrame]:
    luck = 100 + replicate
    of = {"replicate": replicate, "draw": 0}
    rows = [{"arm": arm, **of, "outcome": "years", "value": luck - less} for arm, less in (("usual", 0), ("<b>", 9))]
    outcomes = pd.DataFrame(rows).assign(reached=pd.NA)
    pairs = outcomes[1:].assign(estimand="overall", people=50, control_value=float(luck))
    curve = {"time": [0.0, 1.0], "behaviour": "obesity", "state": "obese", "group_by": "", "group": "", "count": [4, 5]}
    line = {"time": 0.0, "intervention": "x", "action": "reach", "people": 5, "cost": 2.5}
    targets = {"arm": "<b>", **of, "intervention": "x", "person": [1, 2]}
    return {
        "outcomes": outcomes,
        "pairs": pairs,
        "curves": pd.concat([pd.DataFrame({"arm": arm, **of, **curve}) for arm in ("usual", "<b>")]),
        "ledger": pd.DataFrame([{"arm": "<b>", **of, **line}]),
        "targets": pd.DataFrame(targets),
    }


@pytest.fixture
def folder(tmp_path):
    with Store.open(tmp_path / "town-01234567", Identity("small_town", "0123456789abcdef")) as store:
        for replicate in range(4):
            store.write_part(replicate, part(replicate))
        arms = {"usual": [], "<b>": ["x"]}
        store.describe("netrial: 1\n", {"scenario": SCENARIO, "control": "usual", "arms": arms})
        tables = store.collect(range(4))
        specs = outcome_specs(SCENARIO["outcomes"])
        tables["effects"] = effects(tables["pairs"], tables["outcomes"], specs, "usual", 1)
        store.finish(tables, replicates=4, targets=store.picked(range(4), np.arange(10, 20)))
        return store.folder


def test_everything_comes_from_the_folder(folder):
    results = Results.load(str(folder))
    assert (results.control, results.arms, results.time_unit) == ("usual", ["usual", "<b>"], "week")
    assert results.specs == {"years": OutcomeSpec("years", "person_time", "lower", primary=True)}
    assert len(results.curves) == 16
    assert len(results.outcomes) == 8
    assert len(results.pairs) == 4
    assert results.ledger["cost"].sum() == 10
    assert results.targets["id"].tolist() == [11, 12]
    assert results.effects.loc[0, ["arm", "effect"]].tolist() == ["<b>", -9]
    assert results.verdict.winner == "<b>"
    assert results.curves is results.curves  # read once
    with pytest.raises(FrozenInstanceError):
        results.folder = folder


def test_tables_are_read_when_asked_for(folder):
    results = Results.load(folder)
    (folder / "ledger.parquet").unlink()
    assert len(results.pairs) == 4
    with pytest.raises(StoreError, match=r"ledger\.parquet is missing or was changed"):
        _ = results.ledger


@pytest.mark.parametrize("name", ["curves.parquet", "targets.csv", "resolved.json"])
def test_a_changed_file_is_found(folder, name):
    path = folder / name
    data = path.read_bytes()
    path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    with pytest.raises(StoreError, match="missing or was changed"):
        getattr(Results.load(folder), name.split(".")[0])


def test_an_unfinished_or_foreign_folder_holds_no_results(folder, tmp_path):
    Store.open(tmp_path / "new", Identity("town", "0123")).close()
    with pytest.raises(StoreError, match="was not finished"):
        Results.load(tmp_path / "new")
    with pytest.raises(StoreError, match="no results folder"):
        Results.load(tmp_path / "nowhere")


def test_what_a_notebook_shows(folder):
    results = Results.load(folder)
    shown = repr(results)
    assert shown.startswith("small town: 2 arms, 4 replicates, in ")
    assert sentence(results.verdict, "week") in shown
    assert ".plot_curves()" in shown
    page = results._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b><b>" not in page
    assert page.count("<b>") == 1


def test_people_are_named_as_in_their_file(tmp_path):
    with Store.open(tmp_path, Identity("town", "0123")) as store:
        store.write_part(0, part(0))
        store.describe("", {"scenario": SCENARIO, "control": "usual", "arms": {"usual": [], "<b>": ["x"]}})
        tables = store.collect(range(1))
        tables["effects"] = effects(
            tables["pairs"], tables["outcomes"], outcome_specs(SCENARIO["outcomes"]), "usual", 1
        )
        store.finish(tables, replicates=1, targets=store.picked(range(1), np.array(["001", "007", "NA"], object)))
    targets = Results.load(tmp_path).targets
    assert targets["id"].tolist() == ["007", "NA"]
    assert targets["picked"].tolist() == [1, 1]


def test_pictures_are_drawn_by_the_figures(folder, monkeypatch):
    import experiments.figures

    asked = {}

    class Figures:
        @staticmethod
        def draw_curves(results, **options):
            asked.update(options, results=results)
            return "axes"

        plot_forest = staticmethod(lambda results: ("forest", results))
        plot_distances = staticmethod(lambda results: ("distances", results))
        plot_dose = staticmethod(lambda results, ax: ("dose", results, ax))
        plot_network = staticmethod(lambda results, time: ("network", results, time))

    monkeypatch.setitem(sys.modules, "experiments.figures.drawing", Figures)
    monkeypatch.setattr(experiments.figures, "drawing", Figures, raising=False)
    results = Results.load(folder)
    assert results.plot_curves(behaviour="obesity", state="obese", ax=None) == "axes"
    assert asked == {"results": results, "behaviour": "obesity", "state": "obese", "ax": None}
    assert results.plot_forest() == ("forest", results)
    assert results.plot_distances() == ("distances", results)
    assert results.plot_dose("ax") == ("dose", results, "ax")
    assert results.plot_network(time=3) == ("network", results, 3)


def test_a_folder_of_an_earlier_version_has_no_distances_and_no_network(folder):
    results = Results.load(folder)
    assert results.network is None
    older = replace(results, manifest={**results.manifest, "outputs": {}})
    assert list(older.distances.columns) == TABLES["distances"].names
    assert older.distances.empty


def test_a_run_in_which_everything_failed_can_still_be_looked_at(tmp_path):
    with Store.open(tmp_path, Identity("town", "0123")) as store:
        store.write_failure(0, "no luck")
        store.describe("", {"scenario": SCENARIO, "control": "usual", "arms": {"usual": []}})
        tables = store.collect(range(1))
        tables["effects"] = effects(tables["pairs"], tables["outcomes"], {}, "usual", 1)
        store.finish(tables, replicates=1)
    results = Results.load(tmp_path)
    assert "0 of 1 replicates" in repr(results)
    assert "Every replicate failed: no luck" in results._repr_html_()
    assert results.effects.empty
    assert results.targets.empty
