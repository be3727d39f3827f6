"""The command line: `netrial run`, `netrial check`, `netrial list`.

Heavy libraries are imported when a command needs them, so that help answers at once. Exit codes: 0 done, 1 some
replicates failed, 2 bad usage or scenario, 3 the folder belongs to another scenario or is damaged, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.errors import NetrialError, SpecError

if TYPE_CHECKING:
    from scenarios.loading import Scenario

INTERRUPTED = 130

app = typer.Typer(
    name="netrial",
    help="In-silico trials of network interventions: who should be asked first, and what good does it do?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML), or the name of a bundled one, e.g. obesity.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, e.g. population.size=2000. May repeat."),
]


@app.command()
def run(
    scenario: ScenarioName,
    settings: Settings = None,
    replicates: Annotated[int | None, typer.Option(help="Number of random worlds for every arm.")] = None,
    seed: Annotated[int | None, typer.Option(help="The random seed.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Threads; default: all cores.")] = None,
    out: Annotated[Path | None, typer.Option(help="The results folder; default: results/NAME-HASH.")] = None,
    arm: Annotated[
        list[str] | None, typer.Option("--arm", help="Run only this arm and the control. May repeat.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the path of the report.")] = False,
) -> None:
    """Run a scenario and write its report; the same command resumes, and adds replicates."""
    changes = {f"experiment.{name}": value for name, value in (("replicates", replicates), ("seed", seed))}
    loaded = _load(scenario, settings, {key: value for key, value in changes.items() if value is not None})

    from experiments.design import design
    from experiments.execution import default_folder, run_trial

    trial = design(loaded, arm)
    folder = out if out is not None else default_folder(trial)
    with _progress(quiet) as progress:
        results = run_trial(trial, folder, jobs=jobs, progress=progress)

    from experiments.report import write_report
    from experiments.verdict import ranking_lines, sentence

    report = write_report(results)
    failures = results.manifest["failures"]
    if not quiet and results.manifest["completed"]:
        typer.echo(sentence(results.verdict, results.time_unit))
        for line in ranking_lines(results.effects, results.verdict, results.time_unit):
            typer.echo(line)
    for replicate, text in sorted(failures.items()):
        typer.echo(f"replicate {replicate} failed: {text.strip().splitlines()[-1]}", err=True)
    typer.echo(report)
    if failures:
        raise typer.Exit(1)


@app.command()
def check(scenario: ScenarioName, settings: Settings = None) -> None:
    """Check a scenario without running it, and describe its people, its ties and what may be expected of it."""
    loaded = _load(scenario, settings, {})

    from experiments.description import check_lines

    for line in check_lines(loaded):
        typer.echo(line)


@app.command(name="list")
def list_words(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SUBJECT]", help="scenarios, kinds, targets, laws or measures; default: all."),
    ] = None,
) -> None:
    """List what a scenario may name: bundled scenarios, kinds of intervention, targeting rules, laws, measures."""
    from experiments.description import SUBJECTS, words_for

    if subject is not None and subject not in SUBJECTS:
        from simulator.errors import allowed_words

        raise SpecError(f"nothing called `{subject}` can be listed; {allowed_words(subject, list(SUBJECTS))}")
    for title in SUBJECTS if subject is None else [subject]:
        typer.echo(f"{title}")
        words = words_for(title)
        width = max((len(name) for name in words), default=0)
        for name, help_line in words.items():
            typer.echo(f"  {name:<{width}}  {help_line}")


def _load(scenario: str, settings: list[str] | None, changes: dict[str, object]) -> Scenario:
    from scenarios.loading import load

    loaded = load(scenario)
    if settings:
        loaded = loaded.set_text(settings)
    loaded = loaded.set(changes) if changes else loaded
    for warning in loaded.warnings:
        typer.echo(str(warning), err=True)
    return loaded


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar with the time left, on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("replicates"), BarColumn(), MofNCompleteColumn(), TextColumn("left"), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replicates", total=None)
        yield lambda done, asked: bar.update(task, completed=done, total=asked)


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


if __name__ == "__main__":
    main()
