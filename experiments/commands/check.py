"""`netrial check`: check a scenario without running it."""

from __future__ import annotations

import typer

from experiments.commands.as_json import Json, print_json, problem_data
from experiments.commands.options import ScenarioName, Settings, load_scenario, say_if_compiling


def check(scenario: ScenarioName, settings: Settings = None, json: Json = False) -> None:
    """Check a scenario without running it.

    Describes its people and ties, lists its assumed inputs, and says what a run will cost.

    With --json: scenario, title, hash, valid, runs (whether all it asks for is built), not_built, arms, control,
    replicates, primary, inputs (place, kind, value, unit, source, assumed, fitted), assumed (how many), portrait,
    protection (holds, reasons), forecast (rings, seconds, memory_bytes, available_bytes, threads, idle, transitions),
    warnings.
    """
    loaded = load_scenario(scenario, settings, warn=not json)

    from experiments.examination import examination_data, examination_lines, examine

    say_if_compiling()
    found = examine(loaded)
    if json:
        print_json({**examination_data(found), "warnings": [problem_data(each) for each in loaded.warnings]})
        return
    for line in examination_lines(found):
        typer.echo(line)
