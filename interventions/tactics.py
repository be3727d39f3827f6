"""Tactics: recipes with parameters of their own, each of which expands into an ordinary intervention.

A tactic is a function ``tactic(*, parameter=…, …) -> dict`` that returns what a scenario would say of the intervention:
``kind``, ``target``, ``at``, ``effect`` and so on. What it returns is checked as if it had been written in its place. A
package adds one by the entry-point group ``netrial.interventions``; netrial brings none of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.registry import Registry

tactics: Registry[Callable[..., dict[str, Any]]] = Registry("tactic", "netrial.interventions")
