"""Cross-checks of behaviours: states, and who starts in them since when; transitions have a file of their own."""

from __future__ import annotations

from typing import Any

from scenarios import grammar
from scenarios.checking import LONGEST, Checker
from scenarios.checks_numbers import check_number
from scenarios.checks_transitions import check_transition
from simulator.behaviour import MOST_STATES
from simulator.conditions import ConditionError, parse
from simulator.errors import Place


def check_behaviours(checker: Checker) -> None:
    """Check every behaviour."""
    for name, behaviour in checker.spec.behaviours.items():
        if "behaviours" in checker.missing:
            return
        place: Place = ("behaviours", name)
        if name in checker.known.columns:
            hint = "conditions could not tell them apart; rename one of them"
            checker.add(f"`{name}` is a column and a behaviour", place, hint, on_key=True)
        if len(behaviour.states) > MOST_STATES:
            checker.add(f"`{name}` has {len(behaviour.states)} states", (*place, "states"), f"at most {MOST_STATES}")
        for i, state in enumerate(behaviour.states):
            if state in behaviour.states[:i]:
                checker.add(f"the state `{state}` is listed twice", (*place, "states", i))
        for state in behaviour.transitions:
            if state in behaviour.states:
                hint = "conditions and effects could not tell them apart; rename one of them"
                at = (*place, "transitions", state)
                checker.add(f"`{state}` is a state and a transition of `{name}`", at, hint, on_key=True)
        _check_initial(checker, behaviour, name, (*place, "initial"))
        for transition_name, transition in behaviour.transitions.items():
            check_transition(checker, name, behaviour, transition, (*place, "transitions", transition_name))


def _check_initial(checker: Checker, behaviour: grammar.Behaviour, name: str, place: Place) -> None:
    size = checker.n_people
    everybody = 0.0
    by_category: dict[tuple[str, str], float] = {}
    last: Place = place
    for state, given in behaviour.initial.items():
        at = (*place, state)
        if not checker.word(state, behaviour.states, f"state of `{name}`", at, on_key=True):
            continue
        since = getattr(given, "since", None)
        if since is not None:
            _check_since(checker, since, given, (*at, "since"))
        if isinstance(given, grammar.InitialWhere):
            why = "people start by their columns; states are not known yet"
            checker.condition(given.where, (*at, "where"), states=False, starts=False, why=why)
            checker.source(given.source, (*at, "source"))
        elif isinstance(given, grammar.InitialNumber):
            checker.source(given.source, (*at, "source"))
            if size is not None and given.number > size:
                checker.add(f"{given.number} people cannot start in `{state}`", (*at, "number"), f"there are {size}")
        else:
            check_number(checker, given, at, what="a share", most=1, by_state=False, ageing=True)
            if isinstance(given, grammar.ByCategory):
                for category, share in given.values.items():
                    key = (given.by, category)
                    by_category[key] = by_category.get(key, 0.0) + share
            elif isinstance(given, grammar.Value):
                everybody += given.value
            elif not isinstance(given, grammar.Uncertain):
                everybody += given
            last = at
    largest = max(by_category.values(), default=0.0) + everybody
    if largest > 1 + 1e-9:
        checker.add(
            f"initial shares of `{name}` add up to {largest:g}", last, "together they are at most 1", on_key=True
        )


def _check_since(checker: Checker, column: str, given: Any, place: Place) -> None:
    """Check the column of times at which people entered the state they start in: none lies after the beginning."""
    if not checker.numbers_in(column, place, "`since` needs times: -3 is 3 before time 0"):
        return
    begin = max(checker.begin, -LONGEST)
    hint = f"times count from time 0, in {checker.unit}s: "
    hint += "0 or below" if begin == 0 else f"{begin:g}, where the warm-up begins, or below"
    people, planned = checker.known.people, checker.spec.population.columns.get(column)
    if people is None or column not in people.columns:
        if planned is not None and planned.distribution is not None and (planned.max is None or planned.max > begin):
            checker.add(f"`{column}` may lie after the beginning", place, f"{hint}; give it `max: {begin:g}`")
        return
    values = people.columns[column].values
    if isinstance(given, grammar.InitialWhere):
        try:
            values = values[parse(given.where).mask(people.size, people.columns.__getitem__)]
        except (ConditionError, KeyError):
            return  # reported where it stands
    late, early = values[values > begin], values[values < -LONGEST]
    if late.size:
        message = f"`{column}` is after the beginning for {late.size} people, up to {late.max():g}"
        checker.add(message, place, hint)
    if early.size:
        checker.add(f"`{column}` is {early.min():g} for somebody", place, f"at least {-LONGEST:,.0f}")
