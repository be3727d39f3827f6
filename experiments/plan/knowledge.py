"""Knowledge in words: from whom it is known who is tied to whom, and how many are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.wording import listed, percent, plain_label, plural
from interventions.knowing import n_asked

if TYPE_CHECKING:
    from experiments.plan.pilot import Date
    from interventions.specs import Knowledge


def knowledge_in_words(date: Date, moment: str) -> str:
    """Say how the network is known: "their contacts are known from asking 20 % of people, …"; empty: it simply is.

    Parameters
    ----------
    date : Date
    moment : str
        When people are asked, if it is at one date for all: "at the start".
    """
    knowledge = date.intervention.target.knowledge
    if knowledge is None:
        return ""
    if not knowledge.asked:
        return "nobody is asked, so that nobody is known to have contacts"
    whom = "everybody" if knowledge.asked >= 1 else f"{percent(knowledge.asked)} of people"
    return f"their contacts are known from asking {whom}{moment and f' {moment}'}, who {listed(_answers(knowledge))}"


def _answers(knowledge: Knowledge) -> Sequence[str]:
    """Return what those asked do: name contacts, forget some, name others."""
    names = "name all contacts" if knowledge.names is None else f"name up to {plural(knowledge.names, 'contact')} each"
    if knowledge.layers is not None:
        names += f" in {listed([plain_label(layer) for layer in knowledge.layers], 'or')}"
    forget = [f"forget {percent(knowledge.forgotten)}"] if knowledge.forgotten else []
    wrong = [f"name somebody else in {percent(knowledge.wrong)} of cases"] if knowledge.wrong else []
    return [names, *forget, *wrong]


def asked_at(date: Date, people: int) -> int | None:
    """Return how many people are asked at a date; None: not known."""
    if date.counted is not None:
        return date.counted.asked
    target = date.intervention.target
    return n_asked(target, people, date.occasion) if date.time == 0 or not n_asked(target, people) else None
