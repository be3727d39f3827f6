"""Trials made from a scenario: what a scenario with other arms keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.loading import Scenario


def observed_of_control(scenario: Scenario, control: str) -> dict[str, Any]:
    """Return `observed` without what is about other arms; nothing where it can stay as it is."""
    given = scenario.data.get("observed") or []
    kept = [
        {**each, "file": str(scenario.file_at(("observed", i, "file"), each["file"]))} if "file" in each else each
        for i, each in enumerate(given)
        if each["arm"] == control
    ]
    return {} if len(kept) == len(given) else {"observed": kept}


def used_by_control(scenario: Scenario) -> dict[str, Any]:
    """Return the named interventions that the control arm and the background use."""
    known: Mapping[str, Any] = scenario.data.get("interventions") or {}
    members = scenario.data["arms"][scenario.control]
    named = [*(members["interventions"] if isinstance(members, dict) else members)]
    named += scenario.data.get("background") or []
    return {name: known[name] for name in named if isinstance(name, str) and name in known}
