"""What a generator of ties is: a function from a number of people, a key and parameters to ties; and who is one.

A generator is ``generator(n, key, *, parameter=…, …) -> int32[n_ties, 2]``: distinct pairs of the persons 0 … n-1,
smaller person first, sorted; equal arguments, equal ties. Its parameters are its keyword-only arguments. One that is
annotated as `simulator.population.Column` is named in a scenario, and given as that column of the people: with
``place: Column``, a layer says ``place: village``, and the generator reads ``place.groups()`` or ``place.values``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.arguments import COLUMN, annotated, arguments
from simulator.errors import Problem, SpecError
from simulator.network import pack, unpack
from simulator.registry import Registry

Generator = Callable[..., np.ndarray]

networks: Registry[Generator] = Registry("network generator", "netrial.networks")
"""Generators by name. Those that come with netrial are all there once `simulator.generators` is imported."""


def parameters(name: str) -> dict[str, bool]:
    """Return the parameters of a registered generator, and whether each must be given."""
    return {key: argument.default is argument.empty for key, argument in arguments(networks[name]).items()}


def columns_in(name: str) -> tuple[str, ...]:
    """Return those parameters of a registered generator that are columns of the people."""
    return annotated(networks[name], COLUMN)


def check_share(name: str, share: float) -> None:
    """Refuse a parameter that is no share."""
    if not 0 <= share <= 1:
        raise SpecError(Problem(f"{name} is {share:g}; it is a share", (name,), "allowed: 0 to 1"))


def people_in_words(n: int) -> str:
    """Say a number of people."""
    return "1 person" if n == 1 else f"{n:,} people"


def sorted_pairs(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return int32[k, 2], sorted, smaller person first: the pairs of the people in two arrays of length k."""
    packed = pack(np.minimum(one, two), np.maximum(one, two))
    packed.sort()
    return unpack(packed)
