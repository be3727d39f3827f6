"""Cross-checks of transitions: states, rates, exposure laws, tables and thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios import grammar
from scenarios.checking import LONGEST, Checker
from scenarios.checks_contacts import largest, most_contacts, used_interventions, weight_of
from scenarios.checks_numbers import check_number, check_rising
from scenarios.conversion import numbers_of
from scenarios.worlds import distribution_of
from simulator.errors import Place, allowed_words
from simulator.units import convert_rate

MOST_EVENTS = 1e6
"""Events per person and time unit; a rate beyond is a slip."""

COLUMNS_ONLY = "columns and states now: rates are known before anybody acts"


def check_transition(
    checker: Checker, name: str, behaviour: grammar.Behaviour, transition: grammar.Transition, place: Place
) -> None:
    """Check one transition of the behaviour `name`."""
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

    laws = [law for law in grammar.LAWS if getattr(transition, law) is not None]
    for law in laws[1:]:
        hint = f"it has `{laws[0]}` already; a transition has at most one law, so write two transitions"
        checker.add(f"`{law}` is a second law", (*place, law), hint, on_key=True)
    for law in ("per_contact", "proportion"):
        if getattr(transition, law) is not None:
            checker.states(getattr(transition, law), (*place, law), own=name)
    if transition.group is not None:
        _check_group(checker, name, transition.group, (*place, "group"))
    if transition.response is not None:
        _check_response(checker, name, transition, transition.response, (*place, "response"))
    _check_layers(checker, transition, laws, place)
    checker.condition(transition.where, (*place, "where"), starts=False, ageing=False, why=COLUMNS_ONLY)
    factors = {"susceptibility": transition.susceptibility, "influence": transition.influence}
    per = "person, contact" if transition.per_contact is not None else "person"
    check_rate(checker, transition.rate, factors, place, per)
    if transition.influence is not None and not laws:
        hint = "a transition that happens on its own has no contacts; use `susceptibility`"
        checker.add("`influence` needs contacts", (*place, "influence"), hint, on_key=True)
    if transition.influence is not None and transition.response is not None:
        _check_steady(checker, transition.influence, (*place, "influence"))
    _check_times(checker, transition.time_in_state, (*place, "time_in_state"))


def _check_state(checker: Checker, state: str, behaviour: str, states: tuple[str, ...], place: Place) -> None:
    if state not in states:
        checker.add(f"`{state}` is no state of `{behaviour}`", place, allowed_words(state, states))


def check_rate(checker: Checker, rate: Any, factors: Mapping[str, Any], place: Place, per: str = "person") -> None:
    """Check a rate, and the factors (by their keys) that multiply it, alone and together.

    Parameters
    ----------
    checker : Checker
    rate : Number
    factors : mapping of str to Numbers or None
    place : place
        Of the part in which all of them stand.
    per : str
        What the rate is per, beside the time.
    """
    before = len(checker.problems)
    check_number(checker, rate, (*place, "rate"), what="a rate", timed=True, ratio=False, series=True)
    _check_missing_people(checker, rate, (*place, "rate"))
    for key, numbers in factors.items():
        if numbers is not None:
            check_number(checker, numbers, (*place, key), what="a factor", series=True)
        for i, number in enumerate(numbers_of(numbers)):
            _check_missing_people(checker, number, (*place, key, i) if isinstance(numbers, tuple) else (*place, key))
    if len(checker.problems) == before:
        _check_size(checker, rate, factors, place, per)


def _check_missing_people(checker: Checker, number: Any, place: Place) -> None:
    """A number that differs by column needs that column of everybody."""
    people = checker.known.people
    if not isinstance(number, grammar.ByCategory | grammar.HazardRatio):
        return
    key, column = ("by", number.by) if isinstance(number, grammar.ByCategory) else ("column", number.column)
    if people is None or column not in people.columns:
        return
    codes, _ = people.columns[column].groups()
    unknown = int((codes < 0).sum())
    if unknown:
        hint = "a rate needs everybody's category" if key == "by" else "a hazard ratio needs everybody's value"
        who = "1 person has" if unknown == 1 else f"{unknown} people have"
        checker.add(f"{who} no `{column}`", (*place, key), f"{hint}; `population.where` can leave people out")


def _check_steady(checker: Checker, numbers: Any, place: Place) -> None:
    """What a table or threshold is compared with has no series."""
    for i, number in enumerate(numbers_of(numbers)):
        if isinstance(number, grammar.Value) and number.series is not None:
            at = (*place, i, "series") if isinstance(numbers, tuple) else (*place, "series")
            hint = "under `response`, put what changes over time under `susceptibility`"
            checker.add("`influence` with a series goes with no `response`", at, hint, on_key=True)


def _check_size(checker: Checker, rate: Any, factors: Mapping[str, Any], place: Place, per: str) -> None:
    """Check that nobody has more events than anybody could have."""
    most = largest(rate)
    if most is None:
        return
    for numbers in factors.values():
        for number in numbers_of(numbers):
            most *= largest(number) or 1.0
    given = getattr(rate, "unit", None) or checker.unit
    most = rate_in(checker, most, given)
    if not most <= MOST_EVENTS:
        at: Place = (*place, "rate", "value") if isinstance(rate, grammar.Value) else (*place, "rate")
        with_factors = ", with all factors" if any(factors.values()) else ""
        hint = f"it is read per {given}{with_factors}; at most {MOST_EVENTS:,.0f} are possible"
        checker.add(f"{most:,.7g} events per {per} and {checker.unit}: is the unit right?", at, hint)


def rate_in(checker: Checker, rate: float, unit: str) -> float:
    """Return a rate per `unit` in the scenario's own, infinite beyond all numbers."""
    try:
        return convert_rate(rate, unit, checker.unit)
    except OverflowError:
        return float("inf")


