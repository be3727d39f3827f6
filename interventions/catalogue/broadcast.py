"""Broadcast: everybody, whatever their ties; and individuals, one by one: what network interventions must beat."""

from __future__ import annotations

from typing import Any

from interventions.catalogue.champions import who_are
from interventions.catalogue.recipe import recipe

Reach = float | dict[str, Any]


def broadcast(**parts: Any) -> dict[str, Any]:
    """Return what is offered to everybody."""
    return {"kind": "broadcast", "target": {}, **parts}


@recipe("broadcast")
def mass_media(*, reach: Reach = 1.0) -> dict[str, Any]:
    """Mass media: everybody is addressed, and a share of them is reached, by column if need be.

    Who is not reached is, for the ledger, offered it and does not accept. So a cost for each person reached is
    `per_treated`.

    Parameters
    ----------
    reach : float or mapping
        Share of people whom it reaches, or ``{by: area, values: {urban: 0.7, rural: 0.4}}``.

    Examples
    --------
    A campaign that reaches more people in towns::

        {tactic: mass_media, reach: {by: area, values: {urban: 0.7, rural: 0.4}}, at: 0,
         effect: {susceptibility: {obesity.become_obese: 0.95}, for: 1}}
    """
    return broadcast(uptake=reach)


@recipe("broadcast")
def price(*, transitions: list[str], rise: float = 0.1, elasticity: float = -0.4) -> dict[str, Any]:
    """A price that rises for everybody, and slows what it makes dearer.

    Rates are multiplied by (1 + rise) to the power of the elasticity.

    Parameters
    ----------
    transitions : list of str
        Whose rates change: ``[drinking.turn_heavy]``.
    rise : float
        Relative change of the price: 0.1 is a tenth dearer.
    elasticity : float
        By how many per cent the rate changes for one per cent of price; below 0: dearer is rarer. The default is
        assumed.

    Examples
    --------
    A fifth dearer::

        {tactic: price, transitions: [obesity.become_obese], rise: 0.2, at: 0}
    """
    from simulator.errors import Problem, SpecError

    if rise <= -1:
        raise SpecError(Problem(f"`rise` is {rise:g}", ("rise",), "a relative change of the price: above -1"))
    factor = round((1 + rise) ** elasticity, 12)
    return broadcast(effect={"susceptibility": dict.fromkeys(transitions, factor)})


@recipe("broadcast")
def policy(*, compliance: Reach = 1.0) -> dict[str, Any]:
    """A rule that holds for everybody: a ban, a default, a standard.

    Parameters
    ----------
    compliance : float or mapping
        Share of people for whom it has its effect, or by column.

    Examples
    --------
    A rule that nine in ten follow::

        {tactic: policy, compliance: 0.9, at: 0, effect: {susceptibility: {obesity.become_obese: 0.9}}}
    """
    return broadcast(uptake=compliance)


@recipe("broadcast")
def treat_individuals(*, states: str | list[str] | None = None) -> dict[str, Any]:
    """Individuals treated one by one, whoever they know: the comparator of all network interventions.

    Parameters
    ----------
    states : str or list of str, optional
        Whom: those in these states, ``obesity.obese``. Default: anybody.

    Examples
    --------
    A hundred people who are obese, at random::

        {tactic: treat_individuals, states: obesity.obese, target: {number: 100}, at: 0,
         effect: {set: {obesity: lean}}}
    """
    where = {} if states is None else {"where": who_are(states)}
    return {"kind": "broadcast", "target": {"rank": "random", **where}}
