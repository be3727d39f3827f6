"""Whether protection can make nobody worse off: a property of a scenario, read off before it runs.

Arms share their luck (the same rings of the same clocks), so one may ask of each person, at each instant: is
their state in this arm at most as harmful as in the control? It is, in every replicate, when

1. the states of each behaviour stand in one order of harm, and transitions move between neighbours in it;
2. more harm in others never lowers a rate towards harm nor raises one away from it;
3. interventions only move people towards less harm, lower rates towards harm, raise rates away from it, and
   add ties that carry nothing but rates away from harm;
4. the control does nothing.

Then each ring keeps every person of the arm at or below the same person of the control (a monotone coupling
on the graphical representation of Harris 1978, doi:10.1214/aop/1176995523), whomever the interventions pick,
and whenever: picking people by their state in the arm at a later date does no harm, since nobody is picked in
the control. Only behaviours that bear on the primary outcome are looked at: its own, and those whose states
are sources of its transitions, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations, product
from typing import TYPE_CHECKING

from simulator.behaviour import (
    PER_CONTACT,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    HazardRatio,
    PersonNumber,
    Transition,
)

if TYPE_CHECKING:
    from interventions.specs import Effect, Intervention
    from simulator.outcomes import Measure

Order = tuple[str, ...]
"""States of one behaviour from least to most harmful."""

MOST_STATES = 7
MOST_ORDERS = 20_000
"""Beyond these, orders are not searched; no published model that we know comes near."""

PERSON_BY_PERSON = ("share", "count", "person_time", "first_entries")
"""Measures that do not fall when anybody's state gets more harmful, if they measure the harmful states."""


@dataclass(frozen=True)
class Verdict:
    """Whether a scenario is of the kind in which protection makes nobody worse off.

    Parameters
    ----------
    holds : bool
    reasons : tuple of str
        Why not: sentences without a full stop; empty where it holds.
    """

    holds: bool
    reasons: tuple[str, ...] = ()


def protects(
    behaviours: Mapping[str, Behaviour],
    arms: Mapping[str, Sequence[Intervention]],
    control: str,
    measure: Measure,
    better: str,
) -> Verdict:
    """Say whether nobody can be worse off in any arm than in the control.

    Parameters
    ----------
    behaviours : mapping of str to Behaviour
    arms : mapping of str to sequence of Intervention
        All arms, the control among them.
    control : str
        Name of the control arm.
    measure : Measure
        The primary outcome; with `better` it says which states are harmful.
    better : {"lower", "higher"}

    Returns
    -------
    Verdict
        Where states can be ordered by harm in several ways, one is enough; else, the reasons are those of the
        order that suits the rates best.
    """
    primary = behaviours[measure.behaviour]
    harmful = harmful_states(measure, better, primary)
    if harmful is None:
        reason = f"the primary outcome, a `{measure.kind}`, does not say which states are harmful"
        return Verdict(False, (reason,))
    relevant = _bearing_on(primary.name, behaviours)
    reasons = [_control_reason(control)] if arms[control] else []
    choices: list[list[Order]] = []
    for behaviour in relevant.values():
        orders = _orders_of(behaviour, harmful if behaviour is primary else None)
        if not orders:
            reasons.append(_order_reason(behaviour, harmful if behaviour is primary else None))
        choices.append(orders)
    treating = [one for name, arm in arms.items() if name != control for one in arm]
    if all(choices):
        ways = (
            _reasons_under(dict(zip(relevant, way, strict=True)), relevant, treating)
            for way in islice(product(*choices), MOST_ORDERS)
        )
        reasons += _most_lenient(ways)
    return Verdict(not reasons, tuple(dict.fromkeys(reasons)))  # two arms may give the same reason


def harmful_states(measure: Measure, better: str, behaviour: Behaviour) -> frozenset[str] | None:
    """Return the states that an outcome calls harmful; None where it calls none so.

    Parameters
    ----------
    measure : Measure
    better : {"lower", "higher"}
    behaviour : Behaviour
        The one that is measured.

    Returns
    -------
    frozenset of str, or None
        None for `entries` and `exits`, which cessation raises too, and for `difference`.
    """
    states = frozenset(measure.states)
    others = frozenset(behaviour.states) - states
    if measure.kind in PERSON_BY_PERSON:
        return states if better == "lower" else others
    if measure.kind == "time_to":  # the sooner the better: the states are what one hopes for
        return others if better == "lower" else states
    return None


def _bearing_on(primary: str, behaviours: Mapping[str, Behaviour]) -> dict[str, Behaviour]:
    """Return the primary behaviour and all whose states change its rates, directly or through others."""
    found = [primary]
    for name in found:
        sources = [t.source.behaviour for t in behaviours[name].transitions if t.source is not None]
        found += [source for source in dict.fromkeys(sources) if source not in found]
    return {name: behaviours[name] for name in found}


