"""How far a results folder is: replicates done, failed and missing, and whether a run is going on; reads no table."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments import lock
from experiments.manifest import read_manifest
from experiments.stored_parts import StoredParts
from experiments.wording import aligned
from simulator.errors import StoreError

MODULE = ("experiments", "commands", "__main__.py")
"""How the name of the program ends where netrial was called as ``python -m experiments.commands``."""
FINISHED, RUNNING, UNFINISHED, DAMAGED = "finished", "running", "unfinished", "damaged"


@dataclass(frozen=True)
class Status:
    """How far one results folder is.

    Parameters
    ----------
    folder : str
    scenario, hash : str
        Empty where the manifest is damaged.
    state : {"finished", "running", "unfinished", "damaged"}
        `running`: a run is writing to it now. `unfinished`: a run was stopped, and nobody went on.
    replicates : int, optional
        How many were asked for last; None: nobody can say.
    completed : int
        How many of them are stored.
    stored : int
        How many are stored in all; more than were asked for last, where a longer run was stopped.
    failures : dict of int to str
        Replicates that failed, and the last line of why.
    missing : list of int
        Replicates that were asked for, and are neither stored nor failed.
    started, finished : str, optional
        Of the run that `state` is about: UTC, to the second.
    bytes : int
        Size of all files.
    report : str, optional
        Where the report is, if there is one.
    command : str
        What to type to go on, or to have failed replicates tried again; empty where nothing is left to do.
    problem : str
        What is wrong with the folder, in a sentence; empty: nothing that one sees from outside.
    shaking : tuple of (int, int), optional
        While assumed numbers are halved and doubled: how many replicates of changes are stored, and are to be.
    """

    folder: str
    scenario: str
    hash: str
    state: str
    replicates: int | None
    completed: int
    stored: int
    failures: dict[int, str]
    missing: list[int]
    started: str | None
    finished: str | None
    bytes: int
    report: str | None
    command: str
    problem: str = ""
    shaking: tuple[int, int] | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data; the failures' numbers become texts."""
        return {**asdict(self), "failures": {str(number): why for number, why in self.failures.items()}}


def status_of(folder: str | Path) -> Status:
    """Look at a results folder from outside, whatever condition it is in; nothing is opened for writing.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Status

    Raises
    ------
    StoreError
        If it is no results folder.
    """
    folder = Path(folder)
    running = lock.is_held(folder)
    # A manifest that appears, or is replaced, between these two lines belongs to the run that holds the lock.
    asked = lock.said(folder)
    try:
        manifest, problem = read_manifest(folder), ""
    except StoreError as error:
        if not (folder / "manifest.json").exists() and not running:
            raise
        manifest, problem = {}, "" if running else str(error)
    stored = StoredParts(folder / "parts", str(manifest.get("hash", "")))
    done = stored.numbers()
    whole = manifest.get("status") == FINISHED
    state = RUNNING if running else DAMAGED if problem else UNFINISHED if asked or not whole else FINISHED
    replicates = asked.get("replicates") or manifest.get("replicates") or _planned(folder)
    wanted = range(replicates or 0)
    failures = {number: last_line(stored.failure(number)) for number in stored.numbers("failed") if number in wanted}
    missing = sorted(set(wanted) - set(done) - set(failures))
    left = bool(missing or failures or state == UNFINISHED) and state in (FINISHED, UNFINISHED)
    report = folder / "report.html"
    return Status(
        folder=str(folder),
        scenario=str(manifest.get("scenario", "")),
        hash=str(manifest.get("hash", "")),
        state=state,
        replicates=replicates,
        completed=sum(number in wanted for number in done),
        stored=len(done),
        failures=failures,
        missing=missing,
        started=asked.get("started") or manifest.get("started"),
        finished=manifest.get("finished") if state == FINISHED else None,
        bytes=sum(map(_size, folder.rglob("*"))),
        report=str(report) if report.exists() else None,
        command=command_text(asked.get("command") or manifest.get("command") or (), folder, manifest) if left else "",
        problem=problem,
        shaking=_shaking(folder, asked),
    )