def _check_group(checker: Checker, name: str, group: Any, place: Place) -> None:
    checker.states(group.state, (*place, "state"), own=name)
    why = "a group is a fixed set of people, by columns; `state` says which of them count"
    checker.condition(group.where, (*place, "where"), states=False, starts=False, ageing=False, why=why)
    if not checker.column(group.by, (*place, "by")):
        return
    if group.by in checker.ageing:
        hint = "use a column that stays"
        checker.add(f"`{group.by}` ages, so nobody stays in a group of it", (*place, "by"), hint)
    people = checker.known.people
    if people is not None and group.by in people.columns and not (people.columns[group.by].groups()[0] >= 0).any():
        checker.add(f"nobody has a `{group.by}`", (*place, "by"), "so nobody is in a group")


def _check_layers(checker: Checker, transition: grammar.Transition, laws: list[str], place: Place) -> None:
    layers = transition.layers
    meets = [law for law in laws if law != "group"]
    if layers is None:
        if meets and not checker.known.layers and "layer" not in checker.known.unread:
            checker.add(f"`{meets[0]}` needs contacts", (*place, meets[0]), "add a layer to `network`", on_key=True)
        return
    if not meets:
        hint = "a transition without `per_contact` (or another law on contacts) happens on its own"
        if laws:
            hint = "`group` reads everybody in the group, tied or not"
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


def _check_response(
    checker: Checker, name: str, transition: grammar.Transition, response: grammar.ResponseLaw, place: Place
) -> None:
    before = len(checker.problems)
    given = [key for key in ("count", "share") if getattr(response, key) is not None]
    if len(given) != 1:
        message = "`response` reads either `count` or `share` of contacts"
        checker.add(
            message, place, "an example: response: {count: member, table: [[0, 0], [2, 1]], shape: step}", on_key=True
        )
    for key in given:
        checker.states(getattr(response, key), (*place, key), own=name)
    if (response.table is None) == (response.threshold is None):
        checker.add("`response` needs either `table` or `threshold`", place, on_key=True)
    if response.table is not None and response.shape is None:
        checker.add("`shape` is missing", place, "step or linear", on_key=True)
    if response.table is None and response.shape is not None:
        checker.add("`shape` goes with `table`", (*place, "shape"), "a threshold is a step", on_key=True)
    _check_threshold(checker, response.threshold, (*place, "threshold"))
    _check_table(checker, response.table, (*place, "table"), "count" if given == ["count"] else "share")
    if len(given) == 1 and len(checker.problems) == before:
        _check_reach(checker, name, transition, given[0], place)


def _check_threshold(checker: Checker, threshold: Any, place: Place) -> None:
    if isinstance(threshold, grammar.OfColumn):
        checker.numbers_in(threshold.column, (*place, "column"), "a threshold is a number")
    elif isinstance(threshold, grammar.Distribution):
        checker.extend(distribution_of(threshold).problems(), place)
    elif threshold is not None:
        check_number(checker, threshold, place, what="a threshold", by_state=False)


