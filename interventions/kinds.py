"""The kinds of intervention: four of Coiera's (2013) and Valente's (2012), and one comparator.

All kinds share the same parts (`interventions.specs`), so a kind holds no machinery: it is the label under
which reports compare strategies, and a check that the parts which make it that kind are there. A kind is a
function ``check(intervention) -> list[Problem]``, places relative to the intervention.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.errors import Problem
from simulator.registry import Registry

if TYPE_CHECKING:
    from interventions.specs import Intervention

Kind = Callable[["Intervention"], list[Problem]]
kinds: Registry[Kind] = Registry("kind of intervention")


@kinds.add("champions")
def check_champions(intervention: Intervention) -> list[Problem]:
    """Individuals picked for who they are or whom they know: leaders, friends of random people."""
    return _takes_no_groups(intervention)


@kinds.add("groups")
def check_groups(intervention: Intervention) -> list[Problem]:
    """Whole groups at once: villages, classes, wards, communities detected in the network."""
    if intervention.target.groups is None:
        hint = "add `groups:` with a column, or `groups: communities`"
        return [Problem("`groups` needs to know which groups", ("target",), hint)]
    return check_target(intervention)


@kinds.add("induction")
def check_induction(intervention: Intervention) -> list[Problem]:
    """Existing ties excited: word of mouth, snowballs, outreach by matched leaders, viral sharing, reminders."""
    problems = check_target(intervention)
    for place, effect in zip((("effect",), ("chain", "effect")), intervention.effects, strict=False):
        if effect.ties is not None or effect.rewire is not None:
            hint = "use `kind: alteration`, or excite existing ties by `influence`, `set` or a `chain`"
            problems.append(Problem("`induction` works through existing ties", (*place, "ties"), hint, on_key=True))
    return problems


@kinds.add("alteration")
def check_alteration(intervention: Intervention) -> list[Problem]:
    """The network itself changed, by its effect or that of its chain: buddies, helpers, new ties."""
    if all(effect.ties is None and effect.rewire is None for effect in intervention.effects):
        hint = "add `ties: {add: {…}}`, to its own effect or to that of its chain, or call it by another kind"
        return [Problem("`alteration` needs ties (or people) in its effect", ("effect",), hint)]
    return check_target(intervention)


@kinds.add("broadcast")
def check_broadcast(intervention: Intervention) -> list[Problem]:
    """Everybody, or everybody of a kind, whatever their ties: mass media, price, policy; the comparator."""
    return _takes_no_groups(intervention)


def check_target(intervention: Intervention) -> list[Problem]:
    """Say what in a target does not go together; true of every kind."""
    target = intervention.target
    problems = []
    if target.share is not None and target.number is not None:
        problems.append(Problem("a target has one cut", ("target", "number"), "`share` or `number`", on_key=True))
    if target.groups is not None and target.per is not None:
        hint = "`groups` takes whole groups, `per` cuts within each: use one of them"
        problems.append(Problem("`per` does not go with `groups`", ("target", "per"), hint, on_key=True))
    return problems


def _takes_no_groups(intervention: Intervention) -> list[Problem]:
    problems = check_target(intervention)
    if intervention.target.groups is not None:
        hint = "use `kind: groups`"
        message = f"`{intervention.kind}` picks people one by one"
        problems.append(Problem(message, ("target", "groups"), hint, on_key=True))
    return problems
