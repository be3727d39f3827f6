"""The network over time as a GIF for talks, made from stored results only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.report.facts import Facts
from simulator.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.network_picture import NetworkPicture
    from experiments.results import Results

LEAST_SIZE, MOST_SIZE = 320, 3840
HOLD = 2.0
"""Seconds for which the last frame stays."""
DPI = 100


def animate(
    results: Results,
    out: Path,
    *,
    seconds: float = 12.0,
    size: int = 1280,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the network picture over time as a GIF that loops.

    Parameters
    ----------
    results : Results
    out : Path
        Written whole, or not at all.
    seconds : float
        How long it takes from the first to the last frame, which then stays for two seconds more.
    size : int
        Width in pixels; the height is 9/16 of it.
    progress : callable, optional
        ``progress(done, asked)`` after every frame.

    Returns
    -------
    Path
        `out`. The same bytes for equal results.

    Raises
    ------
    SpecError
        If there is no picture of the network, or a number is out of range.
    """
    from matplotlib.animation import PillowWriter

    from experiments.figures.style import style

    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise SpecError(f"--size is {size}; allowed: {LEAST_SIZE} to {MOST_SIZE} pixels")
    facts = Facts(results)
    shown = facts.network
    if shown is None:
        kept = results.network
        why = kept.facts["left_out"] if kept is not None and kept.facts["left_out"] else "none was kept"
        raise SpecError(f"there is no picture of the network in {results.folder}: {why}")
    n = shown.times.size
    if not n / 50 <= seconds <= 600:  # a GIF shows at most fifty frames a second
        raise SpecError(f"--seconds is {seconds:g}; allowed: {n / 50:g} to 600 for {n} frames")
    rate = n / seconds
    hold = max(1, round(HOLD * rate))
    hidden = out.with_name(f".{out.name}.part.gif")
    out.parent.mkdir(parents=True, exist_ok=True)
    with style():
        figure = _figure(size)
        writer = PillowWriter(fps=rate)  # type: ignore[arg-type]  # it takes fractions
        writer.setup(figure, str(hidden), dpi=DPI)
        for frame in range(n):
            figure.clear()
            draw_frame(figure, facts, shown, frame)
            for _ in range(hold if frame == n - 1 else 1):
                writer.grab_frame()
            if progress is not None:
                progress(frame + 1, n)
        writer.finish()
    hidden.replace(out)
    return out


def _figure(size: int) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size / DPI, round(size * 9 / 16) / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def draw_frame(figure: Figure, facts: Facts, shown: NetworkPicture, k: int) -> None:
    """Draw time number k: title, arms side by side with their counts, a bar of the time, legend."""
    from experiments.figures.network import PALE, count_text, draw_arm, draw_legend, who_is_shown
    from experiments.figures.style import INK, MUTED, plain, shorten, text_width

    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    unit = width / 60  # so that all sizes are alike
    margin, side = 2 * unit, height - 13.2 * unit
    title = str(facts.scenario.get("title") or facts.scenario.get("name") or "")
    top = figure.add_axes((0, 1 - 4.6 * unit / height, 1, 4.6 * unit / height))
    top.set_axis_off()
    top.set_xlim(0, width)
    top.set_ylim(0, 4.6 * unit)
    when = facts.instant(float(shown.times[k]))
    clock = shorten(when, 14 * unit, 1.5 * unit, "bold")
    top.text(width - margin, 2.6 * unit, clock, ha="right", fontsize=1.5 * unit, fontweight="bold", color=INK)
    room = width - 20 * unit
    large = min(1.3 * unit, max(0.9 * unit, 1.3 * unit * room / max(text_width(title, 1.3 * unit), 1.0)))
    top.text(margin, 2.6 * unit, shorten(title, room, large), fontsize=large, color=INK)
    top.text(margin, 0.7 * unit, shorten(who_is_shown(shown), room, unit), fontsize=unit, color=MUTED)
    share = k / max(shown.times.size - 1, 1)
    right = width - margin
    top.plot([right - 12 * unit, right], [1.1 * unit] * 2, color=PALE, linewidth=0.5 * unit, solid_capstyle="butt")
    top.plot([right - 12 * unit, right - 12 * unit * (1 - share)], [1.1 * unit] * 2, color=INK, linewidth=0.5 * unit,
             solid_capstyle="butt")  # fmt: skip
    room = width / len(shown.arms)
    for place, arm in enumerate(shown.arms):
        left = room * place + (room - side) / 2
        ax = figure.add_axes((left / width, 3.2 * unit / height, side / width, side / height))
        plain(ax)
        draw_arm(ax, facts, shown, arm, k)
        name = shorten(facts.labels[arm], room - 3 * unit, 1.4 * unit, "bold")
        text = shorten(count_text(facts, shown, arm, k), room - 3 * unit, 1.2 * unit)
        for words, up, size, weight, colour in (
            (name, 2.6, 1.4, "bold", facts.looks[arm].colour),
            (text, 0.7, 1.2, "normal", INK),
        ):
            ax.annotate(
                words, (0.5, 1), xycoords="axes fraction", xytext=(0, up * unit), textcoords="offset points",
                ha="center", fontsize=size * unit, fontweight=weight, color=colour, parse_math=False,
            )  # fmt: skip
    legend = figure.add_axes((0, 0.4 * unit / height, 1, 2.4 * unit / height))
    draw_legend(legend, facts, shown, width, size=1.1 * unit)
