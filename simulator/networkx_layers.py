"""Layers of ties that a generator of NetworkX makes: which there are, what each takes, and who its nodes are.

Only functions of ``networkx.generators`` are called, by their own names, with plain data: none takes a function, a
graph, a kind of graph or a file from a scenario.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Problem, SpecError, allowed_words
from simulator.merging import BOTH, INFLUENCES
from simulator.ties import Weight, layer_of_nodes, weighted

if TYPE_CHECKING:
    import networkx as nx

    from simulator.network import Layer
    from simulator.population import Population
    from simulator.streams import Draw

NOT_DATA = {
    *("G", "initial_graph", "create_using", "default"),
    *("kernel", "kernel_integral", "kernel_root", "metric", "p_dist"),
    *("pos_name", "weight_name", "seed"),
}
"""Parameters that a scenario cannot give: graphs, functions, names of attributes; and the seed, which is the draw's."""

NO_GRAPH = {
    "graph_atlas_g",
    "is_valid_directed_joint_degree",
    "is_valid_joint_degree",
    "nonisomorphic_trees",
    "number_of_nonisomorphic_trees",
    "random_powerlaw_tree_sequence",
}
"""Functions among the generators that return no graph."""

NOT_PEOPLE = {
    *("binomial_tree", "circular_ladder_graph", "dorogovtsev_goltsev_mendes_graph", "generalized_petersen_graph"),
    *("grid_2d_graph", "hexagonal_lattice_graph", "hypercube_graph", "kneser_graph", "ladder_graph"),
    *("lollipop_graph", "margulis_gabber_galil_graph", "mycielski_graph", "navigable_small_world_graph"),
    *("partial_duplication_graph", "random_cograph", "random_lobster", "random_lobster_graph", "star_graph"),
    *("tadpole_graph", "triangular_lattice_graph", "windmill_graph"),
}
"""Generators whose `n` is not the number of nodes, and has to be given."""


def networkx_generators() -> dict[str, Callable[..., Any]]:
    """Return the generators of NetworkX that a scenario may name, sorted by name."""
    import networkx.generators as there

    found: dict[str, Callable[..., Any]] = {}
    for name, function in sorted(vars(there).items()):
        module = getattr(function, "__module__", None) or ""
        if name in NO_GRAPH or inspect.isclass(function) or not module.startswith("networkx.generators."):
            continue
        needed = {key for key, each in _all_parameters(function).items() if each.default is each.empty}
        if not needed & NOT_DATA:
            found[name] = function
    return found


def argument_problems(generator: str, arguments: Mapping[str, Any]) -> list[Problem]:
    """Say what is wrong with the name of a generator of NetworkX, or with the names of its arguments.

    Parameters
    ----------
    generator : str
    arguments : mapping of str to anything
        An `n` may be left out where it is the number of people.

    Returns
    -------
    list of Problem
        Places are relative to the layer.
    """
    known = networkx_generators()
    if generator not in known:
        message = f"NetworkX has no generator `{generator}`"
        return [Problem(message, ("networkx",), allowed_words(generator, list(known)))]
    parameters = _parameters(known[generator])
    problems = []
    for key in arguments:
        if key == "seed":
            hint = "the ties follow `experiment.seed`"
            problems.append(Problem("`seed` is not given here", ("arguments", key), hint, on_key=True))
        elif key not in parameters:
            message = f"`{generator}` takes no `{key}`"
            problems.append(Problem(message, ("arguments", key), allowed_words(key, list(parameters)), on_key=True))
    lacking = [
        f"`{key}`"
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty
        and key not in arguments
        and not (key == "n" and generator not in NOT_PEOPLE)
    ]
    if lacking:
        where = ("arguments",) if arguments else ("networkx",)
        hint = f"it takes {', '.join(f'`{key}`' for key in parameters)}"
        problems.append(Problem(f"`{generator}` needs {' and '.join(lacking)}", where, hint))
    return problems


