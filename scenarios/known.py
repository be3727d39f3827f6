"""What a scenario defines: the names that the cross-checks compare with, read from the raw data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios.bibliography import ASSUMED, FITTED, bibliography
from scenarios.conversion import label
from simulator.errors import nearest

if TYPE_CHECKING:
    from simulator.network import Layer
    from simulator.population import Population

MOST_LABELS = 1000
"""Categories of a column of numbers are known one by one up to here."""


@dataclass
class Known:
    """Names that a scenario defines, read from the raw data, so that a broken part hides no name.

    Parameters
    ----------
    behaviours : mapping of str to tuple of str
        States of each behaviour whose states can be read.
    transitions : mapping of str to tuple of str
    layers, interventions, arms, outcomes : tuple of str
    sources : frozenset of str
        What `source` may be.
    columns : dict of str to (tuple of str or None)
        Categories of each column; None: numbers. Filled in when the people are checked.
    labels : dict of str to tuple of str
        Values of a column by which a number may differ, where they are known.
    people : Population, optional
        Where they come from a file that could be read.
    ties : dict of str to Layer
        Layers whose ties come from a file or a graph that could be read.
    any_column, any_behaviour : bool
        Whether an unknown name may be one that could not be read.
    unread : frozenset of str
        The same for "layer", "intervention", "arm", "outcome".
    broken_behaviours, broken_transitions : frozenset of str
        Behaviours whose states, or whose transitions, cannot be read.
    """

    behaviours: dict[str, tuple[str, ...]]
    broken_behaviours: frozenset[str]
    broken_transitions: frozenset[str]
    unread: frozenset[str]
    transitions: dict[str, tuple[str, ...]]
    layers: tuple[str, ...]
    interventions: tuple[str, ...]
    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    sources: frozenset[str]
    columns: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    people: Population | None = None
    ties: dict[str, Layer] = field(default_factory=dict)
    any_column: bool = False
    any_behaviour: bool = False


NAMED = {
    "layer": ("network", "layers"),
    "intervention": ("interventions",),
    "arm": ("arms",),
    "outcome": ("outcomes",),
}
"""Where names of each sort are defined."""


def _unreadable(data: Mapping[str, Any], key: str) -> bool:
    """Say whether something stands at a key that is no mapping, or at a key that may be a slip for it."""
    if key in data:
        return not isinstance(data[key], Mapping)
    return any(nearest(str(other), [key]) for other in data)


def known_names(data: Mapping[str, Any], missing: frozenset[str]) -> Known:
    """Collect the names that a scenario's raw data define."""

    def mapping(value: Any, *keys: str) -> Mapping[str, Any]:
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, Mapping) else {}

    behaviours, broken = {}, set()
    for name in mapping(data, "behaviours"):
        states = mapping(data, "behaviours", name).get("states")
        if isinstance(states, list) and states and all(isinstance(state, str) for state in states):
            behaviours[name] = tuple(states)
        else:
            broken.add(name)
    unread = {what for what, keys in NAMED.items() if _unreadable(mapping(data, *keys[:-1]), keys[-1])}
    if _unreadable(data, "network"):
        unread.add("layer")
    listed = data.get("references")
    keys = [
        each.get("key") if isinstance(each, Mapping) else each for each in (listed if isinstance(listed, list) else [])
    ]
    own = {key for key in keys if isinstance(key, str)}
    return Known(
        behaviours=behaviours,
        broken_behaviours=frozenset(broken),
        broken_transitions=frozenset(
            name for name in behaviours if _unreadable(mapping(data, "behaviours", name), "transitions")
        ),
        unread=frozenset(unread),
        transitions={name: tuple(mapping(data, "behaviours", name, "transitions")) for name in behaviours},
        layers=tuple(mapping(data, "network", "layers")),
        interventions=tuple(mapping(data, "interventions")),
        arms=tuple(mapping(data, "arms")),
        outcomes=tuple(name for name in mapping(data, "outcomes") if name != "primary"),
        sources=frozenset({*bibliography(), *own, ASSUMED, FITTED}),
        any_behaviour="behaviours" in missing,
    )


def labels_of(column: Any) -> tuple[str, ...] | None:
    """Return the categories of a column, or the distinct values of one of numbers; None: too many."""
    _, labels = column.groups()
    return tuple(label(each) for each in labels) if len(labels) <= MOST_LABELS else None
