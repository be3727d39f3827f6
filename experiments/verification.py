"""Verification: whether a results folder still is what was written, and follows from its parts, as far as one can tell.

1. the manifest, and the hash of every file that it names;
2. every part: whole, of this scenario, of the replicate that its name says; none missing;
3. tables against parts, effects against pairs, and whether effects add up;
4. the scenario's text against the folder's hash, and its files against theirs, where they can be found;
5. the report against the tables;
6. on request, one replicate run again and compared with its part.

Nothing is written. What is wrong is found in one pass, so that it can be mended at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments import lock, parts
from experiments.design import Trial
from experiments.estimands import check_decomposition, effects
from experiments.manifest import read_manifest, sha256_of, versions
from experiments.parts import to_pandas
from experiments.replicate import run_replicate
from experiments.reproduction import trial_again
from experiments.results import Results
from experiments.status import last_line, spans
from experiments.store import OUTPUTS, TEMPORARY
from experiments.stored_parts import StoredParts
from simulator.errors import NetrialError, StoreError

DAMAGED, FOREIGN, MISSING, UNEQUAL, UNFINISHED, NOTE = "damaged", "foreign", "missing", "unequal", "unfinished", "note"

AGAIN = "run the same command again"
ANEW = f"{AGAIN}, which writes it anew"
REDO = f"delete it and {AGAIN}"

CLOSE = 1e-9
"""Relative difference allowed in effects: another numpy may add up in another order."""

_NUMBERED = re.compile(r"(\d{6,})\.part")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    kind : {"damaged", "foreign", "missing", "unequal", "unfinished", "note"}
        A note is worth knowing, and nothing is wrong.
    file : str
        In the folder; empty: the folder as a whole.
    message : str
    hint : str
        What to do.
    """

    kind: str
    file: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.file}: {self.message}" if self.file else self.message
        return f"{self.kind}: {text}" + (f". {self.hint[0].upper()}{self.hint[1:]}" if self.hint else "")


@dataclass
class Verification:
    """What was checked in a folder, and what was found.

    Parameters
    ----------
    folder : str
    checked : list of str
        What holds, in sentences.
    findings : list of Finding
    """

    folder: str
    checked: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def wrong(self) -> list[Finding]:
        """What is not as it should be: all findings but notes."""
        return [each for each in self.findings if each.kind != NOTE]

    def found(self, findings: Iterable[Finding], holds: str) -> bool:
        """Add findings, or, where nothing is wrong, what holds; say whether it does."""
        found = list(findings)
        self.findings += found
        if not any(each.kind != NOTE for each in found):
            self.checked.append(holds)
            return True
        return False

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"folder": self.folder, "right": not self.wrong, "checked": self.checked} | {
            "findings": [asdict(each) for each in self.findings]
        }


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
    if manifest and not finished:
        seen.findings.append(Finding(UNFINISHED, "", "the run was not finished", f"{AGAIN}, which resumes"))
    outputs: Mapping[str, str] = manifest.get("outputs") or {}
    whole_outputs = seen.found(_outputs(folder, outputs), f"{len(outputs)} files have the hashes of the manifest")
    whole_parts = seen.found(
        _parts(stored), f"{len(stored.numbers()):,} parts are whole, and of this scenario ({stored.hash})"
    )
    if finished:
        whole_parts &= seen.found(_replicates(stored, manifest), "no replicate is missing")
    if finished and whole_outputs:
        results = Results.load(folder)
        if whole_parts:
            seen.found(_tables(results, stored), "the tables are what the parts add up to")
        seen.found(
            _effects(results), "the effects are what the pairs give, and overall effects are the sums of their parts"
        )
        seen.found(_report(results), "the report is what the tables give")
    if replicate is not None or (finished and whole_outputs):
        _scenario(seen, folder, manifest, stored, replicate)
    seen.findings += [*_leftovers(folder), *_versions(manifest)]
    return seen


def _outputs(folder: Path, outputs: Mapping[str, str]) -> Iterator[Finding]:
    for name, digest in outputs.items():
        path = folder / name
        if not path.exists():
            yield Finding(MISSING, name, "there is no such file any more", ANEW)
        elif sha256_of(path) != digest:
            yield Finding(DAMAGED, name, "its bytes are not those that were written", ANEW)
    for name in OUTPUTS if outputs else ():
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


