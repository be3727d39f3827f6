"""Cross-checks of behaviours: states, initial people, transitions and their exposure laws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from simulator.behaviour import MOST_STATES
from simulator.errors import Place, allowed_words


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
            _check_transition(checker, name, behaviour, transition, (*place, "transitions", transition_name))


def _check_initial(checker: Checker, behaviour: grammar.Behaviour, name: str, place: Place) -> None:
    size = checker.spec.population.size if "population" not in checker.missing else None
    size = checker.known.people.size if checker.known.people is not None else size
    everybody = 0.0
    by_category: dict[tuple[str, str], float] = {}
    last: Place = place
    for state, given in behaviour.initial.items():
        at = (*place, state)
        if not checker.word(state, behaviour.states, f"state of `{name}`", at, on_key=True):
            continue
        since = getattr(given, "since", None)
        if since is not None:
            checker.column(since, (*at, "since"))
        if isinstance(given, grammar.InitialWhere):
            why = "people start by their columns; states are not known yet"
            checker.condition(given.where, (*at, "where"), states=False, starts=False, why=why)
            checker.source(given.source, (*at, "source"))
        elif isinstance(given, grammar.InitialNumber):
            checker.source(given.source, (*at, "source"))
            if size is not None and given.number > size:
                checker.add(f"{given.number} people cannot start in `{state}`", (*at, "number"), f"there are {size}")
        else:
            checker.number(given, at, what="a share", most=1)
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


def _check_transition(
    checker: Checker, name: str, behaviour: grammar.Behaviour, transition: grammar.Transition, place: Place
) -> None:
    several = isinstance(transition.from_, tuple)
    from_states = transition.from_ if isinstance(transition.from_, tuple) else (transition.from_,)
    for i, state in enumerate(from_states):
        at: Place = (*place, "from", i) if several else (*place, "from")
        _check_state(checker, state, name, behaviour.states, at)
        if state in from_states[:i]:
            checker.add(f"`{state}` is listed twice", at)
    _check_state(checker, transition.to, name, behaviour.states, (*place, "to"))
    if transition.to in from_states:
        checker.add(f"`from` and `to` are both `{transition.to}`", (*place, "to"), "a transition changes the state")
    checker.number(transition.rate, (*place, "rate"), what="a rate", timed=True)
    _check_missing_people(checker, transition.rate, (*place, "rate"))

    laws = [law for law in grammar.LAWS if getattr(transition, law) is not None]
    for law in laws[1:]:
        hint = f"it has `{laws[0]}` already; a transition has at most one law, so write two transitions"
        checker.add(f"`{law}` is a second law", (*place, law), hint, on_key=True)
    for law in ("per_contact", "proportion"):
        states = getattr(transition, law)
        if states is not None:
            checker.states(states, (*place, law), own=name)
            _check_weights(checker, states, (*place, law))
    if transition.group is not None:
        group = transition.group
        checker.states(group.state, (*place, "group", "state"), own=name)
        checker.column(group.by, (*place, "group", "by"))
        checker.condition(group.where, (*place, "group", "where"))
    if transition.response is not None:
        _check_response(checker, name, transition.response, (*place, "response"))
    _check_layers(checker, transition, laws, place)
    checker.condition(transition.where, (*place, "where"))
    for key in ("susceptibility", "influence"):
        if getattr(transition, key) is not None:
            checker.number(getattr(transition, key), (*place, key), what="a factor")
    _check_table(checker, transition.time_in_state, (*place, "time_in_state"))


def _check_state(checker: Checker, state: str, behaviour: str, states: tuple[str, ...], place: Place) -> None:
    if state not in states:
        checker.add(f"`{state}` is no state of `{behaviour}`", place, allowed_words(state, states))


def _check_missing_people(checker: Checker, rate: Any, place: Place) -> None:
    """A rate that differs by column needs that column of everybody."""
    people = checker.known.people
    if not isinstance(rate, grammar.ByCategory) or people is None or rate.by not in people.columns:
        return
    codes, _ = people.columns[rate.by].groups()
    unknown = int((codes < 0).sum())
    if unknown:
        checker.add(f"{unknown} people have no `{rate.by}`", (*place, "by"), "a rate needs everybody's category")


def _check_weights(checker: Checker, states: Any, place: Place) -> None:
    if isinstance(states, Mapping):
        for state, weight in states.items():
            checker.range(weight, (*place, state), "a weight", 0, None)


def _check_layers(checker: Checker, transition: grammar.Transition, laws: list[str], place: Place) -> None:
    layers = transition.layers
    meets = [law for law in laws if law != "group"]
    if layers is None:
        if meets and not checker.known.layers and "layer" not in checker.known.unread:
            checker.add(f"`{meets[0]}` needs contacts", (*place, meets[0]), "add a layer to `network`", on_key=True)
        return
    if not meets:
        hint = "a transition without `per_contact` (or another law on contacts) happens on its own"
        checker.add("`layers` has no meaning here", (*place, "layers"), hint, on_key=True)
    names = [layers] if isinstance(layers, str) else list(layers)
    if not names:
        checker.add("`layers` is empty", (*place, "layers"), "leave it out for all layers")
    for i, layer in enumerate(names):
        at: Place = (*place, "layers")
        if isinstance(layers, Mapping):
            at = (*at, layer)
        elif not isinstance(layers, str):
            at = (*at, i)
        checker.word(layer, checker.known.layers, "layer", at, on_key=isinstance(layers, Mapping))
        if layer in names[:i]:
            checker.add(f"`{layer}` is listed twice", at)


def _check_response(checker: Checker, name: str, response: grammar.ResponseLaw, place: Place) -> None:
    given = [key for key in ("count", "share") if getattr(response, key) is not None]
    if len(given) != 1:
        message = "`response` reads either `count` or `share` of contacts"
        checker.add(
            message, place, "an example: response: {count: member, table: [[0, 0], [2, 1]], shape: step}", on_key=True
        )
    for key in given:
        checker.states(getattr(response, key), (*place, key), own=name)
        _check_weights(checker, getattr(response, key), (*place, key))
    if (response.table is None) == (response.threshold is None):
        checker.add("`response` needs either `table` or `threshold`", place, on_key=True)
    if response.table is not None and response.shape is None:
        checker.add("`shape` is missing", place, "step or linear", on_key=True)
    if response.threshold is not None:
        checker.number(response.threshold, (*place, "threshold"), what="a threshold")
    _check_table(checker, response.table, (*place, "table"))


def _check_table(checker: Checker, table: tuple[tuple[float, float], ...] | None, place: Place) -> None:
    """Check [[x, factor], …]: x rises, factors lie in [0, 1]."""
    previous = None
    for i, (x, factor) in enumerate(table or ()):
        if previous is not None and x <= previous:
            checker.add(f"{x:g} does not come after {previous:g}", (*place, i, 0), "the first numbers rise")
        checker.range(factor, (*place, i, 1), "a factor", 0, 1)
        previous = x
