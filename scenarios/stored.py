"""A scenario taken from a results folder again: from its resolved data, which are a scenario themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.loading import Scenario, scenario_of
from scenarios.reading import read_text


def load_resolved(data: Mapping[str, Any], path: str | Path) -> Scenario:
    """Load a scenario from what `Scenario.resolved` returned.

    Parameters
    ----------
    data : mapping
        As plain data, every default filled in.
    path : str or Path
        The scenario's file: files of people and ties are relative to its folder.

    Returns
    -------
    Scenario
        Its `hash8` is that of the scenario that was resolved, unless its files, or the engine, have changed.

    Raises
    ------
    ScenarioError
        If a file that it names is not there any more.
    """
    kept = json.loads(json.dumps(data))
    for part in (kept["population"], *kept["network"]["layers"].values(), *kept.get("observed", ())):
        part.pop("content", None)
    path = Path(path)
    reading = read_text(json.dumps(kept, indent=1, ensure_ascii=False), f"{path} (as it was run)")
    return scenario_of(path, reading)
