"""A portrait of the people and their ties: what a planner should see before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simulator.measures import components, local_clustering, transitivity
from simulator.network import ContactNetwork, Layer, TieCounts
from simulator.population import Column, Population


@dataclass(frozen=True)
class LayerPortrait:
    """One layer in numbers.

    Parameters
    ----------
    name, origin : str
    ties : int
        Distinct ties, as influence runs: two people who influence each other are one tie of an undirected layer,
        two of a directed one.
    directed : bool
    mean_contacts : float
        Distinct contacts per person, whichever way influence runs.
    weights : (float, float), optional
        Smallest and largest weight; None: all 1.
    counts : TieCounts
    """

    name: str
    origin: str
    ties: int
    directed: bool
    mean_contacts: float
    weights: tuple[float, float] | None
    counts: TieCounts


@dataclass(frozen=True)
class Portrait:
    """People and ties in numbers; contacts are distinct people over all layers, whichever way influence runs.

    Parameters
    ----------
    people : int
    left_out : int
        People of the file whom the population's `where` left out.
    layers : tuple of LayerPortrait
    columns : tuple of str
        A line about each column.
    mean_contacts, sd_contacts : float
    median_contacts : float
    most_contacts : int
    transitivity : float
        Share of all paths of two ties that a third one closes.
    mean_clustering : float
        Mean over people of the share of their contacts' pairs who are tied (0 below two contacts).
    components, largest_component : int
        Connected groups, people without contacts included; people in the largest.
    isolates : int
        People without any contact.
    """

    people: int
    left_out: int
    layers: tuple[LayerPortrait, ...]
    columns: tuple[str, ...]
    mean_contacts: float
    sd_contacts: float
    median_contacts: float
    most_contacts: int
    transitivity: float
    mean_clustering: float
    components: int
    largest_component: int
    isolates: int


def portrait(network: ContactNetwork, population: Population) -> Portrait:
    """Measure people and ties.

    Parameters
    ----------
    network : ContactNetwork
    population : Population

    Returns
    -------
    Portrait
    """
    n = network.n_persons
    pairs = network.pairs_in()
    degree = network.degree()
    clustering = local_clustering(pairs, n)
    sizes = components(pairs, n)
    return Portrait(
        people=n,
        left_out=int(population.left_out.size),
        layers=tuple(_layer(network, layer) for layer in network.layers.values()),
        columns=tuple(
            describe(column)
            for column in population.columns.values()
            # The ids themselves say nothing; a dotted name is that of thresholds drawn for a transition.
            if "." not in column.name and not np.array_equal(column.values, population.ids)
        ),
        mean_contacts=float(degree.mean()) if n else 0.0,
        sd_contacts=float(degree.std()) if n else 0.0,
        median_contacts=float(np.median(degree)) if n else 0.0,
        most_contacts=int(degree.max(initial=0)),
        transitivity=transitivity(clustering, degree),
        mean_clustering=float(clustering.mean()) if n else 0.0,
        components=int(sizes.size),
        largest_component=int(sizes.max(initial=0)),
        isolates=int((degree == 0).sum()),
    )


def lines(portrait: Portrait) -> list[str]:
    """Put a portrait into plain words, one thing a line.

    Parameters
    ----------
    portrait : Portrait

    Returns
    -------
    list of str
    """
    p = portrait
    said = [f"{_many(p.people, 'person', 'people')}" + (f" ({p.left_out:,} left out)" if p.left_out else "")]
    for layer in p.layers:
        said += _layer_lines(layer)
    columns = [f"columns: {'; '.join(p.columns)}"] if p.columns else []
    if not any(layer.ties for layer in p.layers):
        return [*said, "nobody has a contact", *columns]
    if sum(layer.ties > 0 for layer in p.layers) > 1:
        said.append(f"all layers together: {p.mean_contacts:.1f} contacts each on average")
    said += [
        f"contacts: half of the people have at most {p.median_contacts:g}, the best connected has "
        f"{p.most_contacts:,}; standard deviation {p.sd_contacts:.1f}",
        f"clustering: {100 * p.transitivity:.1f} % of the paths between contacts of one person are closed "
        f"(transitivity {p.transitivity:.4f}); mean over people {p.mean_clustering:.4f}",
        f"{_many(p.isolates, 'person has', 'people have')} no contact" if p.isolates else "everybody has a contact",
    ]
    if p.components == 1:
        said.append("everybody is connected to everybody, directly or through others")
    else:
        apart = p.components - p.isolates
        said.append(
            f"{_many(apart, 'connected group', 'connected groups')} of two or more people; the largest has "
            f"{p.largest_component:,} people"
        )
    return said + columns


def describe(column: Column) -> str:
    """Say in a line what is in a column."""
    if column.categories is None:
        known = column.values[~np.isnan(column.values)]
        if not known.size:
            return f"{column.name} no value"
        said = f"{_number(known.min())} to {_number(known.max())}, mean {_number(known.mean())}"
        missing = column.values.size - known.size
    else:
        counts = np.bincount(column.values[column.values >= 0], minlength=len(column.categories))
        percents = 100 * counts[:6] / max(int(counts.sum()), 1)
        shown = [f"{name} {percent:.1f} %" for name, percent in zip(column.categories, percents, strict=False)]
        more = f" and {len(counts) - 6} more categories" if len(counts) > 6 else ""
        said = ", ".join(shown) + more
        missing = int((column.values < 0).sum())
    return f"{column.name} {said}" + (f", {missing:,} missing" if missing else "")


def _layer(network: ContactNetwork, layer: Layer) -> LayerPortrait:
    weights = layer.weights
    spread = None if weights is None or not weights.size else (float(weights.min()), float(weights.max()))
    pairs = len(network.pairs_in((layer.name,)))
    mean = 2 * pairs / network.n_persons if network.n_persons else 0.0
    return LayerPortrait(layer.name, layer.origin, layer.n_ties, layer.directed, mean, spread, layer.counts)


def _layer_lines(layer: LayerPortrait) -> Iterable[str]:
    kind = "directed tie" if layer.directed else "tie"
    origin = f" ({layer.origin})" if layer.origin else ""
    if not layer.ties:
        yield f"no ties in `{layer.name}` to begin with{origin}"
    else:
        yield (
            f"{_many(layer.ties, kind, kind + 's')} in `{layer.name}`{origin}, "
            f"{layer.mean_contacts:.1f} contacts each on average"
        )
    if layer.weights is not None:
        yield f"  weights from {layer.weights[0]:g} to {layer.weights[1]:g}"
    counts = layer.counts
    if layer.origin == "file" or counts.self_ties or counts.duplicates or counts.mutual:
        row = "row" if layer.origin == "file" else "tie"
        what = "named each other" + ("" if layer.directed else ": one tie each")
        yield (
            f"  of {_many(counts.rows, row, row + 's')}: "
            f"{_many(counts.self_ties, 'self-tie', 'self-ties')} dropped, "
            f"{_many(counts.duplicates, f'repeated {row}', f'repeated {row}s')} merged, "
            f"{_many(counts.mutual, 'pair', 'pairs')} {what}"
        )
    if counts.strangers:
        yield f"  {_many(counts.strangers, 'row', 'rows')} dropped: one end is not among the people"
    if counts.outside:
        yield f"  {_many(counts.outside, 'row', 'rows')} left out, by a `where` of the ties or of the people"
    if counts.unused_columns:
        yield f"  columns not used: {', '.join(counts.unused_columns)}"


def _number(value: float) -> str:
    if not abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 1e4 else f"{value:.4g}"


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
