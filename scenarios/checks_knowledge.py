"""Cross-checks of what is known of the network when people are picked, and warnings where that makes no difference."""

from __future__ import annotations

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_contacts import interventions_with_places
from scenarios.checks_numbers import check_instant, check_number
from scenarios.conversion import intervention_of
from simulator.errors import Place


def check_knowledge(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    """Check the `knowledge` of an intervention's target, which stands at `place`."""
    knowledge = given.target.knowledge if given.target is not None else None
    if knowledge is None:
        return
    for key in ("forgotten", "wrong"):
        check_number(checker, getattr(knowledge, key), (*place, key), what="a chance", most=1)
    for i, layer in enumerate(knowledge.layers or ()):
        checker.word(layer, checker.known.layers, "layer", (*place, "layers", i))
    if knowledge.as_of is None:
        return
    at = (*place, "as_of")
    before = len(checker.problems)
    check_instant(checker, knowledge.as_of, at, "the survey", begin=checker.begin)
    if len(checker.problems) > before:
        return
    asked, first = checker.duration(knowledge.as_of), _first_date(checker, given)
    if asked > first:
        at = (*at, "value") if isinstance(knowledge.as_of, grammar.Value) else at
        checker.add(f"people are asked at {asked:g}, after the intervention begins", at, f"it begins at {first:g}")
    enter = checker.spec.population.enter
    if enter is not None and enter.rate is not None and enter.ties and asked > checker.begin:
        hint = "leave it out: people are then asked when the intervention acts"
        checker.add("who was tied to whom at an earlier time is not kept where people enter with ties", at, hint)


def _first_date(checker: Checker, given: grammar.Intervention) -> float:
    """Return the earliest time at which an intervention may act; one that waits for a measure may do so at once."""
    times = given.at if isinstance(given.at, tuple) else () if given.at is None else (given.at,)
    return min((checker.duration(time) for time in times), default=0.0)


def warn_of_knowledge(checker: Checker) -> None:
    """Warn of knowledge of ties on which nothing depends."""
    from interventions.groups import FOUND
    from interventions.knowing import looks_at_ties

    for place, given in interventions_with_places(checker.spec):
        if given.target is None or given.target.knowledge is None:
            continue
        target = intervention_of(checker.spec, "", given).target
        stepped = given.phase is not None and given.phase.over in FOUND
        if not stepped and not looks_at_ties(target):
            rank = f"{'groups are' if target.groups is not None else 'people are'} ranked by `{_rank(given.target)}`"
            hint = f"{rank}: choose a rank that looks at ties, or leave `knowledge` out"
            message = "knowledge changes nothing: the rank does not look at the network"
            checker.warn(message, (*place, "target", "knowledge"), hint, on_key=True)


def _rank(target: grammar.Target) -> str:
    if isinstance(target.rank, str):
        return target.rank
    return target.rank.rule if isinstance(target.rank, grammar.RankRule) else target.rank.kind
