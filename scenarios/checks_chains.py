"""Cross-checks of chains: how an intervention is passed on, and whether there is anything to pass it on along."""

from __future__ import annotations

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_contacts import added_weights, has_no_ties
from scenarios.checks_numbers import check_duration
from scenarios.checks_schedule import check_uptake
from simulator.errors import Place

MOST_WAVES = 10_000
"""Waves of one chain; beyond, something else is meant: a chain ends by itself when nobody is left."""


def check_chain(checker: Checker, given: grammar.Intervention, place: Place) -> None:
    """Check how an intervention is passed on, but for its effect; without a chain, that nothing speaks of one.

    Parameters
    ----------
    checker : Checker
    given : grammar.Intervention
    place : tuple
        Of the intervention.
    """
    chain = given.chain
    if chain is None:
        for key in ("per_message", "per_step"):
            if given.cost is not None and key in given.cost.model_fields_set:
                hint = "add `chain:`, or leave it out: nothing is passed on"
                checker.add(f"`{key}` goes with `chain`", (*place, "cost", key), hint, on_key=True)
        return
    place = (*place, "chain")
    checker.condition(chain.where, (*place, "where"))
    if chain.waves > MOST_WAVES:
        checker.add(f"{chain.waves:,} waves", (*place, "waves"), f"at most {MOST_WAVES:,}")
    if chain.uptake is not None:
        check_uptake(checker, chain.uptake, (*place, "uptake"))
    every = check_duration(checker, chain.every, (*place, "every"), "`every`", above=None)
    if every is not None and every < 0:
        checker.add(f"`every` is {every:g}", (*place, "every"), "0: at once; above: the time between two waves")
    if chain.ties != "random" and chain.to == "matched":
        hint = "leave it out: who is matched to whom is settled by nearness"
        checker.add("`ties` goes with contacts", (*place, "ties"), hint, on_key=True)
    elif chain.ties != "random" and chain.coupons is None:
        hint = "say how many: without `coupons` it is passed on to all contacts, whoever comes first"
        checker.add("`ties` goes with `coupons`", (*place, "ties"), hint, on_key=True)
    _check_layers(checker, chain, place)


def _check_layers(checker: Checker, chain: grammar.Chain, place: Place) -> None:
    known = checker.known.layers
    if chain.layers is not None and not chain.layers:
        checker.add("`layers` is empty", (*place, "layers"), f"allowed: {', '.join(known)}; default: all")
        return
    named = [checker.word(layer, known, "layer", (*place, "layers", i)) for i, layer in enumerate(chain.layers or ())]
    layers = set(known if chain.layers is None else chain.layers)
    nothing = not layers & set(added_weights(checker.spec)) and all(has_no_ties(checker, layer) for layer in layers)
    if all(named) and nothing and "layer" not in checker.known.unread:
        at = place if chain.layers is None else (*place, "layers")
        hint = "name a layer that has ties, or to which an arm adds some"
        checker.add("there are no ties to pass it on along", at, hint, on_key=True)
