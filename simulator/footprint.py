"""How much memory a trial will need, told before it is built, so that what does not fit is refused before it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import Problem, SpecError

PROGRAM = 400 * 2**20
"""Python, the libraries and the compiled code."""

GIB = 2**30

TIE = 8
"""Two persons, int32 each."""

MAKING = {
    "empty": 0,
    "lattice": 0,
    "watts_strogatz": 4,
    "random_regular": 8,
    "degrees": 14,
    "erdos_renyi": 25,
    "barabasi_albert": 32,
    "holme_kim": 32,
    "stochastic_blocks": 48,
}
"""Bytes a tie that a generator holds, as measured, beside the ties that it returns."""

READING = 120
"""Bytes a row, at most, that a tie file takes while it is read and merged, beside the ties that come of it."""

EVENT = 18
"""Bytes of one entry of the event log."""


@dataclass(frozen=True)
class PlannedLayer:
    """One layer of ties that is to be made.

    Parameters
    ----------
    n_ties : int
        Of a file: its rows.
    making : int
        Bytes a tie that are held only while the layer is made.
    weighted : bool
        Whether each tie has a weight of its own.
    surveyed : bool
        Whether it comes from a file: then it is kept who named whom, and the table too.
    """

    n_ties: int
    making: int = READING
    weighted: bool = False
    surveyed: bool = False

    @property
    def bytes_kept(self) -> int:
        """Bytes that stay: ties, weights, and of a file the namings and two columns of its table."""
        return self.n_ties * (TIE + 8 * self.weighted + (TIE + 8) * self.surveyed)


def generated(generator: str, n_persons: int, parameters: Mapping[str, Any], *, weighted: bool = False) -> PlannedLayer:
    """Foresee the layer that a generator will make.

    Parameters
    ----------
    generator : str
        A name of `generators.networks`.
    n_persons : int
    parameters : mapping of str to number
        Contacts of a person are `mean_degree`, `neighbours` or `degree` (of `degrees`, the mean of its column);
        without any of them (a plug-in's own parameters) no ties are foreseen.
    weighted : bool

    Returns
    -------
    PlannedLayer
    """
    contacts = next((parameters[key] for key in ("mean_degree", "neighbours", "degree") if parameters.get(key)), 0)
    most = max(MAKING.values())
    return PlannedLayer(int(n_persons * contacts / 2), MAKING.get(generator, most), weighted)


def network_bytes(n_persons: int, layers: Sequence[PlannedLayer], *, n_columns: int = 0) -> tuple[int, int]:
    """Estimate what one network and its people take.

    Parameters
    ----------
    n_persons : int
    layers : sequence of PlannedLayer
    n_columns : int
        Columns of the people, each up to 8 bytes a person.

    Returns
    -------
    kept : int
        Bytes that stay while replicates run: ids, columns, ties; the clocks read one array of all layers, which is a
        copy where there are several, and a weighted tie has a slot number and up to two multipliers.
    most : int
        Bytes held at most while the network is made.
    """
    people = n_persons * 8 * (1 + n_columns)
    ties = sum(layer.bytes_kept for layer in layers)
    filled = [layer for layer in layers if layer.n_ties]
    joint = TIE * sum(layer.n_ties for layer in filled) if len(filled) > 1 else 0
    slots = 24 * sum(layer.n_ties for layer in layers if layer.weighted)
    kept = people + ties + joint + slots
    made, most = people, 0
    for layer in layers:
        made += layer.bytes_kept
        most = max(most, made + layer.n_ties * layer.making + 4 * n_persons)
    return kept, max(most, kept + slots)


def replicate_bytes(
    n_persons: int, n_behaviours: int, *, n_arms: int = 1, n_outcomes: int = 1, n_events: int = 0, n_factors: int = 0
) -> int:
    """Estimate what one replicate takes, beside the network that it shares.

    Parameters
    ----------
    n_persons, n_behaviours : int
    n_arms : int
        The trajectories of all arms are kept until their outcomes are read.
    n_outcomes : int
        A value a person is read for each, in each arm.
    n_events : int
        Changes of state in one arm, expected; 0 where only counts are kept. Never more than the rings of the clocks.
    n_factors : int
        Transitions whose susceptibility or influence interventions change: a number a person for each.

    Returns
    -------
    int
    """
    drawing = 26 * n_persons  # words, their indices and a selection, while it is drawn who starts in which state
    states = n_persons * n_behaviours
    kept = n_arms * (2 * states + EVENT * n_events + 9 * n_persons * n_outcomes)
    running = 2 * states + n_persons * (1 + 8 * n_factors) + 8 * n_persons + 3 * EVENT * n_events
    return states + max(drawing, kept + running)


@dataclass(frozen=True)
class Footprint:
    """Memory that a trial needs, in bytes.

    Parameters
    ----------
    network : int
        What one network takes while replicates run on it.
    making : int
        What one network takes at most while it is made.
    replicate : int
    networks : int
        How many networks are held at once.
    replicates : int
        How many replicates run at once: one a thread.
    """

    network: int
    making: int
    replicate: int
    networks: int = 1
    replicates: int = 1

    @property
    def total(self) -> int:
        """Bytes at the worst moment, the program included."""
        while_made = (self.networks - 1) * self.network + self.making
        # Where there are several networks, one may be made while replicates run on another.
        running = self.replicates * self.replicate
        if self.networks > 1:
            return PROGRAM + max(while_made, self.networks * self.network) + running
        return PROGRAM + max(while_made, self.network + running)


def check_memory(estimate: Footprint | int, available: int | None) -> None:
    """Refuse what does not fit in memory.

    Parameters
    ----------
    estimate : Footprint or int
        Bytes needed.
    available : int, optional
        Bytes free, as `available_memory` returns them; None: not known, and nothing is refused.

    Raises
    ------
    SpecError
        With the estimate.
    """
    needed = estimate if isinstance(estimate, int) else estimate.total
    if available is None or needed <= available:
        return
    parts = ""
    if isinstance(estimate, Footprint):
        parts = f": {in_words(estimate.network)} for a network, {in_words(estimate.replicate)} for a replicate"
        if estimate.replicates > 1:
            parts += f", of which {estimate.replicates} run at once"
    several = isinstance(estimate, Footprint) and (estimate.replicates > 1 or estimate.networks > 1)
    hint = "fewer threads, fewer networks, fewer people or fewer ties need less" if several else ""
    raise SpecError(
        Problem(
            f"this needs about {in_words(needed)}{parts}; this machine has {in_words(available)} free",
            hint=hint or "fewer people or fewer ties need less",
        )
    )


def in_words(n_bytes: int) -> str:
    """Say a number of bytes in GiB, or in MiB where it is less than one GiB."""
    if n_bytes < GIB:
        return f"{n_bytes / 2**20:,.0f} MiB"
    return f"{n_bytes / GIB:,.1f} GiB" if n_bytes < 10 * GIB else f"{n_bytes / GIB:,.0f} GiB"


def available_memory(root: Path = Path("/")) -> int | None:
    """Return how many bytes a process may still take, or None where the system does not say.

    Linux says what is available without swapping; a container (cgroup, either version) may allow less. What else is
    asked is free or, at last, all memory there is.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` are.

    Returns
    -------
    int or None
    """
    found = [_meminfo(root / "proc" / "meminfo"), *_cgroup_limits(root)]
    known = [each for each in found if each is not None]
    if known:
        return max(0, min(known))
    for pages in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"):
        try:
            return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):
            continue
    return None


def _meminfo(path: Path) -> int | None:
    for line in _text(path).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _cgroup_limits(root: Path) -> list[int | None]:
    """Return what each group that this process is in still allows; a limit holds for all below it."""
    mounted = root / "sys" / "fs" / "cgroup"
    limits = []
    for line in _text(root / "proc" / "self" / "cgroup").splitlines():
        _, controllers, inside = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            top, limit, usage, cache = mounted, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            top, limit, usage = mounted / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        # In a container the path may be that of the host, and only the top is there.
        folder = top / inside.strip("/")
        for group in (folder, *folder.parents):
            limits.append(_left(group, limit, usage, cache))
            if group == top:
                break
    return limits


def _left(group: Path, limit: str, usage: str, cache: str) -> int | None:
    """Return what a group allows less what it uses; files that it merely keeps for later do not count."""
    allowed, used = _text(group / limit).strip(), _text(group / usage).strip()
    if not allowed.isdigit() or not used.isdigit() or int(allowed) >= 2**60:  # "max", or version 1's way to say it
        return None
    kept = [line.split()[1] for line in _text(group / "memory.stat").splitlines() if line.split()[:1] == [cache]]
    return int(allowed) - int(used) + sum(map(int, kept))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
