"""Verification: whether a results folder still is what was written, and follows from its parts, as far as one can tell.

1. the manifest, and the hash of every file that it names;
2. every part: whole, of this scenario, of the replicate that its name says; none missing;
3. tables against parts, effects against pairs, and whether effects add up;
4. the report against the tables;
5. the scenario's text, and the files that it names where they can be found, against the folder's hash;
6. on request, one replicate run again and compared with its part.

Nothing is written. What is wrong is found in one pass, so that it can be mended at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from experiments import lock, parts
from experiments.distances import check_distances
from experiments.estimands import check_decomposition, effects
from experiments.findings import (
    AGAIN,
    ANEW,
    DAMAGED,
    FOREIGN,
    MISSING,
    NOTE,
    REDO,
    UNEQUAL,
    UNFINISHED,
    Finding,
    Verification,
    close,
)
from experiments.knowledge import check_knowledge
from experiments.manifest import read_manifest, sha256_of, versions
from experiments.parts import TABLES, to_pandas
from experiments.reproduction import check_scenario
from experiments.results import Results
from experiments.status import command_text, last_line, spans
from experiments.store import TEMPORARY
from experiments.stored_parts import StoredParts
from simulator.errors import StoreError

NEEDED = ("scenario.yaml", "resolved.json", "targets.csv", *(f"{name}.parquet" for name in TABLES))
"""Files that every finished run has."""

_NUMBERED = re.compile(r"(\d{6,})\.part")


def verify(folder: str | Path, replicate: int | None = None) -> Verification:
    """Check everything in a results folder that can be checked.

    Parameters
    ----------
    folder : str or Path
    replicate : int, optional
        Run this replicate again from the scenario, and compare it with its part.

    Returns
    -------
    Verification

    Raises
    ------
    StoreError
        If it is no results folder.
    """
    folder = Path(folder)
    seen = Verification(str(folder))
    if lock.is_held(folder):
        seen.findings.append(Finding(UNFINISHED, "", "a run is writing here now", "wait for it, and verify again"))
        return seen
    try:
        manifest = read_manifest(folder)
    except StoreError as error:
        if not (folder / "manifest.json").exists():
            raise
        seen.findings.append(Finding(DAMAGED, "manifest.json", str(error)))
        manifest = {}
    stored = StoredParts(folder / "parts", str(manifest.get("hash", "")))
    finished = manifest.get("status") == "finished"
    seen.command = command_text(lock.said(folder).get("command") or manifest.get("command") or (), folder, manifest)
    if manifest and not finished:
        seen.findings.append(Finding(UNFINISHED, "", "the run was not finished", f"{AGAIN}, which resumes"))
    outputs: Mapping[str, str] = manifest.get("outputs") or {}
    whole_outputs = bool(outputs) and seen.found(
        _outputs(folder, outputs), f"{len(outputs)} files have the hashes of the manifest"
    )
    whose = f", and of this scenario ({stored.hash})" if stored.hash else ""
    whole_parts = seen.found(_parts(stored), f"{len(stored.numbers()):,} parts are whole{whose}")
    if finished:
        whole_parts &= seen.found(_missing(stored, manifest), "no replicate is missing")
        seen.findings += _left_out(stored, manifest)
    if finished and whole_outputs:
        results = Results.load(folder)
        if whole_parts:
            seen.found(_tables(results, stored), "the tables are what the parts add up to")
        seen.found(
            _effects(results), "the effects are what the pairs give, and overall effects are the sums of their parts"
        )
        if manifest["completed"]:  # of nothing, there is no report
            seen.found(_report(results), "the report is what the tables give")
    if replicate is not None or (finished and whole_outputs):
        check_scenario(seen, folder, manifest, stored, replicate)
    seen.findings += [*_leftovers(folder), *_versions(manifest)]
    return seen


def _outputs(folder: Path, outputs: Mapping[str, str]) -> Iterator[Finding]:
    for name, digest in outputs.items():
        path = folder / name
        if not path.exists():
            yield Finding(MISSING, name, "there is no such file any more", ANEW)
        elif sha256_of(path) != digest:
            yield Finding(DAMAGED, name, "its bytes are not those that were written", ANEW)
    for name in NEEDED if outputs else ():
        if name not in outputs:
            yield Finding(MISSING, name, "the netrial that wrote the folder knew no such file", ANEW)


def _parts(stored: StoredParts) -> Iterator[Finding]:
    """Check every part by itself, so that a foreign one is told from a damaged one."""
    for path in sorted(stored.folder.glob("*.part")) if stored.folder.is_dir() else ():
        name = f"parts/{path.name}"
        number = _NUMBERED.fullmatch(path.name)
        try:
            whose, replicate, version = parts.owner(path.read_bytes())
        except (OSError, ValueError):
            yield Finding(DAMAGED, name, "its bytes are not those that were written", REDO)
            continue
        if stored.hash and whose != stored.hash:
            yield Finding(FOREIGN, name, f"it belongs to another scenario ({whose}, not {stored.hash})", REDO)
        elif number is None or stored.path(replicate).name != path.name:
            yield Finding(FOREIGN, name, f"it holds replicate {replicate}, which its name does not say", REDO)
        elif version != parts.FORMAT:
            yield Finding(FOREIGN, name, f"it is a part of version {version}, not {parts.FORMAT}", REDO)


def _missing(stored: StoredParts, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    missing = set(range(manifest["replicates"])) - set(stored.numbers()) - set(stored.numbers("failed"))
    if missing:
        yield Finding(MISSING, "parts", f"replicates without a part: {spans(sorted(missing))}", AGAIN)


def _left_out(stored: StoredParts, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Name the replicates that are there, or once were tried, and that the tables do not hold."""
    asked = range(manifest["replicates"])
    for number in stored.numbers("failed"):
        if number in asked:
            name, why = f"parts/{stored.path(number, 'failed').name}", last_line(stored.failure(number))
            yield Finding(NOTE, name, f"replicate {number} failed and is left out: {why}")
    longer = [number for number in stored.numbers() if number not in asked]
    if longer:
        yield Finding(NOTE, "parts", f"replicates beyond the {len(asked):,} that the tables hold: {spans(longer)}")


