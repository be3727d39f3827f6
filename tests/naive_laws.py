"""The slow twin's reading of a transition: what its numbers, its conditions and its exposure law are worth.

Everything is worked out for one person at a time, whenever it is asked for. `Now` is what somebody's states are, by
behaviour, in words. Numbers are static (they never change in a run) or dynamic: read by the person's own states now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import floor, isnan, prod
from typing import Any

from simulator.behaviour import Behaviour, ByColumn, ByState, HazardRatio, PersonNumber, Response, Series, Transition
from simulator.condition_text import Both, Comparison, Either
from simulator.world import World

TICK_BITS = 40
ATTEMPTS = 32

Now = Mapping[str, str]
Entry = tuple[int, float]
"""A contact, and the weight with which they count."""


def every_transition(world: World) -> list[tuple[int, Behaviour, Transition]]:
    """All transitions of all behaviours, numbered through."""
    pairs = [(b, t) for b in world.behaviours.values() for t in b.transitions]
    return [(number, b, t) for number, (b, t) in enumerate(pairs)]


def ticks(time: float) -> int:
    return round(time * 2**TICK_BITS)


def rounded(x: float) -> float:
    """Twelve digits, so that every processor agrees."""
    return float(f"{x:.12g}")


# Numbers ------------------------------------------------------------------------------------------------------------


def in_words(world: World, column: str, person: int) -> str | None:
    """What a column says of a person, as a category; None: missing."""
    values, categories = world.population.columns[column].values, world.population.columns[column].categories
    if categories is not None:
        return categories[int(values[person])] if values[person] >= 0 else None
    return None if isnan(values[person]) else f"{values[person]:.15g}"


def static_number(world: World, number: PersonNumber, person: int) -> float:
    """The number without what may change: ByState counts 1, an ageing column is read at time 0."""
    if isinstance(number, ByState):
        return 1.0
    if isinstance(number, ByColumn):
        word = in_words(world, number.column, person)
        assert word is not None
        return float(number.values[word])
    if isinstance(number, HazardRatio):
        value = float(world.population.columns[number.column].values[person])
        assert not isnan(value)
        return rounded(number.ratio ** ((value - number.centre) / number.per))
    return float(number)


def own_number(number: PersonNumber, now: Now) -> float:
    """What the number adds by a person's own states."""
    return float(number.values[now[number.behaviour]]) if isinstance(number, ByState) else 1.0


def ageing(world: World, numbers: Sequence[PersonNumber], tick: int) -> float:
    """What hazard ratios have grown by since time 0, for everybody."""
    units = tick >> TICK_BITS
    grown = 1.0
    for number in numbers:
        if isinstance(number, HazardRatio):
            grown *= number.ratio ** (units * world.population.columns[number.column].per_time / number.per)
    return rounded(grown)


def receiving_numbers(transition: Transition) -> tuple[PersonNumber, ...]:
    return (transition.rate, *transition.susceptibility)


def satisfies(world: World, tree: Any, person: int, now: Now) -> bool:
    """Whether a condition's tree holds for a person; what is missing satisfies nothing but !=."""
    if isinstance(tree, Both):
        return all(satisfies(world, part, person, now) for part in tree.parts)
    if isinstance(tree, Either):
        return any(satisfies(world, part, person, now) for part in tree.parts)
    assert isinstance(tree, Comparison)
    assert not tree.at_start
    numbers = tree.name not in world.behaviours and world.population.columns[tree.name].categories is None
    if numbers:
        value: Any = float(world.population.columns[tree.name].values[person])
        missing, allowed = isnan(value), list(tree.values)
    else:
        value = now[tree.name] if tree.name in world.behaviours else in_words(world, tree.name, person)
        missing, allowed = value is None, [a if isinstance(a, str) else f"{a:.15g}" for a in tree.values]
    if missing:
        return tree.operator == "!="
    if tree.operator in ("==", "in"):
        return value in allowed
    if tree.operator in ("!=", "not in"):
        return value not in allowed
    first = allowed[0]
    return {"<": value < first, "<=": value <= first, ">": value > first, ">=": value >= first}[tree.operator]


def reads_states(world: World, transition: Transition) -> bool:
    where = transition.where
    return where is not None and any(part.name in world.behaviours for part in where.comparisons)


def where_holds(world: World, transition: Transition, person: int, now: Now) -> float:
    return 1.0 if transition.where is None or satisfies(world, transition.where.tree, person, now) else 0.0


def static_receiving(world: World, transition: Transition, person: int) -> float:
    s = 1.0
    for number in receiving_numbers(transition):
        s *= static_number(world, number, person)
    if not reads_states(world, transition):
        s *= where_holds(world, transition, person, {})
    return s


def own_receiving(world: World, transition: Transition, person: int, now: Now) -> float:
    o = 1.0
    for number in receiving_numbers(transition):
        o *= own_number(number, now)
    if reads_states(world, transition):
        o *= where_holds(world, transition, person, now)
    return o


def static_sending(world: World, transition: Transition, person: int) -> float:
    return prod((static_number(world, number, person) for number in transition.influence), start=1.0)


def own_sending(transition: Transition, now: Now) -> float:
    return prod((own_number(number, now) for number in transition.influence), start=1.0)


# What changes in time -----------------------------------------------------------------------------------------------


def step(points: Sequence[tuple[float, float]], at: float, scale: Callable[[float], float] = float) -> float:
    """The value of a step function: that of the last point at or before `at`; the first one's before all."""
    value = points[0][1]
    for x, y in points:
        if scale(x) <= at:
            value = y
    return value


