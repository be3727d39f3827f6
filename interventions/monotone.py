"""Whether a transition's rate moves one way with harm: what `protection` asks of every number that it depends on.

States of each behaviour stand in an order of harm; a transition leads towards harm (way 1) or away from it (way -1).
Where one person's states, and everybody else's, are at most as harmful in one run as in another under the same luck,
a rate towards harm must not be larger in the first, nor a rate away from harm smaller.

What everybody else's states change: weights of source states and influences by state, through the law. `proportion` and
`group` draw one contact by place, and the same one in both runs while nobody's list of contacts changes; so they
are as `per_contact` is. `response` adds contacts up, and what its table makes of the sum may rise or fall.

What a person's own states change: numbers by state, `where`, and the time since they entered a state. The more
harmful run may have entered state s earlier (the other one fell below s, and rose into it again) or later (it fell
into s from above, where the other one was already); which of the two can be depends on whether transitions lead up into
s, or down. Into the least harmful state they lead down only, into the most harmful one up only; so, with two
states, factors that do not increase with time are fine either way. Between, both can be, and only a constant is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

from simulator.behaviour import RESPONSE, SPONTANEOUS, Behaviour, ByState, PersonNumber, Transition
from simulator.conditions import Condition
from simulator.hazards import holds

Order = tuple[str, ...]
"""States of one behaviour from least to most harmful."""

TOWARDS, AWAY = 1, -1
MOST_COMPARISONS = 6
"""Comparisons with columns in one condition; beyond, their 2**6 answers are not gone through."""


def trend(values: Sequence[float]) -> int | None:
    """Return 1 where numbers rise and never fall, -1 where they fall and never rise, 0: constant, None: both."""
    ways = {1 if after > before else -1 for before, after in pairwise(values) if after != before}
    return None if len(ways) > 1 else next(iter(ways), 0)


def ways_of(transition: Transition, order: Order) -> frozenset[int]:
    """Return whether a transition leads towards harm, away from it, or, from two states, both."""
    after = order.index(transition.to_state)
    return frozenset(TOWARDS if after > order.index(before) else AWAY for before in transition.from_states)


def response_trend(transition: Transition) -> int | None:
    """Return how the rate moves with what is counted in contacts; 1 for every law but `response`."""
    if transition.law != RESPONSE:
        return 1
    assert transition.response is not None
    table = transition.response.table
    return trend([factor for _, factor in table]) if table else 1


def reads_of(transition: Transition, behaviours: Mapping[str, Behaviour]) -> list[str]:
    """Return the behaviours whose states, in a person or in others, change a transition's rate."""
    heeded = transition.source is not None and response_trend(transition) != 0
    read = [transition.source.behaviour] if transition.source is not None and heeded else []
    numbers = (transition.rate, *transition.susceptibility, *(transition.influence if heeded else ()))
    read += [n.behaviour for n in numbers if isinstance(n, ByState) and len(set(n.values.values())) > 1]
    if transition.where is not None:
        read += [name for name in behaviours if name in transition.where.columns]
    return list(dict.fromkeys(read))


def rate_reasons(behaviour: Behaviour, transition: Transition, orders: Mapping[str, Order]) -> Iterator[str]:
    """Yield why a rate does not move one way with harm: sentences without a full stop.

    Parameters
    ----------
    behaviour : Behaviour
        Whose transition it is.
    transition : Transition
    orders : mapping of str to Order
        Of all behaviours that the transition reads, and of its own.
    """
    order, name = orders[behaviour.name], f"`{behaviour.name}.{transition.name}`"
    for way in sorted(ways_of(transition, order), reverse=True):
        leads = f"{name} leads {'towards' if way == TOWARDS else 'away from'} harm"
        move = "raise" if way == TOWARDS else "lower"
        if transition.law != SPONTANEOUS:
            yield from _contact_reasons(name, leads, move, way, transition, orders)
        numbers = [transition.rate, *transition.susceptibility]
        for read, values in _by_behaviour(numbers, orders).items():
            if read != behaviour.name and trend(values) not in (0, way):
                yield f"{leads}, at a rate that harm in a person's own `{read}` does not {move}"
        if transition.where is not None:
            yield from _where_reasons(leads, move, way, behaviour, transition.where, transition, orders)
    yield from _time_reasons(name, behaviour, transition, order)


