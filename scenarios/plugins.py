"""Plug-ins: which words of a scenario other packages bring, and which of their words cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from scenarios import grammar
from scenarios.conversion import arm_items, control_of
from simulator.errors import Place, Problem, SpecError
from simulator.registry import Plugin, Registry

if TYPE_CHECKING:
    from scenarios.loading import Scenario


def registries() -> tuple[Registry[Any], ...]:
    """Return all registries that packages can add words to, but that of folders of scenarios."""
    from interventions.tactics import tactics
    from interventions.targeting import targets
    from simulator.generators import networks
    from simulator.outcomes import outcomes

    return targets, networks, outcomes, tactics


def unusable() -> list[Problem]:
    """Import every plug-in that is installed; return what is wrong with those that cannot be used."""
    from scenarios.finding import folder_problems

    problems: list[Problem] = []
    for registry in registries():
        for name in registry:
            try:
                registry[name]
            except SpecError as error:
                problems += error.problems
    return [*problems, *folder_problems()]


def plugins_of(scenario: Scenario, arms: Collection[str] | None = None) -> tuple[Plugin, ...]:
    """Return the plug-ins that a scenario uses.

    Parameters
    ----------
    scenario : Scenario
    arms : collection of str, optional
        Arms that are run, beside the control. Default: all.

    Returns
    -------
    tuple of Plugin
        Sorted, each once.
    """
    found = (registry.plugin(word) for registry, word in _words(scenario, arms))
    return tuple(sorted({plugin for plugin in found if plugin is not None}))


def _words(scenario: Scenario, arms: Collection[str] | None) -> Iterator[tuple[Registry[Any], str]]:
    """Yield every word that stands in a scenario where a package may bring it, with its registry."""
    targets, networks, outcomes, tactics = registries()
    spec = scenario.spec
    for layer in spec.network.layers.values():
        if isinstance(layer, grammar.GeneratedLayer):
            yield networks, layer.generator
    for measure in spec.outcomes.measures.values():
        yield from ((outcomes, kind) for kind in measure.kinds)
    wanted = set(spec.arms) if arms is None else {*arms, control_of(spec)}
    lists: dict[Place, Any] = {("arms", arm): items for arm, items in spec.arms.items() if arm in wanted}
    lists[("background",)] = spec.background or ()
    for place, items in lists.items():
        inside = (*place, "interventions") if isinstance(items, grammar.BudgetedArm) else place
        for i, (name, item) in enumerate(arm_items(items)):
            at = ("interventions", name) if isinstance(item, str) else (*inside, i)
            if at in scenario.expansions:
                yield tactics, scenario.expansions[at].tactic
            given = spec.interventions[name] if isinstance(item, str) else item
            rank = given.target.rank if isinstance(given, grammar.Intervention) and given.target else None
            if isinstance(rank, str):
                yield targets, rank
            elif isinstance(rank, grammar.RankRule):
                yield targets, rank.rule
            elif rank is not None:
                yield from ((outcomes, kind) for kind in rank.kinds)
