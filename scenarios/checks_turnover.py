"""Cross-checks of people who enter and leave."""

from __future__ import annotations

from typing import Any

from scenarios import grammar
from scenarios.checking import LONGEST, Checker
from scenarios.checks_contacts import largest
from scenarios.checks_numbers import check_number
from scenarios.checks_transitions import COLUMNS_ONLY, check_rate, rate_in
from scenarios.worlds import column_plans
from simulator.errors import Place, allowed_words

MOST_ENTERING = 100_000_000
"""People who may enter within the horizon."""


def check_turnover(checker: Checker) -> None:
    """Check `population.enter` and `population.leave`; the columns of the people are known by then."""
    people = checker.spec.population
    if "population" in checker.missing:
        return
    if people.enter is not None:
        _check_enter(checker, people.enter, ("population", "enter"))
    if people.leave is not None:
        _check_leave(checker, people.leave, ("population", "leave"))


def _one_of(checker: Checker, given: grammar.Enter | grammar.Leave, place: Place, only_rate: tuple[str, ...]) -> None:
    """Check that there is either a rate or dates, and that what goes with a rate goes with a rate."""
    if (given.rate is None) == (given.at is None):
        found = "both" if given.rate is not None else "neither"
        hint = "a rate, or a column of times"
        checker.add(f"`{place[-1]}` needs either `rate` or `at`, found {found}", place, hint, on_key=True)
    for key in only_rate if given.rate is None else ():
        if getattr(given, key):
            checker.add(f"`{key}` goes with `rate` only", (*place, key), on_key=True)
    if given.at is not None:
        _check_dates(checker, given.at, (*place, "at"))


def _check_dates(checker: Checker, column: str, place: Place) -> None:
    if not checker.numbers_in(column, place, "times are numbers, in the scenario's unit from time 0 on"):
        return
    people = checker.known.people
    if people is not None and column in people.columns:
        values = people.columns[column].values
        beyond = values[abs(values) > LONGEST]
        if beyond.size:
            checker.add(f"`{column}` is {beyond[0]:g} for somebody", place, f"at most {LONGEST:,.0f}")


def _check_enter(checker: Checker, enter: grammar.Enter, place: Place) -> None:
    _one_of(checker, enter, place, ("columns", "states", "ties"))
    if enter.rate is not None:
        if isinstance(enter.rate, grammar.ByCategory | grammar.HazardRatio):
            hint = "people who enter have no column before they do; give one number, and `columns` for what they bring"
            checker.add("the rate of entry is one number", (*place, "rate"), hint)
        else:
            check_number(checker, enter.rate, (*place, "rate"), what="a rate", timed=True, series=True)
            _check_size(checker, enter.rate, (*place, "rate"))
    for name, column in enter.columns.items():
        _check_column(checker, name, column, (*place, "columns", name))
    for name, states in enter.states.items():
        at = (*place, "states", name)
        known = checker.known.behaviours
        if name in checker.known.broken_behaviours or checker.known.any_behaviour:
            continue
        if checker.word(name, list(known), "behaviour", at, on_key=True):
            for state in [states] if isinstance(states, str) else states:
                below = at if isinstance(states, str) else (*at, state)
                if state not in known[name]:
                    message = f"`{state}` is no state of `{name}`"
                    on_key = not isinstance(states, str)
                    checker.add(message, below, allowed_words(state, known[name]), on_key=on_key)
            if not isinstance(states, str) and sum(states.values()) <= 0:
                checker.add("the shares add up to nothing", at)
    for name, each in enter.ties.items():
        at = (*place, "ties", name)
        if checker.word(name, checker.known.layers, "layer", at, on_key=True):
            size = checker.known.people.size if checker.known.people else checker.spec.population.size
            if size is not None and each >= size:
                checker.add(f"{each} ties for each who enters, among {size} people", at, f"at most {size - 1}")


def _check_size(checker: Checker, rate: Any, place: Place) -> None:
    """Refuse more people than can be meant."""
    horizon, most = checker.horizon, largest(rate)
    if horizon is None or most is None:
        return
    expected = rate_in(checker, most, getattr(rate, "unit", None) or checker.unit)
    if expected * horizon > MOST_ENTERING:
        message = f"{expected * horizon:,.0f} people would enter by the end"
        place = (*place, "value") if isinstance(rate, grammar.Value) else place
        checker.add(message, place, f"at most {MOST_ENTERING:,}: is the unit right?")


def _check_column(checker: Checker, name: str, column: Any, place: Place) -> None:
    if not checker.column(name, place):
        return
    categories = checker.known.columns[name]
    if isinstance(column, grammar.Column):
        if column.from_ is not None:
            checker.add("people who enter have no file", (*place, "from"), on_key=True)
        elif column.ages is not None:
            hint = f"say so at `population.columns.{name}`"
            checker.add("`ages` is said once, for everybody", (*place, "ages"), hint, on_key=True)
        elif (column.categories is None) == (column.distribution is None):
            checker.add("exactly one of `categories` and `distribution` is needed", place, on_key=True)
        else:
            plan = column_plans({name: column})[name]
            checker.extend(plan.problems(), (*place, "categories") if column.categories is not None else place)
            if (categories is None) == (column.categories is not None):
                kind = "numbers" if categories is None else "words"
                checker.add(f"`{name}` holds {kind}", place, on_key=True)
            for category in column.categories or ():
                _check_category(checker, category, categories, name, (*place, "categories", category), on_key=True)
    elif categories is None:
        if isinstance(column, str):
            checker.add(f"`{name}` holds numbers, `{column}` is a word", place)
    else:
        word = column if isinstance(column, str) else f"{column:.15g}"
        _check_category(checker, word, categories, name, place, on_key=False)


def _check_category(
    checker: Checker, word: str, categories: tuple[str, ...] | None, name: str, place: Place, *, on_key: bool
) -> None:
    if categories and word not in categories:
        message = f"`{word}` is no category of `{name}`"
        checker.add(message, place, allowed_words(word, list(categories)), on_key=on_key)


def _check_leave(checker: Checker, leave: grammar.Leave, place: Place) -> None:
    _one_of(checker, leave, place, ("where", "susceptibility"))
    if leave.rate is None:
        return
    check_rate(checker, leave.rate, {"susceptibility": leave.susceptibility}, place)
    checker.condition(leave.where, (*place, "where"), starts=False, ageing=False, why=COLUMNS_ONLY)
    first = next(iter(checker.spec.behaviours), "")
    if "behaviours" not in checker.missing and "leave" in checker.spec.behaviours[first].transitions:
        hint = "its luck would be that of `population.leave`; rename it"
        at = ("behaviours", first, "transitions", "leave")
        checker.add("a transition of the first behaviour cannot be `leave` where people leave", at, hint, on_key=True)
