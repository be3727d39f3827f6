"""What an outcome means, and what the report calls it and its effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.estimands import TOTALS, measure_brought
from experiments.wording import BASE, listed, plain_label, singular

KINDS = ("share", *TOTALS, "time_to", "difference")
PEOPLE_KINDS = ("share", "count", "first_entries")
"""Measures of people rather than of time or events: a number needed to treat means something."""
NO_ADJECTIVES = frozenset({
    "current", "ever", "former", "gone", "heavy", "high", "in", "inside", "light", "low", "moderate", "never", "no",
    "none", "off", "on", "out", "outside", "taken", "using", "yes",
})  # fmt: skip
"""Common names of states that say little, or something else, in front of "person": they are put in quotes."""
NOUNS = ("er", "ion", "ist", "ly", "or")
"""Endings of words like smoker, champion, activist, regularly and supporter."""


def reads_as_adjective(state: str) -> bool:
    """Tell whether "people who are" may stand before a state's name: obese, but neither champion nor current."""
    return "_" not in state and state not in NO_ADJECTIVES and not state.endswith(NOUNS)


def being(states: Sequence[str]) -> str:
    """Write what follows "people who are": "obese or sick", "in state “current”", "in state “light” or “heavy”"."""
    if all(reads_as_adjective(state) for state in states):
        return listed(states, "or")
    return f"in state {listed([f'“{plain_label(state)}”' for state in states], 'or')}"


