"""What a scenario says of people's contacts: how many somebody can have at most, and where there are none at all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.conversion import arm_items, layers_of, quantity_of
from simulator.errors import Place


def used_interventions(spec: grammar.ScenarioSpec) -> Iterator[grammar.Intervention]:
    """Yield every intervention that an arm, or the background, uses."""
    for items in (*spec.arms.values(), spec.background or ()):
        for _, item in arm_items(items):
            given = spec.interventions.get(item) if isinstance(item, str) else item
            if isinstance(given, grammar.Intervention):
                yield given


def interventions_with_places(spec: grammar.ScenarioSpec) -> Iterator[tuple[Place, grammar.Intervention]]:
    """Yield every intervention that is written out, with its place."""
    for name, given in spec.interventions.items():
        if isinstance(given, grammar.Intervention):
            yield ("interventions", name), given
    lists: dict[Place, Any] = {("background",): spec.background or ()}
    for arm, items in spec.arms.items():
        lists["arms", arm, *(["interventions"] if isinstance(items, grammar.BudgetedArm) else [])] = items
    for place, items in lists.items():
        for i, (_, item) in enumerate(arm_items(items)):
            if isinstance(item, grammar.Intervention):
                yield (*place, i), item


def added_weights(spec: grammar.ScenarioSpec) -> dict[str, float]:
    """Return the layers to which some arm, or whoever enters, adds ties, with the largest weight of a new tie."""
    enter = spec.population.enter
    found = {} if enter is None else dict.fromkeys(enter.ties, 1.0)
    for given in used_interventions(spec):
        for effect in given.effects.values():
            add = None if effect.ties is None else effect.ties.add
            if add is not None:
                found[add.layer] = max(add.weight, found.get(add.layer, 0.0))
    return found


def has_no_ties(checker: Checker, name: str) -> bool:
    """Say whether a layer is known to have no ties at time 0."""
    layer = checker.spec.network.layers.get(name)
    if name in checker.known.ties:
        return checker.known.ties[name].n_ties == 0
    if not isinstance(layer, grammar.GeneratedLayer):
        return False
    return layer.generator == "empty" or layer.mean_degree == 0 or layer.degree == 0


def most_contacts(checker: Checker, transition: grammar.Transition) -> float | None:
    """Return the largest sum of weights of contacts that a person can meet; None where that cannot be told."""
    total = 0.0
    for name, weight in layers_of(checker.spec, transition).items():
        most = _most_in_layer(checker, name) if weight else 0.0
        if most is None:
            return None
        total += weight * most
    return total


def _most_in_layer(checker: Checker, name: str) -> float | None:
    layer = checker.spec.network.layers.get(name)
    if layer is None:
        return None
    added = added_weights(checker.spec)
    rewired = {
        effect.ties.rewire.layer
        for given in used_interventions(checker.spec)
        for effect in given.effects.values()
        if effect.ties is not None and effect.ties.rewire is not None
    }
    everybody = None if checker.most_people is None else checker.most_people - 1
    changed = name in added or name in rewired
    weight: float | None
    most: float | None = everybody if changed else None
    if name in checker.known.ties:
        import numpy as np

        ties = checker.known.ties[name]
        weights = np.ones(ties.n_ties) if ties.weights is None else ties.weights
        if not changed:
            receivers = ties.ties[:, 1] if ties.directed else ties.ties.ravel()
            strengths = np.bincount(receivers, weights if ties.directed else np.repeat(weights, 2))
            return float(strengths.max(initial=0.0))
        weight = float(weights.max(initial=0.0))
    elif isinstance(layer, grammar.GeneratedLayer):
        weight = 1.0 if layer.weight is None else layer.weight if isinstance(layer.weight, float | int) else None
        if not changed:
            fixed = {"lattice": layer.neighbours, "random_regular": layer.degree, "empty": 0}
            most = fixed.get(layer.generator, everybody)
            if layer.generator == "degrees":
                most = _most_wanted(checker, layer.column) or everybody
            most = 0 if has_no_ties(checker, name) else most
    else:
        return None
    if weight is None or most is None:
        return None
    return most * max(weight, added.get(name, 0.0))


def _most_wanted(checker: Checker, column: str | None) -> float | None:
    """Return the largest number of contacts in a column of `degrees`; None where it is drawn, or cannot be read."""
    drawn = checker.spec.population.columns.get(column or "")
    labels = checker.known.labels.get(column or "", ())
    if (drawn is not None and drawn.distribution is not None) or not all(map(str.isdecimal, labels)):
        return None
    return max(map(float, labels), default=None)


def largest(number: Any) -> float | None:
    """Return the largest value of a number, with its series; None where it depends on people or is not known."""
    if isinstance(number, tuple):
        values = [largest(each) for each in number]
        return None if None in values else math.prod(value for value in values if value is not None)
    if isinstance(number, grammar.HazardRatio | grammar.Uncertain | grammar.Distribution | grammar.OfColumn):
        return None
    if isinstance(number, grammar.ByCategory):
        return max(number.values.values(), default=0.0)
    series = number.series if isinstance(number, grammar.Value) else None
    return quantity_of(number) * max((factor for _, factor in series or ()), default=1.0)


def weight_of(states: Any) -> float:
    """Return the largest weight of states that count: 1 where they have none."""
    return max(states.values(), default=0.0) if isinstance(states, Mapping) else 1.0
