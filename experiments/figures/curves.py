"""Contagion curves: one overview of all arms, and one small panel per arm against the control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.figures.style import (
    FONT_SIZE,
    GHOST,
    INK,
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
    text_width,
    tick_text,
)
from experiments.report.facts import Facts, Observed, Watched
from experiments.wording import digits_alone, listed, number, plural

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

PANEL = (290.0, 212.0)
"""Width and height of a small panel, in points."""
WIDE, NARROW = 760.0, 310.0
"""Widths of a figure on a desk and on a phone, in points."""
MOST_SHADED = 7
"""Arms whose bands an overview can show."""
STEPS = [1, 2, 2.5, 5, 10]
"""Distances of ticks that people read easily."""


def overview(facts: Facts, watched: Watched, bands: dict[str, pd.DataFrame], width: float, name: str) -> Picture:
    """Draw the mean curve of every arm in one pair of axes, named at the line ends."""
    narrow = width < 500
    height = max(240.0 if narrow else 330.0, LINE_GAP * len(bands) + 80)
    figure = new_figure(width, height)
    gutter = gutter_for(facts, bands, width)
    ax = place_axes(figure, 46, gutter, 36, 24)
    draw_overview(ax, facts, watched, bands, gutter=gutter, shaded=shaded(bands))
    return picture(figure, name, overview_alt(facts, watched, bands), png=not narrow, table=numbers(watched, bands))


def small_overview(facts: Facts, watched: Watched, bands: dict[str, pd.DataFrame], name: str) -> Picture:
    """Draw the overview of a state that is not the primary outcome's, as large as a panel."""
    figure = new_figure(PANEL[0], max(PANEL[1], LINE_GAP * len(bands) + 80))
    gutter = gutter_for(facts, bands, PANEL[0])
    ax = place_axes(figure, 42, gutter, 36, 30)
    draw_overview(ax, facts, watched, bands, gutter=gutter, shaded=shaded(bands))
    return picture(figure, name, overview_alt(facts, watched, bands), table=numbers(watched, bands))


def shaded(bands: dict[str, pd.DataFrame]) -> bool:
    """Whether an overview shows the arms' bands: of more arms they would hide each other, and the panels have them."""
    return len(bands) <= MOST_SHADED


