"""`netrial run`: run a scenario and write its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.as_json import Json, print_json, problem_data
from experiments.commands.options import (
    Replicates,
    ScenarioName,
    Seed,
    Settings,
    load_scenario,
    progress_bar,
    say_if_compiling,
)

if TYPE_CHECKING:
    from experiments.design import Trial
    from experiments.results import Results


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
    shake: Annotated[
        bool,
        typer.Option(
            "--shake", help="Then halve and double each assumed number, one at a time: does the winner change?"
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the path of the report.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Run nothing: print the plan, what is done and what would run.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a scenario and write its report.

    The same command resumes; a larger --replicates adds to what is there. The last line printed is the report's path.

    With --json: scenario, hash, folder, report (null: every replicate failed), arms, control, replicates (asked for),
    completed, primary, verdict (a sentence), winner (null: no clear winner), effects (of the primary outcome: the
    columns of effects.parquet), shake (null: not asked for; else said, a sentence, and changes: the columns of
    shake.parquet), failures (why, by replicate), warnings.
    """
    loaded = load_scenario(scenario, settings, replicates, seed, warn=not json)

    from experiments.design import design
    from experiments.execution import default_folder, run_trial

    trial = design(loaded, arm)
    if shake:
        from experiments.shake.running import require_arms

        require_arms(trial)
    folder = out if out is not None else default_folder(trial)
    if dry_run:
        from experiments.commands.plan import show_plan

        show_plan(trial, jobs, folder=folder, shake=shake, as_json=json)
        return
    if not quiet:
        say_if_compiling()
    with progress_bar(quiet) as progress:
        results = run_trial(trial, folder, jobs=jobs, progress=progress)
    if shake and results.manifest["completed"]:
        results = _shaken(trial, folder, jobs, quiet)

    from experiments.report.page import write_report
    from experiments.status import last_line
    from experiments.verdict import ranking_lines, sentence

    report = write_report(results) if results.manifest["completed"] else None
    failures = {number: last_line(text) for number, text in results.manifest["failures"].items()}
    failed_changes = int(results.shake["failed"].sum()) if shake else 0
    if json:
        found = run_data(results) | {"shake": shake_data(results) if shake else None}
        warnings = [problem_data(each) for each in loaded.warnings]
        print_json({**found, "report": report, "failures": failures, "warnings": warnings})
    else:
        if not quiet and results.manifest["completed"]:
            typer.echo(sentence(results.verdict, results.time_unit))
            for line in ranking_lines(results.effects, results.verdict, results.time_unit):
                typer.echo(line)
            for line in shake_lines(results) if shake else []:
                typer.echo(line)
        for replicate, text in failures.items():
            typer.echo(f"replicate {replicate} failed: {text}", err=True)
        if failed_changes:
            where = folder / "shake"
            typer.echo(f"{failed_changes} replicates of changes failed; {where} says why in files *.failed", err=True)
        typer.echo(results.folder if report is None else report)
    if failures or failed_changes:
        raise typer.Exit(1)


def _shaken(trial: Trial, folder: Path, jobs: int | None, quiet: bool) -> Results:
    """Shake a trial that was run; say on stderr, before, what that will take."""
    from experiments.execution import threads_for
    from experiments.shake.foretelling import foretold, seconds_measured
    from experiments.shake.running import shake_trial

    if not quiet:
        told = foretold(trial, folder)
        if told.missing:
            told = told.timed(seconds_measured(trial), threads_for(jobs))
        typer.echo(told.said, err=True)
    with progress_bar(quiet, "replicates of changes") as progress:
        return shake_trial(trial, folder, jobs=jobs, progress=progress)


def shake_lines(results: Results) -> list[str]:
    """Say what becomes of the answer when assumed numbers are halved and doubled."""
    from experiments.shake.words import sentence, value_sentence

    return [line for line in (sentence(results.shake, results.control), value_sentence(results.shake)) if line]


def shake_data(results: Results) -> dict[str, Any]:
    """Return the same as data, with every change."""
    table = results.shake
    return {"said": shake_lines(results) if len(table) else [], "changes": table.to_dict("records")}


def run_data(results: Results) -> dict[str, Any]:
    """Return what a run found, as data: whose results they are, the verdict, and the effects on the primary outcome."""
    from experiments.verdict import sentence

    completed = results.manifest["completed"]
    primary = next(name for name, spec in results.specs.items() if spec.primary)
    effects = results.effects[results.effects["outcome"] == primary]
    return {
        "scenario": results.manifest["scenario"],
        "hash": results.manifest["hash"],
        "folder": str(results.folder),
        "arms": results.arms,
        "control": results.control,
        "replicates": results.manifest["replicates"],
        "completed": completed,
        "primary": primary,
        "verdict": sentence(results.verdict, results.time_unit) if completed else None,
        "winner": results.verdict.winner if completed else None,
        "effects": effects.to_dict("records"),
    }
