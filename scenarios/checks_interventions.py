"""Cross-checks of what is done: interventions, their targets, effects and costs, and the arms that use them."""

from __future__ import annotations

from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_chains import check_chain
from scenarios.checks_contacts import has_no_ties
from scenarios.checks_groups import check_groups, check_pairing
from scenarios.checks_knowledge import check_knowledge
from scenarios.checks_numbers import check_duration, check_number
from scenarios.checks_rules import check_rule
from scenarios.checks_schedule import check_again, check_once, check_times, check_uptake
from scenarios.conversion import arm_items, intervention_of
from simulator.behaviour import MOST_FACTOR
from simulator.errors import NotBuiltError, Place, SpecError, allowed_words, nearest

COST_KEYS = tuple(grammar.Cost.model_fields)


def check_interventions(checker: Checker) -> None:
    """Check the named interventions."""
    for name, given in checker.spec.interventions.items():
        if isinstance(given, grammar.Intervention):
            _check_intervention(checker, name, given, ("interventions", name))


def check_arms(checker: Checker) -> None:
    """Check what each arm does, and the background."""
    if checker.spec.background is not None:
        _check_items(checker, checker.spec.background, ("background",))
    if "arms" in checker.missing:
        return
    for arm, given in checker.spec.arms.items():
        place: Place = ("arms", arm)
        if isinstance(given, grammar.BudgetedArm):
            place = (*place, "interventions")
            if given.budget is not None:
                check_number(checker, given.budget, ("arms", arm, "budget"), what="a budget")
                _needs_currency(checker, ("arms", arm, "budget"))
        _check_items(checker, given, place)


def _check_items(checker: Checker, items: Any, place: Place) -> None:
    written_out: set[str] = set()
    for i, (name, item) in enumerate(arm_items(items)):
        at = (*place, i)
        if isinstance(item, str):
            checker.word(item, checker.known.interventions, "intervention", at)
            continue
        if name in written_out:
            hint = "say `name:` where an arm has two of a kind"
            checker.add(f"two interventions of this arm are named `{name}`", at, hint)
        elif name in checker.known.interventions:
            hint = "name the one that is meant, or say another `name:` here"
            checker.add(f"`interventions` has another `{name}`", at, hint)
        written_out.add(name)
        if isinstance(item, grammar.Intervention):
            _check_intervention(checker, name, item, at)
    check_once(checker, items, place)


def _check_intervention(checker: Checker, name: str, given: grammar.Intervention, place: Place) -> None:
    from interventions.kinds import kinds

    before = len(checker.problems)
    if given.kind not in kinds:
        hint = allowed_words(given.kind, kinds.names())
        checker.add(f"no kind of intervention is named `{given.kind}`", (*place, "kind"), hint)
    check_times(checker, given, place)
    check_again(checker, given, place)
    check_uptake(checker, given.uptake, (*place, "uptake"))
    for inside, effect in given.effects.items():
        _check_effect(checker, effect, (*place, *inside))
    check_chain(checker, given, place)
    _check_cost(checker, given.cost, (*place, "cost"))
    if given.target is not None:
        _check_target(checker, given.target, (*place, "target"))
        check_knowledge(checker, given, (*place, "target", "knowledge"))
    elif given.effect.people is None:
        checker.add("`target` is missing", place, "write `target: {}` for everybody", on_key=True)
    if len(checker.problems) > before or given.kind not in kinds:
        return
    try:
        converted = intervention_of(checker.spec, name, given)
    except (NotBuiltError, SpecError, AttributeError, TypeError):
        return  # it rests on a part that is broken, or not built: said elsewhere
    alters = any(effect.ties is not None or effect.people is not None for effect in given.effects.values())
    built = any(effect.ties is not None or effect.rewire is not None for effect in converted.effects)
    if given.kind == "alteration" and not alters:
        hint = "add `ties` or `people` to it, or to that of its chain, or call it by another kind"
        checker.add("`alteration` needs ties or people in its effect", (*place, "effect"), hint, on_key=True)
    elif given.kind != "alteration" or built:
        checker.extend(kinds[given.kind](converted), place)


def _check_effect(checker: Checker, effect: grammar.Effect, place: Place) -> None:
    known = checker.known
    for behaviour, setting in effect.set.items():
        at = (*place, "set", behaviour)
        if behaviour in known.broken_behaviours or known.any_behaviour:
            continue
        if not checker.word(behaviour, list(known.behaviours), "behaviour", at, on_key=True):
            continue
        states = known.behaviours[behaviour]
        for start, end in setting.items() if isinstance(setting, dict) else ((None, setting),):
            there = at if start is None else (*at, start)
            if start is not None and start not in states:
                message = f"`{start}` is no state of `{behaviour}`"
                checker.add(message, there, allowed_words(start, states), on_key=True)
            if end not in states:
                checker.add(f"`{end}` is no state of `{behaviour}`", there, allowed_words(end, states))
    for end in ("susceptibility", "influence"):
        for name, factor in getattr(effect, end).items():
            at = (*place, end, name)
            _check_transition_name(checker, name, at, needs_contacts=end == "influence")
            check_number(checker, factor, at, what="a factor")
            _check_size(checker, factor, at)
    if effect.ties is not None:
        _check_ties(checker, effect.ties, (*place, "ties"))
    if effect.for_ is not None:
        check_duration(checker, effect.for_, (*place, "for"), "`for`")
        if effect.half_life is not None:
            checker.add("`half_life` does not go with `for`", (*place, "half_life"), on_key=True)
        nothing_ends = effect.ties is None or (
            effect.ties.rewire is not None and len(effect.ties.model_fields_set) == 1
        )
        if not effect.susceptibility and not effect.influence and nothing_ends:
            hint = "`for` ends factors and new ties; `set` lasts (give the behaviour a transition back), `rewire` too"
            checker.add("`for` has nothing to end", (*place, "for"), hint, on_key=True)
    if effect.half_life is not None:
        check_duration(checker, effect.half_life, (*place, "half_life"), "`half_life`")
        if not effect.susceptibility and not effect.influence:
            hint = "factors fade: `susceptibility` and `influence`; ties last, or end after `for`"
            checker.add("`half_life` has nothing to fade", (*place, "half_life"), hint, on_key=True)
    if isinstance(effect.people, grammar.PeopleEffect):
        for behaviour, state in effect.people.add.states.items():
            checker.states(f"{behaviour}.{state}", (*place, "people", "add", "states", behaviour))


