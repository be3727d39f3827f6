"""Tornado: by how much the best arm leads when one assumed number is halved, and when it is doubled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.figures.curves import STEPS
from experiments.figures.style import (
    FONT_SIZE,
    INK,
    MUTED,
    Picture,
    new_figure,
    picture,
    place_axes,
    shorten,
    text_width,
    tick_text,
)
from experiments.wording import digits_for, listed, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, GAP, NAME = 13.0, 7.0, 15.0
"""Heights of a bar, of what parts two numbers, and on a narrow picture of a number's name, in points."""
HALVED, DOUBLED = "#b4bcc5", "#59636e"
"""Light and dark, so that the two differ in print too; arms have colours."""
LONGEST_VALUE = 8
MOST_LEVERS, MOST_NARROW = 16, 10
"""Numbers drawn, those that move the lead most; the table has all."""


@dataclass(frozen=True)
class Bar:
    """The lead with one change, in the report's unit.

    Parameters
    ----------
    halved : bool
        Or doubled.
    value : str
        What the number becomes.
    lead, low, high : float
        NaN where there is no interval.
    answer : str
        What becomes of the winner, where it does not stay: "alteration wins", "no clear winner"; or nothing.
    colour : str
        Of the arm that wins instead; empty: none does.
    """

    halved: bool
    value: str
    lead: float
    low: float
    high: float
    answer: str = ""
    colour: str = ""


@dataclass(frozen=True)
class Lever:
    """One number: its name, its value as assumed, and one or two bars."""

    what: str
    value: str
    bars: Sequence[Bar]

    @property
    def label(self) -> str:
        """The number and, where it is short, its value as assumed."""
        return f"{self.what}, {self.value}" if len(self.value) <= LONGEST_VALUE else self.what


@dataclass(frozen=True)
class Tornado:
    """All that is drawn.

    Parameters
    ----------
    first : str
        The strategy that comes first as assumed.
    heading : str
        What its benefit is called.
    lead : float
        As assumed, over the best other strategy.
    levers : sequence of Lever
        Those that change the winner first, then those that move the lead most.
    still : int
        Numbers that move the lead by nothing, and are not drawn.
    """

    first: str
    heading: str
    lead: float
    levers: Sequence[Lever]
    still: int = 0

    @property
    def title(self) -> str:
        """What the axis shows."""
        return f"{self.heading}: {self.lead_of}"

    @property
    def lead_of(self) -> str:
        """Whose lead it is."""
        return f"lead of {self.first} over the best other strategy"

    def most_telling(self, width: float) -> Tornado:
        """Return it with those numbers only that are drawn on a picture of a width."""
        return replace(self, levers=self.levers[: MOST_NARROW if width < 500 else MOST_LEVERS])


def tornado(given: Tornado, width: float, name: str) -> Picture:
    """Draw the numbers that move the lead most."""
    shown = given.most_telling(width)
    figure = new_figure(width, height_of(shown.levers, width))
    draw_tornado(figure, shown)
    return picture(figure, name, tornado_alt(given), png=width >= 500, table=rows_of(given))


def height_of(levers: Sequence[Lever], width: float) -> float:
    """Height that the bars need, in points."""
    return _body(levers, width < 500) + (104 if width < 500 else 92)


def _body(levers: Sequence[Lever], narrow: bool) -> float:
    return sum(ROW * len(lever.bars) + GAP + NAME * narrow for lever in levers)


def rows_of(given: Tornado) -> pd.DataFrame:
    """Return the numbers drawn, and those left to the table."""
    import pandas as pd

    rows = [("", "none", "", "", given.lead, math.nan, math.nan, "")]
    rows += [
        (
            lever.what, "halved" if bar.halved else "doubled", lever.value, bar.value, bar.lead, bar.low, bar.high,
            bar.answer,
        )
        for lever in given.levers
        for bar in lever.bars
    ]  # fmt: skip
    titles = "number change value shaken lead low high answer"
    return pd.DataFrame(rows, columns=titles.split()).assign(measure=given.title)


