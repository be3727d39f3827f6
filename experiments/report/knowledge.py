"""What is lost by not knowing the network, in sentences that are made from the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.economics import mean_asked
from experiments.report.tables import records
from experiments.wording import digits_for, interval, money, number, plural

if TYPE_CHECKING:
    from experiments.report.facts import Facts


def knowledge_words(facts: Facts) -> list[str]:
    """Say of each arm that picks people by a survey what it achieves, what it would, and how much of that is lost."""
    asked = mean_asked(facts.results.ledger, facts.replicates)
    return [
        " ".join(filter(None, [_benefits(facts, row), _asking(facts, asked.get(row["arm"]))]))
        for row in records(facts.knowledge)
    ]


def _benefits(facts: Facts, row: Mapping[str, Any]) -> str:
    """Write "“leaders”: 460 (380 to 540) as surveyed, 830 (720 to 940) if all contacts were known. …"."""
    known, perfect = (
        _with_interval(row, *names)
        for names in (("benefit", "low", "high"), ("perfect_benefit", "perfect_low", "perfect_high"))
    )
    return f"“{facts.labels[row['arm']]}”: {known} as surveyed, {perfect} if all contacts were known. {_lost(row)}"


def _lost(row: Mapping[str, Any]) -> str:
    """Say how much of the benefit is lost, as far as that can be told."""
    lost, low, high = (float(row[name]) for name in ("lost", "lost_low", "lost_high"))
    if low == high == 0:
        return "Nothing is lost, in any replicate."
    said = _with_interval(row, "lost", "lost_low", "lost_high")
    if math.isnan(low):
        return f"In this one replicate the difference is {said}."
    if low <= 0 <= high:
        return f"The loss, {said}, may be nothing."
    if lost < 0:
        better = _with_interval({"a": -lost, "b": -high, "c": -low}, "a", "b", "c")
        return f"That is {better} better than if all contacts were known."
    if row["perfect_high"] < 0:
        return f"Lost: {said}, though even if all contacts were known it would do harm."
    if not row["perfect_low"] > 0:
        return f"Lost: {said}, of a benefit that may itself be nothing."
    share, first, last = (100 * float(row[name]) for name in ("share_lost", "share_low", "share_high"))
    digits = digits_for(first, last) if last > first else 0
    bounds = "" if last == first else f" ({number(first, digits)} to {number(last, digits)} %)"
    return f"Lost by not knowing the network: {number(share, digits)} % of the benefit{bounds}."


def _with_interval(row: Mapping[str, Any], value: str, low: str, high: str) -> str:
    """Write "460 (380 to 540)"; without an interval, the number alone."""
    mean, bounds = float(row[value]), (float(row[low]), float(row[high]))
    if math.isnan(bounds[0]) or bounds[0] == bounds[1]:
        return number(mean)
    digits = digits_for(*bounds)
    return f"{number(mean, digits)} ({interval(*bounds, digits)})"


def _asking(facts: Facts, asked: tuple[float, float] | None) -> str:
    """Say how many people are asked, and what that costs."""
    if asked is None:
        return ""
    people, cost = asked
    price = f", for {money(cost)} {facts.currency}" if cost and facts.currency else ""
    times = plural(round(people), "person is", "people are")
    return f"{times} asked{price}."
