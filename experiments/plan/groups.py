"""Whole groups in words: which they are, in what order they are taken, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.plan.phrases import States, count_word, who
from experiments.wording import listed, percent, plain_label, plural

if TYPE_CHECKING:
    from experiments.plan.pilot import Date
    from interventions.specs import Target
    from simulator.outcomes import Measure

NAMES = {
    "communities": ("community", "communities", "found in the network", ""),
    "components": ("component", "components", "of the network", "people connected, directly or through others"),
    "cores": ("core", "cores", "of the network", "people of one core number"),
    "positions": ("position", "positions", "of the network", "people with the same contacts"),
}
"""Groups that are found in the network: one, many, where they are found, and what they are."""

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
    order = _cut(target, people, _order(target, states))
    limit = f" {people}" if people else ""
    if counted is None or counted.groups is None:
        return f"people{limit} in whole {many}{which}, {order}; {open_number}"
    if not counted.groups:
        return f"nobody{limit}: no whole {one}{which} {'is taken' if target.counts_groups else 'fits'}, {order}"
    whole = f"{count_word(counted.groups)} whole {one if counted.groups == 1 else many}"
    missing = ""
    if target.counts_groups and target.number is not None and counted.groups < target.number:
        missing = f"; {target.number:,} were asked for"
    return f"{plural(counted.reached, 'person', 'people')}{limit} in {whole}{which}, {order}{missing}"


def name_of_groups(target: Target) -> tuple[str, str, str]:
    """Return what a target's groups are called, one and many, and which they are: " by village"."""
    assert target.groups is not None
    if target.groups not in NAMES:
        return "group", "groups", f" by {plain_label(target.groups)}"
    one, many, which, meaning = NAMES[target.groups]
    layers = target.group_parameters.get("layers", target.parameters.get("layers"))
    where = f" of {listed([plain_label(layer) for layer in layers])}" if layers else ""
    like = target.group_parameters.get("like", 1.0)
    if target.groups == "positions" and like < 1:
        meaning = f"people who share at least {percent(like)} of their contacts"
    return one, many, f" {which}{where}{f' ({meaning})' if meaning else ''}"


def _order(target: Target, states: States) -> str:
    return ORDERS[target.rank] if target.group_measure is None else by_measure(target.group_measure, states)


def by_measure(measure: Measure, states: States) -> str:
    """Say in what order groups come by a measure of their people: "those with most obese people first"."""
    limit = f" {who(measure.where, states)}" if measure.where is not None else ""
    if measure.kind in ("share", "count"):
        most = "the largest share of" if measure.kind == "share" else "most"
        return f"those with {most} {states.which(measure.behaviour, measure.states, 'people')}{limit} first"
    among = f" among people {limit.strip()}" if limit else ""
    return f"those with the largest {measure_in_words(measure, states).removeprefix('the ')}{among} first"


def measure_in_words(measure: Measure, states: States) -> str:
    """Say what a measure measures so far."""
    if not measure.states:
        return plain_label(measure.kind)
    being = states.being(measure.behaviour, measure.states)
    said = {
        "person_time": f"the time that people have been {being}",
        "entries": f"the number of times that anybody became {being}",
        "first_entries": f"the number of people who became {being}",
        "exits": f"the number of times that anybody ceased to be {being}",
        "difference": f"the difference in the share who are {being}",
    }
    return said.get(measure.kind, f"the {plain_label(measure.kind)} of people who are {being}")


def _cut(target: Target, people: str, order: str) -> str:
    """Say in what order groups are taken, and how many."""
    if target.counts_groups:
        having = f" that have people {people}" if people else ""
        if target.share is not None:
            first, last = percent(target.skip), percent(min(target.skip + target.share, 1.0))
            which = f"those from {first} to {last}" if target.skip else f"the first {last}"
            return f"{which} of all{having}, {order}"
        assert target.number is not None
        first_one, last_one = int(target.skip) + 1, int(target.skip) + target.number
        numbers = f"number {last_one:,}" if first_one == last_one else f"numbers {first_one:,} to {last_one:,}"
        which = numbers if target.skip else "the first" if last_one == 1 else f"the first {last_one:,}"
        return f"{which}{having}, {order}"
    if target.share is not None:
        return f"{order}, up to {percent(target.share)} of {f'those {people}' if people else 'all people'}"
    return order if target.number is None else f"{order}, up to {plural(target.number, 'person', 'people')}"
