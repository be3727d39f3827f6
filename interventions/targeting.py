"""Targeting rules: each ranks all people, best target first.

A rule is a function ``rule(situation, **parameters) -> int32[k]`` in the registry `targets`; a package adds one by
the entry-point group ``netrial.targets``. A rule scores people, and `best_first` turns scores into a ranking, so that
no rule can sort the wrong way; it may leave out people whom it would never pick. A rule that chooses people as a set
takes a second argument, the `Request`, which says who can be picked and how many. Where luck enters, it is keyed by
the rule and the replicate, never by the arm or the date: two interventions with the same rule see the same order, and
a smaller cut lies within a larger one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interventions.cutting import rounded_share
from simulator.arguments import arguments, with_columns
from simulator.errors import Place, Problem, SpecError, allowed_words
from simulator.registry import Registry

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.streams import Draw
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


def rank(situation: Situation, rule: str, parameters: Mapping[str, Any], request: Request | None = None) -> np.ndarray:
    """Rank people by a registered rule.

    Parameters
    ----------
    situation : Situation
    rule : str
        A name in `targets`.
    parameters : mapping
        The rule's own parameters.
    request : Request, optional
        For rules that choose people as a set; None: everybody who is there can be picked, and all of them are wanted.

    Returns
    -------
    int32[k]
        Person indices, best target first; whom the rule would never pick is not among them.

    Raises
    ------
    SpecError
        If the rule is unknown or does not take these parameters; or if one that a package brings makes no ranking.
    """
    problems = check_rank(rule, parameters, tuple(situation.world.network.layers))
    if problems:
        raise SpecError(problems)
    function, n_persons = targets[rule], situation.world.population.size
    given = with_columns(function, parameters, situation.world.population.columns)
    if takes_request(function):
        present = situation.present
        request = request or Request(present, int(np.count_nonzero(present)))
        ranking = function(situation, request, **given)
    else:
        ranking = function(situation, **given)
    if (plugin := targets.plugin(rule)) and not _ranks(ranking, n_persons):
        message = f"the targeting rule `{rule}` of the package `{plugin.package}` made something else than a ranking"
        hint = f"some of 0 … {n_persons - 1}, each at most once, as int32[k]: `best_first` makes one of scores"
        raise SpecError(Problem(message, ("rank",), hint))
    return ranking


def takes_request(rule: Rule) -> bool:
    """Say whether a rule chooses people as a set, and so takes a `Request`."""
    kinds = [each.kind for each in inspect.signature(rule).parameters.values()]
    return (
        sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds) > 1
    )


def _ranks(ranking: Any, n_persons: int) -> bool:
    """Say whether an array holds people, each at most once."""
    if not isinstance(ranking, np.ndarray) or ranking.ndim != 1 or ranking.dtype.kind not in "iu":
        return False
    within = ranking.size == 0 or (int(ranking.min()) >= 0 and int(ranking.max()) < n_persons)
    return bool(within and np.unique(ranking).size == ranking.size)


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


@targets.add("random")
def rank_random(situation: Situation, *, draw: str = "") -> np.ndarray:
    """People in random order: one order per replicate, the same in every arm.

    Parameters
    ----------
    situation : Situation
    draw : str
        Name of another order: ``{rule: random, draw: second}``.

    Returns
    -------
    int32[n_persons]
    """
    n_persons = situation.world.population.size
    return situation.draw.order("rank", "random", draw, n=n_persons).astype(np.int32)


@targets.add("degree")
def rank_degree(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People with most distinct contacts first (a contact met in two layers counts once).

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in; None: all.

    Returns
    -------
    int32[n_persons]
    """
    return best_first(situation.world.network.degree(layers), situation, "degree")


