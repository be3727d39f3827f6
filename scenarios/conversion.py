"""From the grammar to what the floors below take: behaviours, interventions, arms and measures, in the scenario's unit.

Everything here is a pure function of a checked scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

from interventions.specs import (
    ByContacts,
    Chain,
    Cost,
    Effect,
    Intervention,
    Knowledge,
    NewTies,
    Phase,
    Rewiring,
    Target,
    When,
)
from interventions.targeting import targets
from scenarios import grammar
from scenarios.states import resolve
from simulator import units
from simulator.arguments import STATES, annotated, arguments
from simulator.behaviour import (
    GROUP,
    PER_CONTACT,
    PROPORTION,
    RESPONSE,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    GroupOf,
    HazardRatio,
    PersonNumber,
    Response,
    Series,
    Source,
    Transition,
)
from simulator.conditions import Condition, parse
from simulator.errors import SpecError, allowed_words
from simulator.outcomes import Measure, outcomes
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


def person_number_of(number: Any, behaviours: Collection[str] = ()) -> PersonNumber:
    """Return a number without a time unit, which may differ by person: a share, a factor."""
    if isinstance(number, grammar.ByCategory):
        return by_person(number.by, dict(number.values), behaviours)
    if isinstance(number, grammar.HazardRatio):
        return HazardRatio(number.column, number.ratio, number.per, number.centre)
    return quantity_of(number)


def by_person(by: str, values: dict[str, float], behaviours: Collection[str]) -> ByColumn | ByState:
    """Return a number by category of a column, or by the person's own state of a behaviour."""
    return ByState(by, values) if by in behaviours else ByColumn(by, values)


def rate_of(number: Any, unit: str, behaviours: Collection[str] = ()) -> PersonNumber:
    """Return a rate per time unit of the scenario, which may differ by person."""
    given = getattr(number, "unit", None) or unit
    if isinstance(number, grammar.ByCategory):
        values = {category: convert_rate(value, given, unit) for category, value in number.values.items()}
        return by_person(number.by, values, behaviours)
    return convert_rate(quantity_of(number), given, unit)


def series_of(numbers: Iterable[Any]) -> tuple[Series, ...]:
    """Return the series of those numbers that have one."""
    return tuple(
        Series(tuple(number.series), number.repeats_every)
        for number in numbers
        if isinstance(number, grammar.Value) and number.series is not None
    )


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


def chosen_arm(arms: Collection[str], arm: str | None, control: str, replicate: int) -> str:
    """Return the name of the arm that is meant (None: the control), if there is such an arm and such a replicate.

    Raises
    ------
    SpecError
    """
    name = control if arm is None else arm
    if name not in list(arms):  # Python code may ask for anything, and not all of it can be looked up
        raise SpecError(f"there is no arm `{name}`; {allowed_words(name, list(arms))}")
    if not isinstance(replicate, Integral) or replicate < 0:
        raise SpecError(f"replicates count from 0; there is no {replicate}")
    return name


def states_of(spec: grammar.ScenarioSpec) -> dict[str, tuple[str, ...]]:
    """Return the states of every behaviour."""
    return {name: behaviour.states for name, behaviour in spec.behaviours.items()}


def condition_of(text: str | None) -> Condition | None:
    """Read a condition that was checked before."""
    return None if text is None else parse(text)


def behaviours_of(spec: grammar.ScenarioSpec) -> dict[str, Behaviour]:
    """Return the behaviours, in the scenario's order, rates per unit of the scenario."""
    return {
        name: Behaviour(
            name,
            behaviour.states,
            tuple(_transition(spec, name, transition, given) for transition, given in behaviour.transitions.items()),
        )
        for name, behaviour in spec.behaviours.items()
    }


def _transition(spec: grammar.ScenarioSpec, behaviour: str, name: str, given: grammar.Transition) -> Transition:
    unit = spec.time.unit
    law = next((law for law in grammar.LAWS if getattr(given, law) is not None), SPONTANEOUS)
    susceptibility, influence = numbers_of(given.susceptibility), numbers_of(given.influence)
    return Transition(
        name=name,
        from_states=(given.from_,) if isinstance(given.from_, str) else given.from_,
        to_state=given.to,
        rate=rate_of(given.rate, unit, spec.behaviours),
        law=law,
        source=_source(spec, behaviour, law, given),
        layers=layers_of(spec, given) if law in (PER_CONTACT, PROPORTION, RESPONSE) else {},
        group=None if given.group is None else GroupOf(given.group.by, condition_of(given.group.where)),
        response=None if given.response is None else _response(behaviour, name, given.response),
        where=condition_of(given.where),
        susceptibility=tuple(person_number_of(number, spec.behaviours) for number in susceptibility),
        influence=tuple(person_number_of(number, spec.behaviours) for number in influence),
        time_in_state=given.time_in_state or (),
        series=series_of([given.rate, *susceptibility, *influence]),
    )


def numbers_of(numbers: Any) -> tuple[Any, ...]:
    """Return one number, or several, as a tuple."""
    if numbers is None:
        return ()
    return numbers if isinstance(numbers, tuple) else (numbers,)


