"""From plain data to the grammar's models: every wrong key, word and type at once, in plain words.

What is wrong is cut out and the rest validated again, so that the cross-checks can speak about it too.
"""

from __future__ import annotations

import re
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from scenarios.grammar import ScenarioSpec
from scenarios.problems import ProblemInside
from simulator.errors import Place, Problem, allowed_words, nearest
from simulator.outcomes import outcomes

MOST_PROBLEMS = 200

PLACEHOLDERS: dict[str, Any] = {
    "netrial": 1,
    "name": "unnamed",
    "time": {"unit": "year", "horizon": 1},
    "population": {"size": 1},
    "behaviours": {"unknown": {"states": ["unknown"]}},
    "arms": {"unknown": []},
    "outcomes": {"primary": "unknown"},
}
"""Stand-ins for needed parts that are missing or broken; the cross-checks keep quiet about them."""

EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "a word or a text",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "list_type": "a list",
}

ADVICE = {
    "rate": "an example: rate: 0.02, or rate: {value: 0.02, source: hill2010}",
    "influence": "allowed: source_to_target, target_to_source, both",
    "effect": "write `effect: {}` for an intervention that does nothing",
    "kind": "allowed: alteration, broadcast, champions, groups, induction",
    "primary": "name the outcome on which arms are ranked",
    "better": "say whether `lower` or `higher` is good",
    "netrial": "the first line of a scenario is `netrial: 1`",
}


SHOWN = {
    "target": "{rank: degree, share: 0.1}; {} is everybody",
    "knowledge": "{asked: 0.2, names: 3}",
    "effect": "{susceptibility: {smoking.start: 0.5}}",
    "set": "{smoking: never}",
    "susceptibility": "{smoking.start: 0.5}",
    "influence": "{smoking.start: 0.5}",
    "cost": "{fixed: 1000, per_treated: 50}",
    "when": "{share: smoking.smoker, above: 0.2}",
    "phase": "{over: village, groups: 5, every: 1}",
    "chain": "{waves: 2, coupons: 3}",
    "ties": "{add: {per_person: 2, layer: friends}}",
    "table": "[[0, 0.3], [1, 0.6]]",
}
"""Examples of parts for which something of another shape was written."""


@dataclass(frozen=True)
class Shaped:
    """What validation made of the data.

    Parameters
    ----------
    spec : ScenarioSpec
        What is left once everything wrong is cut out.
    problems : list of Problem
    missing : frozenset of str
        Keys of the top level that are stand-ins.
    cut : frozenset of place
        What was cut out.
    """

    spec: ScenarioSpec
    problems: list[Problem]
    missing: frozenset[str]
    cut: frozenset[Place]


def to_spec(data: Mapping[str, Any], refused: Collection[Place] = ()) -> Shaped:
    """Validate a scenario's data.

    Parameters
    ----------
    data : mapping
        As read; left as it is.
    refused : collection of place
        Values that the reader refused: nothing more is said about them.

    Returns
    -------
    Shaped
    """
    problems: list[Problem] = []
    missing: set[str] = set()
    cut: set[Place] = set(refused)
    left: dict[str, Any] = dict(data)
    for place in refused:
        left = _without(left, place)
    first = True
    while True:
        try:
            spec = ScenarioSpec.model_validate(left)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            found = [_problem(each, left) for each in errors[:MOST_PROBLEMS]]
            if first:
                problems = _without_echoes([each for each in found if each[1] not in cut])
            first = False
            if len(errors) > MOST_PROBLEMS:  # not a scenario with mistakes, but something else: look no further
                left, missing = dict(PLACEHOLDERS), set(PLACEHOLDERS)
            spots = [_spot(place, left) for _, place in found]
            for (problem, _), spot in zip(found, spots, strict=True):
                if len(spot) == 1 and spot[0] in PLACEHOLDERS:
                    left = {**left, str(spot[0]): PLACEHOLDERS[str(spot[0])]}
                    missing.add(str(spot[0]))
                else:
                    left = _without(left, spot)
                cut.add(spot or problem.place)
        else:
            return Shaped(spec, problems, frozenset(missing), frozenset(cut))


