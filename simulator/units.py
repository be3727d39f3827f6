"""Time: the units a scenario may use, and the integer ticks in which the engine counts."""

from __future__ import annotations

from fractions import Fraction

TICK_BITS = 40
TICKS_PER_UNIT = 1 << TICK_BITS
"""Ticks in one time unit of the scenario: all instants are int64 multiples of 2**-40 unit."""

DAYS = {
    "year": Fraction(36525, 100),
    "month": Fraction(36525, 1200),
    "week": Fraction(7),
    "day": Fraction(1),
    "hour": Fraction(1, 24),
}
"""Days in each unit: 1 year = 12 months = 365.25 days."""


def to_ticks(time: float) -> int:
    """Round a time in the scenario's unit to the nearest tick."""
    return round(time * TICKS_PER_UNIT)


def from_ticks(ticks: int) -> float:
    """Turn ticks into the scenario's unit; exact below 2**53 ticks."""
    return ticks / TICKS_PER_UNIT


def observation_times(horizon: float, every: float) -> list[float]:
    """Return 0, `every`, twice that, … and the horizon, in the scenario's unit."""
    steps = int(horizon / every * (1 - 1e-9))  # before the horizon; a step that ends at it but for rounding is it
    return [*(round(step * every, 12) for step in range(steps + 1)), horizon]


def convert_rate(value: float, unit: str, scenario_unit: str) -> float:
    """Turn a rate per `unit` into a rate per `scenario_unit`."""
    return value if unit == scenario_unit else float(Fraction(value) * DAYS[scenario_unit] / DAYS[unit])


def convert_duration(value: float, unit: str, scenario_unit: str) -> float:
    """Turn a duration in `unit` into one in `scenario_unit`."""
    return value if unit == scenario_unit else float(Fraction(value) * DAYS[unit] / DAYS[scenario_unit])