def _shaking(folder: Path, asked: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return how many replicates of changes are stored, and are to be; None where none are asked for."""
    if not asked.get("shaking"):
        return None
    return min(len(list(folder.glob("shake/*/*.part"))), int(asked["shaking"])), int(asked["shaking"])


def results_in(place: Path) -> list[Path]:
    """Return the results folders in a folder, in order of name; empty if there is no such folder."""
    return sorted(path.parent for path in place.glob("*/manifest.json"))


def command_text(command: Sequence[str], folder: Path, manifest: Mapping[str, Any]) -> str:
    """Write a run's command as one would type it again, for the folder as it is now called; empty if it is unknown."""
    if not command:
        return ""
    if Path(command[0]).stem != "netrial" and Path(command[0]).parts[-3:] != MODULE:
        return f"the same Python call again, with out={str(folder)!r}"
    words, waiting = ["netrial"], list(command[1:])
    while waiting:
        word = waiting.pop(0)
        if word == "--out":
            del waiting[:1]
        elif not word.startswith("--out="):
            words.append(word)
    default = Path("results") / f"{manifest.get('scenario')}-{manifest.get('hash')}"
    return shlex.join(words if folder == default else [*words, "--out", str(folder)])


def last_line(text: str) -> str:
    """Return the last line of a failure's text, which is what went wrong."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "nothing was recorded"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:  # a run that goes on renames its files
        return 0


def _planned(folder: Path) -> int | None:
    """Return how many replicates the scenario asks for, if a run came as far as to write that down."""
    try:
        resolved = json.loads((folder / "resolved.json").read_text(encoding="utf-8"))
        return int(resolved["scenario"]["experiment"]["replicates"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def table_lines(found: Sequence[Status]) -> list[str]:
    """Return one line for each folder, under a heading."""
    heading = ("FOLDER", "STATE", "DONE", "FAILED", "WHEN (UTC)", "SIZE")
    rows = [
        (
            each.folder,
            each.state,
            f"{each.completed}/{'?' if each.replicates is None else each.replicates}",
            str(len(each.failures)),
            when(each.finished or each.started),
            in_size(each.bytes),
        )
        for each in found
    ]
    return aligned([heading, *rows])


def detail_lines(each: Status) -> list[str]:
    """Describe one folder."""
    named = f"scenario {each.scenario} ({each.hash})" if each.scenario else "scenario unknown"
    asked = "?" if each.replicates is None else f"{each.replicates:,}"
    lines = [f"{each.folder}: {each.state}", f"  {named}", f"  {each.completed:,} of {asked} replicates are done"]
    if each.stored > each.completed:
        lines.append(f"  {each.stored - each.completed:,} more are stored, of a longer run")
    if each.shaking is not None:
        done, to_do = each.shaking
        lines.append(f"  assumed numbers are halved and doubled: {done:,} of {to_do:,} replicates of changes are done")
    if each.missing and each.state != RUNNING:
        lines.append(f"  missing: {spans(each.missing)}")
    lines += [f"  replicate {number} failed: {why}" for number, why in each.failures.items()]
    if each.started:
        lines.append(
            f"  started {when(each.started)} UTC" + (f", finished {when(each.finished)} UTC" if each.finished else "")
        )
    lines.append(f"  {in_size(each.bytes)} on disk")
    if each.state == RUNNING:
        lines.append("  a run is writing here now")
    if each.report:
        lines.append(f"  report: {each.report}" + (" (of an earlier run)" if each.state == UNFINISHED else ""))
    if each.problem:
        lines.append(f"  {each.problem}")
    if each.command:
        lines += [
            "to go on:" if each.missing or not each.failures else "to try again what failed:",
            f"  {each.command}",
        ]
    return lines


def spans(numbers: Iterable[int], most: int = 8) -> str:
    """Write whole numbers, given in order, as spans: "3, 7-19"."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    said = [f"{first}" if first == last else f"{first}-{last}" for first, last in found[:most]]
    more = sum(last - first + 1 for first, last in found[most:])
    return ", ".join(said) + (f" and {more:,} more" if more else "")


def when(time: str | None) -> str:
    """Write a time stamp of a manifest to the minute."""
    return time[:16].replace("T", " ") if time else ""


def in_size(size: int) -> str:
    """Say a number of bytes."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"