def problem_of(error: Any, data: Any) -> Problem:
    """Turn one pydantic error about some data into a Problem; its place is one that the data have."""
    problem, place = _problem(error, data)
    here, kept = data, 0
    while kept < len(place) and _has(here, place[kept]):
        here, kept = here[place[kept]], kept + 1
    return replace(problem, place=place[:kept])


def _problem(error: Any, data: Any) -> tuple[Problem, Place]:
    """Turn one pydantic error into a Problem, and say which place must be cut."""
    kind, context, found = error["type"], error.get("ctx") or {}, error["input"]
    place, on_key = _place(error["loc"], data)
    name = str(place[-1]) if place else ""
    if kind in ("extra_forbidden", "unknown_measure"):
        allowed = _allowed_keys(error["loc"][: -2 if on_key else -1])
        allowed += outcomes.names() if kind == "unknown_measure" else []
        hint = DECIMAL_COMMA if name.isdigit() else allowed_words(name, allowed)
        return Problem(f"unknown key `{name}`", place, hint, True), place
    if kind == "missing":
        hint = ADVICE.get(name, "")
        return Problem(f"`{name}` is missing", place[:-1], hint, True), place
    if kind == "netrial":
        message = error["msg"]
        hint = context.get("hint", "")
        if "offset" in context:
            return ProblemInside(message, place, hint, on_key, offset=context["offset"]), place
        return Problem(message, place, hint, on_key), place
    message, hint = _said(kind, context, found)
    if kind in EXPECTED and name in SHOWN:
        hint = hint or f"an example: {name}: {SHOWN[name]}"
    if found is None and name.isdigit():
        hint = hint or DECIMAL_COMMA
    return Problem(message, place, hint, on_key), place


def _said(kind: str, context: Mapping[str, Any], found: Any) -> tuple[str, str]:
    """Return message and hint for a kind of pydantic error."""
    if kind in EXPECTED:
        return f"expected {EXPECTED[kind]}, found {_described(found)}", _as_meant(kind, found)
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", str(context.get("expected", ""))) or [str(context.get("expected", ""))]
        if isinstance(found, str):
            return f"`{found}` is not allowed here", allowed_words(found, words)
        return f"expected a word, found {_described(found)}", f"allowed: {', '.join(words)}"
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        limit = next(iter(context.values()))
        sign = {"ge": "at least", "le": "at most", "gt": "above", "lt": "below"}[next(iter(context))]
        if kind == "less_than_equal" and limit == 1:
            return f"{_number(found)} is not between 0 and 1", "a share is a part of 1: 0.05 is 5 %"
        return f"{_number(found)} is not allowed here", f"it must be {sign} {limit:g}"
    if kind == "too_short" and context.get("actual_length") == 0:
        return "this cannot be empty", ""
    if kind in ("too_short", "too_long"):
        least, most = context.get("min_length"), context.get("max_length")
        wanted = f"exactly {most}" if kind == "too_long" else f"at least {least}"
        return f"{context.get('actual_length')} values stand here", f"{wanted} are needed"
    if kind == "string_too_short":
        return "this cannot be empty", ""
    if kind == "finite_number":
        return "numbers must be finite", ""
    return f"{_described(found)} is not allowed here", ""


DECIMAL_COMMA = "was a number meant? numbers have a decimal point, not a comma: 0.05"


def _as_meant(kind: str, found: Any) -> str:
    """Say how what a word stands for is written: a list of one, and the numbers `80 %`, `1,000` and `0,05`."""
    if not isinstance(found, str):
        return ""
    if kind in ("list_type", "tuple_type"):
        return f"write [{found}]"
    percent = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*%", found)
    if percent:
        return f"write {float(percent[1].replace(',', '.')) / 100:g}"
    if re.fullmatch(r"[£$€¥] ?\d+(\.\d+)?", found):
        return f"write {found[1:].strip()}; the currency stands in `study`"
    if re.fullmatch(r"[1-9]\d{0,2}([ ,'_\u00a0\u202f]\d{3})+", found):
        return f"write {re.sub('[^0-9]', '', found)}"
    return f"write {found.replace(',', '.')}" if re.fullmatch(r"-?\d+,\d+", found) else ""


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else _described(value)


