"""The command line of netrial: one file for each command.

Heavy libraries are imported when a command needs them, so that help answers at once. Exit codes: 0 done, 1 some
replicates failed, 2 bad usage or scenario, 3 the folder belongs to another scenario or is damaged, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys

import typer

from experiments.commands.animate import animate
from experiments.commands.as_json import error_data, print_json
from experiments.commands.check import check
from experiments.commands.compare import compare
from experiments.commands.explore import explore
from experiments.commands.listing import list_words
from experiments.commands.new import new
from experiments.commands.plan import plan
from experiments.commands.replay import replay
from experiments.commands.report import report
from experiments.commands.run import run
from experiments.commands.schema import schema
from experiments.commands.status import status
from experiments.commands.verify import verify
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
# In the order in which somebody meets them.
app.command()(new)
app.command("list")(list_words)
app.command()(schema)
app.command()(check)
app.command()(plan)
app.command()(explore)
app.command()(run)
app.command()(compare)
app.command()(status)
app.command()(report)
app.command()(animate)
app.command()(replay)
app.command()(verify)


def _interrupted(*_: object) -> None:
    """Leave at once: threads still at work would hold the process, and a part half written is not lost but redone."""
    typer.echo("interrupted; the same command resumes", err=True)
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def main() -> None:
    """Run the command line; netrial's own refusals are printed without a traceback (with ``--json``, as data)."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        app()
    except NetrialError as error:
        if "--json" in sys.argv:
            print_json(error_data(error))
        else:
            typer.echo(f"{error}", err=True)
        sys.exit(error.exit_code)
