"""Every table of a run as CSV, for spreadsheets and other programs: UTF-8, commas, numbers with all their digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from experiments.manifest import written
from experiments.parts import TABLES
from simulator.errors import StoreError

if TYPE_CHECKING:
    from experiments.results import Results

INPUT_COLUMNS = ["place", "kind", "value", "unit", "source", "assumed", "fitted"]


def csv_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return every table by name: those of the folder, the inputs, and what each arm costs and does.

    Parameters
    ----------
    results : Results

    Returns
    -------
    dict of str to DataFrame
        ``curves``, ``outcomes``, ``pairs``, ``distances``, ``knowledge``, ``effects``, ``ledger``, ``targets``,
        ``inputs``, ``shake`` (of a shaken trial); ``economics`` (see `experiments.economics.strategies`: on the primary
        outcome, one row per arm);
        and ``knowledge_losses`` (see `experiments.knowledge.losses`), where people are picked by a survey.
    """
    from experiments.economics import strategies

    found = {name: getattr(results, name) for name in (*TABLES, "targets")}
    if len(results.shake):
        found["shake"] = results.shake
    found["inputs"] = pd.DataFrame(results.resolved.get("inputs") or [], columns=INPUT_COLUMNS)
    if len(results.knowledge):
        found["knowledge_losses"] = results.knowledge_losses
    primary = next(name for name, spec in results.specs.items() if spec.primary)
    if len(results.arms) > 1 and results.manifest["completed"]:
        found["economics"] = strategies(
            results.ledger, results.outcomes, results.pairs, results.specs, results.control, primary
        )
    return found


def write_csv(results: Results, folder: Path) -> list[Path]:
    """Write every table as ``NAME.csv`` into a folder; equal results give equal bytes.

    Parameters
    ----------
    results : Results
    folder : Path
        Made if it is missing.

    Returns
    -------
    list of Path

    Raises
    ------
    StoreError
        If the folder cannot be written to.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in csv_tables(results).items():
            paths.append(folder / f"{name}.csv")
            with written(paths[-1]) as file:
                file.write(table.to_csv(index=False, lineterminator="\n").encode("utf-8"))
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}. Choose another folder") from error
    return paths