def _described(value: Any) -> str:
    """Say what was found, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"the number {value:g}"
    if isinstance(value, str):
        return f"the word `{value[:60]}`" if value and " " not in value else f"the text `{value[:60]}`"
    return "a list" if isinstance(value, (list, tuple)) else "a mapping"


def _place(loc: tuple[str | int, ...], data: Any) -> tuple[Place, bool]:
    """Drop the union tags of a pydantic location; say whether the key is meant."""
    on_key = bool(loc) and loc[-1] == "[key]"
    place: list[str | int] = []
    for part in loc[: -1 if on_key else None]:
        if isinstance(part, str) and part.startswith("<") and part.endswith(">") and not _has(data, part):
            continue
        place.append(part)
        data = data[part] if _has(data, part) else None
    return tuple(place), on_key


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, (list, tuple)) and isinstance(part, int) and part < len(data)


def _spot(place: Place, data: Any) -> Place:
    """Return what to cut so that `place` is no longer wrong: the nearest mapping entry that exists."""
    here, spot = data, ()
    for i, part in enumerate(place):
        if not _has(here, part):
            break
        here = here[part]
        if isinstance(part, str):
            spot = place[: i + 1]  # type: ignore[assignment]
    return spot or place[:1]


def _without(data: Any, place: Place) -> Any:
    """Return a copy of nested mappings and lists without the entry at `place`."""
    if not place or not _has(data, place[0]):
        return data
    if isinstance(data, Mapping):
        copy = dict(data)
        if len(place) == 1:
            del copy[place[0]]
        else:
            copy[place[0]] = _without(copy[place[0]], place[1:])
        return copy
    items = list(data)
    items[int(place[0])] = _without(items[int(place[0])], place[1:])
    return items


def _without_echoes(found: list[tuple[Problem, Place]]) -> list[Problem]:
    """Leave out a missing key where an unknown key beside it was meant, and what stands at an unknown key."""
    meant = set()
    unknown = {place for problem, place in found if problem.message.startswith("unknown key")}
    found = [each for each in found if each[1] not in unknown or each[0].message.startswith("unknown key")]
    missing = [place for problem, place in found if problem.message.endswith("is missing")]
    for problem, place in found:
        if problem.message.startswith("unknown key"):
            beside = [str(other[-1]) for other in missing if other[:-1] == place[:-1]]
            near = nearest(str(place[-1]), beside)
            if near:
                meant.add((*place[:-1], near))
    return [problem for problem, place in found if not (problem.message.endswith("is missing") and place in meant)]


def _allowed_keys(loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the model at a pydantic location (union tags included)."""
    options: list[Any] = [ScenarioSpec]
    for part in loc:
        options = [inner for option in options for inner in _inside(option, part)]
    models = [m for option in options for m in _flat(option) if isinstance(m, type) and issubclass(m, BaseModel)]
    keys = [field.alias or name for model in models for name, field in model.model_fields.items()]
    return list(dict.fromkeys(keys))


def _flat(annotation: Any) -> list[Any]:
    """Return the members of a union (or the annotation itself), tags and wrappers taken off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _flat(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [each for member in get_args(annotation) for each in _flat(member)]
    return [annotation]


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """Return what an annotation says about one part of a location."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _inside(arguments[0], part)
    if origin in (Union, types.UnionType):
        tagged = [member for member in arguments if _tag(member) == part]
        return tagged or [inner for member in arguments for inner in _inside(member, part)]
    if origin in (dict, Mapping):
        return [arguments[1]]
    if origin is tuple:
        return [arguments[0]]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == part:
                return [field.annotation]
        extra = getattr(annotation, "extra_values", None)
        return [extra] if extra is not None else []
    return []


def _tag(annotation: Any) -> str | None:
    if get_origin(annotation) is not Annotated:
        return None
    return next((each.tag for each in get_args(annotation)[1:] if isinstance(each, Tag)), None)
