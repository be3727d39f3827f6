"""Induction: existing ties excited, so that people pass on what they were given."""

from __future__ import annotations

from typing import Any, Literal

from interventions.catalogue.recipe import chained, ranked, recipe

Ties = Literal["all", "strong", "weak", "random"]


def induction(rank: str | dict[str, Any], **chain: Any) -> dict[str, Any]:
    """Return people in the order of a rank, who pass it on."""
    return {"kind": "induction", "target": {"rank": rank}, "chain": chained(**chain)}


@recipe("induction")
def word_of_mouth(
    *, ties: Ties = "all", contacts: int = 2, rank: str = "random", layers: list[str] | None = None
) -> dict[str, Any]:
    """Those who accept tell their contacts, once.

    Ties are excited all, at random, or by their strength (Valente 2012, doi:10.1126/science.1217330); strong ones
    persuade, weak ones reach further (Granovetter 1973, doi:10.1086/225469).

    Parameters
    ----------
    ties : {"all", "strong", "weak", "random"}
        Along which ties: all, or those of most or least weight, or random ones.
    contacts : int
        How many contacts each tells, unless it is all.
    rank : str
        Who is asked to begin: a rule.
    layers : list of str, optional
        Along which layers. Default: all.

    Examples
    --------
    A twentieth at random, each of whom brings their two closest contacts::

        {tactic: word_of_mouth, ties: strong, target: {share: 0.05}, at: 0, uptake: 0.8,
         effect: {set: {advocacy: champion}}}
    """
    if ties == "all":
        return induction(rank, waves=1, layers=layers)
    return induction(rank, waves=1, coupons=contacts, ties=ties, layers=layers)


@recipe("induction")
def snowball(
    *, waves: int = 2, names: int = 3, rank: str = "random", layers: list[str] | None = None
) -> dict[str, Any]:
    """Each names some contacts, who are asked to name theirs, wave after wave.

    Snowball sampling, s stages and k names (Goodman 1961, doi:10.1214/aoms/1177705148).

    Parameters
    ----------
    waves : int
        Stages after the first people.
    names : int
        How many contacts each names.
    rank : str
        Who is asked to begin: a rule.
    layers : list of str, optional
        Along which layers. Default: all.

    Examples
    --------
    A hundred random people, three names each, two stages::

        {tactic: snowball, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return induction(rank, waves=waves, coupons=names, layers=layers)


@recipe("induction")
def respondent_driven(
    *,
    coupons: int = 3,
    waves: int = 3,
    pause: float = 0.0,
    rank: str = "random",
    layers: list[str] | None = None,
) -> dict[str, Any]:
    """Each who comes gets a few coupons to pass on to contacts: respondent-driven recruitment.

    It reaches hidden groups through the people in them, and coupons keep any one person from filling the sample
    (Heckathorn 1997, doi:10.2307/3096941).

    Parameters
    ----------
    coupons : int
        Coupons that each gets.
    waves : int
        Waves after the first people.
    pause : float
        Time between waves, in the scenario's unit.
    rank : str
        Who is asked to begin: a rule.
    layers : list of str, optional
        Along which layers. Default: all.

    Examples
    --------
    Twenty to begin with, three coupons each, five waves::

        {tactic: respondent_driven, waves: 5, target: {number: 20}, at: 0, uptake: 0.5,
         effect: {set: {advocacy: champion}}}
    """
    return induction(rank, waves=waves, coupons=coupons, every=pause, layers=layers)


@recipe("induction")
def matched_outreach(
    *, followers: int | None = 10, rank: str = "most_named", layers: list[str] | None = None
) -> dict[str, Any]:
    """Leaders, each matched to the people nearest to them, whom they then teach.

    Optimal matching of leaders to learners (Valente & Davis 1999, doi:10.1177/000271629956600105).

    Parameters
    ----------
    followers : int, optional
        How many people each leader is matched to, at most; null: everybody goes to the nearest leader.
    rank : str
        Who the leaders are: a rule.
    layers : list of str, optional
        Along which layers nearness is told. Default: all.

    Examples
    --------
    The tenth who are named most, each with ten people::

        {tactic: matched_outreach, followers: 10, target: {share: 0.1}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return induction(ranked(rank, layers=layers), waves=1, coupons=followers, to="matched", layers=layers)


@recipe("induction")
def viral(
    *,
    shares: float = 0.2,
    waves: int = 10,
    pause: float = 0.0,
    rank: str = "random",
    layers: list[str] | None = None,
) -> dict[str, Any]:
    """What people share with all their contacts, who share it in turn: viral spread.

    Parameters
    ----------
    shares : float, share in [0, 1]
        Share of the people who get it who take it up and share it on.
    waves : int
        How often it is passed on, at most.
    pause : float
        Time between waves, in the scenario's unit.
    rank : str
        Who gets it first: a rule.
    layers : list of str, optional
        Along which layers. Default: all.

    Examples
    --------
    A hundred people begin, and one in ten who get it share it on::

        {tactic: viral, shares: 0.1, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return induction(rank, waves=waves, uptake=shares, every=pause, layers=layers)


@recipe("induction")
def reminders(
    *, every: float = 1.0, contacts: int | None = None, rank: str = "random", layers: list[str] | None = None
) -> dict[str, Any]:
    """Those who accept remind their contacts, again and again.

    Parameters
    ----------
    every : float
        Time between reminders, in the scenario's unit.
    contacts : int, optional
        How many contacts each reminds. Default: all.
    rank : str
        Who reminds: a rule.
    layers : list of str, optional
        Along which layers. Default: all.

    Examples
    --------
    A twentieth remind all their contacts each year, five times::

        {tactic: reminders, every: 1, until: 5, target: {share: 0.05}, at: 0,
         effect: {susceptibility: {obesity.become_obese: 0.5}, for: 1}}
    """
    made = induction(rank, waves=1, coupons=contacts, again=True, layers=layers)
    return {**made, "every": every}
