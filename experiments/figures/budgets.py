"""What each strategy brings for how much money: one line for each, with intervals, named beside its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.figures.curves import STEPS
from experiments.figures.style import (
    FONT_SIZE,
    INK,
    LINE_GAP,
    Look,
    Picture,
    end_labels,
    head,
    looks,
    new_figure,
    picture,
    place_axes,
    text_width,
    tick_text,
)
from experiments.wording import plain_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

MOST_INTERVALS = 8
"""Strategies, best ones at the largest budget, whose intervals are drawn; of more, nothing could be told apart."""


def budgets(table: pd.DataFrame, heading: str, currency: str, alt: str, width: float, name: str) -> Picture:
    """Draw the benefit of each strategy against its budget.

    Parameters
    ----------
    table : DataFrame
        budget, strategy, benefit, low, high (in the report's unit, positive is good); rows in any order.
    heading : str
        What the benefit is called.
    currency : str
    alt : str
        What the figure shows, in words.
    width : float
        Points.
    name : str
        Of the file.
    """
    names = order_of(table)
    gutter = min(max((text_width(plain_label(each)) for each in names), default=0.0) + 26, 0.44 * width)
    figure = new_figure(width, max(300.0, LINE_GAP * len(names) + 76))
    draw_budgets(place_axes(figure, 50, gutter, 40, 26), table, heading, currency, gutter)
    return picture(figure, name, alt, table=table)


def order_of(table: pd.DataFrame) -> list[str]:
    """Return strategies by their benefit at the largest budget, best first."""
    last = table.sort_values("budget", kind="stable").groupby("strategy", sort=False).last()
    return list(last.sort_values("benefit", ascending=False, kind="stable").index)


def draw_budgets(ax: Axes, table: pd.DataFrame, heading: str, currency: str, gutter: float) -> None:
    """Draw into given axes, whose size must be final."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    names = order_of(table)
    look = looks(["", *names], "")
    ax.axhline(0, color=INK, linewidth=1.0, zorder=1.5)
    ends: list[tuple[float, str, Look]] = []
    for k, each in enumerate(names):
        rows = table[table["strategy"] == each].sort_values("budget")
        colour, dashes = look[each].colour, look[each].dashes
        if k < MOST_INTERVALS:
            ax.fill_between(rows["budget"], rows["low"], rows["high"], color=colour, alpha=0.14, linewidth=0, zorder=2)
        ax.plot(rows["budget"], rows["benefit"], color=colour, linestyle=dashes, linewidth=1.6, zorder=4)
        ends.append((float(rows["benefit"].iloc[-1]), plain_label(each), look[each]))
    left, right = float(table["budget"].min()), float(table["budget"].max())
    ax.set_xlim(left - 0.02 * (right - left), right)
    values = [*table["benefit"], *table["low"].dropna(), *table["high"].dropna(), 0.0]
    low, high = min(values), max(values)
    low, high = (low, high) if high > low else (-1.0, 1.0)
    ax.set_ylim(low - (0.06 * (high - low) if low < 0 else 0), high + 0.06 * (high - low))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    ax.set_xlabel(f"budget of each strategy, {currency}", fontsize=FONT_SIZE - 0.5, labelpad=3)
    head(ax, heading, gutter=gutter)
    end_labels(ax, right, ends, gutter=gutter)


def benefits(ranking: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Return the figure's table from a ranking by budget: budget, strategy, kind, treated, cost, benefit, low, high."""
    kept: Sequence[str] = ["budget", "strategy", "kind", "treated", "cost"]
    found = ranking[[*kept]].copy()
    found["benefit"] = factor * ranking["effect"] + 0.0
    ends = (factor * ranking[["low", "high"]] + 0.0).to_numpy()
    found["low"], found["high"] = ends.min(axis=1), ends.max(axis=1)
    return found