def states_of(measured: Any, behaviours: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Read the states a measure counts, as the scenario writes them, into (behaviour, states).

    Parameters
    ----------
    measured : str, list or mapping
        ``"obesity.obese"``, ``"obese"``, ``["light", "heavy"]``, ``{"light": 0.5, "heavy": 1}`` or, for `time_to`,
        ``{"share": ..., "reaches": ...}``.
    behaviours : mapping
        The scenario's behaviours, for states named without theirs.

    Returns
    -------
    (str, tuple of str)
        Behaviour ``""`` where it cannot be told.
    """
    if isinstance(measured, Mapping):
        inner = measured.get("share", measured.get("count"))
        if inner is not None and "reaches" in measured:
            return states_of(inner, behaviours)
        if "states" in measured:
            names = measured["states"]
            names = [names] if isinstance(names, str) else list(names)
            return str(measured.get("behaviour", "")), tuple(str(name) for name in names)
        measured = list(measured)
    found = ""
    states = []
    for word in [measured] if isinstance(measured, str) else list(measured or ()):
        behaviour, dot, state = str(word).rpartition(".")
        if not dot:
            state = str(word)
            behaviour = next((name for name, spec in behaviours.items() if state in spec.get("states", ())), "")
        found = found or behaviour
        states.append(state)
    return found, tuple(states)


@dataclass(frozen=True)
class OutcomeWords:
    """What one outcome measures, and how the report says it.

    Parameters
    ----------
    name : str
        As in the tables.
    kind : str
        One of `KINDS`, or a measure that a package brings.
    behaviour : str
    states : tuple of str
    lower : bool
        Whether less is better.
    unit : str
        The scenario's time unit.
    where : str
        The condition on people counted; empty for everybody.
    at : float or None
        When a share, count or difference is read; None: the end.
    matters : float or None
        Smallest difference worth having, in the outcome's own unit.
    definition : str
        One phrase: what is measured, on whom, when.
    """

    name: str
    kind: str
    behaviour: str
    states: tuple[str, ...]
    lower: bool
    unit: str
    where: str
    at: float | None
    matters: float | None
    definition: str

    @property
    def label(self) -> str:
        """The outcome's name in words."""
        return plain_label(self.name)

    @property
    def sign(self) -> int:
        """-1 where less is better: the report speaks of benefit, so that more is always better there."""
        return -1 if self.lower else 1

    @property
    def gain(self) -> str:
        """What a benefit is called: "averted" of what is bad, "gained" of what is good."""
        return "averted" if self.lower else "gained"

    @property
    def per(self) -> str:
        """The unit of effects in the report."""
        if self.kind == "difference":
            return "percentage points"
        if self.kind == "time_to":
            return f"{self.unit}s"
        if self.kind not in KINDS:  # a measure that a package brings has units of its own
            return ""
        return f"per {BASE:,} people counted" if self.where else f"per {BASE:,} people"

    @property
    def heading(self) -> str:
        """What the effect column shows: "obese years averted per 10,000 people"."""
        if self.kind == "difference":
            return f"{self.label}: percentage points {'lower' if self.lower else 'higher'}"
        if self.kind == "time_to":
            return f"{self.label}: {self.unit}s {'sooner' if self.lower else 'later'}"
        if self.kind not in KINDS:
            return f"{self.label}: {'lower' if self.lower else 'higher'}"
        if self.kind == "share":
            return f"{self.label}: {'fewer' if self.lower else 'more'} people {self.per.replace(' people', '', 1)}"
        return f"{self.label} {self.gain} {self.per}"

    def heading_for(self, people: int) -> str:
        """What an effect on so many people is called: "obese years averted per 100 people"."""
        if self.kind == "share":
            return f"{self.label}: {'fewer' if self.lower else 'more'} people per {people:,}"
        return f"{self.label} {self.gain} per {people:,} people"

    @property
    def level_heading(self) -> str:
        """What the column of levels shows: "Obese years per 10,000 people"."""
        label = self.label[:1].upper() + self.label[1:]
        if self.kind not in KINDS:
            return label
        return f"{label}, {self.per}" if self.kind in ("difference", "time_to") else f"{label} {self.per}"

    @property
    def adds_up(self) -> bool:
        """Whether the effects on those offered and on all others are parts of the effect on everybody."""
        return self.kind in TOTALS

    @property
    def cost_heading(self) -> str:
        """What the column of costs per unit shows; empty where a ratio would mean nothing."""
        if self.kind == "share":
            return f"Cost for one person {'fewer' if self.lower else 'more'}"
        return f"Cost per {singular(self.label)} {self.gain}" if self.kind in TOTALS else ""

    def scale(self, people: float) -> float:
        """Factor from the tables' unit to the report's, effects over a population of `people`."""
        if self.kind == "difference":
            return 100.0
        if self.kind == "time_to" or self.kind not in KINDS:
            return 1.0
        return float(BASE) if self.kind == "share" else BASE / max(people, 1.0)


def outcome_words(name: str, measure: Mapping[str, Any], scenario: Mapping[str, Any]) -> OutcomeWords:
    """Read one outcome of the scenario into the words of the report."""
    behaviours = scenario.get("behaviours") or {}
    unit = str((scenario.get("time") or {}).get("unit", "time unit"))
    kind = next((key for key in KINDS if measure.get(key) is not None), None) or measure_brought(measure) or "count"
    behaviour, states = states_of(measure.get(kind), behaviours) if kind in KINDS else ("", ())
    at = measure.get("at")
    at = float(at) if isinstance(at, (int, float)) else None
    where = str(measure.get("where") or "")
    return OutcomeWords(
        name=name,
        kind=kind,
        behaviour=behaviour,
        states=states,
        lower=measure.get("better", "lower") != "higher",
        unit=unit,
        where=where,
        at=at,
        matters=float(measure["matters"]) if isinstance(measure.get("matters"), (int, float)) else None,
        definition=_definition(kind, measure, states, unit, at, where),
    )


def _definition(
    kind: str, measure: Mapping[str, Any], states: tuple[str, ...], unit: str, at: float | None, where: str
) -> str:
    state = being(states) or "in the state"
    inside = state.startswith("in ")
    when = "at the end" if at is None else f"at {unit} {at:g}"
    level: Any = None
    if isinstance(measure.get("time_to"), Mapping):
        level = measure["time_to"].get("reaches")
    said = {
        "share": f"share of people who are {state} {when}",
        "count": f"people who are {state} {when}",
        "person_time": f"person-{unit}s spent {state}",
        "entries": f"times that anybody {'comes to be' if inside else 'becomes'} {state}",
        "first_entries": f"people not {state} at the start who ever become so",
        "exits": f"times that anybody ceases to be {state}",
        "time_to": f"{unit}s until {_level(level, measure)} are {state}; the horizon where it is never reached",
        "difference": "",
    }.get(kind, plain_label(kind))
    if kind == "difference":
        first, second = [plain_label(str(one)) for one in measure.get("between", ("first", "second"))]
        said = f"share who are {state} {when}, {first} minus {second}"
    among = {"targets": "among those offered", "others": "among those never offered"}.get(str(measure.get("among")), "")
    return ", ".join(part for part in (said, f"among people with {where}" if where else "", among) if part)


def _level(level: Any, measure: Mapping[str, Any]) -> str:
    if not isinstance(level, (int, float)):
        return "enough people"
    if isinstance(measure.get("time_to"), Mapping) and "count" in measure["time_to"]:
        return f"{float(level):,g} people"
    return f"{100 * float(level):g} % of people"