def networkx_layer(
    name: str,
    generator: str,
    arguments: Mapping[str, Any],
    population: Population,
    draw: Draw,
    influence: str | None = None,
    weight: Weight = None,
) -> Layer:
    """Make the ties of one layer by a generator of NetworkX.

    Nodes 0 … n-1 are the people in the order of their ids; nodes of any other name are, in the graph's order. What the
    graph says of its nodes is not read; what it says of its ties is kept, and ``weight`` is their weight. A generator
    that takes a seed gets 32 bits of the layer's key, so that it touches no global random state; another version of
    NetworkX may make another graph of it.

    Parameters
    ----------
    name : str
        The layer's name; it also names the random stream, so that two layers differ.
    generator : str
        One of `networkx_generators`.
    arguments : mapping of str to plain data
        Its arguments. An `n` that it needs is the number of people where it is left out.
    population : Population
    draw : Draw
        Of scope ``"network"``.
    influence : str, optional
        A key of `INFLUENCES`, of an arc source → target; needed for a directed graph, and for no other.
    weight : float or Distribution, optional
        In place of the graph's own weights.

    Returns
    -------
    Layer

    Raises
    ------
    SpecError
        If the generator or an argument is unknown, NetworkX refuses the arguments, the graph has not as many nodes as
        there are people, or it is directed and `influence` does not say how.
    """
    problems = argument_problems(generator, arguments)
    if problems:
        raise SpecError(problems)
    graph = _made(generator, arguments, population.size, draw.key("layer", name) >> 32)
    n = graph.number_of_nodes()
    if n != population.size:
        message = f"`{generator}` makes {n:,} people, and the population has {population.size:,}"
        raise SpecError(Problem(message, ("networkx",), "change its arguments, or `population.size`"))
    if graph.is_directed() and influence is None:
        message = f"`{generator}` makes a directed graph: say which way influence runs"
        raise SpecError(Problem(message, ("networkx",), f"`influence` is one of {', '.join(INFLUENCES)}"))
    if not graph.is_directed() and influence not in (None, BOTH):
        message = f"`{generator}` makes a graph without directions"
        raise SpecError(Problem(message, ("influence",), "leave `influence` out, or say `both`"))
    nodes = list(graph)
    numbered = all(type(node) is int for node in nodes) and set(nodes) == set(range(n))
    persons = np.array(nodes if numbered else range(n), np.int64)
    layer = layer_of_nodes(name, graph, persons, population, influence or BOTH)
    layer = replace(layer, namings=None, origin=f"networkx: {generator}")
    return weighted(layer, weight, population.size, draw)


def _made(generator: str, arguments: Mapping[str, Any], size: int, seed: int) -> nx.Graph:
    import networkx as nx

    function = networkx_generators()[generator]
    every = _all_parameters(function)
    given = copy.deepcopy(dict(arguments))
    if "seed" in every:
        given["seed"] = seed
    if "n" in every and every["n"].default is inspect.Parameter.empty:
        given.setdefault("n", size)
    spread: list[Any] = []
    for key, parameter in every.items():
        if parameter.kind is parameter.VAR_POSITIONAL and isinstance(given.get(key), list):
            spread = given.pop(key)
    try:
        graph = function(*spread, **given)
    except Exception as error:  # whatever a library says of arguments that it cannot use
        said = " ".join(str(error).split()) or type(error).__name__
        raise SpecError(Problem(f"NetworkX cannot make it: {said}", ("networkx",), "change its arguments")) from None
    if not isinstance(graph, nx.Graph):
        raise SpecError(Problem(f"`{generator}` makes no graph of these arguments", ("networkx",)))
    return graph


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return {key: each for key, each in _all_parameters(function).items() if key not in NOT_DATA}


def _all_parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    # The function itself: NetworkX wraps it, and what the wrapper adds chooses other programs to run.
    return inspect.signature(inspect.unwrap(function)).parameters
