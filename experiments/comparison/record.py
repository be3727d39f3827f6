"""``compare.json``: what a results folder holds beside its tables where strategies were compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from experiments.comparison.ranking import Again
from experiments.comparison.strategies import LeftOut, Strategy

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.results import Results

FILE = "compare.json"
FORMAT = 1


@dataclass(frozen=True)
class Record:
    """What was compared.

    Parameters
    ----------
    budget : float
        Of every strategy, in the study's currency.
    strategies : tuple of Strategy
    left_out : tuple of LeftOut
    again : Again, optional
        None: the best was not tried again.
    """

    budget: float
    strategies: tuple[Strategy, ...]
    left_out: tuple[LeftOut, ...]
    again: Again | None = None


def write_record(results: Results, record: Record) -> Path:
    """Write what was compared into the results folder."""
    from experiments.manifest import to_json, written

    data = {
        "netrial_comparison": FORMAT,
        "hash": results.manifest["hash"],
        "replicates": results.manifest["replicates"],
        **asdict(record),
    }
    path = results.folder / FILE
    with written(path) as file:
        file.write(to_json(data))
    return path


def read_record(results: Results) -> Record | None:
    """Return what was compared in a results folder; None where nothing was, or other replicates were."""
    try:
        data = json.loads((results.folder / FILE).read_text(encoding="utf-8"))
        fits = all(data[key] == results.manifest[key] for key in ("hash", "replicates"))
        if data["netrial_comparison"] != FORMAT or not fits:
            return None
        return Record(
            float(data["budget"]),
            _each(Strategy, data["strategies"]),
            _each(LeftOut, data["left_out"]),
            None if data["again"] is None else Again(**data["again"]),
        )
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not ours
        return None


def _each(kind: Any, given: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(kind(**each) for each in given)
