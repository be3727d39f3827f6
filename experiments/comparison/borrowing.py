"""What strategies borrow from a scenario: what happens to those who accept, when, how many do, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import Problem, SpecError, allowed_words

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from simulator.errors import Place

BORROWED = ("at", "every", "until", "when", "phase", "uptake", "drop_out", "effect", "cost")
"""Keys of an intervention that a strategy takes over; whom it is offered to, and along which ties, is its own."""

BORROWED_OF_TARGET = ("where", "knowledge")
"""Keys of a target that say who can be asked at all, and what is known: they hold whatever the strategy."""

ANY = ("champions", "groups", "broadcast")
"""Kinds whose effect is something done to people, so that strategies of other kinds can borrow it."""


@dataclass(frozen=True)
class Lender:
    """An intervention of the scenario from which strategies borrow.

    Parameters
    ----------
    name : str
    kind : str
    place : tuple
        Where it stands in the scenario.
    intervention : mapping
        As the scenario writes it; a tactic's expansion.
    """

    name: str
    kind: str
    place: Place
    intervention: Mapping[str, Any]

    @property
    def effect(self) -> Mapping[str, Any]:
        """What happens to those who accept."""
        return self.intervention.get("effect") or {}

    @property
    def cost(self) -> Mapping[str, Any]:
        """What it costs, key by key."""
        return self.intervention.get("cost") or {}

    @property
    def alters(self) -> bool:
        """Whether its effect is on ties, or on who is there."""
        return "ties" in self.effect or "people" in self.effect

    @property
    def acts(self) -> bool:
        """Whether it does something to those who accept it; a chain may do so only to those whom it is passed on to."""
        return bool(self.effect) and not self.alters

    def parts(self) -> dict[str, Any]:
        """Return what a strategy takes over, as a scenario writes it."""
        found = {key: self.intervention[key] for key in BORROWED if self.intervention.get(key) is not None}
        target = self.intervention.get("target") or {}
        kept = {key: target[key] for key in BORROWED_OF_TARGET if target.get(key) is not None}
        return found | ({"target": kept} if kept else {})


def lenders_of(scenario: Scenario) -> list[Lender]:
    """Return the interventions of the scenario but the background: the named ones in order, then those in arms."""
    found = [
        _lender(scenario, ("interventions", str(name)), str(name), given)
        for name, given in (scenario.data.get("interventions") or {}).items()
        if name not in (scenario.spec.background or ())
    ]
    for arm, members in (scenario.data.get("arms") or {}).items():
        inside: Place = ("arms", arm, "interventions") if isinstance(members, dict) else ("arms", arm)
        for i, item in enumerate(members["interventions"] if isinstance(members, dict) else members):
            if isinstance(item, dict) and arm != scenario.control:
                name = item.get("name") or item.get("tactic") or item["kind"]
                found.append(_lender(scenario, (*inside, i), str(name), item))
    return found


def _lender(scenario: Scenario, place: Place, name: str, given: Mapping[str, Any]) -> Lender:
    expansion = scenario.expansions.get(place)
    intervention = {
        key: each for key, each in (expansion.intervention if expansion else given).items() if key != "name"
    }
    return Lender(name, str(intervention["kind"]), place, intervention)


def lender_named(lenders: list[Lender], name: str) -> Lender:
    """Return the intervention of which strategies shall have the effect.

    Raises
    ------
    SpecError
        If there is none of that name, or its effect is on ties, which only alteration can use, or on nobody.
    """
    found = next((each for each in lenders if each.name == name), None)
    if found is None:
        raise SpecError(
            Problem(f"there is no intervention `{name}`", hint=allowed_words(name, [each.name for each in lenders]))
        )
    if not found.acts:
        fit = [each.name for each in lenders if each.acts]
        hint = f"choose one that acts on people: {', '.join(fit) or 'the scenario has none'}"
        what = "is on ties or on who is there" if found.alters else "is on none of those who accept it"
        raise SpecError(Problem(f"the effect of `{name}` {what}", (*found.place, "effect"), hint))
    return found


def lender_for(kind: str, lenders: list[Lender], effect: str | None = None) -> Lender | None:
    """Return the intervention from which strategies of a kind borrow.

    Parameters
    ----------
    kind : str
    lenders : list of Lender
        The scenario's, in order.
    effect : str, optional
        The one that shall lend to all kinds but alteration.

    Returns
    -------
    Lender or None
        The first of the kind that does something to those who accept it; else the first that does, whatever its kind.
        Alteration borrows from one that adds ties, or from none.
    """
    if kind == "alteration":
        return next((each for each in lenders if each.kind == kind and "ties" in each.effect), None)
    if effect is not None:
        return lender_named(lenders, effect)
    plain = [each for each in lenders if each.acts]
    own = (each for each in plain if each.kind == kind)
    return next(own, None) or next((each for each in plain if each.kind in ANY), None)


def check_costs(lenders: list[Lender], scenario: Scenario) -> None:
    """Refuse to compare at equal cost what costs nothing.

    Raises
    ------
    ScenarioError
        With every intervention that lends its effect and has no cost.
    """
    hint = "say what it costs, as `cost: {fixed: 5000, per_treated: 200}`"
    problems = [
        Problem(f"`{each.name}` costs nothing, so that no budget can be compared", each.place, hint, on_key=True)
        for each in lenders
        if not any(amount_of(price) for price in each.cost.values())
    ]
    if problems:
        raise scenario.located(SpecError(problems))


def amount_of(price: Any) -> float:
    """Return a cost in the study's currency, from a number or a number with its source."""
    return float(price.get("value", 0.0) if isinstance(price, Mapping) else price or 0.0)
