"""Curves in words: which strategy comes first at which budget, and which change places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.comparison.ranking import primary_of
from experiments.comparison.words import benefit, currency_of, factor_of
from experiments.report.words import outcome_words
from experiments.wording import aligned, listed, money, plain_label, plural

if TYPE_CHECKING:
    from experiments.comparison.curves import Curves, Flip

MOST_FLIPS = 6
"""Pairs of strategies that change places which a page or a terminal names."""


NOBODY = "–: for so little money nobody can be asked."


def lines(curves: Curves) -> list[str]:
    """Return what the terminal shows: benefits by budget and strategy, who leads where, what changes places."""
    first = curves.comparisons[0].results
    spec = primary_of(first)
    scenario = first.resolved["scenario"]
    words = outcome_words(spec.name, scenario["outcomes"][spec.name], scenario)
    factor = factor_of(first)
    table = curves.ranking()
    names = list(table[table["budget"] == table["budget"].max()].sort_values("rank", kind="stable")["strategy"])
    names += [name for name in dict.fromkeys(table["strategy"]) if name not in names]
    rows = [["strategy", *(f"{money(budget)} {currency_of(first)}" for budget in curves.budgets)]]
    for name in names:
        of = table[table["strategy"] == name].set_index("budget")
        rows.append(
            [
                name,
                *(benefit(of.loc[each], factor).split(" ")[0] if each in of.index else "–" for each in curves.budgets),
            ]
        )
    return [
        f"{words.heading}, against {plain_label(first.control)} "
        f"({plural(first.manifest['completed'], 'replicate')} at each budget)",
        *aligned(rows),
        *([NOBODY] if any("–" in row for row in rows) else []),
        "",
        *sentences(curves),
    ]


def sentences(curves: Curves) -> list[str]:
    """Say which strategy comes first at which budgets, and which strategies change places between which."""
    currency = currency_of(curves.comparisons[0].results)
    said = []
    for low, high, names in curves.leaders():
        at = f"At {money(low)} {currency}" if low == high else f"From {money(low)} to {money(high)} {currency}"
        best = listed([plain_label(name) for name in names], "or")
        said.append(f"{at} nothing does better than {best}, beyond luck.")
    if curves.too_small:
        said.append(f"{listed([money(each) for each in curves.too_small])} {currency} buys nobody.")
    flips = curves.flips()
    clear = [each for each in flips if each.clear]
    said += [flip_sentence(each, currency) for each in clear[:MOST_FLIPS]]
    if len(clear) > MOST_FLIPS:
        said.append(f"{plural(len(clear) - MOST_FLIPS, 'more pair')} of strategies change places beyond luck.")
    vague = len(flips) - len(clear)
    if vague:
        said.append(f"{plural(vague, 'other change')} of places may be luck.")
    said.append(
        "Who is best is told by the same replicates that measure it; with one --budget the best is tried again on "
        "fresh ones."
    )
    return said


def flip_sentence(flip: Flip, currency: str) -> str:
    """Say that two strategies change places, and between which budgets."""
    before, after = plain_label(flip.before), plain_label(flip.after)
    between = f"between {money(flip.low)} and {money(flip.high)} {currency}"
    return f"{after[:1].upper() + after[1:]} overtakes {before} {between}."


def alt_text(curves: Curves, heading: str) -> str:
    """Say what the figure shows."""
    currency = currency_of(curves.comparisons[0].results)
    firsts = [
        f"{listed([plain_label(name) for name in names])} from {money(low)} to {money(high)} {currency}"
        for low, high, names in curves.leaders()
    ]
    return f"{heading}, by budget and strategy; first: {listed(firsts)}."
