"""Goals: what an arm shall come to, read from one line.

    share obesity.obese at end < 0.30
    count [drinking.light, drinking.heavy] where age > 40 at 10 <= 300
    obese_years < 80000

goal    = measure relation number | outcome relation number
measure = kind states ["where" condition] ["at" (time | "end")]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import Problem, SpecError, allowed_words, found_in

if TYPE_CHECKING:
    from scenarios.loading import Scenario

KINDS = ("share", "count", "person_time", "entries", "first_entries", "exits")
RELATIONS = {"<": "lower", "<=": "lower", ">": "higher", ">=": "higher"}
GOAL = "goal"
"""What the outcome is called that a goal measures."""

_WHOLE = re.compile(
    r"(?P<what>.+?)\s*(?P<relation><=|>=|<|>)\s*(?P<number>[-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*(?P<percent>%)?"
)
_MEASURE = re.compile(r"(?P<kind>\w+)\s+(?P<states>\[[^\]]*\]|[\w.]+)(?P<rest>.*)")
_AT = re.compile(r"\bat\s+(?P<at>end|[\d.]+)\b")
EXAMPLE = 'an example: "share obesity.obese at end < 0.30"'


@dataclass(frozen=True)
class Goal:
    """What an arm shall come to, in the mean of its replicates.

    Parameters
    ----------
    text : str
        As written.
    outcome : str
        Name of the outcome that it is about: one of the scenario's, or `GOAL`.
    measure : mapping, optional
        The outcome as a scenario writes it, where it is none of the scenario's.
    relation : {"<", "<=", ">", ">="}
    number : float
        In the outcome's own unit.
    """

    text: str
    outcome: str
    measure: Mapping[str, Any] | None
    relation: str
    number: float

    @property
    def better(self) -> str:
        """Which way is better: lower or higher."""
        return RELATIONS[self.relation]

    def met_by(self, value: float) -> bool:
        """Say whether a value meets the goal."""
        return {
            "<": value < self.number,
            "<=": value <= self.number,
            ">": value > self.number,
            ">=": value >= self.number,
        }[self.relation]


def read_goal(text: str, scenario: Scenario) -> Goal:
    """Read a goal.

    Parameters
    ----------
    text : str
    scenario : Scenario

    Raises
    ------
    SpecError
        If it cannot be read, names no outcome, or goes the wrong way.
    """
    if not isinstance(text, str):
        raise SpecError(Problem(f"a goal is a text, found {found_in(text)}", hint=EXAMPLE))
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        raise SpecError(Problem(f"`{text}` is no goal", hint=f"a measure, <, <=, > or >=, and a number; {EXAMPLE}"))
    what, relation = found["what"].strip(), found["relation"]
    try:
        number = float(found["number"].replace(",", "")) / (100 if found["percent"] else 1)
    except ValueError:
        raise SpecError(Problem(f"`{found['number']}` is no number", hint=EXAMPLE)) from None
    known = scenario.spec.outcomes.measures
    counted = known[what].share if what in known else what.startswith("share ")
    if counted and not isinstance(counted, Mapping) and not 0 <= number <= 1:
        raise SpecError(Problem(f"a share is never {found['number']}", hint="a share is a part of 1: 0.2 is 20 %"))
    if what in known:
        better = str(known[what].better)
        if better != RELATIONS[relation]:
            hint = f"of `{what}` {better} is better: write {'<' if better == 'lower' else '>'}"
            raise SpecError(Problem(f"the goal `{text}` asks for what is worse", hint=hint))
        return Goal(text, what, None, relation, number)
    return Goal(text, GOAL, {**_measure(what, list(known)), "better": RELATIONS[relation]}, relation, number)


def _measure(text: str, outcomes: list[str]) -> dict[str, Any]:
    found = _MEASURE.fullmatch(text)
    if found is None:
        hint = f"{allowed_words(text, outcomes)}; or a measure. {EXAMPLE}"
        raise SpecError(Problem(f"no outcome is called `{text}`", hint=hint))
    if found["kind"] not in KINDS:
        raise SpecError(Problem(f"`{found['kind']}` is no measure of a goal", hint=allowed_words(found["kind"], KINDS)))
    states: Any = found["states"]
    if states.startswith("["):
        states = [each.strip() for each in states[1:-1].split(",") if each.strip()]
    measure: dict[str, Any] = {found["kind"]: states}
    rest = found["rest"]
    times = list(_AT.finditer(rest))
    if len(times) > 1:
        raise SpecError(Problem(f"`{text}` says twice at what time", hint=EXAMPLE))
    if times:
        at = times[0]["at"]
        measure["at"] = at if at == "end" else float(at)
        rest = rest[: times[0].start()] + rest[times[0].end() :]
    rest = rest.strip()
    if rest:
        where = re.fullmatch(r"where\s+(.+)", rest, re.DOTALL)
        if where is None:
            raise SpecError(Problem(f"`{rest}` cannot be read", hint=f"`where …` or `at …` may stand there; {EXAMPLE}"))
        measure["where"] = where[1].strip()
    return measure


def with_goal(scenario: Scenario, goal: Goal) -> Scenario:
    """Return a scenario whose primary outcome is what a goal is about.

    Raises
    ------
    SpecError
        If the goal's measure names states, columns or times that the scenario does not have.
    """
    if goal.measure is None:
        return scenario.set("outcomes.primary", goal.outcome)
    try:
        return scenario.set({f"outcomes.{goal.outcome}": dict(goal.measure), "outcomes.primary": goal.outcome})
    except SpecError as error:  # its place is in a scenario that nobody wrote
        problems = [Problem(f"the goal `{goal.text}`: {each.message}", hint=each.hint) for each in error.problems]
        raise SpecError(problems) from None
