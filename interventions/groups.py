"""Groups of people, and their ranking: categories of a column, or groups that are found in the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interventions.group_scores import TIE_SCORES
from interventions.scores import once
from interventions.specs import COMMUNITIES, Target
from interventions.targeting import check_layers
from simulator.centrality import settled
from simulator.errors import Place, Problem, SpecError, allowed_words
from simulator.outcomes import TimeReading, read_so_far

if TYPE_CHECKING:
    from interventions.specs import Phase
    from simulator.network import ContactNetwork
    from simulator.outcomes import Measure
    from simulator.world import Situation, World

FOUND = {
    COMMUNITIES: "people with more ties among themselves than chance would give (Louvain)",
    "components": "people who are connected, directly or through others",
    "cores": "people of one core number: shell around shell, from the densest part of the network outwards",
    "positions": "people with the same contacts (structural equivalence), or with contacts that are alike",
}
"""Groups that are found in the network. No column by which people are grouped is called so."""

GROUP_RANKS = {
    "random": "groups in random order, one order per replicate",
    "size": "groups with most people first",
    "smallest": "groups with fewest people first",
    "cohesion": "groups in which the largest share of all pairs is tied first",
    "inward": "groups with the largest share of their ties inside first",
    "centrality": "groups to which the largest share of everybody else is tied first",
    "innermost": "cores from the inside out",
}
"""Ways to rank groups by name; a measure of their members is the other way."""


def group_codes(target: Target, world: World) -> tuple[np.ndarray, int]:
    """Return everybody's group, as a target asks for them.

    Parameters
    ----------
    target : Target
        Its `groups` is a column or one of `FOUND`, with `group_parameters`. Where these name no layers, those in
        `parameters` are meant.
    world : World

    Returns
    -------
    codes : int32[n_persons]
        -1: in no group, since the column is missing.
    n_groups : int
    """
    assert target.groups is not None
    layers = target.group_parameters.get("layers", target.parameters.get("layers"))
    return codes_by(target.groups, world, layers, target.group_parameters.get("like", 1.0))


def codes_by(by: str, world: World, layers: Sequence[str] | None = None, like: float = 1.0) -> tuple[np.ndarray, int]:
    """Return everybody's group.

    Groups found in the network depend on it alone, and are found once per network. They are numbered from the largest
    to the smallest (of one size, by their smallest person), cores from the innermost outwards.

    Parameters
    ----------
    by : str
        A column, or one of `FOUND`.
    world : World
    layers : sequence of str, optional
        Layers in which groups are found; None: all.
    like : float in (0, 1]
        Of positions: see `simulator.positions.positions`.

    Returns
    -------
    codes : int32[n_persons]
        Not to be written to. -1: in no group, since the column is missing.
    n_groups : int

    Raises
    ------
    SpecError
        If a layer is not in the network, or positions cannot be found.
    """
    if by in FOUND:
        codes = _found_in(by, world.network, layers, like)
        return codes, int(codes.max(initial=-1)) + 1
    codes, labels = world.population.columns[by].groups()
    return codes, len(labels)


def _found_in(by: str, network: ContactNetwork, layers: Sequence[str] | None, like: float) -> np.ndarray:
    from simulator import measures
    from simulator.communities import by_size, communities
    from simulator.positions import positions

    if by == COMMUNITIES:
        return communities(network, layers)
    names = tuple(sorted(network.layers if layers is None else set(layers)))
    pairs, n_persons = network.pairs_in(names), network.n_persons
    if by == "components":
        return once(network, (by, names), lambda: by_size(measures.connected(pairs, n_persons)))
    if by == "cores":
        return once(network, (by, names), lambda: _from_the_inside(measures.core_numbers(pairs, n_persons)))
    chosen = [network.layers[name] for name in names]
    return once(network, (by, names, like), lambda: by_size(positions(chosen, n_persons, like)))


def _from_the_inside(core_numbers: np.ndarray) -> np.ndarray:
    return np.unique(-core_numbers, return_inverse=True)[1].astype(np.int32)


def rank_groups(target: Target, situation: Situation) -> np.ndarray:
    """Rank groups: by a measure of their members so far (largest first), by how they are tied, or at random.

    Everything is taken over all members who are there, whether or not they satisfy the target's `where`; what happened
    so far, over all who ever were (`simulator.outcomes.read_so_far`). Equal groups come in an order drawn once per
    replicate; a group in which there is nothing to measure comes last.

    Parameters
    ----------
    target : Target
    situation : Situation

    Returns
    -------
    int64[n_groups]
        Best first.

    Raises
    ------
    SpecError
        If groups cannot be ranked in this way.
    """
    if problems := check_group_rank(target, tuple(situation.world.network.layers)):
        raise SpecError(problems)
    codes, n_groups = group_codes(target, situation.world)
    extra = target.parameters.get("draw", "")
    luck = situation.draw.words("rank", "groups", str(target.groups), extra, n=n_groups)
    if target.group_measure is not None:
        scores = _measured(target.group_measure, situation, codes, n_groups)
    else:
        scores = _scored(target, situation, codes, n_groups)
    return np.lexsort((luck, -scores))


def _scored(target: Target, situation: Situation, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Return float64[n_groups]: what the rank of a target makes of each group; -inf: nothing to measure."""
    if target.rank == "random":
        return np.zeros(n_groups)
    if target.rank == "innermost":
        return -np.arange(n_groups, dtype=np.float64)
    there = np.where(situation.present, codes, -2)
    if target.rank in TIE_SCORES:
        pairs = situation.world.network.pairs_in(target.parameters.get("layers"))
        return TIE_SCORES[target.rank](there, n_groups, pairs)
    sizes = np.bincount(there[there >= 0], minlength=n_groups).astype(np.float64)
    return sizes if target.rank == "size" else np.where(sizes > 0, -sizes, -np.inf)


