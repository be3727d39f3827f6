"""`netrial run`: run a scenario and write its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import Replicates, ScenarioName, Seed, Settings, load_scenario, progress_bar


def run(
    scenario: ScenarioName,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    jobs: Annotated[int | None, typer.Option(help="Threads; default: all cores.")] = None,
    out: Annotated[Path | None, typer.Option(help="The results folder; default: results/NAME-HASH.")] = None,
    arm: Annotated[
        list[str] | None, typer.Option("--arm", help="Run only this arm and the control. May repeat.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the path of the report.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Run nothing: print the plan, what is done and what would run.")
    ] = False,
) -> None:
    """Run a scenario and write its report; the same command resumes, and adds replicates."""
    loaded = load_scenario(scenario, settings, replicates, seed)

    from experiments.design import design
    from experiments.execution import default_folder, run_trial

    trial = design(loaded, arm)
    folder = out if out is not None else default_folder(trial)
    if dry_run:
        from experiments.commands.plan import show_plan

        show_plan(trial, jobs, folder=folder)
        return
    with progress_bar(quiet) as progress:
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
