"""`netrial check`: check a scenario without running it."""

from __future__ import annotations

import typer

from experiments.commands.options import ScenarioName, Settings, load_scenario


def check(scenario: ScenarioName, settings: Settings = None) -> None:
    """Check a scenario without running it, and describe its people, its ties and what may be expected of it."""
    loaded = load_scenario(scenario, settings)

    from experiments.description import check_lines

    for line in check_lines(loaded):
        typer.echo(line)
