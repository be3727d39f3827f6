"""How numbers are said in `benchmarks/RESULTS.md`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

RUNS = 5
"""Runs from which a median is claimed."""


def median_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return the median, pair by pair, of how many times longer the first took."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def seconds_text(seconds: Sequence[float]) -> str:
    """Say the median of `RUNS` runs or more with the range; of fewer, say how many there were."""
    middle = f"{statistics.median(seconds):.3g}"
    if len(seconds) >= RUNS:
        return f"{middle} ({min(seconds):.3g}–{max(seconds):.3g})"
    return f"{middle} (of {len(seconds)} run{'s' if len(seconds) > 1 else ''} only)"


def goal_text(ratio: float, goal: float, *, at_most: bool = False) -> str:
    """Say what was aimed at, and whether it is reached."""
    if not goal:
        return "–"
    reached = ratio <= goal if at_most else ratio >= goal
    return f"{'≤' if at_most else '≥'} {goal:g}: {'yes' if reached else '**no**'}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def power_text(number: int) -> str:
    """Write whole powers of ten as such."""
    power = round(math.log10(number))
    return f"10^{power}" if 10**power == number else f"{number:,}"
