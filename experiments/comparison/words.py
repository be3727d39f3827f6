"""A comparison in words: the ranking as lines, and sentences on the best strategy, all made from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.comparison.ranking import Again, primary_of, ranking
from experiments.estimands import people_counted
from experiments.report.words import outcome_words
from experiments.verdict import difference_in_words
from experiments.wording import (
    aligned,
    listed,
    money,
    percent_rounded_down,
    plain_label,
    plain_number,
    plural,
)

if TYPE_CHECKING:
    import pandas as pd

    from experiments.comparison.record import Record
    from experiments.results import Results


def lines(results: Results, record: Record) -> list[str]:
    """Return what the terminal shows: the ranking, the best strategy again, and what was not compared."""
    table = ranking(results, record.strategies)
    return [
        *ranking_lines(results, record, table),
        "",
        *sentences(results, record, table),
        *left_out_lines(record),
    ]


def currency_of(results: Results) -> str:
    """Return the study's currency; empty where there is none."""
    return str((results.resolved["scenario"].get("study") or {}).get("currency") or "")


def factor_of(results: Results) -> float:
    """Return what effects on the primary outcome are multiplied with to be benefits in the unit of its heading."""
    scenario, spec = results.resolved["scenario"], primary_of(results)
    words = outcome_words(spec.name, scenario["outcomes"][spec.name], scenario)
    return spec.sign * words.scale(people_counted(results.pairs).get(spec.name, math.nan))


def ranking_lines(results: Results, record: Record, table: pd.DataFrame) -> list[str]:
    """Rank strategies in columns: rank, strategy, kind, people treated, cost, effect, chance of being best, price.

    Parameters
    ----------
    results : Results
    record : Record
    table : DataFrame
        What `ranking` returned.
    """
    scenario = results.resolved["scenario"]
    spec = primary_of(results)
    words = outcome_words(spec.name, scenario["outcomes"][spec.name], scenario)
    factor = factor_of(results)
    currency = currency_of(results)
    heads = ["", "strategy", "kind", "treated", f"cost, {currency}", _heading(words.heading), "best in"]
    heads += [f"{currency} per unit"] * bool(words.cost_heading)
    rows = [heads]
    for row in table.to_dict("records"):
        shared = (table["rank"] == row["rank"]).sum() > 1
        price = f"{plain_number(row['cost_per_unit'])}" if row["cost_per_unit"] > 0 else "–"
        rows.append(
            [
                f"{row['rank']}{'=' if shared else '.'}",
                row["strategy"],
                row["kind"],
                f"{row['treated']:,.0f}",
                money(row["cost"]),
                benefit(row, factor),
                percent_rounded_down(row["probability_best"]),
                *([price] * bool(words.cost_heading)),
            ]
        )
    budget = f"{money(record.budget)} {currency}"
    head = f"{plural(len(table), 'strategy', 'strategies')} for {budget} each, against {plain_label(results.control)} "
    return [
        f"{head}({plural(results.manifest['completed'], 'replicate')})",
        *aligned(rows_to_the_right(rows, (0, 3, 4))),
    ]


def rows_to_the_right(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> list[list[str]]:
    """Return rows with some columns aligned to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [[cell.rjust(widths[k]) if k in columns else cell for k, cell in enumerate(row)] for row in rows]


def _heading(heading: str) -> str:
    return f"{heading} (95 % interval)"


def benefit(row: Any, factor: float) -> str:
    """Write an effect as a benefit with its interval: "1,982 (1,418 to 2,546)"."""
    text = plain_number(factor * row["effect"] + 0.0)
    low, high = sorted((factor * row["low"] + 0.0, factor * row["high"] + 0.0))
    if math.isnan(low):
        return text
    return f"{text} ({plain_number(low)} to {plain_number(high)})" if low < high else text


def sentences(results: Results, record: Record, table: pd.DataFrame) -> list[str]:
    """Say which strategy comes first, what fresh replicates say of it, and which are the same or buy nobody.

    Parameters
    ----------
    results : Results
    record : Record
    table : DataFrame
        What `ranking` returned.
    """
    said = [first_sentence(results, table)]
    if record.again is not None:
        said.append(again_sentence(results, record.again))
    return [*said, *remarks(table)]


def first_sentence(results: Results, table: pd.DataFrame) -> str:
    """Say which strategy comes first, and by how much it differs from the control."""
    spec = primary_of(results)
    best = table.iloc[0]
    people = people_counted(results.pairs).get(spec.name, math.nan)
    if spec.sign * best["effect"] <= 0:
        return f"No strategy does better on average than {plain_label(results.control)}."
    words = difference_in_words(spec, best["effect"], best["low"], best["high"], people, results.time_unit)
    others = list(table["strategy"][1:][table["rank"][1:] == 1])
    together = f" (with {listed([plain_label(each) for each in others])})" if others else ""
    name = plain_label(best["strategy"])
    return f"First comes {name}{together}: {words} than {plain_label(results.control)}."


def again_sentence(results: Results, again: Again) -> str:
    """Say what fresh replicates say of the strategy that came first."""
    spec = primary_of(results)
    people = people_counted(results.pairs).get(spec.name, math.nan)
    unit = results.time_unit
    words = difference_in_words(spec, again.effect, again.low, again.high, people, unit)
    fresh = plural(again.replicates, "fresh replicate")
    said = (
        f"Who comes first of several is partly lucky, so it was tried again: on {fresh} {plain_label(again.strategy)} "
        f"has {words} than {plain_label(results.control)}"
    )
    if again.against == results.control:
        return f"{said}."
    low, high = sorted((spec.sign * again.margin_low, spec.sign * again.margin_high))
    margin = difference_in_words(spec, spec.sign * again.margin, low, high, people, unit)
    against = plain_label(again.against)
    if again.margin == 0:
        return f"{said}, and {against} as many."
    still = "It still does better than" if again.holds else "There it does worse than"
    if math.isnan(again.margin_low) or again.margin_low <= 0 <= again.margin_high:
        still = f"It does {'better' if again.holds else 'worse'} there, but perhaps by luck, than"
    return f"{said}. {still} {against}, the next best: {margin}."


def remarks(table: pd.DataFrame) -> list[str]:
    """Say which strategies do the very same, and which bought nobody."""
    said = []
    for first, rows in table[(table["same_as"] != "") & (table["treated"] > 0)].groupby("same_as", sort=False):
        names = listed([plain_label(str(each)) for each in rows["strategy"]])
        come = "comes" if len(rows) == 1 else "come"
        said.append(f"{names[:1].upper()}{names[1:]} {come} to the same here as {plain_label(str(first))}.")
    nobody = [plain_label(str(each)) for each in table.loc[table["treated"] == 0, "strategy"]]
    if nobody:
        said.append(
            f"For this money nobody is treated by {listed(nobody)}: no whole group fits, or nobody can be picked."
        )
    return said


def left_out_lines(record: Record) -> list[str]:
    """List what was not compared, and why; nothing where all was."""
    if not record.left_out:
        return []
    rows = [[f"  {each.name}", each.reason] for each in record.left_out]
    return ["", "not compared:", *aligned(rows)]


def lenders_in_words(record: Record) -> list[str]:
    """Say of which intervention of the scenario each kind of strategy has its effect and cost."""
    found: dict[str, list[str]] = {}
    for each in record.strategies:
        kinds: Sequence[str] = found.setdefault(each.lender, [])
        if each.kind not in kinds:
            found[each.lender].append(each.kind)
    return [f"for {listed(kinds)} those of {plain_label(name)}" for name, kinds in found.items()]
