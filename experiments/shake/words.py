"""What shaking a trial found, in sentences; each is made from the table beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from experiments.shake.numbers import HALVED
from experiments.shake.table import AS_IT_IS, NO_CLEAR_WINNER, OTHER_WINNER, SAME
from experiments.wording import listed, plain_label, plural

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 4
COST = "cost"

Row = dict[str, Any]


def rows_of(table: pd.DataFrame) -> tuple[Row, list[Row]]:
    """Return the trial as it is, and the changes."""
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    return next(row for row in rows if row["change"] == AS_IT_IS), [row for row in rows if row["change"] != AS_IT_IS]


def tried(rows: Sequence[Row]) -> list[Row]:
    """Return the changes after which arms were run again: those that can move the answer."""
    return [row for row in rows if row["answer"] and row["arms"]]


def arm_label(arm: str, control: str) -> str:
    """Name an arm in a sentence; the control is said to be it."""
    return f"{plain_label(arm)} (the control)" if arm == control else plain_label(arm)


def sentence(table: pd.DataFrame, control: str, most: int = MOST_NAMED) -> str:
    """Say whether the winner stays the winner, and which changes make it another.

    Parameters
    ----------
    table : DataFrame
        Of `experiments.shake.table.shake_table`.
    control : str
    most : int
        How many changes are named; the others are counted.

    Returns
    -------
    str
    """
    as_it_is, rows = rows_of(table)
    of = tried(rows)
    if not of:
        return "No number on which the ranking rests is assumed or fitted, so none was halved or doubled."
    same = [row for row in of if row["answer"] == SAME]
    winner = as_it_is["winner"]
    what = f"the winner stays {arm_label(winner, control)}" if winner else "there still is no clear winner"
    numbers = len({row["number"] for row in of})
    if len(same) == len(of):
        each = "the one assumed or fitted number" if numbers == 1 else f"any one of {numbers} assumed or fitted numbers"
        return f"{what[0].upper()}{what[1:]} when {each} is halved or doubled ({plural(len(of), 'change')})."
    return f"{what[0].upper()}{what[1:]} in {len(same)} of {plural(len(of), 'change')}; {_others(of, control, most)}."


def _others(of: Sequence[Row], control: str, most: int) -> str:
    """Name the changes after which the answer is another one: those that set the winner back furthest first."""
    moved = [row for row in of if row["answer"] != SAME]
    moved.sort(key=lambda row: (row["answer"] != OTHER_WINNER, row["lead"], row["number"]))
    named: dict[str, list[str]] = {}
    for row in moved[:most]:
        none = row["answer"] == NO_CLEAR_WINNER
        result = "leaves no clear winner" if none else f"makes {arm_label(row['winner'], control)} best"
        doing = "halving" if row["change"] == HALVED else "doubling"
        change = f"{doing} the {row['what']} ({row['value']} → {row['shaken']})"
        named.setdefault(result, []).append(change)
    said = [f"{listed(changes, 'or')} {result}" for result, changes in named.items()]
    more = len(moved) - most
    if more > 0:
        said.append(f"{plural(more, 'other change alters', 'other changes alter')} the answer too")
    return "; ".join(said)


def value_sentence(table: pd.DataFrame) -> str:
    """Say whether the arm with the least cost per unit of benefit stays the same; nothing where none has one."""
    as_it_is, rows = rows_of(table)
    best = as_it_is["best_value"]
    of = [row for row in rows if row["answer"]]
    if not best or not of:
        return ""
    moved = [row for row in of if row["best_value"] != best]
    label = plain_label(best)
    if not moved:
        return f"The best value for money stays {label} in all {plural(len(of), 'change')}, costs among them."
    costs = sum(row["kind"] == COST for row in moved)
    of_costs = f", {costs} of them of costs" if costs else ""
    said = f"The best value for money stays {label} in {len(of) - len(moved)} of {plural(len(of), 'change')}"
    others = listed(list(dict.fromkeys(plain_label(row["best_value"]) or "none" for row in moved)), "or")
    return f"{said}; with {plural(len(moved), 'other', 'others')}{of_costs}, it is {others}."


def left_out(table: pd.DataFrame) -> list[str]:
    """Return what was not tried, and why: "number of people: who lives in the town is given"."""
    _, rows = rows_of(table)
    return not_tried((row["what"], row["change"], row["reason"]) for row in rows if not row["answer"])


def not_tried(changes: Iterable[tuple[str, str, str]]) -> list[str]:
    """Put (what, halved or doubled, why not) in words; said once of both; nothing where the reason is empty."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for what, change, reason in changes:
        if reason:
            reasons.setdefault((what, reason), []).append(change)
    return [
        f"{what}{'' if len(changes) > 1 else f', {changes[0]}'}: {reason}"
        for (what, reason), changes in reasons.items()
    ]
