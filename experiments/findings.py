"""Findings: what a check of a results folder has to say, what holds and what does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

DAMAGED, FOREIGN, MISSING, UNEQUAL, UNFINISHED, NOTE = "damaged", "foreign", "missing", "unequal", "unfinished", "note"

AGAIN = "run the same command again"
ANEW = f"{AGAIN}, which writes it anew"
REDO = f"delete it and {AGAIN}"

CLOSE = 1e-9
"""Relative difference allowed in effects: another numpy may add up in another order."""


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
    command : str
        The command that wrote the folder, as it would be typed again.
    """

    folder: str
    checked: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    command: str = ""

    @property
    def wrong(self) -> list[Finding]:
        """What is not as it should be: all findings but notes."""
        return [each for each in self.findings if each.kind != NOTE]

    def found(self, findings: Iterable[Finding], holds: str) -> bool:
        """Add findings, or, where there are none, what holds; say whether it does."""
        found = list(findings)
        self.findings += found
        if not found:
            self.checked.append(holds)
        return not found

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        findings = [asdict(each) for each in self.findings]
        known = {"folder": self.folder, "right": not self.wrong, "checked": self.checked, "findings": findings}
        return known | {"command": self.command}


def verification_lines(seen: Verification) -> list[str]:
    """Put a verification in sentences."""
    wrong = len(seen.wrong)
    head = "all right" if not wrong else "1 thing is wrong" if wrong == 1 else f"{wrong} things are wrong"
    if wrong and all(each.kind == UNFINISHED for each in seen.wrong):
        head = "not finished"
    findings = sorted(seen.findings, key=lambda each: each.kind == NOTE)
    lines = [
        f"{seen.folder}: {head}",
        *(f"  {each}" for each in findings),
        *(f"  right: {each}" for each in seen.checked),
    ]
    return [*lines, "the command that wrote it:", f"  {seen.command}"] if wrong and seen.command else lines


def close(one: pd.Series, other: pd.Series) -> bool:
    """Say whether a column holds what another does: numbers but for their last bits, words exactly."""
    if not pd.api.types.is_numeric_dtype(other):
        return one.astype(str).tolist() == other.astype(str).tolist()
    left, right = (series.to_numpy(float, na_value=np.nan) for series in (one, other))
    return bool(np.allclose(left, right, rtol=CLOSE, atol=0, equal_nan=True))
