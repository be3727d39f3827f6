"""Cross-checks of a whole scenario: all problems at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from scenarios import grammar
from scenarios.built import not_built
from scenarios.checking import Checker
from scenarios.checks_background import check_background
from scenarios.checks_behaviours import check_behaviours
from scenarios.checks_interventions import check_arms, check_interventions
from scenarios.checks_outcomes import check_experiment, check_observed, check_outcomes, check_time
from scenarios.checks_people import FileAt, check_network, check_people, check_references
from scenarios.checks_turnover import check_turnover
from scenarios.checks_warnings import look_for_warnings
from scenarios.known import known_names
from scenarios.shapes import to_spec
from simulator.errors import Place, Problem, nearest


def check_scenario(
    data: Mapping[str, Any],
    file_at: FileAt,
    graphs: Mapping[str, Any],
    refused: Collection[Place] = (),
    people: Any = None,
) -> tuple[grammar.ScenarioSpec, list[Problem], list[Problem]]:
    """Check a scenario's data: shapes first, then everything that one part says about another.

    Parameters
    ----------
    data : mapping
        As read.
    file_at : callable
        ``file_at(place, name) -> Path``.
    graphs : mapping of str to networkx.Graph
        Layers given in Python.
    refused : collection of place
        Values that the reader refused already.
    people : networkx.Graph, optional
        Given in Python: its nodes are the people.

    Returns
    -------
    spec : ScenarioSpec
        To be used only if there are no problems.
    problems : list of Problem
    warnings : list of Problem
        What can be run but is hardly meant; looked for only where there are no problems.
    """
    shaped = to_spec(data, refused)
    checker = Checker(shaped.spec, known_names(data, shaped.missing), shaped.missing)
    if ("population", "columns") in {place[:2] for place in shaped.cut} or ("population",) in shaped.cut:
        checker.known.any_column = True
    check_time(checker)
    columns_cut = checker.known.any_column
    check_people(checker, file_at, people)
    checker.known.any_column |= columns_cut
    check_turnover(checker)
    check_references(checker)
    check_network(checker, file_at, graphs)
    check_behaviours(checker)
    check_interventions(checker)
    check_arms(checker)
    check_background(checker)
    check_outcomes(checker)
    check_observed(checker, file_at)
    check_experiment(checker)
    problems = [*shaped.problems, *_not_about(checker.problems, shaped.cut)]
    if not problems and not refused and not not_built(shaped.spec):
        look_for_warnings(checker)
    return shaped.spec, problems, checker.warnings


def _not_about(problems: list[Problem], cut: frozenset[Place]) -> list[Problem]:
    """Leave out what is said about a part that was cut out, or misses a key that was."""
    kept = []
    for problem in problems:
        below = any(problem.place[: len(place)] == place for place in cut if place)
        # "needs `size` or `file`", where a `size` stands that is no number: said once is enough.
        words = re.findall(r"\w+", f"{problem.message} {problem.hint}") if problem.on_key else []
        inside = [str(place[-1]) for place in cut if place and place[:-1] == problem.place]
        if not below and not any(nearest(key, words) for key in inside):
            kept.append(problem)
    return kept
