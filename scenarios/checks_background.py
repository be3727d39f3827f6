"""Cross-checks of the background: what runs in every arm is listed in none, and knows nothing of time 0 before it."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.conversion import arm_items, condition_of
from simulator.conditions import ConditionError
from simulator.errors import Place


def check_background(checker: Checker) -> None:
    """Check how the background goes with arms and with the start."""
    spec = checker.spec
    names = {name for name, _ in arm_items(spec.background or ())}
    for arm, given in spec.arms.items():
        place: Place = ("arms", arm, "interventions") if isinstance(given, grammar.BudgetedArm) else ("arms", arm)
        for i, (name, _) in enumerate(arm_items(given)):
            if name in names:
                hint = "leave it out here, or there; the same for this arm alone needs another name"
                checker.add(f"`{name}` runs in every arm already: it is in the background", (*place, i), hint)
    for i, (name, item) in enumerate(arm_items(spec.background or ())):
        one = spec.interventions.get(name) if isinstance(item, str) else item
        if isinstance(one, grammar.Intervention):
            where: Place = ("interventions", name) if isinstance(item, str) else ("background", i)
            _check_start(checker, one, where)


def _check_start(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    """Before time 0, nobody knows how people will be then."""
    times = given.at if isinstance(given.at, tuple) else () if given.at is None else (given.at,)
    if not any(checker.duration(time) < 0 for time in times):
        return
    for what, measure, at in _measures(given):
        if measure.kinds and measure.kind not in ("share", "count", "difference"):
            hint = "a share or a count; others are measured from time 0 on"
            checker.add(f"{what} reads `{measure.kind}` before time 0", (*place, *at, measure.kind), hint, on_key=True)
    for text, at in _conditions(given):
        try:
            condition = condition_of(text)
        except ConditionError:
            continue  # said elsewhere
        if condition is not None and condition.starts:
            name = min(condition.starts)
            hint = f"`{name}` is the state at the time; `start.` is the state at time 0, where the warm-up ends"
            checker.add(f"`start.{name}` is read before time 0", (*place, *at), hint)


def _measures(given: grammar.Intervention) -> Iterator[tuple[str, grammar.Measure, Place]]:
    """Yield what an intervention measures when it begins or picks people."""
    if given.when is not None:
        yield "`when`", given.when, ("when",)
    if given.target is not None and isinstance(given.target.rank, grammar.Measure):
        yield "a rank of groups", given.target.rank, ("target", "rank")
    if given.phase is not None and isinstance(given.phase.order, grammar.Measure):
        yield "the order of groups", given.phase.order, ("phase", "order")


def _conditions(given: grammar.Intervention) -> Iterator[tuple[str | None, Place]]:
    if given.target is not None:
        yield given.target.where, ("target", "where")
    if given.chain is not None:
        yield given.chain.where, ("chain", "where")
    for _, measure, at in _measures(given):
        yield measure.where, (*at, "where")
    for inside, effect in given.effects.items():
        if effect.ties is not None and effect.ties.add is not None:
            yield effect.ties.add.to, (*inside, "ties", "add", "to")
