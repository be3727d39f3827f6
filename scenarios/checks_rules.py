"""Cross-checks of how people are ranked: targeting rules and their parameters."""

from __future__ import annotations

from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_parameters import check_parameters, check_word
from scenarios.conversion import own_parameters
from simulator.errors import Place, allowed_words


def check_rule(checker: Checker, target: grammar.Target, place: Place) -> None:
    """Check that a registered rule can be used, and its parameters.

    Parameters
    ----------
    checker : Checker
    target : Target
        It ranks people, by a rule.
    place : place
        Of the target.
    """
    from interventions.targeting import targets

    rank: Any = target.rank
    rule, given = (rank, {}) if isinstance(rank, str) else (rank.rule, rank.parameters)
    at_rule = (*place, "rank") if isinstance(rank, str) else (*place, "rank", "rule")
    if rule not in targets:
        checker.add(f"unknown targeting rule `{rule}`", at_rule, allowed_words(rule, targets.names()))
    elif check_word(checker, targets, rule, at_rule):
        own, asked = own_parameters(rule, given)
        check_parameters(checker, targets[rule], rule, own, (*place, "rank"))
        _check_layers(checker, own.get("layers"), (*place, "rank", "layers"))
        if asked is not None:
            _check_asked(checker, asked, target, (*place, "rank", "asked"))


def _check_layers(checker: Checker, layers: Any, place: Place) -> None:
    if not isinstance(layers, list | tuple):
        return  # none, or a mistake that was reported with the parameters
    if not layers:
        checker.add("`layers` is empty", place, f"allowed: {', '.join(checker.known.layers)}")
    for i, layer in enumerate(layers):
        if isinstance(layer, str):
            checker.word(layer, checker.known.layers, "layer", (*place, i))


def _check_asked(checker: Checker, asked: Any, target: grammar.Target, place: Place) -> None:
    """Check `asked` beside a rule that asks nobody itself: the share of people who are asked about the network."""
    if isinstance(asked, bool) or not isinstance(asked, int | float):
        checker.add(f"`asked` is {asked}", place, "a share: a number from 0 to 1")
    else:
        checker.range(asked, place, "a share", 0, 1)
    if target.knowledge is not None:
        hint = "beside a rule it is short for `knowledge: {asked: …}`; say it in one of the two places"
        checker.add("`asked` does not go with `knowledge`", place, hint, on_key=True)
