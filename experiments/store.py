"""The results folder: written so that a kill at any moment loses at most the part being written.

    manifest.json                   which scenario this is, and how it was run; the only place for time stamps
    scenario.yaml, resolved.json    the scenario as given, and as it was understood
    parts/000017.part               all tables of replicate 17, with their checksum
    parts/000017.failed             why replicate 17 failed
    curves, outcomes, pairs, distances, knowledge, effects, ledger (.parquet), targets.csv
    shake/, shake.parquet           parts of the changes of assumed numbers, and what they change (`experiments.shake`)
    network.json, network_people, network_states, network_ties (.parquet): the network of one replicate, for pictures

Every file is written under a hidden temporary name, synced and renamed; so a file either is whole or is not there.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from experiments import parts
from experiments.lock import Lock
from experiments.manifest import now, read_manifest, sha256_of, to_json, versions, write_manifest, written
from experiments.parts import NETWORK_TABLES, TABLES, Table, to_arrow
from experiments.shake.files import still_right
from experiments.stored_parts import TARGET_COLUMNS, StoredParts
from simulator.errors import StoreError

if TYPE_CHECKING:
    from experiments.network_picture import NetworkPicture

_NETWORK = ("network.json", *(f"{name}.parquet" for name in NETWORK_TABLES))
OUTPUTS = ("scenario.yaml", "resolved.json", "targets.csv", *(f"{name}.parquet" for name in TABLES), *_NETWORK)
"""Files whose hashes the manifest of a finished run holds."""
TEMPORARY = re.compile(r"\.(.+)\.netrial-tmp")
"""Names of files that were being written when a run was killed."""


@dataclass(frozen=True)
class Identity:
    """Which scenario a folder's results belong to.

    Parameters
    ----------
    scenario : str
        Its name, for messages.
    hash : str
        Of everything that changes a replicate's results, as hexadecimal digits.
    """

    scenario: str
    hash: str


class Store:
    """One results folder, open for writing; made by `Store.open`, closed by `with` or `close`."""

    def __init__(self, folder: Path, identity: Identity, lock: Lock) -> None:
        self.folder = folder
        self.identity = identity
        self._lock = lock
        self._parts = StoredParts(folder / "parts", identity.hash)
        self._done: set[int] = set()
        self._failures: dict[int, str] = {}
        self._started = now()

    @classmethod
    def open(cls, folder: str | Path, identity: Identity) -> Store:
        """Open a results folder, or make a new one, and lock it against other processes.

        Leftovers of a killed run are removed; every part is read and checked; foreign files are left alone.

        Parameters
        ----------
        folder : str or Path
        identity : Identity

        Returns
        -------
        Store

        Raises
        ------
        StoreError
            If the folder holds another scenario's results, is in use, or holds a damaged manifest or part.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = Lock(folder)
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror}. Choose another folder") from error
        store = cls(folder, identity, lock)
        try:
            store._take_over()
        except BaseException:
            store.close()
            raise
        return store

    def _take_over(self) -> None:
        if not _belongs(self.folder, self.identity):
            self._write_manifest({"status": "unfinished"})
        self._parts.folder.mkdir(exist_ok=True)
        for place in (self.folder, self._parts.folder):
            for path in place.glob(".*"):
                if TEMPORARY.fullmatch(path.name):
                    path.unlink()
        for replicate in self._parts.numbers():
            try:
                self._parts.check(replicate)
            except parts.OtherFormatError:
                continue  # it is made again, over the old one
            self._done.add(replicate)
        self._failures = {replicate: self._parts.failure(replicate) for replicate in self._parts.numbers("failed")}

    def close(self) -> None:
        """Let other processes open the folder."""
        self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def announce(self, replicates: int, command: Sequence[str], shaking: int | None = None) -> None:
        """Say to others who look at the folder what is asked for, until it is there; a killed run leaves it behind.

        Parameters
        ----------
        replicates : int
        command : sequence of str
        shaking : int, optional
            How many replicates of changes are to be there in the end.
        """
        asked = {"replicates": replicates, "command": list(command), "started": self._started}
        self._lock.say(asked if shaking is None else asked | {"shaking": shaking})

    def done(self) -> set[int]:
        """Return the replicates whose tables are stored."""
        return set(self._done)

    def failures(self) -> dict[int, str]:
        """Return the replicates that failed, with the reason of each."""
        return dict(self._failures)

    def write_part(self, replicate: int, tables: Mapping[str, Table]) -> None:
        """Store all tables of one replicate, all arms together. Threads may call this at the same time.

        Parameters
        ----------
        replicate : int
        tables : mapping of str to DataFrame, or to a mapping of columns
            ``curves``, ``outcomes``, ``pairs``, ``distances``, ``knowledge``, ``ledger``, with the columns of
            `TABLES`, rows in any order (but those of the ledger, at one instant, in the order in which things were
            done); and ``targets`` (arm, replicate, draw, intervention, person: index of a person who was offered it),
            if wanted. A table may be absent or empty.

        Raises
        ------
        ValueError
            If a table is unknown, lacks a column, or holds another replicate.
        """
        part = parts.encode(replicate, tables, self.identity.hash)
        with written(self._parts.path(replicate)) as file:
            file.write(part)
        self._parts.path(replicate, "failed").unlink(missing_ok=True)
        self._failures.pop(replicate, None)
        self._done.add(replicate)

    def write_failure(self, replicate: int, text: str) -> None:
        """Store why a replicate failed; the same command tries it again."""
        with written(self._parts.path(replicate, "failed")) as file:
            file.write(text.encode("utf-8", errors="replace"))
        self._failures[replicate] = text

    def describe(self, scenario: str, resolved: Mapping[str, Any]) -> None:
        """Store the scenario as given (its text) and as resolved (plain data), from which reports are made."""
        with written(self.folder / "scenario.yaml") as file:
            file.write(scenario.encode())
        with written(self.folder / "resolved.json") as file:
            file.write(to_json(resolved))

    def collect(self, replicates: Iterable[int]) -> dict[str, pd.DataFrame]:
        """Read the tables of these replicates and join them, sorted, so that equal runs give equal tables.

        Parameters
        ----------
        replicates : iterable of int
            ``range(100)``: the first hundred, whatever else is stored.

        Returns
        -------
        dict of str to DataFrame
            ``curves``, ``outcomes``, ``pairs``, ``distances``, ``knowledge``, ``ledger``.
            Failed replicates have no rows.

        Raises
        ------
        StoreError
            If a replicate was not run yet, or its part is damaged.
        """
        return self._parts.collect(self._stored(replicates))

    def picked(self, replicates: Iterable[int], ids: np.ndarray) -> pd.DataFrame:
        """Count in how many of these replicates each person was offered each intervention; see `StoredParts.picked`."""
        return self._parts.picked(self._stored(replicates), ids)

    def finish(
        self,
        tables: Mapping[str, pd.DataFrame],
        *,
        replicates: int,
        targets: pd.DataFrame | None = None,
        picture: NetworkPicture | None = None,
        seeds: Mapping[str, int] | None = None,
        inputs: Mapping[str, str] | None = None,
        scenario_file: str = "",
        plugins: Sequence[Mapping[str, str]] = (),
        command: Sequence[str] = (),
        wall_seconds: float = 0.0,
    ) -> dict[str, Any]:
        """Write the tables and, last, the manifest that declares them whole.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            What `collect` returned, and ``effects``.
        replicates : int
            How many were asked for: numbers 0 … replicates − 1.
        targets : DataFrame, optional
            What `picked` returned.
        picture : NetworkPicture, optional
            The network of one replicate; None: no replicate was completed.
        seeds : mapping of str to int, optional
        inputs : mapping of str to str, optional
            A hash of what is in every file read, by the name that the scenario gives it.
        scenario_file : str
            Where the scenario came from: a bundled one's name, or a path.
        plugins : sequence of mapping
            Words that packages bring and the scenario uses: group, name, package, version.
        command : sequence of str
        wall_seconds : float

        Returns
        -------
        dict
            The manifest.
        """
        # Until the new tables are whole, nobody may take them for results.
        self._write_manifest({"status": "unfinished"})
        for name, schema in TABLES.items():
            with written(self.folder / f"{name}.parquet") as file:
                pq.write_table(to_arrow(tables[name], schema), file, compression="zstd")
        if targets is None:
            targets = pd.DataFrame(columns=TARGET_COLUMNS)
        with written(self.folder / "targets.csv") as file:
            file.write(targets.to_csv(index=False, lineterminator="\n", float_format="%.6g").encode())
        self._write_picture(picture)
        failures = {number: text for number, text in sorted(self._failures.items()) if number < replicates}
        outputs = {name: sha256_of(self.folder / name) for name in OUTPUTS if (self.folder / name).exists()}
        outputs |= still_right(self.folder, outputs)
        manifest = self._write_manifest(
            {
                "status": "finished",
                "replicates": replicates,
                "completed": sum(number < replicates for number in self._done),
                "failures": {str(number): text for number, text in failures.items()},
                "seeds": seeds or {},
                "command": list(command),
                "versions": versions(),
                "plugins": list(plugins),
                "platform": f"{platform.system()} {platform.machine()}",
                "inputs": inputs or {},
                "scenario_file": scenario_file,
                "outputs": outputs,
                "started": self._started,
                "finished": now(),
                "wall_seconds": round(wall_seconds, 3),
            }
        )
        self._lock.say(None)
        return manifest

    def add(self, name: str, content: bytes) -> None:
        """Write a further file of a finished run, which its manifest then names."""
        manifest = read_manifest(self.folder)
        kept = {key: value for key, value in manifest.items() if key not in ("netrial_results", "checksum")}
        outputs = {each: digest for each, digest in kept["outputs"].items() if each != name}
        if outputs != kept["outputs"]:  # until the new one is whole, nobody may take it for the old one
            write_manifest(self.folder, {**kept, "outputs": outputs})
        with written(self.folder / name) as file:
            file.write(content)
        write_manifest(self.folder, {**kept, "outputs": {**outputs, name: sha256_of(self.folder / name)}})
        self._lock.say(None)

    def _write_picture(self, picture: NetworkPicture | None) -> None:
        if picture is None:
            for name in _NETWORK:
                (self.folder / name).unlink(missing_ok=True)
            return
        with written(self.folder / "network.json") as file:
            file.write(to_json(picture.facts))
        for name, schema in NETWORK_TABLES.items():
            with written(self.folder / f"{name}.parquet") as file:
                pq.write_table(to_arrow(picture.tables[name], schema), file, compression="zstd")

    def _write_manifest(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return write_manifest(self.folder, {"scenario": self.identity.scenario, "hash": self.identity.hash, **content})

    def _stored(self, replicates: Iterable[int]) -> list[int]:
        """Return which of these replicates are stored, in order; the others must have failed."""
        asked = sorted(set(replicates))
        for replicate in asked:
            if replicate not in self._done and replicate not in self._failures:
                raise StoreError(f"replicate {replicate} is not in {self.folder} yet. Run the same command again")
        return [replicate for replicate in asked if replicate in self._done]


def stored(folder: Path, identity: Identity) -> set[int]:
    """Return the replicates whose parts a results folder holds; nothing is written, locked or checked byte by byte.

    Parameters
    ----------
    folder : Path
        It need not be there.
    identity : Identity

    Returns
    -------
    set of int

    Raises
    ------
    StoreError
        If the folder is another scenario's, or no results folder.
    """
    return set(StoredParts(folder / "parts", identity.hash).numbers()) if _belongs(folder, identity) else set()


def _belongs(folder: Path, identity: Identity) -> bool:
    """Say whether a folder holds results of this scenario; False where it holds nothing of ours.

    Raises
    ------
    StoreError
        If it is another scenario's, or damaged.
    """
    if (folder / "manifest.json").exists():
        manifest = read_manifest(folder)
        if manifest["hash"] != identity.hash:
            raise StoreError(
                f"{folder} holds results of scenario `{manifest['scenario']}` ({manifest['hash'][:8]}), not "
                f"of `{identity.scenario}` ({identity.hash[:8]}) as it now is. Choose another folder, or "
                "delete this one"
            )
        return True
    inside = StoredParts(folder / "parts", identity.hash)
    ours = [name for name in OUTPUTS if (folder / name).exists()]
    ours += [inside.path(number, kind).name for kind in ("part", "failed") for number in inside.numbers(kind)]
    if ours:
        raise StoreError(
            f"{folder} has {ours[0]} but no manifest.json: it is no results folder, or a damaged one. "
            "Choose another folder, or delete this one"
        )
    return False
