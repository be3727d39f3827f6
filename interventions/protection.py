"""Whether protection can make nobody worse off: a property of a scenario, read off before it runs.

Arms share their luck (the same rings of the same clocks), so one may ask of each person, at each instant: is
their state in this arm at most as harmful as in the control? It is, in every replicate, when

1. the states of each behaviour stand in one order of harm, and transitions move between neighbours in it;
2. more harm in others, or in a person's other behaviours, never lowers a rate towards harm nor raises one away from
   it, and time in a state does not undo that (see `monotone`);
3. interventions only move people towards less harm, lower rates towards harm, raise rates away from it, and
   add ties that carry nothing but rates away from harm; where a law draws a contact or reads a share, no ties
   change, since other ties are other draws; nobody is rewired in a layer that carries anything;
4. the control does nothing; what runs in every arm does the same to the same people in all (see `background`);
5. nobody leaves at a rate that depends on states: then the same people are there in both arms, and are tied alike.

Then each ring keeps every person of the arm at or below the same person of the control (a monotone coupling
on the graphical representation of Harris 1978, doi:10.1214/aop/1176995523), whomever the interventions pick,
and whenever: picking people by their state in the arm at a later date does no harm, since nobody is picked in
the control. What is the same in both arms, person by person, may be anything: columns, hazard ratios, series, ageing.
Only behaviours that bear on the primary outcome are looked at: its own, those that its rates read, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, permutations, product
from typing import TYPE_CHECKING

from interventions.background import Arms, arms_of, differing
from interventions.monotone import AWAY, TOWARDS, Order, rate_reasons, reads_of, response_trend, ways_of
from simulator.behaviour import PROPORTION, Behaviour, ByColumn, ByState, HazardRatio, PersonNumber, Transition
from simulator.turnover import leaving

if TYPE_CHECKING:
    from interventions.specs import Effect, Intervention, NewTies
    from simulator.outcomes import Measure
    from simulator.turnover import Turnover

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
    orders : mapping of str to Order
        Where it holds: states of each behaviour that bears on the primary, from least to most harmful.
    """

    holds: bool
    reasons: tuple[str, ...] = ()
    orders: Mapping[str, Order] = field(default_factory=dict)


