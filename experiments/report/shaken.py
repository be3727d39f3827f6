"""What a report says of assumed numbers halved and doubled: sentences, figure and table, from `Results.shake`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.figures.tornado import MOST_LEVERS, Bar, Lever, Tornado
from experiments.report.tables import Cell
from experiments.shake.numbers import HALVED
from experiments.shake.table import NO_CLEAR_WINNER, SAME
from experiments.shake.words import Row, arm_label, left_out, rows_of, sentence, tried, value_sentence
from experiments.wording import digits_for, interval, listed, money, number, plain_label, plural

if TYPE_CHECKING:
    from experiments.report.facts import Facts


@dataclass(frozen=True)
class ShakenRow:
    """One change in the table of changes."""

    what: str
    place: str
    change: str
    value: str
    shaken: str
    note: str
    answer: str
    changes: bool
    lead: Cell
    best_value: str


@dataclass(frozen=True)
class Shaken:
    """What was found, for the page.

    Parameters
    ----------
    short, sentence, value : str
        Whether the winner stays, beside the verdict and in full; whether the best value for money does (empty where
        nothing costs anything).
    first : str
        The strategy that comes first as assumed.
    heading : str
        What the column of leads shows.
    rows : sequence of ShakenRow
        Every change that was tried: those that change the answer, then those that move the lead most, then costs.
    values : bool
        Whether there is a best value for money.
    left_out : sequence of str
        What was not tried, and why.
    note : str
        What the figure leaves out; or nothing.
    """

    short: str
    sentence: str
    value: str
    first: str
    heading: str
    rows: Sequence[ShakenRow]
    values: bool
    left_out: Sequence[str]
    note: str


def shaken(facts: Facts) -> Shaken | None:
    """Read the table of changes; None where nothing was shaken."""
    table = facts.results.shake
    if not len(table):
        return None
    as_it_is, rows = rows_of(table)
    words = facts.words[facts.primary]
    values = bool(as_it_is["best_value"])
    base = as_it_is["lead"] * words.scale(as_it_is["people"])

    def order(row: Row) -> tuple[bool, bool, float, int]:
        moved = abs(row["lead"] * words.scale(row["people"]) - base)
        return row["answer"] == SAME, not row["arms"], -moved, row["number"]

    found = [
        _row(facts, row, values, as_it_is["leader"])
        for row in sorted((row for row in rows if row["answer"]), key=order)
    ]
    return Shaken(
        short=sentence(table, facts.control, most=1),
        sentence=sentence(table, facts.control),
        value=value_sentence(table),
        first=arm_label(as_it_is["leader"], facts.control),
        heading=words.heading,
        rows=found,
        values=values,
        left_out=left_out(table),
        note=_left_to_the_table(facts),
    )


def _left_to_the_table(facts: Facts) -> str:
    drawn = tornado_of(facts)
    if drawn is None:
        return ""
    more = len(drawn.levers) - MOST_LEVERS
    said = [f"{plural(drawn.still, 'number leaves', 'numbers leave')} the lead as it is"] if drawn.still else []
    said += [f"{plural(more, 'number moves', 'numbers move')} it less than those drawn"] if more > 0 else []
    return f"In the table only: {listed(said)}." if said else ""


def _same(facts: Facts, row: Row, first: str) -> str:
    """Say that the answer stays and, where there is no winner, who now comes first if it is another strategy."""
    if row["winner"]:
        return "the same"
    return NO_CLEAR_WINNER + (f"; {arm_label(row['leader'], facts.control)} first" if row["leader"] != first else "")


def _row(facts: Facts, row: Row, values: bool, first: str) -> ShakenRow:
    unit = f" {row['unit']}" if row["unit"] and row["unit"] not in ("share", "factor", "weight") else ""
    lead, low, high = (row[name] * _scale(facts, row) + 0.0 for name in ("lead", "lead_low", "lead_high"))
    details: tuple[str, ...] = ()
    digits = None
    if high == high and high > low:
        digits = digits_for(low, high)
        details = (interval(low, high, digits),)
    elif high == high:
        details = ("the same in every replicate",)
    best = ""
    if values:
        best = plain_label(row["best_value"]) or "none"
        best += f", {money(row['cost_per_unit'])}" if not math.isnan(row["cost_per_unit"]) else ""
    return ShakenRow(
        what=row["what"],
        place=row["place"],
        change=row["change"],
        value=f"{row['value']}{unit}",
        shaken=row["shaken"],
        note=row["note"] + (f"; {row['failed']} replicates failed" if row["failed"] else ""),
        answer=_answer(facts, row) or _same(facts, row, first),
        changes=row["answer"] != SAME,
        lead=Cell("not moved by a cost") if not row["arms"] else Cell(number(lead, digits), lead, details),
        best_value=best,
    )


def _scale(facts: Facts, row: Row) -> float:
    """From the outcome's own unit to the report's; people counted may differ with a change."""
    return facts.words[facts.primary].scale(row["people"])


def _answer(facts: Facts, row: Row) -> str:
    """Say what becomes of the winner where it does not stay; else nothing."""
    if row["answer"] == SAME:
        return ""
    return NO_CLEAR_WINNER if row["answer"] == NO_CLEAR_WINNER else f"{arm_label(row['winner'], facts.control)} wins"


def tornado_of(facts: Facts) -> Tornado | None:
    """Return the numbers that move the lead, those that change the winner first; None without any."""
    table = facts.results.shake
    if not len(table):
        return None
    as_it_is, rows = rows_of(table)
    of = tried(rows)
    if not of:
        return None
    base = as_it_is["lead"] * _scale(facts, as_it_is) + 0.0
    levers: dict[int, list[Row]] = {}
    for row in of:
        levers.setdefault(row["number"], []).append(row)

    def bar(row: Row) -> Bar:
        lead, low, high = (row[name] * _scale(facts, row) + 0.0 for name in ("lead", "lead_low", "lead_high"))
        colour = facts.looks[row["winner"]].colour if row["winner"] and row["answer"] != SAME else ""
        note = f" ({row['note']})" if row["note"].startswith(("capped", "rounded")) else ""
        return Bar(row["change"] == HALVED, row["shaken"] + note, lead, low, high, _answer(facts, row), colour)

    found = [Lever(each[0]["what"], each[0]["value"], [bar(row) for row in each]) for each in levers.values()]
    moving = [lever for lever in found if any(one.answer or one.lead != base for one in lever.bars)]
    if not moving:
        return None
    moving.sort(key=lambda lever: -max(abs(one.lead - base) for one in lever.bars))
    moving.sort(key=lambda lever: not any(one.answer for one in lever.bars))
    first = arm_label(as_it_is["leader"], facts.control)
    return Tornado(first, facts.words[facts.primary].heading, base, moving, len(found) - len(moving))
