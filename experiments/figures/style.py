"""How every figure looks and is written: colours, axes, labels that keep apart, SVG and PNG bytes.

Figures are drawn on `matplotlib.figure.Figure` directly, never through pyplot, so that drawing a report changes
nothing for a notebook that imports netrial. Nothing in the bytes depends on the clock: equal results give equal files.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CONTROL_COLOUR = "#000000"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito's colours for the arms beside the control (black); yellow is left out: too faint on white."""
DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)))
"""Line styles: each time the colours are used up, the next style begins, so that 24 arms differ."""

INK = "#1f2328"
MUTED = "#5b626b"
GHOST = "#8b929a"
GRID = "#e4e7ea"
FONT_SIZE = 9.0
LINE_GAP = 11.5
"""Least distance of two labels' baselines, in points."""
MOST_POINTS = 2000
"""Above so many points a set of marks is drawn as an image, so that the SVG stays small."""
DPI = 150

RC = {
    "svg.fonttype": "none",
    "svg.hashsalt": "netrial",
    "font.family": ["DejaVu Sans"],
    "font.size": FONT_SIZE,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,
    "axes.edgecolor": "#9aa1a9",
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "xtick.color": "#9aa1a9",
    "ytick.color": "#9aa1a9",
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "path.simplify": True,
    "figure.dpi": 72,
    "savefig.facecolor": "white",
}


@dataclass(frozen=True)
class Look:
    """Colour and line style of one arm, the same in all figures."""

    colour: str
    dashes: str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class Picture:
    """One drawn figure.

    Parameters
    ----------
    name : str
        File name without its ending.
    alt : str
        What the figure shows, in words made from the numbers.
    svg : str
        A whole SVG file.
    png : bytes
        The same figure as PNG at 150 dots an inch, about twice its size on a screen; empty for a version that only the
        report uses.
    csv : str
        The numbers drawn, one row each; empty where `png` is.
    """

    name: str
    alt: str
    svg: str
    png: bytes = b""
    csv: str = ""


def looks(arms: Sequence[str], control: str) -> dict[str, Look]:
    """Give each arm its colour by its place among the arms of the scenario; the control is black."""
    others = [arm for arm in arms if arm != control]
    chosen = {
        arm: Look(COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]) for i, arm in enumerate(others)
    }
    return {control: Look(CONTROL_COLOUR, "-"), **chosen}


@contextmanager
def style() -> Iterator[None]:
    """Apply netrial's settings for the time of drawing and writing, and none of the reader's own."""
    from matplotlib import rc_context

    # A reader's own matplotlibrc or a notebook's style must not change the bytes of a report.
    settings: Any = {**_plain_defaults(), **RC}
    with rc_context(settings), warnings.catch_warnings():
        # A name in a script that matplotlib's font lacks is drawn by the browser's own font.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _plain_defaults() -> dict[str, object]:
    """Matplotlib's own defaults, without those that say where and how windows open."""
    from matplotlib import rcParamsDefault

    not_looks = ("backend", "interactive", "toolbar", "timezone", "date.epoch", "docstring", "savefig.directory",
                 "tk.", "webagg.", "keymap.", "figure.max_open", "figure.raise")  # fmt: skip
    return {key: value for key, value in rcParamsDefault.items() if not key.startswith(not_looks)}


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure; sizes in points (72 an inch)."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72), dpi=72)


def place_axes(figure: Figure, left: float, right: float, bottom: float, top: float) -> Axes:
    """Add axes with these margins, in points, and the plain look: no box, faint horizontal lines."""
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    ax = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    )
    plain(ax)
    return ax


def plain(ax: Axes) -> None:
    """Take away the box and draw faint horizontal grid lines behind the data."""
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0, labelsize=FONT_SIZE - 0.5)
    ax.tick_params(axis="x", length=3, labelsize=FONT_SIZE - 0.5)
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)


