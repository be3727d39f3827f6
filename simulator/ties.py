"""Layers of ties: read from a table or a NetworkX graph, or generated; repeats merged and counted, never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.distributions import Distribution
from simulator.errors import Problem, SpecError, allowed_columns, allowed_words
from simulator.merging import BOTH, INFLUENCES, SOURCE_TO_TARGET, check_weights, merge
from simulator.network import Layer, TieCounts, checked_pairs
from simulator.population import Column, Population, column_from_series, rows_where
from simulator.tables import canonical_ids, lines, match_ids

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from simulator.conditions import Condition
    from simulator.streams import Draw

Weight = float | str | Distribution | None
"""A number for all ties; the name of a column; a distribution; None: 1."""


def layer_from_table(
    name: str,
    frame: pd.DataFrame,
    population: Population,
    *,
    source: str,
    target: str,
    influence: str,
    weight: Weight = None,
    where: Condition | None = None,
    draw: Draw | None = None,
    drop_strangers: bool = False,
    directed: bool | None = None,
) -> Layer:
    """Read the ties of one layer from a table in which each row says "source named target".

    Rows of oneself are dropped; rows that repeat a pair are merged into one tie (under ``both`` also a pair named
    from both ends); rows that `where`, or the population's own `where`, excludes are left out. All are counted.

    Parameters
    ----------
    name : str
        The layer's name; it also names the stream from which weights are drawn.
    frame : DataFrame
        One row per naming, in any order.
    population : Population
    source, target : str
        Columns that hold ids of people; ``1002``, ``"1002"`` and ``1002.0`` are the same person.
    influence : str
        A key of `INFLUENCES`.
    weight : float, str or Distribution, optional
        A distribution gives each tie a weight that depends on the two people only.
    where : Condition, optional
        Keep only these rows of the table.
    draw : Draw, optional
        Of scope ``"network"``; needed where `weight` is a distribution.
    drop_strangers : bool
        Whether rows with an id that nobody has are dropped, and counted; else they are refused.
    directed : bool, optional
        What a graph file says of its ties; columns that are not used are then kept as attributes. None: it is none.

    Returns
    -------
    Layer

    Raises
    ------
    SpecError
        If a column is missing, an id is missing or unknown, influence is to run one way along undirected ties, a weight
        is missing, negative or not finite, or rows of one tie have different weights.
    """
    columns = [str(column) for column in frame.columns]
    weight_column = weight if isinstance(weight, str) else None
    problems = [
        Problem(f"the tie file has no column `{column}`", (place,), allowed_columns(column, columns))
        for place, column in (("source", source), ("target", target), ("weight", weight_column))
        if column is not None and column not in columns
    ]
    if influence not in INFLUENCES:
        allowed = allowed_words(influence, list(INFLUENCES))
        problems.append(Problem(f"unknown direction `{influence}`", ("influence",), allowed))
    elif directed is False and influence != BOTH:
        hint = "write influence: both"
        problems.append(
            Problem("the file's ties are undirected, so influence cannot run one way", ("influence",), hint)
        )
    if problems:
        raise SpecError(problems)

    rows = np.arange(len(frame))
    if where is not None:
        kept = rows_where(where, len(frame), columns, lambda column: column_from_series(column, frame[column]))
        rows = rows[kept]
    chosen = frame if where is None else frame.iloc[rows]
    namer = _persons(chosen[source], rows, frame, population, "source", drop_strangers)
    named = _persons(chosen[target], rows, frame, population, "target", drop_strangers)
    strangers = int(((namer == STRANGER) | (named == STRANGER)).sum())
    inside = (namer >= 0) & (named >= 0)
    if not inside.all():
        namer, named, rows = namer[inside], named[inside], rows[inside]
    weights = None
    if weight_column is not None:
        weights = _column_weights(chosen[weight_column].iloc[inside], rows, frame)

    used = {source, target, weight_column} | (set(where.columns) if where is not None else set())
    unused = tuple(column for column in columns if column not in used)
    known = {}
    if directed is not None:
        more = frame[list(unused)].iloc[rows].astype(object)
        known = {each: more[each].where(more[each].notna(), None).to_numpy() for each in unused}
    layer = merge(name, namer, named, influence, weights, lambda row: lines(rows[[row]], frame), population, known)
    outside = len(frame) - rows.size - strangers
    counts = replace(layer.counts, rows=len(frame), outside=outside, strangers=strangers, unused_columns=unused)
    layer = replace(layer, counts=counts, origin="file")
    return layer if weight_column is not None else weighted(layer, weight, population.size, draw)


def generated_layer(
    name: str,
    generator: str,
    n: int,
    params: Mapping[str, Any],
    draw: Draw,
    weight: Weight = None,
    columns: Mapping[str, Column] | None = None,
) -> Layer:
    """Generate the ties of one layer among n people.

    Parameters
    ----------
    name : str
        The layer's name; it also names the random stream, so that two layers differ.
    generator : str
        A name in the registry `generators.networks`.
    n : int
    params : mapping of str to number or str
        The generator's parameters; one that is a column is given by its name.
    draw : Draw
        Of scope ``"network"``.
    weight : float or Distribution, optional
    columns : mapping of str to Column, optional
        What is known of the n people.

    Returns
    -------
    Layer
        Undirected.

    Raises
    ------
    SpecError
        If the generator, a parameter or a column is unknown, a parameter is missing, or no such network exists.
    """
    from simulator.generating import columns_in
    from simulator.generators import networks, parameters

    if generator not in networks:
        raise SpecError(
            Problem(f"unknown generator `{generator}`", ("generator",), allowed_words(generator, networks.names()))
        )
    allowed = parameters(generator)
    problems = [
        Problem(f"`{generator}` has no parameter `{key}`", (key,), allowed_words(key, list(allowed)), on_key=True)
        for key in params
        if key not in allowed
    ]
    problems += [
        Problem(f"`{generator}` needs `{key}`", (), "")
        for key, required in allowed.items()
        if required and key not in params
    ]
    given, known = dict(params), columns or {}
    for key in columns_in(generator):
        if key in given:
            column = str(given[key])
            given[key] = known.get(column)
            if given[key] is None:
                problems.append(Problem(f"no column is named `{column}`", (key,), allowed_words(column, list(known))))
    if problems:
        raise SpecError(problems)
    ties = networks[generator](n, draw.key("layer", name), **given)
    if plugin := networks.plugin(generator):
        ties = checked_pairs(ties, n, f"the generator `{generator}` of the package `{plugin.package}`")
    layer = Layer(name, ties, counts=TieCounts(rows=len(ties)), origin=f"generated: {generator}")
    return weighted(layer, weight, n, draw)


def layer_from_networkx(
    name: str, graph: nx.Graph, population: Population | None = None, influence: str | None = None
) -> Layer:
    """Take the ties of one layer from a NetworkX graph, with weights and all other attributes.

    Parameters
    ----------
    name : str
    graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
        The attribute ``weight`` is the tie's weight, 1
        where it is absent. Ties that a multigraph repeats are merged.
    population : Population, optional
        Nodes are people by id; or, where people were merely generated and there are as many nodes, by sorted
        order. Default: the graph's own people, as `graphs.population_from_networkx` makes them.
    influence : str, optional
        A key of `INFLUENCES`: an arc u → v says that u named v, as a row of a file does. Default: an arc u → v of a
        directed graph says that u influences v, and nobody named anybody.

    Returns
    -------
    Layer

    Raises
    ------
    SpecError
        If a node is unknown, a weight is negative or no number, or repeated ties have different weights; if influence
        is to run one way along undirected ties.
    """
    from simulator.graphs import persons_of, population_from_networkx

    if influence not in (None, BOTH) and not graph.is_directed():
        hint = "write `both`, or make a DiGraph of it"
        raise SpecError(Problem("the graph is undirected, so influence cannot run one way", ("influence",), hint))

    if population is None:
        population = population_from_networkx(graph)
    persons = persons_of(graph, population)
    runs = influence or (SOURCE_TO_TARGET if graph.is_directed() else BOTH)
    layer = layer_of_nodes(name, graph, persons, population, runs)
    surveyed = influence is not None and graph.is_directed()
    return layer if surveyed else replace(layer, namings=None)


def layer_of_nodes(name: str, graph: nx.Graph, persons: np.ndarray, population: Population, influence: str) -> Layer:
    """Take the ties of one layer from a NetworkX graph whose nodes are known to be these people.

    Parameters
    ----------
    name : str
    graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
    persons : int64[n_nodes]
        Who each node is, in the graph's order; -1: somebody who is left out.
    population : Population
    influence : str
        A key of `INFLUENCES`; the source of an arc u → v is u.

    Returns
    -------
    Layer

    Raises
    ------
    SpecError
        If a weight is negative or no number, or repeated ties have different weights.
    """
    from simulator.graphs import adjacency

    one, two, attributes = adjacency(graph)
    inside = (persons[one] >= 0) & (persons[two] >= 0)
    one, two = persons[one[inside]], persons[two[inside]]
    attributes = {key: values[inside] for key, values in attributes.items()}
    weights = None
    if "weight" in attributes:
        given = attributes.pop("weight")
        try:
            weights = np.array([1.0 if value is None else value for value in given], np.float64)
        except (TypeError, ValueError):
            raise SpecError(Problem("a weight of the graph is not a number", ("networkx",))) from None
        check_weights(weights, lambda k: f"the tie {population.ids[one[k]]} – {population.ids[two[k]]}", "networkx")
    layer = merge(name, one, two, influence, weights, lambda row: "one arc", population, attributes)
    counts = replace(layer.counts, rows=inside.size, outside=int((~inside).sum()))
    return replace(layer, counts=counts, origin="networkx")


STRANGER = -2


def _persons(
    ids: pd.Series,
    rows: np.ndarray,
    frame: pd.DataFrame,
    population: Population,
    place: str,
    drop_strangers: bool,
) -> np.ndarray:
    """Return int64[n]: who is meant in each row; -1: somebody whom the population's `where` left out; or a stranger."""
    import pandas as pd

    codes = None
    if ids.dtype != np.int64:  # words take long to compare, and most people are named in many rows
        codes, distinct = pd.factorize(ids)
        if (codes < 0).any():
            raise SpecError(Problem(f"no {place} in {lines(rows[codes < 0], frame)} of the tie file", (place,)))
    wanted, _ = canonical_ids(ids if codes is None else distinct)
    persons = match_ids(wanted, population.ids)
    unknown = persons < 0
    if unknown.any() and population.left_out.size:
        unknown[unknown] = match_ids(wanted[unknown], population.left_out) < 0
    if drop_strangers:
        persons[unknown] = STRANGER
    elif unknown.any():
        strangers = np.unique(wanted[unknown])
        in_rows = wanted if codes is None else wanted[codes]
        first = [rows[np.flatnonzero(in_rows == stranger)[:1]] for stranger in strangers[:5]]
        shown = ", ".join(f"{who} ({lines(row, frame)})" for who, row in zip(strangers, first, strict=False))
        more = f" and {strangers.size - 5:,} more" if strangers.size > 5 else ""
        who = "id is" if strangers.size == 1 else "ids are"
        hint = "every end of a tie must be a person of the population; `strangers: drop` leaves such ties out"
        alike = _alike(strangers[:5], population.ids)
        if alike is not None:
            hint = f"the people have `{alike}`: ids must be written alike, with zeros, spaces and capitals"
        message = f"{strangers.size:,} {place} {who} not among the people: {shown}{more}"
        raise SpecError(Problem(message, (place,), hint))
    return persons if codes is None else persons[codes]


