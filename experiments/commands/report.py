"""`netrial report`: the report of a results folder, written anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import Folder


def report(
    folder: Folder,
    csv: Annotated[bool, typer.Option("--csv", help="Also write every table as CSV, into the folder csv.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write into this folder instead of the results folder.")
    ] = None,
) -> None:
    """Write a report anew from stored results.

    Nothing is simulated; the scenario and its data files are not needed. The last line printed is the report's path.
    """
    from experiments.report.page import write_report
    from experiments.results import Results

    results = Results.load(folder)
    if csv:
        from experiments.csv_tables import write_csv

        for path in write_csv(results, (folder if out is None else out) / "csv"):
            typer.echo(path)
    typer.echo(write_report(results, out))
