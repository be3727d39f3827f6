"""Cross-checks of words that packages add: that a word can be used at all, and its parameters with what they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.parameters import given_parameters, parameter_problems
from simulator.arguments import COLUMN, NUMBERS, STATES, THRESHOLDS, annotated
from simulator.errors import Place, SpecError
from simulator.registry import Registry


def check_word(
    checker: Checker, registry: Registry[Callable[..., Any]], word: str, place: Place, *, on_key: bool = False
) -> bool:
    """Check that a registered word can be used: that its package can be imported, and no other brings it too."""
    try:
        registry[word]
    except SpecError as error:
        for problem in error.problems:
            checker.add(problem.message, place, problem.hint, on_key=on_key)
        return False
    return True


def check_parameters(
    checker: Checker, function: Callable[..., Any], word: str, given: Mapping[str, Any], place: Place
) -> None:
    """Check the parameters of a registered function, with the columns and states that they name.

    Parameters
    ----------
    checker : Checker
    function : callable
    word : str
        What it is registered as.
    given : mapping
        As in the scenario.
    place : place
        Where they stand.
    """
    problems = parameter_problems(word, function, given)
    checker.extend(problems, place)
    wrong = {problem.place[0] for problem in problems if problem.place}
    for name, each in given.items():
        if name in wrong:
            continue
        if name in annotated(function, NUMBERS):
            checker.numbers_in(each, (*place, name), "name a column of numbers")
        elif name in annotated(function, COLUMN):
            checker.column(each, (*place, name))
        elif name in annotated(function, THRESHOLDS):
            _check_thresholds(checker, each, (*place, name))
        elif name in annotated(function, STATES):
            checker.states(each, (*place, name))


def _check_thresholds(checker: Checker, named: str, place: Place) -> None:
    """Check that a name is that of a column of numbers, or of a transition whose threshold differs by person."""
    behaviour, dot, transition = named.partition(".")
    if not dot:
        checker.numbers_in(named, place, "name a column of numbers, or a transition as in forum.join")
        return
    known = checker.known
    if known.any_behaviour or behaviour in known.broken_behaviours or behaviour in known.broken_transitions:
        return
    written = checker.spec.behaviours.get(behaviour)
    given = None if written is None else written.transitions.get(transition)
    if given is None and transition in known.transitions.get(behaviour, ()):
        return  # it is broken, which is said elsewhere
    threshold = None if given is None or given.response is None else given.response.threshold
    if not isinstance(threshold, grammar.OfColumn | grammar.ByCategory | grammar.Distribution):
        hint = "a `response` whose `threshold` is a column, a distribution or differs `by` column"
        checker.add(f"`{named}` has no threshold that differs by person", place, hint)


def check_added_generator(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> bool:
    """Check a generator that is not one of netrial's own, and its parameters; False where others must check it."""
    from simulator.generators import networks

    word = layer.generator
    if word not in networks:
        return False
    if not check_word(checker, networks, word, (*place, "generator")):
        return True
    if word in grammar.GENERATORS:
        return False
    check_parameters(checker, networks[word], word, given_parameters(layer), place)
    return True