def _check_transition_name(checker: Checker, name: str, place: Place, *, needs_contacts: bool) -> None:
    known = checker.known
    behaviour, _, transition = name.partition(".")
    if known.any_behaviour or behaviour in known.broken_behaviours:
        return
    everything = [f"{each}.{one}" for each, names in known.transitions.items() for one in names]
    if behaviour in known.broken_transitions:
        return
    if name not in everything:
        hint = allowed_words(name, everything)
        meant = nearest(name, [each.partition(".")[2] for each in everything]) if not transition else None
        whole = next((each for each in everything if each.partition(".")[2] == meant), None)
        hint = hint if whole is None or hint.startswith("did you") else f"did you mean `{whole}`? {hint}"
        checker.add(f"no transition is named `{name}`", place, hint, on_key=True)
        return
    written = checker.spec.behaviours.get(behaviour)
    given = written.transitions.get(transition) if written is not None else None
    if needs_contacts and given is not None and all(getattr(given, law) is None for law in grammar.LAWS):
        hint = "influence is what contacts pass on; use `susceptibility`"
        checker.add(f"`{name}` happens on its own, without contacts", place, hint, on_key=True)


def _check_ties(checker: Checker, ties: grammar.TiesEffect, place: Place) -> None:
    if all(getattr(ties, key) is None for key in grammar.TiesEffect.model_fields):
        checker.add("`ties` does nothing", place, "allowed: add, remove, scale, rewire", on_key=True)
    for key in ("add", "remove", "scale", "rewire"):
        given = getattr(ties, key)
        if given is None:
            continue
        if given.layer is not None:
            checker.word(given.layer, checker.known.layers, "layer", (*place, key, "layer"))
        checker.condition(getattr(given, "to", None), (*place, key, "to"))
    if ties.rewire is not None and has_no_ties(checker, ties.rewire.layer):
        hint = "it exchanges ties that the layer has from the start; `add` makes new ones"
        checker.add(f"`{ties.rewire.layer}` has no ties to rewire", (*place, "rewire", "layer"), hint)
    if ties.add is not None:
        check_pairing(checker, ties.add, (*place, "add"))
    if ties.scale is not None:
        check_number(checker, ties.scale.by, (*place, "scale", "by"), what="a factor")


def _check_cost(checker: Checker, cost: grammar.Cost | None, place: Place) -> None:
    if cost is None:
        return
    for key in COST_KEYS:
        if key in cost.model_fields_set and getattr(cost, key) is not None:
            check_number(checker, getattr(cost, key), (*place, key), what="a cost")
    if cost.model_fields_set:
        _needs_currency(checker, place)


def _needs_currency(checker: Checker, place: Place) -> None:
    message, hint = "a cost needs a currency", "add `study: {currency: GBP, price_year: 2025}`"
    said = any(problem.message == message for problem in checker.problems)  # once is enough
    if checker.spec.study.currency is None and not said:
        checker.add(message, place, hint, on_key=True)


def _check_target(checker: Checker, target: grammar.Target, place: Place) -> None:
    checker.condition(target.where, (*place, "where"))
    cuts = [key for key in ("share", "number", "budget") if getattr(target, key) is not None]
    for key in cuts[1:]:
        checker.add(
            f"`{key}` is a second cut", (*place, key), f"it has `{cuts[0]}` already; one is enough", on_key=True
        )
    if target.budget is not None:
        check_number(checker, target.budget, (*place, "budget"), what="a budget")
        _needs_currency(checker, (*place, "budget"))
    check_groups(checker, target, place)
    if target.groups is None and not isinstance(target.rank, grammar.Measure):
        check_rule(checker, target, place)


def _check_size(checker: Checker, factor: object, place: Place) -> None:
    values = factor.values.values() if isinstance(factor, grammar.ByCategory) else [getattr(factor, "value", factor)]
    largest = max((value for value in values if isinstance(value, int | float)), default=0)
    if largest > MOST_FACTOR:
        hint = f"factors may multiply to at most {MOST_FACTOR:,}; raise the rate of the transition instead"
        checker.add(f"a factor of {largest:g}", place, hint)