def _source(spec: grammar.ScenarioSpec, behaviour: str, law: str, given: grammar.Transition) -> Source | None:
    states: Any = None
    if law in (PER_CONTACT, PROPORTION):
        states = getattr(given, law)
    elif law == GROUP and given.group is not None:
        states = given.group.state
    elif given.response is not None:
        states = given.response.count if given.response.count is not None else given.response.share
    return None if states is None else resolve(states, states_of(spec), own=behaviour)


def _response(behaviour: str, name: str, given: grammar.ResponseLaw) -> Response:
    reads = "count" if given.count is not None else "share"
    if given.table is not None:
        return Response(reads, tuple(given.table), given.shape or "step")
    threshold = given.threshold
    if isinstance(threshold, grammar.OfColumn):
        return Response(reads, threshold=threshold.column)
    if isinstance(threshold, grammar.ByCategory | grammar.Distribution):
        return Response(reads, threshold=threshold_column(behaviour, name))
    return Response(reads, threshold=quantity_of(threshold))


def threshold_column(behaviour: str, transition: str) -> str:
    """Return the name of the column that holds people's thresholds; a dot keeps it apart from the scenario's own."""
    return f"{behaviour}.{transition}.threshold"


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
    states: Any = given.asked(kind)
    where = condition_of(given.where)
    if kind not in grammar.MEASURE_KEYS:
        parameters = with_states(outcomes[kind], states, behaviours)
        return Measure(kind, "", (), where=where, among=given.among, parameters=parameters)
    if isinstance(states, grammar.Level):
        of = "share" if states.share is not None else "count"
        reaches = states.reaches
        states = getattr(states, of)
    source = resolve(states, behaviours)
    return Measure(
        kind=kind,
        behaviour=source.behaviour,
        states=source.states,
        weights=source.weights,
        where=where,
        at=None if given.at in (None, "end") else duration_of(given.at, unit),
        by=given.by,
        between=None if given.between is None else (label(given.between[0]), label(given.between[1])),
        reaches=reaches,
        of=of,
        among=given.among,
    )


