"""Groups: everybody in a group at once, since a norm changes where all who hold it change."""

from __future__ import annotations

from typing import Any

from interventions.catalogue.recipe import recipe

Rank = str | dict[str, Any]


def groups(by: str, rank: Rank, *, layers: list[str] | None = None, like: float | None = None) -> dict[str, Any]:
    """Return whole groups in the order of a rank; by a column, or found in the network."""
    said = {key: value for key, value in (("layers", layers), ("like", like)) if value is not None}
    return {"kind": "groups", "target": {"groups": {"by": by, **said} if said else by, "rank": rank}}


@recipe("groups")
def whole_groups(*, column: str, rank: Rank = "random") -> dict[str, Any]:
    """Whole groups by a column: villages, classes, wards.

    Parameters
    ----------
    column : str
        Column that holds the groups.
    rank : str or mapping
        Which groups come first: random, size, or a measure, as ``{share: obesity.obese}``.

    Examples
    --------
    The villages where most people are obese, a tenth of all people at most::

        {tactic: whole_groups, column: village, rank: {share: obesity.obese}, target: {share: 0.1}, at: 0,
         effect: {susceptibility: {obesity.become_obese: 0.5}, for: 5}}
    """
    return groups(column, rank)


@recipe("groups")
def communities(*, rank: Rank = "size", layers: list[str] | None = None) -> dict[str, Any]:
    """Whole communities of the network: circles whose members mostly know one another.

    Found by the Louvain method (Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008).

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, cohesion, …, or a measure, as ``{share: obesity.obese}``.
    layers : list of str, optional
        Layers in which they are found. Default: all.

    Examples
    --------
    The circles where most people are obese::

        {tactic: communities, rank: {share: obesity.obese}, target: {share: 0.1}, at: 0,
         effect: {susceptibility: {obesity.become_obese: 0.5}, for: 5}}
    """
    return groups("communities", rank, layers=layers)


@recipe("groups")
def components(*, rank: Rank = "size", layers: list[str] | None = None) -> dict[str, Any]:
    """Whole components of the network: people whom any chain of ties joins.

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, cohesion, …, or a measure, as ``{share: obesity.obese}``.
    layers : list of str, optional
        Layers in which they are found. Default: all.

    Examples
    --------
    The largest of them that fit, a tenth of all people at most::

        {tactic: components, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return groups("components", rank, layers=layers)


@recipe("groups")
def cores(*, rank: Rank = "innermost", layers: list[str] | None = None) -> dict[str, Any]:
    """Whole cores of the network: people who are equally deep inside it.

    Cores as `k_core` finds them (Seidman 1983, doi:10.1016/0378-8733(83)90028-X).

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, cohesion, …, or a measure, as ``{share: obesity.obese}``.
    layers : list of str, optional
        Layers in which they are found. Default: all.

    Examples
    --------
    The innermost cores that fit, a tenth of all people at most::

        {tactic: cores, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return groups("cores", rank, layers=layers)


@recipe("groups")
def positions(*, rank: Rank = "size", like: float | None = None, layers: list[str] | None = None) -> dict[str, Any]:
    """Everybody in the same position: people with the same contacts.

    Structural equivalence (Lorrain & White 1971, doi:10.1080/0022250X.1971.9989788).

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, cohesion, …, or a measure, as ``{share: obesity.obese}``.
    like : float, share in [0, 1], optional
        Share of contacts that any two people of a position have in common. Default: all of them.
    layers : list of str, optional
        Layers in which they are found. Default: all.

    Examples
    --------
    The largest positions that fit, a tenth of all people at most::

        {tactic: positions, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return groups("positions", rank, layers=layers, like=like)


@recipe("groups")
def cluster_randomised(*, column: str, share: float = 0.5) -> dict[str, Any]:
    """A random share of the groups, as a cluster-randomised trial assigns them.

    Parameters
    ----------
    column : str
        Column that holds the groups, or communities.
    share : float, share in [0, 1]
        Share of the groups, not of the people.

    Examples
    --------
    Half of the villages::

        {tactic: cluster_randomised, column: village, at: 0, effect: {set: {advocacy: champion}}}
    """
    made = groups(column, "random")
    made["target"] |= {"of": "groups", "share": share}
    return made
