"""Conditions: the language, its truth tables, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.conditions import ConditionError, check, parse
from simulator.population import Column

AGE = Column("age", np.array([20.0, 40.0, 60.0, np.nan]))
AREA = Column("area", np.array([0, 1, 1, -1], dtype=np.int32), ("urban", "rural"))
GRADE = Column("grade", np.array([0, 1, 0, 1], dtype=np.int32), ("3", "7"))
COLUMNS = {"age": AGE, "area": AREA, "grade": GRADE}
NOW = np.array([0, 1, 1, 0], dtype=np.uint8)
START = np.array([1, 1, 0, 0], dtype=np.uint8)


def ask(text: str) -> list[bool]:
    """Ask four people; the last has neither age nor area."""
    state = {"obesity": (NOW, ("lean", "obese"))}.get
    start = {"obesity": (START, ("lean", "obese"))}.get
    return parse(text).mask(4, COLUMNS.__getitem__, state, start).tolist()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("age > 20", [0, 1, 1, 0]),
        ("age >= 20 and age < 60", [1, 1, 0, 0]),
        ("age == 40 or age <= 20", [1, 1, 0, 0]),
        ("age != 40", [1, 0, 1, 1]),
        ("age in [20, 60.0]", [1, 0, 1, 0]),
        ("age not in [20]", [0, 1, 1, 0]),
        ("area == rural", [0, 1, 1, 0]),
        ("area != rural", [1, 0, 0, 1]),
        ("area in ['urban', \"rural\"]", [1, 1, 1, 0]),
        ("not area == rural", [1, 0, 0, 1]),
        ("not area != rural", [0, 1, 1, 0]),
        ("not age > 20", [1, 0, 0, 0]),
        ("not (age > 20 and area == rural)", [1, 0, 0, 1]),
        ("not (age > 20 or area == rural)", [1, 0, 0, 0]),
        ("not not age > 20", [0, 1, 1, 0]),
        ("age > 20 or age == 20 and area == rural", [0, 1, 1, 0]),
        ("(age > 20 or age == 20) and area == urban", [1, 0, 0, 0]),
        ("obesity == obese", [0, 1, 1, 0]),
        ("start.obesity == obese", [1, 1, 0, 0]),
        ("obesity == obese and start.obesity != obese", [0, 0, 1, 0]),
        ("grade == 7", [0, 1, 0, 1]),
        ("grade in ['3']", [1, 0, 1, 0]),
        ("age > -1e1", [1, 1, 1, 0]),
    ],
)
def test_answers(text: str, answer: list[int]) -> None:
    assert ask(text) == [bool(each) for each in answer]


def test_missing_values_satisfy_nothing_but_unequal() -> None:
    satisfied = [op for op in ("==", "!=", "<", "<=", ">", ">=") if ask(f"age {op} 40")[3]]
    assert satisfied == ["!="]
    assert not ask("age in [40]")[3]
    assert not ask("age not in [40]")[3]
    assert ask("not age == 40")[3]
    assert not ask("not age < 40")[3]


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("age = 3", 4, "`=`"),
        ("age > 3 & area == urban", 8, "`&`"),
        ("age", 3, "expected a comparison"),
        ("age >", 5, "expected a number or a word"),
        ("age > and", 6, "expected a number or a word"),
        ("3 < age", 0, "expected a column"),
        ("18 < age < 40", 0, "expected a column"),
        ("age > 18 < 40", 9, "two sides"),
        ("age > 3 area == urban", 8, "expected `and`"),
        ("(age > 3", 8, "expected `)`"),
        ("age > 3)", 7, "expected `and`"),
        ("age in 3", 7, "expected a list"),
        ("age in []", 8, "expected a number or a word"),
        ("age in [3, 4", 12, "expected `,` or `]`"),
        ("age not 3", 8, "expected a comparison"),
        ("obesity.obese == 1", 0, "not a column"),
        ("area == 'urban", 8, "not closed"),
        ("area == 2nd", 8, "neither"),
        ("age > 1e999", 6, "too large"),
        ("__import__('os') == 1", 10, "expected a comparison"),
        ("age > 3 and", 11, "expected a column"),
        ("(" * 60 + "age > 3" + ")" * 60, 50, "deeper"),
        ("age > 3 or " * 2000 + "age > 3", 0, "characters"),
    ],
)
def test_refusals_say_where(text: str, offset: int, message: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse(text)
    assert refused.value.offset == offset
    assert message in refused.value.message


def test_names_are_known() -> None:
    condition = parse("age > 40 and obesity == obese and start.smoking in [current] and age < 50")
    assert condition.columns == {"age", "obesity"}
    assert condition.starts == {"smoking"}


def test_check_finds_everything_at_once() -> None:
    condition = parse("agee > 4 and area == urbn and obesity > 3 and age == old and start.area == 3 and x == y")
    columns = {"age": None, "area": ("urban", "rural"), "x": ()}
    found = check(condition, columns, {"obesity": ("lean", "obese")})
    assert [offset for _, _, offset in found] == [0, 21, 30, 53, 67]
    messages = [message for message, _, _ in found]
    assert "agee" in messages[0]
    assert "urbn" in messages[1]
    assert "did you mean `urban`" in found[1][1]
    assert "no order" in messages[2]
    assert "holds numbers" in messages[3]
    assert "no behaviour is named `area`" in messages[4]
    assert check(parse("other == 3"), {}, {}, any_column=True) == []


def test_unknown_names_are_refused_when_asked() -> None:
    with pytest.raises(ConditionError, match="no column"):
        ask("height > 3")
    with pytest.raises(ConditionError, match="no behaviour"):
        ask("start.age == 3")
    with pytest.raises(ConditionError, match="holds numbers"):
        ask("age == old")


@given(st.text(alphabet="age ><=!()[],and or not in 0123.'\"start&", max_size=40) | st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = None
    try:
        parse(text)
    except ConditionError as error:
        refused = error
    assert refused is None or (refused.message and 0 <= refused.offset <= len(text))
