"""Tactics of a scenario, replaced by the interventions that they expand into before anything else is checked.

1. Keys that are parameters of the tactic are handed to it; a parameter wins over a key of an intervention of that name.
2. Other keys of an intervention (`BESIDE`) replace what the tactic says.
3. `target` is merged key by key: a cut given beside replaces the tactic's cut, and a `where` given beside narrows it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from interventions.tactics import tactics
from scenarios.overrides import plain
from scenarios.parameters import parameter_problems
from scenarios.problems import ProblemInside
from simulator.arguments import arguments
from simulator.errors import Place, Problem, SpecError, allowed_words

BESIDE = ("target", "at", "every", "until", "when", "phase", "uptake", "drop_out", "effect", "cost", "chain")
"""Keys of an ordinary intervention that may stand beside a tactic."""

CUTS = ("share", "number", "budget")
"""Keys of a target of which one is enough."""

MOST_SHOWN = 600
"""Characters of an expansion that a message shows."""


@dataclass(frozen=True)
class Expansion:
    """One tactic of a scenario.

    Parameters
    ----------
    tactic : str
    parameters : mapping of str to object
        As written.
    intervention : mapping of str to object
        What it expands into, as a scenario would say it.
    beside : mapping of str to object
        Keys of an ordinary intervention that stood beside it, as written.
    """

    tactic: str
    parameters: Mapping[str, Any]
    intervention: Mapping[str, Any]
    beside: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        text = json.dumps(self.intervention, ensure_ascii=False)
        text = text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " …"
        return f"the tactic `{self.tactic}` expanded to {text}"

    def stands(self, inside: Place) -> bool:
        """Say whether what is at a place of the intervention was written beside the tactic, not made by it."""
        held: Any = self.beside
        for part in inside[: 2 if inside[:1] == ("target",) else 1]:
            if not isinstance(held, Mapping) or part not in held:
                return False
            held = held[part]
        return len(inside) > 0

    def handed(self, inside: Place) -> Place | None:
        """Return where, among the parameters, what is at a place of the intervention was written; None: nowhere."""
        here: Any = self.intervention
        for i, part in enumerate(inside):
            if not isinstance(here, Mapping) or part not in here:
                return None
            here = here[part]
            same = [name for name, value in self.parameters.items() if value == here]
            if len(same) == 1:
                return (same[0], *inside[i + 1 :])
        return None

    @property
    def narrowed(self) -> bool:
        """Whether a `where` was written beside the tactic and joined to the tactic's own."""
        given = self.beside.get("target")
        written = given.get("where") if isinstance(given, Mapping) else None
        return isinstance(written, str) and self.intervention["target"]["where"] != written


@dataclass(frozen=True)
class Expanded:
    """A scenario's data with every tactic expanded.

    Parameters
    ----------
    data : dict
    expansions : dict of place to Expansion
    problems : list of Problem
        Of tactics that could not be expanded; these stand in the data as they were.
    """

    data: dict[str, Any]
    expansions: dict[Place, Expansion] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def pointed(self, problems: list[Problem]) -> list[Problem]:
        """Return problems in which what is wrong with an expansion points at its tactic, and says what it came to."""
        return [self._pointed(problem) for problem in problems]

    def _pointed(self, problem: Problem) -> Problem:
        for place, expansion in self.expansions.items():
            inside = problem.place[len(place) :]
            if problem.place[: len(place)] == place and inside != ("name",):
                if inside == ("target", "where") and expansion.narrowed and isinstance(problem, ProblemInside):
                    problem = replace(problem, offset=problem.offset - 1)  # of the parenthesis that was set before it
                    if problem.offset <= len(expansion.beside["target"]["where"]):
                        return problem
                elif expansion.stands(inside):
                    return problem
                elif (written := expansion.handed(inside)) is not None:
                    return replace(problem, place=(*place, *written))
                where = f"`{'.'.join(map(str, inside))}`: " if inside else ""
                hint = "\n    ".join(filter(None, [problem.hint, str(expansion)]))
                return Problem(where + problem.message, (*place, "tactic"), hint)
        return problem


