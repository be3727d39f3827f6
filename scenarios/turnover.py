"""People who enter and leave, from the grammar: the turnover of a scenario, and the places kept for those who enter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scenarios import grammar
from scenarios.conversion import condition_of, horizon_of, numbers_of, person_number_of, rate_of, series_of, warm_up_of
from simulator.errors import Problem, SpecError, allowed_words
from simulator.turnover import Enter, Leave, Turnover

if TYPE_CHECKING:
    from simulator.population import Column, Plan, Population
    from simulator.streams import Draw


def turnover_of(spec: grammar.ScenarioSpec) -> Turnover | None:
    """Return how people enter and leave; None where everybody stays."""
    people = spec.population
    if people.enter is None and people.leave is None:
        return None
    return Turnover(None if people.enter is None else _enter(spec, people.enter), _leave(spec, people.leave))


def _enter(spec: grammar.ScenarioSpec, given: grammar.Enter) -> Enter:
    if given.rate is None:
        return Enter(at=given.at)
    rate = rate_of(given.rate, spec.time.unit)
    assert isinstance(rate, float)
    return Enter(
        rate=rate,
        series=next(iter(series_of([given.rate])), None),
        states={name: {s: 1.0} if isinstance(s, str) else dict(s) for name, s in given.states.items()},
        ties=dict(given.ties),
    )


def _leave(spec: grammar.ScenarioSpec, given: grammar.Leave | None) -> Leave | None:
    if given is None:
        return None
    if given.rate is None:
        return Leave(at=given.at)
    susceptibility = numbers_of(given.susceptibility)
    return Leave(
        rate=rate_of(given.rate, spec.time.unit, spec.behaviours),
        where=condition_of(given.where),
        susceptibility=tuple(person_number_of(number, spec.behaviours) for number in susceptibility),
        series=series_of([given.rate, *susceptibility]),
    )


def with_places(spec: grammar.ScenarioSpec, people: Population, draw: Draw) -> Population:
    """Add the places of people who enter at a rate; people of other columns and ids stay as they are.

    Generated people's columns are drawn for places too, as if there had been more people; people from a file have the
    columns of a random person of the file. What `enter.columns` names is drawn, or set, anew.

    Parameters
    ----------
    spec : ScenarioSpec
    people : Population
    draw : Draw
        Of scope "network".
    """
    import numpy as np

    turnover = turnover_of(spec)
    if turnover is None or turnover.enter is None or not turnover.enter.rate:
        return people
    n_places = turnover.enter.places(horizon_of(spec) + warm_up_of(spec))
    alike = (draw.words("enter", "alike", n=n_places) % np.uint64(max(people.size, 1))).astype(np.int64)
    drawn = _drawn(spec, people.size + n_places, draw)
    columns = {
        name: replace(
            column,
            values=np.append(column.values, drawn[name].values[-n_places:] if name in drawn else column.values[alike]),
        )
        for name, column in people.columns.items()
    }
    enter = spec.population.enter
    assert enter is not None
    for name, given in enter.columns.items():
        columns[name] = _set(columns[name], given, n_places, draw)
    return replace(people, ids=_more_ids(people.ids, n_places), columns=columns, reserve=n_places)


def _drawn(spec: grammar.ScenarioSpec, size: int, draw: Draw) -> dict[str, Column]:
    """Draw the columns of generated people for more of them; each person's value is the same whatever the size."""
    from scenarios.worlds import column_plans
    from simulator.population import generate

    plans = column_plans(spec.population.columns)
    return dict(generate(size, plans, draw).columns) if plans else {}


def _set(column: Column, given: Any, n_places: int, draw: Draw) -> Column:
    """Set, or draw, what those who enter have in a column."""
    import numpy as np

    from scenarios.worlds import column_plans

    values = column.values.copy()
    place = ("enter", "columns", column.name)
    if isinstance(given, grammar.Column):
        plan: Plan = column_plans({column.name: given})[column.name]
        found: Any = plan.sample(draw.uniforms("enter", "column", column.name, n=n_places))
        if column.categories is not None:
            names = list(given.categories or {})
            found = np.array([_code(column, name, place) for name in names], np.int32)[found]
    elif column.categories is None:
        if isinstance(given, str):
            raise SpecError(Problem(f"`{column.name}` holds numbers, `{given}` is a word", place))
        found = float(given)
    else:
        found = _code(column, given if isinstance(given, str) else f"{given:.15g}", place)
    values[-n_places:] = found
    return replace(column, values=values)


def _code(column: Column, name: str, place: tuple[str, ...]) -> int:
    categories = column.categories or ()
    if name not in categories:
        raise SpecError(Problem(f"`{name}` is no category of `{column.name}`", place, allowed_words(name, categories)))
    return categories.index(name)


def _more_ids(ids: Any, n: int) -> Any:
    """Return ids with those of n more people: the next numbers, or words that nobody has."""
    import numpy as np

    if ids.dtype == np.int64:
        first = int(ids.max(initial=-1)) + 1
        return np.append(ids, np.arange(first, first + n))
    known = set(ids.tolist())
    stem = "entrant"
    while any(f"{stem} {k}" in known for k in range(n)):
        stem += "_"
    return np.append(ids, np.array([f"{stem} {k}" for k in range(n)], object))
