"""`netrial verify`: whether a results folder still is what was written."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands.as_json import Json, print_json
from experiments.commands.options import Folder
from simulator.errors import StoreError


def verify(
    folder: Folder,
    replicate: Annotated[
        int | None,
        typer.Option(min=0, help="Also run this replicate again, and compare it with what is stored, byte for byte."),
    ] = None,
    json: Json = False,
) -> None:
    """Check that a results folder is whole.

    Names what is damaged, foreign or missing, and says whether the tables follow from the parts, the effects from the
    tables, and the folder's hash from the scenario. Exit code 0: all is right; 3: something is not.

    With --json: folder, right, checked (what holds), findings, each with kind (damaged, foreign, missing, unequal,
    unfinished, note), file, message, hint, and command (what wrote the folder).
    """
    from experiments.findings import verification_lines
    from experiments.verification import verify as verified

    seen = verified(folder, replicate)
    if json:
        print_json(seen.as_data())
    for line in [] if json else verification_lines(seen):
        typer.echo(line)
    if seen.wrong:
        raise typer.Exit(StoreError.exit_code)