def _replicates(stored: StoredParts, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    asked = range(manifest["replicates"])
    done, failed = set(stored.numbers()), set(stored.numbers("failed"))
    missing = sorted(set(asked) - done - failed)
    if missing:
        yield Finding(MISSING, "parts", f"replicates without a part: {spans(missing)}", AGAIN)
    for number in sorted(failed & set(asked)):
        why = last_line(stored.failure(number))
        yield Finding(NOTE, stored.path(number, "failed").name, f"replicate {number} failed and is left out: {why}")
    longer = sorted(done - set(asked))
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
    for problem in check_decomposition(results.pairs, results.specs):
        yield Finding(UNEQUAL, "pairs.parquet", problem, "this is a fault of the program: please report it")
    seed = int(results.manifest["seeds"]["seed"])
    expected = effects(results.pairs, results.outcomes, results.specs, results.control, seed)
    given = results.effects
    same = len(given) == len(expected) and all(_close(given[name], expected[name]) for name in expected)
    if not same:
        yield Finding(UNEQUAL, "effects.parquet", "effects are not what the pairs give", ANEW)


def _close(one: pd.Series, other: pd.Series) -> bool:
    if not pd.api.types.is_numeric_dtype(other):
        return one.astype(str).tolist() == other.astype(str).tolist()
    left, right = (series.to_numpy(float, na_value=np.nan) for series in (one, other))
    return bool(np.allclose(left, right, rtol=CLOSE, atol=0, equal_nan=True))


def _report(results: Results) -> Iterator[Finding]:
    from experiments.report import render

    path = results.folder / "report.html"
    hint = f"`netrial report {results.folder}` writes it anew"
    if not path.exists():
        yield Finding(NOTE, path.name, "there is no report", hint)
    elif results.manifest["completed"] and path.read_bytes() != render(results)[0].encode("utf-8"):
        same = results.manifest.get("versions") == versions()
        why = "" if same else ", which other versions may explain"
        yield Finding(UNEQUAL if same else NOTE, path.name, f"it is not what the tables give{why}", hint)


def _scenario(
    seen: Verification, folder: Path, manifest: Mapping[str, Any], stored: StoredParts, replicate: int | None
) -> None:
    """Read the scenario again, and with it the hash of the folder, the files it names and, on request, a replicate."""
    try:
        trial = trial_again(folder, manifest)
    except (NetrialError, OSError, ValueError, KeyError) as error:
        kind = NOTE if replicate is None else MISSING
        message = f"the scenario cannot be read again, so {{}} was not checked: {error}"
        what = "its hash" if replicate is None else f"replicate {replicate}"
        seen.findings.append(
            Finding(kind, "scenario.yaml", message.format(what), "the files that it names must be there")
        )
        return
    now = trial.scenario.hash8(tuple(trial.arms))
    other = (manifest.get("versions") or {}).get("engine") != versions()["engine"]
    if now != stored.hash:
        why = f"it is that of another scenario, or of other input files ({now}, not {stored.hash})"
        if other:
            why = f"read by this engine, its hash is {now}, not {stored.hash}"
        seen.findings.append(Finding(NOTE if other else UNEQUAL, "scenario.yaml", why))
        return
    inputs = len(manifest.get("inputs") or {})
    with_files = f", with the {inputs} files that it names," if inputs else ""
    seen.checked.append(f"the scenario{with_files} has the folder's hash ({now})")
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
    except StoreError:
        return  # it was named before
    expected = parts.decode(part, replicate, stored.hash)
    differ = sorted(table for table in {*given, *expected} if not _same(given.get(table), expected.get(table)))
    if differ:
        hint = "other versions may explain it; if they are the same, please report it"
        yield Finding(UNEQUAL, name, f"run again, it has other {', '.join(differ)}", hint)
    else:
        yield Finding(NOTE, name, "run again, it has the same tables, but other bytes: another pyarrow wrote them")


def _same(one: pa.Table | None, other: pa.Table | None) -> bool:
    return one is not None and other is not None and to_pandas(one).equals(to_pandas(other))


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


def verification_lines(seen: Verification) -> list[str]:
    """Put a verification in sentences."""
    wrong = len(seen.wrong)
    head = "all right" if not wrong else "1 thing is wrong" if wrong == 1 else f"{wrong} things are wrong"
    findings = sorted(seen.findings, key=lambda each: each.kind == NOTE)
    return [
        f"{seen.folder}: {head}",
        *(f"  {each}" for each in findings),
        *(f"  right: {each}" for each in seen.checked),
    ]
