"""Tactics in a plan: what each stands for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scenarios.conversion import arm_items
from scenarios.grammar import BudgetedArm

if TYPE_CHECKING:
    from scenarios.loading import Scenario


def expansions_in_words(scenario: Scenario, arm: str) -> dict[str, str]:
    """Return, for each intervention of an arm that a tactic stands for, what the tactic says of it.

    Parameters
    ----------
    scenario : Scenario
    arm : str

    Returns
    -------
    dict of str to str
        By intervention: ``tactic: popular, for {kind: champions, target: {rank: degree, share: 0.05}}``. What was
        written beside the tactic is left out, but for the target, which is shown as it came to be.
    """
    items = scenario.spec.arms[arm]
    inside = ("arms", arm, "interventions") if isinstance(items, BudgetedArm) else ("arms", arm)
    found = {}
    for i, (name, item) in enumerate(arm_items(items)):
        expansion = scenario.expansions.get(("interventions", name) if isinstance(item, str) else (*inside, i))
        if expansion is not None:
            made = {
                key: value
                for key, value in expansion.intervention.items()
                if key not in expansion.beside or key == "target"
            }
            found[name] = f"tactic: {expansion.tactic}, for {flow(made)}"
    return found


def flow(value: Any) -> str:
    """Write plain data as YAML does on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
