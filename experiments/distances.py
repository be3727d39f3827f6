"""How far an effect reaches along ties: people by their distance from the nearest target, arm against control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.estimands import MEANS, ROUNDING, UNIT, WHOLE_NUMBERS, OutcomeSpec, independent, t_interval
from simulator.network import Layer
from simulator.outcomes import Reading
from simulator.world import World

DISTANCES = ("0", "1", "2", "3", "4+", "later")
"""Ties from the nearest target; `4+`: four or more, or no way at all; `later`: people first offered at a later date."""
FAR = 4
MOST_REPLICATES = 100
"""Distances are read in the replicates numbered below this."""
MOST_TIES = 5_000_000
"""In networks with more ties than this distances are not read, since it would take as long as the run itself."""

Row = tuple[Any, ...]


def influencing_layers(world: World) -> list[Layer]:
    """Return the layers along which anything spreads: those that some transition of some behaviour reads."""
    transitions = [transition for each in world.behaviours.values() for transition in each.transitions]
    read = {name for transition in transitions for name, weight in transition.layers.items() if weight > 0}
    return [layer for name, layer in world.network.layers.items() if name in read]


def steps_from(targets: np.ndarray, layers: Iterable[Layer]) -> np.ndarray:
    """Count the ties between everybody and the nearest target, the way influence runs.

    Parameters
    ----------
    targets : bool[n_persons]
    layers : iterable of Layer
        With their ties at time 0; nothing runs along those of weight 0.

    Returns
    -------
    uint8[n_persons]
        0 for the targets, then 1, 2, 3; 4 for everybody further away, or whom nothing reaches.
    """
    ties = [
        (layer.ties if layer.weights is None else layer.ties[layer.weights > 0], layer.directed) for layer in layers
    ]
    steps = np.where(targets, 0, FAR).astype(np.uint8)
    front = targets
    for step in range(1, FAR):
        met = np.zeros(targets.size, bool)
        for pairs, directed in ties:
            one, two = pairs.T
            met[two[front[one]]] = True
            if not directed:
                met[one[front[two]]] = True
        front = met & (steps == FAR)
        if not front.any():
            break
        steps[front] = step
    return steps


def rows_of(
    targets: np.ndarray, later: np.ndarray, layers: Iterable[Layer], treated: Reading, untreated: Reading
) -> list[Row]:
    """Read one outcome at every distance, in an arm and in the control.

    Parameters
    ----------
    targets, later : bool[n_persons]
        Offered at the arm's first date; first offered later.
    layers : iterable of Layer
    treated, untreated : Reading
        Of the same outcome, in the arm and in the control.

    Returns
    -------
    list of (distance, people, value, control_value)
        The same people in both; a distance without people is absent. Empty where nobody is a target, and for an
        outcome that has no parts.
    """
    if not targets.any() or not treated.splits:
        return []
    steps = steps_from(targets, layers)
    steps[later] = len(DISTANCES) - 1
    rows = []
    for code, distance in enumerate(DISTANCES):
        people = steps == code
        value, control = treated.over(people), untreated.over(people)
        if value.people:
            rows.append((distance, value.people, value.value, control.value))
    return rows


def by_distance(distances: pd.DataFrame, specs: Mapping[str, OutcomeSpec]) -> pd.DataFrame:
    """Estimate the effect on a person at each distance.

    Parameters
    ----------
    distances : DataFrame
        arm, replicate, draw, outcome, distance, people, value, control_value.
    specs : mapping of str to OutcomeSpec

    Returns
    -------
    DataFrame
        arm, outcome, distance (in the order of `DISTANCES`), people (mean of replicates), effect: mean over replicates
        of (arm − control) ÷ people, low, high: its 95 % t interval (NaN below two replicates), replicates.
    """
    rows = []
    for (arm, outcome, distance), each in distances.groupby(["arm", "outcome", "distance"], sort=True):
        of_people = 1 if specs[str(outcome)].kind in MEANS else each["people"]
        effect = ((each["value"] - each["control_value"]) / of_people).set_axis(pd.MultiIndex.from_frame(each[UNIT]))
        mean, low, high = (float(bound) for bound in t_interval(independent(effect.sort_index()).to_numpy()))
        rows.append((arm, outcome, distance, float(each["people"].mean()), mean, low, high, len(each)))
    columns = ["arm", "outcome", "distance", "people", "effect", "low", "high", "replicates"]
    table = pd.DataFrame(rows, columns=columns)
    place = table["distance"].map({name: place for place, name in enumerate(DISTANCES)})
    order = np.lexsort((place.to_numpy(), table["outcome"].to_numpy(str), table["arm"].to_numpy(str)))
    return table.iloc[order].reset_index(drop=True)


def check_distances(distances: pd.DataFrame, pairs: pd.DataFrame, specs: Mapping[str, OutcomeSpec]) -> list[str]:
    """Check that all distances together are everybody: people and values add up to the overall effect's.

    Whole numbers must add up exactly, everything else to 1e-9 of the sum.

    Returns
    -------
    list of str
        One problem per arm, replicate and outcome that does not add up; empty if all do.
    """
    unit, columns = ["arm", *UNIT, "outcome"], ["people", "value", "control_value"]
    kind = {name: spec.kind for name, spec in specs.items()}

    def totals(table: pd.DataFrame) -> pd.DataFrame:
        weight = np.where(table["outcome"].map(kind).isin(MEANS), table["people"], 1)
        return table.assign(value=table["value"] * weight, control_value=table["control_value"] * weight)

    parts = totals(distances).groupby(unit)[columns].sum().add_suffix("_of_parts").reset_index()
    both = parts.merge(totals(pairs[pairs["estimand"] == "overall"]), on=unit, how="left")
    problems = []
    for row in both.to_dict("records"):
        spec = specs[row["outcome"]]
        exact = spec.kind in WHOLE_NUMBERS and not spec.weighted
        for name in columns:
            wanted, found = row[name], row[f"{name}_of_parts"]
            allowed = 0.0 if exact or name == "people" else ROUNDING * max(abs(wanted), abs(found))
            if not abs(found - wanted) <= allowed:
                problems.append(
                    f"{row['outcome']} of {row['arm']}, replicate {row['replicate']}, draw {row['draw']}: {name} is "
                    f"{wanted:.15g} overall, but {found:.15g} over all distances"
                )
    return problems
