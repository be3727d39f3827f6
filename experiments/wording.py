"""How netrial writes for people: names, numbers, shares, lists and tables, in reports and on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

BASE = 10_000
"""Absolute numbers are given per so many people."""
MINUS = "−"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain_label(name: str) -> str:
    """Turn a name of the scenario into words: ``champions_at_random`` reads "champions at random"."""
    return " ".join(name.replace("_", " ").split()) or name


def singular(label: str) -> str:
    """Take the plural s off the last word: "obese years" reads "obese year"."""
    return label[:-1] if label.endswith("s") and not label.endswith("ss") and len(label) > 2 else label


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write "1 person", "2 people"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def plural_unit(time: float, unit: str) -> str:
    """Return the unit of a time in the number it asks for: 1 year, 2.5 years."""
    return unit if time == 1 else f"{unit}s"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Join words as "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def listed_few(words: Sequence[str], most: int) -> str:
    """Join words as "a, b and c"; of many, the first ones and how many more there are."""
    if len(words) <= most:
        return listed(words)
    return f"{', '.join(words[:most])} and {len(words) - most} more"


def plain_number(value: float) -> str:
    """Write a number for sentences: whole from 100 on, with thousands; below, three digits at most, no trailing zeros.

    A number that is not zero is never written as zero.
    """
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    size = abs(value)
    # Rounded first: 99.96 is 100, not 100.0.
    rounded = float(f"{size:.3g}") if size < 100 else size
    if rounded >= 100:
        text = f"{rounded:,.0f}"
    elif rounded == 0:
        text = "0"
    else:
        decimals = max(0, 2 - math.floor(math.log10(rounded)))
        text = f"{rounded:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return MINUS + text if value < 0 else text


def number(value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
    """Write a number for people: thousands set off by commas, a true minus, no "-0", powers of ten if extreme.

    Parameters
    ----------
    value : float or None
        None and NaN give an en dash.
    decimals : int, optional
        Default: three significant digits.
    sign : bool
        Write a plus before positive numbers.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    size = abs(value)
    if size >= 1e12 or 0 < size < 5e-6 or (0 < size < 0.5 * 10.0 ** -(decimals or 6) and (decimals or 6) >= 6):
        power = math.floor(math.log10(size))
        mantissa = f"{size / 10.0**power:.1f}"
        if mantissa == "10.0":
            mantissa, power = "1.0", power + 1
        text = f"{mantissa} × 10{str(power).translate(SUPERSCRIPTS)}"
    else:
        text = f"{size:,.{digits_alone(value) if decimals is None else decimals}f}"
    zero = not any(character in "123456789" for character in text)
    if value < 0 and not zero:
        return MINUS + text
    return "+" + text if sign and value > 0 and not zero else text


def interval(low: float | None, high: float | None, decimals: int | None = None) -> str:
    """Write an interval as "1,200 to 1,340"; a dash where there is none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "–"
    digits = digits_for(low, high) if decimals is None else decimals
    return f"{number(low, digits)} to {number(high, digits)}"


def digits_for(low: float, high: float) -> int:
    """Decimals for an interval and the mean inside it.

    Two digits of the interval's width, but no more than three significant digits of its larger bound, unless the
    bounds would then read the same; at most 6.
    """
    width, size = abs(high - low), max(abs(low), abs(high))
    if not math.isfinite(width) or width <= 0:
        return digits_alone(size)
    of_width = min(max(1 - math.floor(math.log10(width)), 0), 6)
    digits = min(of_width, digits_alone(size))
    while digits < of_width and f"{low:.{digits}f}" == f"{high:.{digits}f}":
        digits += 1
    return digits


def digits_alone(value: float, significant: int = 3) -> int:
    """Decimals that show so many significant digits of a number without interval."""
    if not math.isfinite(value) or value == 0:
        return 0
    return min(max(significant - 1 - math.floor(math.log10(abs(value))), 0), 6)


def percent(share: float) -> str:
    """Write a share as a percentage with three significant digits at most: "3.5 %", "0.068 %", "100 %"."""
    return f"{plain_number(100 * share)} %"


def percent_rounded_down(share: float | None) -> str:
    """Write a probability that decides: 0.9499 is "94 %", since 95 % wins; what is not 0 is not "0 %"."""
    if share is None or math.isnan(share):
        return "–"
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{math.floor(100 * share + 1e-9)} %"


def money(value: float) -> str:
    """Write an amount of money, without its currency: "85,000", "14.20"."""
    size = abs(value)
    return number(value, 0 if size >= 100 or value == 0 else 2 if size >= 0.01 else None)


def aligned(rows: Sequence[Sequence[str]], right: int = 0) -> list[str]:
    """Return the lines of a table, its columns two blanks apart, the first `right` of them aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if k < right else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
