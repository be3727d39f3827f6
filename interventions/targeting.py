"""Targeting rules: each ranks all people, best target first.

A rule is a function ``rule(situation, **parameters) -> int32[k]`` in the registry `targets`; a package adds one by
the entry-point group ``netrial.targets``. A rule scores people, and `best_first` turns scores into a ranking, so that
no rule can sort the wrong way; it may leave out people whom it would never pick. A rule that chooses people as a set
takes a second argument, the `Request`, which says who can be picked and how many. Where luck enters, it is keyed by
the rule and the replicate, never by the arm or the date: two interventions with the same rule see the same order, and
a smaller cut lies within a larger one.

The rules themselves are in `interventions.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from interventions.ranking import (
    Request,
    Rule,
    best_first,
    goes_by_ties,
    in_words,
    phrase_of,
    takes_request,
    targets,
)
from interventions.rules import asking, bridges, greedy, key_players, leaders, people, reverse_reachable
from simulator.arguments import (
    COLUMN,
    NUMBERS,
    STATES,
    THRESHOLDS,
    annotated,
    annotation_of,
    arguments,
    with_columns,
)
from simulator.errors import Place, Problem, SpecError, allowed_words

if TYPE_CHECKING:
    from simulator.population import Column
    from simulator.world import Situation, World

__all__ = [
    "Request",
    "Rule",
    "asking",
    "best_first",
    "bridges",
    "check_layers",
    "check_rank",
    "goes_by_ties",
    "greedy",
    "in_words",
    "key_players",
    "leaders",
    "people",
    "phrase_of",
    "rank",
    "reverse_reachable",
    "takes_request",
    "targets",
]


def rank(situation: Situation, rule: str, parameters: Mapping[str, Any], request: Request | None = None) -> np.ndarray:
    """Rank people by a registered rule.

    Parameters
    ----------
    situation : Situation
    rule : str
        A name in `targets`.
    parameters : mapping
        The rule's own parameters.
    request : Request, optional
        For rules that choose people as a set; None: everybody who is there can be picked, and all of them are wanted.

    Returns
    -------
    int32[k]
        Person indices, best target first; whom the rule would never pick is not among them.

    Raises
    ------
    SpecError
        If the rule is unknown or does not take these parameters; or if one that a package brings makes no ranking.
    """
    problems = check_rank(rule, parameters, tuple(situation.world.network.layers))
    if problems:
        raise SpecError(problems)
    function, n_persons = targets[rule], situation.world.population.size
    given = _with_named(function, parameters, situation)
    if takes_request(function):
        present = situation.present
        request = request or Request(present, int(np.count_nonzero(present)))
        ranking = function(situation, request, **given)
    else:
        ranking = function(situation, **given)
    if (plugin := targets.plugin(rule)) and not _ranks(ranking, n_persons):
        message = f"the targeting rule `{rule}` of the package `{plugin.package}` made something else than a ranking"
        hint = f"some of 0 … {n_persons - 1}, each at most once, as int32[k]: `best_first` makes one of scores"
        raise SpecError(Problem(message, ("rank",), hint))
    return ranking


def _ranks(ranking: Any, n_persons: int) -> bool:
    """Say whether an array holds people, each at most once."""
    if not isinstance(ranking, np.ndarray) or ranking.ndim != 1 or ranking.dtype.kind not in "iu":
        return False
    within = ranking.size == 0 or (int(ranking.min()) >= 0 and int(ranking.max()) < n_persons)
    return bool(within and np.unique(ranking).size == ranking.size)


def _with_named(function: Rule, parameters: Mapping[str, Any], situation: Situation) -> dict[str, Any]:
    """Return parameters in which the names of columns, and of transitions with thresholds, have become the columns.

    Columns that age have aged.
    """
    world = situation.world
    columns = {name: column.at(situation.tick) for name, column in world.population.columns.items()}
    found = {
        name: _thresholds(world, parameters[name], ("rank", name))
        for name in annotated(function, THRESHOLDS)
        if parameters.get(name) is not None
    }
    for name in annotated(function, COLUMN):
        if parameters.get(name) is not None:
            _column(world, parameters[name], ("rank", name), numbers=name in annotated(function, NUMBERS))
    return with_columns(function, parameters, columns) | found


def _column(world: World, name: str, place: Place, *, numbers: bool) -> Column:
    """Return a column that a parameter names."""
    columns = world.population.columns
    if name not in columns:
        raise SpecError(Problem(f"no column is named `{name}`", place, allowed_words(name, list(columns))))
    if numbers and columns[name].categories is not None:
        raise SpecError(Problem(f"`{name}` holds words", place, "name a column of numbers"))
    return columns[name]


def _thresholds(world: World, named: str, place: Place) -> Column:
    """Return the thresholds of a transition, or a column."""
    behaviour, dot, transition = named.partition(".")
    if not dot:
        return _column(world, named, place, numbers=True)
    known = world.behaviours[behaviour].transitions if behaviour in world.behaviours else ()
    response = next((each.response for each in known if each.name == transition), None)
    if response is None or not isinstance(response.threshold, str):
        hint = "a `response` whose `threshold` is a column, a distribution or differs `by` column"
        raise SpecError(Problem(f"`{named}` has no threshold that differs by person", place, hint))
    return _column(world, response.threshold, place, numbers=True)


def check_rank(rule: str, parameters: Mapping[str, Any], layers: Sequence[str]) -> list[Problem]:
    """Say what is wrong with a rule and its parameters.

    Parameters
    ----------
    rule : str
    parameters : mapping
    layers : sequence of str
        Layers that the network has.

    Returns
    -------
    list of Problem
        Places are relative to the target: ``("rank", "asked")``.
    """
    if rule not in targets:
        return [Problem(f"unknown targeting rule `{rule}`", ("rank",), allowed_words(rule, targets.names()))]
    function = targets[rule]
    taken = list(arguments(function).values())
    allowed = [parameter.name for parameter in taken]
    problems = [
        Problem(f"`{rule}` takes no `{name}`", ("rank", name), allowed_words(name, allowed), on_key=True)
        for name in parameters
        if name not in allowed
    ]
    problems += [
        Problem(f"`{rule}` needs `{parameter.name}`", ("rank",))
        for parameter in taken
        if parameter.default is parameter.empty and parameter.name not in parameters
    ]
    for name in allowed:
        if name == "layers":
            problems += check_layers(parameters.get(name), layers, ("rank", name))
        elif name in parameters:
            problems += _value_problems(function, name, parameters[name])
    return problems


def check_layers(named: Any, layers: Sequence[str], place: Place) -> list[Problem]:
    """Say what is wrong with a list of layers (None: all of them)."""
    if named is None:
        return []
    if isinstance(named, str) or not isinstance(named, Sequence) or not named:
        return [Problem("`layers` is a list of layers", place, f"allowed: {', '.join(layers)}")]
    return [
        Problem(f"unknown layer `{name}`", (*place, i), allowed_words(str(name), list(layers)))
        for i, name in enumerate(named)
        if name not in layers
    ]


def _value_problems(function: Rule, name: str, value: Any) -> list[Problem]:
    """Say whether a value is of the type, and in the range, that a rule's annotation asks for."""
    from pydantic import ValidationError

    try:
        _adapter(function, name).validate_python(value)
    except ValidationError as error:
        hint = "; ".join(each["msg"].replace("Input", "it", 1) for each in error.errors(include_url=False))
        return [Problem(f"`{name}` is {value}", ("rank", name), hint)]
    return []


@cache
def _adapter(function: Rule, name: str) -> Any:
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError

    named = any(name in annotated(function, word) for word in (COLUMN, THRESHOLDS))
    annotation: Any = Any if name in annotated(function, STATES) else annotation_of(function, name)
    try:
        return TypeAdapter(str | None if named else annotation, config=ConfigDict(strict=True))
    except (PydanticUserError, TypeError, ValueError):
        return TypeAdapter(Any)
