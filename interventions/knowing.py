"""The network as it is known: what a survey of some people tells of it, and how many are asked.

1. A random share of the people who are there is asked.
2. Each remembers some of the people they would name, names a random few of these, and sometimes somebody else instead.
3. A tie is known if either end named it; ties and namings keep their direction.

Each answer is drawn by itself, keyed by who is asked and whom they have in mind: whoever asks more people, for more
names, or meets fewer lapses of memory, gets the same answers and more. The replicate names the luck, no arm and no
intervention does, so that all who ask in the same way learn the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from interventions.cutting import place_in, rounded_share
from interventions.group_scores import TIE_SCORES
from interventions.groups import FOUND
from interventions.targeting import goes_by_ties, targets
from simulator.arguments import arguments
from simulator.network import ContactNetwork, Layer, TieCounts, distinct, pack, unpack
from simulator.network_now import among
from simulator.streams import first_of, scale
from simulator.units import to_ticks

if TYPE_CHECKING:
    from interventions.specs import Knowledge, Target
    from simulator.streams import Draw
    from simulator.world import Situation

NOBODY = -1


def as_known(situation: Situation, target: Target, occasion: int = 0) -> tuple[Situation, int]:
    """Return a situation as those see it who pick people, and how many people are asked for that.

    Parameters
    ----------
    situation : Situation
    target : Target
        Without `knowledge`, the network is known as it is now.
    occasion : int
        How many times the intervention acted before. A survey of an earlier date (`as_of`) is made once, for all
        occasions; any other is made anew each time, of the same people.

    Returns
    -------
    situation : Situation
        Its network, and all that it says of ties, are those that are known; everything else is as it is.
    asked : int
        See `n_asked`.
    """
    asked = n_asked(target, int(np.count_nonzero(situation.present)), occasion)
    return (as_seen(situation, target.knowledge) if looks_at_ties(target) else situation), asked


def as_seen(situation: Situation, knowledge: Knowledge | None) -> Situation:
    """Return a situation with the network that is known (None: as it is now) in place of the true one.

    Ties to people who are not there, since they have left or are still to come, count in neither; an earlier survey
    (`as_of`) may tell of some who have left since.
    """
    there = situation.present
    if knowledge is not None and knowledge.as_of is not None and not knowledge.perfect:
        network = observed(situation.network_at(to_ticks(knowledge.as_of)), knowledge, situation.draw, there)
    else:
        network = among(situation.network(), there)
        if knowledge is not None and not knowledge.perfect:
            network = observed(network, knowledge, situation.draw, there)
    if network is situation.world.network:
        return situation
    return replace(
        situation,
        world=replace(situation.world, network=network),
        tied_in=lambda layer: network.layers[layer].ties,
        network_at=lambda tick: network,
    )


def looks_at_ties(target: Target) -> bool:
    """Say whether it depends on the network who is picked; True where that cannot be told."""
    if target.per in FOUND:
        return True
    if target.groups is not None:
        return target.groups in FOUND or target.rank in TIE_SCORES
    return goes_by_ties(target.rank)


def n_asked(target: Target, n_there: int, occasion: int = 0) -> int:
    """Return how many people are asked on an occasion: in the survey, and by a rule that asks people itself.

    Parameters
    ----------
    target : Target
    n_there : int
        People who are there.
    occasion : int
        How many times the intervention acted before.
    """
    asked, knowledge = 0, target.knowledge
    if knowledge is not None and (knowledge.as_of is None or occasion == 0):
        asked += rounded_share(knowledge.asked, n_there)
    share = share_asked_by_rule(target)
    return asked if share is None else asked + rounded_share(share, n_there)


def share_asked_by_rule(target: Target) -> float | None:
    """Return the share of people whom a target's rule asks by itself; None: it asks nobody."""
    if target.groups is not None or target.rank not in targets:
        return None
    asked = arguments(targets[target.rank]).get("asked")
    return None if asked is None else float(target.parameters.get("asked", asked.default))


