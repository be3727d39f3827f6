"""Warnings of interventions: money that limits nobody, groups that never begin or have one member, endless waits.

All of it can be run; a planner hardly means it.
"""

from __future__ import annotations

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_contacts import interventions_with_places, largest
from scenarios.conversion import arm_items
from simulator.errors import Place

FREE = "say what it costs: cost: {per_treated: 50}"

BY_PERSON = ("per_reached", "per_treated", "per_time_treated", "per_tie")
"""Costs that grow with each person taken on."""


def warn_of_interventions(checker: Checker) -> None:
    """Look through the interventions of a scenario in which no mistake was found."""
    for place, given in interventions_with_places(checker.spec):
        _warn_of_times(checker, given, place)
        _warn_of_groups(checker, given, place)
        _warn_of_prices(checker, given, place)
    for arm, items in checker.spec.arms.items():
        if isinstance(items, grammar.BudgetedArm) and items.budget is not None:
            named = [
                checker.spec.interventions.get(each) if isinstance(each, str) else each for _, each in arm_items(items)
            ]
            if not any(_costs(each.cost) for each in named if isinstance(each, grammar.Intervention)):
                message = "this budget limits nobody: nothing that the arm does costs anything"
                checker.warn(message, ("arms", arm, "budget"), FREE, on_key=True)


def _costs(cost: grammar.Cost | None) -> list[str]:
    """Return the keys of a cost that are not 0."""
    return [] if cost is None else [key for key in type(cost).model_fields if largest(getattr(cost, key)) != 0]


def _warn_of_prices(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    prices = _costs(given.cost)
    if given.target is not None and given.target.budget is not None and not set(prices) & set(BY_PERSON):
        message = "this budget limits nobody: no person costs anything"
        checker.warn(message, (*place, "target", "budget"), FREE, on_key=True)
    if "per_tie" in prices and all(effect.ties is None for effect in given.effects.values()):
        hint = "its effect adds and rewires no ties"
        checker.warn("`per_tie` is never paid", (*place, "cost", "per_tie"), hint, on_key=True)


def _warn_of_times(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    horizon = checker.horizon
    if horizon is None:
        return
    begin = 0.0 if given.at is None or isinstance(given.at, tuple) else checker.duration(given.at)
    if given.every is not None and begin + checker.duration(given.every) >= horizon:
        checker.warn("it never repeats", (*place, "every"), f"the horizon is {horizon:g}")
    phase = given.phase
    if phase is None:
        return
    groups = phase.order if isinstance(phase.order, tuple) else checker.known.labels.get(phase.over, ())
    steps = -(-len(groups) // phase.groups)
    possible = 1 + int((horizon - begin - 1e-9) // checker.duration(phase.every))
    if possible < steps:
        message = f"only {possible * phase.groups:,} of {len(groups):,} groups begin before the end"
        checker.warn(message, (*place, "phase", "every"), f"the horizon is {horizon:g}")


def _warn_of_groups(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    found: list[tuple[str, Place]] = []
    if given.target is not None:
        groups = given.target.groups
        if isinstance(groups, grammar.GroupsBy):
            found.append((groups.by, ("target", "groups", "by")))
        elif groups is not None:
            found.append((groups, ("target", "groups")))
        if given.target.per is not None:
            found.append((given.target.per, ("target", "per")))
    if given.phase is not None:
        found.append((given.phase.over, ("phase", "over")))
    for word, at in found:
        if is_alone(checker, word):
            hint = "groups are people who have the same value; use a column of categories"
            checker.warn(f"nobody shares their `{word}` with anybody", (*place, *at), hint)


def is_alone(checker: Checker, column: str) -> bool:
    """Say whether everybody is known to have a value of a column for themselves."""
    if checker.most_people is None:  # whoever enters may share it
        return False
    people = checker.known.people
    if people is not None and column in people.columns:
        codes, labels = people.columns[column].groups()
        return len(labels) >= int((codes >= 0).sum())
    planned = checker.spec.population.columns.get(column)
    return planned is not None and planned.distribution is not None and planned.sd != 0