def _alike(strangers: np.ndarray, ids: np.ndarray) -> str | None:
    """Return an id that differs from a stranger's in capitals, spaces or leading zeros only, if there is one."""

    def plain(who: object) -> str:
        return str(who).strip().lstrip("0").casefold()

    wanted = set(map(plain, strangers))
    return next((str(who) for who in ids if plain(who) in wanted), None)


def _column_weights(values: pd.Series, rows: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(values.dtype):
        wordy = np.flatnonzero(pd.to_numeric(values.astype(str), errors="coerce").isna() & values.notna())
        first = f": `{values.iloc[wordy[0]]}` ({lines(rows[wordy[:1]], frame)})" if wordy.size else ""
        hint = "numbers have a decimal point, and stand without a unit"
        raise SpecError(Problem(f"`{values.name}` holds words, not weights{first}", ("weight",), hint))
    weights = values.to_numpy(np.float64, na_value=np.nan)
    check_weights(weights, lambda k: lines(rows[[k]], frame), "weight")
    return weights


def weighted(layer: Layer, weight: Weight, n: int, draw: Draw | None) -> Layer:
    """Give all ties a fixed weight, or each a drawn one that depends on the two people only; None: they stay."""
    if weight is None:
        return layer
    if weight == 1:
        return replace(layer, weights=None)
    if isinstance(weight, Distribution):
        if draw is None:
            raise ValueError("weights are to be drawn, but `draw` is None")
        one, two = layer.ties.astype(np.int64).T
        words = draw.words_at("weight", layer.name, indices=one * n + two)
        try:
            weights = weight.sample((words >> np.uint64(11)) * 2.0**-53)
        except SpecError as error:
            raise SpecError(Problem(p.message, ("weight", *p.place), p.hint) for p in error.problems) from None
        if (weights < 0).any():
            share = float((weights < 0).mean())
            said = f"{100 * share:.1f} % of the drawn weights are negative"
            raise SpecError(Problem(said, ("weight",), "add `min: 0`"))
    else:
        weights = np.full(layer.n_ties, weight, np.float64)
        check_weights(weights[:1], lambda k: "every tie", "weight")
    return replace(layer, weights=weights)