def numbers(watched: Watched, bands: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the numbers drawn: arm, behaviour, states, time, and per cent of people, mean and quantiles."""
    import pandas as pd

    values = ["mean", "q2.5", "q25", "q50", "q75", "q97.5"]
    parts = [table[["time", *values, "replicates"]].assign(arm=arm) for arm, table in bands.items()]
    table = pd.concat(parts, ignore_index=True).rename(columns={value: f"{value}_percent" for value in values})
    table.insert(0, "arm", table.pop("arm"))
    table.insert(1, "behaviour", watched.behaviour)
    table.insert(2, "states", "|".join(watched.states))
    return table


def gutter_for(facts: Facts, bands: dict[str, pd.DataFrame], width: float) -> float:
    """Points that the names of the arms need beside the axes, at most 44 % of the width."""
    names = [text_width(facts.labels[arm]) for arm in bands]
    return min(max(names, default=0.0) + 26, 0.44 * width)


def draw_overview(
    ax: Axes,
    facts: Facts,
    watched: Watched,
    bands: dict[str, pd.DataFrame],
    *,
    gutter: float,
    shaded: bool = False,
    inside: bool = False,
) -> None:
    """Draw the overview into given axes, whose size must be final.

    Parameters
    ----------
    ax : Axes
    facts : Facts
    watched : Watched
    bands : dict of str to DataFrame
        From `Facts.bands`.
    gutter : float
        Points for the names of the arms.
    shaded : bool
        Also shade the middle 95 % of replicates.
    inside : bool
        Make room for the names inside the axes, where there is none beside them.
    """
    ends = []
    seen = facts.observed(watched)
    for arm, table in bands.items():
        look = facts.looks[arm]
        times = [facts.clock(time) for time in table["time"]]
        if shaded and facts.replicates > 1:
            ax.fill_between(times, table["q2.5"], table["q97.5"], color=look.colour, alpha=0.08, linewidth=0)
        (line,) = ax.plot(
            times,
            table["mean"],
            color=look.colour,
            linestyle=look.dashes,
            linewidth=2.2 if arm == facts.control else 1.6,
            zorder=3,
        )
        rasterise_if_many(line, len(times))
        ends.append((float(table["mean"].iloc[-1]), facts.labels[arm], look))
    points = [point for arm in bands for point in seen.get(arm, [])]
    _observed(ax, facts, points, gutter=0 if inside else gutter)
    _limits(ax, facts, bands, points, "q97.5" if shaded else "mean")
    _axis_words(ax, facts, watched)
    if ends:
        last = max(facts.clock(float(table["time"].iloc[-1])) for table in bands.values())
        if inside:
            first, _ = ax.get_xlim()
            points_wide = ax.get_window_extent().width / ax.figure.dpi * 72
            share = min(gutter / points_wide, 0.5)
            ax.set_xlim(first, first + (last - first) / (1 - share))
        end_labels(ax, last, ends, gutter=gutter)


def panel(facts: Facts, watched: Watched, bands: dict[str, pd.DataFrame], arm: str, top: float, name: str) -> Picture:
    """Draw one arm with its 50 and 95 % bands, the control behind it in grey; `top` is shared by all panels."""
    figure = new_figure(*PANEL)
    gutter = min(max(66.0, text_width(facts.labels[facts.control]) + 22), 112.0)
    ax = place_axes(figure, 42, gutter, 36, 30)
    table, look = bands[arm], facts.looks[arm]
    times = [facts.clock(time) for time in table["time"]]
    ghost = bands.get(facts.control) if arm != facts.control else None
    ends: list[tuple[float, str, Look]] = []
    if ghost is not None:
        before = [facts.clock(time) for time in ghost["time"]]
        ax.plot(before, ghost["mean"], color=GHOST, linewidth=1.4, zorder=2.5)
        ends.append((float(ghost["mean"].iloc[-1]), facts.labels[facts.control], Look(GHOST, "-")))
    if facts.replicates > 1:
        for low, high, alpha in (("q2.5", "q97.5", 0.17), ("q25", "q75", 0.36)):
            ax.fill_between(times, table[low], table[high], color=look.colour, alpha=alpha, linewidth=0, zorder=2)
    (line,) = ax.plot(times, table["mean"], color=look.colour, linestyle=look.dashes, linewidth=1.8, zorder=3)
    rasterise_if_many(line, len(times))
    last = float(table["mean"].iloc[-1])
    ends.append((last, f"{_per_cent(table)} %", look))
    seen = facts.observed(watched).get(arm, [])
    _observed(ax, facts, seen, gutter=gutter)
    _limits(ax, facts, {arm: table}, [], "mean", top=top)
    _axis_words(ax, facts, watched, small=True)
    title(ax, facts.labels[arm], room=PANEL[0] - (84 if seen else 16))
    end_labels(ax, times[-1], ends, gutter=gutter)
    drawn = {each: bands[each] for each in dict.fromkeys((facts.control, arm))}
    return picture(figure, name, panel_alt(facts, watched, bands, arm), table=numbers(watched, drawn))


def highest(facts: Facts, watched: Watched, bands: dict[str, pd.DataFrame]) -> float:
    """Top of the axis that all panels share."""
    values = [float(table["q97.5"].max()) for table in bands.values()]
    values += [max(point[1], point[3] or 0) for points in facts.observed(watched).values() for point in points]
    top = max(values, default=0.0)
    return min(top * 1.06, 102.0) if top > 0 else 1.0


def overview_alt(facts: Facts, watched: Watched, bands: dict[str, pd.DataFrame]) -> str:
    """Say what the overview shows: where every arm ends."""
    if not bands:
        return "No curves."
    ends = [f"{facts.labels[arm]} {_per_cent(table)} %" for arm, table in bands.items()]
    starts = sorted(bands.values(), key=lambda table: float(table["mean"].iloc[0]))
    low, high = _per_cent(starts[0], 0), _per_cent(starts[-1], 0)
    first, last = (facts.instant(float(starts[0]["time"].iloc[row])) for row in (0, -1))
    return (
        f"Line chart of the share of people who are {watched.label} over time, mean of "
        f"{plural(facts.replicates, 'replicate')}. In {first}: "
        f"{low if low == high else f'{low} to {high}'} %. In {last}: {listed(ends)}."
    )


def panel_alt(facts: Facts, watched: Watched, bands: dict[str, pd.DataFrame], arm: str) -> str:
    """Say what one panel shows: the end, its band, and the control's end."""
    table = bands[arm]
    end = table.iloc[-1]
    said = f"{facts.labels[arm]}: {_per_cent(table)} % {watched.label} in {facts.instant(float(end['time']))}"
    if facts.replicates > 1:
        digits = _digits(table)
        said += f", 95 % of replicates between {number(end['q2.5'], digits)} and {number(end['q97.5'], digits)} %"
    if arm != facts.control and facts.control in bands:
        said += f"; {facts.labels[facts.control]} {_per_cent(bands[facts.control])} %"
    seen = facts.observed(watched).get(arm)
    if seen:
        said += f"; observed {number(seen[-1][1], 1)} % in {facts.instant(seen[-1][0])}"
    return said + "."


def _digits(table: pd.DataFrame) -> int:
    largest = float(table["mean"].max())
    return max(1, digits_alone(largest, 2)) if largest > 0 else 0


def _per_cent(table: pd.DataFrame, row: int = -1) -> str:
    return number(float(table["mean"].iloc[row]), _digits(table))


def _observed(ax: Axes, facts: Facts, points: list[Observed], *, gutter: float) -> None:
    if not points:
        return
    for time, _, low, high in points:
        if low is not None and high is not None:
            ax.plot([facts.clock(time)] * 2, [low, high], color=INK, linewidth=0.9, zorder=4)
    (marks,) = ax.plot(
        [facts.clock(point[0]) for point in points],
        [point[1] for point in points],
        linestyle="none",
        marker="o",
        markersize=4.2,
        markerfacecolor="white",
        markeredgecolor=INK,
        markeredgewidth=1.0,
        zorder=5,
        clip_on=False,
    )
    rasterise_if_many(marks, len(points))
    # At the right edge of the heading's line: nowhere inside the axes is surely free of curves.
    ax.annotate(
        "○ observed",
        (1, 1),
        xycoords="axes fraction",
        xytext=(max(gutter - 8, 0), 10),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=FONT_SIZE - 0.5,
    )


def _limits(
    ax: Axes,
    facts: Facts,
    bands: dict[str, pd.DataFrame],
    points: list[Observed],
    column: str,
    *,
    top: float | None = None,
) -> None:
    times = [facts.clock(float(t)) for table in bands.values() for t in (table["time"].iloc[0], table["time"].iloc[-1])]
    first, last = (min(times), max(times)) if times else (0.0, 1.0)
    ax.set_xlim(first, last if last > first else first + 1)
    if top is None:
        values = [float(table[column].max()) for table in bands.values()]
        values += [max(point[1], point[3] or 0) for point in points]
        most = max(values, default=0.0)
        top = min(most * 1.06, 102.0) if most > 0 else 1.0
    ax.set_ylim(0, top)


def axis_of_time(ax: Axes, facts: Facts, *, small: bool = False) -> None:
    """Mark the time axis: calendar years where the scenario says when time 0 was."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    # Calendar years have no halves.
    whole = isinstance(facts.start, (int, float))
    steps = [1, 2, 5, 10] if whole else STEPS
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4 if small else 6, steps=steps, integer=whole))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel(facts.time_axis, fontsize=FONT_SIZE - 0.5, labelpad=3)


def _axis_words(ax: Axes, facts: Facts, watched: Watched, *, small: bool = False) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis_of_time(ax, facts, small=small)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4 if small else 5, steps=STEPS))
    if not small:
        ax.annotate(
            f"people who are {watched.full_label}",
            (0, 1),
            xycoords="axes fraction",
            xytext=(-38, 10),
            textcoords="offset points",
            color=MUTED,
            fontsize=FONT_SIZE - 0.5,
        )
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{tick_text(value)} %"))


def title(ax: Axes, text: str, *, indent: float = 38, room: float = PANEL[0] - 16, up: float = 12) -> None:
    """Name a panel, at the left edge of the picture, so many points above the axes."""
    ax.annotate(
        shorten(text, room, FONT_SIZE + 1, "bold"),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-indent, up),
        textcoords="offset points",
        fontsize=FONT_SIZE + 1,
        fontweight="bold",
        color=INK,
        parse_math=False,
    )
