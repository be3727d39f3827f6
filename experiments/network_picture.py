"""A network picture as it is stored: who is shown where, in which state, tied to whom, at each time, in two arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from experiments.parts import NETWORK_TABLES


@dataclass(frozen=True)
class NetworkPicture:
    """The network of one replicate, in the control and in the best arm.

    Parameters
    ----------
    facts : mapping
        As plain data: `left_out` (why there is no picture, or ""), `replicate`, `arms` (control first), `behaviour`,
        `states`, `people` (in the town), `shown`.
    tables : mapping of str to DataFrame
        ``network_people`` (place: 0 … shown − 1; id; x, y), ``network_states`` (arm, time, place, state, offered:
        whether the arm has offered them anything by then; no row where somebody is not there), ``network_ties`` (arm,
        layer, one, two: places; since, until: observation times between which they are tied, until NaN: to the end).
    """

    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]

    @property
    def arms(self) -> list[str]:
        """The control, then the best arm, if there is any."""
        return list(self.facts["arms"])

    @property
    def states(self) -> list[str]:
        """States of the behaviour that colours stand for, in the scenario's order."""
        return list(self.facts["states"])

    @cached_property
    def times(self) -> np.ndarray:
        """float64[n_times]: when the picture was taken, in the scenario's unit."""
        return np.unique(self.tables["network_states"]["time"].to_numpy(float))

    @cached_property
    def places(self) -> np.ndarray:
        """int64[shown, 2]: across and up, 0 to 1000."""
        return self.tables["network_people"].sort_values("place")[["x", "y"]].to_numpy(np.int64)

    def codes(self, arm: str) -> np.ndarray:
        """Return int64[n_times, shown]: everybody's state as its number in `states`; −1: not there."""
        rows = self._rows(arm)
        codes = np.full((self.times.size, len(self.places)), -1)
        numbers = {state: number for number, state in enumerate(self.states)}
        codes[np.searchsorted(self.times, rows["time"]), rows["place"]] = rows["state"].map(numbers)
        return codes

    def offered(self, arm: str) -> np.ndarray:
        """Return bool[n_times, shown]: whom the arm has offered anything so far, of those who are there."""
        rows = self._rows(arm)
        offered = np.zeros((self.times.size, len(self.places)), bool)
        offered[np.searchsorted(self.times, rows["time"]), rows["place"]] = rows["offered"].to_numpy(bool)
        return offered

    def ties(self, arm: str) -> pd.DataFrame:
        """Return one, two, first, last: pairs tied in any layer from one number of time to another, both inclusive."""
        table = self.tables["network_ties"]
        table = table[table["arm"] == arm]
        since = np.searchsorted(self.times, table["since"])
        until = table["until"].to_numpy(float)
        last = np.where(np.isnan(until), self.times.size, np.searchsorted(self.times, until)) - 1
        found = pd.DataFrame({"one": table["one"], "two": table["two"], "first": since, "last": last})
        return found.drop_duplicates().sort_values(["one", "two", "first"], ignore_index=True)

    def added(self, arm: str) -> np.ndarray:
        """Return bool[n rows of `ties`]: pairs whom only this arm has tied, not the control."""
        mine, control = self.ties(arm)[["one", "two"]], self.ties(self.arms[0])[["one", "two"]]
        return ~pd.MultiIndex.from_frame(mine).isin(pd.MultiIndex.from_frame(control))

    def _rows(self, arm: str) -> pd.DataFrame:
        table = self.tables["network_states"]
        return table[table["arm"] == arm]


def empty_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a picture that was left out: no rows."""
    return {name: schema.empty_table().to_pandas() for name, schema in NETWORK_TABLES.items()}
