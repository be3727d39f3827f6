"""`netrial compare`: strategies of the literature at equal cost, with the scenario's own effects."""

from __future__ import annotations

from dataclasses import dataclass
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
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    from experiments.comparison.arms import LineUp


def compare(
    scenario: ScenarioName,
    budget: Annotated[
        str | None,
        typer.Option(help="What each strategy may spend: 20000; or FROM:TO:STEPS for curves: 5000:50000:10."),
    ] = None,
    strategies: Annotated[
        list[str] | None,
        typer.Option(
            "--strategies",
            metavar="all|KIND|NAME,…",
            help="Kinds, tactics, or the scenario's own interventions; default: all. May repeat.",
        ),
    ] = None,
    goal: Annotated[
        str | None,
        typer.Option(help='Find the cheapest way: "share obesity.obese at end < 0.30", "OUTCOME < 300".'),
    ] = None,
    effect: Annotated[
        str | None, typer.Option(help="The intervention of which all have effect, date, uptake and cost.")
    ] = None,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    jobs: Annotated[int | None, typer.Option(help="Threads; default: all cores.")] = None,
    out: Annotated[Path | None, typer.Option(help="The results folder; default: results/NAME-HASH.")] = None,
    json: Json = False,
) -> None:
    """Compare strategies at equal cost.

    The arms are made from the catalogue (`netrial list tactics`), which says whom to ask and along which ties. What
    happens to those who accept, when, uptake and cost come from the scenario: for each kind from its first intervention
    of that kind, else from its first that acts on people. The best is tried again on fresh replicates. The last line
    printed is the report's path.

    Several budgets give a curve for each strategy, and say where the ranking flips. A goal gives the cheapest way.

    With --json: scenario, control, primary, currency, replicates, left_out, warnings; and at one budget: hash, folder,
    report, completed, budget, ranking, again, said; at several: folder, report, budgets, ranking, leaders, flips, said;
    with a goal: goal, control_value, ranking, again, said.
    """
    if budget is None and goal is None:
        raise SpecError(Problem("there is nothing to compare by", hint="say --budget 20000, or --goal"))
    budgets = budgets_of(budget)
    if goal is not None and len(budgets) > 1:
        raise SpecError(Problem("a goal goes with one budget at most", hint="it is the most that any may spend"))
    loaded = load_scenario(scenario, settings, replicates, seed, warn=not json)

    from experiments.comparison.arms import line_up
    from experiments.comparison.goal import read_goal, with_goal
    from experiments.comparison.strategies import choose
    from scenarios import build

    aim = None if goal is None else read_goal(goal, loaded)
    asked = loaded if aim is None else with_goal(loaded, aim)
    wanted = [word.strip() for each in strategies or ["all"] for word in each.split(",") if word.strip()]
    choice = choose(asked, build.world_of(asked, 0), wanted, effect)
    say_if_compiling()
    lined_up = line_up(asked, choice, budgets[-1] if budgets else None, jobs)
    asking = Asking(lined_up, jobs, out, json)
    if aim is not None:
        found = up_to_goal(asking, aim, budgets[0] if budgets else None)
    elif len(budgets) > 1:
        found = at_budgets(asking, budgets)
    else:
        found = at_budget(asking, budgets[0])
    if json:
        print_json({"scenario": loaded.name, **found.data, "warnings": list(map(problem_data, loaded.warnings))})
    else:
        for line in found.lines:
            typer.echo(line)
    if found.failed:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Asking:
    """What is compared, and where it goes."""

    lined_up: LineUp
    jobs: int | None
    out: Path | None
    quiet: bool


@dataclass(frozen=True)
class Answer:
    """What is printed: lines, or data; and whether replicates failed."""

    lines: list[str]
    data: dict[str, Any]
    failed: bool = False


