"""The results folder: nothing is lost, mixed up or taken for whole when it is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from experiments import parts
from experiments.manifest import plain, read_manifest, sha256_of
from experiments.network_picture import NetworkPicture, empty_tables
from experiments.parts import NETWORK_TABLES, PART_TABLES, TABLES, checked
from experiments.store import Identity, Store
from simulator.errors import StoreError

TOWN = Identity("town", "0123456789abcdef")
OUTPUTS = [*(f"{name}.parquet" for name in TABLES), "targets.csv", "scenario.yaml", "resolved.json"]


def tables(replicate: int, arms: tuple[str, ...] = ("usual", "leaders"), seed: int = 0) -> dict[str, pd.DataFrame]:
    """Make all tables of one replicate; every arm's numbers depend on its name, not on its place."""
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in PART_TABLES}
    for arm in arms:
        rng = np.random.default_rng([seed, replicate, *arm.encode()])
        of = {"arm": arm, "replicate": replicate, "draw": 0}
        count = rng.integers(0, 50, 6)
        frames["curves"].append(
            pd.DataFrame(
                {
                    **of,
                    "time": np.repeat([0.0, 1.0, 2.0], 2),
                    "behaviour": "obesity",
                    "state": ["obese", "lean"] * 3,
                    "group_by": "",
                    "group": "",
                    "count": count,
                }
            )
        )
        reached = pd.array([True, None], dtype="boolean")
        frames["outcomes"].append(
            pd.DataFrame({**of, "outcome": ["half", "years"], "value": rng.random(2), "reached": reached})
        )
        if arm != "usual":
            frames["pairs"].append(
                pd.DataFrame(
                    {
                        **of,
                        "outcome": "years",
                        "estimand": ["total", "overall"],
                        "people": [5, 50],
                        "value": rng.random(2),
                        "control_value": rng.random(2),
                    }
                )
            )
            lines = {"time": 0.0, "intervention": arm, "action": ["reach", "treat", "ask"], "people": 5, "cost": 1.5}
            frames["ledger"].append(pd.DataFrame({**of, **lines}))
            persons = rng.permutation(50)[:5]
            frames["targets"].append(pd.DataFrame({**of, "intervention": arm, "person": persons}))
    return {name: pd.concat(each, ignore_index=True) for name, each in frames.items() if each}


def effects_table() -> pd.DataFrame:
    row = {field.name: "x" if field.type == "string" else 1 for field in TABLES["effects"]}
    return pd.DataFrame([row | {"reached": np.nan}])


def finish(store: Store, replicates: int) -> dict:
    store.describe("netrial: 1\n", {"control": "usual", "share": np.float64(0.5), "unknown": float("nan")})
    collected = store.collect(range(replicates))
    return store.finish(
        {**collected, "effects": effects_table()},
        replicates=replicates,
        targets=store.picked(range(replicates), np.arange(100, 150)),
        seeds={"seed": 1},
        inputs={"people.csv": "ab"},
        command=["netrial", "run", "town"],
        wall_seconds=1.23456,
    )


def run(folder: Path, replicates: range | list[int], asked: int | None = None, **options: object) -> None:
    with Store.open(folder, TOWN) as store:
        for replicate in replicates:
            if replicate not in store.done():
                store.write_part(replicate, tables(replicate, **options))
        finish(store, asked or len(replicates))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def test_what_is_written_comes_back_sorted_with_its_types(tmp_path):
    with Store.open(tmp_path / "a", TOWN) as store:
        for replicate in (11, 2, 0, 1):
            store.write_part(replicate, tables(replicate))
        found = store.collect([0, 1, 2, 11])
    curves = found["curves"]
    expected = pd.concat([tables(replicate)["curves"] for replicate in (0, 1, 2, 11)])
    expected = expected.sort_values(list(curves.columns[:-1])).reset_index(drop=True)
    assert_frame_equal(curves, expected, check_dtype=False)
    assert curves.dtypes.astype(str).to_dict() == {
        **dict.fromkeys(("arm", "behaviour", "state", "group_by", "group"), "str"),
        **dict.fromkeys(("replicate", "draw", "count"), "int64"),
        "time": "float64",
    }
    assert found["outcomes"]["reached"].dtype == "boolean"
    assert found["outcomes"]["reached"].isna().sum() == 8
    # At one instant, what was done stays in the order in which it was done.
    assert found["ledger"]["action"].tolist() == ["reach", "treat", "ask"] * 4


