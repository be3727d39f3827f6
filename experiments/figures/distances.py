"""Spillover by distance: the benefit to a person by how many ties away the nearest target is, one panel per arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.figures.curves import PANEL, STEPS, title
from experiments.figures.style import FONT_SIZE, MUTED, Picture, new_figure, picture, place_axes, shorten, tick_text
from experiments.report.facts import Facts
from experiments.wording import digits_alone, digits_for, interval, listed, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TOP = 44.0
"""Points above the axes: the arm's name and the unit."""
NAMES = {"0": "targets", "1": "1", "2": "2", "3": "3", "4+": "4 or more", "later": "offered\nlater"}
"""What each distance is called on the axis."""
SAID = {
    "0": "targets",
    "1": "1 tie away",
    "2": "2 ties",
    "3": "3 ties",
    "4+": "4 ties or more",
    "later": "offered later",
}


def extent(tables: dict[str, pd.DataFrame]) -> tuple[float, float]:
    """Bottom and top that all panels share; zero is always inside."""
    columns = ["benefit", "low", "high"]
    low = min([0.0, *(float(table[columns].min().min()) for table in tables.values())])
    high = max([0.0, *(float(table[columns].max().max()) for table in tables.values())])
    if not high > low:
        return -1.0, 1.0
    room = 0.1 * (high - low)
    return low - (room if low < 0 else 0), high + room


def panel(facts: Facts, tables: dict[str, pd.DataFrame], arm: str, limits: tuple[float, float], name: str) -> Picture:
    """Draw one arm's benefit at each distance, with its 95 % interval."""
    figure = new_figure(*PANEL)
    draw_distances(place_axes(figure, 46, 12, 40, TOP), facts, tables[arm], arm, limits)
    numbers = tables[arm].assign(arm=arm, measure=facts.words[facts.primary].heading_for(100))
    return picture(figure, name, panel_alt(facts, tables[arm], arm), table=numbers)


def draw_distances(ax: Axes, facts: Facts, table: pd.DataFrame, arm: str, limits: tuple[float, float]) -> None:
    """Draw one arm into given axes."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    look = facts.looks[arm]
    ax.axhline(0, color=facts.looks[facts.control].colour, linewidth=1.0, zorder=2.5)
    shown = list(dict.fromkeys([*("0", "1", "2", "3", "4+"), *table["distance"]]))
    for _, row in table.iterrows():
        at = shown.index(row["distance"])
        if row["high"] == row["high"]:
            ax.plot(
                [at, at], [row["low"], row["high"]], color=look.colour, linewidth=2.2, solid_capstyle="butt", zorder=3
            )
        ax.plot([at], [row["benefit"]], "o", color=look.colour, markersize=5, zorder=4, clip_on=False)
        top = row["high"] if row["high"] == row["high"] else row["benefit"]
        ax.annotate(
            number(row["benefit"], _digits(row)),
            (at, max(top, 0)),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=FONT_SIZE - 1,
        )
    ax.set_xlim(-0.5, len(shown) - 0.5)
    ax.set_ylim(*limits)
    ax.set_xticks(range(len(shown)), [NAMES[distance] for distance in shown])
    ax.set_xlabel("ties from the nearest target", fontsize=FONT_SIZE - 0.5, labelpad=3)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=STEPS))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    ax.tick_params(axis="x", length=0, pad=7)  # clear of dots at zero
    ax.spines["bottom"].set_visible(False)
    for tick in ax.get_xticklabels():
        tick.set_color(MUTED)
    title(ax, facts.labels[arm], indent=42, up=26)
    unit = shorten(facts.words[facts.primary].heading_for(100), PANEL[0] - 8, FONT_SIZE - 1)
    ax.annotate(
        unit, (0, 1), xycoords="axes fraction", xytext=(-42, 12), textcoords="offset points", color=MUTED,
        fontsize=FONT_SIZE - 1, parse_math=False,
    )  # fmt: skip


def panel_alt(facts: Facts, table: pd.DataFrame, arm: str) -> str:
    """Say what one panel shows: the benefit at each distance, with its interval."""
    said = []
    for _, row in table.iterrows():
        text = f"{SAID[row['distance']]} {number(row['benefit'], _digits(row))}"
        if row["high"] == row["high"] and row["high"] > row["low"]:
            text += f" ({interval(row['low'], row['high'], _digits(row))})"
        said.append(text)
    words = facts.words[facts.primary]
    return f"{facts.labels[arm]}, {words.heading_for(100)}, by ties from the nearest target: {listed(said)}."


def finding(facts: Facts, table: pd.DataFrame, arm: str) -> str:
    """Say what the panel of one arm shows, in a sentence: among targets, among their contacts, and how far it reaches.

    Returns
    -------
    str
        The reach is the end of the first unbroken run of distances whose intervals leave zero out. Empty where there
        are no intervals: nothing is known then to be more than luck.
    """
    rows = table[table["distance"] != "later"].reset_index(drop=True)
    if not (rows["high"] > rows["low"]).any():
        return ""
    among = {"0": "targets", "1": "people 1 tie away"}
    said = [
        f"{number(row['benefit'], _digits(row))} among {among[row['distance']]}"
        for _, row in rows[rows["distance"].isin(list(among))].iterrows()
    ]
    reach = "the interval includes zero at every distance"
    clear = ((rows["low"] > 0) | (rows["high"] < 0)).tolist()
    if any(clear):
        first = clear.index(True)
        end = clear.index(False, first) if False in clear[first:] else len(clear)
        last = str(rows["distance"].iloc[end - 1])
        reach = "the effect is clear of zero among targets only"
        if last != "0":
            reach = f"the effect is clear of zero as far as {SAID[last].removesuffix(' away')} away"
    unit = facts.words[facts.primary].heading_for(100)
    return f"Under “{facts.labels[arm]}”: {listed(said)} ({unit}); {reach}."


def _digits(row: pd.Series) -> int:
    if row["high"] == row["high"] and row["high"] > row["low"]:
        return digits_for(row["low"], row["high"])
    return min(digits_alone(row["benefit"]), 3)
