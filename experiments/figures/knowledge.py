"""What is lost by not knowing the network: every arm's benefit by its survey, and if all were known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.figures.forest import Block, Line, draw_forest, height_of, line_text
from experiments.figures.style import Picture, new_figure, picture
from experiments.wording import listed

if TYPE_CHECKING:
    import pandas as pd

    from experiments.report.facts import Facts

KNOWN, ALL = "as surveyed", "all known"


def knowledge(facts: Facts, table: pd.DataFrame, heading: str, width: float, name: str) -> Picture:
    """Draw the rows of `Facts.knowledge`: two dots with their intervals for each arm."""
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    blocks = [Block(facts.labels[row["arm"]], facts.looks[row["arm"]], _lines(row)) for row in rows]
    figure = new_figure(width, height_of(blocks, width))
    draw_forest(figure, blocks, heading=heading, control=facts.labels[facts.control])
    alt = knowledge_alt(facts, blocks, heading)
    return picture(figure, name, alt, png=width >= 500, table=table.assign(measure=heading))


def _lines(row: Mapping[str, Any]) -> list[Line]:
    none = math.nan
    return [
        Line("overall", KNOWN, row["benefit"], row["low"], row["high"], none, none),
        Line("total", ALL, row["perfect_benefit"], row["perfect_low"], row["perfect_high"], none, none),
    ]


def knowledge_alt(facts: Facts, blocks: list[Block], heading: str) -> str:
    """Say what the picture shows: both benefits of each arm, with their intervals."""
    said = [
        f"{block.label} {listed([f'{_in_brackets(line)} {line.people}' for line in block.lines])}" for block in blocks
    ]
    return f"{heading}, against {facts.labels[facts.control]}: {'; '.join(said)}."


def _in_brackets(line: Line) -> str:
    return line_text(line).replace("  [", " (").replace("]", ")")
