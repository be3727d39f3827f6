"""What a registered function takes: its keyword-only arguments are its parameters in a scenario.

Some annotations stand for something that a scenario names. A parameter annotated as `simulator.population.Column` is
named, and given as that column of the people; so is one annotated as `simulator.population.Numbers`, which cannot be a
column of words. One annotated as `simulator.population.Thresholds` is named too, as a column of numbers or as a
transition (``forum.join``) whose thresholds are meant. One annotated as `simulator.behaviour.Source` is written as
states are (``smoking.smoker``, ``[light, heavy]``), and given as a behaviour with its states.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

COLUMN, NUMBERS, THRESHOLDS, STATES = "Column", "Numbers", "Thresholds", "Source"


def arguments(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the keyword-only arguments of a function, in its order."""
    found = inspect.signature(function).parameters
    return {name: each for name, each in found.items() if each.kind is each.KEYWORD_ONLY}


def annotated(function: Callable[..., Any], word: str) -> tuple[str, ...]:
    """Return the parameters whose annotation holds a word: `COLUMN` (or `NUMBERS`, a kind of it), `STATES`, …"""
    # Read as text, since what is imported under TYPE_CHECKING cannot be looked up.
    texts = {name: inspect.formatannotation(each.annotation) for name, each in arguments(function).items()}
    words = {COLUMN, NUMBERS} if word == COLUMN else {word}
    return tuple(name for name, text in texts.items() if words & set(re.findall(r"\w+", text)))


def annotation_of(function: Callable[..., Any], name: str) -> Any:
    """Return the annotation of a parameter as a type; `Any` where there is none, or it cannot be looked up."""
    annotation = arguments(function)[name].annotation
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, vars(sys.modules[function.__module__]))  # as typing.get_type_hints does
        except Exception:
            return Any
    return Any if annotation is inspect.Parameter.empty else annotation


def with_columns(function: Callable[..., Any], given: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters in which the names of columns have become the columns."""
    named = annotated(function, COLUMN)
    return {name: columns[each] if name in named and each is not None else each for name, each in given.items()}


def documented(function: Callable[..., Any]) -> dict[str, str]:
    """Return what a docstring in NumPy style says of each parameter, as one line."""
    lines = (inspect.getdoc(function) or "").splitlines()
    starts = [i for i, line in enumerate(lines[1:], 1) if line.startswith("---") and lines[i - 1] == "Parameters"]
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for i, line in enumerate(lines[starts[0] + 1 :] if starts else [], starts[0] + 1 if starts else 0):
        if i + 1 < len(lines) and lines[i + 1].startswith("---"):
            break  # the next section
        if line and not line[0].isspace():
            names = [name.strip() for name in line.partition(":")[0].split(",")]
            found |= {name: [] for name in names}
        elif line.strip():
            for name in names:
                found[name].append(line.strip())
    return {name: " ".join(said) for name, said in found.items()}
