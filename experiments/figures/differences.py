"""Paired differences over time: arm minus control in the same replicate, one small panel per arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.figures.curves import PANEL, STEPS, axis_of_time, title
from experiments.figures.style import (
    FONT_SIZE,
    LINE_GAP,
    MUTED,
    Look,
    Picture,
    end_labels,
    new_figure,
    picture,
    place_axes,
    rasterise_if_many,
    shorten,
    tick_text,
)
from experiments.report.facts import Facts, Watched
from experiments.wording import BASE, digits_alone, digits_for, number

if TYPE_CHECKING:
    import pandas as pd


def extent(differences: dict[str, pd.DataFrame]) -> tuple[float, float]:
    """Bottom and top that all panels share; zero is always inside."""
    columns = ["difference", "low", "high", "one_town_low", "one_town_high"]
    low = min([0.0, *(float(table[columns].min().min()) for table in differences.values())])
    high = max([0.0, *(float(table[columns].max().max()) for table in differences.values())])
    if not high > low:
        return -1.0, 1.0
    room = 0.06 * (high - low)
    return low - room, high + room


def panel(
    facts: Facts,
    watched: Watched,
    differences: dict[str, pd.DataFrame],
    arm: str,
    limits: tuple[float, float],
    name: str,
) -> Picture:
    """Draw one arm's mean difference with its 95 % interval (dark) and what one town may see (light)."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = new_figure(*PANEL)
    ax = place_axes(figure, 46, 64, 36, 44)
    table, look = differences[arm], facts.looks[arm]
    times = [facts.clock(time) for time in table["time"]]
    ax.axhline(0, color=facts.looks[facts.control].colour, linewidth=1.0, zorder=2.5)
    if facts.replicates > 1:
        colour = look.colour
        ax.fill_between(times, table["one_town_low"], table["one_town_high"], color=colour, alpha=0.17, linewidth=0)
        ax.fill_between(times, table["low"], table["high"], color=colour, alpha=0.45, linewidth=0)
    (line,) = ax.plot(times, table["difference"], color=look.colour, linestyle=look.dashes, linewidth=1.6, zorder=3)
    rasterise_if_many(line, len(times))
    ax.set_xlim(times[0], times[-1] if times[-1] > times[0] else times[0] + 1)
    ax.set_ylim(*limits)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=STEPS))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value, sign=True)))
    axis_of_time(ax, facts, small=True)
    title(ax, facts.labels[arm], indent=42, up=26)
    unit = shorten(f"more or fewer {watched.label}, per {BASE:,} people", PANEL[0] - 8, FONT_SIZE - 1)
    ax.annotate(
        unit, (0, 1), xycoords="axes fraction", xytext=(-42, 12), textcoords="offset points", color=MUTED,
        fontsize=FONT_SIZE - 1, parse_math=False,
    )  # fmt: skip
    last = table.iloc[-1]
    ends = [
        (0.0, "same", Look(MUTED, "-")),
        (float(last["difference"]), number(float(last["difference"]), _digits(table), sign=True), look),
    ]
    close = abs(ends[0][0] - ends[1][0]) < 0.6 * LINE_GAP / 170 * (limits[1] - limits[0])
    end_labels(ax, times[-1], ends[1:] if close else ends, gutter=64)
    kept = ["time", "difference", "low", "high", "one_town_low", "one_town_high", "replicates"]
    numbers = table[kept].rename(columns={name: f"{name}_per_{BASE}" for name in kept[1:-1]})
    numbers.insert(0, "arm", arm)
    return picture(figure, name, panel_alt(facts, watched, differences, arm), table=numbers)


def panel_alt(facts: Facts, watched: Watched, differences: dict[str, pd.DataFrame], arm: str) -> str:
    """Say what one panel shows: the difference at the end and its two intervals."""
    table = differences[arm]
    end = table.iloc[-1]
    digits = _digits(table)
    said = (
        f"{facts.labels[arm]} minus {facts.labels[facts.control]}: "
        f"{number(float(end['difference']), digits, sign=True)} {watched.label} per {BASE:,} people in "
        f"{facts.instant(float(end['time']))}"
    )
    if facts.replicates > 1:
        said += (
            f" (95 % interval {number(float(end['low']), digits)} to {number(float(end['high']), digits)}; one town "
            f"{number(float(end['one_town_low']), digits)} to {number(float(end['one_town_high']), digits)})"
        )
    return said + "."


def _digits(table: pd.DataFrame) -> int:
    end = table.iloc[-1]
    low, high = float(end["low"]), float(end["high"])
    return digits_for(low, high) if high > low else digits_alone(float(end["difference"]))