def expand(data: Mapping[str, Any]) -> Expanded:
    """Replace every tactic of a scenario's data by what it expands into.

    Parameters
    ----------
    data : mapping
        As read; left as it is.

    Returns
    -------
    Expanded
    """
    places = list(_places(data))
    if not places:
        return Expanded(dict(data))
    expanded = Expanded(copy.deepcopy(dict(data)))
    for place in places:
        holder: Any = expanded.data
        for part in place[:-1]:
            holder = holder[part]
        given = holder[place[-1]]
        try:
            expansion, problems = _expansion(given, unnamed=place[0] != "interventions")
        except SpecError as error:
            expansion, problems = None, list(error.problems)
        expanded.problems.extend(replace(each, place=(*place, *each.place)) for each in problems)
        if expansion is None:
            continue
        expanded.expansions[place] = expansion
        holder[place[-1]] = dict(expansion.intervention)
        if place[0] != "interventions":
            holder[place[-1]]["name"] = given.get("name", given["tactic"])
    return expanded


def _places(data: Mapping[str, Any]) -> Iterator[Place]:
    """Yield where tactics stand: named, in arms, and in the background."""

    def is_tactic(value: Any) -> bool:
        return isinstance(value, dict) and isinstance(value.get("tactic"), str)

    def listed(items: Any, place: Place) -> Iterator[Place]:
        for i, item in enumerate(items if isinstance(items, list) else []):
            if is_tactic(item):
                yield (*place, i)

    def mapping(key: str) -> Mapping[str, Any]:
        return data[key] if isinstance(data.get(key), dict) else {}

    yield from (("interventions", name) for name, value in mapping("interventions").items() if is_tactic(value))
    for arm, items in mapping("arms").items():
        if isinstance(items, dict):
            yield from listed(items.get("interventions"), ("arms", arm, "interventions"))
        else:
            yield from listed(items, ("arms", arm))
    yield from listed(data.get("background"), ("background",))


def _expansion(given: Mapping[str, Any], *, unnamed: bool) -> tuple[Expansion, list[Problem]]:
    """Expand one tactic, without parameters that are wrong; places of their problems are relative to it."""
    word = given["tactic"]
    if word not in tactics:
        known = tactics.names()
        hint = allowed_words(word, known) if known else "no package that is installed brings tactics"
        raise SpecError(Problem(f"no tactic is named `{word}`", ("tactic",), hint))
    try:
        function = tactics[word]
    except SpecError as error:
        raise SpecError(replace(each, place=("tactic",)) for each in error.problems) from None
    own = arguments(function)
    apart = ("tactic", "name") if unnamed else ("tactic",)
    beside = {key: value for key, value in given.items() if key in BESIDE and key not in own}
    parameters = {key: value for key, value in given.items() if key not in (*apart, *beside)}
    problems = parameter_problems(word, function, parameters, also=[key for key in BESIDE if key not in own])
    if problems:
        wrong = {each.place[0] for each in problems if each.place}
        parameters = {key: value for key, value in parameters.items() if key not in wrong}
        if any(each.default is each.empty and name not in parameters for name, each in own.items()):
            raise SpecError(problems)
    try:
        made = function(**copy.deepcopy(parameters))
    except SpecError as error:
        raise SpecError([*problems, *error.problems]) from None
    except Exception as error:  # whatever a package's function does, it is said which one it was
        hint = f"{type(error).__name__}: {error}"[:300]
        raise SpecError([*problems, Problem(f"the tactic `{word}` failed", ("tactic",), hint)]) from error
    if not isinstance(made, Mapping) or "tactic" in made or "name" in made:
        hint = "it must return the keys of an intervention: kind, target, at, effect, …"
        raise SpecError(Problem(f"the tactic `{word}` does not expand into an intervention", ("tactic",), hint))
    try:
        made = json.loads(json.dumps(plain(made), allow_nan=False))
    except (TypeError, ValueError) as error:
        message = f"the tactic `{word}` returned what a scenario cannot hold"
        raise SpecError(Problem(message, ("tactic",), str(error)[:200])) from None
    return Expansion(word, parameters, _joined(made, beside), beside), problems


def _joined(made: dict[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return an intervention with what stands beside its tactic."""
    joined = {**made, **copy.deepcopy(dict(beside))}
    own, given = made.get("target"), beside.get("target")
    if isinstance(own, dict) and isinstance(given, Mapping):
        # A budget counts neither people nor groups.
        replaced = (*CUTS, *(["of"] if "budget" in given else [])) if any(key in given for key in CUTS) else ()
        kept = {key: value for key, value in own.items() if key not in replaced}
        joined["target"] = {**kept, **copy.deepcopy(dict(given))}
        if isinstance(own.get("where"), str) and isinstance(given.get("where"), str):
            joined["target"]["where"] = f"({given['where']}) and ({own['where']})"
    return joined
