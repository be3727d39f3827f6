"""From the grammar to what the floors below take: behaviours, interventions, arms and measures, in the scenario's unit.

Everything here is a pure function of a checked scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from interventions.specs import Cost, Effect, Intervention, NewTies, Target
from scenarios import grammar
from scenarios.states import resolve
from simulator.behaviour import PER_CONTACT, SPONTANEOUS, Behaviour, ByColumn, PersonNumber, Transition
from simulator.conditions import Condition, parse
from simulator.errors import NotBuiltError, Problem
from simulator.outcomes import Measure
from simulator.units import convert_duration, convert_rate

if TYPE_CHECKING:
    import numpy as np


def duration_of(time: Any, unit: str) -> float:
    """Return an instant or a duration in the scenario's unit."""
    if isinstance(time, grammar.Value):
        return convert_duration(time.value, time.unit or unit, unit)
    return float(time)


def quantity_of(number: Any) -> float:
    """Return a number that is the same for everybody and has no time unit: a cost, a weight."""
    return float(number.value if isinstance(number, grammar.Value) else number)


def person_number_of(number: Any) -> PersonNumber:
    """Return a number without a time unit, which may differ by person: a share, a factor."""
    if isinstance(number, grammar.ByCategory):
        return ByColumn(number.by, dict(number.values))
    return quantity_of(number)


def rate_of(number: Any, unit: str) -> PersonNumber:
    """Return a rate per time unit of the scenario, which may differ by person."""
    given = getattr(number, "unit", None) or unit
    if isinstance(number, grammar.ByCategory):
        values = {category: convert_rate(value, given, unit) for category, value in number.values.items()}
        return ByColumn(number.by, values)
    return convert_rate(quantity_of(number), given, unit)


def horizon_of(spec: grammar.ScenarioSpec) -> float:
    """Return the end of time, in the scenario's unit."""
    return duration_of(spec.time.horizon, spec.time.unit)


def observe_every_of(spec: grammar.ScenarioSpec) -> float:
    """Return the time between two counts of the states; by default one unit, or the horizon if that is shorter."""
    if spec.time.observe_every is None:
        return min(1.0, horizon_of(spec))
    return duration_of(spec.time.observe_every, spec.time.unit)


def control_of(spec: grammar.ScenarioSpec) -> str:
    """Return the name of the control arm."""
    return spec.experiment.control or next(iter(spec.arms))


def states_of(spec: grammar.ScenarioSpec) -> dict[str, tuple[str, ...]]:
    """Return the states of every behaviour."""
    return {name: behaviour.states for name, behaviour in spec.behaviours.items()}


def condition_of(text: str | None) -> Condition | None:
    """Read a condition that was checked before."""
    return None if text is None else parse(text)


def behaviours_of(spec: grammar.ScenarioSpec) -> dict[str, Behaviour]:
    """Return the behaviours, in the scenario's order, rates per unit of the scenario.

    Raises
    ------
    NotBuiltError
        If a transition follows a law that the engine does not have yet.
    """
    return {
        name: Behaviour(
            name,
            behaviour.states,
            tuple(_transition(spec, name, transition, given) for transition, given in behaviour.transitions.items()),
        )
        for name, behaviour in spec.behaviours.items()
    }


def _transition(spec: grammar.ScenarioSpec, behaviour: str, name: str, given: grammar.Transition) -> Transition:
    for law in grammar.LAWS:
        if law != PER_CONTACT and getattr(given, law) is not None:
            place = ("behaviours", behaviour, "transitions", name, law)
            raise NotBuiltError(Problem(f"`{law}` is not built yet", place, on_key=True))
    from_states = (given.from_,) if isinstance(given.from_, str) else given.from_
    rate = rate_of(given.rate, spec.time.unit)
    if given.per_contact is None:
        return Transition(name, from_states, given.to, rate, SPONTANEOUS)
    source = resolve(given.per_contact, states_of(spec), own=behaviour)
    return Transition(name, from_states, given.to, rate, PER_CONTACT, source, layers_of(spec, given))


def layers_of(spec: grammar.ScenarioSpec, transition: grammar.Transition) -> dict[str, float]:
    """Return the layers along which a transition meets contacts, with their weights; by default all, at 1."""
    given = transition.layers
    if given is None:
        return dict.fromkeys(spec.network.layers, 1.0)
    if isinstance(given, str):
        return {given: 1.0}
    return dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, 1.0)


