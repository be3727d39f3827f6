"""The words that a scenario may use, each with a line of help: what `netrial list` lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.registry import Registry


def _scenario_words() -> dict[str, str]:
    from scenarios.loading import load, names
    from simulator.errors import SpecError

    found = {}
    for name in names():
        try:
            found[name] = load(name).title
        except SpecError as error:  # of a package: others can be used all the same
            found[name] = f"cannot be used: {error}".split("\n")[0]
    return found


def _registry_words(registry: Registry[Any]) -> dict[str, str]:
    """Return what is registered, each with its help; what a package brings says so."""
    from simulator.errors import SpecError

    found = {}
    for name in registry:
        plugin = registry.plugin(name)
        try:
            found[name] = registry.help(name)
        except SpecError as error:
            found[name] = f"cannot be used: {error}"
        else:
            found[name] += f" ({plugin.package} {plugin.version})" if plugin else ""
    return found


def _template_words() -> Mapping[str, str]:
    from scenarios.starting import templates

    return templates()


def _kind_words() -> dict[str, str]:
    from interventions.kinds import kinds

    return {name: kinds.help(name) for name in kinds}


def _target_words() -> dict[str, str]:
    from interventions.targeting import targets

    return _registry_words(targets)


def _group_words() -> Mapping[str, str]:
    from interventions.groups import FOUND

    return FOUND


def _rank_words() -> Mapping[str, str]:
    from interventions.groups import GROUP_RANKS

    return GROUP_RANKS


def _law_words() -> Mapping[str, str]:
    from simulator.behaviour import LAWS

    return LAWS


def _measure_words() -> Mapping[str, str]:
    from simulator.outcomes import MEASURES, outcomes

    return {**MEASURES, **_registry_words(outcomes)}


def _network_words() -> Mapping[str, str]:
    from simulator.generators import networks

    return _registry_words(networks)


def _tactic_words() -> Mapping[str, str]:
    """Return netrial's own tactics kind by kind, then those that packages bring."""
    from interventions.tactics import catalogue, tactics

    words = _registry_words(tactics)
    own = {name: f"{kind}: {words[name]}" for kind, names in catalogue().items() for name in names if name in words}
    return own | {name: said for name, said in words.items() if name not in own}


SUBJECTS: dict[str, Callable[[], Mapping[str, str]]] = {
    "scenarios": _scenario_words,
    "templates": _template_words,
    "kinds": _kind_words,
    "tactics": _tactic_words,
    "targets": _target_words,
    "groups": _group_words,
    "ranks": _rank_words,
    "networks": _network_words,
    "laws": _law_words,
    "measures": _measure_words,
}
"""What `netrial list` can list."""


def words_for(subject: str) -> Mapping[str, str]:
    """Return the words of a subject, each with a line of help."""
    return SUBJECTS[subject]()
