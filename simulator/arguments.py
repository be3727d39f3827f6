"""What a registered function takes: its keyword-only arguments are its parameters in a scenario.

Two annotations stand for something that a scenario names. A parameter annotated as `simulator.population.Column` is
named, and given as that column of the people; one annotated as `simulator.behaviour.Source` is written as states are
(``smoking.smoker``, ``[light, heavy]``), and given as a behaviour with its states.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

COLUMN, STATES = "Column", "Source"


def arguments(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the keyword-only arguments of a function, in its order."""
    found = inspect.signature(function).parameters
    return {name: each for name, each in found.items() if each.kind is each.KEYWORD_ONLY}


def annotated(function: Callable[..., Any], word: str) -> tuple[str, ...]:
    """Return the parameters whose annotation holds a word: `COLUMN` or `STATES`."""
    # Read as text, since what is imported under TYPE_CHECKING cannot be looked up.
    texts = {name: inspect.formatannotation(each.annotation) for name, each in arguments(function).items()}
    return tuple(name for name, text in texts.items() if word in re.findall(r"\w+", text))


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
