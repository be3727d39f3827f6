"""Which numbers of a scenario are shaken, and what each becomes.

1. Shaken is what `scenarios.inputs` lists as assumed or fitted: rates, factors, shares at the start, uptake, durations,
   weights, tables of responses, parameters of generated networks, costs.
2. Not shaken are choices, which are no inputs (whom, how many, when, horizon, budget, replicates), who lives in the
   town (its size, its columns), conditions, and 0, whose double is 0.
3. A number by category, a table and a distribution are one number: all their values together.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from experiments.shake.naming import in_words
from scenarios import grammar
from scenarios.inputs import SHARE, Input, inputs_of
from scenarios.tactics import expand
from simulator.errors import Place, SpecError

if TYPE_CHECKING:
    from scenarios.loading import Scenario

HALVED, DOUBLED = "halved", "doubled"
FACTORS = {HALVED: 0.5, DOUBLED: 2.0}
MOST_SAID = 200
"""Characters of what the scenario's checks say of a number that cannot be so."""

OF_A_DISTRIBUTION = ("mean", "sd", "min", "max")
"""All of them together: everybody's number is halved or doubled."""


@dataclass(frozen=True)
class Number:
    """One number that nobody measured.

    Parameters
    ----------
    place : tuple of str and int
        Where it stands in the scenario with its tactics expanded.
    what : str
        In words that "the" can stand before: "uptake of leaders".
    kind, unit : str
        Of the input that it is, or is part of; see `scenarios.inputs.Input`.
    raw : object
        As it stands there: 0.8, {value: 0.8, …}, {by: …, values: …}, [[x, y], …].
    value : str
        The same, as a reader would write it.
    most : float, optional
        The largest value that makes sense: 1 of a share.
    why_not : str
        Why it is not shaken; empty: it is.
    """

    place: Place
    what: str
    kind: str
    unit: str
    raw: Any
    value: str
    most: float | None = None
    why_not: str = ""

    @property
    def name(self) -> str:
        """The place as one word: ``interventions.leaders.uptake``."""
        return ".".join(map(str, self.place))


class UnshakableError(Exception):
    """A number cannot be halved, or cannot be doubled; the message says why."""


def assumed_numbers(scenario: Scenario) -> list[Number]:
    """List every number that is assumed or fitted, in the order of the grammar, those that are not shaken too.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of Number
        No two have the same words.
    """
    data = expand(scenario.data).data
    found = [
        number
        for given in inputs_of(scenario.spec)
        if given.assumed or given.fitted
        for number in _numbers(given, data, scenario.spec)
    ]
    words = [number.what for number in found]
    return [
        replace(number, what=f"{number.what} ({number.name})") if words.count(number.what) > 1 else number
        for number in found
    ]


def _numbers(given: Input, data: Mapping[str, Any], spec: grammar.ScenarioSpec) -> Iterator[Number]:
    """Yield the number, or numbers, that one input is."""

    def number(place: Place, most: float | None = None, why_not: str = "") -> Number:
        raw = _at(data, place)
        value = given.value if place == given.place and given.kind == "population" else value_in_words(raw)
        return Number(place, in_words(place, spec), given.kind, given.unit, raw, value, most, why_not or _why_not(raw))

    place, raw = given.place, _at(data, given.place)
    share = given.unit in (SHARE, "share of contacts") or given.kind == "uptake"
    if given.kind == "population":
        yield number(place, why_not="who lives in the town is given")
    elif given.kind == "network" and isinstance(raw, Mapping) and "generator" in raw:
        keys = [key for key in raw if key != "generator" and key not in grammar.AnyLayer.model_fields]
        yield from (number((*place, key), 1.0 if _is_share(key) else None) for key in keys if _is_number(raw[key]))
    elif place[-1] == "networkx":
        arguments = (*place[:-1], "arguments")
        for key, value in (_at(data, arguments) or {}).items():
            if _is_number(value):
                yield number((*arguments, key))
    elif place[-1] == "distribution":
        yield number(place[:-1])
    elif isinstance(raw, Mapping) and not _is_one(raw):  # shares or weights, each a number of its own
        yield from (number((*place, key)) for key in raw)
    else:
        yield number(place, 1.0 if share or _is_table(raw) else None)


def _is_number(raw: Any) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _is_table(raw: Any) -> bool:
    return isinstance(raw, list) or (isinstance(raw, Mapping) and "table" in raw)