def _orders_of(behaviour: Behaviour, harmful: frozenset[str] | None) -> list[Order]:
    """Return the orders in which transitions move between neighbours and the harmful states come last."""
    if len(behaviour.states) > MOST_STATES:
        return []
    moves = [(start, t.to_state) for t in behaviour.transitions for start in t.from_states]
    return [
        order
        for order in permutations(behaviour.states)
        if all(abs(order.index(a) - order.index(b)) == 1 for a, b in moves)
        and (harmful is None or harmful == frozenset(order[len(order) - len(harmful) :]))
    ]


def _reasons_under(
    orders: Mapping[str, Order], behaviours: Mapping[str, Behaviour], interventions: Sequence[Intervention]
) -> tuple[list[str], list[str]]:
    """Return what in the rates, and what in the interventions, breaks the rules if states are ordered so."""
    directions: dict[str, set[int]] = {}
    carried: dict[str, list[str]] = {}
    in_rates: list[str] = []
    for behaviour in behaviours.values():
        for transition in behaviour.transitions:
            name = f"{behaviour.name}.{transition.name}"
            directions[name] = _directions(transition, orders[behaviour.name])
            in_rates += _rate_reasons(name, transition, directions[name], orders)
            for layer in transition.layers if 1 in directions[name] else ():
                if transition.layers[layer] > 0:
                    carried.setdefault(layer, []).append(name)
    in_interventions = [
        reason
        for intervention in interventions
        for reason in _effect_reasons(intervention.name, intervention.effect, orders, directions, carried)
    ]
    return in_rates, in_interventions


def _directions(transition: Transition, order: Order) -> set[int]:
    """Return whether a transition moves towards harm (1), away from it (-1), or, from two states, both."""
    after = order.index(transition.to_state)
    return {1 if after > order.index(before) else -1 for before in transition.from_states}


def _rate_reasons(
    name: str, transition: Transition, directions: set[int], orders: Mapping[str, Order]
) -> Iterator[str]:
    if transition.law == SPONTANEOUS:
        return
    if transition.law != PER_CONTACT or transition.source is None:
        yield f"the law of `{name}` is not known to be monotone"
        return
    order, states = orders[transition.source.behaviour], frozenset(transition.source.states)
    said = " and ".join(f"`{transition.source.behaviour}.{state}`" for state in transition.source.states)
    if 1 in directions and states != frozenset(order[len(order) - len(states) :]):
        yield f"`{name}` leads towards harm and is driven by {said}, which harm in others does not raise"
    if -1 in directions and states != frozenset(order[: len(states)]):
        yield f"`{name}` leads away from harm and is driven by {said}, which harm in others does not lower"


def _effect_reasons(
    name: str,
    effect: Effect,
    orders: Mapping[str, Order],
    directions: Mapping[str, set[int]],
    carried: Mapping[str, list[str]],
) -> Iterator[str]:
    for behaviour, change in effect.set.items():
        if behaviour not in orders:
            continue
        order = orders[behaviour]
        if isinstance(change, str):
            if change != order[0]:
                yield f"`{name}` sets people to `{behaviour}.{change}` who may be in a less harmful state"
        else:
            for before, after in change.items():
                if order.index(after) > order.index(before):
                    yield f"`{name}` moves people from `{before}` to `{after}`, which is more harmful"
    for what, factors in (("susceptibility to", effect.susceptibility), ("influence on", effect.influence)):
        for transition, factor in factors.items():
            values, ways = _values(factor), directions.get(transition, set())
            if 1 in ways and max(values) > 1:
                yield f"`{name}` raises {what} `{transition}`, which leads towards harm"
            if -1 in ways and min(values) < 1:
                yield f"`{name}` lowers {what} `{transition}`, which leads away from harm"
    if effect.ties is not None and effect.ties.weight > 0:
        for transition in carried.get(effect.ties.layer, ()):
            yield f"`{name}` adds ties to `{effect.ties.layer}`, which carry `{transition}` towards harm"


def _values(factor: PersonNumber) -> list[float]:
    if isinstance(factor, HazardRatio):
        return [0.0, float("inf")]
    return list(factor.values.values()) if isinstance(factor, ByColumn | ByState) else [factor]


def _most_lenient(ways: Iterator[tuple[list[str], list[str]]]) -> list[str]:
    """Return the reasons of the order that suits the rates best and, of those, the interventions best."""
    best: tuple[list[str], list[str]] | None = None
    for way in ways:
        if best is None or [len(part) for part in way] < [len(part) for part in best]:
            best = way
        if not any(best):
            break
    return [reason for part in best or () for reason in part]


def _control_reason(control: str) -> str:
    return f"the control, `{control}`, intervenes itself, so that arms may lack what it does"


def _order_reason(behaviour: Behaviour, harmful: frozenset[str] | None) -> str:
    if len(behaviour.states) > MOST_STATES:
        return f"`{behaviour.name}` has more than {MOST_STATES} states, whose orders are not searched"
    last = ""
    if harmful:
        listed = ", ".join(f"`{state}`" for state in behaviour.states if state in harmful)
        last = f" with the harmful ({listed}) at one end"
    return f"the transitions of `{behaviour.name}` do not all move between neighbours in one order{last}"
