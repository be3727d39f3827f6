"""People in words: who begins in which state, who enters and leaves, and what happens before time 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from experiments.plan.behaviours import by_date
from experiments.plan.phrases import (
    MOST_CATEGORIES,
    States,
    a,
    count_word,
    differs_by,
    duration,
    in_times,
    rate_in_words,
    state_label,
    who,
)
from experiments.wording import listed, listed_few, percent, plain_label, plain_number, plural
from simulator.behaviour import ByColumn, ByState

if TYPE_CHECKING:
    import numpy as np

    from scenarios.grammar import ScenarioSpec
    from simulator.behaviour import Behaviour
    from simulator.turnover import Leave


def begin_lines(
    spec: ScenarioSpec, behaviours: Mapping[str, Behaviour], name: str, states: np.ndarray | None
) -> Iterator[str]:
    """Yield who begins in which state of a behaviour.

    Parameters
    ----------
    spec : ScenarioSpec
    behaviours : mapping of str to Behaviour
    name : str
        The behaviour.
    states : uint8[n_persons, n_behaviours], optional
        In which people begin in the first replicate; None: no town was made.
    """
    from scenarios import grammar

    behaviour = behaviours[name]
    initial = spec.behaviours[name].initial
    if not initial:
        yield f"everybody starts {state_label(behaviour.states[0])}"
        return
    column = list(behaviours).index(name)
    for state, given in initial.items():
        said = _initial(given, state, States(behaviours, name))
        since = getattr(given, "since", None)
        since = f", since the time in `{since}`" if since is not None else ""
        count = ""
        if states is not None and not isinstance(given, grammar.InitialNumber):
            n = int((states[:, column] == behaviour.code(state)).sum())
            count = f": {n:,} of {len(states):,}"
        yield f"{said}{since}{count}"
    if behaviour.states[0] not in initial:
        yield f"all others start {state_label(behaviour.states[0])}"


def _initial(given: Any, state: str, states: States) -> str:
    from scenarios import grammar
    from scenarios.conversion import condition_of, person_number_of, quantity_of

    label = state_label(state)
    if isinstance(given, grammar.InitialNumber):
        start = "starts" if given.number == 1 else "start"
        return f"{plural(given.number, 'person', 'people')} picked at random {start} {label}"
    if isinstance(given, grammar.InitialWhere):
        return f"people {who(condition_of(given.where), states)} start {label}"
    if isinstance(given, grammar.InitialByCategory):
        number = person_number_of(given)
        assert isinstance(number, ByColumn)
        column = plain_label(number.column)
        named = {word: f"{column} {word}" if _is_number(word) else word for word in number.values}
        shares = [f"{percent(share)} of {named[word]}" for word, share in number.values.items()]
        people = "" if any(map(_is_number, number.values)) else " people"
        return f"{listed_few(shares, MOST_CATEGORIES)}{people} start {label}"
    return f"{percent(quantity_of(given))} of people start {label}"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def settled_lines(
    behaviours: Mapping[str, Behaviour], states: np.ndarray, warm_up: float, unit: str, *, acts: bool
) -> Iterator[str]:
    """Yield what the time before the start is, whether anything acts in it, and how people are in the end."""
    who = "only the background acts" if acts else "nobody intervenes"
    yield f"before the start, {duration(warm_up, unit)} pass in which {who}, the same in every arm"
    for column, behaviour in enumerate(behaviours.values()):
        here = states[states[:, column] < len(behaviour.states), column]
        counts = [f"{int((here == code).sum()):,} {state_label(state)}" for code, state in enumerate(behaviour.states)]
        yield f"{plain_label(behaviour.name)} at the start, in the first replicate: {listed(counts)}"


def turnover_lines(spec: ScenarioSpec, behaviours: Mapping[str, Behaviour], unit: str) -> Iterator[str]:
    """Yield how people age, enter and leave."""
    from scenarios.turnover import turnover_of

    for name, column in spec.population.columns.items():
        if column.ages:
            yield f"{plain_label(name)} grows by 1 a year"
    turnover = turnover_of(spec)
    if turnover is None:
        return
    enter, leave = turnover.enter, turnover.leave
    if enter is not None and enter.at is not None:
        yield f"people enter at the time in `{enter.at}`"
    elif enter is not None and enter.rate:
        series = f"; {by_date(enter.series, unit)}" if enter.series is not None else ""
        yield f"{plain_number(enter.rate)} people enter {a(unit)} on average{series}"
        given = spec.population.enter.columns if spec.population.enter is not None else {}
        set_to = [f"{plain_label(name)} {value}" for name, value in given.items() if isinstance(value, str)]
        set_to += [f"{plain_label(name)} {value:g}" for name, value in given.items() if isinstance(value, float | int)]
        if set_to:
            yield f"those who enter have {listed(set_to)}"
        for name, shares in enter.states.items():
            chances = listed([f"{percent(share)} {state_label(state)}" for state, share in shares.items()])
            yield f"of those who enter, {chances} ({plain_label(name)})"
        for layer, number in enter.ties.items():
            ties = "tie" if number == 1 else "ties"
            whom = "to people picked at random among those who are there"
            yield f"each who enters gets {count_word(number)} {ties} in {plain_label(layer)} {whom}"
    if leave is not None and leave.at is not None:
        yield f"people leave at the time in `{leave.at}`"
    elif leave is not None and leave.rate is not None:
        yield "; ".join(_leaving(leave, behaviours, unit))


def _leaving(leave: Leave, behaviours: Mapping[str, Behaviour], unit: str) -> Iterator[str]:
    where = who(leave.where, States(behaviours))
    people = f"of people {where}" if where else "of people"
    rate = leave.rate
    if isinstance(rate, ByColumn | ByState):
        rates = [f"{plain_label(word)} {percent(each)}" for word, each in rate.values.items()]
        yield f"{people}, these shares leave {a(unit)}: {listed_few(rates, MOST_CATEGORIES)}"
    elif isinstance(rate, float | int):
        yield f"{people}, {rate_in_words(rate, unit)} leave"
    for factor in leave.susceptibility:
        by = f"by {plain_label(differs_by(factor))}: " if differs_by(factor) else ""
        yield f"{by}{in_times(factor)}"
    yield from (by_date(series, unit) for series in leave.series)
