"""The slow twin's clocks: one process for each transition, layer, segment of ties and stratum of slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import naive_laws as laws
from naive_laws import every_transition

from simulator.behaviour import Behaviour, Transition
from simulator.world import World


@dataclass(frozen=True)
class Way:
    """Somebody whom a ring may move, because of whom (None: nobody, or not known yet), and how fast at most."""

    receiver: int
    sender: int | None
    hazard: float
    weight: float = 1.0


@dataclass(frozen=True)
class NaiveClock:
    """One Poisson process: each slot rings at rate `ceiling`, for any of its ways."""

    name: tuple[Any, ...]
    number: int
    behaviour: Behaviour
    transition: Transition
    ceiling: float
    slots: list[list[Way]]


def in_strata(
    name: tuple[str, ...], number: int, behaviour: Behaviour, transition: Transition, slots: list[list[Way]]
) -> list[NaiveClock]:
    """Split slots by how many times the largest hazard can be halved without falling below the slot's own."""
    hazard = [max(way.hazard for way in slot) for slot in slots]
    largest = max(hazard, default=0.0)
    strata: dict[int, list[list[Way]]] = {}
    for slot, h in zip(slots, hazard, strict=True):
        if h > 0:
            halvings = 0
            while largest / 2 ** (halvings + 1) >= h:
                halvings += 1
            strata.setdefault(halvings, []).append(slot)
    return [NaiveClock((*name, s), number, behaviour, transition, largest / 2**s, strata[s]) for s in sorted(strata)]


def person_clocks(world: World) -> list[NaiveClock]:
    """Clocks of all laws but `per_contact`: a slot is a person."""
    clocks = []
    for number, behaviour, transition in every_transition(world):
        if transition.law != "per_contact":
            d = laws.ceiling_factor(world, transition)
            people = range(world.population.size)
            slots = [[Way(i, None, laws.static_receiving(world, transition, i) * d)] for i in people]
            name = (behaviour.name, transition.name, transition.law, "", "")
            clocks += in_strata(name, number, behaviour, transition, slots)
    return clocks


def contact_clocks(
    world: World,
    layer: str,
    ties: list[tuple[int, int]],
    weights: list[float],
    *,
    directed: bool,
    segment: str = "",
) -> list[NaiveClock]:
    """Clocks of `per_contact`: a slot is a direction of a tie, or a tie where one direction at most can act."""
    clocks = []
    for number, behaviour, transition in every_transition(world):
        if transition.law != "per_contact" or layer not in transition.layers:
            continue
        source = transition.source
        assert source is not None
        d = laws.ceiling_factor(world, transition)
        receiving = [laws.static_receiving(world, transition, i) for i in range(world.population.size)]
        sending = [laws.static_sending(world, transition, i) for i in range(world.population.size)]
        one_slot = source.behaviour == behaviour.name and not set(source.states) & set(transition.from_states)
        slots: list[list[Way]] = []
        for (i, j), weight in zip(ties, weights, strict=True):
            weight *= transition.layers[layer]
            to_j = Way(j, i, receiving[j] * sending[i] * weight * d, weight)
            to_i = Way(i, j, receiving[i] * sending[j] * weight * d, weight)
            slots += [[to_j]] if directed else [[to_j, to_i]] if one_slot else [[to_j], [to_i]]
        name = (behaviour.name, transition.name, "per_contact", layer, segment)
        clocks += in_strata(name, number, behaviour, transition, slots)
    return clocks


def clocks_of(world: World) -> list[NaiveClock]:
    """All base clocks of a world."""
    clocks = person_clocks(world)
    for layer in world.network.layers.values():
        ties = [(int(i), int(j)) for i, j in layer.ties]
        weights = [1.0] * len(ties) if layer.weights is None else [float(w) for w in layer.weights]
        clocks += contact_clocks(world, layer.name, ties, weights, directed=layer.directed)
    return clocks
