"""Dose and response: every arm's benefit against the share of people it treats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.figures.curves import STEPS
from experiments.figures.style import (
    FONT_SIZE,
    GHOST,
    INK,
    LINE_GAP,
    Picture,
    head,
    new_figure,
    picture,
    place_axes,
    shorten,
    spread,
    text_width,
    tick_text,
)
from experiments.report.facts import Facts
from experiments.wording import digits_for, interval, listed, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def dose(facts: Facts, table: pd.DataFrame, heading: str, width: float, name: str) -> Picture:
    """Draw all arms of `Facts.doses`; those that differ in share only are joined."""
    narrow = width < 500
    figure = new_figure(width, 260 if narrow else 330)
    gutter = gutter_for(facts, table, width)
    draw_dose(place_axes(figure, 50, gutter, 40, 26), facts, table, heading, gutter)
    return picture(
        figure,
        name,
        dose_alt(facts, table, heading),
        png=not narrow,
        table=table.drop(columns="strategy").assign(measure=heading),
    )


def gutter_for(facts: Facts, table: pd.DataFrame, width: float) -> float:
    """Points that the names beside the axes need, at most 44 % of the width."""
    return min(max((text_width(facts.labels[arm]) for arm in table["arm"]), default=0.0) + 30, 0.44 * width)


def draw_dose(ax: Axes, facts: Facts, table: pd.DataFrame, heading: str, gutter: float) -> None:
    """Draw into given axes, whose size must be final."""
    import pandas as pd
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.axhline(0, color=INK, linewidth=1.0, zorder=1.5)
    nobody = table[(table["arm"] == facts.control) & (table["treated_percent"] == 0)]
    for _, rows in table[table["arm"] != facts.control].groupby("strategy", sort=False):
        if len(rows) > 1:
            line = pd.concat([nobody, rows]).sort_values("treated_percent")
            ax.plot(line["treated_percent"], line["benefit"], color=GHOST, linewidth=1.3, zorder=2)
    for row in table.to_dict("records"):
        look = facts.looks[row["arm"]]
        at = [row["treated_percent"]] * 2, [row["benefit"]] * 2
        for across, up in ((at[0], [row["low"], row["high"]]), ([row["treated_low"], row["treated_high"]], at[1])):
            ax.plot(across, up, color=look.colour, linewidth=1.8, zorder=3)  # nothing where there is no interval
        ax.plot(
            [row["treated_percent"]], [row["benefit"]], "o", color=look.colour, markersize=5.5, zorder=4, clip_on=False
        )
    values = [*table["benefit"], *table["low"].dropna(), *table["high"].dropna(), 0.0]
    low, high = min(values), max(values)
    low, high = (low, high) if high > low else (-1.0, 1.0)
    ax.set_ylim(low - (0.06 * (high - low) if low < 0 else 0), high + 0.08 * (high - low))
    most = max([*table["treated_percent"], *table["treated_high"].dropna(), 0.0])
    ax.set_xlim(0, most * 1.06 if most > 0 else 1.0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{tick_text(value)} %"))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=STEPS))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    ax.set_xlabel("people treated, each counted once", fontsize=FONT_SIZE - 0.5, labelpad=3)
    head(ax, f"{heading}, against {facts.labels[facts.control]}", gutter=gutter)
    _names(ax, facts, table, gutter)


def _names(ax: Axes, facts: Facts, table: pd.DataFrame, gutter: float) -> None:
    """Write the arms' names in the margin, each at the height of its point, joined to it by a thin line."""
    box = ax.get_window_extent()
    points = 72 / ax.figure.dpi
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    across, up = (right - left) / (box.width * points), (top - bottom) / (box.height * points)
    rows = table.to_dict("records")
    places = spread([(row["benefit"] - bottom) / up for row in rows], LINE_GAP, 2, box.height * points - 2)
    for row, place in zip(rows, places, strict=True):
        at = bottom + place * up
        colour = facts.looks[row["arm"]].colour if row["arm"] != facts.control else "none"
        ends = [row["treated_percent"] + 5 * across, right + 10 * across]
        ax.plot(ends, [row["benefit"], at], color=colour, linewidth=0.7, alpha=0.6, clip_on=False, zorder=1.8)
        ax.text(
            right + 13 * across,
            at,
            shorten(facts.labels[row["arm"]], gutter - 18),
            va="center_baseline",
            parse_math=False,
        )
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)


def finding(facts: Facts, table: pd.DataFrame, heading: str) -> str:
    """Say in sentences which arm brings most by treating how many, and what the arm that treats most brings."""
    arms = table[table["arm"] != facts.control]
    best, most = (
        arms.sort_values(column, ascending=False, kind="stable").iloc[0] for column in ("benefit", "treated_percent")
    )
    names = [f"“{facts.labels[row['arm']]}”" for row in (best, most)]
    shares = [f"{number(row['treated_percent'])} %" for row in (best, most)]
    if best["benefit"] <= 0:
        return f"No strategy brings more than “{facts.labels[facts.control]}” on average."
    said = f"Most benefit: {names[0]}, {_benefit(best)} ({heading}) by treating {shares[0]} of people."
    if most["treated_percent"] > best["treated_percent"]:
        said += f" Most people treated: {names[1]}, {shares[1]}, for {_benefit(most)}."
    return said


def _benefit(row: pd.Series) -> str:
    known = row["high"] == row["high"] and row["high"] > row["low"]
    return number(row["benefit"], digits_for(row["low"], row["high"]) if known else None)


def dose_alt(facts: Facts, table: pd.DataFrame, heading: str) -> str:
    """Say what the picture shows: how many each arm treats, and what it achieves."""
    said = []
    for row in table.to_dict("records"):
        known = row["high"] == row["high"] and row["high"] > row["low"]
        digits = digits_for(row["low"], row["high"]) if known else None
        text = f"{facts.labels[row['arm']]} {number(row['benefit'], digits)}"
        text += f" ({interval(row['low'], row['high'], digits)})" if known else ""
        said.append(f"{text} with {number(row['treated_percent'])} % treated")
    return f"{heading}, against {facts.labels[facts.control]}, by the share of people treated: {listed(said)}."
