"""The trial that a comparison is: a control, and one arm for each strategy, each with its money."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.comparison.borrowing import amount_of
from experiments.comparison.outlay import Outlay, outlays_of
from experiments.comparison.strategies import Choice, LeftOut, Strategy
from experiments.derived import observed_of_control, used_by_control
from experiments.wording import money
from scenarios.problems import ScenarioError
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    from scenarios.loading import Scenario

OFFER = "offer"
"""What the intervention is called in every arm, so that a person has the same luck in all: strategies that ask the same
people have the same results."""


@dataclass(frozen=True)
class LineUp:
    """Strategies that a scenario can carry out, and how each lays out its money.

    Parameters
    ----------
    scenario : Scenario
        The one that is compared on, with arms of its own.
    strategies : tuple of Strategy
    left_out : tuple of LeftOut
    outlays : mapping of str to Outlay
        By strategy.
    """

    scenario: Scenario
    strategies: tuple[Strategy, ...]
    left_out: tuple[LeftOut, ...]
    outlays: Mapping[str, Outlay]

    def scenario_at(self, budgets: Mapping[str, float | None]) -> Scenario:
        """Return the scenario whose arms are the control and these strategies, each with its budget.

        Parameters
        ----------
        budgets : mapping of str to float or None
            By strategy, in the study's currency; None: as much as it can use.
        """
        chosen = [each for each in self.strategies if each.name in budgets]
        return _with_arms(self.scenario, chosen, budgets, self.outlays)


def line_up(scenario: Scenario, choice: Choice, most: float | None, jobs: int | None = None) -> LineUp:
    """Find out which strategies a scenario can carry out, and how each lays out its money.

    Parameters
    ----------
    scenario : Scenario
    choice : Choice
    most : float or None
        The largest budget that they will have; None: any.
    jobs : int, optional
        Threads for trying out how far chains go.

    Returns
    -------
    LineUp
        `left_out` holds those of the choice, those that this scenario cannot carry out, and those that are another one
        by another name.

    Raises
    ------
    SpecError
        If `most` is no amount, no strategy is left, or the control arm is called like one.
    """
    if most is not None:
        check_amount(most)
    if scenario.control in {each.name for each in choice.strategies}:
        message = f"the control arm is called `{scenario.control}`, as a strategy is"
        raise SpecError(Problem(message, ("arms", scenario.control), "give the arm another name", on_key=True))
    kept, left_out = list(choice.strategies), list(choice.left_out)
    for _ in range(len(choice.strategies) + 1):  # each time round, somebody is left out
        if not kept:
            break
        try:
            made = _with_arms(scenario, kept, {}, {})
        except ScenarioError as error:
            refused = _refused(error.problems, {each.name for each in kept})
            if not refused:
                raise
        else:
            refused = _refused(made.not_built(), {each.name for each in kept}) or _the_same(made, kept)
            if not refused:
                return LineUp(scenario, tuple(kept), tuple(left_out), outlays_of(made, most, jobs))
        left_out += [LeftOut(each.name, each.kind, refused[each.name]) for each in kept if each.name in refused]
        kept = [each for each in kept if each.name not in refused]
    raise SpecError([Problem(f"`{each.name}` cannot be compared", hint=each.reason) for each in left_out])


def _with_arms(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    budgets: Mapping[str, float | None],
    outlays: Mapping[str, Outlay],
) -> Scenario:
    control = scenario.control
    kept = used_by_control(scenario)
    name = OFFER if OFFER not in kept else f"{OFFER}_of_strategy"
    arms: dict[str, Any] = {}
    for each in strategies:
        intervention, budget = {**each.intervention, "name": name}, budgets.get(each.name)
        cut = {} if budget is None else outlays[each.name].cut(budget)
        if cut:
            intervention["target"] = {**(intervention.get("target") or {}), **cut}
        arms[each.name] = {"interventions": [intervention], **({} if budget is None else {"budget": budget})}
    changes: dict[str, Any] = {
        "experiment.control": control,
        "arms": {control: scenario.data["arms"][control], **arms},
        "interventions": kept,
        **observed_of_control(scenario, control),
    }
    return scenario.set(changes)


def _refused(problems: Sequence[Problem], names: set[str]) -> dict[str, str]:
    """Return why strategies are refused; nothing where anything else than their arms is wrong."""
    if any(each.place[:1] != ("arms",) or each.place[1] not in names for each in problems):
        return {}
    return {
        str(each.place[1]): each.message + (f"; {each.hint.splitlines()[0]}" if each.hint and not each.on_key else "")
        for each in reversed(problems)
    }


def _the_same(scenario: Scenario, strategies: Sequence[Strategy]) -> dict[str, str]:
    """Return strategies that come to the very intervention of one before them."""
    seen: dict[str, str] = {}
    found = {}
    for each in strategies:
        expansion = scenario.expansions.get(("arms", each.name, "interventions", 0))
        given = expansion.intervention if expansion is not None else each.intervention
        text = json.dumps({key: value for key, value in given.items() if key != "kind"}, sort_keys=True)
        if text in seen:
            found[each.name] = f"with the effect of `{each.lender}` it is the same as `{seen[text]}`"
        seen.setdefault(text, each.name)
    return found


def too_dear(line_up: LineUp, budget: float) -> dict[str, str]:
    """Return strategies for which a budget buys nobody, each with the reason.

    Parameters
    ----------
    line_up : LineUp
    budget : float

    Returns
    -------
    dict of str to str
    """
    found = {}
    for each in line_up.strategies:
        dates = line_up.outlays[each.name].dates
        fixed = amount_of(each.cost.get("fixed"))
        person = amount_of(each.cost.get("per_reached")) + amount_of(each.cost.get("per_treated"))
        here = budget / dates
        of = "" if dates == 1 else f" at each of {dates} dates"
        if fixed > here or (fixed == here and person > 0):
            found[each.name] = f"the fixed cost alone is {money(fixed)}{of}"
        elif fixed + person > here:
            found[each.name] = f"{money(fixed)} fixed and {money(person)} for one person are more{of}"
    return found


def check_amount(budget: float) -> None:
    """Refuse a budget that is no amount of money.

    Raises
    ------
    SpecError
    """
    if not 0 < budget < math.inf:
        message = f"a budget of {budget:g} buys nobody" if budget <= 0 else f"a budget cannot be {budget:g}"
        raise SpecError(Problem(message, hint="give an amount above 0"))


def check_budget(line_up: LineUp, budget: float) -> None:
    """Refuse a budget that buys nobody under any strategy.

    Raises
    ------
    SpecError
    """
    check_amount(budget)
    dear = too_dear(line_up, budget)
    if len(dear) == len(line_up.strategies):
        reasons = list(dict.fromkeys(dear.values()))
        raise SpecError(Problem(f"a budget of {money(budget)} buys nobody: {'; '.join(reasons[:3])}"))
