"""What a valid scenario hardly means: states that nobody can reach, laws that never act, layers that nothing reads.

All of it can be run; each is said with its place, and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_contacts import (
    added_weights,
    has_no_ties,
    interventions_with_places,
    largest,
    used_interventions,
)
from scenarios.checks_doubts import is_alone, warn_of_interventions
from scenarios.checks_groups import layers_of_groups
from scenarios.checks_knowledge import warn_of_knowledge
from scenarios.conversion import behaviours_of
from simulator.behaviour import GROUP, SPONTANEOUS, Behaviour, Transition
from simulator.conditions import Condition
from simulator.errors import Place
from simulator.outcomes import TOTALS

State = tuple[str, str]
"""A behaviour and one of its states."""


def look_for_warnings(checker: Checker) -> None:
    """Look through a scenario in which no mistake was found."""
    behaviours = behaviours_of(checker.spec)
    idle = {
        (behaviour.name, transition.name): found
        for behaviour in behaviours.values()
        for transition in behaviour.transitions
        if (found := _why_idle(checker, behaviour.name, transition)) is not None
    }
    for message, place, hint in idle.values():
        checker.warn(message, place, hint, on_key=True)
    _warn_of_loneliness(checker, behaviours)
    _warn_of_states(checker, behaviours, set(idle))
    _warn_of_layers(checker, behaviours)
    _warn_of_categories(checker)
    warn_of_knowledge(checker)
    _warn_of_nothing_yet(checker)
    warn_of_interventions(checker)


def _why_idle(checker: Checker, behaviour: str, transition: Transition) -> tuple[str, Place, str] | None:
    """Say why a transition can never happen, wherever people are: message, place and hint; None: it can."""
    given = checker.spec.behaviours[behaviour].transitions[transition.name]
    place: Place = ("behaviours", behaviour, "transitions", transition.name)
    never = f"`{transition.name}` can never happen"
    if largest(given.rate) == 0:
        return f"{never}: its rate is 0", (*place, "rate"), ""
    for key in ("susceptibility", "influence"):
        numbers = getattr(given, key)
        for number in numbers if isinstance(numbers, tuple) else (numbers,):
            if number is not None and largest(number) == 0:
                return f"{never}: a factor is 0", (*place, key), ""
    if transition.time_in_state and not any(factor for _, factor in transition.time_in_state):
        return f"{never}: all factors are 0", (*place, "time_in_state"), ""
    response = transition.response
    if response is not None and response.table and not any(factor for _, factor in response.table):
        return f"{never}: all factors of the table are 0", (*place, "response", "table"), ""
    if _holds_for_nobody(checker, transition.where):
        return f"{never}: nobody satisfies `{given.where}`", (*place, "where"), ""
    if transition.group is not None:
        return _why_alone(checker, never, transition, (*place, "group"))
    met = [name for name, weight in transition.layers.items() if weight]
    added = added_weights(checker.spec)
    if transition.law != SPONTANEOUS and all(has_no_ties(checker, name) and name not in added for name in met):
        said = "all its layers weigh 0" if not met else f"there are no ties in {_listed(met)}"
        return f"{never}: {said}", (*place, transition.law), "give the layer ties, or let an arm add some"
    return None


def _why_alone(checker: Checker, never: str, transition: Transition, place: Place) -> tuple[str, Place, str] | None:
    group = transition.group
    assert group is not None
    if _holds_for_nobody(checker, group.where):
        return f"{never}: nobody satisfies `{group.where.text if group.where else ''}`", (*place, "where"), ""
    hint = "`group` reads the others who have the same value; use a column of categories"
    message = f"{never}: nobody shares their `{group.by}` with anybody"
    return (message, (*place, "by"), hint) if is_alone(checker, group.by) else None


def _holds_for_nobody(checker: Checker, condition: Condition | None) -> bool:
    """Say whether a condition on columns is known to hold for nobody."""
    people = checker.known.people
    if (
        condition is None
        or people is None
        or checker.most_people is None
        or not condition.columns <= set(people.columns)
    ):
        return False
    return not condition.mask(people.size, people.columns.__getitem__).any()


def _listed(words: list[str]) -> str:
    return " and ".join(f"`{word}`" for word in words)


def _warn_of_loneliness(checker: Checker, behaviours: Mapping[str, Behaviour]) -> None:
    laws = [t.law for behaviour in behaviours.values() for t in behaviour.transitions if t.law != SPONTANEOUS]
    if checker.most_people == 1 and laws:
        place = ("population", "size" if checker.spec.population.size is not None else "file")
        checker.warn("one person has no contacts", place, f"`{laws[0]}` can never act", on_key=True)


def _warn_of_states(checker: Checker, behaviours: Mapping[str, Behaviour], idle: set[tuple[str, str]]) -> None:
    """Warn of states that nobody can ever be in, and of laws that count people in such states."""
    reached = _reached(checker, behaviours, idle)
    for name, behaviour in behaviours.items():
        for i, state in enumerate(behaviour.states):
            if (name, state) not in reached:
                hint = "nobody starts in it, no transition that can happen leads to it, and no arm sets it"
                checker.warn(f"nobody can ever be `{state}`", ("behaviours", name, "states", i), hint)
        for transition in behaviour.transitions:
            source = transition.source
            if source is None or (name, transition.name) in idle:
                continue
            if not any((source.behaviour, state) in reached for state in source.states):
                place: Place = ("behaviours", name, "transitions", transition.name, transition.law)
                if transition.response is not None:
                    place = (*place, transition.response.reads)
                elif transition.law == GROUP:
                    place = (*place, "state")
                states = _listed([f"{source.behaviour}.{state}" for state in source.states])
                message = f"`{transition.name}` can never happen: nobody can ever be in {states}"
                checker.warn(message, place)


def _reached(checker: Checker, behaviours: Mapping[str, Behaviour], idle: set[tuple[str, str]]) -> set[State]:
    """Return the states in which somebody can be, sooner or later, in some arm."""
    reached = {
        (name, state) for name, behaviour in behaviours.items() for state in _initial(checker, name, behaviour.states)
    }
    moves: list[tuple[str, tuple[str, ...], str, tuple[State, ...]]] = []
    for given in used_interventions(checker.spec):
        for name, change in (pair for effect in given.effects.values() for pair in effect.set.items()):
            pairs = change.items() if isinstance(change, Mapping) else [(None, change)]
            moves += [(name, behaviours[name].states if start is None else (start,), end, ()) for start, end in pairs]
    for name, behaviour in behaviours.items():
        for transition in behaviour.transitions:
            if (name, transition.name) not in idle:
                source = transition.source
                counted = () if source is None else tuple((source.behaviour, state) for state in source.states)
                moves.append((name, transition.from_states, transition.to_state, counted))
    changed = True
    while changed:
        changed = False
        for name, starts, end, counted in moves:
            possible = any((name, start) in reached for start in starts)
            if possible and (name, end) not in reached and (not counted or reached & set(counted)):
                reached.add((name, end))
                changed = True
    return reached


def _initial(checker: Checker, name: str, states: tuple[str, ...]) -> Iterator[str]:
    """Yield the states in which somebody may start, or which people who enter may bring."""
    total = 0.0
    by_category: dict[tuple[str, str], float] = {}
    for state, given in checker.spec.behaviours[name].initial.items():
        if isinstance(given, grammar.ByCategory):
            for category, share in given.values.items():
                by_category[given.by, category] = by_category.get((given.by, category), 0.0) + share
        most = 1.0 if isinstance(given, grammar.InitialWhere) else largest(getattr(given, "number", given))
        if most:
            yield state
        if not isinstance(given, grammar.InitialWhere | grammar.InitialNumber | grammar.ByCategory):
            total += most or 0.0
    if total + min(by_category.values(), default=0.0) < 1 - 1e-9:
        yield states[0]
    enter = checker.spec.population.enter
    if enter is not None and enter.rate is not None:
        brought = enter.states.get(name, states[0])
        yield from [brought] if isinstance(brought, str) else [state for state, share in brought.items() if share]


def _warn_of_layers(checker: Checker, behaviours: Mapping[str, Behaviour]) -> None:
    """Warn of layers that no law reads and no arm uses."""
    read = {layer for behaviour in behaviours.values() for t in behaviour.transitions for layer in t.layers}
    read |= set(added_weights(checker.spec))
    for given in used_interventions(checker.spec):
        read |= set(_layers_used(given, checker.known.layers))
    for name in checker.known.layers:
        if name not in read:
            hint = "name it in the `layers` of a transition, or leave it out"
            checker.warn(f"no law reads `{name}`, and no arm uses it", ("network", "layers", name), hint, on_key=True)


def _layers_used(given: grammar.Intervention, everything: tuple[str, ...]) -> Iterator[str]:
    """Yield the layers that an intervention changes, passes on along, or chooses people by."""
    from interventions.groups import FOUND
    from interventions.targeting import goes_by_ties

    target = given.target
    for ties in (effect.ties for effect in given.effects.values()):
        for key in () if ties is None else ("add", "remove", "scale", "rewire"):
            part = getattr(ties, key)
            if part is not None:
                yield from everything if part.layer is None else (part.layer,)
    if given.chain is not None:
        yield from given.chain.layers or everything
    if given.phase is not None and given.phase.over in FOUND:
        yield from everything
    if target is None:
        return
    parameters = target.rank.parameters if isinstance(target.rank, grammar.RankRule) else {}
    rule = target.rank.rule if isinstance(target.rank, grammar.RankRule) else target.rank
    yield from layers_of_groups(target, everything)
    if target.groups is None and isinstance(rule, str) and goes_by_ties(rule):
        yield from parameters.get("layers") or everything


def _warn_of_categories(checker: Checker) -> None:
    """Warn of categories in which nobody is."""
    for name, column in checker.spec.population.columns.items():
        for category, share in (column.categories or {}).items():
            if share == 0 and checker.most_people is not None:
                place = ("population", "columns", name, "categories", category)
                checker.warn(f"nobody is `{category}`: its share is 0", place, on_key=True)


def _warn_of_nothing_yet(checker: Checker) -> None:
    """Warn of groups that are ranked, at the beginning only, by what happened so far."""
    for place, given in interventions_with_places(checker.spec):
        times = given.at if isinstance(given.at, tuple) else (given.at,)
        begins = all(time is None or checker.duration(time) == 0 for time in times)
        if not begins or given.when is not None:
            continue
        ranks: list[tuple[Place, Any]] = [((*place, "phase", "order"), given.phase and given.phase.order)]
        if given.every is None and given.phase is None:
            ranks.append(((*place, "target", "rank"), given.target and given.target.rank))
        for at, rank in ranks:
            if isinstance(rank, grammar.Measure) and rank.kind in TOTALS:
                message = (
                    f"groups are ranked by `{rank.kind}` at time 0, when nothing has happened yet: they are all equal"
                )
                checker.warn(message, at, "let it begin later, or rank by a share or a count")
