"""All figures of a run: curves, paired differences, forest plot; for the report, for files, and for notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.figures_forest import Block
from experiments.figures_style import Picture
from experiments.report_facts import Facts, Watched

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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

    def pictures(self) -> list[Picture]:
        """Return those that belong in files, each once."""
        found = [self.overview, self.forest, *self.panels.values(), *self.differences.values()]
        return [one for one in found if one is not None] + [one for _, one in self.others]


def draw_figures(facts: Facts, blocks: Sequence[Block], *, heading: str, note_heading: str = "") -> Figures:
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

    Returns
    -------
    Figures
        The same bytes for equal results.
    """
    from experiments import figures_curves, figures_differences
    from experiments.figures_forest import forest
    from experiments.figures_style import style

    drawn = Figures()
    names = file_names(facts.arms)
    watched = facts.watched
    with style():
        bands = facts.bands(watched)
        if bands:
            drawn.overview = figures_curves.overview(facts, watched, bands, figures_curves.WIDE, "curves")
            drawn.overview_phone = figures_curves.overview(facts, watched, bands, figures_curves.NARROW, "curves_phone")
            top = figures_curves.highest(facts, watched, bands)
            for arm in bands:
                drawn.panels[arm] = figures_curves.panel(facts, watched, bands, arm, top, f"curve_{names[arm]}")
        differences = facts.differences(watched)
        if differences:
            limits = figures_differences.extent(differences)
            for arm in differences:
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
    return drawn


def save_figures(pictures: Iterable[Picture], folder: Path) -> list[Path]:
    """Write pictures as ``NAME.svg`` and ``NAME.png``; return the paths in order.

    Parameters
    ----------
    pictures : iterable of Picture
    folder : Path
        Made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in pictures:
        path = folder / f"{one.name}.svg"
        path.write_bytes(one.svg.encode("utf-8"))
        written.append(path)
        if one.png:
            path = folder / f"{one.name}.png"
            path.write_bytes(one.png)
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
    from experiments.figures_curves import draw_overview, gutter_for
    from experiments.figures_style import place_axes, plain

    facts = Facts(results)
    watched = facts.watched if behaviour is None and state is None else facts.watch(behaviour, state)
    bands = facts.bands(watched)
    inside = ax is not None
    if ax is None:
        from matplotlib import pyplot

        width, height = 700.0, max(330.0, 11.5 * len(bands) + 90)
        figure = pyplot.figure(figsize=(width / 72, height / 72))
        ax = place_axes(figure, 44, gutter_for(facts, bands, width), 46, 30)
    else:
        plain(ax)
    draw_overview(ax, facts, watched, bands, gutter=gutter_for(facts, bands, 700), shaded=True, inside=inside)
    return ax