def protects(
    behaviours: Mapping[str, Behaviour],
    arms: Mapping[str, Sequence[Intervention]],
    control: str,
    measure: Measure,
    better: str,
    turnover: Turnover | None = None,
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
    turnover : Turnover, optional
        How people enter and leave.

    Returns
    -------
    Verdict
        Where states can be ordered by harm in several ways, one is enough; else, the reasons are those of the
        order that suits the rates best.
    """
    primary = behaviours.get(measure.behaviour)  # none for a measure that a package brings
    harmful = None if primary is None else harmful_states(measure, better, primary)
    if primary is None or harmful is None:
        reason = f"the primary outcome, a `{measure.kind}`, does not say which states are harmful"
        return Verdict(False, (reason,))
    relevant = _bearing_on(primary.name, behaviours)
    background = [one for one in arms[control] if one.background]
    reasons = [_control_reason(control)] if len(arms[control]) > len(background) else []
    leave = leaving(turnover, primary)
    reasons += [] if leave is None else [_leaving_reason(name) for name in reads_of(leave, behaviours)]
    choices: list[list[Order]] = []
    for behaviour in relevant.values():
        orders = _orders_of(behaviour, harmful if behaviour is primary else None)
        if not orders:
            reasons.append(_order_reason(behaviour, harmful if behaviour is primary else None))
        choices.append(orders)
    treating = [one for name, arm in arms.items() if name != control for one in arm if not one.background]
    others = arms_of(treating, behaviours)
    best: Mapping[str, Order] = {}
    if all(choices):
        ways = (dict(zip(relevant, way, strict=True)) for way in islice(product(*choices), MOST_ORDERS))
        best, found = _most_lenient((way, _reasons_under(way, relevant, treating, background, others)) for way in ways)
        reasons += found
    if reasons:
        return Verdict(False, tuple(dict.fromkeys(reasons)))  # two arms may give the same reason
    return Verdict(True, orders=best)


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
        read = [one for transition in behaviours[name].transitions for one in reads_of(transition, behaviours)]
        found += [one for one in dict.fromkeys(read) if one not in found]
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
    orders: Mapping[str, Order],
    behaviours: Mapping[str, Behaviour],
    interventions: Sequence[Intervention],
    background: Sequence[Intervention],
    arms: Arms,
) -> tuple[list[str], list[str]]:
    """Return what in the rates, and what in the interventions, breaks the rules if states are ordered so."""
    in_rates: list[str] = []
    known: dict[str, _Known] = {}
    for behaviour in behaviours.values():
        for transition in behaviour.transitions:
            in_rates += rate_reasons(behaviour, transition, orders)
            ways = ways_of(transition, orders[behaviour.name])
            known[f"{behaviour.name}.{transition.name}"] = _Known(transition, ways, response_trend(transition) or 0)
    in_interventions = [
        reason
        for intervention in interventions
        for effect in intervention.effects
        for reason in _effect_reasons(intervention.name, effect, orders, known)
    ]
    in_background = [reason for one in background for reason in differing(one, arms, orders)]
    return in_rates, in_interventions + in_background


@dataclass(frozen=True)
class _Known:
    """What matters to interventions of a transition: where it leads, and how it moves with what contacts add up to."""

    transition: Transition
    ways: frozenset[int]
    response: int

    @property
    def with_contacts(self) -> frozenset[int]:
        """Where more from contacts leads; away from what the transition itself leads to, if its table falls."""
        return frozenset(way * self.response for way in self.ways if self.response)

    def reads(self, layer: str) -> bool:
        """Say whether ties of a layer matter to it."""
        pooled = self.transition.law == PROPORTION or self.reads_share
        return layer in self.transition.layers and self.response != 0 and (pooled or self.transition.layers[layer] > 0)

    @property
    def reads_share(self) -> bool:
        response = self.transition.response
        return response is not None and response.reads == "share"


def _effect_reasons(
    name: str,
    effect: Effect,
    orders: Mapping[str, Order],
    known: Mapping[str, _Known],
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
    for transition, factor in effect.susceptibility.items():
        if transition in known:
            yield from _factor_reasons(name, "susceptibility to", transition, known[transition].ways, factor)
    for transition, factor in effect.influence.items():
        if transition in known:
            yield from _factor_reasons(name, "influence on", transition, known[transition].with_contacts, factor)
    if effect.ties is not None:
        yield from _tie_reasons(name, effect.ties, known)
    if effect.rewire is not None:
        for transition, one in known.items():
            if one.reads(effect.rewire.layer):
                yield f"`{name}` rewires ties of `{effect.rewire.layer}`, which `{transition}` reads"


def _factor_reasons(name: str, what: str, transition: str, ways: frozenset[int], factor: PersonNumber) -> Iterator[str]:
    values = _values(factor)
    if TOWARDS in ways and max(values) > 1:
        yield f"`{name}` raises {what} `{transition}`, so that more leads towards harm"
    if AWAY in ways and min(values) < 1:
        yield f"`{name}` lowers {what} `{transition}`, so that less leads away from harm"


def _tie_reasons(name: str, new: NewTies, known: Mapping[str, _Known]) -> Iterator[str]:
    for transition, one in known.items():
        if not one.reads(new.layer):
            continue
        if one.transition.law == PROPORTION or one.reads_share:
            yield f"`{name}` adds ties to `{new.layer}`, of which `{transition}` reads a share"
        elif TOWARDS in one.with_contacts and new.weight > 0:
            yield f"`{name}` adds ties to `{new.layer}`, which carry `{transition}` towards harm"


def _values(factor: PersonNumber) -> list[float]:
    if isinstance(factor, HazardRatio):
        return [0.0, float("inf")]
    return list(factor.values.values()) if isinstance(factor, ByColumn | ByState) else [factor]


def _most_lenient(
    ways: Iterator[tuple[Mapping[str, Order], tuple[list[str], list[str]]]],
) -> tuple[Mapping[str, Order], list[str]]:
    """Return the orders that suit the rates best and, of those, the interventions best, with their reasons."""
    best: tuple[Mapping[str, Order], tuple[list[str], list[str]]] | None = None
    for way in ways:
        if best is None or [len(part) for part in way[1]] < [len(part) for part in best[1]]:
            best = way
        if not any(best[1]):
            break
    assert best is not None
    return best[0], [reason for part in best[1] for reason in part]


def _control_reason(control: str) -> str:
    return f"the control, `{control}`, intervenes itself, so that arms may lack what it does"


def _leaving_reason(behaviour: str) -> str:
    return f"how soon people leave depends on `{behaviour}`, so that not the same people are there in both arms"


def _order_reason(behaviour: Behaviour, harmful: frozenset[str] | None) -> str:
    if len(behaviour.states) > MOST_STATES:
        return f"`{behaviour.name}` has more than {MOST_STATES} states, whose orders are not searched"
    last = ""
    if harmful:
        listed = ", ".join(f"`{state}`" for state in behaviour.states if state in harmful)
        last = f" with the harmful ({listed}) at one end"
    return f"the transitions of `{behaviour.name}` do not all move between neighbours in one order{last}"