def _is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether a mapping is one number, however it is written, and not several by name."""
    return any(key in raw for key in ("value", "by", "ratio", "distribution", "table"))


@cache
def _is_share(key: str) -> bool:
    """Say whether a parameter of a generator is a share."""
    known = grammar.GeneratedLayer.model_json_schema()["properties"].get(key, {})
    return any(option.get("share") for option in known.get("anyOf", ()))


def _why_not(raw: Any) -> str:
    """Say why something is not shaken, whatever its kind; nothing where it can be tried."""
    values = [] if isinstance(raw, str) else _values(raw)
    if not values:
        return "it is a condition, not a number" if isinstance(raw, str) else "it is no single number"
    return "" if any(values) else "0 stays 0, halved or doubled"


def _values(raw: Any) -> list[float]:
    """Return the values that are scaled together."""
    found: list[float] = []
    _scaled(raw, lambda value: found.append(value) or value)  # type: ignore[func-returns-value]
    return found


def _scaled(raw: Any, change: Any) -> Any:
    """Return a copy of what stands in a scenario with `change` applied to the numbers that are one number."""
    if _is_number(raw):
        return change(raw)
    if isinstance(raw, list):  # [[x, y], …]
        pairs = all(isinstance(point, list) and len(point) == 2 for point in raw)
        return [[x, _scaled(y, change)] for x, y in raw] if pairs else raw
    if not isinstance(raw, Mapping):
        return raw
    for keys in (("value",), ("ratio",), ("table",), ("values",), OF_A_DISTRIBUTION):
        if any(key in raw for key in keys):
            inside = {key: raw[key] for key in keys if raw.get(key) is not None}
            if keys == ("values",):
                inside = {"values": {name: _scaled(value, change) for name, value in raw["values"].items()}}
                return {**raw, **inside}
            return {**raw, **{key: _scaled(value, change) for key, value in inside.items()}}
    return raw


def shaken(number: Number, change: str, *, whole: bool = False) -> tuple[Any, str]:
    """Halve or double a number.

    Parameters
    ----------
    number : Number
    change : {"halved", "doubled"}
    whole : bool
        Whether a whole number must stay one; it is then rounded, half of one up.

    Returns
    -------
    raw : object
        As it would stand in the scenario.
    note : str
        "capped at 1", "rounded", "now works the other way"; or nothing.

    Raises
    ------
    UnshakableError
        If that changes nothing.
    """
    capped = rounded = False

    def scale(value: float) -> float:
        nonlocal capped, rounded
        scaled = value * FACTORS[change]
        if number.most is not None and scaled > number.most >= value:
            scaled, capped = number.most, True
        if isinstance(value, int) and (whole or scaled == int(scaled)):
            rounded |= scaled != int(scaled)
            scaled = math.floor(scaled + 0.5)
        return scaled

    raw = _scaled(number.raw, scale)
    if raw == number.raw:
        reason = f"it is {number.most:g}, the most it can be" if capped else f"{change} and rounded, it stays the same"
        raise UnshakableError(reason)
    notes = ["capped at 1"] * capped + ["rounded to a whole number"] * rounded + _turned(number, raw)
    return raw, ", ".join(notes)


def _turned(number: Number, raw: Any) -> list[str]:
    """Say of a factor that has passed 1 that its effect is another one."""
    before, after = _values(number.raw), _values(raw)
    if number.unit != "factor" or len(before) != 1:
        return []
    if (before[0] - 1) * (after[0] - 1) < 0:
        return ["now works the other way"]
    return ["now changes nothing"] if after[0] == 1 else []


def with_change(scenario: Scenario, number: Number, change: str) -> tuple[Scenario, Any, str]:
    """Return a copy of a scenario in which one number is halved or doubled, after all its checks.

    Parameters
    ----------
    scenario : Scenario
    number : Number
        Of `assumed_numbers`.
    change : {"halved", "doubled"}

    Returns
    -------
    scenario : Scenario
    raw : object
        What now stands at the number's place.
    note : str

    Raises
    ------
    UnshakableError
        If the number cannot be changed so, or the scenario would not be valid.
    """
    if number.why_not:
        raise UnshakableError(number.why_not)
    refused: SpecError | None = None
    for whole in (False, True):
        raw, note = shaken(number, change, whole=whole)
        try:
            return scenario.set(_assignment(scenario, number.place, raw)), raw, note
        except SpecError as error:
            refused = refused or error
        if not any(isinstance(value, int) for value in _values(number.raw)):
            break
    assert refused is not None
    said = "; ".join(dict.fromkeys(problem.message for problem in refused.problems))
    raise UnshakableError(f"{value_in_words(raw)} would not do: {said}"[:MOST_SAID])


def _assignment(scenario: Scenario, place: Place, raw: Any) -> dict[str, Any]:
    """Return what `Scenario.set` takes to put a number at a place.

    A path cannot lead through a key with a dot in it, nor into a tactic: what stands before is then set as a whole.
    """
    data = expand(scenario.data).data
    most = next((n for n, part in enumerate(place) if "." in str(part)), len(place))
    inside = [len(at) for at in scenario.expansions if place[: len(at)] == at]
    most = min([most, *inside])
    return {".".join(map(str, place[:most])): _put(_at(data, place[:most]), place[most:], raw)}


def _put(data: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(data)
    holder = changed
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] = value
    return changed


def _at(data: Any, place: Place) -> Any:
    """Return what stands at a place; None where nothing does."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def value_in_words(raw: Any) -> str:
    """Write a number as it stands in a scenario: "0.8", "urban 0.12, rural 0.19", "0: 1, 5: 0.48"."""
    if _is_number(raw):
        return f"{raw:,.10g}".replace("-", "−")
    if isinstance(raw, list):
        return ", ".join(f"{x:g}: {value_in_words(y)}" for x, y in raw)
    if not isinstance(raw, Mapping):
        return str(raw)
    if "value" in raw:
        return value_in_words(raw["value"])
    if "ratio" in raw:
        return f"× {value_in_words(raw['ratio'])} for each {raw.get('per', 1):g} more of {raw['column']}"
    if "table" in raw:
        return value_in_words(raw["table"])
    if "values" in raw:
        return ", ".join(f"{name} {value_in_words(value)}" for name, value in raw["values"].items())
    if "distribution" in raw:
        inside = [f"{key} {value_in_words(raw[key])}" for key in OF_A_DISTRIBUTION if raw.get(key) is not None]
        return f"{raw['distribution']} ({', '.join(inside)})"
    return ", ".join(f"{name} {value_in_words(value)}" for name, value in raw.items())
