"""Alteration: the network itself changed."""

from __future__ import annotations

from typing import Any, Literal

from interventions.catalogue.recipe import recipe


@recipe("alteration")
def buddies(
    *,
    layer: str,
    per_person: int = 2,
    pairing: Literal["random", "similar"] = "random",
    by: str | None = None,
    to: str | None = None,
    weight: float | None = None,
    lasting: float | None = None,
    effect: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """New ties for those who accept: buddies, at random or alike.

    People join a programme when several buddies reinforce it (Centola 2010, doi:10.1126/science.1185231).

    Parameters
    ----------
    layer : str
        Layer that the ties join.
    per_person : int
        Buddies for each person.
    pairing : {"random", "similar"}
        Whether buddies are anybody, or people who are alike.
    by : str, optional
        Column in which they are alike.
    to : str, optional
        Condition on buddies: ``obesity == lean``. Default: anybody.
    weight : float, optional
        Of each tie. Default: 1.
    lasting : float, optional
        How long they last, in the scenario's unit. Default: for good.
    effect : mapping, optional
        What else happens to those who accept.

    Examples
    --------
    Two lean buddies for half of those who are obese, for three years::

        {tactic: buddies, layer: buddies, to: obesity == lean, lasting: 3,
         target: {where: obesity == obese, share: 0.5}, at: 0}
    """
    given = {"per_person": per_person, "to": to, "pairing": pairing, "by": by, "layer": layer, "weight": weight}
    effect = dict(effect or {})
    effect["ties"] = {"add": {key: value for key, value in given.items() if value is not None}}
    if lasting is not None:
        effect["for"] = lasting
    return {"kind": "alteration", "target": {"rank": "random"}, "effect": effect}