def draw_tornado(figure: Figure, given: Tornado) -> Axes:
    """Draw into a figure whose size is final."""
    width = figure.get_figwidth() * 72
    narrow = width < 500
    levers = given.levers
    left = 40.0 if narrow else min(240.0, 0.34 * width)
    texts = [_beside(bar, narrow) for lever in levers for bar in lever.bars]
    right = min(max([text_width(text, FONT_SIZE - 0.5) for text in texts], default=0.0) + 22, 0.34 * width)
    ax = place_axes(figure, left, right, 70 if narrow else 58, 34)
    ax.set_ylim(_body(levers, narrow), 0)
    ax.grid(visible=False)
    ax.set_yticks([])
    _limits(ax, given)
    y = 0.0
    for lever in levers:
        middle = y + GAP / 2 + ROW * len(lever.bars) / 2
        if narrow:
            _text(ax, -left + 8, y + GAP / 2 + NAME / 2, shorten(lever.label, width - 16), side=0, over=True)
            y += NAME
        else:
            lines = wrapped(lever.label, left - 22)
            for k, line in enumerate(lines):
                _text(ax, -left + 8, middle + ROW * (k - (len(lines) - 1) / 2), line, side=0)
        for k, bar in enumerate(lever.bars):
            at = y + GAP / 2 + ROW * (k + 0.5)
            _bar(ax, at, bar, given.lead)
            if narrow:
                _text(ax, -left + 14, at, "½ ×" if bar.halved else "2 ×", side=0, colour=MUTED)
            text = shorten(_beside(bar, narrow), right - 14, FONT_SIZE - 0.5)
            colour = INK if bar.answer else MUTED
            _text(ax, 10, at, text, side=1, colour=colour, size=FONT_SIZE - 0.5, bold=bool(bar.answer) and narrow)
        y += GAP + ROW * len(lever.bars)
        ax.axhline(y, color="#e4e7ea", linewidth=0.6, zorder=0.5)
    _around(ax, given, left, right, width)
    return ax


def _beside(bar: Bar, narrow: bool) -> str:
    """Write what stands to the right of a bar: what the number becomes, and what becomes of the winner."""
    if narrow:
        return bar.answer
    return " · ".join(filter(None, [f"{'halved' if bar.halved else 'doubled'}: {bar.value}", bar.answer]))


def _bar(ax: Axes, y: float, bar: Bar, base: float) -> None:
    plain = HALVED if bar.halved else DOUBLED
    face = (bar.colour or "white") if bar.answer else plain
    ax.barh(
        [y],
        [bar.lead - base],
        left=base,
        height=ROW - 3,
        color=face,
        edgecolor=bar.colour or (INK if bar.answer else plain),
        hatch="////" if bar.answer and not bar.colour else None,
        linewidth=0.9,
        zorder=2,
    )
    if bar.high == bar.high and bar.high > bar.low:
        ax.plot([bar.low, bar.high], [y, y], color=INK, linewidth=1.1, zorder=3, solid_capstyle="butt")


def _limits(ax: Axes, given: Tornado) -> None:
    values = [0.0, given.lead]
    for bar in (bar for lever in given.levers for bar in lever.bars):
        values += [value for value in (bar.lead, bar.low, bar.high) if value == value]
    low, high = min(values), max(values)
    if not high > low:
        low, high = -1.0, 1.0
    room = 0.05 * (high - low)
    ax.set_xlim(low - room, high + room)
    ax.axvline(0, color=INK, linewidth=1.0, zorder=1.5)
    ax.axvline(given.lead, color=MUTED, linewidth=1.0, linestyle=(0, (3, 2)), zorder=2.5)


