"""The trial of a results folder made again, to check the folder's hash, and single replicates against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from experiments import parts
from experiments.design import Trial
from experiments.findings import AGAIN, MISSING, NOTE, UNEQUAL, Finding, Verification
from experiments.manifest import versions
from experiments.parts import to_pandas
from experiments.replicate import run_replicate
from experiments.shake.checking import check_shake
from experiments.shake.files import TABLE
from experiments.stored_parts import StoredParts
from experiments.stored_trial import trial_again
from simulator.errors import NetrialError, SpecError, StoreError


def check_scenario(
    seen: Verification, folder: Path, manifest: Mapping[str, Any], stored: StoredParts, replicate: int | None
) -> None:
    """Read the scenario again, and with it the hash of the folder, the files it names and, on request, a replicate."""
    try:
        trial = trial_again(folder, manifest)
    except (NetrialError, OSError, ValueError, KeyError) as error:
        kind, what = (NOTE, "its hash") if replicate is None else (MISSING, f"replicate {replicate}")
        why = "; ".join(map(str, error.problems)) if isinstance(error, SpecError) else str(error)
        message = f"the scenario cannot be read again, so {what} was not checked: {why}"
        seen.findings.append(Finding(kind, "scenario.yaml", message))
        return
    now = trial.scenario.hash8(tuple(trial.arms))
    other = (manifest.get("versions") or {}).get("engine") != versions()["engine"]
    if now != stored.hash:
        why = f"it is that of another scenario, or of other input files ({now}, not {stored.hash})"
        if other:
            why = f"read by this engine, its hash is {now}, not {stored.hash}"
        hint = "" if other else "bring back the scenario and the files that this run was made with"
        kind = NOTE if other and replicate is None else UNEQUAL
        seen.findings.append(Finding(kind, "scenario.yaml", why, hint))
        return
    inputs = len(manifest.get("inputs") or {})
    with_files = f", with the {inputs} files that it names," if inputs else ""
    seen.checked.append(f"the scenario{with_files} has the folder's hash ({now})")
    if TABLE in (manifest.get("outputs") or {}):
        holds = "the table of assumed numbers halved and doubled is what the parts of these changes add up to"
        seen.found(check_shake(trial, folder), holds)
    if replicate is not None:
        seen.found(_again(trial, stored, replicate), f"replicate {replicate}, run again, gives the same bytes")


def _again(trial: Trial, stored: StoredParts, replicate: int) -> Iterator[Finding]:
    """Run a replicate again, and compare it with its part table by table; the same tables are the same bytes."""
    name = f"parts/{stored.path(replicate).name}"
    if replicate not in stored.numbers():
        yield Finding(MISSING, name, f"there is no part of replicate {replicate} to compare with", AGAIN)
        return
    part = parts.encode(replicate, run_replicate(trial, replicate), stored.hash)
    if part == stored.path(replicate).read_bytes():
        return
    try:
        given = stored.tables(replicate)
    except StoreError:  # it is named as damaged or foreign
        yield Finding(NOTE, name, "run again, there was nothing whole to compare it with")
        return
    expected = parts.decode(part, replicate, stored.hash)
    differ = sorted(table for table in {*given, *expected} if not _same(given.get(table), expected.get(table)))
    if differ:
        hint = "other versions may explain it; if they are the same, please report it"
        yield Finding(UNEQUAL, name, f"run again, it has other {', '.join(differ)}", hint)
    else:
        yield Finding(NOTE, name, "run again, it has the same tables, but other bytes: another pyarrow wrote them")


def _same(one: pa.Table | None, other: pa.Table | None) -> bool:
    return one is not None and other is not None and to_pandas(one).equals(to_pandas(other))
