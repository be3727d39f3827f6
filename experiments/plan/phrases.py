"""Phrases of a plan: states, people, conditions, rates and durations in words that a planner reads."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from experiments.report.words import reads_as_adjective
from experiments.wording import listed, listed_few, percent, plain_label, plain_number
from simulator.behaviour import ByColumn, ByState, HazardRatio, PersonNumber
from simulator.units import convert_duration

if TYPE_CHECKING:
    from simulator.behaviour import Behaviour, Source
    from simulator.condition_text import Comparison, Tree
    from simulator.conditions import Condition

SMALL, CERTAIN = 0.1, 1.0
"""Up to the first, a rate per time unit reads as a percentage of people; beyond the second, as a mean waiting time."""

MOST_CATEGORIES = 6
"""Categories of a column that are named one by one."""

UNITS = ("year", "month", "week", "day", "hour")
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def state_label(state: str) -> str:
    """Write a state before "person": as it is if it reads like an adjective (obese), else in quotes ("not yet")."""
    return state if reads_as_adjective(state) else f'"{plain_label(state)}"'


def a(word: str) -> str:
    """Put "a" or "an" before a word."""
    return f"an {word}" if word == "hour" or word.strip('"')[:1].lower() in "aeiou" else f"a {word}"


def count_word(number: int) -> str:
    """Write a small number as a word, zero as "no"."""
    return WORDS[number] if 0 <= number < len(WORDS) else f"{number:,}"


class States:
    """States of a scenario's behaviours in words; the behaviour is named where the state alone would not do.

    Parameters
    ----------
    behaviours : mapping of str to Behaviour
    own : str
        The behaviour that is spoken of anyway.
    """

    def __init__(self, behaviours: Mapping[str, Behaviour], own: str = "") -> None:
        self.behaviours = behaviours
        self.own = own

    def _behaviour_of(self, behaviour: str, states: Collection[str]) -> str:
        """Return the behaviour in brackets, or nothing where it goes without saying."""
        holders = [sum(state in each.states for each in self.behaviours.values()) for state in states]
        alone = max(holders) == 1 and not any(state_label(state).startswith('"') for state in states)
        return "" if behaviour == self.own or alone else f" ({plain_label(behaviour)})"

    def which(self, behaviour: str, states: Sequence[str], noun: str) -> str:
        """Return "obese contacts", or "“champion” contacts (advocacy)"."""
        return f"{listed([state_label(state) for state in states], 'or')} {noun}{self._behaviour_of(behaviour, states)}"

    def weighed(self, source: Source) -> str:
        """Return `being` of the states that count, with what a contact in each counts for where they differ."""
        weights = {state: weight for state, weight in zip(source.states, source.weights, strict=False) if weight > 0}
        if len(set(weights.values())) < 2:
            return self.being(source.behaviour, list(weights) or source.states)
        each = [f"{state_label(state)} (counting {weight:g})" for state, weight in weights.items()]
        return listed(each, "or") + self._behaviour_of(source.behaviour, source.states)

    def being(self, behaviour: str, states: Sequence[str]) -> str:
        """Return what follows "people who are": "obese", or "“current” (smoking)"."""
        return listed([state_label(state) for state in states], "or") + self._behaviour_of(behaviour, states)


def who(condition: Condition | None, states: States) -> str:
    """Put a condition into words that follow "people"; empty where there is none."""
    return "" if condition is None else _tree(condition.tree, states)


def _tree(tree: Tree, states: States) -> str:
    from simulator.condition_text import Both, Comparison

    if isinstance(tree, Comparison):
        return _comparison(tree, states)
    both = isinstance(tree, Both)
    parts = [_tree(part, states) for part in tree.parts]
    nested = [not isinstance(part, Comparison) for part in tree.parts]
    parts = [f"({part})" if inside else part for part, inside in zip(parts, nested, strict=True)]
    return listed(parts, "and" if both else "or")


def _comparison(part: Comparison, states: States) -> str:
    if part.name in states.behaviours:
        be = "were" if part.at_start else "are"
        no = "" if part.operator in ("==", "in") else "not "
        when = " at the start" if part.at_start else ""
        return f"who {be} {no}{states.being(part.name, [str(value) for value in part.values])}{when}"
    column = plain_label(part.name)
    values = listed([value if isinstance(value, str) else f"{value:g}" for value in part.values], "or")
    words = {
        "<": "below",
        "<=": "of at most",
        ">": "above",
        ">=": "of at least",
        "!=": "other than",
        "not in": "other than",
    }
    return " ".join(word for word in ("with", column, words.get(part.operator, ""), values) if word)


def rate_in_words(rate: float, unit: str, *, meaning: bool = True) -> str:
    """Say a hazard: "3.5 % a year"; a larger one with what it means, or as a mean waiting time.

    Parameters
    ----------
    rate : float
        Per time unit.
    unit : str
    meaning : bool
        Whether to say what a large one means.
    """
    if rate == 0:
        return "never"
    each = a(unit)
    if rate <= CERTAIN:
        said = f"{percent(rate)} {each}"
        return said if rate <= SMALL or not meaning else f"{said} ({100 * within(rate):.0f} in 100 within {each})"
    said = f"{plain_number(rate)} times {each}"
    return f"{said} (after {duration(1 / rate, unit)} on average)" if meaning else said


def within(amount: float) -> float:
    """Return the probability that something happens whose hazard adds up to `amount` over some time."""
    return -math.expm1(-amount)


def duration(time: float, unit: str) -> str:
    """Write a duration in the largest unit, up to its own, in which it is a whole number: 0.25 years are "3 months".

    Where there is none, or the number is beyond a hundred, in the largest of which it is at least one.
    """
    amounts = {each: float(f"{convert_duration(time, unit, each):.9g}") for each in UNITS[UNITS.index(unit) :]}
    whole = [each for each, amount in amounts.items() if amount == int(amount) and (each == unit or 1 <= amount <= 100)]
    large = [each for each, amount in amounts.items() if amount >= 1]
    chosen = (whole or large or [list(amounts)[-1]])[0]
    said = plain_number(amounts[chosen])
    return f"{said} {chosen}" + ("" if said == "1" else "s")


def every(time: float, unit: str) -> str:
    """Return "every 2 weeks", "every year"."""
    said = duration(time, unit)
    return f"every {said.removeprefix('1 ')}"


def differs_by(number: PersonNumber) -> str:
    """Return the column or the behaviour by which a number differs from person to person; empty where it does not."""
    if isinstance(number, ByState):
        return number.behaviour
    return number.column if isinstance(number, ByColumn | HazardRatio) else ""


def in_times(factor: PersonNumber) -> str:
    """Say a factor: "× 0.5"; where it differs by person, for each category or for each so much more."""
    if isinstance(factor, HazardRatio):
        return f"× {factor.ratio:g} for each {factor.per:g} more, × 1 at {factor.centre:g}"
    if isinstance(factor, ByColumn | ByState):
        said = [f"× {value:g} if {plain_label(word)}" for word, value in factor.values.items()]
        return listed_few(said, MOST_CATEGORIES)
    return f"× {factor:g}"
