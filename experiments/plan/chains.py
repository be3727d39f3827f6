"""Chains in words: who passes an intervention on to whom, for how long, and what happens to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.plan.effects import effect_in_words
from experiments.plan.phrases import States, count_word, duration, who
from experiments.wording import listed, money, percent, plain_label
from interventions.specs import ByContacts
from simulator.behaviour import HazardRatio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interventions.specs import Chain, Intervention
    from simulator.behaviour import Behaviour, PersonNumber

ORDERS = {
    "random": ("picked at random", "picked at random"),
    "strong": ("the one with the strongest tie", "those with the strongest ties"),
    "weak": ("the one with the weakest tie", "those with the weakest ties"),
}
"""Which contacts come first: of one contact, of several."""


def chain_in_words(one: Intervention, behaviours: Mapping[str, Behaviour], unit: str) -> Iterator[str]:
    """Yield how an intervention is passed on and, where they differ from its own, the uptake and the effect.

    Parameters
    ----------
    one : Intervention
    behaviours : mapping of str to Behaviour
    unit : str
        The scenario's time unit.
    """
    chain = one.chain
    if chain is None:
        return
    again = ", also to those who were offered it before" if chain.again else ""
    yield f"chain: each who accepts {_passes_on(chain, States(behaviours))}{_waves(chain, unit)}{again}"
    if chain.uptake is not None:
        yield f"of those it is passed on to, {_uptake(chain.uptake)}"
    if chain.effect is not None:
        for effect in effect_in_words(chain.effect, behaviours, unit):
            yield f"effect on those it is passed on to: {effect}"


def chain_costs_in_words(one: Intervention, currency: str | None) -> str:
    """Say what passing on costs; empty where that is nothing, or the study has no currency."""
    cost = one.cost
    if one.chain is None or currency is None:
        return ""
    prices = [
        (cost.per_message, "each message"),
        (cost.per_step, "each wave"),
        (cost.per_reached, "each person it is passed on to"),
        (cost.per_treated, "each of them who accepts"),
    ]
    parts = [f"{money(price)} {currency} for {what}" for price, what in prices if price]
    return listed(parts)


def _passes_on(chain: Chain, states: States) -> str:
    to = who(chain.where, states)
    along = "" if chain.layers is None else f" in {listed([plain_label(layer) for layer in chain.layers], 'or')}"
    if chain.to == "matched":
        most = "" if chain.coupons is None else f", at most {count_word(chain.coupons)} each"
        return f"passes it on to the people nearest to them{along}{f' {to}' if to else ''}{most}"
    if chain.coupons is None:
        return f"passes it on to all their contacts{along}{f' {to}' if to else ''}"
    several = chain.coupons > 1
    contacts = f"{count_word(chain.coupons)} {'contacts' if several else 'contact'}{along}{f' {to}' if to else ''}"
    return f"passes it on to {contacts}, {ORDERS[chain.ties][several]}"


def _waves(chain: Chain, unit: str) -> str:
    pause = duration(chain.every, unit) if chain.every else ""
    if chain.waves == 1:
        return f", {pause} later" if pause else ", at once"
    waves = f", for {count_word(chain.waves)} waves"
    return f"{waves}, one every {pause.removeprefix('1 ')}" if pause else f"{waves}, one right after the other"


def _uptake(uptake: PersonNumber | ByContacts) -> str:
    if isinstance(uptake, float | int):
        return "everybody accepts" if uptake >= 1 else f"{percent(uptake)} accept" if uptake else "nobody accepts"
    if isinstance(uptake, HazardRatio):
        return f"a share accepts that depends on {plain_label(uptake.column)}"
    if isinstance(uptake, ByContacts):
        how = "how many" if uptake.reads == "count" else "what share"
        return f"a share accepts that depends on {how} of their contacts are in it"
    return f"{listed([f'{percent(share)} if {plain_label(word)}' for word, share in uptake.values.items()])} accept"
