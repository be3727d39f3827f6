"""Forest plot: benefit of every arm over the control, on everybody, on those offered, and on all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.figures.style import (
    FONT_SIZE,
    INK,
    MUTED,
    Look,
    Picture,
    new_figure,
    picture,
    place_axes,
    shorten,
    text_width,
    tick_text,
)
from experiments.wording import digits_for, interval, listed, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, HEAD = 17.0, 22.0
"""Heights of a row and of an arm's name, in points."""
NUMBERS_HEADING = "mean  [95 % interval]"
MARKERS = {"overall": "s", "total": "o", "spillover": "D", "later": "^"}


@dataclass(frozen=True)
class Line:
    """One row of the plot, in the report's unit, positive where the arm does good.

    Parameters
    ----------
    estimand : str
    people : str
        Whom it is about, in words.
    effect, low, high, town_low, town_high : float
        NaN where there is no interval.
    note : str
        Number needed to treat, or nothing.
    """

    estimand: str
    people: str
    effect: float
    low: float
    high: float
    town_low: float
    town_high: float
    note: str = ""


@dataclass(frozen=True)
class Block:
    """All rows of one arm."""

    label: str
    look: Look
    lines: Sequence[Line]


def forest(
    blocks: Sequence[Block], *, heading: str, control: str, width: float, name: str, note_heading: str = ""
) -> Picture:
    """Draw the rows of all arms; on a narrow picture the numbers are left to the table."""
    figure = new_figure(width, height_of(blocks, width))
    draw_forest(figure, blocks, heading=heading, control=control, note_heading=note_heading)
    return picture(figure, name, forest_alt(blocks, heading), png=width >= 500, table=rows_of(blocks, heading))


def height_of(blocks: Sequence[Block], width: float) -> float:
    """Height that the rows need, in points."""
    rows = HEAD * len(blocks) + ROW * sum(len(block.lines) for block in blocks)
    return rows + (60 if width < 500 else 72)


def rows_of(blocks: Sequence[Block], heading: str) -> pd.DataFrame:
    """Return the numbers drawn: arm (its label), people, what is measured, and the benefit with its intervals."""
    import pandas as pd

    rows = [
        (block.label, line.people, heading, line.effect, line.low, line.high, line.town_low, line.town_high, line.note)
        for block in blocks
        for line in block.lines
    ]
    titles = "arm people measure benefit low high one_town_low one_town_high needed_to_treat"
    return pd.DataFrame(rows, columns=titles.split())


def draw_forest(figure: Figure, blocks: Sequence[Block], *, heading: str, control: str, note_heading: str = "") -> Axes:
    """Draw into a figure whose size is final."""
    width = figure.get_figwidth() * 72
    narrow = width < 500
    numbers = {id(line): "" if narrow else line_text(line) for block in blocks for line in block.lines}
    notes = [] if narrow else [line.note for block in blocks for line in block.lines if line.note]
    body = HEAD * len(blocks) + ROW * sum(len(block.lines) for block in blocks)
    left = 92.0 if narrow else 150.0
    # Beside the plot: the numbers, then the notes, each as wide as its longest text.
    notes_at = 10 + max([text_width(text) for text in numbers.values()] + [text_width(NUMBERS_HEADING)]) + 18
    right = 14.0 if narrow else notes_at
    if notes:
        right += max([text_width(note) for note in notes] + [text_width(note_heading)]) + 8
    right = min(right, width - left - 120)
    ax = place_axes(figure, left, right, 54, 4 if narrow else 18)
    ax.set_ylim(body, 0)
    ax.grid(visible=False)
    ax.set_yticks([])
    places = []
    y = 0.0
    for block in blocks:
        room = width - 16 if narrow else left + 150
        name_of_arm = shorten(block.label, room, FONT_SIZE + 0.5, "bold")
        _text(ax, -left + 8, y + HEAD * 0.62, name_of_arm, bold=True)
        y += HEAD
        for line in block.lines:
            places.append((y + ROW / 2, block, line))
            y += ROW
    _limits(ax, [line for _, _, line in places])
    for at, block, line in places:
        _row(ax, at, block.look, line)
        colour = INK if line.estimand == "overall" else MUTED
        _text(ax, -left + 16, at, line.people, colour=colour, size=FONT_SIZE - (0.5 if narrow else 0))
        if not narrow:
            _text(ax, 10, at, numbers[id(line)], colour=colour, side=1)
            if line.note:
                _text(ax, notes_at, at, line.note, side=1)
    if not narrow:
        _text(ax, 10, -9, NUMBERS_HEADING, colour=MUTED, side=1, size=FONT_SIZE - 1)
        if notes:
            _text(ax, notes_at, -9, note_heading, colour=MUTED, side=1, size=FONT_SIZE - 1)
    _bottom(ax, heading, control, left, right, width)
    return ax