def with_states(
    function: Callable[..., Any], given: Mapping[str, Any], behaviours: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Return the parameters of a registered function in which words for states have become states."""
    named = annotated(function, STATES)
    return {name: resolve(each, behaviours) if name in named else each for name, each in given.items()}


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
    """Return what each arm does, in the order it acts, the background first; arms in the scenario's order."""
    named, background = interventions_of(spec), background_of(spec)
    arms = {}
    for arm, given in spec.arms.items():
        own = _members(spec, given, named)
        if isinstance(given, grammar.BudgetedArm) and given.budget is not None:
            budget = quantity_of(given.budget)
            own = [replace(member, budget=budget) for member in own]
        arms[arm] = [*background, *own]
    return arms


def background_of(spec: grammar.ScenarioSpec) -> list[Intervention]:
    """Return what runs in every arm, the control too, in the order it acts."""
    members = _members(spec, spec.background or (), interventions_of(spec)) if spec.background else []
    return [replace(member, background=True) for member in members]


def _members(spec: grammar.ScenarioSpec, items: Any, named: Mapping[str, Intervention]) -> list[Intervention]:
    return [
        named[item] if isinstance(item, str) else intervention_of(spec, name, item) for name, item in arm_items(items)
    ]


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
    if given.at is None and given.every is not None:
        times = (0.0,)
    return Intervention(
        name=name,
        kind=given.kind,
        target=_target(spec, given.target or grammar.Target()),
        at=tuple(duration_of(time, unit) for time in times),
        uptake=_uptake(spec, given.uptake),
        effect=_effect(given.effect, unit, spec.behaviours),
        cost=_cost(given.cost or grammar.Cost(), unit),
        every=None if given.every is None else duration_of(given.every, unit),
        until=None if given.until is None else duration_of(given.until, unit),
        when=None if given.when is None else _when(spec, given.when),
        phase=None if given.phase is None else _phase(spec, given.phase),
        drop_out=0.0 if given.drop_out is None else rate_of(given.drop_out, unit, spec.behaviours),
        chain=None if given.chain is None else _chain(spec, given.chain),
    )


def _uptake(spec: grammar.ScenarioSpec, given: Any) -> PersonNumber | ByContacts:
    if not isinstance(given, grammar.UptakeByContacts):
        return person_number_of(given, spec.behaviours)
    reads = "count" if given.count is not None else "share"
    states = getattr(given, reads)
    source = None if states == "treated" else resolve(states, states_of(spec))
    return ByContacts(source, reads, tuple(given.table), given.shape, given.layers)


def _chain(spec: grammar.ScenarioSpec, given: grammar.Chain) -> Chain:
    return Chain(
        waves=given.waves,
        coupons=given.coupons,
        every=duration_of(given.every, spec.time.unit),
        to=given.to,
        ties=given.ties,
        layers=given.layers,
        where=condition_of(given.where),
        again=given.again,
        effect=None if given.effect is None else _effect(given.effect, spec.time.unit, spec.behaviours),
        uptake=None if given.uptake is None else _uptake(spec, given.uptake),
    )


def _cost(given: grammar.Cost, unit: str) -> Cost:
    """Return prices; those for a time, per unit of the scenario."""
    prices = {name: quantity_of(getattr(given, name)) for name in grammar.Cost.model_fields}
    for name in ("per_time", "per_time_treated"):
        prices[name] = convert_rate(prices[name], getattr(getattr(given, name), "unit", None) or unit, unit)
    return Cost(**prices)


def _when(spec: grammar.ScenarioSpec, given: grammar.When) -> When:
    every = observe_every_of(spec) if given.check_every is None else duration_of(given.check_every, spec.time.unit)
    above, below = (None if level is None else quantity_of(level) for level in (given.above, given.below))
    return When(measure_of(given, states_of(spec), spec.time.unit), above, below, every)


def _phase(spec: grammar.ScenarioSpec, given: grammar.Phase) -> Phase:
    every = duration_of(given.every, spec.time.unit)
    if isinstance(given.order, tuple):
        return Phase(given.over, given.groups, every, listed=tuple(label(category) for category in given.order))
    order = given.order if isinstance(given.order, str) else measure_of(given.order, states_of(spec), spec.time.unit)
    return Phase(given.over, given.groups, every, order)


def _target(spec: grammar.ScenarioSpec, given: grammar.Target) -> Target:
    rule, parameters, measure = "random", {}, None
    if isinstance(given.rank, str):
        rule = given.rank
    elif isinstance(given.rank, grammar.RankRule):
        rule, parameters = given.rank.rule, given.rank.parameters
    else:
        measure = measure_of(given.rank, states_of(spec), spec.time.unit)
    parameters, asked = own_parameters(rule, parameters)
    if parameters and rule in targets:
        parameters = with_states(targets[rule], parameters, states_of(spec))
    groups, found = (given.groups, None) if isinstance(given.groups, str | None) else (given.groups.by, given.groups)
    return Target(
        where=condition_of(given.where),
        rank=rule,
        parameters=parameters,
        share=given.share,
        number=given.number,
        per=given.per,
        groups=groups,
        group_parameters={} if found is None else found.parameters,
        group_measure=measure,
        knowledge=_knowledge(given.knowledge, asked, spec.time.unit),
        budget=None if given.budget is None else quantity_of(given.budget),
        exclude=(given.exclude,) if isinstance(given.exclude, str) else given.exclude or (),
        replace=bool(given.replace),
        counts_groups=given.of == "groups",
        skip=given.skip or 0.0,
    )


def _knowledge(given: grammar.Knowledge | None, asked: Any, unit: str) -> Knowledge | None:
    """Return what is known of the network; `asked` stands beside the rule, instead of in `knowledge`."""
    if given is None:
        return None if asked is None else Knowledge(asked=float(asked))
    as_of = None if given.as_of is None else duration_of(given.as_of, unit)
    forgotten, wrong = quantity_of(given.forgotten), quantity_of(given.wrong)
    share = given.asked if asked is None else float(asked)
    return Knowledge(share, given.names, forgotten, wrong, given.layers, as_of)


def own_parameters(rule: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Tell what stands beside a rule apart: its own parameters, and the share of people asked about the network before.

    Parameters
    ----------
    rule : str
    given : mapping
        As in the scenario.

    Returns
    -------
    parameters : dict
    asked : any
        As given, where a rule that goes by the network asks nobody itself; None: it is not given.
    """
    own = dict(given)
    takes = arguments(targets[rule]) if "asked" in own and rule in targets else {}
    return own, own.pop("asked") if "layers" in takes and "asked" not in takes else None


def _effect(given: grammar.Effect, unit: str, behaviours: Collection[str]) -> Effect:
    add = given.ties.add if given.ties is not None else None
    rewire = given.ties.rewire if given.ties is not None else None
    return Effect(
        set={behaviour: state if isinstance(state, str) else dict(state) for behaviour, state in given.set.items()},
        susceptibility={
            name: person_number_of(factor, behaviours) for name, factor in sorted(given.susceptibility.items())
        },
        influence={name: person_number_of(factor, behaviours) for name, factor in sorted(given.influence.items())},
        ties=None
        if add is None
        else NewTies(add.layer, add.per_person, condition_of(add.to), add.pairing, float(add.weight), add.by),
        rewire=None if rewire is None else Rewiring(rewire.layer, rewire.share, rewire.keep == "degree"),
        lasting=None if given.for_ is None else duration_of(given.for_, unit),
        half_life=None if given.half_life is None else duration_of(given.half_life, unit),
    )


def warm_up_of(spec: grammar.ScenarioSpec) -> float:
    """Return how long the time before 0 is, in the scenario's unit; 0 without a warm-up."""
    return 0.0 if spec.time.warm_up is None else duration_of(spec.time.warm_up, spec.time.unit)


def observation_times(spec: grammar.ScenarioSpec) -> np.ndarray:
    """Return float64[n_times]: 0, `observe_every`, twice that, … and the horizon, in the scenario's unit."""
    import numpy as np

    return np.array(units.observation_times(horizon_of(spec), observe_every_of(spec)))
