"""The command line: `netrial run`, `netrial check`, `netrial list`, …; one file for each command.

Heavy libraries are imported when a command needs them, so that help answers at once. Exit codes: 0 done, 1 some
replicates failed, 2 bad usage or scenario, 3 the folder belongs to another scenario or is damaged, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys

import typer

from experiments.commands.check import check
from experiments.commands.explore import explore
from experiments.commands.listing import list_words
from experiments.commands.run import run
from simulator.errors import NetrialError

INTERRUPTED = 130

app = typer.Typer(
    name="netrial",
    help="In-silico trials of network interventions: who should be asked first, and what good does it do?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run)
app.command()(check)
app.command()(explore)
app.command("list")(list_words)


def _interrupted(*_: object) -> None:
    """Leave at once: threads still at work would hold the process, and a part half written is not lost but redone."""
    typer.echo("interrupted; the same command resumes", err=True)
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def main() -> None:
    """Run the command line; netrial's own refusals are printed without a traceback."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        app()
    except NetrialError as error:
        typer.echo(f"{error}", err=True)
        sys.exit(error.exit_code)