def waning(transition: Transition, elapsed: int) -> float:
    """g, of the ticks since the person entered the state they are in."""
    return step(transition.time_in_state, elapsed, ticks) if transition.time_in_state else 1.0


def seasonal(series: Series, tick: int) -> float:
    at = tick if series.repeats_every is None else tick % ticks(series.repeats_every)
    return step(series.points, at, ticks)


# Whom a person meets ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Added:
    """A tie that an intervention added, and that is still there."""

    layer: str
    segment: str
    row: int
    ends: tuple[int, int]
    weight: float


def entries_of(world: World, transition: Transition, person: int, added: Sequence[Added]) -> list[Entry]:
    """All contacts of a person with their weights, layer by layer; one met twice is there twice."""
    entries = []
    for layer in world.network.layers.values():
        if layer.name in transition.layers:
            for row, (i, j) in enumerate(layer.ties.tolist()):
                weight = 1.0 if layer.weights is None else float(layer.weights[row])
                if j == person:
                    entries.append((i, weight * transition.layers[layer.name]))
                elif i == person and not layer.directed:
                    entries.append((j, weight * transition.layers[layer.name]))
    place = list(world.network.layers).index
    mine = [tie for tie in added if person in tie.ends and tie.layer in transition.layers]
    for tie in sorted(mine, key=lambda tie: (place(tie.layer), tie.segment, tie.row), reverse=True):
        other = tie.ends[1] if tie.ends[0] == person else tie.ends[0]
        entries.append((other, tie.weight * transition.layers[tie.layer]))
    return entries


def group_of(world: World, transition: Transition, person: int) -> list[int]:
    """Everybody who has the person's value of the column and counts, the person too."""
    group = transition.group
    assert group is not None
    mine = in_words(world, group.by, person)
    return [
        i
        for i in range(world.population.size)
        if mine is not None
        and in_words(world, group.by, i) == mine
        and (group.where is None or satisfies(world, group.where.tree, i, {}))
    ]


Words = Callable[[int], tuple[int, int, int, int]]
"""The block of random words of a ring's t-th attempt."""


def place_in(words: tuple[int, int, int, int], size: int) -> int:
    return (words[0] << 32 | words[1]) * size >> 64


Living = Callable[[int], bool]


def draw_contact(entries: Sequence[Entry], living: Living, words: Words) -> int | None:
    """Draw one living contact with probability proportional to weight."""
    most = max((weight for _, weight in entries), default=0.0)
    if most == 0:
        return None
    for attempt in range(1, ATTEMPTS + 1):
        block = words(attempt)
        contact, weight = entries[place_in(block, len(entries))]
        if living(contact) and block[2] / 2**32 < weight / most:
            return contact
    block, there = words(ATTEMPTS + 1), [(contact, weight) for contact, weight in entries if living(contact)]
    total = so_far = 0.0
    for _, weight in there:
        total += weight
    u = ((block[0] << 32 | block[1]) >> 11) * 2.0**-53 * total
    for contact, weight in there:
        so_far += weight
        if so_far > u:
            return contact
    return None


def draw_other(members: Sequence[int], person: int, living: Living, words: Words) -> int | None:
    """Draw one of the others in a group who are there."""
    others = [i for i in members if i != person and living(i)]
    if not others:
        return None
    for attempt in range(1, ATTEMPTS + 1):
        member = members[place_in(words(attempt), len(members))]
        if member in others:
            return member
    return others[place_in(words(ATTEMPTS + 1), len(others))]


def fixed(x: float) -> int:
    return floor(x * 2**32 + 0.5)


def factor_of(response: Response, threshold: float, value: float) -> float:
    """f, of a count or a share."""
    if not response.table:
        return 1.0 if value + 1e-9 >= threshold else 0.0
    if response.shape == "step":
        return step(response.table, value + 1e-9)
    if value >= response.table[-1][0]:
        return response.table[-1][1]
    for (x0, y0), (x1, y1) in zip(response.table, response.table[1:], strict=False):
        if x0 <= value < x1:
            return y0 + (value - x0) / (x1 - x0) * (y1 - y0)
    return response.table[0][1]


def threshold_of(world: World, response: Response, person: int) -> float:
    given = response.threshold
    return float(world.population.columns[given].values[person]) if isinstance(given, str) else float(given or 0.0)


# Ceilings -----------------------------------------------------------------------------------------------------------


def all_nows(world: World) -> Iterator[dict[str, str]]:
    """All states that one person may be in, reachable or not."""
    for states in product(*(b.states for b in world.behaviours.values())):
        yield dict(zip(world.behaviours, states, strict=True))


def largest_receiving(world: World, transition: Transition) -> float:
    """O: the own table's largest value, over all people and all states."""
    people = range(world.population.size) if reads_states(world, transition) else [0]
    return max(own_receiving(world, transition, person, now) for person in people for now in all_nows(world))


def ceiling_factor(world: World, transition: Transition) -> float:
    """D: the most that all that changes may multiply a slot's static part by, interventions and ageing apart."""
    d = largest_receiving(world, transition)
    source = transition.source
    if transition.law in ("per_contact", "proportion", "group"):
        d *= max(own_sending(transition, now) for now in all_nows(world))
        d *= max(source.weights) if source is not None and source.weights else 1.0
    d *= max((factor for _, factor in transition.time_in_state), default=1.0)
    for series in transition.series:
        d *= max(factor for _, factor in series.points)
    if transition.law in ("proportion", "group"):
        d *= max(static_sending(world, transition, j) for j in range(world.population.size))
    if transition.law == "response":
        assert transition.response is not None
        d *= max((factor for _, factor in transition.response.table), default=1.0)
    return d
