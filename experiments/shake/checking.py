"""Whether the table of a shaken trial still follows from the scenario, the run and the parts of the changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.findings import AGAIN, DAMAGED, MISSING, UNEQUAL, Finding, close
from experiments.parts import SHAKE, to_arrow, to_pandas
from experiments.results import Results
from experiments.shake.changes import FOLDER, Change, changes_of, parts_of
from experiments.shake.files import TABLE
from experiments.shake.running import missing_of
from experiments.shake.table import shake_table
from experiments.status import spans
from simulator.errors import StoreError

if TYPE_CHECKING:
    from experiments.design import Trial

ANEW = f"{AGAIN} with --shake, which makes it anew"


def check_shake(trial: Trial, folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the table of changes, or with their parts.

    Parameters
    ----------
    trial : Trial
        Made again from the scenario in the folder.
    folder : Path
        A results folder; where one of its tables is not whole, which is said elsewhere, nothing is said of this one.
    """
    changes = changes_of(trial)
    try:
        results = Results.load(folder)
        given, _ = results.shake, (results.outcomes, results.pairs, results.ledger)
    except StoreError:
        return
    refused = {
        change.name: str(row["reason"])
        for change, row in zip(changes, given.iloc[1:].to_dict("records"), strict=False)
        if change.runs and row["reason"]
    }
    wrong = [found for change in changes if change.name not in refused for found in _parts(change, results, folder)]
    yield from wrong
    if wrong:
        return
    expected = to_pandas(to_arrow(shake_table(results, changes, folder, refused), SHAKE))
    if len(given) != len(expected) or not all(close(given[name], expected[name]) for name in expected):
        yield Finding(UNEQUAL, TABLE, "it is not what the parts of the changes add up to", ANEW)


def _parts(change: Change, results: Results, folder: Path) -> Iterator[Finding]:
    """Look at the parts of one change: a replicate that failed has none."""
    if not change.runs:
        return
    stored = parts_of(change, folder, results.control)
    replicates = sorted(set(results.outcomes["replicate"].tolist()) - set(stored.numbers("failed")))
    missing = missing_of(stored, replicates)
    if missing:
        there = set(missing) & set(stored.numbers())
        what = "damaged, or those of another change" if there else "missing"
        name = f"{FOLDER}/{change.name}"
        yield Finding(DAMAGED if there else MISSING, name, f"parts that are {what}: {spans(missing)}", ANEW)
