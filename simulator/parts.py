"""A world from parts that were made in Python: a graph or a network, and behaviours; checked before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from simulator.behaviour import (
    GROUP,
    LAWS,
    MOST_STATES,
    PER_CONTACT,
    POOLED,
    RESPONSE,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    HazardRatio,
    Transition,
)
from simulator.conditions import check
from simulator.errors import Place, Problem, SpecError, allowed_words
from simulator.graphs import population_from_networkx
from simulator.network import ContactNetwork
from simulator.population import Population, rounded_share
from simulator.streams import Draw, first_of
from simulator.ties import layer_from_networkx
from simulator.world import World

if TYPE_CHECKING:
    from typing import TypeAlias

    import networkx

    Ties: TypeAlias = networkx.Graph | Mapping[str, networkx.Graph] | ContactNetwork

LAYER = "ties"
"""What the layer of a single graph is called."""

Initial = Mapping[str, Mapping[str, float | Collection[int | str]]]
"""Who starts in which state, by behaviour and state: a share of the people, or the ids of those who do."""


def world_of(ties: Ties, behaviours: Iterable[Behaviour]) -> tuple[World, np.ndarray]:
    """Put people, ties and behaviours together.

    Parameters
    ----------
    ties : networkx.Graph, mapping of str to networkx.Graph, or ContactNetwork
        A graph becomes one layer, `LAYER`; of several layers, the first graph says who the people are. Nodes are the
        people, their attributes become columns; an attribute with a behaviour's name is the state to start in.
    behaviours : iterable of Behaviour
        A transition that names no layers meets contacts in all of them.

    Returns
    -------
    world : World
    start : uint8[n_persons, n_behaviours]
        The first state, but for people whose node says another.

    Raises
    ------
    SpecError
        With all that is wrong; places are relative to the behaviours.
    """
    given = list(behaviours)
    people, network = _people_and_ties(ties)
    named = {behaviour.name for behaviour in given}
    columns = {name: column for name, column in people.columns.items() if name not in named}
    population = replace(people, columns=columns)
    problems = [*_problems(given, list(network.layers), population)]
    if problems:
        raise SpecError(problems)
    layers = dict.fromkeys(network.layers, 1.0)
    complete = {behaviour.name: _with_layers(behaviour, layers) for behaviour in given}
    world = World(population, network, complete)
    start = np.zeros((population.size, len(given)), np.uint8)
    for column, behaviour in enumerate(given):
        if behaviour.name in people.columns:
            codes, words = people.columns[behaviour.name].groups()
            unknown = [word for word in words if word not in behaviour.states]
            if unknown:
                hint = allowed_words(unknown[0], behaviour.states)
                message = f"a node of the graph is `{unknown[0]}`, which is no state of `{behaviour.name}`"
                raise SpecError(Problem(message, hint=hint))
            numbers = np.array([behaviour.code(word) for word in words] + [0], np.uint8)  # missing (-1): the first
            start[:, column] = numbers[codes]
    return world, start


def with_initial(world: World, start: np.ndarray, initial: Initial, draw: Draw) -> np.ndarray:
    """Put people into the states that they start in, beside those of whom their nodes said it.

    Ids come first; then shares, of all people, rounded, halves up, take others who would start in the first state. Who
    it is depends on the behaviour's name and the replicate.

    Parameters
    ----------
    world : World
    start : uint8[n_persons, n_behaviours]
    initial : Initial
    draw : Draw
        Of scope "replicate".

    Returns
    -------
    uint8[n_persons, n_behaviours]

    Raises
    ------
    SpecError
        If a behaviour, state or id is unknown, or there are not enough people.
    """
    start = start.copy()
    size = world.population.size
    for name, states in initial.items():
        if name not in world.behaviours:
            raise SpecError(
                Problem(f"there is no behaviour `{name}`", hint=allowed_words(name, list(world.behaviours)))
            )
        behaviour, column = world.behaviours[name], world.column_of(name)
        unknown = [state for state in states if state not in behaviour.states]
        if unknown:
            hint = allowed_words(unknown[0], behaviour.states)
            raise SpecError(Problem(f"`{unknown[0]}` is no state of `{name}`", hint=hint))
        listed = {state: who for state, who in states.items() if not isinstance(who, int | float)}
        named = np.zeros(size, bool)
        for state, who in listed.items():
            persons = _indices(world.population, who)
            if named[persons].any():
                raise SpecError(f"somebody would start in `{state}` and in another state of `{name}`")
            start[persons, column] = behaviour.code(state)
            named[persons] = True
        free = ~named & (start[:, column] == 0)
        shares = Decimal(0)  # so far: rounding their sum lets shares that add up to 1 fill the town exactly
        words = draw.words("initial", name, n=size)
        for state in (state for state in behaviour.states if state in states and state not in listed):
            share = Decimal(str(states[state]))
            if not 0 <= share <= 1:
                raise SpecError(Problem(f"`{name}` cannot start with a share of {share} in `{state}`", hint="0 to 1"))
            wanted = rounded_share(float(shares + share), size) - rounded_share(float(shares), size)
            shares += share
            left = int(np.count_nonzero(free))
            if wanted > left:
                raise SpecError(f"{wanted} people are to start in `{state}` of `{name}`, but {left} are left")
            chosen = first_of(words, free, wanted)
            start[chosen, column] = behaviour.code(state)
            free[chosen] = False
    return start


def _people_and_ties(ties: Ties) -> tuple[Population, ContactNetwork]:
    if isinstance(ties, ContactNetwork):
        return Population(np.arange(ties.n_persons)), ties
    graphs = ties if isinstance(ties, Mapping) else {LAYER: ties}
    if not graphs:
        raise SpecError("there is no graph, and so there are no people")
    people = population_from_networkx(next(iter(graphs.values())))
    layers = {name: layer_from_networkx(name, graph, people) for name, graph in graphs.items()}
    return people, ContactNetwork(people.size, layers)


def _indices(population: Population, ids: Collection[int | str]) -> list[int]:
    known = {person: index for index, person in enumerate(population.ids.tolist())}
    asked = [person if person in known else str(person) for person in ids]
    unknown = [person for person in asked if person not in known]
    if unknown:
        raise SpecError(f"nobody has the id `{unknown[0]}`")
    return [known[person] for person in asked]


def _with_layers(behaviour: Behaviour, layers: Mapping[str, float]) -> Behaviour:
    transitions = tuple(
        replace(each, layers=layers) if each.law in (PER_CONTACT, *POOLED) and not each.layers else each
        for each in behaviour.transitions
    )
    return replace(behaviour, transitions=transitions)


def _problems(behaviours: Sequence[Behaviour], layers: Sequence[str], people: Population) -> Iterator[Problem]:
    states = {behaviour.name: behaviour.states for behaviour in behaviours}
    if not behaviours:
        yield Problem("there is no behaviour", hint="at least one is needed")
    for behaviour in behaviours:
        place = (behaviour.name,)
        if sum(each.name == behaviour.name for each in behaviours) > 1:
            yield Problem("two behaviours have this name", place)
        if not 0 < len(behaviour.states) <= MOST_STATES or len(set(behaviour.states)) < len(behaviour.states):
            yield Problem(f"the states are {list(behaviour.states)}", place, f"1 to {MOST_STATES} different names")
        names = [each.name for each in behaviour.transitions]
        for transition in behaviour.transitions:
            inside = (*place, "transitions", transition.name)
            if names.count(transition.name) > 1 or transition.name in behaviour.states:
                yield Problem("a transition needs a name of its own", inside)
            yield from _problems_of(behaviour, transition, states, layers, people, inside)


def _problems_of(
    behaviour: Behaviour,
    transition: Transition,
    states: Mapping[str, tuple[str, ...]],
    layers: Sequence[str],
    people: Population,
    place: Place,
) -> Iterator[Problem]:
    def word(given: str, allowed: Iterable[str], what: str) -> Iterator[Problem]:
        if given not in (words := list(allowed)):
            yield Problem(f"there is no {what} `{given}`", place, allowed_words(str(given), words))

    for state in (*transition.from_states, transition.to_state):
        yield from word(state, behaviour.states, "state")
    if transition.to_state in transition.from_states:
        yield Problem(f"`{transition.to_state}` is both left and entered", place)
    yield from word(transition.law, LAWS, "law")
    source = transition.source
    if (source is None) != (transition.law == SPONTANEOUS):
        hint = "all laws but `spontaneous` count contacts in a source"
        yield Problem(f"`{transition.law}` {'needs a' if source is None else 'takes no'} source", place, hint)
    elif source is not None and source.behaviour not in states:
        yield from word(source.behaviour, states, "behaviour")
    elif source is not None:
        for state in source.states:
            yield from word(state, states[source.behaviour], f"state of `{source.behaviour}`")
    for layer in transition.layers:
        yield from word(layer, layers, "layer")
    needed = {GROUP: transition.group, RESPONSE: transition.response}
    for law, part in needed.items():
        if (transition.law == law) != (part is not None):
            yield Problem(f"a `{law}` goes with the law `{law}`, and with no other", place)
    if transition.group is not None:
        yield from word(transition.group.by, people.columns, "column")
    for number in (transition.rate, *transition.susceptibility, *transition.influence):
        if isinstance(number, ByState):
            yield from word(number.behaviour, states, "behaviour")
        elif isinstance(number, ByColumn | HazardRatio):
            yield from word(number.column, people.columns, "column")
        elif not 0 <= number < np.inf:
            yield Problem(f"a rate or a factor is {number}", place, "it must be a number, 0 or more")
    if transition.where is not None:
        columns = {name: column.categories for name, column in people.columns.items()}
        for message, hint, _ in check(transition.where, columns, states):
            yield Problem(message, place, hint)