def check_group_rank(target: Target, layers: Sequence[str]) -> list[Problem]:
    """Say what is wrong with how groups are made and ranked.

    Parameters
    ----------
    target : Target
    layers : sequence of str
        Layers that the network has.

    Returns
    -------
    list of Problem
        Places are relative to the target.
    """
    problems = _check_found(target, layers)
    measure = target.group_measure
    if measure is not None:
        return problems + [replace(each, place=("rank", *each.place)) for each in check_measure_of_groups(measure)]
    if target.rank not in GROUP_RANKS:
        hint = f"{allowed_words(target.rank, list(GROUP_RANKS))}, or a measure, as {{share: …}}"
        problems.append(Problem(f"groups cannot be ranked by `{target.rank}`", ("rank",), hint))
    elif target.rank == "innermost" and target.groups != "cores":
        problems.append(Problem("`innermost` ranks cores", ("rank",), "use `groups: cores`, or another rank"))
    return problems + _check_parameters(target.parameters, layers)


def _check_found(target: Target, layers: Sequence[str]) -> list[Problem]:
    problems = []
    for name in target.group_parameters:
        place: Place = ("groups", name)
        if target.groups not in FOUND:
            message = f"groups by a column take no `{name}`"
            hint = "it goes with positions" if name == "like" else f"it goes with {', '.join(FOUND)}"
            problems.append(Problem(message, place, hint, on_key=True))
        elif name == "like" and target.groups != "positions":
            problems.append(Problem(f"`{target.groups}` take no `like`", place, "it goes with positions", on_key=True))
    like = target.group_parameters.get("like", 1.0)
    if not 0 < like <= 1:
        problems.append(Problem(f"`like` is {like:g}", ("groups", "like"), "a share above 0, at most 1"))
    return problems + check_layers(target.group_parameters.get("layers"), layers, ("groups", "layers"))


def _check_parameters(parameters: Mapping[str, Any], layers: Sequence[str]) -> list[Problem]:
    taken = ["draw", "layers"]
    problems = [
        Problem(f"a rank of groups takes no `{name}`", ("rank", name), allowed_words(name, taken), on_key=True)
        for name in parameters
        if name not in taken
    ]
    if not isinstance(parameters.get("draw", ""), str):
        problems.append(Problem("`draw` is a word", ("rank", "draw"), "an example: second"))
    return problems + check_layers(parameters.get("layers"), layers, ("rank", "layers"))


def check_measure_of_groups(measure: Measure) -> list[Problem]:
    """Say what is wrong with a measure by which groups are ranked; places are relative to it."""
    if measure.kind == "time_to":
        hint = "a group that has not reached the level yet has no time; rank by the share or count itself"
        return [Problem("groups cannot be ranked by `time_to`", ("time_to",), hint, on_key=True)]
    return [
        Problem(f"a rank of groups is measured when the intervention acts, and takes no `{key}`", (key,), on_key=True)
        for key in ("at", "among")
        if getattr(measure, key) is not None
    ]


def _measured(measure: Measure, situation: Situation, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Return float64[n_groups]: what the measure comes to so far in each group; -inf: nobody to measure."""
    reading = read_so_far(measure, situation)
    assert not isinstance(reading, TimeReading)
    scores = np.nan_to_num(reading.by_group(codes, n_groups), nan=-np.inf)
    return settled(scores) if measure.weights else scores  # sums of weights may differ in their last bits


def groups_over(over: str, world: World) -> np.ndarray:
    """Return int32[n_persons]: everybody's group by a column, or "communities"; -1: in none."""
    return group_codes(Target(groups=over), world)[0]


def order_over(phase: Phase, situation: Situation) -> np.ndarray:
    """Return the groups of a stepped start in the order in which they begin.

    Parameters
    ----------
    phase : Phase
    situation : Situation
        When the first of them begin.

    Returns
    -------
    int64[k]
        Groups, as `groups_over` numbers them.
    """
    if phase.listed:
        labels = situation.world.population.columns[phase.over].groups()[1]
        return np.array([labels.index(label) for label in phase.listed if label in labels], np.int64)
    if isinstance(phase.order, str):
        return rank_groups(Target(groups=phase.over, rank=phase.order), situation)
    return rank_groups(Target(groups=phase.over, group_measure=phase.order), situation)