def observed(
    network: ContactNetwork, knowledge: Knowledge, draw: Draw, there: np.ndarray | None = None
) -> ContactNetwork:
    """Return what a survey tells of a network.

    Those asked name, in each layer that is asked about, the people whom they named in the survey that the layer
    comes from; in a layer that nobody surveyed, their contacts. Somebody known in several layers is one name,
    forgotten or named in all of them.

    Parameters
    ----------
    network : ContactNetwork
    knowledge : Knowledge
        `as_of` is not read: `network` is the one to ask about.
    draw : Draw
        The replicate's luck.
    there : bool[n_persons], optional
        Who can be asked, or named by mistake; None: everybody. (Who has left since an earlier date is remembered.)

    Returns
    -------
    ContactNetwork
        All layers of `network`, those not asked about without ties; `namings` hold what was said. Ties keep their
        weight; a person named by mistake gets the weight of the one whom the namer had in mind. Where everything
        comes to be known: `network` itself, so that nothing is worked out twice.
    """
    chosen = tuple(network.layers) if knowledge.layers is None else knowledge.layers
    if _everything(knowledge) and set(network.layers) <= set(chosen):
        return network
    there = np.ones(network.n_persons, bool) if there is None else there
    places = rounded_share(knowledge.asked, int(np.count_nonzero(there)))
    asked = np.zeros(network.n_persons, bool)
    asked[first_of(draw.words("knowledge", "asked", n=network.n_persons), there, places)] = True
    in_mind = {name: _in_mind(network.layers[name], asked) for name in chosen}
    pairs = distinct(np.concatenate([np.empty(0, np.int64), *in_mind.values()]))
    pairs = pairs[_uniforms(draw, "forgotten", pairs) >= knowledge.forgotten] if knowledge.forgotten else pairs
    if knowledge.names is not None:
        pairs = _first_names(draw, pairs, knowledge.names)
    named = _named(draw, pairs, knowledge.wrong, there)
    layers = {
        name: _told(layer, in_mind[name], pairs, named) if name in in_mind else _told_nothing(layer)
        for name, layer in network.layers.items()
    }
    same = all(_same(layers[name], layer) for name, layer in network.layers.items())
    return network if same else ContactNetwork(network.n_persons, layers)


def _everything(knowledge: Knowledge) -> bool:
    """Say whether everybody tells all there is to tell."""
    return knowledge.asked >= 1 and knowledge.names is None and not knowledge.forgotten and not knowledge.wrong


def _uniforms(draw: Draw, purpose: str, pairs: np.ndarray) -> np.ndarray:
    """Return float64[k] in [0, 1): one number for each packed (namer, person in mind)."""
    return (draw.words_at("knowledge", purpose, indices=pairs) >> np.uint64(11)) * 2.0**-53


def _in_mind(layer: Layer, asked: np.ndarray) -> np.ndarray:
    """Return int64[k], sorted: packed (namer, person) of all whom those asked could name in a layer."""
    ends = [layer.namings.T] if layer.namings is not None else [layer.ties.T, layer.ties.T[::-1]]
    rows = [np.flatnonzero(asked[namers]) for namers, _ in ends]
    return distinct(np.concatenate([pack(*pairs[:, given]) for pairs, given in zip(ends, rows, strict=True)]))


def _first_names(draw: Draw, pairs: np.ndarray, names: int) -> np.ndarray:
    """Return, of each namer's people in random order, the first few."""
    luck = draw.words_at("knowledge", "order", indices=pairs) >> np.uint64(32)
    order = np.argsort(pairs >> 32 << 32 | luck.astype(np.int64), kind="stable")
    return pairs[np.sort(order[place_in(pairs >> 32) < names])]  # each namer's people stay together


