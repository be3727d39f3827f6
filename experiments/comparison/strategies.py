"""Which strategies are compared: tactics of the catalogue, or the scenario's own interventions, each made to fit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from experiments.comparison.borrowing import Lender, check_costs, lender_for, lenders_of
from interventions.specs import COMMUNITIES
from interventions.tactics import catalogue, kind_of, tactics
from scenarios.conversion import condition_of, threshold_column
from scenarios.grammar.behaviours import OfColumn
from scenarios.tactics import CUTS
from simulator.arguments import arguments
from simulator.errors import Problem, SpecError, allowed_words

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from simulator.outcomes import Measure
    from simulator.world import World

ALL = "all"

LARGE = 2_000
"""People above which strategies that would take minutes to choose whom to ask are told to look at less."""

BOUNDED = {"simulations": 10, "candidates": 100}
"""What `greedy` is told in a large town, or where it chooses in every replicate."""


@dataclass(frozen=True)
class Strategy:
    """A strategy as an arm will carry it out.

    Parameters
    ----------
    name : str
        Of its arm.
    kind : str
    lender : str
        The scenario's intervention of which it has effect, date, uptake and cost.
    intervention : mapping
        As a scenario writes it, without a cut: the budget says how many.
    cost : mapping
    told : mapping
        Parameters of the tactic that the comparison chose, since the scenario leaves no choice, or to save time.
    """

    name: str
    kind: str
    lender: str
    intervention: Mapping[str, Any]
    cost: Mapping[str, Any]
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """A strategy that cannot be compared here, and why."""

    name: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Choice:
    """What is compared, and what is not."""

    strategies: tuple[Strategy, ...]
    left_out: tuple[LeftOut, ...]


def choose(scenario: Scenario, world: World, wanted: Sequence[str] = (ALL,), effect: str | None = None) -> Choice:
    """Choose strategies and make each fit a scenario.

    Parameters
    ----------
    scenario : Scenario
    world : World
        Its first town: which columns and ties there are.
    wanted : sequence of str
        ``all``, kinds, names of tactics, or names of the scenario's own interventions.
    effect : str, optional
        The scenario's intervention of which all strategies shall have the effect, the date, the uptake and the cost.

    Returns
    -------
    Choice
        Strategies in the order of the catalogue, each once.

    Raises
    ------
    SpecError
        If a word names nothing, no intervention can lend its effect, or one that lends has no cost.
    """
    lenders = lenders_of(scenario)
    names = _names(wanted, lenders)
    chosen: list[Strategy] = []
    left_out: list[LeftOut] = []
    lending: dict[str, Lender] = {}
    for name in names:
        own = next((each for each in lenders if each.name == name), None) if name not in tactics else None
        kind = own.kind if own is not None else _kind(name)
        lender = own or lender_for(kind, lenders, effect)
        if lender is None:
            left_out.append(LeftOut(name, kind, _no_lender(kind)))
            continue
        lending[lender.name] = lender
        if name == "greedy" and name not in wanted and chooses_anew(lender, scenario):
            reason = "`where` asks for states, so it would choose anew in every replicate: minutes; name it to have it"
            left_out.append(LeftOut(name, kind, reason))
            continue
        made = _own(own) if own is not None else _fitted(name, lender, scenario, world)
        if isinstance(made, str):
            left_out.append(LeftOut(name, kind, made))
        else:
            for each, one in made.items():
                told = {} if own is not None else {key: one[key] for key in one if key in arguments(tactics[name])}
                chosen.append(Strategy(each, kind, lender.name, one, lender.cost, told))
    if not lending:
        hint = "add an intervention with what happens to those who accept, and what it costs"
        raise SpecError(Problem("the scenario has no intervention whose effect strategies could have", (), hint))
    check_costs(list(lending.values()), scenario)
    return Choice(tuple(chosen), tuple(left_out))


def _names(wanted: Sequence[str], lenders: Sequence[Lender]) -> list[str]:
    """Return the names that are meant, each once, in the catalogue's order; then the scenario's own, as asked for."""
    by_kind = catalogue()
    listed = [name for names in by_kind.values() for name in names]
    listed += [name for name in tactics if name not in listed]
    own = [each.name for each in lenders]
    found: set[str] = set()
    problems = []
    for word in wanted:
        if word == ALL:
            found |= set(listed)
        elif word in by_kind:
            found |= {name for name in listed if _kind(name) == word}
        elif word in tactics or word in own:
            found.add(word)
        else:
            known = [ALL, *by_kind, *own, *listed]
            problems.append(Problem(f"no strategy is named `{word}`", hint=allowed_words(word, known)))
    if problems or not found:
        raise SpecError(problems or "no strategy is named: write all, a kind or a name")
    return [name for name in dict.fromkeys([*listed, *own]) if name in found]


def _kind(name: str) -> str:
    """Return the kind of a tactic; of a package's that has to be told something first, none is known."""
    if name in kind_of:
        return kind_of[name]
    try:
        return str(tactics[name]().get("kind", ""))
    except Exception:  # a package's function, asked without its parameters
        return ""


def _no_lender(kind: str) -> str:
    if kind == "alteration":
        return "the scenario has no intervention that adds ties"
    return "the scenario has no intervention that acts on people"


def _own(lender: Lender) -> dict[str, dict[str, Any]]:
    """Return one of the scenario's own interventions without its cut."""
    target = {key: value for key, value in (lender.intervention.get("target") or {}).items() if key not in CUTS}
    return {lender.name: {**lender.intervention, "target": target}}