def text_width(text: str, size: float = FONT_SIZE, weight: str = "normal") -> float:
    """Width of a line of text, in points, as matplotlib's own font sets it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    properties = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, properties, ismath=False)[0])


def shorten(text: str, width: float, size: float = FONT_SIZE, weight: str = "normal") -> str:
    """Cut a text with an ellipsis so that it is at most `width` points wide."""
    if text_width(text, size, weight) <= width:
        return text
    while text and text_width(text + "…", size, weight) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions apart by as little as possible, so that neighbours are at least `gap` apart.

    Positions that must share a stretch are pooled around their mean (pool adjacent violators: the least-squares
    solution). All lie within [low, high] if there is room; if not, the gap shrinks to what fits.

    Parameters
    ----------
    wanted : sequence of float
        Where each label would like to be.
    gap : float
        Least distance, in the same unit.
    low, high : float
        The stretch that labels may use.

    Returns
    -------
    list of float
        Positions, in the order of `wanted`.
    """
    n = len(wanted)
    if n == 0:
        return []
    if n > 1:
        gap = min(gap, (high - low) / (n - 1))
    order = sorted(range(n), key=lambda i: (wanted[i], i))
    # With the gaps taken out, "at least `gap` apart" reads "not decreasing".
    blocks: list[tuple[float, int]] = []
    for rank, i in enumerate(order):
        total, count = wanted[i] - rank * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before, members = blocks.pop()
            total, count = total + before, count + members
        blocks.append((total, count))
    flat = [total / count for total, count in blocks for _ in range(count)]
    top = high - (n - 1) * gap
    placed = [0.0] * n
    for rank, i in enumerate(order):
        placed[i] = min(max(flat[rank], low), max(top, low)) + rank * gap
    return placed


def end_labels(ax: Axes, x: float, labels: Sequence[tuple[float, str, Look]], *, gutter: float) -> None:
    """Write each line's name beside its end, kept apart, joined to it by a thin leader.

    Parameters
    ----------
    ax : Axes
        With its limits and place on the figure already final.
    x : float
        Where the lines end (data).
    labels : sequence of (y, text, look)
        End of each line (data), its name, its look.
    gutter : float
        Points to the right of the axes that labels may use.
    """
    box = ax.get_window_extent()
    points = 72 / ax.figure.dpi
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    # Data units per point; the limits are final, so leaders may be plain lines (arrow patches cost five times more).
    across = (right - left) / (box.width * points)
    up = (top - bottom) / (box.height * points)
    wanted = [(y - bottom) / up for y, _, _ in labels]
    places = spread(wanted, LINE_GAP, 2, box.height * points - 2)
    for (y, text, look), place in zip(labels, places, strict=True):
        at = bottom + place * up
        ax.plot([x + 1.5 * across, x + 14 * across], [y, at], color=look.colour, linewidth=1.1, clip_on=False)
        ax.text(x + 16 * across, at, shorten(text, gutter - 18), va="center_baseline", parse_math=False)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)


def head(ax: Axes, text: str, *, gutter: float) -> None:
    """Write above the axes, from the left edge of its tick labels, what the vertical one shows."""
    room = ax.get_window_extent().width / ax.figure.dpi * 72 + 40 + gutter
    ax.annotate(
        shorten(text, room, FONT_SIZE - 0.5),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-42, 10),
        textcoords="offset points",
        color=MUTED,
        fontsize=FONT_SIZE - 0.5,
        parse_math=False,
    )


def tick_text(value: float, *, sign: bool = False) -> str:
    """Write a tick's number: thousands set off by commas, a true minus, no idle zeros."""
    text = f"{abs(value):,.6g}"
    if value < 0:
        return f"−{text}"
    return f"+{text}" if sign and value > 0 else text


def rasterise_if_many(artist: Artist, points: int) -> None:
    """Draw an artist of more than 2,000 points as an image inside the SVG."""
    if points > MOST_POINTS:
        artist.set_rasterized(True)


def write_svg(figure: Figure, alt: str) -> str:
    """Return the figure as the text of an SVG file with a `<title>`; the same figure gives the same text."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return re.sub(r"(<svg\b[^>]*>)", lambda found: f"{found[1]}\n <title>{escape(alt)}</title>", text, count=1)


def write_png(figure: Figure) -> bytes:
    """Return the figure as PNG bytes, 150 dots an inch, without software and date."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    before = figure.dpi
    figure.set_dpi(DPI)
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    figure.set_dpi(before)
    return buffer.getvalue()


def picture(figure: Figure, name: str, alt: str, *, png: bool = True, table: pd.DataFrame | None = None) -> Picture:
    """Write one figure in both formats (or as SVG only), and the numbers drawn."""
    if not png:
        return Picture(name, alt, write_svg(figure, alt))
    csv = "" if table is None else table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
    return Picture(name, alt, write_svg(figure, alt), write_png(figure), csv)
