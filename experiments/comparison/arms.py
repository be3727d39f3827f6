"""The trial that a comparison is: a control, and one arm for each strategy, all with the same money."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.comparison.borrowing import amount_of
from experiments.comparison.strategies import LeftOut, Strategy
from experiments.derived import observed_of_control, used_by_control
from experiments.wording import money
from scenarios.problems import ScenarioError
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    from scenarios.loading import Scenario

OFFER = "offer"
"""What the intervention is called in every arm, so that a person has the same luck in all: strategies that ask the same
people have the same results."""


def comparison_scenario(
    scenario: Scenario, strategies: Sequence[Strategy], budget: float | None
) -> tuple[Scenario, list[Strategy], list[LeftOut]]:
    """Return a scenario whose arms are the control and the strategies, each with its budget.

    Parameters
    ----------
    scenario : Scenario
    strategies : sequence of Strategy
    budget : float or None
        Of each strategy, in the study's currency; None: as much as it can use.

    Returns
    -------
    scenario : Scenario
        Its arms are called as the strategies are.
    strategies : list of Strategy
        Those that are compared.
    left_out : list of LeftOut
        Those that this scenario cannot carry out, or that are another one by another name.

    Raises
    ------
    SpecError
        If no strategy is left, or the control arm is called like one.
    """
    if scenario.control in {each.name for each in strategies}:
        message = f"the control arm is called `{scenario.control}`, as a strategy is"
        raise SpecError(Problem(message, ("arms", scenario.control), "give the arm another name", on_key=True))
    kept, left_out = list(strategies), list[LeftOut]()
    for _ in range(len(strategies) + 1):  # each time round, somebody is left out
        if not kept:
            break
        try:
            made = _with_arms(scenario, kept, budget)
        except ScenarioError as error:
            refused = _refused(error.problems, {each.name for each in kept})
            if not refused:
                raise
        else:
            refused = _refused(made.not_built(), {each.name for each in kept}) or _the_same(made, kept)
            if not refused:
                return made, kept, left_out
        left_out += [LeftOut(each.name, each.kind, refused[each.name]) for each in kept if each.name in refused]
        kept = [each for each in kept if each.name not in refused]
    raise SpecError([Problem(f"`{each.name}` cannot be compared", hint=each.reason) for each in left_out])


def _with_arms(scenario: Scenario, strategies: Sequence[Strategy], budget: float | None) -> Scenario:
    control = scenario.control
    kept = used_by_control(scenario)
    name = OFFER if OFFER not in kept else f"{OFFER}_of_strategy"
    money_of_arm = {} if budget is None else {"budget": budget}
    arms = {each.name: {"interventions": [{**each.intervention, "name": name}], **money_of_arm} for each in strategies}
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


def too_dear(strategies: Sequence[Strategy], budget: float) -> dict[str, str]:
    """Return strategies that a budget cannot buy anybody for, each with the reason.

    Parameters
    ----------
    strategies : sequence of Strategy
    budget : float

    Returns
    -------
    dict of str to str
    """
    found = {}
    for each in strategies:
        fixed = amount_of(each.cost.get("fixed"))
        person = amount_of(each.cost.get("per_reached")) + amount_of(each.cost.get("per_treated"))
        if fixed > budget or (fixed == budget and person > 0):
            found[each.name] = f"the fixed cost alone is {money(fixed)}"
        elif fixed + person > budget:
            found[each.name] = f"{money(fixed)} fixed and {money(person)} for one person are more"
    return found


def check_budget(strategies: Sequence[Strategy], budget: float) -> None:
    """Refuse a budget that buys nobody under any strategy.

    Raises
    ------
    SpecError
    """
    if budget <= 0:
        raise SpecError(Problem(f"a budget of {budget:g} buys nobody", hint="give an amount above 0"))
    dear = too_dear(strategies, budget)
    if strategies and len(dear) == len(strategies):
        reasons = list(dict.fromkeys(dear.values()))
        raise SpecError(Problem(f"a budget of {money(budget)} buys nobody: {'; '.join(reasons[:3])}"))