def _fitted(name: str, lender: Lender, scenario: Scenario, world: World) -> dict[str, dict[str, Any]] | str:
    """Return a tactic with what it needs to be told and what it borrows, by the name of its arm; or why it has none."""
    if needs_ties(name) and not any(layer.n_ties for layer in world.network.layers.values()):
        return "the network has no ties"
    if name == "buddies":
        return _buddies(lender, world)
    if name == "reminders" and "every" not in lender.parts():
        return f"`{lender.name}` does not say how often: give it `every`, and `until`"
    told = _told(name, lender, scenario, world)
    return told if isinstance(told, str) else {name: {"tactic": name, **told, **lender.parts()}}


def chooses_anew(lender: Lender, scenario: Scenario) -> bool:
    """Say whether who can be asked depends on people's states, so that sets of people are chosen in every replicate."""
    where = condition_of((lender.intervention.get("target") or {}).get("where"))
    return where is not None and bool(where.starts or where.columns & set(scenario.spec.behaviours))


def needs_ties(name: str) -> bool:
    """Say whether a tactic picks people, or passes on, by ties."""
    return "layers" in arguments(tactics[name])


def _told(name: str, lender: Lender, scenario: Scenario, world: World) -> dict[str, Any] | str:
    """Return the parameters that a tactic is told, where the scenario leaves no choice; else say what it needs."""
    told: dict[str, Any] = {}
    bounded = world.population.size > LARGE or chooses_anew(lender, scenario)
    if name == "key_players_fragmentation" and bounded:
        told["measure"] = "components"
    if name in ("in_state", "treat_individuals", "greedy"):
        measure, better = _primary(scenario)
        states = [f"{measure.behaviour}.{state}" for state in measure.states]
        if not states:
            return "the primary outcome is about no states"
        if name == "greedy":
            kind = "share" if measure.kind in ("share", "count", "difference") else "person_time"
            told = {"state": states, "better": better, "measure": kind, **(BOUNDED if bounded else {})}
        else:
            told = {"states": states}
    if name == "cluster_randomised":
        told["share"] = 1.0  # of the groups: the budget says how many
    rank = (lender.intervention.get("target") or {}).get("rank")
    if lender.kind == kind_of.get(name) == "groups" and isinstance(rank, Mapping) and name != "cluster_randomised":
        told["rank"] = rank  # the measure by which the scenario ranks its groups
    for parameter, given in arguments(tactics[name]).items():
        if given.default is not given.empty or parameter in told:
            continue
        fit = _fit(name, parameter, scenario, world)
        if len(fit) == 1:
            told[parameter] = fit[0]
        elif name == "leaders_per_group":
            told[parameter] = COMMUNITIES
        elif fit or parameter not in WHAT:
            several = f", and there are several: {', '.join(fit)}" if fit else ""
            way = f"write {{tactic: {name}, {parameter}: …}} as an intervention of the scenario, and name that"
            return f"it needs to be told `{parameter}`{several}; {way}"
        else:
            return f"there is no {'column of numbers' if name == 'by_column' else WHAT[parameter]}"
    return told


WHAT = {"column": "column of groups", "per": "column of groups", "threshold": "threshold that differs by person"}
"""What parameters name that tactics need."""


def _fit(name: str, parameter: str, scenario: Scenario, world: World) -> list[str]:
    """Return what there is in a scenario that a parameter could name."""
    spec = scenario.spec
    named = {each for layer in spec.network.layers.values() for each in getattr(layer, "named", None) or ()}
    no_groups = {spec.population.id, *named}
    columns = {each: column for each, column in world.population.columns.items() if each not in no_groups}
    columns = {each: column for each, column in columns.items() if "." not in each}
    if parameter in ("column", "per"):
        return [each for each, column in columns.items() if (column.categories is None) == (name == "by_column")]
    if parameter == "threshold":
        found = []
        for behaviour, given in spec.behaviours.items():
            for transition, one in given.transitions.items():
                threshold = None if one.response is None else one.response.threshold
                if isinstance(threshold, OfColumn):
                    found.append(threshold.column)
                elif threshold is not None and threshold_column(behaviour, transition) in world.population.columns:
                    found.append(f"{behaviour}.{transition}")
        return list(dict.fromkeys(found))
    return []


def _primary(scenario: Scenario) -> tuple[Measure, str]:
    """Return the primary outcome, and which way is better."""
    from scenarios import build

    outcomes = scenario.spec.outcomes
    name = outcomes.primary or next(iter(outcomes.measures))
    return build.measures_of(scenario.spec)[name], str(outcomes.measures[name].better)


def _buddies(lender: Lender, world: World) -> dict[str, dict[str, Any]] | str:
    """Return buddies at random, and buddies who are alike, where the scenario adds ties."""
    parts = lender.parts()
    effect = dict(parts.pop("effect"))
    ties = dict(effect.pop("ties", {}))
    add = ties.pop("add", None)
    if add is None or ties:
        return f"`{lender.name}` does something else with ties than to add them"
    told = {key: value for key, value in add.items() if key != "pairing"}
    if "for" in effect:
        told["lasting"] = effect.pop("for")
    told |= {"effect": effect} if effect else {}
    by = [told.pop("by")] if "by" in told else [each for each in world.population.columns if "." not in each]
    found = {"buddies": {"tactic": "buddies", **told, "pairing": "random", **parts}}
    if len(by) == 1:  # else nobody says in what they should be alike
        found["buddies_similar"] = {"tactic": "buddies", **told, "pairing": "similar", "by": by[0], **parts}
    return found
