"""What every targeting rule rests on: the registry, the request of a rule that chooses sets, and the order of scores.

A rule is registered under its name and says in words whom it prefers::

    @targets.add("degree")
    @in_words("with most contacts")
    def rank_degree(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray: …
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.arguments import arguments
from simulator.registry import Registry

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.world import Situation

Rule = Callable[..., np.ndarray]
targets: Registry[Rule] = Registry("targeting rule", "netrial.targets")


@dataclass(frozen=True, eq=False)
class Request:
    """What a rule that chooses people as a set is asked for.

    Parameters
    ----------
    eligible : bool[n_persons]
        Who can be picked; whom else the rule names is passed over.
    places : int
        How many people are wanted at most; fewer may be taken where money or uptake runs out first.
    intervention : Intervention, optional
        What they are picked for; None where a rule is asked on its own.
    """

    eligible: np.ndarray
    places: int
    intervention: Intervention | None = None


def takes_request(rule: Rule) -> bool:
    """Say whether a rule chooses people as a set, and so takes a `Request`."""
    kinds = [each.kind for each in inspect.signature(rule).parameters.values()]
    return (
        sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds) > 1
    )


def goes_by_ties(rule: str) -> bool:
    """Say whether a rule may look at the network; True where that cannot be told.

    A rule of netrial's own that ranks people by the network takes `layers`.
    """
    if rule not in targets or targets.plugin(rule) is not None:
        return True
    return takes_request(targets[rule]) or "layers" in arguments(targets[rule])


def best_first(scores: np.ndarray, situation: Situation, rule: str) -> np.ndarray:
    """Order people by falling score; equal scores in an order drawn once per replicate.

    Parameters
    ----------
    scores : number[n_persons]
    situation : Situation
    rule : str
        Names the draw.

    Returns
    -------
    int32[n_persons]
    """
    luck = situation.draw.words("rank", rule, n=scores.size)
    return np.lexsort((luck, -scores.astype(np.float64))).astype(np.int32)


def in_words(phrase: str, **instead: str) -> Callable[[Rule], Rule]:
    """Say beside a rule whom it prefers, in words that follow "the 500 people".

    Parameters
    ----------
    phrase : str
        ``"named most often when {asked} of all people name one contact each"``: names in braces are parameters.
    **instead : str
        Another phrase where that parameter is given.
    """

    def say(rule: Rule) -> Rule:
        rule.phrases = {"": phrase, **instead}  # type: ignore[attr-defined]
        return rule

    return say


def phrase_of(rule: str, given: Mapping[str, Any]) -> str:
    """Return the words of a rule with these parameters, names of parameters in braces; empty: it has none."""
    said: dict[str, str] = getattr(targets[rule], "phrases", {})
    return next((said[name] for name in given if name in said and given[name] is not None), said.get("", ""))
