"""The cheapest way to a goal, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from experiments.comparison.search import DEARER, FOUND, NEVER
from experiments.wording import aligned, listed, money, plain_label, plain_number, plural

if TYPE_CHECKING:
    from experiments.comparison.search import Cheapest, Price

ORDINALS = ("cheapest", "second", "third")


def lines(found: Cheapest) -> list[str]:
    """Return what the terminal shows."""
    head = f"{found.goal.text} (mean of {plural(found.replicates, 'replicate')})"
    left = [[f"  {each.name}", each.reason] for each in found.left_out]
    return [head, *sentences(found), *(["", "not compared:", *aligned(left)] if left else [])]


def sentences(found: Cheapest) -> list[str]:
    """Say which strategy reaches the goal for least, which are next, which are dearer, and which cannot."""
    control = plain_label(found.control)
    if found.met_by_control:
        return [f"It is reached without any strategy: {control} has {value_text(found, found.control_value)}."]
    said = [f"Without any strategy, {control} has {value_text(found, found.control_value)}."]
    reached = [each for each in found.prices if each.status == FOUND]
    said += [_price(each, ORDINALS[min(k, 2)], found) for k, each in enumerate(reached)]
    if reached and not math.isnan(found.again):
        said.append(_again(reached[0], found))
    dearer = [each for each in found.prices if each.status == DEARER]
    if dearer:
        names = listed([f"{plain_label(each.strategy)} (more than {money(each.too_little)})" for each in dearer])
        said.append(f"Dearer: {names}.")
    never = [each for each in found.prices if each.status == NEVER]
    if never:
        names = listed([f"{plain_label(each.strategy)} ({value_text(found, each.value)})" for each in never])
        said.append(f"{'Nothing reaches' if not reached else 'Cannot reach'} it with everybody treated: {names}.")
    return said


def _price(price: Price, place: str, found: Cheapest) -> str:
    currency = f" {found.currency}".rstrip()
    name = plain_label(price.strategy)
    return (
        f"{place[:1].upper() + place[1:]}: {name} for about {money(price.enough)}{currency} "
        f"({money(price.too_little)} is too little), {plural(round(price.treated), 'person', 'people')} treated, "
        f"{value_text(found, price.value)}."
    )


def _again(price: Price, found: Cheapest) -> str:
    """Say what the cheapest comes to on fresh replicates; at its price it just met the goal on those that found it."""
    meets = "which reaches it too" if found.goal.met_by(found.again) else "which does not quite reach it"
    low, high = found.again_low, found.again_high
    interval = "" if math.isnan(low) else f" (95 % interval {value_text(found, low)} to {value_text(found, high)})"
    if math.isnan(low) or low <= found.goal.number <= high:
        meets += ", but perhaps by luck"
    fresh, value = plural(found.replicates, "fresh replicate"), value_text(found, found.again)
    return f"On {fresh} {plain_label(price.strategy)} has {value} for that money{interval}, {meets}."


def value_text(found: Cheapest, value: float) -> str:
    """Write a value of the outcome: a share of at most 1 as it stands in the goal, with four digits."""
    return plain_number(value) if abs(value) >= 100 else f"{value:.4g}"
