"""`netrial schema`: the grammar for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import warn_of_plugins
from simulator.errors import SpecError


def schema(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to this file instead.")] = None,
) -> None:
    """Print the grammar, for editors, as JSON Schema.

    An editor then completes, explains and checks scenarios (JSON Schema 2020-12).
    Write it to a file, and begin a scenario with: # yaml-language-server: $schema=netrial.schema.json
    """
    from scenarios.schema import schema_text

    warn_of_plugins()
    text = schema_text()
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SpecError(f"cannot write {out}: {error.strerror}") from None
    typer.echo(out)
