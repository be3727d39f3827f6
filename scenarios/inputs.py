"""Inputs: every number of a scenario that somebody measured, fitted or assumed, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scenarios import grammar
from scenarios.bibliography import ASSUMED, FITTED
from scenarios.conversion import numbers_of
from simulator.errors import Place

SHARE, FACTOR = "share", "factor"


@dataclass(frozen=True)
class Input:
    """One number that results rest on.

    Parameters
    ----------
    place : tuple of str and int
        Where it stands: ``("behaviours", "obesity", "transitions", "become_obese", "rate")``.
    kind : {"rate", "initial", "uptake", "factor", "duration", "cost", "population", "network"}
    value : str
        As a reader would write it: ``0.02``, or ``urban 0.12, rural 0.19``.
    unit : str
        "per year", "per year and contact", "share", "factor", "years", "GBP", "people", or empty.
    source : str
        A key of the bibliography or of the scenario's references, "assumed" or "fitted"; "file" where data were read.
    """

    place: Place
    kind: str
    value: str
    unit: str
    source: str

    @property
    def name(self) -> str:
        """The place in words: ``behaviours.obesity.transitions.become_obese.rate``."""
        return ".".join(str(part) for part in self.place)

    @property
    def assumed(self) -> bool:
        """Whether nobody measured it."""
        return self.source == ASSUMED

    @property
    def fitted(self) -> bool:
        """Whether it was fitted to data."""
        return self.source == FITTED


def inputs_of(spec: grammar.ScenarioSpec) -> list[Input]:
    """List every input of a scenario, in the order of the grammar.

    A plain number counts as assumed. Choices are not listed, since they are not estimates: whom an intervention
    targets, how many, when; horizon, seed and replicates. Interventions that no arm uses are left out.

    Parameters
    ----------
    spec : ScenarioSpec
        Checked.

    Returns
    -------
    list of Input
    """
    return [*_people(spec), *_turnover(spec), *_network(spec), *_behaviours(spec), *_interventions(spec)]


def assumed_inputs(spec: grammar.ScenarioSpec) -> list[Input]:
    """List the inputs that the ranking of arms rests on though nobody measured them."""
    return [each for each in inputs_of(spec) if each.assumed]


def _number(number: Any, place: Place, kind: str, unit: str, per: str = "") -> Input:
    """Return one input; `per` is what follows a time unit in a rate."""
    source = getattr(number, "source", None) or ASSUMED
    given = getattr(number, "unit", None)
    if kind == "rate":
        unit = f"per {given or unit}{per}"
    elif kind == "duration":
        unit = f"{given or unit}s"
    return Input(place, kind, _written(number), unit, source)


def _written(number: Any) -> str:
    if isinstance(number, grammar.ByCategory):
        return ", ".join(f"{category} {value:g}" for category, value in number.values.items())
    if isinstance(number, grammar.Value):
        series = "" if number.series is None else f", times a series of {len(number.series)}"
        spread = "" if number.low is None or number.high is None else f" ({number.low:g} to {number.high:g})"
        return f"{number.value:g}{spread}{series}"
    if isinstance(number, grammar.HazardRatio):
        return f"x {number.ratio:g} per {number.per:g} of {number.column}"
    if isinstance(number, grammar.Uncertain):
        numbers = {key: getattr(number, key) for key in ("mean", "sd", "low", "high", "min", "max")}
        inside = ", ".join(f"{key} {value:g}" for key, value in numbers.items() if value is not None)
        return f"{number.distribution} ({inside})"
    return f"{number:.15g}"


def _people(spec: grammar.ScenarioSpec) -> Iterator[Input]:
    people = spec.population
    if people.size is not None:
        yield Input(("population", "size"), "population", f"{people.size:,}", "people", ASSUMED)
    else:
        key = "file" if people.networkx is None else "networkx"
        yield Input(("population", key), "population", str(people.file or people.networkx), "", "file")
    read = _words_of(spec.model_copy(update={"population": grammar.Population(size=1)}))
    for name, column in people.columns.items():
        place: Place = ("population", "columns", name)
        if name not in read:  # nothing depends on it
            continue
        if column.categories is not None:
            total = sum(column.categories.values())
            shares = ", ".join(f"{category} {share / total:g}" for category, share in column.categories.items())
            yield Input((*place, "categories"), "population", shares, SHARE, ASSUMED)
        elif column.distribution is not None:
            yield Input((*place, "distribution"), "population", _distribution(column), "", ASSUMED)


def _words_of(value: Any) -> set[str]:
    """Return every word that stands in a part of a scenario, so that a column that nothing names is seen."""
    if isinstance(value, str):
        return set(re.findall(r"\w+", value))
    if isinstance(value, grammar.Part):
        value = [getattr(value, name) for name in type(value).model_fields] + list(
            (value.__pydantic_extra__ or {}).values()
        )
    if isinstance(value, Mapping):
        value = [*value.values()]
    return set().union(*map(_words_of, value)) if isinstance(value, list | tuple) else set()


def _distribution(given: grammar.Column | grammar.Distribution) -> str:
    numbers = {key: getattr(given, key) for key in ("mean", "sd", "min", "max")}
    inside = ", ".join(f"{key} {value:g}" for key, value in numbers.items() if value is not None)
    return f"{given.distribution} ({inside})"


def _network(spec: grammar.ScenarioSpec) -> Iterator[Input]:
    for name, layer in spec.network.layers.items():
        place: Place = ("network", "layers", name)
        if isinstance(layer, grammar.FileLayer):
            yield Input((*place, "file"), "network", layer.file, "", "file")
        elif isinstance(layer, grammar.GeneratedLayer):
            parameters = {
                key: getattr(layer, key)
                for key in type(layer).model_fields
                if key not in ("generator", *grammar.AnyLayer.model_fields) and getattr(layer, key) is not None
            }
            if parameters:  # an empty layer assumes nothing
                read = layer.generator == "degrees" and spec.population.file is not None
                words = f"{layer.generator}: {_words(parameters)}"
                yield Input(place, "network", words, "", "file" if read else ASSUMED)
        else:
            from simulator.networkx_layers import networkx_generators

            made = layer.networkx in networkx_generators()  # if not, it is a graph that is given in Python
            words = f"{layer.networkx}: {_words(layer.arguments)}" if layer.arguments else layer.networkx
            yield Input((*place, "networkx"), "network", words, "", ASSUMED if made else "file")
        if isinstance(layer.weight, grammar.Distribution):
            yield Input((*place, "weight"), "network", _distribution(layer.weight), "", ASSUMED)
        elif isinstance(layer.weight, float | int):
            yield Input((*place, "weight"), "network", f"{layer.weight:g}", "", ASSUMED)


def _words(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_short(value)}" for key, value in parameters.items())


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value).lower()


def _behaviours(spec: grammar.ScenarioSpec) -> Iterator[Input]:
    unit = spec.time.unit
    read = ASSUMED if spec.population.file is None else "file"
    for name, behaviour in spec.behaviours.items():
        place: Place = ("behaviours", name)
        for state, given in behaviour.initial.items():
            at = (*place, "initial", state)
            if isinstance(given, grammar.InitialWhere):
                yield Input((*at, "where"), "initial", given.where, "people", given.source or read)
            elif isinstance(given, grammar.InitialNumber):
                yield Input((*at, "number"), "initial", f"{given.number:,}", "people", given.source or ASSUMED)
            else:
                yield _number(given, at, "initial", SHARE)
        for transition_name, transition in behaviour.transitions.items():
            at = (*place, "transitions", transition_name)
            per = " and contact" if transition.per_contact is not None else ""
            yield _number(transition.rate, (*at, "rate"), "rate", unit, per)
            yield from _law(transition, at)
            for key in ("susceptibility", "influence"):
                yield from _factors(getattr(transition, key), (*at, key))
            if transition.time_in_state is not None:
                yield Input(
                    (*at, "time_in_state"),
                    "factor",
                    _table(transition.time_in_state),
                    f"factor by {unit}s in the state",
                    ASSUMED,
                )
            if isinstance(transition.layers, Mapping):
                for layer, weight in transition.layers.items():
                    yield _number(weight, (*at, "layers", layer), "factor", "weight")


def _law(transition: grammar.Transition, place: Place) -> Iterator[Input]:
    """Yield the weights of source states, and the table or threshold of a response."""
    group, response = transition.group, transition.response
    for key, states in (
        ("per_contact", transition.per_contact),
        ("proportion", transition.proportion),
        ("group", None if group is None else group.state),
        ("response", None if response is None else response.count or response.share),
    ):
        if isinstance(states, Mapping) and any(weight != 1 for weight in states.values()):
            weights = ", ".join(f"{state} {weight:g}" for state, weight in states.items())
            yield Input((*place, key), "factor", weights, "weight", ASSUMED)
    if response is None:
        return
    at = (*place, "response")
    unit = "contacts" if response.count is not None else "share of contacts"
    if response.table is not None:
        yield Input((*at, "table"), "factor", _table(response.table), unit, ASSUMED)
    elif isinstance(response.threshold, grammar.Distribution):
        yield Input((*at, "threshold"), "factor", _distribution(response.threshold), unit, ASSUMED)
    elif isinstance(response.threshold, grammar.OfColumn):
        yield Input((*at, "threshold"), "factor", f"column {response.threshold.column}", unit, "file")
    else:
        yield replace(_number(response.threshold, (*at, "threshold"), "factor", unit), unit=unit)


def _factors(numbers: Any, place: Place) -> Iterator[Input]:
    several = isinstance(numbers, tuple)
    for i, number in enumerate(numbers_of(numbers)):
        yield _number(number, (*place, i) if several else place, "factor", FACTOR)


def _table(points: tuple[tuple[float, float], ...]) -> str:
    return ", ".join(f"{x:g}: {factor:g}" for x, factor in points)


def _turnover(spec: grammar.ScenarioSpec) -> Iterator[Input]:
    enter, leave = spec.population.enter, spec.population.leave
    unit = spec.time.unit
    place: Place = ("population", "enter")
    if enter is not None and enter.rate is not None:
        yield _number(enter.rate, (*place, "rate"), "rate", unit, " in the town")
        for name, column in enter.columns.items():
            if not isinstance(column, grammar.Column):
                yield Input((*place, "columns", name), "population", str(column), "", ASSUMED)
            elif column.categories is not None:
                shares = ", ".join(f"{category} {share:g}" for category, share in column.categories.items())
                yield Input((*place, "columns", name), "population", shares, SHARE, ASSUMED)
            else:
                yield Input((*place, "columns", name), "population", _distribution(column), "", ASSUMED)
        for name, states in enter.states.items():
            if isinstance(states, Mapping):
                shares = ", ".join(f"{state} {share:g}" for state, share in states.items())
                yield Input((*place, "states", name), "initial", shares, SHARE, ASSUMED)
        for name, each in enter.ties.items():
            yield Input((*place, "ties", name), "network", f"{each}", "ties", ASSUMED)
    if leave is not None and leave.rate is not None:
        yield _number(leave.rate, ("population", "leave", "rate"), "rate", unit)
        yield from _factors(leave.susceptibility, ("population", "leave", "susceptibility"))


def _interventions(spec: grammar.ScenarioSpec) -> Iterator[Input]:
    background = spec.background or ()
    used = {
        item
        for arm in (background, *spec.arms.values())
        for item in (arm.interventions if isinstance(arm, grammar.BudgetedArm) else arm)
        if isinstance(item, str)
    }
    for name, given in spec.interventions.items():
        if name in used and isinstance(given, grammar.Intervention):
            yield from _intervention(given, ("interventions", name), spec)
    for i, item in enumerate(background):
        if isinstance(item, grammar.Intervention):
            yield from _intervention(item, ("background", i), spec)
    for arm_name, arm in spec.arms.items():
        budgeted = isinstance(arm, grammar.BudgetedArm)
        for i, item in enumerate(arm.interventions if isinstance(arm, grammar.BudgetedArm) else arm):
            if isinstance(item, grammar.Intervention):
                place: Place = ("arms", arm_name, "interventions", i) if budgeted else ("arms", arm_name, i)
                yield from _intervention(item, place, spec)


def _intervention(given: grammar.Intervention, place: Place, spec: grammar.ScenarioSpec) -> Iterator[Input]:
    unit = spec.time.unit
    if "uptake" in given.model_fields_set:
        yield from _uptake(given.uptake, (*place, "uptake"))
    yield from _effect(given.effect, (*place, "effect"), unit)
    if given.drop_out is not None:
        yield _number(given.drop_out, (*place, "drop_out"), "rate", unit)
    if given.chain is not None:
        if given.chain.uptake is not None:
            yield from _uptake(given.chain.uptake, (*place, "chain", "uptake"))
        if given.chain.effect is not None:
            yield from _effect(given.chain.effect, (*place, "chain", "effect"), unit)
    knowledge = None if given.target is None else given.target.knowledge
    for key in ("forgotten", "wrong"):  # how many are asked, and for how many names, is a choice
        if knowledge is not None and key in knowledge.model_fields_set:
            yield _number(getattr(knowledge, key), (*place, "target", "knowledge", key), "uptake", SHARE)
    if given.cost is not None:
        for key in type(given.cost).model_fields:
            if key in given.cost.model_fields_set and getattr(given.cost, key) is not None:
                cost = getattr(given.cost, key)
                yield _number(cost, (*place, "cost", key), "cost", spec.study.currency or "")


def _uptake(uptake: Any, place: Place) -> Iterator[Input]:
    if isinstance(uptake, grammar.UptakeByContacts):
        unit = "share by contacts" if uptake.count is not None else "share by share of contacts"
        yield Input((*place, "table"), "uptake", _table(uptake.table), unit, ASSUMED)
    else:
        yield _number(uptake, place, "uptake", SHARE)


def _effect(effect: grammar.Effect, place: Place, unit: str) -> Iterator[Input]:
    for end in ("susceptibility", "influence"):
        for name, factor in getattr(effect, end).items():
            yield _number(factor, (*place, end, name), "factor", FACTOR)
    if effect.ties is not None and effect.ties.add is not None and "weight" in effect.ties.add.model_fields_set:
        yield _number(effect.ties.add.weight, (*place, "ties", "add", "weight"), "factor", "weight")
    for key, duration in (("for", effect.for_), ("half_life", effect.half_life)):
        if duration is not None:
            yield _number(duration, (*place, key), "duration", unit)