@targets.add("most_named")
def rank_most_named(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People named most often in the ties first, whichever way influence runs: opinion leaders.

    In a layer that was not surveyed every tie counts as named from both ends.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in; None: all.

    Returns
    -------
    int32[n_persons]
    """
    return best_first(situation.world.network.times_named(layers), situation, "most_named")


@targets.add("nominated")
def rank_nominated(situation: Situation, *, asked: float = 0.2, layers: Sequence[str] | None = None) -> np.ndarray:
    """People named most often when a random share of people each name one contact: friends of random people.

    This finds well-connected people without mapping the network (Kim et al. 2015,
    doi:10.1016/S0140-6736(15)60095-2). Anybody may be asked, whether or not they satisfy the target's
    `where`.

    Parameters
    ----------
    situation : Situation
    asked : float, share in (0, 1]
        Share of all people who are asked, rounded to a number of people.
    layers : list of str, optional
        Layers in which contacts are named; None: all.

    Returns
    -------
    int32[n_persons]

    Raises
    ------
    SpecError
        If `asked` is outside (0, 1].
    """
    if problems := _asked_problems(asked):
        raise SpecError(problems)
    network = situation.world.network
    scores = count_nominations(network.namings_of(layers), network.n_persons, situation.draw, asked)
    return best_first(scores, situation, "nominated")


def count_nominations(namings: np.ndarray, n_persons: int, draw: Draw, asked: float) -> np.ndarray:
    """Ask a random share of people to name one of the people they name; count who is named.

    Who is asked, and whom each would name, are drawn apart: asking more people leaves earlier answers as they
    were. Those who name nobody give no answer.

    Parameters
    ----------
    namings : int32[n_namings, 2]
        (namer, named), distinct and sorted.
    n_persons : int
    draw : Draw
    asked : float, share in (0, 1]

    Returns
    -------
    int64[n_persons]
        Times named.
    """
    from simulator.streams import scale

    first = np.searchsorted(namings[:, 0], np.arange(n_persons + 1))
    n_named = np.diff(first)
    people = draw.order("rank", "nominated", "asked", n=n_persons)[: rounded_share(asked, n_persons)]
    people = people[n_named[people] > 0]
    answers = scale(draw.words_at("rank", "nominated", "named", indices=people), n_named[people])
    return np.bincount(namings[first[people] + answers, 1], minlength=n_persons)


def check_rank(rule: str, parameters: Mapping[str, Any], layers: Sequence[str]) -> list[Problem]:
    """Say what is wrong with a rule and its parameters.

    Parameters
    ----------
    rule : str
    parameters : mapping
    layers : sequence of str
        Layers that the network has.

    Returns
    -------
    list of Problem
        Places are relative to the target: ``("rank", "asked")``.
    """
    from interventions.rules.choosing import limit_problems  # late: the rules there register themselves here

    if rule not in targets:
        return [Problem(f"unknown targeting rule `{rule}`", ("rank",), allowed_words(rule, targets.names()))]
    taken = list(arguments(targets[rule]).values())
    allowed = [parameter.name for parameter in taken]
    problems = [
        Problem(f"`{rule}` takes no `{name}`", ("rank", name), allowed_words(name, allowed), on_key=True)
        for name in parameters
        if name not in allowed
    ]
    problems += [
        Problem(f"`{rule}` needs `{parameter.name}`", ("rank",))
        for parameter in taken
        if parameter.default is parameter.empty and parameter.name not in parameters
    ]
    if "asked" in parameters and "asked" in allowed:
        problems += _asked_problems(parameters["asked"])
    if "draw" in parameters and "draw" in allowed and not isinstance(parameters["draw"], str):
        problems.append(Problem("`draw` is a word", ("rank", "draw"), "an example: second"))
    problems += limit_problems(rule, parameters)
    if "layers" in allowed:
        problems += check_layers(parameters.get("layers"), layers, ("rank", "layers"))
    return problems


def check_layers(named: Any, layers: Sequence[str], place: Place) -> list[Problem]:
    """Say what is wrong with a list of layers (None: all of them)."""
    if named is None:
        return []
    if isinstance(named, str) or not isinstance(named, Sequence) or not named:
        return [Problem("`layers` is a list of layers", place, f"allowed: {', '.join(layers)}")]
    return [
        Problem(f"unknown layer `{name}`", (*place, i), allowed_words(str(name), list(layers)))
        for i, name in enumerate(named)
        if name not in layers
    ]


def _asked_problems(asked: Any) -> list[Problem]:
    if isinstance(asked, (int, float)) and not isinstance(asked, bool) and 0 < asked <= 1:
        return []
    return [Problem(f"`asked` is {asked}", ("rank", "asked"), "a share above 0, at most 1")]


import interventions.rules  # noqa: E402, F401  (registers the rules that live there)
