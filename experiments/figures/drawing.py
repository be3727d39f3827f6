"""All figures of a run, for the report, for files, and for notebooks.

Curves, paired differences, forest plot, spillover by distance, dose and response, what imperfect knowledge costs,
assumed numbers halved and doubled, the network of one replicate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.figures.forest import Block
from experiments.figures.style import Picture, place_axes, plain
from experiments.report.facts import Facts, Watched
from simulator.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.results import Results


@dataclass
class Figures:
    """Every picture of one run, by the place it has in the report."""

    overview: Picture | None = None
    overview_phone: Picture | None = None
    panels: dict[str, Picture] = field(default_factory=dict)
    differences: dict[str, Picture] = field(default_factory=dict)
    forest: Picture | None = None
    forest_phone: Picture | None = None
    others: list[tuple[Watched, Picture]] = field(default_factory=list)
    distances: dict[str, Picture] = field(default_factory=dict)
    dose: Picture | None = None
    dose_phone: Picture | None = None
    knowledge: Picture | None = None
    knowledge_phone: Picture | None = None
    shake: Picture | None = None
    shake_phone: Picture | None = None
    network: list[Picture] = field(default_factory=list)

    def pictures(self) -> list[Picture]:
        """Return those that belong in files, each once."""
        found = [self.overview, self.forest, *self.panels.values(), *self.differences.values()]
        found += [one for _, one in self.others] + [*self.distances.values(), self.dose, self.knowledge]
        found += [self.shake, *self.network]
        return [one for one in found if one is not None]


def draw_figures(
    facts: Facts,
    blocks: Sequence[Block],
    *,
    heading: str,
    note_heading: str = "",
    panels: Collection[str] | None = None,
) -> Figures:
    """Draw every figure of a run.

    Parameters
    ----------
    facts : Facts
    blocks : sequence of Block
        Rows of the forest plot, best arm first; empty for none.
    heading : str
        What the forest plot's axis shows.
    note_heading : str
        Heading of the notes beside the rows; empty for none.
    panels : collection of str, optional
        Arms that have panels of their own; None: all.

    Returns
    -------
    Figures
        The same bytes for equal results.
    """
    from experiments.figures import curves as figures_curves
    from experiments.figures import differences as figures_differences
    from experiments.figures import distances as figures_distances
    from experiments.figures.dose import dose
    from experiments.figures.forest import forest
    from experiments.figures.knowledge import knowledge
    from experiments.figures.network import network
    from experiments.figures.style import style
    from experiments.figures.tornado import tornado
    from experiments.report.shaken import tornado_of

    drawn = Figures()
    names = file_names(facts.arms)
    watched = facts.watched

    def wanted(arm: str) -> bool:
        return panels is None or arm in panels

    with style():
        bands = facts.bands(watched)
        if bands:
            drawn.overview = figures_curves.overview(facts, watched, bands, figures_curves.WIDE, "curves")
            drawn.overview_phone = figures_curves.overview(facts, watched, bands, figures_curves.NARROW, "curves_phone")
            top = figures_curves.highest(facts, watched, bands)
            for arm in filter(wanted, bands):
                drawn.panels[arm] = figures_curves.panel(facts, watched, bands, arm, top, f"curve_{names[arm]}")
        differences = facts.differences(watched)
        if differences:
            limits = figures_differences.extent(differences)
            for arm in filter(wanted, differences):
                drawn.differences[arm] = figures_differences.panel(
                    facts, watched, differences, arm, limits, f"difference_{names[arm]}"
                )
        if blocks:
            control = facts.labels[facts.control]
            for narrow in (False, True):
                one = forest(
                    blocks,
                    heading=heading,
                    control=control,
                    width=figures_curves.NARROW if narrow else figures_curves.WIDE,
                    name="effects_phone" if narrow else "effects",
                    note_heading=note_heading,
                )
                drawn.forest, drawn.forest_phone = (drawn.forest, one) if narrow else (one, None)
        for other in facts.also_watched:
            other_bands = facts.bands(other)
            if other_bands:
                drawn.others.append(
                    (other, figures_curves.small_overview(facts, other, other_bands, f"state_{other.slug}"))
                )
        if facts.distances:
            limits = figures_distances.extent(facts.distances)
            for arm in filter(wanted, facts.distances):
                drawn.distances[arm] = figures_distances.panel(
                    facts, facts.distances, arm, limits, f"distance_{names[arm]}"
                )
        if len(facts.doses):
            drawn.dose = dose(facts, facts.doses, heading, figures_curves.WIDE, "dose")
            drawn.dose_phone = dose(facts, facts.doses, heading, figures_curves.NARROW, "dose_phone")
        if len(facts.knowledge):
            lost = facts.knowledge
            drawn.knowledge = knowledge(facts, lost, heading, figures_curves.WIDE, "knowledge")
            drawn.knowledge_phone = knowledge(facts, lost, heading, figures_curves.NARROW, "knowledge_phone")
        changed = tornado_of(facts)
        if changed is not None:
            drawn.shake = tornado(changed, figures_curves.WIDE, "shake")
            drawn.shake_phone = tornado(changed, figures_curves.NARROW, "shake_phone")
        if facts.network is not None:
            last = facts.network.times.size - 1
            moments = {"network_start": 0, "network_end": last} if last else {"network_start": 0}
            drawn.network = [network(facts, facts.network, k, name) for name, k in moments.items()]
    return drawn


def save_figures(pictures: Iterable[Picture], folder: Path) -> list[Path]:
    """Write pictures as ``NAME.svg``, ``NAME.png`` and ``NAME.csv`` (the numbers drawn); return the paths in order.

    Parameters
    ----------
    pictures : iterable of Picture
    folder : Path
        Made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in pictures:
        for ending, content in (("svg", one.svg.encode()), ("png", one.png), ("csv", one.csv.encode())):
            if content:
                path = folder / f"{one.name}.{ending}"
                path.write_bytes(content)
                written.append(path)
    return written


