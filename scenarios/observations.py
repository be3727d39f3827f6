"""Observed data: real values that are drawn over the simulated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenarios.conversion import duration_of, horizon_of, measure_of, states_of
from scenarios.files import table_at

if TYPE_CHECKING:
    from scenarios.loading import Scenario


def observed_of(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the observed data, series by series.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of dict
        ``arm`` (str), ``outcome`` (its name, or None), ``measure`` (`simulator.outcomes.Measure`), ``source``
        (key of the bibliography, or None) and ``points``: a list of dicts ``time`` (in the scenario's unit),
        ``value``, ``low`` and ``high`` (or None), in order of time.
    """
    spec = scenario.spec
    unit, states = spec.time.unit, states_of(spec)
    series = []
    for i, given in enumerate(spec.observed):
        asked = given.measure if given.measure is not None else spec.outcomes.measures[str(given.outcome)]
        measure = measure_of(asked, states, unit)
        if given.file is None:
            at = horizon_of(spec) if measure.at is None else measure.at
            time = at if given.at is None else duration_of(given.at, unit)
            points = [{"time": time, "value": _number(given.value), "low": given.low, "high": given.high}]
        else:
            assert given.time is not None
            frame = table_at(scenario.file_at(("observed", i, "file"), given.file))
            frame = frame[[given.time.column, str(given.value)]].dropna().sort_values(given.time.column)
            points = [
                {"time": float(time) - given.time.minus, "value": float(value), "low": None, "high": None}
                for time, value in frame.itertuples(index=False, name=None)
            ]
        series.append(
            {"arm": given.arm, "outcome": given.outcome, "measure": measure, "source": given.source, "points": points}
        )
    return series


def _number(value: float | str | None) -> float:
    assert isinstance(value, float | int)
    return float(value)