def _named(draw: Draw, pairs: np.ndarray, wrong: float, there: np.ndarray) -> np.ndarray:
    """Return int64[k]: who is named where a namer has somebody in mind; by mistake, any other person who is there.

    NOBODY where there is no other person.
    """
    namers, named = pairs >> 32, pairs & 0xFFFFFFFF
    mistaken = np.flatnonzero(_uniforms(draw, "wrong", pairs) < wrong) if wrong else np.empty(0, np.int64)
    if not mistaken.size:
        return named
    people = np.flatnonzero(there)
    namers, meant = namers[mistaken], named[mistaken]
    # Places, among those who are there, of the two who cannot be named: the namer, and the one in mind if there.
    left_out = np.sort(
        [np.searchsorted(people, namers), np.where(there[meant], np.searchsorted(people, meant), people.size)], axis=0
    )
    others = people.size - 1 - there[meant]
    place = scale(draw.words_at("knowledge", "instead", indices=pairs[mistaken]), others)
    for each in left_out:
        place += place >= each
    found = others > 0
    named[mistaken] = NOBODY
    named[mistaken[found]] = people[place[found]]
    return named


def _told(layer: Layer, in_mind: np.ndarray, pairs: np.ndarray, named: np.ndarray) -> Layer:
    """Return a layer as it was told: `named` says who is named for each of the sorted `pairs`."""
    place = _find(in_mind, pairs)
    said = (place >= 0) & (named[place] != NOBODY) if pairs.size else np.zeros(in_mind.size, bool)
    namers, meant, named = in_mind[said] >> 32, in_mind[said] & 0xFFFFFFFF, named[place[said]]
    keys = pack(*layer.ties.T)
    if layer.directed:
        along, against = _find(pack(namers, meant), keys), _find(pack(meant, namers), keys)
        if layer.namings is not None:  # each naming stands for one tie
            both = (along >= 0) & (against >= 0)
            (along if layer.against else against)[both] = NOBODY
        rows = np.concatenate([along, against])
        ends = np.concatenate([pack(namers, named), pack(named, namers)])
    else:
        rows = _find(pack(np.minimum(namers, meant), np.maximum(namers, meant)), keys)
        ends = pack(np.minimum(namers, named), np.maximum(namers, named))
    tied, right = rows >= 0, np.resize(named == meant, rows.size)
    rows, ends, right = rows[tied], ends[tied], right[tied]
    weights = np.ones(rows.size) if layer.weights is None else layer.weights[rows]
    # Of several who lead to one tie, one who is right says its weight; else the one whose weight is largest.
    order = np.lexsort((-weights, ~right, ends))
    ends, weights = ends[order], weights[order]
    first = np.append(True, ends[1:] != ends[:-1]) if ends.size else np.empty(0, bool)
    return replace(
        layer,
        ties=unpack(ends[first]),
        weights=None if layer.weights is None else weights[first],
        namings=unpack(distinct(pack(namers, named))),
        counts=TieCounts(),
        attributes={},
        origin="observed",
    )


def _told_nothing(layer: Layer) -> Layer:
    """Return a layer about which nobody is asked."""
    nothing = np.empty(0, np.int64)
    return _told(layer, nothing, nothing, nothing)


def _find(wanted: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return int64[k]: the place of each wanted number among sorted keys; NOBODY where it is not among them."""
    place = np.searchsorted(keys, wanted)
    inside = place < keys.size
    inside[inside] = keys[place[inside]] == wanted[inside]
    return np.where(inside, place, NOBODY)


def _same(told: Layer, layer: Layer) -> bool:
    """Say whether a layer as told is the layer."""
    if not np.array_equal(told.ties, layer.ties):
        return False
    namings = layer.namings
    if namings is None:
        namings = unpack(distinct(np.concatenate([pack(*layer.ties.T), pack(*layer.ties.T[::-1])])))
    pairs = [(told.namings, namings), (told.weights, layer.weights)]
    return all(one is other or np.array_equal(one, other) for one, other in pairs)  # type: ignore[arg-type]
