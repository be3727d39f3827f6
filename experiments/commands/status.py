"""`netrial status`: how far results folders are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.as_json import Json, print_json

RESULTS = Path("results")


def status(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="A results folder; default: all those in ./results.")
    ] = None,
    json: Json = False,
) -> None:
    """Say how far runs are, and how to go on.

    What is done, failed or missing, and whether a run is going on. No table is read; see `netrial verify`.

    With --json: folder, scenario, hash, state (finished, running, unfinished, damaged), replicates (asked for),
    completed, stored, failures (why, by replicate), missing, started, finished, bytes, report, command, problem,
    shaking (null, or while assumed numbers are halved and doubled: replicates of changes done, and to do); without
    FOLDER, a list of these.
    """
    from experiments.status import detail_lines, results_in, status_of, table_lines

    if folder is not None:
        found = status_of(folder)
        if json:
            print_json(found.as_data())
        for line in [] if json else detail_lines(found):
            typer.echo(line)
        return
    all_found = [status_of(each) for each in results_in(RESULTS)]
    if json:
        print_json([each.as_data() for each in all_found])
    elif not all_found:
        typer.echo(f"no results in {RESULTS}; `netrial run` makes some")
    else:
        for line in table_lines(all_found):
            typer.echo(line)
