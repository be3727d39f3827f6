"""Shaking a trial: run what every change of an assumed number moves, and write the table of what it does.

    shake/001-interventions.leaders.uptake-halved/000017.part     replicate 17 with that change
    shake.parquet                                                 what each change does to the answer

Parts are whole or not there, and belong to the scenario with the change; what a killed run left is gone on with.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments import parts
from experiments.execution import AGAIN, Progress, identity_of, over_threads, threads_for
from experiments.manifest import written
from experiments.memory import footprint_of
from experiments.replicate import run_outcomes
from experiments.results import Results
from experiments.shake.changes import Change, changes_of, parts_of, trial_of
from experiments.shake.files import TABLE, table_bytes
from experiments.shake.table import shake_table
from experiments.store import TEMPORARY, Store
from experiments.stored_parts import StoredParts
from simulator.errors import Problem, SpecError, StoreError
from simulator.footprint import available_memory, check_memory

if TYPE_CHECKING:
    from experiments.design import Trial


def require_arms(trial: Trial) -> None:
    """Refuse to shake a trial in which nothing is compared.

    Raises
    ------
    SpecError
    """
    if len(trial.arms) < 2:
        hint = "name another arm beside the control"
        raise SpecError(Problem("shaking asks whether another arm wins, and only one is run", ("arms",), hint))


def shake_trial(trial: Trial, folder: Path, *, jobs: int | None = None, progress: Progress | None = None) -> Results:
    """Halve and double each assumed number of a trial that was run, and write what that does to its answer.

    Parameters
    ----------
    trial : Trial
    folder : Path
        Its results folder; the trial is finished in it.
    jobs : int, optional
        Threads; default: all cores.
    progress : callable, optional
        ``progress(done, asked)`` after every replicate of a change.

    Returns
    -------
    Results
        With their table ``shake``; without, where every replicate of the trial failed.

    Raises
    ------
    SpecError
        If there is only one arm.
    StoreError
        If the folder is another trial's, or cannot be written to.
    """
    require_arms(trial)
    jobs = threads_for(jobs)
    try:
        with Store.open(folder, identity_of(trial)) as store:
            results = Results.load(folder)
            replicates = [number for number in range(results.manifest["replicates"]) if number in store.done()]
            if not replicates:
                return results
            changes = changes_of(trial)
            asked = len(replicates) * sum(change.runs for change in changes)
            store.announce(results.manifest["replicates"], sys.argv, asked)
            refused = _run(trial, changes, replicates, folder, jobs, asked, progress)
            table = shake_table(results, changes, folder, refused)
            store.add(TABLE, table_bytes(table, results.manifest["outputs"]))
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}. What is finished is kept: {AGAIN}") from error
    return Results.load(folder)


def _run(
    trial: Trial,
    changes: Sequence[Change],
    replicates: Sequence[int],
    folder: Path,
    jobs: int,
    asked: int,
    progress: Progress | None,
) -> dict[str, str]:
    """Run what is missing, change by change; return why some could not be run, by name."""
    refused = {}
    before = 0
    for change in changes:
        if not change.runs:
            continue

        def tell(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, asked)

        try:
            _run_change(trial, change, parts_of(change, folder, trial.control), replicates, jobs, tell)
        except SpecError as error:
            refused[change.name] = "; ".join(dict.fromkeys(problem.message for problem in error.problems))
        before += len(replicates)
    return refused


def _run_change(
    trial: Trial,
    change: Change,
    stored: StoredParts,
    replicates: Sequence[int],
    jobs: int,
    tell: Callable[[int], None],
) -> None:
    stored.folder.mkdir(parents=True, exist_ok=True)
    for path in stored.folder.glob(".*"):
        if TEMPORARY.fullmatch(path.name):
            path.unlink()
    missing = missing_of(stored, replicates)
    there = len(replicates) - len(missing)
    tell(there)
    if not missing:
        return
    changed = trial_of(trial, change)
    check_memory(footprint_of(changed.scenario, tuple(changed.arms), jobs), available_memory())
    missing.sort(key=lambda replicate: (replicate % changed.networks, replicate))
    over_threads(lambda replicate: _run_one(changed, stored, replicate), missing, jobs, lambda n: tell(there + n))


def missing_of(stored: StoredParts, replicates: Sequence[int]) -> list[int]:
    """Return the replicates of which there is no whole part; one that is damaged or foreign is made anew."""
    there = set(stored.numbers())
    return [number for number in replicates if number not in there or not _whole(stored, number)]


def _whole(stored: StoredParts, number: int) -> bool:
    try:
        stored.check(number)
    except (StoreError, parts.OtherFormatError):
        return False
    return True


def _run_one(trial: Trial, stored: StoredParts, replicate: int) -> None:
    try:
        tables = run_outcomes(trial, replicate)
    except SpecError:
        raise
    except Exception:  # one replicate's failure is recorded, and must not take the others with it
        stored.path(replicate).unlink(missing_ok=True)
        with written(stored.path(replicate, "failed")) as file:
            file.write(traceback.format_exc().encode("utf-8", errors="replace"))
        return
    with written(stored.path(replicate)) as file:
        file.write(parts.encode(replicate, tables, stored.hash))
    stored.path(replicate, "failed").unlink(missing_ok=True)
