"""`netrial animate`: a GIF of the stored network picture, the same each time, refused with a reason."""

from __future__ import annotations

import itertools

import fake_results
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import netrial
from experiments.animation import animate
from experiments.commands import app
from simulator.errors import NetrialError, SpecError

RUN = {"arms": ("usual_care", "champions"), "replicates": 2, "times": 5, "network": 30}


def test_a_frame_for_each_time_and_the_last_one_stays(tmp_path):
    seen = []
    results = fake_results.results(tmp_path, **RUN)
    path = animate(results, tmp_path / "talk.gif", seconds=2, size=480, progress=lambda done, n: seen.append((done, n)))
    assert seen == [(k, 5) for k in range(1, 6)]
    with Image.open(path) as gif:
        assert gif.size == (480, 270)
        assert gif.n_frames == 5
        assert gif.info["loop"] == 0
        frames, durations = [], []
        for k in range(5):
            gif.seek(k)
            durations.append(gif.info["duration"])
            frames.append(np.asarray(gif.convert("RGB"), np.int16))
    assert durations[:4] == [400] * 4
    assert durations[4] >= 2000
    assert all((one != other).any() for one, other in itertools.pairwise(frames))
    # The share of people in the watched state's colour grows as their number does.
    strong = [(np.abs(frame - np.array([0xD5, 0x5E, 0x00])).sum(axis=2) < 60).sum() for frame in frames]
    obese = [sum((results.network.codes(arm)[k] == 1).sum() for arm in RUN["arms"]) for k in range(5)]
    assert np.corrcoef(strong, obese)[0, 1] > 0.98
    assert [path.name for path in tmp_path.iterdir()] == ["talk.gif"]


def test_equal_results_give_equal_bytes(tmp_path):
    first, second = (
        animate(fake_results.results(tmp_path, **RUN), tmp_path / name, seconds=1, size=320).read_bytes()
        for name in ("a.gif", "b.gif")
    )
    assert first == second
    other = animate(fake_results.results(tmp_path, **RUN, seed=2), tmp_path / "c.gif", seconds=1, size=320)
    assert other.read_bytes() != first


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"size": 3}, "--size is 3; allowed: 320 to 3840"), ({"seconds": 0.01}, "--seconds is 0.01; allowed: 0.1 to 600")],
)
def test_numbers_out_of_range_are_refused(tmp_path, changes, said):
    with pytest.raises(SpecError, match=said):
        animate(fake_results.results(tmp_path, **RUN), tmp_path / "a.gif", **changes)
    assert list(tmp_path.iterdir()) == []


def test_the_command_reads_a_results_folder_only(tmp_path):
    scenario = netrial.load("obesity").set({"population.size": 60, "time.horizon": 3})
    netrial.run(scenario, arms=["champions"], replicates=2, out=tmp_path / "run")
    for path in (tmp_path / "run" / "parts").iterdir():
        path.unlink()
    done = CliRunner().invoke(app, ["animate", str(tmp_path / "run"), "--size", "400", "--seconds", "1"])
    assert done.exit_code == 0, done.output
    path = tmp_path / "run" / "figures" / "network.gif"
    assert done.stdout.splitlines()[-1] == str(path)
    with Image.open(path) as gif:
        assert gif.n_frames == 4


def test_a_folder_without_results_or_picture_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["animate", str(tmp_path / "nowhere")])
    assert isinstance(done.exception, NetrialError)
    assert done.exception.exit_code == 3
    with pytest.raises(SpecError, match=r"no picture of the network in .*: none was kept"):
        animate(fake_results.results(tmp_path, **{**RUN, "network": 0}), tmp_path / "a.gif")