def measure_of(given: grammar.Measure, behaviours: Mapping[str, tuple[str, ...]], unit: str = "year") -> Measure:
    """Return a measure in the form the simulator takes.

    Parameters
    ----------
    given : grammar.Measure
    behaviours : mapping of str to tuple of str
        All behaviours and their states.
    unit : str
        The scenario's time unit.
    """
    kind, of, reaches = given.kind, "share", None
    states: Any = getattr(given, kind)
    if isinstance(states, grammar.Level):
        of = "share" if states.share is not None else "count"
        reaches = states.reaches
        states = getattr(states, of)
    source = resolve(states, behaviours)
    return Measure(
        kind=kind,
        behaviour=source.behaviour,
        states=source.states,
        where=condition_of(given.where),
        at=None if given.at in (None, "end") else duration_of(given.at, unit),
        by=given.by,
        between=None if given.between is None else (label(given.between[0]), label(given.between[1])),
        reaches=reaches,
        of=of,
        among=given.among,
    )


def label(category: Any) -> str:
    """Return how a category is written: 3.0 is `3`."""
    return f"{category:.15g}" if isinstance(category, (int, float)) else str(category)


def measures_of(spec: grammar.ScenarioSpec) -> dict[str, Measure]:
    """Return every outcome, by name, in the scenario's order; `better` and `matters` stand in `spec.outcomes`."""
    states = states_of(spec)
    return {name: measure_of(given, states, spec.time.unit) for name, given in spec.outcomes.measures.items()}


def interventions_of(spec: grammar.ScenarioSpec) -> dict[str, Intervention]:
    """Return the named interventions."""
    return {
        name: intervention_of(spec, name, given)
        for name, given in spec.interventions.items()
        if isinstance(given, grammar.Intervention)
    }


def arms_of(spec: grammar.ScenarioSpec) -> dict[str, list[Intervention]]:
    """Return what each arm does, in the order it acts; arms in the scenario's order."""
    named = interventions_of(spec)
    return {
        arm: [
            named[item] if isinstance(item, str) else intervention_of(spec, name, item)
            for name, item in arm_items(given)
        ]
        for arm, given in spec.arms.items()
    }


def arm_items(arm: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the spec (or, again, the name) of each intervention of an arm."""
    for item in arm.interventions if isinstance(arm, grammar.BudgetedArm) else arm:
        if isinstance(item, str):
            yield item, item
        else:
            kind = item.kind if isinstance(item, grammar.UnnamedIntervention) else item.tactic
            yield item.name or kind, item


def intervention_of(spec: grammar.ScenarioSpec, name: str, given: grammar.Intervention) -> Intervention:
    """Return one intervention, dates and durations in the scenario's unit."""
    unit = spec.time.unit
    times = given.at if isinstance(given.at, tuple) else () if given.at is None else (given.at,)
    cost = given.cost or grammar.Cost()
    return Intervention(
        name=name,
        kind=given.kind,
        target=_target(spec, given.target or grammar.Target()),
        at=tuple(duration_of(time, unit) for time in times),
        uptake=person_number_of(given.uptake),
        effect=_effect(given.effect, unit),
        cost=Cost(quantity_of(cost.fixed), quantity_of(cost.per_reached), quantity_of(cost.per_treated)),
    )


def _target(spec: grammar.ScenarioSpec, given: grammar.Target) -> Target:
    rule, parameters, measure = "random", {}, None
    if isinstance(given.rank, str):
        rule = given.rank
    elif isinstance(given.rank, grammar.RankRule):
        rule, parameters = given.rank.rule, given.rank.parameters
    else:
        measure = measure_of(given.rank, states_of(spec), spec.time.unit)
    return Target(
        where=condition_of(given.where),
        rank=rule,
        parameters=parameters,
        share=given.share,
        number=given.number,
        per=given.per,
        groups=given.groups,
        group_measure=measure,
    )


def _effect(given: grammar.Effect, unit: str) -> Effect:
    add = given.ties.add if given.ties is not None else None
    return Effect(
        set={behaviour: state if isinstance(state, str) else dict(state) for behaviour, state in given.set.items()},
        susceptibility={name: person_number_of(factor) for name, factor in sorted(given.susceptibility.items())},
        influence={name: person_number_of(factor) for name, factor in sorted(given.influence.items())},
        ties=None
        if add is None
        else NewTies(add.layer, add.per_person, condition_of(add.to), add.pairing, float(add.weight)),
        lasting=None if given.for_ is None else duration_of(given.for_, unit),
    )


def observation_times(spec: grammar.ScenarioSpec) -> np.ndarray:
    """Return float64[n_times]: 0, `observe_every`, twice that, … and the horizon, in the scenario's unit."""
    import numpy as np

    horizon, every = horizon_of(spec), observe_every_of(spec)
    steps = int(horizon / every * (1 - 1e-9))  # before the horizon; a step that ends at it but for rounding is it
    return np.array([*(round(step * every, 12) for step in range(steps + 1)), horizon])
