"""Whole groups in words: which they are, in what order they are taken, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.plan.phrases import States, count_word
from experiments.wording import listed, percent, plain_label, plural

if TYPE_CHECKING:
    from experiments.plan.pilot import Date
    from interventions.specs import Target

NAMES = {
    "communities": ("community", "communities", " found in the network"),
    "components": ("component", "components", " of the network, the parts that no tie connects"),
    "cores": ("core", "cores", " of the network, the shells of people with one core number"),
    "positions": ("position", "positions", " of the network, people with the same contacts"),
}
"""Groups that are found in the network: one, many, and what they are."""

ORDERS = {
    "random": "in random order",
    "size": "the largest first",
    "smallest": "the smallest first",
    "cohesion": "those with the largest share of all possible ties among their members first",
    "inward": "those with the largest share of their ties inside first",
    "centrality": "those to which the largest share of everybody else is tied first",
    "innermost": "from the innermost outwards",
}


def groups_in_words(date: Date, people: str, states: States, open_number: str) -> str:
    """Say which whole groups an intervention is offered to, and how many people they are.

    Parameters
    ----------
    date : Date
    people : str
        Who of their members: "who are obese"; empty: all.
    states : States
    open_number : str
        What to say where nobody counted them.
    """
    target, counted = date.intervention.target, date.counted
    one, many, which = name_of_groups(target)
    order = f"{_order(target, states)}{_cut(target, people, many)}"
    limit = f" {people}" if people else ""
    if counted is None or counted.groups is None:
        return f"people{limit} in whole {many}{which}, {order}; {open_number}"
    whole = f"{count_word(counted.groups)} whole {one if counted.groups == 1 else many}"
    missing = ""
    if target.counts_groups and target.number is not None and counted.groups < target.number:
        missing = f"; {target.number:,} were asked for"
    return f"{plural(counted.reached, 'person', 'people')}{limit} in {whole}{which}, {order}{missing}"


def name_of_groups(target: Target) -> tuple[str, str, str]:
    """Return what a target's groups are called, one and many, and which they are: " by village"."""
    assert target.groups is not None
    found = target.group_parameters
    layers = found.get("layers", target.parameters.get("layers") if target.groups in NAMES else None)
    where = f" in {listed([plain_label(layer) for layer in layers])}" if layers else ""
    if target.groups not in NAMES:
        return "group", "groups", f" by {plain_label(target.groups)}"
    one, many, which = NAMES[target.groups]
    like = found.get("like", 1.0)
    if target.groups == "positions" and like < 1:
        which = f" of the network, people who share at least {percent(like)} of their contacts"
    return one, many, f"{which}{where}"


def _order(target: Target, states: States) -> str:
    measure = target.group_measure
    if measure is None:
        return ORDERS[target.rank]
    most = "the largest share of" if measure.kind == "share" else "most"
    return f"those with {most} {states.which(measure.behaviour, measure.states, 'people')} first"


def _cut(target: Target, people: str, many: str) -> str:
    """Say how many are taken."""
    if not target.counts_groups:
        if target.share is not None:
            return f", up to {percent(target.share)} of {f'those {people}' if people else 'all people'}"
        return "" if target.number is None else f", up to {plural(target.number, 'person', 'people')}"
    having = f"{many} with people {people}" if people else many
    if target.share is not None:
        after = f"after the first {percent(target.skip)}, " if target.skip else ""
        return f", {after}{percent(target.share)} of all {having}"
    after = f"after the first {target.skip:g}, " if target.skip else ""
    return f", {after}{target.number:,} of all {having}" if after or target.number is not None else ""
