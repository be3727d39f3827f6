"""`netrial new`: a scenario to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Its name, or the path of its file; default: my_scenario.")
    ] = "my_scenario",
    template: Annotated[
        str, typer.Option("--from", metavar="TEMPLATE", help="What to begin with; see `netrial list templates`.")
    ] = "town",
) -> None:
    """Write a scenario to begin with.

    It explains itself line by line, and runs as it stands. The schema beside it lets editors complete keys and
    underline slips. Nothing that exists is overwritten.
    """
    from scenarios import schema, starting

    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = path.with_name(f"{path.name}.yaml")
    for written in starting.write_new(path, template, schema.schema()):
        typer.echo(f"wrote {written}")
    typer.echo("what to type next:")
    typer.echo(f"  netrial check {shlex.quote(str(path))}")
    typer.echo(f"  netrial run {shlex.quote(str(path))}")
