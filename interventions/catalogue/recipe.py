"""How a tactic is registered: under the name of its function, with the kind of intervention that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from simulator.registry import Registry

Recipe = Callable[..., dict[str, Any]]
F = TypeVar("F", bound=Recipe)

tactics: Registry[Recipe] = Registry("tactic", "netrial.interventions")
"""Tactics in a scenario: each is replaced by the intervention that it expands into, before anything else is checked."""

kind_of: dict[str, str] = {}
"""The kind of each of netrial's own tactics."""

ORDER = ("champions", "groups", "induction", "alteration", "broadcast")
"""Kinds, in the order in which tactics are listed."""


def recipe(kind: str) -> Callable[[F], F]:
    """Register a tactic that makes interventions of a kind; use as a decorator."""

    def register(function: F) -> F:
        kind_of[function.__name__] = kind
        tactics.add(function.__name__)(function)
        return function

    return register


def catalogue() -> dict[str, list[str]]:
    """Return netrial's own tactics by kind, each kind's in the order of its file."""
    return {kind: [name for name, its in kind_of.items() if its == kind] for kind in ORDER}


def ranked(rule: str, **parameters: Any) -> str | dict[str, Any]:
    """Return a `rank` as a scenario writes it: the rule's name, or a mapping where it is given any parameter."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return {"rule": rule, **given} if given else rule


def chained(**parts: Any) -> dict[str, Any]:
    """Return a `chain` as a scenario writes it, without what is left to its default."""
    return {name: value for name, value in parts.items() if value is not None}
