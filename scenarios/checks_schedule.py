"""Cross-checks of when interventions act, how long people stay, and whom they pick again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_groups import check_group_measure, check_group_word
from scenarios.checks_numbers import check_duration, check_instant, check_number
from scenarios.checks_outcomes import check_measure
from scenarios.conversion import arm_items, label, quantity_of
from simulator.errors import Place, allowed_words, nearest

MOST_STEPS = 100_000
"""Times that an intervention may act, or look at a measure, in one run."""

SHARES = "a share is a part of 1: 0.2 is 20 %"

TREATED = "treated"
"""In an uptake by contacts: those who are in the intervention."""

EXCLUDING = ("offered", "treated")
"""Words of `exclude` that mean this intervention."""


def check_times(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    """Check when one intervention acts."""
    _check_at(checker, given, place)
    every = check_duration(checker, given.every, (*place, "every"), "`every`")
    _check_steps(checker, every, (*place, "every"))
    until = check_duration(checker, given.until, (*place, "until"), "`until`", above=None)
    if given.until is not None and given.every is None and given.when is None:
        checker.add("`until` goes with `every`", (*place, "until"), "it ends what repeats, or waits", on_key=True)
    first = min((checker.duration(time) for time in _times(given)), default=0.0)
    if until is not None and until < first:
        checker.add(f"`until` is {until:g}, before it begins", (*place, "until"), f"it begins at {first:g}")
    repeats = [key for key in ("every", "when", "phase") if getattr(given, key) is not None]
    if repeats and len(_times(given)) > 1:
        hint = "give one time, when it begins"
        checker.add(f"`at` lists several times, and `{repeats[0]}` is given too", (*place, "at"), hint, on_key=True)
    if given.phase is not None and given.every is not None:
        hint = "`phase.every` is the time between groups"
        checker.add("`every` does not go with `phase`", (*place, "every"), hint, on_key=True)
    if given.when is not None:
        _check_when(checker, given.when, (*place, "when"))
    if given.phase is not None:
        _check_phase(checker, given.phase, (*place, "phase"))
    if given.drop_out is not None:
        check_number(checker, given.drop_out, (*place, "drop_out"), what="a rate", timed=True)


def _times(given: grammar.Intervention) -> tuple[Any, ...]:
    if given.at is None:
        return ()
    return given.at if isinstance(given.at, tuple) else (given.at,)


def _check_at(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    times = _times(given)
    if given.at is None:
        if given.every is None and given.when is None and given.phase is None:
            checker.add("`at` is missing", place, "when it acts: a time, or a list of times", on_key=True)
        return
    begin = 0.0 if _of_an_arm(checker, place) else checker.begin
    if not times:
        checker.add("`at` is empty", (*place, "at"), "a time, or a list of times")
    for i, time in enumerate(times):
        at: Place = (*place, "at", i) if isinstance(given.at, tuple) else (*place, "at")
        check_instant(checker, time, at, "the intervention", begin=begin)
        if time in times[:i]:
            checker.add("the same time is listed twice", at)


def _of_an_arm(checker: Checker, place: Place) -> bool:
    """Say whether an arm uses an intervention: only what runs in the background may act before time 0."""
    if place[0] != "interventions":
        return place[0] == "arms"
    return any(place[1] == name for arm in checker.spec.arms.values() for name, _ in arm_items(arm))


def _check_steps(checker: Checker, every: float | None, place: Place) -> None:
    if "time" in checker.missing or every is None:
        return
    steps = checker.duration(checker.spec.time.horizon) / every
    if steps > MOST_STEPS:
        checker.add(f"it would act {steps:,.0f} times", place, f"at most {MOST_STEPS:,}")


def _check_when(checker: Checker, when: grammar.When, place: Place) -> None:
    check_measure(checker, when, place)
    levels = [key for key in ("above", "below") if getattr(when, key) is not None]
    if len(levels) != 1:
        checker.add("`when` needs either `above` or `below`", place, on_key=True)
    for key in levels:
        level: Place = (*place, key)
        check_number(checker, getattr(when, key), level, what="a level", least=None)
        if levels == [key] and never_passed(when, key, getattr(when, key)):
            checker.add(f"a share is never {key} {quantity_of(getattr(when, key)):g}", level, SHARES)
    _check_steps(
        checker,
        check_duration(checker, when.check_every, (*place, "check_every"), "`check_every`"),
        (*place, "check_every"),
    )
    if when.time_to is not None:
        checker.add("`when` cannot wait for `time_to`", (*place, "time_to"), "a share or a count", on_key=True)
    for key in ("at", "among"):
        if getattr(when, key) is not None:
            message = f"`when` is measured when it is looked at, and takes no `{key}`"
            checker.add(message, (*place, key), on_key=True)


def never_passed(measure: grammar.Measure, relation: str, level: Any) -> bool:
    """Say whether a share, of states that weigh nothing, can never be above or below a level."""
    if measure.share is None or isinstance(measure.share, Mapping):
        return False
    try:
        number = quantity_of(level)
    except (TypeError, AttributeError):  # what is no plain number is said elsewhere
        return False
    return number >= 1 if relation == "above" else number <= 0


def _check_phase(checker: Checker, phase: grammar.Phase, place: Place) -> None:
    check_group_word(checker, phase.over, (*place, "over"))
    check_duration(checker, phase.every, (*place, "every"), "`every`")
    order, at = phase.order, (*place, "order")
    if isinstance(order, grammar.Measure):
        check_group_measure(checker, order, at)
    elif isinstance(order, str):
        checker.word(order, ["random", "size"], "order of groups", at)
    else:
        known = checker.known.labels.get(phase.over)
        labels = [label(category) for category in order]
        for i, category in enumerate(labels):
            if category in labels[:i]:
                checker.add(f"`{category}` is listed twice", (*at, i))
            if known is not None and category not in known:
                checker.add(f"nobody has `{phase.over}` `{category}`", (*at, i), allowed_words(category, list(known)))


def check_again(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    """Check whom one intervention excludes and replaces."""
    target = given.target
    if target is None:
        return
    at = (*place, "target")
    words = (target.exclude,) if isinstance(target.exclude, str) else target.exclude or ()
    for i, word in enumerate(words):
        there: Place = (*at, "exclude") if isinstance(target.exclude, str) else (*at, "exclude", i)
        checker.word(word, [*EXCLUDING, *checker.known.interventions], "intervention", there)
    again = given.every is not None or len(_times(given)) > 1
    if target.replace and not again:
        hint = "add `every`, or more times to `at`"
        checker.add("`replace` needs later dates on which to replace anybody", (*at, "replace"), hint, on_key=True)
    if target.replace and target.share is None and target.number is None:
        hint = "say `number` or `share`: how many people it is to have"
        checker.add("`replace` needs a cut", (*at, "replace"), hint, on_key=True)
    if target.replace and target.groups is not None:
        checker.add("`replace` picks people, not whole groups", (*at, "replace"), on_key=True)


def check_once(checker: Checker, items: Any, place: Place) -> None:
    """Check that an intervention which repeats, waits or goes on group by group stands in an arm once."""
    named = checker.spec.interventions
    seen: set[str] = set()
    for i, (name, item) in enumerate(arm_items(items)):
        given = named.get(name) if isinstance(item, str) else item
        if not isinstance(given, grammar.Intervention):
            continue
        goes_on = [key for key in ("every", "when", "phase", "chain") if getattr(given, key) is not None]
        if name in seen and goes_on:
            checker.add(f"`{name}` stands in this arm twice", (*place, i), f"it goes on by `{goes_on[0]}` already")
        seen.add(name)


def check_uptake(checker: Checker, uptake: Any, place: Place) -> None:
    """Check the share of people who accept: a number, or a table by their contacts."""
    if not isinstance(uptake, grammar.UptakeByContacts):
        check_number(checker, uptake, place, what="uptake", most=1, ratio=False)
        return
    reads = [key for key in ("count", "share") if getattr(uptake, key) is not None]
    if len(reads) != 1:
        checker.add(
            "a table of uptake needs either `count` or `share`", place, "of contacts who are in it", on_key=True
        )
    for key in reads:
        states = getattr(uptake, key)
        before = len(checker.problems)
        if states != TREATED:
            checker.states(states, (*place, key))
        if isinstance(states, str) and nearest(states, [TREATED]):
            hint = f"did you mean `{TREATED}`? allowed: {TREATED}, or states"
            checker.problems[before:] = [replace(each, hint=hint) for each in checker.problems[before:]]
    for i, layer in enumerate(uptake.layers or ()):
        checker.word(layer, checker.known.layers, "layer", (*place, "layers", i))
    for i, (contacts, share) in enumerate(uptake.table):
        if contacts < 0 or (reads == ["share"] and contacts > 1):
            checker.add(
                f"{contacts:g} is no {'share' if reads == ['share'] else 'number'} of contacts", (*place, "table", i)
            )
        if not 0 <= share <= 1:
            checker.add(f"uptake is {share:g}", (*place, "table", i), "a share between 0 and 1")
        if i and contacts <= uptake.table[i - 1][0]:
            checker.add(f"{contacts:g} does not come after {uptake.table[i - 1][0]:g}", (*place, "table", i))
