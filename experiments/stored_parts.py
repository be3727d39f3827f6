"""The parts of one results folder, read only: which there are, and their tables joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from experiments import parts
from experiments.parts import PART_TABLES, TABLES
from simulator.errors import StoreError

T = TypeVar("T")

TARGET_COLUMNS = ["arm", "intervention", "id", "picked", "share"]
"""Columns of ``targets.csv``."""

_PART = re.compile(r"(\d{6,})\.(part|failed)")


@dataclass(frozen=True)
class StoredParts:
    """The parts of a results folder.

    Parameters
    ----------
    folder : Path
        The folder ``parts`` in it; need not exist.
    hash : str
        Of the scenario that they must belong to.
    """

    folder: Path
    hash: str

    def path(self, replicate: int, kind: str = "part") -> Path:
        """Return the file of a replicate: its ``part``, or why it ``failed``."""
        return self.folder / f"{replicate:06d}.{kind}"

    def numbers(self, kind: str = "part") -> list[int]:
        """Return, in order, the replicates that have a ``part``, or that ``failed`` and have none."""
        try:
            found = [match for path in self.folder.iterdir() if (match := _PART.fullmatch(path.name))]
        except FileNotFoundError:
            return []
        done = {int(match[1]) for match in found if match[2] == "part"}
        return sorted(done if kind == "part" else {int(match[1]) for match in found} - done)

    def failure(self, replicate: int) -> str:
        """Return why a replicate failed."""
        return self.path(replicate, "failed").read_text(encoding="utf-8", errors="replace")

    def check(self, replicate: int) -> None:
        """Raise StoreError if a part is not, byte for byte, what was written; OtherFormatError if older."""
        self._read(replicate, parts.checked)

    def tables(self, replicate: int) -> dict[str, pa.Table]:
        """Return the tables of one replicate; raises StoreError if its part is damaged."""
        return self._read(replicate, parts.decode)

    def collect(self, replicates: Iterable[int]) -> dict[str, pd.DataFrame]:
        """Read the tables of these replicates and join them, sorted, so that equal runs give equal tables.

        Parameters
        ----------
        replicates : iterable of int
            In order.

        Returns
        -------
        dict of str to DataFrame
            ``curves``, ``outcomes``, ``pairs``, ``distances``, ``knowledge``, ``ledger``.

        Raises
        ------
        StoreError
            If a part is missing or damaged.
        """
        found: dict[str, list[pa.Table]] = {name: [] for name in PART_TABLES if name in TABLES}
        for replicate in replicates:
            for name, table in self.tables(replicate).items():
                if name in found:
                    found[name].append(table)
        return {name: parts.join(name, tables) for name, tables in found.items()}

    def picked(self, replicates: Iterable[int], ids: np.ndarray) -> pd.DataFrame:
        """Count in how many replicates each person was offered each intervention: whom to recruit.

        Parameters
        ----------
        replicates : iterable of int
        ids : int64[n_persons] or object[n_persons]
            The people's own ids.

        Returns
        -------
        DataFrame
            arm, intervention, id, picked (replicates), share (of replicates; 1 for everybody picked where the
            ranking does not vary); most often picked first, then in order of `ids`.
        """
        counts: dict[tuple[str, str], np.ndarray] = {}
        stored = list(replicates)
        for replicate in stored:
            for arm, intervention, persons in parts.offered(self.tables(replicate)):
                count = counts.setdefault((arm, intervention), np.zeros(len(ids), np.int64))
                count[persons] += 1
        frames = [pd.DataFrame(columns=TARGET_COLUMNS)]
        for (arm, intervention), count in sorted(counts.items(), key=lambda item: item[0]):
            order = np.argsort(-count, kind="stable")[: np.count_nonzero(count)]
            picked = count[order]
            columns = (arm, intervention, np.asarray(ids)[order], picked, picked / len(stored))
            frames.append(pd.DataFrame(dict(zip(TARGET_COLUMNS, columns, strict=True))))
        return pd.concat(frames[1:] or frames, ignore_index=True)

    def _read(self, replicate: int, read: Callable[[bytes, int, str], T]) -> T:
        """Read a part by `parts.checked` or `parts.decode`."""
        path = self.path(replicate)
        try:
            return read(path.read_bytes(), replicate, self.hash)
        except parts.OtherFormatError:
            raise
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} is damaged. Delete it and run the same command again") from error