def file_names(arms: Sequence[str]) -> dict[str, str]:
    """Give each arm a file name of ASCII letters, digits, ``_`` and ``-``; no two alike on any file system."""
    names: dict[str, str] = {}
    for arm in arms:
        plain = re.sub(r"[^A-Za-z0-9-]+", "_", arm).strip("_")[:60].lower() or "arm"
        name, count = plain, 2
        while name in names.values():
            name, count = f"{plain}_{count}", count + 1
        names[arm] = name
    return names


def draw_curves(
    results: Results, behaviour: str | None = None, state: str | Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the mean curve of every arm, with the middle 95 % of replicates as a faint band.

    Parameters
    ----------
    results : Results
    behaviour : str, optional
        Default: that of the primary outcome.
    state : str or sequence of str, optional
        States to add up; default: those of the primary outcome, or the behaviour's last state.
    ax : matplotlib Axes, optional
        Where to draw. Default: a new figure of pyplot's, so that a notebook shows it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    SpecError
        If the run has no such behaviour or state.
    """
    from experiments.figures.curves import draw_overview, gutter_for

    facts = Facts(results)
    watched = facts.watched if behaviour is None and state is None else facts.watch(behaviour, state)
    bands = facts.bands(watched)
    inside = ax is not None
    if ax is None:
        width = 700.0
        figure = _notebook_figure(width, max(330.0, 11.5 * len(bands) + 90))
        ax = place_axes(figure, 44, gutter_for(facts, bands, width), 46, 30)
    else:
        plain(ax)
    draw_overview(ax, facts, watched, bands, gutter=gutter_for(facts, bands, 700), shaded=True, inside=inside)
    return ax


def plot_forest(results: Results) -> Axes:
    """Draw every arm's benefit on the primary outcome; see `Results.plot_forest`.

    Raises
    ------
    SpecError
        If only the control was run.
    """
    from experiments.figures.forest import draw_forest, height_of
    from experiments.report import tables as report_tables

    facts = Facts(results)
    reader = report_tables.Reader(facts)
    blocks = report_tables.forest_blocks(facts, reader, report_tables.ranked(facts, reader), {})
    if not blocks:
        raise SpecError("only the control was run, so there is no effect to draw")
    figure = _notebook_figure(760.0, height_of(blocks, 760.0))
    return draw_forest(figure, blocks, heading=facts.words[facts.primary].heading, control=facts.labels[facts.control])


def plot_distances(results: Results) -> Figure:
    """Draw the benefit by distance from the targets, one panel for each arm; see `Results.plot_distances`.

    Raises
    ------
    SpecError
        If nothing was read by distance.
    """
    from experiments.figures.curves import PANEL
    from experiments.figures.distances import TOP, draw_distances, extent

    facts = Facts(results)
    tables = facts.distances
    if not tables:
        raise SpecError("nothing was read by distance: no arm has targets, or the primary outcome has no parts")
    across = min(3, len(tables))
    down = -(-len(tables) // across)
    figure = _notebook_figure(PANEL[0] * across, PANEL[1] * down)
    limits = extent(tables)
    for k, (arm, table) in enumerate(tables.items()):
        left, low = PANEL[0] * (k % across), PANEL[1] * (down - 1 - k // across)
        right, top = PANEL[0] * (across - 1) - left, PANEL[1] * (down - 1) - low
        draw_distances(place_axes(figure, left + 46, right + 12, low + 40, top + TOP), facts, table, arm, limits)
    return figure


def plot_dose(results: Results, ax: Axes | None = None) -> Axes:
    """Draw the benefit against the share of people treated; see `Results.plot_dose`.

    Raises
    ------
    SpecError
        If nobody is treated.
    """
    from experiments.figures.dose import draw_dose, gutter_for

    facts = Facts(results)
    table = facts.doses
    if not len(table):
        raise SpecError("nobody is treated in any arm, so there is no dose to draw")
    gutter = gutter_for(facts, table, 700.0)
    if ax is None:
        ax = place_axes(_notebook_figure(700.0, 330.0), 50, gutter, 40, 26)
    else:
        plain(ax)
    draw_dose(ax, facts, table, facts.words[facts.primary].heading, gutter)
    return ax


def plot_shake(results: Results) -> Axes:
    """Draw the lead of the best arm as assumed numbers are halved and doubled; see `Results.plot_shake`.

    Raises
    ------
    SpecError
        If nothing was shaken.
    """
    from experiments.figures.tornado import draw_tornado, height_of
    from experiments.report.shaken import tornado_of

    changed = tornado_of(Facts(results))
    if changed is None:
        raise SpecError("no assumed number was halved and doubled: run the scenario with shake=True")
    changed = changed.most_telling(760.0)
    return draw_tornado(_notebook_figure(760.0, height_of(changed.levers, 760.0)), changed)


def plot_network(results: Results, time: float | None = None) -> Figure:
    """Draw the network of one replicate at a time; see `Results.plot_network`.

    Raises
    ------
    SpecError
        If there is no picture of the network.
    """
    import numpy as np

    from experiments.figures.network import SIZE, draw_network

    facts = Facts(results)
    shown = facts.network
    if shown is None:
        kept = results.network
        raise SpecError(f"there is no picture of the network: {(kept and kept.facts['left_out']) or 'none was kept'}")
    k = shown.times.size - 1 if time is None else int(np.argmin(np.abs(shown.times - time)))
    figure = _notebook_figure(SIZE[0] * len(shown.arms) / 2, SIZE[1])
    draw_network(figure, facts, shown, k)
    return figure


def _notebook_figure(width: float, height: float) -> Figure:
    """Make a figure, in points, that a notebook shows by itself."""
    from matplotlib import pyplot

    return pyplot.figure(figsize=(width / 72, height / 72))
