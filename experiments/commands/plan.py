"""`netrial plan`: what will happen, without running it; also what `netrial run --dry-run` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.as_json import Json, print_json
from experiments.commands.options import Replicates, ScenarioName, Seed, Settings, load_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.design import Trial


def plan(
    scenario: ScenarioName,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    jobs: Annotated[int | None, typer.Option(help="Threads that a run would use; default: all cores.")] = None,
    arm: Annotated[
        list[str] | None, typer.Option("--arm", help="Plan only this arm and the control. May repeat.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what a run would do, without running it.

    People, rates, arms date by date, costs, time and memory, and the inputs on which all rests.
    """
    loaded = load_scenario(scenario, settings, replicates, seed)

    from experiments.design import design

    show_plan(design(loaded, arm), jobs, as_json=json)


def show_plan(
    trial: Trial, jobs: int | None, *, as_json: bool = False, folder: Path | None = None, shake: bool = False
) -> None:
    """Print the plan of a trial and, given its results folder, what is there and what would run; shaken, if asked."""
    from experiments.execution import threads_for
    from experiments.plan.making import data, plan_of
    from experiments.plan.sections import text_lines

    threads = threads_for(jobs)
    done = None if folder is None else _done(trial, folder)
    made = plan_of(trial, threads)
    told = None
    if shake and folder is not None:
        from experiments.shake.foretelling import foretold, seconds_expected

        told = foretold(trial, folder).timed(seconds_expected(made.foreseen), threads)
    if as_json:
        found = data(made) | ({} if done is None else {"done": done})
        print_json(found | ({} if told is None else {"shake": told.as_data()}))
        return
    for line in text_lines(made):
        typer.echo(line)
    if done is not None:
        typer.echo(f"\nWhat would run\n  in {done['folder']}: {done['said']}")
    if told is not None:
        for line in told.lines():
            typer.echo(f"  {line}")


def _done(trial: Trial, folder: Path) -> dict[str, Any]:
    """Say which replicates a results folder holds, and how many a run would add."""
    from experiments.execution import identity_of
    from experiments.store import stored
    from experiments.wording import plural

    asked = trial.scenario.spec.experiment.replicates
    there = len(stored(folder, identity_of(trial)) & set(range(asked)))
    missing = asked - there
    would = f"{missing:,}" if missing else "none"
    said = f"{plural(asked, 'replicate')}: {there:,} {'is' if there == 1 else 'are'} there, {would} would run"
    return {"folder": str(folder), "replicates": asked, "there": there, "would_run": missing, "said": said}
