"""Memory foreseen: what generators and replicates really take, what a container allows, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.errors import SpecError
from simulator.footprint import (
    GIB,
    PROGRAM,
    Footprint,
    PlannedLayer,
    available_memory,
    check_memory,
    generated,
    in_words,
    network_bytes,
    replicate_bytes,
)

N = 400_000
GENERATORS = {
    "watts_strogatz": {"mean_degree": 20, "rewiring": 0.1},
    "holme_kim": {"mean_degree": 20, "triangles": 0.5},
    "random_regular": {"degree": 20},
    "lattice": {"neighbours": 8, "periodic": True},
    "erdos_renyi": {"mean_degree": 20},
    "stochastic_blocks": {"mean_degree": 20, "within": 0.8, "blocks": 4},
    "degrees": {"degree": 20},
}
MEASURE = """
import sys
import numpy as np
from simulator.generators import networks
from simulator.population import Column
make, parameters, n = networks[sys.argv[1]], eval(sys.argv[2]), int(sys.argv[3])
if make.__name__ == "degrees":
    contacts = parameters.pop("degree")
    make(100, 1, column=Column("x", np.full(100, float(contacts))))
    parameters = {"column": Column("x", np.full(n, float(contacts)))}
else:
    make(100, 1, **parameters)
def peak():  # of this program alone; `ru_maxrss` would begin with that of the one that started it
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
ties = make(n, 1, **parameters)
print(len(ties), (peak() - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in other units elsewhere")
@pytest.mark.parametrize("name", GENERATORS)
def test_generators_take_what_is_foreseen(name: str) -> None:
    parameters = GENERATORS[name]
    command = [sys.executable, "-c", MEASURE, name, repr(parameters), str(N)]
    n_ties, taken = map(int, subprocess.run(command, capture_output=True, check=True).stdout.split())
    layer = generated(name, N, parameters)
    assert abs(layer.n_ties - n_ties) < 1e-3 * n_ties + 200
    _, most = network_bytes(N, [layer])
    assert 0.75 < (most - 8 * N) / taken < 1.5
    _, twice = network_bytes(2 * N, [generated(name, 2 * N, parameters)])
    assert not 0.75 < twice / taken < 1.5  # the twin: twice the people are seen


def test_a_hundred_million_people_fit_in_eight_gibibytes() -> None:
    n = 10**8
    kept, most = network_bytes(n, [generated("watts_strogatz", n, {"mean_degree": 10, "rewiring": 0.1})])
    trial = Footprint(kept, most, replicate_bytes(n, 1, n_outcomes=0))
    assert 7 * GIB < trial.total < 8 * GIB
    check_memory(trial, 8 * GIB)
    with pytest.raises(SpecError, match=r"about 7\.\d GiB.*; this machine has 7.0 GiB free"):
        check_memory(trial, 7 * GIB)


def test_what_is_foreseen_adds_up() -> None:
    people = 8 * 100
    assert network_bytes(100, []) == (people, people)
    assert network_bytes(100, [], n_columns=2)[0] == 3 * people
    one = PlannedLayer(1000, making=0)
    assert network_bytes(100, [one])[0] == people + 8000
    assert network_bytes(100, [one, one])[0] == people + 16000 + 16000  # the clocks read all layers as one array
    assert network_bytes(100, [PlannedLayer(1000, 0, weighted=True)])[0] == people + 16000 + 24000
    assert network_bytes(100, [PlannedLayer(1000, 0, surveyed=True)])[0] == people + 24000
    assert network_bytes(100, [PlannedLayer(1000, making=50)])[1] > network_bytes(100, [one])[1] + 49000
    base = replicate_bytes(10**6, 1)
    for more in ({"n_arms": 3}, {"n_outcomes": 9}, {"n_events": 10**6}, {"n_factors": 2}):
        assert replicate_bytes(10**6, 1, **more) > base
    assert replicate_bytes(10**6, 30) > replicate_bytes(10**6, 1)
    assert generated("empty", 1000, {}).n_ties == generated("of a plug-in", 1000, {"x": 3}).n_ties == 0


def test_networks_and_threads_are_counted() -> None:
    assert Footprint(10, 30, 5).total == PROGRAM + 30
    assert Footprint(10, 12, 5, replicates=4).total == PROGRAM + 30
    assert Footprint(10, 30, 5, networks=3, replicates=2).total == PROGRAM + 60


def test_refusals_say_what_is_needed_and_what_there_is() -> None:
    with pytest.raises(SpecError) as caught:
        check_memory(Footprint(20 * GIB, 25 * GIB, 3 * GIB, replicates=4), 22 * GIB)
    said = str(caught.value)
    assert "this needs about 32 GiB: 20 GiB for a network, 3.0 GiB for a replicate, of which 4 run at once" in said
    assert "this machine has 22 GiB free" in said
    assert "fewer threads" in said
    with pytest.raises(SpecError, match=r"about 31 GiB; this machine has 512 MiB free\. fewer people"):
        check_memory(31 * GIB, 2**29)
    check_memory(31 * GIB, 31 * GIB)
    check_memory(31 * GIB, None)
    assert [in_words(size) for size in (0, 2**20, GIB, 31 * GIB)] == ["0 MiB", "1 MiB", "1.0 GiB", "31 GiB"]


# --- what there is


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal: 24000000 kB\nMemFree: 100 kB\nMemAvailable: 20000000 kB\n"}
TWO = {"proc/self/cgroup": "0::/jobs/mine\n"}
ONE = {"proc/self/cgroup": "9:cpu,cpuacct:/x\n4:memory:/jobs\n1:name=systemd:/\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (MEMINFO, 20_000_000 * 1024),
        (MEMINFO | TWO, 20_000_000 * 1024),
        (
            MEMINFO
            | TWO
            | {
                "sys/fs/cgroup/jobs/mine/memory.max": "max\n",
                "sys/fs/cgroup/jobs/mine/memory.current": "1000\n",
                "sys/fs/cgroup/jobs/memory.max": "5000\n",
                "sys/fs/cgroup/jobs/memory.current": "3000\n",
                "sys/fs/cgroup/jobs/memory.stat": "anon 900\ninactive_file 500\n",
            },
            2500,
        ),
        (
            MEMINFO | TWO | {"sys/fs/cgroup/memory.max": "7000\n", "sys/fs/cgroup/memory.current": "8000\n"},
            0,
        ),
        (
            MEMINFO
            | ONE
            | {
                "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": "9000",
                "sys/fs/cgroup/memory/jobs/memory.usage_in_bytes": "1000",
                "sys/fs/cgroup/memory/jobs/memory.stat": "total_inactive_file 100",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "5",
            },
            8100,
        ),
    ],
)
def test_a_container_may_allow_less_than_the_machine_has(tmp_path: Path, files: dict, expected: int) -> None:
    assert available_memory(machine(tmp_path, files)) == expected


def test_other_systems_are_asked_what_they_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}

    def sysconf(name: str) -> int:
        if name not in known:
            raise ValueError("unrecognized configuration name")
        return known[name]

    monkeypatch.setattr(os, "sysconf", sysconf)
    assert available_memory(tmp_path) == 4_096_000
    known.clear()
    assert available_memory(tmp_path) is None


def test_this_machine_has_some() -> None:
    available = available_memory()
    assert available is None or available > 0
