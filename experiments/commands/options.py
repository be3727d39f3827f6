"""What several commands take: a scenario with changes to it, and a bar that shows how far they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scenarios.loading import Scenario

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML), or the name of a bundled one, e.g. obesity.")
]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A results folder, e.g. results/obesity-1a2b3c4d.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, e.g. population.size=2000. May repeat."),
]
Replicates = Annotated[int | None, typer.Option(help="Number of random worlds for every arm.")]
Seed = Annotated[int | None, typer.Option(help="The random seed.")]


def load_scenario(
    scenario: str,
    settings: list[str] | None,
    replicates: int | None = None,
    seed: int | None = None,
    warn: bool = True,
) -> Scenario:
    """Read a scenario, change what the command line asks to change, and print its warnings on stderr if asked to."""
    from scenarios.loading import load

    loaded = load(scenario)
    if settings:
        loaded = loaded.set_text(settings)
    changes = {f"experiment.{name}": value for name, value in (("replicates", replicates), ("seed", seed))}
    wanted = {key: value for key, value in changes.items() if value is not None}
    loaded = loaded.set(wanted) if wanted else loaded
    for warning in loaded.warnings if warn else ():
        typer.echo(str(warning), err=True)
    return loaded


def warn_of_plugins() -> None:
    """Say on stderr which plug-ins that are installed cannot be used."""
    from scenarios.plugins import unusable

    for problem in unusable():
        typer.echo(f"warning: {problem}", err=True)


def say_if_compiling() -> None:
    """Say on stderr, on a terminal, that the first simulation on a machine waits for the compiler."""
    from simulator.kernel import is_compiled

    if sys.stderr.isatty() and not is_compiled():
        typer.echo("compiling the simulator for this machine, once (about 15 seconds)…", err=True)


@contextmanager
def progress_bar(quiet: bool, what: str = "replicates") -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar with the time left, on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("left"), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, asked: bar.update(task, completed=done, total=asked)