def budgets_of(text: str | None) -> list[float]:
    """Read a budget, or budgets as FROM:TO:STEPS.

    Raises
    ------
    SpecError
    """
    from experiments.comparison.curves import budgets_between

    if text is None:
        return []
    parts = text.replace(",", "").split(":")
    try:
        if len(parts) == 1:
            return [float(parts[0])]
        if len(parts) == 3:
            return budgets_between(float(parts[0]), float(parts[1]), int(parts[2]))
    except ValueError:
        pass
    raise SpecError(Problem(f"`{text}` is no budget", hint="an amount, 20000; or FROM:TO:STEPS, 5000:50000:10"))


def at_budget(asking: Asking, budget: float) -> Answer:
    """Compare strategies at one budget."""
    from experiments.comparison.ranking import primary_of
    from experiments.comparison.running import prepare, run_comparison
    from experiments.comparison.words import currency_of, lines, sentences
    from experiments.execution import default_folder
    from experiments.report.page import write_report

    prepared = prepare(asking.lined_up, budget)
    folder = asking.out if asking.out is not None else default_folder(prepared.trial)
    with progress_bar(asking.quiet) as progress:
        found = run_comparison(prepared, folder, jobs=asking.jobs, progress=progress)
    results, completed = found.results, found.results.manifest["completed"]
    if not completed:
        return Answer([str(results.folder)], {"folder": str(results.folder), "completed": 0}, failed=True)
    report = write_report(results)
    table = found.ranking()
    data = {
        "hash": results.manifest["hash"],
        "folder": str(results.folder),
        "report": report,
        "budget": budget,
        "currency": currency_of(results),
        "control": results.control,
        "primary": primary_of(results).name,
        "replicates": results.manifest["replicates"],
        "completed": completed,
        "ranking": table.to_dict("records"),
        "again": None if found.again is None else vars(found.again),
        "left_out": [vars(each) for each in found.left_out],
        "said": sentences(results, found.record, table),
    }
    return Answer([*lines(results, found.record), str(report)], data, bool(results.manifest["failures"]))


def at_budgets(asking: Asking, budgets: list[float]) -> Answer:
    """Compare strategies at several budgets."""
    from experiments.comparison.curve_page import write_page
    from experiments.comparison.curve_words import lines, sentences
    from experiments.comparison.curves import prepare_curves, run_curves
    from experiments.comparison.ranking import primary_of
    from experiments.comparison.words import currency_of

    prepared = prepare_curves(asking.lined_up, budgets)
    folder = asking.out if asking.out is not None else prepared.default_folder
    with progress_bar(asking.quiet) as progress:
        found = run_curves(prepared, folder, jobs=asking.jobs, progress=progress)
    report = write_page(found)
    first = found.comparisons[0].results
    data = {
        "folder": str(folder),
        "report": report,
        "budgets": found.budgets,
        "too_small": list(found.too_small),
        "currency": currency_of(first),
        "control": first.control,
        "primary": primary_of(first).name,
        "replicates": first.manifest["replicates"],
        "ranking": found.ranking().to_dict("records"),
        "leaders": [{"from": low, "to": high, "strategies": names} for low, high, names in found.leaders()],
        "flips": [vars(each) for each in found.flips()],
        "left_out": [vars(each) for each in found.left_out],
        "said": sentences(found),
    }
    failed = any(each.results.manifest["failures"] for each in found.comparisons)
    return Answer([*lines(found), str(report)], data, failed)


def up_to_goal(asking: Asking, goal: Any, most: float | None) -> Answer:
    """Find the cheapest way to a goal."""
    from experiments.comparison.goal_words import lines, sentences
    from experiments.comparison.search import cheapest

    with progress_bar(asking.quiet, "rounds") as progress:
        found = cheapest(asking.lined_up, goal, most=most, jobs=asking.jobs, progress=progress)
    data = {
        "goal": goal.text,
        "primary": goal.outcome,
        "currency": found.currency,
        "control": found.control,
        "control_value": found.control_value,
        "replicates": found.replicates,
        "ranking": [vars(each) for each in found.prices],
        "again": {"value": found.again, "low": found.again_low, "high": found.again_high},
        "left_out": [vars(each) for each in found.left_out],
        "said": sentences(found),
    }
    return Answer(lines(found), data)