def _contact_reasons(
    name: str, leads: str, move: str, way: int, transition: Transition, orders: Mapping[str, Order]
) -> Iterator[str]:
    response = response_trend(transition)
    if response is None:
        yield f"the table of {name} both rises and falls"
        return
    if response == 0:
        return
    source = transition.source
    assert source is not None
    counted = dict(zip(source.states, source.weights or [1.0] * len(source.states), strict=True))
    for read, values in _by_behaviour(transition.influence, orders, {source.behaviour: counted}).items():
        if trend(values) in (0, way * response):
            continue
        if read == source.behaviour:
            said = " and ".join(f"`{source.behaviour}.{state}`" for state in source.states)
            yield f"{leads} and is driven by {said}, which harm in others does not {move}"
        else:
            yield f"{leads}, under an influence that harm in others' `{read}` does not {move}"


def _by_behaviour(
    numbers: Sequence[PersonNumber],
    orders: Mapping[str, Order],
    tables: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, list[float]]:
    """Multiply numbers that read the states of one behaviour, and give the product from least to most harmful."""
    found = {name: [table.get(state, 0.0) for state in orders[name]] for name, table in (tables or {}).items()}
    for number in numbers:
        if isinstance(number, ByState) and number.behaviour in orders:  # others are the same for all states
            order = orders[number.behaviour]
            before = found.get(number.behaviour, [1.0] * len(order))
            found[number.behaviour] = [x * number.values[state] for x, state in zip(before, order, strict=True)]
    return found


def _where_reasons(
    leads: str,
    move: str,
    way: int,
    behaviour: Behaviour,
    where: Condition,
    transition: Transition,
    orders: Mapping[str, Order],
) -> Iterator[str]:
    """Go through all answers on columns and all own states: does the condition move one way with each behaviour?"""
    read = [name for name in orders if name in where.columns and name != behaviour.name]
    if not read:
        return
    fixed = [part for part in where.comparisons if part.at_start or part.name not in orders]
    if len(fixed) > MOST_COMPARISONS:
        yield f"{leads}, `where` more than {MOST_COMPARISONS} comparisons hold, which are not gone through"
        return
    wrong = dict.fromkeys(read, False)
    for answers in product((False, True), repeat=len(fixed)):
        truth = dict(zip(fixed, answers, strict=True))
        for own in transition.from_states:
            for states in product(*(orders[name] for name in read)):
                now = {**dict(zip(read, states, strict=True)), behaviour.name: own}
                for name in read:
                    values = [float(holds(where.tree, truth, {**now, name: state})) for state in orders[name]]
                    wrong[name] |= trend(values) not in (0, way)
    for name in read:
        if wrong[name]:
            yield f"{leads}, `where` something holds that harm in a person's own `{name}` does not {move}"


def _time_reasons(name: str, behaviour: Behaviour, transition: Transition, order: Order) -> Iterator[str]:
    moves = trend([factor for _, factor in transition.time_in_state])
    if moves == 0:
        return
    entered = {TOWARDS: set[str](), AWAY: set[str]()}
    for one in behaviour.transitions:
        for way in ways_of(one, order):
            entered[way].add(one.to_state)
    after = order.index(transition.to_state)
    for state in transition.from_states:
        way = TOWARDS if after > order.index(state) else AWAY
        # `later`: the run with less harm may have entered the state later, so that less time has passed
        later, earlier = state in entered[TOWARDS], state in entered[AWAY]
        allowed = {0} if later and earlier else {0, way} if later else {0, -way} if earlier else {0, 1, -1, None}
        if moves not in allowed:
            yield f"the rate of {name} changes with the time since a person became `{state}`, which protection changes"