def test_equal_runs_give_equal_bytes(tmp_path):
    run(tmp_path / "a", range(6))
    run(tmp_path / "b", [5, 3, 1, 0, 2, 4], arms=("leaders", "usual"))
    shuffled = tmp_path / "c"
    with Store.open(shuffled, TOWN) as store:
        for replicate in range(6):
            mixed = {
                name: frame if name == "ledger" else frame.sample(frac=1, random_state=replicate)
                for name, frame in tables(replicate).items()
            }
            columns = {name: {key: frame[key].to_numpy() for key in frame} for name, frame in mixed.items()}
            store.write_part(replicate, columns if replicate % 2 else mixed)
        finish(store, 6)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b") == bytes_of(shuffled)
    run(tmp_path / "d", range(6), seed=1)
    assert bytes_of(tmp_path / "a")["curves.parquet"] != bytes_of(tmp_path / "d")["curves.parquet"]


def test_a_resumed_and_an_extended_run_equal_one_that_was_never_stopped(tmp_path):
    run(tmp_path / "whole", range(8))
    with Store.open(tmp_path / "resumed", TOWN) as store:
        for replicate in (0, 5, 3):
            store.write_part(replicate, tables(replicate))
    run(tmp_path / "resumed", range(8))
    run(tmp_path / "extended", range(4))
    four = bytes_of(tmp_path / "extended")
    run(tmp_path / "extended", range(8))
    assert bytes_of(tmp_path / "whole") == bytes_of(tmp_path / "resumed") == bytes_of(tmp_path / "extended")
    # Asked for fewer than are stored, a run uses the first.
    run(tmp_path / "extended", range(4))
    assert bytes_of(tmp_path / "extended") == four
    assert read_manifest(tmp_path / "extended")["completed"] == 4
    with Store.open(tmp_path / "extended", TOWN) as store:
        assert store.done() == set(range(8))


def test_the_manifest_says_how_it_was_run(tmp_path):
    run(tmp_path, range(3))
    manifest = read_manifest(tmp_path)
    assert manifest["status"] == "finished"
    assert (manifest["scenario"], manifest["hash"]) == ("town", TOWN.hash)
    assert (manifest["replicates"], manifest["completed"], manifest["failures"]) == (3, 3, {})
    assert manifest["outputs"] == {name: sha256_of(tmp_path / name) for name in OUTPUTS}
    assert (manifest["seeds"], manifest["inputs"], manifest["wall_seconds"]) == (
        {"seed": 1},
        {"people.csv": "ab"},
        1.235,
    )
    assert {"python", "numpy", "numba", "mesa", "networkx", "pandas", "pyarrow"} <= set(manifest["versions"])
    assert json.loads((tmp_path / "resolved.json").read_text()) == {"control": "usual", "share": 0.5, "unknown": None}


def test_failures_are_listed_never_filled_in_and_tried_again(tmp_path):
    with Store.open(tmp_path, TOWN) as store:
        store.write_part(0, tables(0))
        store.write_failure(1, "no luck")
        store.write_failure(7, "beyond what is asked for")
        store.write_part(2, tables(2))
        manifest = finish(store, 3)
        assert set(store.collect(range(3))["curves"]["replicate"]) == {0, 2}
    assert manifest["failures"] == {"1": "no luck"}
    assert manifest["completed"] == 2
    with Store.open(tmp_path, TOWN) as store:
        assert store.done() == {0, 2}
        assert store.failures() == {1: "no luck", 7: "beyond what is asked for"}
        store.write_part(1, tables(1))
        assert finish(store, 3)["failures"] == {}
    with Store.open(tmp_path, TOWN) as store:
        assert store.done() == {0, 1, 2}


def test_what_was_not_run_is_not_collected(tmp_path):
    with Store.open(tmp_path, TOWN) as store:
        store.write_part(0, tables(0))
        with pytest.raises(StoreError, match="replicate 1 is not in"):
            store.collect(range(2))
        assert store.collect([])["curves"].columns.tolist() == TABLES["curves"].names


def test_another_scenarios_folder_is_refused(tmp_path):
    run(tmp_path, range(2))
    before = bytes_of(tmp_path)
    with pytest.raises(
        StoreError, match=r"holds results of scenario `town` \(01234567\), not of `village` \(ffffffff\)"
    ):
        Store.open(tmp_path, Identity("village", "ffffffffffffffff"))
    assert bytes_of(tmp_path) == before
    Store.open(tmp_path, TOWN).close()  # the refusal left no lock