def _around(ax: Axes, given: Tornado, left: float, right: float, width: float) -> None:
    """Write the axis, what the two sides of 0 mean, the lead as assumed, and the key."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    plot = width - left - right
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4 if plot < 320 else 6, steps=STEPS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    low, high = ax.get_xlim()
    zero = -low / (high - low)
    for text, side, share in ((f"{given.first} ahead →", "left", 1 - zero), ("← behind", "right", zero)):
        if share * plot > text_width(text, FONT_SIZE - 0.5) + 8:
            _note(ax, (zero, 0), (5 if side == "left" else -5, -34), text, side)
    lines = [given.heading, given.lead_of] if width < 500 else [given.title]
    for k, line in enumerate(lines):
        title = shorten(line, width - 16, FONT_SIZE - 0.5)
        half = text_width(title, FONT_SIZE - 0.5) / 2
        centre = min(max(left + plot / 2, half + 8), width - half - 8)
        _note(ax, (0, 0), (centre - left, -49 - 12 * k), title, "center")
    said = f"as assumed {_number(given.lead, given)}"
    at = (given.lead - low) / (high - low)
    half = text_width(said, FONT_SIZE - 0.5) / 2
    shift = min(max(left + at * plot, half + 4), width - half - 4) - left - at * plot
    _note(ax, (at, 1), (shift, 5), said, "center")
    x = 8.0 - left
    keys = [("■", "halved", HALVED), ("■", "doubled", DOUBLED)]
    if any(bar.answer for lever in given.levers for bar in lever.bars):
        words = "colour or hatching: the winner changes" if width >= 500 else "colour, hatching: another answer"
        keys.append(("", words, MUTED))
    for mark, words, colour in keys:
        for text, shade in ((mark, colour), (words, MUTED)):
            if text:
                _note(ax, (0, 1), (x, 19), text, "left", colour=shade)
                x += text_width(text, FONT_SIZE - 0.5) + 4
        x += 8


def _number(value: float, given: Tornado) -> str:
    every = [bar.lead for lever in given.levers for bar in lever.bars] + [given.lead]
    return number(value, digits_for(min(every), max(every)) if max(every) > min(every) else None)


def _note(
    ax: Axes, at: tuple[float, float], offset: tuple[float, float], text: str, side: str, colour: str = MUTED
) -> None:
    ax.annotate(
        text, at, xycoords="axes fraction", xytext=offset, textcoords="offset points", ha=side, color=colour,
        fontsize=FONT_SIZE - 0.5, parse_math=False, annotation_clip=False,
    )  # fmt: skip


def _text(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    side: int,
    colour: str = INK,
    size: float = FONT_SIZE,
    bold: bool = False,
    over: bool = False,
) -> None:
    """Write text `x` points right of the axes' left (side 0) or right (side 1) edge, at a bar's height."""
    ax.annotate(
        text, (side, y), xycoords=("axes fraction", "data"), xytext=(x, 0), textcoords="offset points",
        va="center_baseline", color=colour, fontsize=size, fontweight="bold" if bold else "normal",
        annotation_clip=False, parse_math=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6} if over else None,
    )  # fmt: skip


def wrapped(text: str, width: float) -> list[str]:
    """Break a text into two lines of at most so many points, the second one cut if need be."""
    if text_width(text) <= width:
        return [text]
    words = text.split()
    first = words[:1]
    while len(first) < len(words) and text_width(" ".join([*first, words[len(first)]])) <= width:
        first.append(words[len(first)])
    rest = " ".join(words[len(first) :])
    return [shorten(" ".join(first), width), *([shorten(rest, width)] if rest else [])]


def tornado_alt(given: Tornado) -> str:
    """Say what the picture shows: the lead as assumed, and with each change that is drawn."""
    said = []
    for lever in given.levers[:MOST_LEVERS]:
        bars = [
            f"{_number(bar.lead, given)} when {'halved' if bar.halved else 'doubled'}"
            + (f" ({bar.answer})" if bar.answer else "")
            for bar in lever.bars
        ]
        said.append(f"{lever.what}: {' and '.join(bars)}")
    return f"{given.title}: {_number(given.lead, given)} as assumed. {listed(said)}."
