"""What runs in every arm, the control too: how it is written down, and whether it is the same in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from interventions.groups import FOUND
from interventions.specs import ByContacts
from simulator.actions import Action, ActLater, Record
from simulator.behaviour import ByState

if TYPE_CHECKING:
    from interventions.specs import Effect, Intervention
    from simulator.behaviour import Behaviour
    from simulator.world import Situation

BACKGROUND = " (background)"
"""What the ledger adds to the actions of the background, so that nobody adds them to an arm's own."""

WITHOUT_TIES = ("random", "size", "smallest", "by_column", "low_threshold", "self_selected")
OF_THE_NETWORK = (
    *("betweenness", "bridging", "closeness", "constraint", "degree", "eigenvector", "gossip", "isolated", "k_core"),
    *("most_named", "nominated", "one_hop", "pagerank", "peripheral", "strength"),
    *("key_players_fragmentation", "key_players_reach", "reverse_reachable"),
)
"""Rules that pick the same people in all arms: they read neither states nor what arms did; the latter read ties."""


def uncounted(plan: Callable[[Situation], Sequence[Action]], situation: Situation) -> list[Action]:
    """Let what an intervention does be of the background: its people are nobody's targets, its cost is not counted.

    Parameters
    ----------
    plan : callable
        ``plan(situation) -> sequence of Action``.
    situation : Situation

    Returns
    -------
    list of Action
        The same, now and later, but for lines of the ledger, which say so and cost nothing.
    """
    actions: list[Action] = []
    for action in plan(situation):
        if isinstance(action, Record):
            actions.append(replace(action, action=f"{action.action}{BACKGROUND}", cost=0.0, background=True))
        elif isinstance(action, ActLater):
            actions.append(replace(action, plan=partial(uncounted, action.plan)))
        else:
            actions.append(action)
    return actions


@dataclass(frozen=True)
class Arms:
    """What may make the background differ between arms.

    Parameters
    ----------
    behaviours : mapping of str to Behaviour
        All of them: states may differ between arms.
    layers : frozenset of str
        Layers whose ties some arm changes.
    names : frozenset of str
        Interventions of the arms themselves.
    """

    behaviours: Mapping[str, Behaviour]
    layers: frozenset[str]
    names: frozenset[str]


def arms_of(treating: Iterable[Intervention], behaviours: Mapping[str, Behaviour]) -> Arms:
    """Return what the arms' own interventions may make different.

    Parameters
    ----------
    treating : iterable of Intervention
        Of all arms but the control, without the background.
    behaviours : mapping of str to Behaviour
        All of them.
    """
    found = list(treating)
    effects = [effect for one in found for effect in one.effects]
    layers = {part.layer for effect in effects for part in (effect.ties, effect.rewire) if part is not None}
    return Arms(behaviours, frozenset(layers), frozenset(one.name for one in found))


def differing(intervention: Intervention, arms: Arms, orders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield why a background intervention may do in one arm what it does not do, to the same people, in another.

    What it does before time 0 is the same in all arms, whatever it is.

    Parameters
    ----------
    intervention : Intervention
    arms : Arms
    orders : mapping of str to sequence of str
        States of the behaviours that matter, from least to most harmful.

    Yields
    ------
    str
        A sentence without a full stop.
    """
    name, goes_on = f"`{intervention.name}`", (intervention.every, intervention.when, intervention.phase)
    if goes_on == (None, None, None) and intervention.chain is None and all(time < 0 for time in intervention.at):
        return
    if intervention.when is not None:
        yield f"{name}, in the background, starts when a measure passes a level, which may be later in an arm"
    if intervention.chain is not None:
        yield f"{name}, in the background, is passed on from person to person, which may take another way in an arm"
    if _picks_by_state(intervention, arms):
        yield f"{name}, in the background, may reach other people in an arm, since who they are depends on states"
    elif _picks_by_network(intervention, arms):
        yield f"{name}, in the background, may reach other people in an arm, since arms change ties"
    yield from _effects(name, intervention.effect, arms, orders)


def _picks_by_state(intervention: Intervention, arms: Arms) -> bool:
    target, phase = intervention.target, intervention.phase
    rule = None if target.groups is not None else target.rank
    by_state = isinstance(intervention.uptake, ByState | ByContacts) or isinstance(intervention.drop_out, ByState)
    by_state |= target.where is not None and not target.where.columns.isdisjoint(arms.behaviours)
    by_state |= target.group_measure is not None or not arms.names.isdisjoint(target.exclude)
    by_state |= phase is not None and not isinstance(phase.order, str)
    return by_state or rule not in (None, *WITHOUT_TIES, *OF_THE_NETWORK)


def _picks_by_network(intervention: Intervention, arms: Arms) -> bool:
    target, phase = intervention.target, intervention.phase
    groups = {target.groups, target.per, None if phase is None else phase.over}
    return bool(arms.layers) and (target.rank not in WITHOUT_TIES or not groups.isdisjoint(FOUND))


def _effects(name: str, effect: Effect, arms: Arms, orders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for behaviour, change in effect.set.items():
        if behaviour not in orders:
            continue
        order = list(orders[behaviour])
        if not isinstance(change, str):
            after = [order.index(change.get(state, state)) for state in order]
            if any(later < earlier for earlier, later in pairwise(after)):
                yield f"{name}, in the background, moves people of `{behaviour}` past others who were worse off"
        entered = {change} if isinstance(change, str) else set(change.values())
        for one in arms.behaviours[behaviour].transitions:
            if not entered.isdisjoint(one.from_states) and len({factor for _, factor in one.time_in_state}) > 1:
                yield (
                    f"{name}, in the background, puts people into a state of `{behaviour}` in which others have been "
                    f"for longer, and the rate of `{behaviour}.{one.name}` changes with that time"
                )
    for which, factor in (*effect.susceptibility.items(), *effect.influence.items()):
        if isinstance(factor, ByState) and len(set(factor.values.values())) > 1:
            yield f"{name}, in the background, has a factor of `{which}` that depends on states when it acts"
    if effect.ties is not None:
        reads = frozenset[str]() if effect.ties.to is None else effect.ties.to.columns
        if effect.ties.layer in arms.layers or not reads.isdisjoint(arms.behaviours):
            yield f"{name}, in the background, may add other ties to `{effect.ties.layer}` in an arm"
    if effect.rewire is not None and effect.rewire.layer in arms.layers:
        yield f"{name}, in the background, may rewire other ties of `{effect.rewire.layer}` in an arm"
