"""Cross-checks of groups: which they are, how they are ranked, what is counted; and of pairing people who are alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_outcomes import check_measure
from simulator.errors import Place, allowed_words


def check_groups(checker: Checker, target: grammar.Target, place: Place) -> None:
    """Check `groups`, `per`, `of` and `skip` of a target and, with `groups`, its rank."""
    if target.per is not None:
        check_group_word(checker, target.per, (*place, "per"))
    _check_counting(checker, target, place)
    if target.groups is None:
        if isinstance(target.rank, grammar.Measure):
            check_measure(checker, target.rank, (*place, "rank"))
            hint = "add `groups:`, or rank people by a rule: random, degree, most_named, nominated"
            checker.add("a measure ranks groups, not people", (*place, "rank"), hint)
        return
    by = target.groups if isinstance(target.groups, str) else target.groups.by
    at = (*place, "groups") if isinstance(target.groups, str) else (*place, "groups", "by")
    check_group_word(checker, by, at)
    _check_rank(checker, target, by, place)


def layers_of_groups(target: grammar.Target, everything: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers in which a target's groups are found, or by which they are ranked."""
    from interventions.group_scores import TIE_SCORES
    from interventions.groups import FOUND

    used: set[str] = set()
    if target.per in FOUND:
        used |= set(everything)
    if target.groups is not None:
        ranked_in = target.rank.parameters.get("layers") if isinstance(target.rank, grammar.RankRule) else None
        rule = target.rank.rule if isinstance(target.rank, grammar.RankRule) else target.rank
        given = target.groups
        by, found_in = (given, None) if isinstance(given, str) else (given.by, given.layers)
        if by in FOUND:
            used |= set(found_in or ranked_in or everything)
        if isinstance(rule, str) and rule in TIE_SCORES:
            used |= set(ranked_in or everything)
    return tuple(layer for layer in everything if layer in used)


def check_pairing(checker: Checker, add: grammar.AddTies, place: Place) -> None:
    """Check who is tied to whom."""
    known = checker.word(add.pairing, list(grammar.PAIRINGS), "pairing", (*place, "pairing"))
    if add.by is not None:
        checker.column(add.by, (*place, "by"))
        if known and add.pairing != "similar":
            hint = "by that column, people are alike"
            checker.add("`by` goes with `pairing: similar`", (*place, "by"), hint, on_key=True)
    elif add.pairing == "similar":
        hint = "the column by which people are alike: by: age"
        checker.add("`similar` needs `by`", (*place, "pairing"), hint)


def check_group_word(checker: Checker, word: str, place: Place) -> None:
    """Check that a word is a column, or names groups that are found in the network; not both."""
    from interventions.groups import FOUND

    known = checker.known
    if word in FOUND:
        if word in known.columns:
            hint = "give the column another name; from a file: columns: {my_groups: {from: " + word + "}}"
            checker.add(f"`{word}` is a column here, and means groups found in the network", place, hint)
    elif word not in known.columns and not known.any_column:
        hint = allowed_words(word, [*known.columns, *FOUND])
        if word in known.behaviours:
            hint = f"`{word}` is a behaviour; {hint}"
        checker.add(f"no column is named `{word}`", place, hint)


def _check_counting(checker: Checker, target: grammar.Target, place: Place) -> None:
    if target.of == "groups":
        if target.groups is None:
            checker.add("`of: groups` goes with `groups`", (*place, "of"), "say which: groups: village", on_key=True)
        if target.share is None and target.number is None:
            checker.add("`of: groups` counts nothing", (*place, "of"), "add `share` or `number`", on_key=True)
    if target.skip is None:
        return
    at = (*place, "skip")
    if target.of != "groups":
        hint = "it passes over whole groups; to leave people out, use `where`"
        checker.add("`skip` goes with `of: groups`", at, hint, on_key=True)
    elif target.share is not None:
        if target.skip > 1:
            checker.add(f"{target.skip:g} is not between 0 and 1", at, "beside a `share`, a share of groups is skipped")
        elif Decimal(str(target.skip)) + Decimal(str(target.share)) > 1:
            checker.add("`skip` and `share` add up to more than 1", at, "then there are not enough groups", on_key=True)
    elif target.skip != int(target.skip):
        checker.add(f"{target.skip:g} groups cannot be skipped", at, "beside a `number`, a whole number of groups")


def _check_rank(checker: Checker, target: grammar.Target, by: str, place: Place) -> None:
    from interventions.groups import check_group_rank
    from interventions.specs import Target

    found: dict[str, Any] = {}
    if isinstance(target.groups, grammar.GroupsBy):
        found = target.groups.parameters
    rule, parameters = "random", {}
    at_rule: Place = (*place, "rank")  # a rule written as a word stands at `rank`, one with parameters at `rank.rule`
    if isinstance(target.rank, grammar.Measure):
        check_group_measure(checker, target.rank, (*place, "rank"))
    elif isinstance(target.rank, grammar.RankRule):
        rule, parameters, at_rule = target.rank.rule, target.rank.parameters, (*place, "rank", "rule")
    else:
        rule = target.rank
    asked = Target(groups=by, group_parameters=found, rank=rule, parameters=parameters)
    for problem in check_group_rank(asked, checker.known.layers):
        if problem.place == ("rank",):
            checker.add(problem.message, at_rule, problem.hint)
        else:
            checker.extend([problem], place)


def check_group_measure(checker: Checker, given: grammar.Measure, place: Place) -> None:
    """Check a measure by which groups are ranked."""
    from interventions.groups import check_measure_of_groups
    from simulator.outcomes import Measure

    check_measure(checker, given, place)
    if len(given.kinds) == 1 and given.kinds[0] not in grammar.LATER_MEASURES:  # else it is wrong in itself
        measure = Measure(given.kinds[0], "", (), at=None if given.at is None else 0.0, among=given.among)
        checker.extend(check_measure_of_groups(measure), place)