@pytest.mark.parametrize("place", ["first", "middle", "end", "empty", "other"])
def test_a_damaged_part_is_found_and_named(tmp_path, place):
    run(tmp_path, range(3))
    path = tmp_path / "parts" / "000001.part"
    data = path.read_bytes()
    at = {"first": 30, "middle": len(data) // 2, "end": len(data) - 1}.get(place)
    if at is not None:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    else:
        path.write_bytes(b"" if place == "empty" else (tmp_path / "parts" / "000002.part").read_bytes())
    with pytest.raises(StoreError, match=r"000001\.part is damaged"):
        Store.open(tmp_path, TOWN)
    path.unlink()
    run(tmp_path, range(3))


def test_a_part_damaged_while_open_is_found_too(tmp_path):
    with Store.open(tmp_path, TOWN) as store:
        store.write_part(0, tables(0))
        path = tmp_path / "parts" / "000000.part"
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(StoreError, match="damaged"):
            store.collect([0])


def test_a_changed_or_missing_manifest_is_found(tmp_path):
    run(tmp_path, range(2))
    path = tmp_path / "manifest.json"
    text = path.read_text()
    for changed in (text[:-10], text.replace('"completed": 2', '"completed": 3'), "[]", "", '{"hash": 1}'):
        path.write_text(changed)
        with pytest.raises(StoreError, match=r"manifest\.json is damaged"):
            Store.open(tmp_path, TOWN)
    path.unlink()
    with pytest.raises(StoreError, match=r"but no manifest\.json"):
        Store.open(tmp_path, TOWN)
    with pytest.raises(StoreError, match="no results folder"):
        read_manifest(tmp_path)


def test_foreign_files_are_left_alone_and_leftovers_removed(tmp_path):
    notes = [
        tmp_path / "notes.txt",
        tmp_path / ".hidden",
        tmp_path / "parts" / "mine.csv",
        tmp_path / "parts" / ".x.tmp",
    ]
    leftovers = [tmp_path / ".curves.parquet.netrial-tmp", tmp_path / "parts" / ".000003.part.netrial-tmp"]
    (tmp_path / "parts").mkdir()
    for path in (*notes, *leftovers):
        path.write_text("mine")
    run(tmp_path, range(2))
    assert all(path.read_text() == "mine" for path in notes)
    assert not any(path.exists() for path in leftovers)


def test_a_folder_with_files_of_our_names_but_not_ours_is_refused(tmp_path):
    (tmp_path / "scenario.yaml").write_text("precious")
    with pytest.raises(StoreError, match=r"has scenario\.yaml but no manifest\.json"):
        Store.open(tmp_path, TOWN)
    assert (tmp_path / "scenario.yaml").read_text() == "precious"


def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(StoreError, match="cannot write to"):
            Store.open(place, TOWN)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    with Store.open(tmp_path, TOWN) as store:

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(OSError, match="No space"):
                store.write_part(0, tables(0))
        assert store.done() == set()
        assert list((tmp_path / "parts").iterdir()) == []


def test_wrong_tables_are_refused(tmp_path):
    with Store.open(tmp_path, TOWN) as store:
        with pytest.raises(ValueError, match="no table `curve`"):
            store.write_part(0, {"curve": tables(0)["curves"]})
        with pytest.raises(ValueError, match="lacks the column `count`"):
            store.write_part(0, {"curves": tables(0)["curves"].drop(columns="count")})
        with pytest.raises(ValueError, match="other replicates than 0"):
            store.write_part(0, tables(1))
        assert store.done() == set()


def test_two_runs_cannot_write_to_one_folder(tmp_path):
    pytest.importorskip("fcntl")
    with Store.open(tmp_path, TOWN), pytest.raises(StoreError, match="another netrial run is writing"):
        Store.open(tmp_path, TOWN)
    Store.open(tmp_path, TOWN).close()


def test_threads_write_parts_at_the_same_time(tmp_path):
    with Store.open(tmp_path / "threads", TOWN) as store:
        writers = [
            threading.Thread(target=lambda r=r: [store.write_part(i, tables(i)) for i in range(r, 24, 4)])
            for r in range(4)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        finish(store, 24)
    run(tmp_path / "one", range(24))
    assert bytes_of(tmp_path / "threads") == bytes_of(tmp_path / "one")


def test_whom_to_recruit(tmp_path):
    ids = np.array([f"p{i:02d}" for i in range(50)], dtype=object)
    with Store.open(tmp_path, TOWN) as store:
        for replicate in range(4):
            part = tables(replicate)
            always = pd.DataFrame(
                {"arm": "always", "replicate": replicate, "draw": 0, "intervention": "x", "person": [7, 3]}
            )
            store.write_part(replicate, part | {"targets": pd.concat([part["targets"], always])})
        store.write_failure(4, "no luck")
        found = store.picked(range(5), ids)
        assert store.picked([], ids).columns.tolist() == found.columns.tolist()
    assert found[found["arm"] == "always"].to_numpy().tolist() == [
        ["always", "x", "p03", 4, 1],
        ["always", "x", "p07", 4, 1],
    ]
    leaders = found[found["arm"] == "leaders"]
    persons = pd.concat([tables(replicate)["targets"] for replicate in range(4)])["person"].value_counts()
    assert dict(zip(leaders["id"], leaders["picked"], strict=True)) == {ids[person]: n for person, n in persons.items()}
    assert (leaders["share"] == leaders["picked"] / 4).all()
    assert leaders["picked"].is_monotonic_decreasing


def test_an_unfinished_rewrite_is_not_taken_for_results(tmp_path, monkeypatch):
    run(tmp_path, range(2))
    with Store.open(tmp_path, TOWN) as store:
        store.write_part(2, tables(2))
        with pytest.raises(KeyError):
            store.finish(store.collect(range(3)), replicates=3)  # no effects: fails half-way
    assert read_manifest(tmp_path)["status"] == "unfinished"
    run(tmp_path, range(3))
    assert read_manifest(tmp_path)["status"] == "finished"


WRITER = """
import io, os, pathlib, signal, sys
from test_store import TOWN, Store, finish, tables

folder, fatal = sys.argv[1], int(sys.argv[2])
n_written = 0

class Fatal(io.FileIO):
    "A file that writes half of what it is given and then kills the process, at the n-th time."
    def write(self, data):
        global n_written
        n_written += 1
        if n_written == fatal:
            super().write(bytes(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return super().write(data)

opened = pathlib.Path.open
pathlib.Path.open = lambda path, mode="r", *args, **kw: (
    Fatal(str(path), "wb") if mode == "wb" and fatal else opened(path, mode, *args, **kw)
)
with Store.open(folder, TOWN) as store:
    for round in range(1000):
        for replicate in range(12):
            if replicate not in store.done() or round:
                store.write_part(replicate, tables(replicate))
                print(replicate, flush=True)
        finish(store, 12)
"""


def write_until_killed(folder: Path, fatal: int = 0, lines: int = 0) -> set[int]:
    """Run a writer that kills itself in its write number `fatal`, or is killed after it has said `lines` lines."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(fatal)], stdout=subprocess.PIPE, cwd=Path(__file__).parent
    )
    assert process.stdout
    said = [process.stdout.readline() for _ in range(lines)]
    if not fatal:
        process.send_signal(signal.SIGKILL)
    said += process.stdout.read().splitlines()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return {int(line) for line in said if line.strip()}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_a_kill_at_any_moment_loses_at_most_the_part_being_written(tmp_path):
    run(tmp_path / "whole", range(12))
    folder = tmp_path / "killed"
    # Half-way through the first manifest; the first part; the third after a resume; and what `finish` writes.
    for fatal in (1, 2, 3, 20):
        written = write_until_killed(folder, fatal=fatal)
        with Store.open(folder, TOWN) as store:  # also: the lock of the killed process is gone
            assert written <= store.done()
            assert all(not path.name.startswith(".") for path in (folder / "parts").iterdir())
    assert read_manifest(folder)["status"] == "unfinished"
    written = write_until_killed(folder, lines=5)
    with Store.open(folder, TOWN) as store:
        assert written <= store.done()
    run(folder, range(12))
    assert bytes_of(folder) == bytes_of(tmp_path / "whole")


def test_plain_data():
    given = {1: np.int64(2), "a": (np.float64("nan"), {"b"}), "c": np.arange(2), "d": Path("x"), "e": None, "f": True}
    assert plain(given) == {"1": 2, "a": [None, ["b"]], "c": [0, 1], "d": "x", "e": None, "f": True}


def test_a_part_of_another_scenario_is_not_ours(tmp_path):
    with Store.open(tmp_path, TOWN) as store:
        store.write_part(0, tables(0))
    data = (tmp_path / "parts" / "000000.part").read_bytes()
    checked(data, 0, TOWN.hash)
    with pytest.raises(ValueError, match="does not fit"):
        checked(data, 0, "ffff")


def test_a_part_of_another_format_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "FORMAT", parts.FORMAT - 1)
    run(tmp_path / "a", range(3))
    monkeypatch.undo()
    with Store.open(tmp_path / "a", TOWN) as store:
        assert store.done() == set()
        store.write_part(1, tables(1))
        assert store.done() == {1}
    run(tmp_path / "a", range(3))
    run(tmp_path / "b", range(3))
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_a_picture_of_the_network_is_stored_and_does_not_outlive_its_run(tmp_path):
    stored = [tmp_path / name for name in ("network.json", *(f"{name}.parquet" for name in NETWORK_TABLES))]
    with Store.open(tmp_path, TOWN) as store:
        store.write_part(0, tables(0))
        whole = {**store.collect(range(1)), "effects": effects_table()}
        picture = NetworkPicture({"shown": 0}, empty_tables())
        manifest = store.finish(whole, replicates=1, picture=picture)
        assert all(path.exists() and manifest["outputs"][path.name] == sha256_of(path) for path in stored)
        manifest = store.finish(whole, replicates=1)
    assert not any(path.exists() or path.name in manifest["outputs"] for path in stored)