def line_text(line: Line) -> str:
    """Write a row's mean and interval: "5,230  [5,050 to 5,410]"."""
    if math.isnan(line.high):
        return number(line.effect)
    digits = digits_for(line.low, line.high)
    return f"{number(line.effect, digits)}  [{interval(line.low, line.high, digits)}]"


def _row(ax: Axes, y: float, look: Look, line: Line) -> None:
    first = line.estimand == "overall"
    if line.town_high == line.town_high and first:
        ax.plot(
            [line.town_low, line.town_high],
            [y, y],
            color=look.colour,
            linewidth=5,
            alpha=0.22,
            zorder=2,
            solid_capstyle="butt",
        )
    if line.high == line.high:
        ax.plot([line.low, line.high], [y, y], color=look.colour, linewidth=1.8, zorder=3, solid_capstyle="butt")
    ax.plot(
        [line.effect],
        [y],
        linestyle="none",
        marker=MARKERS.get(line.estimand, "o"),
        markersize=6.2 if first else 4.8,
        markerfacecolor=look.colour if first else "white",
        markeredgecolor=look.colour,
        markeredgewidth=1.3,
        zorder=4,
        clip_on=False,
    )


def _limits(ax: Axes, lines: Sequence[Line]) -> None:
    values = [0.0]
    for line in lines:
        parts = [line.effect, line.low, line.high]
        parts += [line.town_low, line.town_high] if line.estimand == "overall" else []
        values += [part for part in parts if part == part]
    low, high = min(values), max(values)
    if not high > low:
        low, high = -1.0, 1.0
    room = 0.05 * (high - low)
    ax.set_xlim(low - room, high + room)
    ax.axvline(0, color=INK, linewidth=1.0, zorder=1.5)


def _bottom(ax: Axes, heading: str, control: str, left: float, right: float, width: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    plot = width - left - right
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4 if plot < 320 else 6, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    ax.grid(axis="x", color="#e4e7ea", linewidth=0.8)
    low, high = ax.get_xlim()
    zero = (0 - low) / (high - low)
    for text, side, share in (("better →", "left", 1 - zero), ("← worse", "right", zero)):
        if share * plot > 50:
            ax.annotate(
                text,
                (zero, 0),
                xycoords="axes fraction",
                xytext=(5 if side == "left" else -5, -33),
                textcoords="offset points",
                ha=side,
                color=MUTED,
                fontsize=FONT_SIZE - 0.5,
            )
    axis = shorten(f"{heading}, against {control}", width - 16, FONT_SIZE - 0.5)
    centre = left + plot / 2
    half = text_width(axis, FONT_SIZE - 0.5) / 2
    centre = min(max(centre, half + 8), width - half - 8)
    ax.annotate(
        axis,
        (0, 0),
        xycoords="axes fraction",
        xytext=(centre - left, -47),
        textcoords="offset points",
        ha="center",
        color=MUTED,
        fontsize=FONT_SIZE - 0.5,
        parse_math=False,
    )


def _text(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    colour: str = INK,
    bold: bool = False,
    side: int = 0,
    size: float = FONT_SIZE,
) -> None:
    """Write text `x` points right of the axes' left (side 0) or right (side 1) edge, at a row's height."""
    ax.annotate(
        text,
        (side, y),
        xycoords=("axes fraction", "data"),
        xytext=(x, 0),
        textcoords="offset points",
        va="center_baseline",
        color=colour,
        fontsize=size + 0.5 if bold else size,
        fontweight="bold" if bold else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0} if bold else None,
        annotation_clip=False,
        parse_math=False,
    )


def forest_alt(blocks: Sequence[Block], heading: str) -> str:
    """Say what the plot shows: each arm's overall benefit and interval."""
    said = [
        f"{block.label} {line_text(line)}".replace("  [", " (").replace("]", ")")
        for block in blocks
        for line in block.lines
        if line.estimand == "overall"
    ]
    return f"Forest plot of {heading}. Overall: {listed(said)}." if said else f"Forest plot of {heading}."
