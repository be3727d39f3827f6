"""What `netrial explore` shows of a model: curves of states over time, and some of its people with their ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.figures.network import STRONG
from experiments.figures.style import (
    GHOST,
    MUTED,
    Look,
    end_labels,
    new_figure,
    place_axes,
    style,
    text_width,
    tick_text,
    write_svg,
)
from experiments.wording import plural_unit

if TYPE_CHECKING:
    from simulator.behaviour import Behaviour
    from simulator.model import ContagionModel
    from simulator.network import Contacts

MOST_SHOWN = 300
"""People in the picture of the network: more would be a blot."""

MOST_BROUGHT = 6
"""Contacts that each person brings into the picture, so that nobody with hundreds fills it."""

WIDTH, HEIGHT = 390.0, 300.0
"""Of both pictures, in points; the page scales them."""
TIES = "#c9ced4"


def colours_of(behaviour: Behaviour) -> dict[str, str]:
    """Give each state its colour, that of the report: grey for the state in which people start by default."""
    others = {state: STRONG[k % len(STRONG)] for k, state in enumerate(behaviour.states[1:])}
    return {behaviour.states[0]: GHOST, **others}


def draw_curves(model: ContagionModel, horizon: float, unit: str) -> str:
    """Draw how many people have been in each state so far, a panel for each behaviour.

    Parameters
    ----------
    model : ContagionModel
    horizon : float
    unit : str
        Of the time.

    Returns
    -------
    str
        An SVG whose title says where the curves stand.
    """
    from matplotlib.ticker import MaxNLocator

    counts = model.datacollector.model_vars
    panels = model.behaviours
    most = {b.name: max(max(counts[f"{b.name}.{state}"]) for state in b.states) for b in panels}
    names = [state for behaviour in panels for state in behaviour.states]
    gutter = min(max(map(text_width, names)) + 30, 0.35 * WIDTH)
    each = max(84.0, (HEIGHT - 40) / len(panels))
    with style():
        figure = new_figure(WIDTH, 40 + each * len(panels))
        for k, behaviour in enumerate(panels):
            above, below = each * k, each * (len(panels) - 1 - k)
            ax = place_axes(figure, 48, gutter, 40 + below, above + 30)
            ax.set_title(behaviour.name.replace("_", " "), loc="left", fontsize=10, parse_math=False)
            ax.set_xlim(0, horizon)
            ax.set_ylim(0, 1.04 * max(most[behaviour.name], 1))
            ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 2, 2.5, 5, 10]))
            ax.yaxis.set_major_formatter(lambda value, _: tick_text(value))
            labels = []
            for state, colour in colours_of(behaviour).items():
                values = counts[f"{behaviour.name}.{state}"]
                ax.plot(counts["time"], values, color=colour, linewidth=2, clip_on=False)
                labels.append((float(values[-1]), state, Look(colour, "-")))
            if k + 1 < len(panels):
                ax.tick_params(axis="x", labelbottom=False)
            else:
                ax.set_xlabel(f"time ({unit}s); people in each state", color=MUTED)
            end_labels(ax, counts["time"][-1], labels, gutter=gutter)
        return _responsive(write_svg(figure, _said(model, unit)))


@dataclass(frozen=True)
class Shown:
    """The people in the picture of the network, and where they stand.

    Parameters
    ----------
    persons : int64[k]
        Places in the order of ids, ascending.
    places : float64[k, 2]
        In the unit square.
    """

    persons: np.ndarray
    places: np.ndarray


def choose_people(contacts: Contacts) -> Shown:
    """Choose at most `MOST_SHOWN` people, and place them: whoever has most contacts brings some, who bring others.

    Parameters
    ----------
    contacts : Contacts
        Everyone's, at time 0.
    """
    import networkx as nx

    degree = np.diff(contacts.starts)
    seen: dict[int, None] = {}
    for start in np.argsort(-degree, kind="stable").tolist():
        waiting = [start]
        while waiting and len(seen) < MOST_SHOWN:
            person = waiting.pop(0)
            if person not in seen:
                seen[person] = None
                waiting += [one for one in contacts.of(person).tolist() if one not in seen][:MOST_BROUGHT]
        if len(seen) >= MOST_SHOWN:
            break
    persons = np.array(sorted(seen), np.int64)
    graph = nx.Graph()
    graph.add_nodes_from(persons.tolist())
    graph.add_edges_from(_ties_among(contacts, persons).tolist())
    placed = nx.spring_layout(graph, k=1.6 / max(len(persons), 1) ** 0.5, iterations=60, seed=1)
    places = np.array([placed[person] for person in persons.tolist()]).reshape(-1, 2)
    low, high = places.min(axis=0, initial=0.0), places.max(axis=0, initial=0.0)
    return Shown(persons, (places - low) / np.maximum(high - low, 1e-9))


def draw_network(model: ContagionModel, shown: Shown, behaviour: Behaviour, unit: str) -> str:
    """Draw the chosen people in the colours of their states now, with the ties that they have now.

    Parameters
    ----------
    model : ContagionModel
    shown : Shown
    behaviour : Behaviour
        By whose states people are coloured.
    unit : str
        Of the time.

    Returns
    -------
    str
        An SVG whose title says what it shows.
    """
    from matplotlib.collections import LineCollection

    ends = np.searchsorted(shown.persons, _ties_among(model.contacts_now(), shown.persons))
    states = model.simulation.states[shown.persons, model.world.column_of(behaviour.name)]
    total = int((model.simulation.states[:, 0] < len(model.behaviours[0].states)).sum())
    with style():
        figure = new_figure(WIDTH, HEIGHT)
        ax = figure.add_axes((0.02, 0.14, 0.96, 0.8))
        ax.set_axis_off()
        ax.add_collection(LineCollection(list(shown.places[ends]), colors=TIES, linewidths=0.8, zorder=1))
        for code, (state, colour) in enumerate(colours_of(behaviour).items()):
            there = states == code
            across, up = shown.places[there].T
            ax.scatter(across, up, s=26, color=colour, edgecolors="white", linewidths=0.6, zorder=2, label=state)
        ax.margins(0.03)
        figure.legend(
            loc="lower center",
            ncols=min(len(behaviour.states), 5),
            frameon=False,
            fontsize=9,
            bbox_to_anchor=(0.5, 0.06),
        )
        here = int((states < len(behaviour.states)).sum())
        whom = "all people" if here == total else f"the best connected, and up to {MOST_BROUGHT} contacts of each"
        words = f"{here:,} of {total:,} people: {whom}"
        title = f"{behaviour.name.replace('_', ' ')} at {_time(model, unit)}"
        figure.text(0.02, 0.94, title, fontsize=10, parse_math=False)
        figure.text(0.5, 0.02, words, ha="center", color=MUTED, parse_math=False)
        return _responsive(write_svg(figure, f"{title}; {words}"))


def _ties_among(contacts: Contacts, persons: np.ndarray) -> np.ndarray:
    """Return int64[k, 2]: each tie between two of the persons once."""
    inside = set(persons.tolist())
    pairs = [(one, two) for one in persons.tolist() for two in contacts.of(one).tolist() if one < two and two in inside]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _said(model: ContagionModel, unit: str) -> str:
    now = [
        f"{model.datacollector.model_vars[f'{b.name}.{state}'][-1]:,} {state} ({b.name.replace('_', ' ')})"
        for b in model.behaviours
        for state in b.states
    ]
    return f"Curves up to {_time(model, unit)}; now {', '.join(now)}"


def _time(model: ContagionModel, unit: str) -> str:
    return f"{model.time_now:g} {plural_unit(model.time_now, unit)}"


def _responsive(svg: str) -> str:
    """Let a picture take the width it is given, and be read out as one."""
    begin = svg.index("<svg")
    return svg[begin:].replace("<svg ", '<svg role="img" style="width:100%;height:auto" ', 1)
