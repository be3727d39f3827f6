"""Whatever is done to a scenario, what comes out is a scenario or a list of problems, never a traceback."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import every_law
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.loading import LIBRARY, _checked, load
from scenarios.problems import Marks
from scenarios.reading import read_text
from simulator.errors import SpecError

FOLDER = tempfile.TemporaryDirectory(prefix="netrial-fuzz-")
EVERY_LAW = every_law.write(Path(FOLDER.name))
PATHS = [*(LIBRARY / f"{name}.yaml" for name in ("obesity", "family_planning", "health_buddies")), *[EVERY_LAW] * 3]
EXAMPLES = [read_text(path.read_text(), path.stem) for path in PATHS]
WORDS = ["obese", "lean", "obesity.obese", "advocacy", "communities", "area", "end", "both", "random", "<value>"]
WORDS += ["age > 3", "", "smoker", "smoking.former", "age", "income", "half", "friends", "start.health == ill"]
KEYS = ["value", "by", "share", "where", "rule", "file", "from", "[key]", "x"]
KEYS += ["series", "repeats_every", "column", "ratio", "values", "threshold", "table", "count", "unit"]
SIGNS = "{}[]:,-#&*!|>'\"%@`\t\n ax0."
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40000),
    st.floats(-2, 3, allow_nan=False),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
LINES = [path.read_text().splitlines(keepends=True) for path in (PATHS[0], EVERY_LAW)]


def places(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place] if place else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [*found, *(each for key, value in items for each in places(value, (*place, key)))]


PLACES = [places(each.data) for each in EXAMPLES]


def places_of(data: Any) -> Any:
    return data if isinstance(data, dict) else ()


def mutate(data: Any, place: tuple[Any, ...], kind: str, value: Any, word: str) -> None:
    for part in place[:-1]:
        there = part < len(data) if isinstance(data, list) and isinstance(part, int) else part in places_of(data)
        if not there:
            return
        data = data[part]
    last = place[-1]
    if isinstance(data, dict) and last in data:
        if kind == "drop":
            del data[last]
        elif kind == "rename":
            data[word] = data.pop(last)
        else:
            data[last] = value
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        if kind == "drop":
            del data[last]
        else:
            data[last] = value


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutations_never_end_in_a_traceback(data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(EXAMPLES) - 1))
    changed = copy.deepcopy(EXAMPLES[which].data)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(PLACES[which]))
        kind = data.draw(st.sampled_from(["drop", "rename", "replace", "replace"]))
        mutate(changed, place, kind, data.draw(VALUES), data.draw(st.sampled_from(WORDS) | st.text(max_size=6)))
    marks: Marks = EXAMPLES[which].marks
    try:
        scenario = _checked(PATHS[which], "", changed, marks, {}, {}, [])
    except SpecError as error:
        said = str(error)
    else:
        said = str(scenario.not_built()) + scenario.hash8() + "".join(map(str, scenario.warnings))
    assert said


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(LINES),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 80),
    st.integers(0, 3),
    st.text(SIGNS, max_size=4),
)
def test_typing_errors_never_end_in_a_traceback(
    tmp_path_factory: Any, example: list[str], where: float, column: int, cut: int, text: str
) -> None:
    lines, line = list(example), int(where * len(example))
    lines[line] = lines[line][:column] + text + lines[line][column + cut :]
    path = every_law.write(tmp_path_factory.getbasetemp(), "".join(lines))
    try:
        said = load(path).name
    except SpecError as error:
        said = str(error)
    assert said
