"""Tactics: recipes with parameters of their own, each of which expands into an ordinary intervention.

A tactic is a function ``tactic(*, parameter=…, …) -> dict`` that returns what a scenario would say of the intervention:
``kind``, ``target``, ``at``, ``effect`` and so on; it may leave out what the scenario says beside it. What comes of it
is checked as if it had been written in its place. netrial's own are in `interventions.catalogue`; a package adds one by
the entry-point group ``netrial.interventions``.
"""

from __future__ import annotations

import interventions.catalogue  # noqa: F401 - registers netrial's own
from interventions.catalogue.recipe import catalogue, kind_of, tactics

__all__ = ["catalogue", "kind_of", "tactics"]
