"""Groups: everybody in a group at once, since a norm changes where all who hold it change."""

from __future__ import annotations

from typing import Any

from interventions.catalogue.recipe import recipe

Rank = str | dict[str, Any]


def groups(which: str, rank: Rank, **target: Any) -> dict[str, Any]:
    """Return whole groups in the order of a rank."""
    return {"kind": "groups", "target": {"groups": which, "rank": rank, **target}}


@recipe("groups")
def whole_groups(*, column: str, rank: Rank = "random") -> dict[str, Any]:
    """Whole groups by a column: villages, classes, wards.

    Parameters
    ----------
    column : str
        Column that holds the groups.
    rank : str or mapping
        Which groups come first: random, size, or a share or count of states, as ``{share: obesity.obese}``.

    Examples
    --------
    The villages where most people are obese, a tenth of all people at most::

        {tactic: whole_groups, column: village, rank: {share: obesity.obese}, target: {share: 0.1}, at: 0,
         effect: {susceptibility: {obesity.become_obese: 0.5}, for: 5}}
    """
    return groups(column, rank)


@recipe("groups")
def communities(*, rank: Rank = "size") -> dict[str, Any]:
    """Whole communities of the network: circles whose members mostly know one another.

    Found by the Louvain method (Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008).

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, or a share or count of states.

    Examples
    --------
    The circles where most people are obese::

        {tactic: communities, rank: {share: obesity.obese}, target: {share: 0.1}, at: 0,
         effect: {susceptibility: {obesity.become_obese: 0.5}, for: 5}}
    """
    return groups("communities", rank)


@recipe("groups")
def components(*, rank: Rank = "size") -> dict[str, Any]:
    """Whole components of the network: people whom any chain of ties joins.

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, or a share or count of states.

    Examples
    --------
    The largest of them that fit, a tenth of all people at most::

        {tactic: components, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return groups("components", rank)


@recipe("groups")
def cores(*, rank: Rank = "random") -> dict[str, Any]:
    """Whole cores of the network: people who are equally deep inside it.

    Cores as `k_core` finds them (Seidman 1983, doi:10.1016/0378-8733(83)90028-X).

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, or a share or count of states.

    Examples
    --------
    The smallest cores that fit, a tenth of all people at most::

        {tactic: cores, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return groups("cores", rank)


@recipe("groups")
def positions(*, rank: Rank = "size") -> dict[str, Any]:
    """Everybody in the same position: people with the same contacts.

    Structural equivalence (Lorrain & White 1971, doi:10.1080/0022250X.1971.9989788).

    Parameters
    ----------
    rank : str or mapping
        Which come first: random, size, or a share or count of states.

    Examples
    --------
    The largest positions that fit, a tenth of all people at most::

        {tactic: positions, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return groups("positions", rank)


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
    return groups(column, "random", of="groups", share=share)
