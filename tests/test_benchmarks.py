"""What the benchmark's driver says of given numbers; no peer is run and no time is asserted."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import compare
from benchmarks.compare import OBESITY, PAIRINGS, STEPS, Measured, Pairing, agreement, measure, side_by_side
from benchmarks.tables import goal_text, median_ratio, power_text, seconds_text, table

ROOT = Path(__file__).parent.parent
PEOPLE = 100_000


def shares(seed: int, mean: float, n_runs: int = 5) -> np.ndarray:
    """Shares at two times in runs of independent people."""
    return np.random.default_rng(seed).binomial(PEOPLE, [[mean / 2, mean]] * n_runs) / PEOPLE


def test_two_simulators_of_one_law_agree():
    """Four standard errors at two times: at most 2 false alarms in 10,000 pairs of normal means."""
    assert all(agreement(shares(2 * k, 0.45), shares(2 * k + 1, 0.45), PEOPLE, 0.0).holds for k in range(50))


def test_a_law_that_is_off_is_seen():
    """A share that is off by 1.5 points is 7 standard errors off with five runs of each."""
    for k in range(50):
        found = agreement(shares(2 * k, 0.45), shares(2 * k + 1, 0.465), PEOPLE, 0.0)
        assert not found.holds
        assert found.difference > found.allowed


def test_tolerance_is_for_the_step_and_no_more():
    ours = [[0.30, 0.40]] * 5
    assert agreement(ours, [[0.30, 0.404]] * 5, 10**8, 0.005).holds
    assert not agreement(ours, [[0.30, 0.404]] * 5, 10**8, 0.0).holds
    assert not agreement(ours, [[0.30, 0.406]] * 5, 10**8, 0.005).holds
    assert not agreement(ours, [[0.32, 0.40]] * 5, 10**8, 0.005).holds, "half time counts too"


def test_one_run_is_given_the_noise_of_its_size():
    assert agreement([[0.4]], [[0.4]], PEOPLE, 0.0).allowed == pytest.approx(4 * (0.4 * 0.6 / PEOPLE * 2) ** 0.5)


def test_ratio_is_taken_pair_by_pair():
    assert median_ratio([10.0, 40.0, 90.0], [1.0, 2.0, 3.0]) == 20.0
    with pytest.raises(ValueError, match="shorter"):
        median_ratio([1.0, 2.0], [1.0])


def test_no_median_of_five_is_claimed_of_less():
    assert seconds_text([3.0, 1.0, 2.0, 5.0, 4.0]) == "3 (1–5)"
    assert seconds_text([3.0, 1.0]) == "2 (of 2 runs only)"
    assert seconds_text([61.0]) == "61 (of 1 run only)"


def test_goals_and_sizes_are_said():
    assert goal_text(21.0, 20) == "≥ 20: yes"
    assert goal_text(19.0, 20) == "≥ 20: **no**"
    assert goal_text(3.5, 3, at_most=True) == "≤ 3: **no**"
    assert goal_text(1.0, 0) == "–"
    assert [power_text(n) for n in (10_000, 10**8, 12_000)] == ["10^4", "10^8", "12,000"]


def test_tables_have_as_many_cells_as_heads():
    assert table(("a", "b"), [(1, "x|y")]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n"
    pairing = Pairing(OBESITY, PEOPLE, "starsim", 1.0, 20)
    good = Measured(pairing, "3", [1.0] * 5, [30.0] * 5, shares(1, 0.45).tolist(), shares(2, 0.45).tolist())
    off = replace(good, their_shares=shares(2, 0.48).tolist())
    broken = Measured(pairing, problem="it does not install")
    assert {len(one.row()) for one in (good, off, broken)} == {len(compare.HEAD)}
    assert "**30**" in good.row()
    assert "≥ 20: yes" in good.row()
    assert "**30**" not in off.row(), "no ratio where the laws differ"
    assert "not measured: it does not install" in broken.row()
    assert side_by_side([good, off]).count("### ") == 1


def test_every_row_names_a_peer_that_is_there():
    for pairing in (*PAIRINGS, *STEPS):
        assert pairing.peer in compare.PACKAGES
        assert (ROOT / "benchmarks" / "peers" / f"{pairing.peer}_peer.py").exists()
        if pairing.step:
            steps = np.array(pairing.law.observe) / pairing.step
            assert np.allclose(steps, np.round(steps)), "times of observation are whole steps"


def test_longer_steps_are_compared_with_the_rows_above():
    for pairing in STEPS:
        assert any(
            (row.law, row.people, row.peer) == (pairing.law, pairing.people, pairing.peer) and row.step < pairing.step
            for row in PAIRINGS
        )


def test_a_worker_that_cannot_start_is_said_not_raised(tmp_path):
    missing = tmp_path / "peer"
    missing.write_text('#!/bin/sh\necho "no module named peer" >&2\nexit 1\n')
    missing.chmod(0o755)
    found = measure(Pairing(OBESITY, 200, "eon"), str(missing), 1)
    assert found.problem == "no module named peer"


def test_netrial_beside_itself_agrees(tmp_path, monkeypatch):
    """The whole path: work written, two processes, in turn; the very same runs give the very same shares."""
    peer = tmp_path / "python"
    peer.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "benchmarks" / "peers" / "netrial_peer.py"}" "$2"\n')
    peer.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = measure(Pairing(OBESITY, 500, "mesa"), str(peer), 2)
    assert not found.problem
    assert found.our_shares == found.their_shares
    assert len(found.ours) == len(found.theirs) == 2
    assert found.our_shares[0] != found.our_shares[1]
    assert all(0 < share < 1 for run in found.our_shares for share in run)


def test_work_is_written_in_full(tmp_path):
    work = json.loads(compare.write_work(tmp_path, Pairing(compare.RESPONSE, 300, "eon", 0.025)).read_text())
    assert np.load(work["ties"]).shape == (1_500, 2)
    assert len(np.unique(np.load(work["start"]))) == 3
    assert work["observe"] == [15.0, 30.0]
    assert work["table"] == [[0, 0.0], [1, 0.052], [2, 1.0]]


def test_the_lock_of_the_peers_has_hashes_and_no_address():
    text = (ROOT / "benchmarks" / "requirements-bench.lock").read_text()
    assert text.count("--hash=sha256:") > text.count("==") > 40
    for name in ("requirements-bench.lock", "requirements-bench.in"):
        assert "://" not in (ROOT / "benchmarks" / name).read_text()