def _check_table(checker: Checker, table: Any, place: Place, of: str) -> None:
    """Check [[count or share, factor], …]: it begins at 0 and rises, factors lie in [0, 1]."""
    if table is None:
        return
    if table[0][0] != 0:
        hint = f"begin with [0, …], the factor at a {of} of 0"
        checker.add(f"the table begins at {table[0][0]:g}", (*place, 0, 0), hint)
    check_rising(checker, table, place)
    for i, (_, factor) in enumerate(table):
        checker.range(factor, (*place, i, 1), "a factor", 0, 1)


def _check_times(checker: Checker, table: Any, place: Place) -> None:
    """Check `time_in_state`: it begins with the entry and rises, factors lie in [0, 1]."""
    if table is None:
        return
    _check_table(checker, table, place, "time")
    for i, (time, _) in enumerate(table):
        if time > LONGEST:
            checker.add(f"the time {time:g}", (*place, i, 0), f"at most {LONGEST:,.0f} {checker.unit}s")


def _check_reach(checker: Checker, name: str, transition: grammar.Transition, of: str, place: Place) -> None:
    """Check that a table or a threshold lies within what counts or shares can be."""
    response = transition.response
    assert response is not None
    most = _most_read(checker, name, transition, of)
    if most is None or most == 0:
        return
    if of == "share":
        why = "a share is a part of 1: 0.05 is 5 %" if most == 1 else f"the largest weight is {most:g}"
        message = "a share of contacts is at most {most:g}, never {x:g}"
    else:
        why = f"nobody can have more than {most:g} contacts"
        message = "a count of contacts is at most {most:g}, never {x:g}"
    if response.table is not None:
        rows = response.table
        acting = next((i for i, (_, factor) in enumerate(rows) if factor > 0), None)
        if of == "share":
            beyond = [i for i, (x, _) in enumerate(rows) if x > most * (1 + 1e-9)]
        elif acting is None:
            return  # warned of elsewhere
        else:
            first = rows[acting][0] if response.shape == "step" or acting == 0 else rows[acting - 1][0]
            unreached = first > most or (response.shape == "linear" and acting > 0 and first >= most)
            beyond = [acting] if unreached else []
        for i in beyond[:1]:
            checker.add(message.format(most=most, x=rows[i][0]), (*place, "table", i, 0), why)
        return
    threshold, at = response.threshold, (*place, "threshold")
    if isinstance(threshold, grammar.ByCategory):
        if min(threshold.values.values(), default=0.0) > most:
            x = min(threshold.values.values())
            checker.add(message.format(most=most, x=x), (*at, "values"), why, on_key=True)
    elif isinstance(threshold, grammar.OfColumn):
        people = checker.known.people
        column = None if people is None else people.columns.get(threshold.column)
        if column is not None and not (column.values <= most).any():
            lowest = column.values.min() if column.values.size else 0.0
            checker.add(
                f"nobody's threshold can be reached: {message.format(most=most, x=lowest)}", (*at, "column"), why
            )
    elif isinstance(threshold, grammar.Distribution):
        if threshold.min is not None and threshold.min > most:
            checker.add(message.format(most=most, x=threshold.min), (*at, "min"), why)
    else:
        x = largest(threshold) or 0.0
        if x > most * (1 + 1e-9):
            value = (*at, "value") if isinstance(threshold, grammar.Value) else at
            checker.add(message.format(most=most, x=x), value, why)


def _most_read(checker: Checker, name: str, transition: grammar.Transition, of: str) -> float | None:
    """Return the largest count or share that `response` can read; None where that cannot be told."""
    assert transition.response is not None
    influence = 1.0 if transition.influence is None else largest(transition.influence)
    named = {
        word
        for given in used_interventions(checker.spec)
        for effect in given.effects.values()
        for word in effect.influence
        if word.startswith(name)
    }
    this = [
        word for word in named if checker.spec.behaviours[name].transitions.get(word.partition(".")[2]) is transition
    ]
    contacts = 1.0 if of == "share" else most_contacts(checker, transition)
    if influence is None or this or contacts is None:
        return None
    return contacts * influence * weight_of(getattr(transition.response, of))
