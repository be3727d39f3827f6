"""Changes of a trial: each assumed number halved and doubled, and what has to be run again to see what it does.

A number of an intervention moves only the arms that use it, since arms share nothing but their luck: these and the
control are run again, the others are what they were. Any other number moves every arm. A price moves nobody: the
ledger is written anew with it, unless something is bought on a budget.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design import TOWNS_KEPT, Trial, design
from experiments.shake.numbers import FACTORS, Number, UnshakableError, assumed_numbers, value_in_words, with_change
from experiments.stored_parts import StoredParts
from scenarios import build, grammar
from scenarios.conversion import arm_items, quantity_of
from simulator.engine import plan_clocks

if TYPE_CHECKING:
    from scenarios.grammar import ScenarioSpec
    from scenarios.loading import Scenario
    from simulator.errors import Place

FOLDER = "shake"
"""Folder of a results folder that holds the parts of all changes, each in a folder of its own."""
PRICES = ("fixed", "per_reached", "per_treated")
"""Costs of which the ledger says how much was bought."""
LONGEST_NAME = 100


@dataclass(frozen=True)
class Price:
    """A change of a price.

    Parameters
    ----------
    intervention : str
    key : {"fixed", "per_reached", "per_treated"}
    before, after : float
    per_reached : float
        What the intervention pays for each person reached, which stands in one line with what is fixed.
    """

    intervention: str
    key: str
    before: float
    after: float
    per_reached: float


@dataclass(frozen=True)
class Change:
    """One number, halved or doubled.

    Parameters
    ----------
    number : int
        Which number, counted from 1.
    of : Number
    change : {"halved", "doubled"}
    shaken : str
        What it becomes, as a reader would write it; empty where it cannot.
    note : str
        "capped at 1", "rounded to a whole number", …
    reason : str
        Why it is not tried; empty: it is.
    arms : tuple of str
        The arms that it may move, in the scenario's order; of a price, those that pay it.
    scenario : Scenario, optional
        With the change; None where it is not tried.
    price : Price, optional
        Where the ledger is written anew, and nothing is run.
    """

    number: int
    of: Number
    change: str
    shaken: str = ""
    note: str = ""
    reason: str = ""
    arms: tuple[str, ...] = ()
    scenario: Scenario | None = None
    price: Price | None = None

    @property
    def runs(self) -> bool:
        """Whether anything is run again."""
        return self.scenario is not None and self.price is None

    @property
    def name(self) -> str:
        """The folder of its parts: ``interventions.leaders.uptake-halved``."""
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", self.of.name).strip(".")
        return f"{self.number:03d}-{plain[:LONGEST_NAME]}-{self.change}"


def changes_of(trial: Trial) -> list[Change]:
    """List what shaking a trial tries, and what it does not, number by number, halved before doubled."""
    found = []
    for number, of in enumerate(assumed_numbers(trial.scenario), start=1):
        found += [_change(trial, number, of, change) for change in FACTORS]
    return found


def _change(trial: Trial, number: int, of: Number, change: str) -> Change:
    spec = trial.scenario.spec
    arms = touched(spec, of.place, trial.arms, trial.control)
    try:
        if not arms and not of.why_not:
            raise UnshakableError("no arm of this run uses it")
        scenario, raw, note = with_change(trial.scenario, of, change)
    except UnshakableError as why:
        return Change(number, of, change, reason=str(why))
    price = _price(spec, scenario.spec, of.place, arms)
    return Change(number, of, change, value_in_words(raw), note, "", arms, scenario, price)


def touched(spec: ScenarioSpec, place: Place, run: Collection[str], control: str) -> tuple[str, ...]:
    """Return the arms of a run that a number may move; all, where it moves the control.

    Parameters
    ----------
    spec : ScenarioSpec
    place : tuple of str and int
    run : collection of str
        In the scenario's order.
    control : str
    """
    if place[0] == "interventions" and place[1] not in (spec.background or ()):
        arms = [arm for arm in run if place[1] in [item for _, item in arm_items(spec.arms[arm])]]
    elif place[0] == "arms":
        arms = [arm for arm in run if arm == place[1]]
    else:
        return tuple(run)
    return tuple(run) if control in arms else tuple(arms)


def _price(before: ScenarioSpec, after: ScenarioSpec, place: Place, arms: Sequence[str]) -> Price | None:
    """Return the change of a price; None where it is none, or buys something on a budget."""
    if place[-2:-1] != ("cost",) or place[-1] not in PRICES or any(_on_a_budget(before, arm) for arm in arms):
        return None
    (name, old), (_, new) = (_intervention_at(spec, place[:-2]) for spec in (before, after))
    costs = [_costs(each) for each in (old, new)]
    key = str(place[-1])
    return Price(name, key, costs[0][key], costs[1][key], costs[0]["per_reached"])


def _costs(given: grammar.Intervention) -> dict[str, float]:
    cost = given.cost or grammar.Cost()
    return {key: quantity_of(getattr(cost, key)) for key in PRICES}


def _intervention_at(spec: ScenarioSpec, place: Place) -> tuple[str, Any]:
    """Return the name of the intervention at a place, and what the scenario says of it."""
    if place[0] == "interventions":
        return str(place[1]), spec.interventions[str(place[1])]
    return list(arm_items(spec.arms[str(place[1])]))[int(place[-1])]


def _on_a_budget(spec: ScenarioSpec, arm: str) -> bool:
    given = spec.arms[arm]
    if isinstance(given, grammar.BudgetedArm) and given.budget is not None:
        return True
    members = [spec.interventions[item] if isinstance(item, str) else item for _, item in arm_items(given)]
    targets = [member.target for member in members if isinstance(member, grammar.Intervention)]
    return any(target is not None and target.budget is not None for target in targets)


def parts_of(change: Change, folder: Path, control: str) -> StoredParts:
    """Return where the parts of a change that is run lie, and whose they must be."""
    assert change.scenario is not None
    return StoredParts(folder / FOLDER / change.name, change.scenario.hash8((*change.arms, control)))


def trial_of(trial: Trial, change: Change) -> Trial:
    """Return the trial of a change that is run: the arms that the change may move, and the control.

    Parameters
    ----------
    trial : Trial
        As it is. People and ties that the change leaves alone are shared with it.
    change : Change
    """
    assert change.scenario is not None
    made = design(change.scenario, change.arms)
    place = change.of.place
    if place[0] in ("interventions", "arms", "background") or place[2:3] == ("initial",):
        return made.sharing_towns(trial)
    if place[0] == "behaviours" and place[-1] != "threshold":  # thresholds are columns of the people
        behaviours = build.behaviours_of(change.scenario.spec)
        for number in range(min(trial.networks, TOWNS_KEPT)):
            made._towns[number] = plan_clocks(replace(trial.town(number).world, behaviours=behaviours))
    return made
