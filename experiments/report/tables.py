"""Tables of the report: strategies on the primary outcome, and all other outcomes.

Every number in a cell keeps its exact value beside the text, as HTML's `<data value=…>`; tests compare the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from experiments.figures.forest import Block, Line
from experiments.report.facts import ESTIMANDS, Facts
from experiments.report.words import OutcomeWords
from experiments.wording import digits_for, interval, money, number, percent_rounded_down, plain_number, plural

if TYPE_CHECKING:
    import pandas as pd

PEOPLE_OF = {
    "overall": "everybody",
    "total": "those offered",
    "spillover": "never offered",
    "later": "offered later",
}

MOST_WITH_PARTS = 11
"""Arms, the control among them, above which the forest plot shows the effect on everybody only."""


@dataclass(frozen=True)
class Cell:
    """One cell: the text, the exact number behind it (in the report's unit), and smaller lines below."""

    text: str = "–"
    value: float | None = None
    details: Sequence[str] = ()


@dataclass(frozen=True)
class StrategyRow:
    """One arm in the table of strategies."""

    arm: str
    label: str
    colour: str
    is_control: bool
    rank: str
    tags: Sequence[str]
    level: Cell
    effect: Cell
    town: Cell
    total: Cell
    spillover: Cell
    cost: Cell
    cost_per_unit: Cell
    best: Cell


@dataclass(frozen=True)
class StrategyTable:
    """The table of strategies with its headings and the notes that are true of it."""

    rows: Sequence[StrategyRow]
    columns: Mapping[str, str]
    caption: str
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class OutcomeColumn:
    """One outcome of the second table."""

    heading: str
    definition: str
    cells: Sequence[Cell]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


class Reader:
    """Looks rows of `effects` up, and turns them into the report's unit, positive where the arm does good."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        effects = facts.results.effects
        self._rows: dict[tuple[str, str, str], Mapping[str, Any]] = {
            (row["arm"], row["outcome"], row["estimand"]): row for row in records(effects)
        }

    def row(self, arm: str, outcome: str, estimand: str = "overall") -> Mapping[str, Any] | None:
        """One row of `effects`, or None."""
        return self._rows.get((arm, outcome, estimand))

    def factor(self, outcome: str) -> float:
        """From the tables' unit to the report's."""
        return self.facts.words[outcome].scale(self.facts.counted(outcome))

    def benefit(self, arm: str, outcome: str, estimand: str = "overall") -> Line | None:
        """Benefit of an arm over the control, with its two intervals."""
        row = self.row(arm, outcome, estimand)
        if row is None:
            return None
        sign = self.facts.words[outcome].sign
        factor = sign * self.factor(outcome)
        low, high = _ordered(row["low"], row["high"], factor)
        town_low, town_high = _ordered(row["one_town_low"], row["one_town_high"], factor)
        effect = float(row["effect"]) * factor
        return Line(estimand, PEOPLE_OF[estimand], effect + 0.0, low, high, town_low, town_high)


def _ordered(low: Any, high: Any, factor: float) -> tuple[float, float]:
    a, b = float(low) * factor + 0.0, float(high) * factor + 0.0
    return (a, b) if factor >= 0 else (b, a)


def effect_cell(line: Line | None) -> Cell:
    """Write an effect with its 95 % interval below it."""
    if line is None:
        return Cell()
    if math.isnan(line.high):
        return Cell(number(line.effect), line.effect)
    if line.high == line.low:
        return Cell(number(line.effect), line.effect, ("in every replicate",))
    digits = digits_for(line.low, line.high)
    return Cell(number(line.effect, digits), line.effect, (interval(line.low, line.high, digits),))


def ranked(facts: Facts, reader: Reader) -> list[str]:
    """Arms by benefit on everybody, best first; equal ones in the scenario's order; the control at its place, 0."""

    def benefit(arm: str) -> float:
        line = reader.benefit(arm, facts.primary)
        return 0.0 if line is None else line.effect

    # At equal benefit the control comes first: doing nothing is no worse.
    return sorted(facts.arms, key=lambda arm: (-benefit(arm), arm != facts.control, facts.arms.index(arm)))


def strategy_table(facts: Facts, reader: Reader, economics: pd.DataFrame | None, dominated: set[str]) -> StrategyTable:
    """Make the table of strategies on the primary outcome.

    Parameters
    ----------
    facts : Facts
    reader : Reader
    economics : DataFrame or None
        From `economics.strategies`; None where nothing costs anything.
    dominated : set of str
        Arms for which another does at least as much for no more money.
    """
    words = facts.words[facts.primary]
    factor = reader.factor(facts.primary)
    money_rows = {} if economics is None else {row["arm"]: row for row in records(economics)}
    rows = []
    places = _places(facts, reader)
    offered = _mean_people(facts, facts.primary)
    for arm in ranked(facts, reader):
        control = arm == facts.control
        line = reader.benefit(arm, facts.primary)
        row = reader.row(arm, facts.primary)
        parts = {}
        for estimand in ("total", "spillover"):
            part = reader.benefit(arm, facts.primary, estimand)
            cell = effect_cell(part)
            if part is not None and (arm, estimand) in offered:
                people = plural(round(offered[arm, estimand]), "person", "people")
                cell = Cell(cell.text, cell.value, (*cell.details, people))
            parts[estimand] = cell
        rows.append(
            StrategyRow(
                arm=arm,
                label=facts.labels[arm],
                colour=facts.looks[arm].colour,
                is_control=control,
                rank=places.get(arm, ""),
                tags=_tags(arm, control, line, dominated, money_rows.get(arm)),
                level=_level(row, factor, words),
                effect=Cell("compared with this") if control else effect_cell(line),
                town=Cell() if control else _town(line),
                total=parts["total"],
                spillover=parts["spillover"],
                cost=_cost(money_rows.get(arm)),
                cost_per_unit=Cell() if control else _cost_per_unit(money_rows.get(arm)),
                best=Cell() if row is None else _chance(row["probability_best"]),
            )
        )
    currency = f", {facts.currency}" if facts.currency else ""
    columns = {
        "rank": "Rank",
        "label": "Strategy",
        "level": words.level_heading,
        "effect": words.heading[:1].upper() + words.heading[1:],
        "town": "What one town may see",
        "total": "Of which among those offered" if words.adds_up else "Among those offered (total)",
        "spillover": "Of which by spillover" if words.adds_up else "Among those never offered (spillover)",
        "cost": f"Cost{currency}",
        "cost_per_unit": f"{words.cost_heading}{currency}",
        "best": "Chance of being best",
    }
    if not any(row.total.value is not None or row.spillover.value is not None for row in rows):
        del columns["total"], columns["spillover"]
    if facts.replicates < 2:
        del columns["town"], columns["best"]
    if not money_rows:
        del columns["cost"], columns["cost_per_unit"]
    elif not words.cost_heading:
        del columns["cost_per_unit"]
    if not facts.others:
        columns = {key: columns[key] for key in ("label", "level", "cost") if key in columns}
    control_label = facts.labels[facts.control]
    caption = f"Effects against “{control_label}”, ranked by the effect on everybody" if facts.others else control_label
    tags = {tag for row in rows for tag in row.tags}
    return StrategyTable(rows, columns, caption, _notes(facts, reader, words, columns, tags))


def _places(facts: Facts, reader: Reader) -> dict[str, str]:
    """Rank of each strategy, the control apart; equal effects share a rank ("2=")."""
    effects = {}
    for arm in facts.others:
        line = reader.benefit(arm, facts.primary)
        effects[arm] = 0.0 if line is None else line.effect
    return {
        arm: f"{1 + sum(other > effect for other in effects.values())}"
        + ("=" if sum(other == effect for other in effects.values()) > 1 else "")
        for arm, effect in effects.items()
    }


def _tags(
    arm: str, control: bool, line: Line | None, dominated: set[str], costs: Mapping[str, Any] | None
) -> list[str]:
    if control:
        return ["control"]
    tags = []
    if line is not None and line.low <= 0 <= line.high:
        tags.append("no effect" if line.low == line.high == 0 else "interval includes no effect")
    elif line is not None and line.effect < 0:
        tags.append("worse than control")
    if costs is not None and arm in dominated:
        tags.append("dominated")
    return tags


def _level(row: Mapping[str, Any] | None, factor: float, words: OutcomeWords) -> Cell:
    if row is None or math.isnan(float(row["mean"])):
        return Cell()
    value = float(row["mean"]) * factor
    details: tuple[str, ...] = ()
    reached = row.get("reached")
    if words.kind == "time_to" and reached is not None and reached == reached:
        details = (f"reached in {percent_rounded_down(float(reached))} of replicates",)
    return Cell(number(value, 0 if abs(value) >= 100 else None), value, details)


def _town(line: Line | None) -> Cell:
    if line is None or math.isnan(line.town_low):
        return Cell()
    return Cell(interval(line.town_low, line.town_high))


def _chance(value: Any) -> Cell:
    return Cell(percent_rounded_down(float(value)), float(value)) if value == value else Cell()


def _cost(row: Mapping[str, Any] | None) -> Cell:
    return Cell() if row is None else Cell(money(float(row["cost"])), float(row["cost"]))


def _cost_per_unit(row: Mapping[str, Any] | None) -> Cell:
    """Write what one unit of benefit costs; words where a ratio would mislead."""
    if row is None:
        return Cell()
    benefit, more = float(row["benefit"]), float(row["cost_difference"])
    if benefit <= 0:
        return Cell("no benefit")
    if more <= 0:
        return Cell("costs no more")
    value = float(row["cost_per_unit"])
    low, high = float(row["cost_per_unit_low"]), float(row["cost_per_unit_high"])
    if math.isnan(low) or math.isnan(high) or low == high:
        return Cell(money(value), value)
    # Where the benefit may be 0, the set of prices runs through infinity.
    uncertain = float(row["benefit_low"]) <= 0
    lines = (f"{money(high)} or more,", "or no benefit") if uncertain else (f"{money(low)} to {money(high)}",)
    return Cell(money(value), value, lines)


def _mean_people(facts: Facts, outcome: str) -> dict[tuple[str, str], float]:
    pairs = facts.results.pairs
    rows = pairs[pairs["outcome"] == outcome]
    means = rows.groupby(["arm", "estimand"])["people"].mean().reset_index()
    return {(row["arm"], row["estimand"]): float(row["people"]) for row in records(means)}


def _notes(facts: Facts, reader: Reader, words: OutcomeWords, columns: Mapping[str, str], tags: set[str]) -> list[str]:
    notes = []
    if words.matters is not None and facts.others:
        worth = words.matters * words.scale(facts.counted(words.name))
        notes.append(
            f"A difference worth having was set at {' '.join(filter(None, [plain_number(worth), words.per]))}."
        )
    if words.kind == "share":
        notes.append("100 in 10,000 people is one percentage point.")
    if "total" in columns and facts.others:
        if words.adds_up:
            notes.append(
                "Effects among those offered and by spillover (people never offered) are parts of the effect on "
                "everybody: both are given per 10,000 of everybody."
            )
        if any(reader.row(arm, words.name, "later") for arm in facts.others):
            notes.append("Those first offered it later are in neither part; the forest plot has them apart.")
        notes.append(
            "Those never offered are different people under each strategy, so spillovers of two strategies do not "
            "compare like with like."
        )
    if "cost" in columns:
        year = f", prices of {facts.price_year}" if facts.price_year else ""
        people = plural(round(facts.people), "person", "people")
        notes.append(f"Costs are for the {people} simulated, mean of all replicates{year}.")
    if "dominated" in tags:
        notes.append("Dominated: another strategy does at least as much on average for no more money.")
    if "best" in columns and facts.others:
        notes.append("The chance of being best takes the inputs as true.")
    return notes


def outcome_columns(
    facts: Facts, reader: Reader, order: Sequence[str], needed: Mapping[str, Mapping[str, str]]
) -> list[OutcomeColumn]:
    """Make the second table: every other outcome, for the arms in the given order.

    Parameters
    ----------
    facts : Facts
    reader : Reader
    order : sequence of str
        Arms, one row each.
    needed : mapping of str to mapping
        Number needed to treat in words, by outcome and arm.
    """
    columns = []
    for name, words in facts.words.items():
        if name == facts.primary:
            continue
        cells = []
        for arm in order:
            if arm == facts.control:
                row = reader.row(arm, name)
                level = _level(row, reader.factor(name), words)
                text = f"level {level.text}" if level.value is not None and facts.others else level.text
                cells.append(Cell(text, level.value, level.details))
                continue
            cell = effect_cell(reader.benefit(arm, name))
            treat = needed.get(name, {}).get(arm)
            if treat and cell.value is not None:
                cell = Cell(cell.text, cell.value, (*cell.details, f"needed to treat: {treat}"))
            cells.append(cell)
        if any(cell.value is not None for cell in cells):
            heading = words.heading if facts.others else words.level_heading
            columns.append(OutcomeColumn(heading[:1].upper() + heading[1:], words.definition, cells))
    return columns


def forest_blocks(facts: Facts, reader: Reader, order: Sequence[str], needed: Mapping[str, str]) -> list[Block]:
    """Make the rows of the forest plot; `needed` gives the number needed to treat in words, by arm."""
    blocks = []
    for arm in order:
        if arm == facts.control:
            continue
        lines = []
        # A plot of a hundred rows is not read; the table has the parts.
        for estimand in ESTIMANDS if len(order) <= MOST_WITH_PARTS else ESTIMANDS[:1]:
            line = reader.benefit(arm, facts.primary, estimand)
            if line is not None and not math.isnan(line.effect):
                if estimand == "overall" and needed.get(arm):
                    line = Line(**{**vars(line), "note": needed[arm]})
                lines.append(line)
        if lines:
            blocks.append(Block(facts.labels[arm], facts.looks[arm], lines))
    return blocks
