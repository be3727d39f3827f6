"""The bundled bibliography: publications that numbers and scenarios refer to by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.grammar import ScenarioSpec

BIBLIOGRAPHY = Path(__file__).parent / "bibliography.yaml"
ASSUMED, FITTED = "assumed", "fitted"


@dataclass(frozen=True)
class Publication:
    """One publication.

    Parameters
    ----------
    key, text : str
    doi : str, optional
    """

    key: str
    text: str
    doi: str | None = None


@cache
def bibliography() -> Mapping[str, Publication]:
    """Return the bundled bibliography, by key."""
    from scenarios.reading import read_file

    entries = read_file(BIBLIOGRAPHY, BIBLIOGRAPHY.name).data
    return MappingProxyType({key: Publication(key, entry["text"], entry.get("doi")) for key, entry in entries.items()})


def references_of(spec: ScenarioSpec) -> dict[str, Publication]:
    """Return every publication that a scenario names, by key: those it lists, then sources of its numbers.

    Parameters
    ----------
    spec : ScenarioSpec
        Checked.

    Returns
    -------
    dict of str to Publication
    """
    from scenarios.inputs import inputs_of

    own = {
        each.key: Publication(each.key, each.text, each.doi) for each in spec.references if not isinstance(each, str)
    }
    known = {**bibliography(), **own}
    listed = [each if isinstance(each, str) else each.key for each in spec.references]
    used = [each.source for each in inputs_of(spec)] + [each.source or "" for each in spec.observed]
    return {key: known[key] for key in dict.fromkeys([*listed, *used]) if key in known}
