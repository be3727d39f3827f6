"""The network of one replicate: people as dots coloured by state, targets ringed, control and best arm side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.figures.style import FONT_SIZE, INK, MUTED, Picture, new_figure, picture, place_axes, shorten
from experiments.report.facts import Facts
from experiments.wording import listed, plain_label, plural

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.network_picture import NetworkPicture

PALE = "#c9d2da"
"""The state of most people, from which the others stand out."""
PALE_EDGE = "#7b858f"
STRONG = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
OTHER = "#5b626b"
TIE = "#b3bbc4"
ADDED = "#CC79A7"
MOST_TIES = 2_000
"""Ties of one arm above which a file or page shows people only: so many lines are a grey cloud, and too many bytes."""
SIZE = (620.0, 356.0)


def state_colours(states: Sequence[str], watched: Sequence[str]) -> list[str]:
    """Give each state its colour: those that the primary outcome counts the strongest, one other pale.

    States beyond the sixth strong one share a grey.
    """
    rest = [state for state in states if state not in watched]
    pale = rest[0] if rest else None
    ordered = [state for state in states if state in watched] + rest[1:]
    return [
        PALE if state == pale else STRONG[place] if (place := ordered.index(state)) < len(STRONG) else OTHER
        for state in states
    ]


def counts_at(shown: NetworkPicture, arm: str, k: int, watched: Sequence[str]) -> tuple[int, int]:
    """Return how many of those shown who are there are in the watched states at time number k, and who are there."""
    codes = shown.codes(arm)[k]
    inside = [number for number, state in enumerate(shown.states) if state in watched]
    return int(np.isin(codes, inside).sum()), int((codes >= 0).sum())


def count_text(facts: Facts, shown: NetworkPicture, arm: str, k: int) -> str:
    """Say how many people are in the watched states: "41 of 300 obese"."""
    inside, there = counts_at(shown, arm, k, facts.watched.states)
    return f"{inside:,} of {there:,} {facts.watched.label}"


def sentence_at(facts: Facts, shown: NetworkPicture, k: int) -> str:
    """Say what the picture shows at time number k, in all arms."""
    said = [f"{facts.labels[arm]} {count_text(facts, shown, arm, k)}" for arm in shown.arms]
    when = facts.instant(float(shown.times[k]))
    return f"{when[:1].upper() + when[1:]}: {listed(said)}."


def who_is_shown(shown: NetworkPicture) -> str:
    """Say who is in the picture."""
    people, drawn = int(shown.facts["people"]), int(shown.facts["shown"])
    if drawn >= people:
        return f"All {plural(people, 'person', 'people')} of replicate {shown.facts['replicate']}"
    return f"{drawn:,} of {people:,} people of replicate {shown.facts['replicate']}: targets and those around them"


def network(facts: Facts, shown: NetworkPicture, k: int, name: str) -> Picture:
    """Draw all arms at time number k; without ties where there are too many."""
    figure = new_figure(SIZE[0] if len(shown.arms) > 1 else SIZE[0] / 2, SIZE[1])
    draw_network(figure, facts, shown, k, ties=max(len(shown.ties(arm)) for arm in shown.arms) <= MOST_TIES)
    tables = [_drawn(shown, arm, k) for arm in shown.arms]
    return picture(figure, name, network_alt(facts, shown, k), table=_joined(tables))


def draw_network(figure: Figure, facts: Facts, shown: NetworkPicture, k: int, *, ties: bool = True) -> None:
    """Draw all arms side by side into a figure, with who is in which state above and the legend below."""
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    n = len(shown.arms)
    room = width / n
    side = min(room - 16, height - 84)
    for place, arm in enumerate(shown.arms):
        left = room * place + (room - side) / 2
        ax = place_axes(figure, left, width - left - side, 40, height - 40 - side)
        draw_arm(ax, facts, shown, arm, k, with_ties=ties)
        _heading(ax, facts, shown, arm, k, side)
    legend = figure.add_axes((0, 0, 1, 34 / height))
    draw_legend(legend, facts, shown, width, with_ties=ties)


def draw_arm(ax: Axes, facts: Facts, shown: NetworkPicture, arm: str, k: int, *, with_ties: bool = True) -> None:
    """Draw one arm at time number k into square axes."""
    ax.set_axis_off()
    ax.set_xlim(-25, 1025)
    ax.set_ylim(-25, 1025)
    places, codes, offered = shown.places, shown.codes(arm)[k], shown.offered(arm)[k]
    ties = shown.ties(arm)
    now = ((ties["first"] <= k) & (ties["last"] >= k)).to_numpy()
    fresh = ties["added"].to_numpy()
    thin = min(1.0, 18 / max(len(places), 1) ** 0.5)
    for chosen, colour, wide in ((now & ~fresh, TIE, 0.45), (now & fresh, ADDED, 0.8)) if with_ties else ():
        _strokes(ax, places[ties.loc[chosen, ["one", "two"]].to_numpy()], wide * thin, colour)
    across = ax.get_window_extent().width / ax.figure.dpi * 72
    dot = dot_size(across, len(places))
    ring = places[offered & (codes >= 0)]
    _dots(ax, ring, dot * 1.5 + max(1.6, dot / 3), INK)
    _dots(ax, ring, dot * 1.5, "white")
    colours = state_colours(shown.states, facts.watched.states)
    for code in sorted(range(len(colours)), key=lambda code: colours[code] != PALE):
        at = places[codes == code]
        if colours[code] == PALE:
            _dots(ax, at, dot, PALE_EDGE)
        _dots(ax, at, dot - 0.8 if colours[code] == PALE else dot, colours[code])


def _dots(ax: Axes, places: np.ndarray, size: float, colour: str) -> None:
    """Draw discs as the round ends of lines without length: a tenth of the bytes that markers take."""
    _strokes(ax, np.repeat(places[:, None, :], 2, axis=1) + np.array([[0.0, 0.0], [0.01, 0.0]]), size, colour)


def _strokes(ax: Axes, ends: np.ndarray, width: float, colour: str) -> None:
    """Draw lines between pairs of points, float64[k, 2, 2], as one path, in the order of calls."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if len(ends):
        path = Path(ends.reshape(-1, 2), np.tile([Path.MOVETO, Path.LINETO], len(ends)))
        path.should_simplify = False
        patch = PathPatch(path, facecolor="none", edgecolor=colour, linewidth=width, capstyle="round", clip_on=False)
        patch.set_snap(False)  # lines without length would vanish
        ax.add_artist(patch)  # unlike add_patch, does not measure every dot


