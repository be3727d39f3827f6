"""Parquet files: the same people, ties, hashes and refusals as the CSV file with the same content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from scenarios.files import content_hash
from scenarios.loading import load
from scenarios.observations import observed_of
from scenarios.problems import ScenarioError
from scenarios.worlds import world_of
from simulator.errors import SpecError
from simulator.tables import read_table

KFAMILY = Path(__file__).parents[1] / "scenarios" / "data" / "kfamily"
SCENARIO = """netrial: 1
name: from_files
time: {unit: year, horizon: 3}
population: {file: people.csv, id: who}
network:
  layers:
    talk: {file: ties.csv, source: namer, target: named, influence: target_to_source, weight: close, where: note != c}
behaviours:
  smoking:
    states: [never, current]
    initial: {current: 0.3}
    transitions:
      start: {from: never, to: current, rate: 0.1, per_contact: current}
arms: {nothing: []}
outcomes: {primary: smokers, smokers: {share: current, better: lower, at: end}}
observed:
  - {arm: nothing, outcome: smokers, file: seen.csv, time: {column: year}, value: share}
experiment: {replicates: 2, seed: 1}
"""
PEOPLE = pd.DataFrame({"who": [12, 3, 7, 101], "age": [40.5, 31, np.nan, 22], "job": ["x", "NA", None, "y"]})
TIES = pd.DataFrame(
    {"namer": [3, 7, 12, 101], "named": [7, 3, 3, 12], "close": [1.0, 2.0, 0.5, 3.0], "note": ["a", "b", "c", None]}
)
SEEN = pd.DataFrame({"year": [1, 2], "share": [0.2, 0.3]})
TABLES = {"people": PEOPLE, "ties": TIES, "seen": SEEN}


def town(folder: Path, suffix: str, tables: dict[str, pd.DataFrame] = TABLES) -> Path:
    folder.mkdir()
    for name, table in tables.items():
        if suffix == "csv":
            table.to_csv(folder / f"{name}.csv", index=False)
        else:
            table.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "scenario.yaml").write_text(SCENARIO.replace(".csv", f".{suffix}"))
    return folder / "scenario.yaml"


def arrays(path: Path) -> list[bytes]:
    world = world_of(load(path))
    [layer] = world.network.layers.values()
    columns = [column.values for column in world.population.columns.values()]
    found = [world.population.ids, *columns, layer.ties, layer.weights, layer.namings]
    said = repr([[c.categories for c in world.population.columns.values()], layer.counts])
    return [*(np.asarray(each).tobytes() for each in found), said.encode()]


@pytest.mark.parametrize("kind", ["int64", "int32", "float64", "str", "category"])
def test_a_parquet_file_is_the_same_town_as_a_csv_file(tmp_path: Path, kind: str) -> None:
    csv = town(tmp_path / "csv", "csv")
    tables = {
        **TABLES,
        "people": PEOPLE.astype({"who": kind}),
        "ties": TIES.astype({"namer": kind, "named": kind}),
    }
    other = town(tmp_path / "parquet", "parquet", tables)
    assert arrays(csv) == arrays(other)
    assert observed_of(load(csv))[0]["points"] == observed_of(load(other))[0]["points"]
    assert load(csv).hash8() == load(other).hash8()
    changed = town(tmp_path / "changed", "parquet", {**TABLES, "ties": TIES.assign(close=[1.0, 2.0, 0.5, 4.0])})
    assert arrays(changed) != arrays(csv)
    assert load(changed).hash8() != load(csv).hash8()


@pytest.mark.parametrize("name", ["nodes.csv", "edges_any.csv", "adoption_curve.csv"])
def test_the_korean_villages_make_the_round_trip(tmp_path: Path, name: str) -> None:
    path = KFAMILY / name
    frame = read_table(path)
    again = tmp_path / "table.parquet"
    frame.to_parquet(again, index=False)
    pd.testing.assert_frame_equal(frame, read_table(again))
    assert content_hash(path) == content_hash(again)


def test_columns_come_as_they_would_from_a_csv_file(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([7, 8, None], pa.int16()),
            "big": pa.array([10**15, 2, 3], pa.float64()),
            "yes": [True, None, False],
            "day": pa.array([0, 1, None], pa.date32()),
            "n": pa.array([1, 2, 3], pa.uint8()),
            "said": ["NA", "none", ""],
            "gone": pa.nulls(3),
            "whole": pa.array([1.5, float("nan"), None], pa.float32()),
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    frame = read_table(tmp_path / "t.parquet", text=["id", "big", "not there"])
    assert frame["id"].tolist()[:2] == ["7", "8"]
    assert frame["big"].tolist() == [10**15, 2, 3]
    assert frame["yes"].tolist()[::2] == ["true", "false"]
    assert frame["day"].tolist()[:2] == ["1970-01-01", "1970-01-02"]
    assert frame["n"].tolist() == [1, 2, 3]
    assert frame["said"].isna().tolist() == [True, False, True]
    assert frame["gone"].isna().all()
    assert frame["whole"].isna().tolist() == [False, True, True]
    assert [frame[name].dtype.kind for name in ("n", "gone", "whole")] == list("iff")


def test_an_index_of_pandas_is_a_column_like_any_other(tmp_path: Path) -> None:
    PEOPLE.set_index("who").to_parquet(tmp_path / "t.parquet")
    assert list(read_table(tmp_path / "t.parquet").columns) == ["age", "job", "who"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda data: b"", "is empty"),
        (lambda data: data[:-20], "damaged, or not a Parquet file"),
        (lambda data: b"a,b\n1,2\n", "damaged, or not a Parquet file"),
        (lambda data: data[: len(data) // 2] + b"PAR1", "damaged, or not a Parquet file"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "t.parquet"
    TIES.to_parquet(path)
    path.write_bytes(make(path.read_bytes()))
    with pytest.raises(SpecError) as caught:
        read_table(path)
    assert words in str(caught.value)
    assert "`t.parquet`" in str(caught.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"who": [[1], [2]]}), "the column `who` of `t.parquet` holds list<"),
        (pa.table({"a": [1, 2], "b": [{"x": 1}, {"x": 2}]}), "the column `b` of `t.parquet` holds struct<"),
        (pa.table({"a": [b"x"]}), "the column `a` of `t.parquet` holds binary"),
        (pa.table({"who": [b"x"]}), "the column `who` of `t.parquet` holds binary"),
        (pa.table({"a": pa.array([2**63], pa.uint64())}), "the column `a` of `t.parquet` cannot be read"),
        (pa.table({"a": pa.array([], pa.int64())}), "has columns but no rows"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "two columns named `a`"),
    ],
)
def test_unfit_tables_are_refused(tmp_path: Path, table: pa.Table, words: str) -> None:
    parquet.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(SpecError) as caught:
        read_table(tmp_path / "t.parquet", text=["who"])
    assert words in str(caught.value)


def test_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.parquet").mkdir()
    for name, words in (("folder.parquet", "it is a folder"), ("no.parquet", "there is no file")):
        with pytest.raises(SpecError, match=words):
            read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("ties", "words"),
    [
        (TIES.assign(named=[7, 3, 3, 99]), "99 (row 4)"),
        (TIES.assign(named=[7, None, 3, 12]), "no target in row 2 of the tie file"),
        (TIES.assign(close=[1, 2, 1, -3.0]), "the weight of row 4 is -3"),
        (TIES.rename(columns={"named": "name"}), "`ties.parquet` has no column `named`"),
        (TIES.assign(close="x"), "`close` holds words"),
    ],
)
def test_refusals_name_rows(tmp_path: Path, ties: pd.DataFrame, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(town(tmp_path / "x", "parquet", {**TABLES, "ties": ties}))
    assert words in str(caught.value)


def test_the_hash_of_a_table_sees_values_names_and_rows_but_not_their_order(tmp_path: Path) -> None:
    def hashed(frame: pd.DataFrame) -> str:
        path = tmp_path / "t.parquet"
        frame.to_parquet(path, index=False)
        return content_hash(path, ("namer",))

    first = hashed(TIES)
    assert hashed(TIES.sample(frac=1, random_state=1)) == first
    others = [
        TIES.assign(note=["a", "b", "c", "d"]),
        TIES.assign(close=[1.0, 2.0, 0.5, np.nan]),
        TIES.assign(named=[3, 7, 3, 12]),
        TIES.rename(columns={"note": "other"}),
        pd.concat([TIES, TIES.iloc[:1]]),
        TIES.iloc[:3],
        TIES.assign(namer=["03", "7", "12", "101"]),
    ]
    assert len({first, *map(hashed, others)}) == 1 + len(others)
