"""The parameters of registered functions, in a scenario: their types, and what is wrong with those that are given.

The types are the annotations of a function's keyword-only arguments, checked by pydantic as strictly as the grammar is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError

from scenarios import grammar
from scenarios.grammar.parts import States, Text
from scenarios.shapes import problem_of
from simulator.arguments import COLUMN, STATES, THRESHOLDS, annotated, annotation_of, arguments, documented
from simulator.errors import Problem, allowed_words, nearest

FIELDS = "p_"
"""Set before each name, since some names mean something to a model."""


@cache
def model_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Return a model of a function's parameters; an annotation that cannot be looked up allows anything."""
    fields: dict[str, Any] = {}
    help_lines = documented(function)
    # Validated as JSON, so that a list may stand for any sequence.
    for name, argument in arguments(function).items():
        annotation = _type_of(function, name)
        needed = argument.default is argument.empty
        field = Field(default=... if needed else None, alias=name, description=help_lines.get(name) or f"`{name}`.")
        fields[FIELDS + name] = (annotation, field)
    config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)
    return create_model("Parameters", __config__=config, **fields)


def _type_of(function: Callable[..., Any], name: str) -> Any:
    if name in annotated(function, COLUMN) or name in annotated(function, THRESHOLDS):
        return Text
    if name in annotated(function, STATES):
        return States
    annotation = annotation_of(function, name)
    try:
        create_model("Probe", probe=(annotation, ...)).model_json_schema()
    except (PydanticUserError, TypeError, ValueError):
        return Any
    return annotation


def json_schema_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the JSON Schema of a function's parameters: an object with `properties`, `required` and `$defs`."""
    found = model_of(function).model_json_schema(by_alias=True)
    for name, argument in arguments(function).items():
        if isinstance(argument.default, str | int | float | bool):
            found["properties"][name]["default"] = argument.default
    return found


def parameter_problems(
    word: str, function: Callable[..., Any], given: Mapping[str, Any], also: Sequence[str] = ()
) -> list[Problem]:
    """Say what is wrong with the parameters of a registered function.

    Parameters
    ----------
    word : str
        What it is registered as.
    function : callable
    given : mapping
        As in the scenario.
    also : sequence of str
        Other keys that may stand there, for hints.

    Returns
    -------
    list of Problem
        Places are relative to the parameters: ``("share",)``.
    """
    allowed = list(arguments(function))
    try:
        model_of(function).model_validate_json(json.dumps(given))
    except ValidationError as error:
        found: list[Problem] = []
        unknown = [name for name in given if name not in allowed]
        for each in error.errors(include_url=False):
            name = str(each["loc"][0])
            if each["type"] == "extra_forbidden":
                words = [*allowed, *also]
                hint = allowed_words(name, words) if words else f"`{word}` has no parameters"
                found.append(Problem(f"`{word}` takes no `{name}`", (name,), hint, on_key=True))
            elif each["type"] == "missing" and len(each["loc"]) == 1:
                if not any(nearest(each, [name]) for each in unknown):  # a slip, which is said already
                    said = documented(function).get(name, "").replace("``", "`")
                    hint = f"{name}: {said}" if said else ""
                    found.append(Problem(f"`{word}` needs `{name}`", (), hint, on_key=True))
            else:
                found.append(problem_of(each, given))
        return list(dict.fromkeys(found))
    return []


def given_parameters(layer: grammar.GeneratedLayer) -> dict[str, Any]:
    """Return what a layer hands its generator: all that was given, but what every layer may say; 2.0 as 2."""
    shared = ("generator", *grammar.AnyLayer.model_fields)
    given = {key: getattr(layer, key) for key in layer.model_fields_set if key not in shared}
    given |= layer.__pydantic_extra__ or {}
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in given.items()
    }
