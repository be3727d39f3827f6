"""A network picture as it is stored: who is shown where, in which state, tied to whom, at each time, in two arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        return self._codes[arm]

    def offered(self, arm: str) -> np.ndarray:
        """Return bool[n_times, shown]: whom the arm has offered anything so far, of those who are there."""
        return self._offered[arm]

    def ties(self, arm: str) -> pd.DataFrame:
        """Return one, two, first, last, added: pairs tied in any layer from one number of time to another, inclusive.

        `added` says whom only this arm has tied, not the control.
        """
        return self._ties[arm]

    @cached_property
    def _codes(self) -> dict[str, np.ndarray]:
        numbers = {state: number for number, state in enumerate(self.states)}
        return self._by_time(-1, lambda rows: rows["state"].map(numbers).to_numpy(np.int64))

    @cached_property
    def _offered(self) -> dict[str, np.ndarray]:
        return self._by_time(False, lambda rows: rows["offered"].to_numpy(bool))

    def _by_time(self, missing: Any, read: Callable[[pd.DataFrame], np.ndarray]) -> dict[str, np.ndarray]:
        """Put a column of the states' table on a grid of times and places, for each arm."""
        table = self.tables["network_states"]
        found = {}
        for arm in self.arms:
            rows = table[table["arm"] == arm]
            found[arm] = np.full((self.times.size, len(self.places)), missing)
            found[arm][np.searchsorted(self.times, rows["time"]), rows["place"]] = read(rows)
        return found

    @cached_property
    def _ties(self) -> dict[str, pd.DataFrame]:
        table = self.tables["network_ties"]
        until = table["until"].to_numpy(float)
        last = np.where(np.isnan(until), self.times.size, np.searchsorted(self.times, until)) - 1
        table = table.assign(first=np.searchsorted(self.times, table["since"]), last=last)
        table = table[["arm", "one", "two", "first", "last"]].drop_duplicates()
        pairs = pd.MultiIndex.from_frame(table[["one", "two"]])
        added = ~pairs.isin(pairs[table["arm"] == self.arms[0]])
        table = table.assign(added=added).sort_values(["one", "two", "first"])
        return {arm: table[table["arm"] == arm].drop(columns="arm").reset_index(drop=True) for arm in self.arms}


def empty_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a picture that was left out: no rows."""
    return {name: schema.empty_table().to_pandas() for name, schema in NETWORK_TABLES.items()}