def _tables(results: Results, stored: StoredParts) -> Iterator[Finding]:
    """Join the parts again; ids are not in them, so whom to recruit is compared by how often, not by who."""
    numbers = [number for number in stored.numbers() if number < results.manifest["replicates"]]
    for name, joined in stored.collect(numbers).items():
        if not joined.equals(to_pandas(pq.read_table(results.folder / f"{name}.parquet"))):
            yield Finding(UNEQUAL, f"{name}.parquet", "it is not what the parts add up to", ANEW)
    n_persons = 1 + max(
        (int(persons.max()) for number in numbers for _, _, persons in parts.offered(stored.tables(number))), default=0
    )
    picked = stored.picked(numbers, np.arange(n_persons))
    kept = ["arm", "intervention", "picked"]
    given = results.targets[kept].to_numpy(object).tolist()
    if picked[kept].to_numpy(object).tolist() != given:
        yield Finding(UNEQUAL, "targets.csv", "people were not offered interventions as often as the parts say", ANEW)


def _effects(results: Results) -> Iterator[Finding]:
    fault = "this is a fault of the program: please report it"
    for problem in check_decomposition(results.pairs, results.specs):
        yield Finding(UNEQUAL, "pairs.parquet", problem, fault)
    for problem in check_distances(results.distances, results.pairs, results.specs):
        yield Finding(UNEQUAL, "distances.parquet", problem, fault)
    for problem in check_knowledge(results.knowledge, results.pairs):
        yield Finding(UNEQUAL, "knowledge.parquet", problem, fault)
    seed = int(results.manifest["seeds"]["seed"])
    given = results.effects
    try:
        expected = effects(results.pairs, results.outcomes, results.specs, results.control, seed)
    except (ValueError, KeyError) as error:
        yield Finding(
            UNEQUAL, "pairs.parquet", f"no effects can be computed from it and outcomes.parquet: {error}", ANEW
        )
        return
    same = len(given) == len(expected) and all(close(given[name], expected[name]) for name in expected)
    if not same:
        yield Finding(UNEQUAL, "effects.parquet", "effects are not what the pairs give", ANEW)


def _report(results: Results) -> Iterator[Finding]:
    from experiments.report.page import render

    path = results.folder / "report.html"
    hint = f"`netrial report {results.folder}` writes it anew"
    if not path.exists():
        yield Finding(NOTE, path.name, "there is no report", hint)
    elif path.read_bytes() != render(results)[0].encode("utf-8"):
        same = results.manifest.get("versions") == versions()
        why = "" if same else ", which other versions may explain"
        yield Finding(UNEQUAL if same else NOTE, path.name, f"it is not what the tables give{why}", hint)


def _leftovers(folder: Path) -> Iterator[Finding]:
    for place in (folder, folder / "parts"):
        for path in sorted(place.glob(".*")):
            if TEMPORARY.fullmatch(path.name):
                name = str(path.relative_to(folder))
                yield Finding(NOTE, name, "left over from a killed run; the next run removes it")


def _versions(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    then, now = manifest.get("versions") or {}, versions()
    differ = [f"{name} {then[name]}, now {now.get(name, 'none')}" for name in then if then[name] != now.get(name)]
    if differ:
        yield Finding(NOTE, "", f"written with other versions: {'; '.join(differ)}")
