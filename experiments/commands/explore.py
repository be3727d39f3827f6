"""`netrial explore`: step through a scenario in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands.options import ScenarioName, Settings, load_scenario
from simulator.errors import Problem, SpecError


def explore(
    scenario: ScenarioName,
    settings: Settings = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of this machine; 0: any that is free.")] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Step through one arm in the browser.

    Its rates can be turned; Ctrl-C ends it.
    """
    loaded = load_scenario(scenario, settings)
    loaded.require_built()
    try:
        from experiments import explore as page
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] in ("experiments", "scenarios", "simulator", "mesa"):
            raise
        hint = "pip install 'netrial[explore]' adds it"
        raise SpecError(Problem(f"`explore` needs `{error.name}`, which is not installed", hint=hint)) from None

    def started(url: str) -> None:
        typer.echo(f"{loaded.title}: {url} (Ctrl-C ends it)")

    page.serve(loaded, port, started=started, browser=not no_browser)
