"""What went into a run and how it was made: inputs with their sources, references, versions, failures."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.report.facts import Facts
from experiments.wording import number, plain_label


@dataclass(frozen=True)
class InputRow:
    """One input: where it stands in the scenario, its value, and where it comes from."""

    place: str
    kind: str
    what: str
    value: str
    unit: str
    source: str
    assumed: bool
    fitted: bool


def input_rows(facts: Facts) -> list[InputRow]:
    """Read the inputs, assumed ones first, each kind in the scenario's order."""
    rows = []
    for entry in facts.results.resolved.get("inputs") or []:
        source = str(entry.get("source") or "assumed")
        place = entry["place"]
        place = place if isinstance(place, str) else ".".join(str(part) for part in place)
        rows.append(
            InputRow(
                place=place,
                kind=str(entry.get("kind") or ""),
                what=str(entry.get("what") or ""),
                value=value_text(entry.get("value")),
                unit=str(entry.get("unit") or ""),
                source=source,
                assumed=bool(entry.get("assumed", source == "assumed")),
                fitted=bool(entry.get("fitted", source == "fitted")),
            )
        )
    return sorted(rows, key=lambda row: (not row.assumed, not row.fitted))


def value_text(value: Any) -> str:
    """Write an input's value as it stands in the scenario: "0.02", "urban 0.12, rural 0.19"."""
    if isinstance(value, Mapping):
        if "values" in value and isinstance(value["values"], Mapping):
            by = f" (by {plain_label(str(value['by']))})" if value.get("by") else ""
            return value_text(value["values"]) + by
        return ", ".join(f"{plain_label(str(key))} {value_text(one)}" for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(value_text(one) for one in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    # The scenario's own digits: 0.0213 must not become 0.021.
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}".replace("-", "−")


@dataclass(frozen=True)
class Reference:
    """One entry of the list of references."""

    key: str
    text: str
    doi: str


def references(facts: Facts) -> list[Reference]:
    """Read the references, in the scenario's order."""
    given = facts.results.resolved.get("references") or []
    if isinstance(given, Mapping):
        given = [{"key": key, **entry} for key, entry in given.items()]
    return [Reference(str(e["key"]), str(e.get("text") or ""), str(e.get("doi") or "")) for e in given]


def run_record(facts: Facts) -> list[tuple[str, str]]:
    """List how it was run: (what, value) pairs."""
    manifest = facts.results.manifest
    experiment = facts.scenario.get("experiment") or {}
    record = [
        ("Scenario", " · ".join(str(part) for part in (facts.scenario.get("name"), manifest.get("hash")) if part)),
        ("People", number(round(facts.people), 0)),
        ("Time", f"{facts.horizon:g} {facts.unit}s"),
        ("Replicates", number(facts.replicates, 0)),
        ("Networks", str(networks(facts))),
        ("Random seed", str((manifest.get("seeds") or {}).get("seed", experiment.get("seed", "")))),
    ]
    background = [plain_label(name) for name in facts.results.resolved.get("background") or []]
    if background:
        record.append(("In every arm, the control too", ", ".join(background)))
    record.append(("Replicates that failed", str(len(failures(facts)))))
    record += [("Warning", str(text)) for text in facts.results.resolved.get("warnings") or []]
    versions = manifest.get("versions") or {}
    if versions:
        record.append(("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    for plugin in manifest.get("plugins") or []:
        said = f"{plugin['name']} ({plugin['group']}) of {plugin['package']} {plugin['version']}"
        record.append(("Plug-in", said))
    command = manifest.get("command")
    if command:
        record.append(("Command", command if isinstance(command, str) else shlex.join(str(part) for part in command)))
    seconds = manifest.get("wall_seconds")
    if isinstance(seconds, (int, float)):
        record.append(("Time it took", f"{number(float(seconds), 1)} s"))
    if manifest.get("finished") and isinstance(manifest["finished"], str):
        record.append(("Finished", manifest["finished"]))
    return [(what, value) for what, value in record if value]


def networks(facts: Facts) -> int:
    """Number of networks and populations that were generated."""
    experiment = facts.scenario.get("experiment") or {}
    return int((facts.results.manifest.get("seeds") or {}).get("networks") or experiment.get("networks") or 1)


def failures(facts: Facts) -> list[str]:
    """Replicates that failed, each as "replicate 3: why"."""
    return [f"replicate {key}: {text}" for key, text in (facts.results.manifest.get("failures") or {}).items()]