def dot_size(across: float, n_people: int) -> float:
    """Return the size of a dot in a picture so wide: such that neighbours hardly touch."""
    return float(min(max(0.42 * across / max(n_people, 1) ** 0.5, 1.6), 0.03 * across))


def _heading(ax: Axes, facts: Facts, shown: NetworkPicture, arm: str, k: int, side: float) -> None:
    ax.annotate(
        "■ ", (0, 1), xycoords="axes fraction", xytext=(2, 22), textcoords="offset points",
        color=facts.looks[arm].colour, fontsize=FONT_SIZE + 1,
    )  # fmt: skip
    ax.annotate(
        shorten(facts.labels[arm], side - 20, FONT_SIZE + 1, "bold"), (0, 1), xycoords="axes fraction",
        xytext=(16, 22), textcoords="offset points", fontsize=FONT_SIZE + 1, fontweight="bold", parse_math=False,
    )  # fmt: skip
    when = facts.instant(float(shown.times[k]))
    ax.annotate(
        shorten(f"{when}: {count_text(facts, shown, arm, k)}", side - 6, FONT_SIZE - 0.5), (0, 1),
        xycoords="axes fraction", xytext=(3, 8), textcoords="offset points", color=MUTED, fontsize=FONT_SIZE - 0.5,
        parse_math=False,
    )  # fmt: skip


def legend_entries(facts: Facts, shown: NetworkPicture) -> list[tuple[str, str, str]]:
    """Return (kind, colour, words) of everything that the picture shows: dots, rings, ties."""
    colours = state_colours(shown.states, facts.watched.states)
    named = [("dot", colour, plain_label(state)) for state, colour in zip(shown.states, colours, strict=True)]
    entries = [entry for entry in named if entry[1] != OTHER]
    if len(entries) < len(named):
        entries.append(("dot", OTHER, "other"))
    if any(shown.offered(arm).any() for arm in shown.arms):
        entries.append(("ring", INK, "target"))
    entries.append(("tie", TIE, "tie"))
    if any(shown.ties(arm)["added"].any() for arm in shown.arms):
        entries.append(("tie", ADDED, "tie made by the strategy"))
    return entries


def draw_legend(
    ax: Axes, facts: Facts, shown: NetworkPicture, width: float, size: float = FONT_SIZE, *, with_ties: bool = True
) -> None:
    """Write the legend on one line, in axes that are as wide as the figure."""
    from experiments.figures.style import text_width

    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(-1, 1)
    entries = [entry for entry in legend_entries(facts, shown) if with_ties or entry[0] != "tie"]
    entries += [] if with_ties else [("", "", f"ties are not drawn: there are more than {MOST_TIES:,}")]
    needed = [1.6 * size + text_width(words, size) + 1.4 * size for _, _, words in entries]
    at = max((width - sum(needed)) / 2, 6)
    for (kind, colour, words), room in zip(entries, needed, strict=True):
        if kind == "tie":
            ax.plot([at, at + 1.2 * size], [0, 0], color=colour, linewidth=1.4)
        elif kind:
            edge = {"dot": PALE_EDGE if colour == PALE else colour, "ring": INK}[kind]
            face = colour if kind == "dot" else "none"
            ax.plot([at + 0.6 * size], [0], "o", markersize=0.8 * size, markerfacecolor=face, markeredgecolor=edge)
        ax.text(at + 1.6 * size, 0, words, va="center_baseline", fontsize=size, parse_math=False)
        at += room


def network_alt(facts: Facts, shown: NetworkPicture, k: int) -> str:
    """Say what the picture shows: who, and how many of them are in the watched states in each arm."""
    return f"Network picture. {who_is_shown(shown)}. {sentence_at(facts, shown, k)}"


def _drawn(shown: NetworkPicture, arm: str, k: int) -> pd.DataFrame:
    """Return who is drawn where, in which state."""
    table = shown.tables["network_people"].sort_values("place")
    codes = shown.codes(arm)[k]
    drawn = table.assign(arm=arm, time=shown.times[k], offered=shown.offered(arm)[k])
    drawn["state"] = np.array([*shown.states, ""], object)[codes]
    return drawn.loc[codes >= 0, ["arm", "time", "id", "x", "y", "state", "offered"]]


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(tables, ignore_index=True)
