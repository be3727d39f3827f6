"""Numbers of a scenario in words, from the place at which they stand: "uptake of leaders"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.report.words import being
from experiments.wording import plain_label
from scenarios import grammar
from scenarios.conversion import arm_items
from simulator.errors import Place

if TYPE_CHECKING:
    from scenarios.grammar import ScenarioSpec

COSTS = {"fixed": "fixed cost", "per_reached": "cost per person reached", "per_treated": "cost per person treated"}
OF_AN_INTERVENTION = {
    ("effect", "for"): "duration of the effect of",
    ("effect", "half_life"): "half-life of the effect of",
    ("effect", "ties", "add", "weight"): "weight of the ties added by",
    ("drop_out",): "drop-out from",
    ("chain", "uptake"): "uptake in the chain of",
}
"""What stands before the intervention's name."""


def in_words(place: Place, spec: ScenarioSpec) -> str:
    """Name a number in words that "the" can stand before.

    Parameters
    ----------
    place : tuple of str and int
        In the scenario with its tactics expanded.
    spec : ScenarioSpec

    Returns
    -------
    str
        "rate of “catch obesity”", "uptake of leaders"; of what is not known here, its keys and whose they are.
    """
    part = tuple(map(str, place))
    if part[0] == "behaviours" and len(part) > 3:
        return _of_behaviour(part, spec)
    if part[0] == "interventions" and len(part) > 2:
        return _of_intervention(part[1], part[2:])
    if part[0] == "arms" and len(part) > 3:
        rest = 4 if part[2] == "interventions" else 3
        return _of_intervention(_name_of(place[:rest], spec), part[rest:])
    if part[0] == "background" and len(part) > 2:
        return _of_intervention(_name_of(place[:2], spec), part[2:])
    if part[:2] == ("network", "layers") and len(part) > 2:
        return f"{_keys(part[3:]) or 'ties'} of {plain_label(part[2])}"
    if part[:3] == ("population", "enter", "rate"):
        return "rate at which people enter"
    if part[:3] == ("population", "leave", "rate"):
        return "rate at which people leave"
    if part[:2] == ("population", "size"):
        return "number of people"
    if part[:2] == ("population", "columns") and len(part) > 2:
        return f"column “{plain_label(part[2])}”"
    return f"{_keys(part[1:])} of {part[0]}"


def _keys(part: tuple[str, ...]) -> str:
    return " ".join(plain_label(each.replace(".", ": ")) for each in part)


def _of_behaviour(part: tuple[str, ...], spec: ScenarioSpec) -> str:
    behaviour, kind, name, *rest = part[1:]
    if kind == "initial":
        what = "number" if rest == ["number"] else "condition on" if rest == ["where"] else "share"
        people = "people" if what.startswith("condition") else "of people"
        return f"{what} {people} who are {being([name])} at the start"
    shared = sum(name in each.transitions for each in spec.behaviours.values()) > 1
    transition = f"“{plain_label(name)}”" + (f" of {plain_label(behaviour)}" if shared else "")
    key, after = rest[0], rest[1:]
    if key == "rate":
        return f"rate of {transition}"
    if key in ("susceptibility", "influence"):
        which = f" {int(after[0]) + 1}" if after else ""
        return f"{key} factor{which} in {transition}"
    if key == "time_in_state":
        return f"factors by time in the state in {transition}"
    if key == "response":
        return f"{'threshold' if after == ['threshold'] else 'response'} of {transition}"
    if key == "layers":
        return f"weight of {plain_label(after[0])} in {transition}"
    if key in grammar.LAWS and after:
        return f"weight of {plain_label(after[-1].rpartition('.')[2])} in {transition}"
    return f"{_keys(tuple(rest))} of {transition}"


def _of_intervention(name: str, rest: tuple[str, ...]) -> str:
    whose = plain_label(name)
    if rest in OF_AN_INTERVENTION:
        return f"{OF_AN_INTERVENTION[rest]} {whose}"
    if rest[:1] == ("cost",) and len(rest) == 2:
        return f"{COSTS.get(rest[1], f'cost {plain_label(rest[1])}')} of {whose}"
    if rest[:1] == ("effect",) and len(rest) == 3 and rest[1] in ("susceptibility", "influence"):
        transition = f"“{plain_label(rest[2].rpartition('.')[2])}”"
        return f"effect of {whose} on {'passing on ' if rest[1] == 'influence' else ''}{transition}"
    return f"{_keys(rest)} of {whose}"


def _name_of(place: Place, spec: ScenarioSpec) -> str:
    """Return the name of an intervention that is written out in an arm, or in the background."""
    items = spec.background or () if place[0] == "background" else spec.arms[str(place[1])]
    return list(arm_items(items))[int(place[-1])][0]
