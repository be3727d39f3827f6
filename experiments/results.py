"""Results: a results folder, read lazily as pandas tables."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from experiments.estimands import OutcomeSpec, outcome_specs
from experiments.manifest import read_manifest, sha256_of
from experiments.parts import NETWORK_TABLES, SHAKE, TABLES, to_pandas
from experiments.status import last_line
from experiments.verdict import Verdict, decide, ranking_lines, sentence
from experiments.wording import plain_label
from simulator.errors import Problem, SpecError, StoreError, found_in
from simulator.tables import canonical_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.network_picture import NetworkPicture


PICTURES = "pictures: .plot_curves() .plot_forest() .plot_distances() .plot_dose() .plot_network()"


@dataclass(frozen=True, repr=False)
class Results:
    """What one trial found; made by `Results.load`. Tables are read when first asked for.

    Parameters
    ----------
    folder : Path
    manifest : mapping
        How it was run: versions, seeds, hashes, failures.
    resolved : mapping
        The scenario as it was understood.
    home : TemporaryDirectory, optional
        Where the folder is a temporary one: what keeps it for as long as the results live.
    """

    folder: Path
    manifest: Mapping[str, Any] = field(hash=False)
    resolved: Mapping[str, Any] = field(hash=False)
    home: TemporaryDirectory[str] | None = field(default=None, hash=False, compare=False)

    @classmethod
    def load(cls, folder: str | Path) -> Results:
        """Read the results in a folder.

        Parameters
        ----------
        folder : str or Path

        Returns
        -------
        Results

        Raises
        ------
        SpecError
            If it is no path.
        StoreError
            If it is no results folder, its run was not finished, or it is damaged.
        """
        if not isinstance(folder, str | Path):
            raise SpecError(Problem(f"expected a results folder, found {found_in(folder)}"))
        folder = Path(folder)
        manifest = read_manifest(folder)
        if manifest["status"] != "finished":
            raise StoreError(f"the run in {folder} was not finished. Run the same command again")
        results = cls(folder, manifest, {})
        resolved = json.loads(results._checked("resolved.json").read_text(encoding="utf-8"))
        return cls(folder, manifest, resolved)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """How many people are in each state at each time: arm, replicate, draw, time, behaviour, state, … count."""
        return self._table("curves")

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Each outcome in each arm and replicate."""
        return self._table("outcomes")

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Each outcome in an arm and in the control over the same people, replicate by replicate."""
        return self._table("pairs")

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What each arm changes, with intervals: one row per arm, outcome and estimand."""
        return self._table("effects")

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """What was done, when, to how many people, at what cost."""
        return self._table("ledger")

    @cached_property
    def distances(self) -> pd.DataFrame:
        """The primary outcome by distance from the targets, arm and control, in the first hundred replicates."""
        if "distances.parquet" not in self.manifest["outputs"]:  # a run of an earlier version
            return to_pandas(TABLES["distances"].empty_table())
        return self._table("distances")

    @cached_property
    def knowledge(self) -> pd.DataFrame:
        """Each outcome of arms that pick people by a survey: as run, with perfect knowledge, and in the control."""
        if "knowledge.parquet" not in self.manifest["outputs"]:  # a run of an earlier version
            return to_pandas(TABLES["knowledge"].empty_table())
        return self._table("knowledge")

    @cached_property
    def knowledge_losses(self) -> pd.DataFrame:
        """How much of each arm's benefit is lost to imperfect knowledge; see `experiments.knowledge.losses`."""
        from experiments.knowledge import losses

        return losses(self.knowledge, self.specs)

    @cached_property
    def shake(self) -> pd.DataFrame:
        """What becomes of the answer when an assumed number is halved or doubled; no rows where none was."""
        if "shake.parquet" not in self.manifest["outputs"]:
            return to_pandas(SHAKE.empty_table())
        return self._table("shake")

    @cached_property
    def network(self) -> NetworkPicture | None:
        """The network of one replicate, in the control and in the best arm; None where nothing was kept of it."""
        from experiments.network_picture import NetworkPicture

        if "network.json" not in self.manifest["outputs"]:
            return None
        facts = json.loads(self._checked("network.json").read_text(encoding="utf-8"))
        return NetworkPicture(facts, {name: self._table(name) for name in NETWORK_TABLES})

    @cached_property
    def targets(self) -> pd.DataFrame:
        """Whom to recruit: how often each person was offered each intervention."""
        words = dict.fromkeys(("arm", "intervention", "id"), str)
        table = pd.read_csv(self._checked("targets.csv"), dtype=words, keep_default_na=False)
        return table.assign(id=canonical_ids(table["id"])[0])

    @property
    def control(self) -> str:
        """The arm that all others are compared with."""
        return self.resolved["control"]

    @property
    def arms(self) -> list[str]:
        """All arms, in the scenario's order."""
        return list(self.resolved["arms"])

    @cached_property
    def specs(self) -> dict[str, OutcomeSpec]:
        """The outcomes, in the scenario's order."""
        return outcome_specs(self.resolved["scenario"]["outcomes"])

    @property
    def time_unit(self) -> str:
        """The scenario's unit of time."""
        return self.resolved["scenario"]["time"]["unit"]

    @cached_property
    def verdict(self) -> Verdict:
        """Who wins on the primary outcome, if anybody does."""
        return decide(self.effects, self.outcomes, self.pairs, self.specs, self.control)

    def plot_curves(self, behaviour: str | None = None, state: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw how many people are in a state over time, one curve with bands per arm.

        Parameters
        ----------
        behaviour, state : str, optional
            Default: those of the primary outcome.
        ax : matplotlib Axes, optional
            Where to draw; default: a new figure.

        Returns
        -------
        matplotlib Axes
        """
        from experiments.figures import drawing as figures

        return figures.draw_curves(self, behaviour=behaviour, state=state, ax=ax)

    def plot_forest(self) -> Axes:
        """Draw every arm's effect on the primary outcome, with intervals, on everybody and on parts of the people."""
        from experiments.figures import drawing as figures

        return figures.plot_forest(self)

    def plot_distances(self) -> Figure:
        """Draw the effect on a person by the number of ties to the nearest target, one panel for each arm."""
        from experiments.figures import drawing as figures

        return figures.plot_distances(self)

    def plot_dose(self, ax: Axes | None = None) -> Axes:
        """Draw every arm's effect on the primary outcome against the share of people it treats."""
        from experiments.figures import drawing as figures

        return figures.plot_dose(self, ax=ax)

    def plot_shake(self) -> Axes:
        """Draw by how much the best arm leads as each assumed number is halved and doubled."""
        from experiments.figures import drawing as figures

        return figures.plot_shake(self)

    def plot_network(self, time: float | None = None) -> Figure:
        """Draw the network of one replicate, in the control and in the best arm.

        Parameters
        ----------
        time : float, optional
            In the scenario's unit; the picture nearest to it. Default: the end.
        """
        from experiments.figures import drawing as figures

        return figures.plot_network(self, time)

    def report(self) -> Path:
        """Write ``report.html`` and the figures into the folder, and return the report's path."""
        from experiments.report.page import write_report

        return write_report(self)

    def __repr__(self) -> str:
        lines = [self._title(), *self._said()]
        tables = "tables: .effects .curves .outcomes .pairs .distances .knowledge .ledger .targets"
        shaken = "shake.parquet" in self.manifest["outputs"]
        return "\n".join([*lines, tables + " .shake" * shaken, PICTURES + " .plot_shake()" * shaken])

    def _repr_html_(self) -> str:
        said = self._said()
        ranking = html.escape("\n".join(said[1:]))
        return f"<p><b>{html.escape(self._title())}</b></p><p>{html.escape(said[0])}</p><pre>{ranking}</pre>"

    def _title(self) -> str:
        completed, asked = self.manifest["completed"], self.manifest["replicates"]
        replicates = f"{completed}" if completed == asked else f"{completed} of {asked}"
        name = plain_label(self.manifest["scenario"])
        return f"{name}: {len(self.arms)} arms, {replicates} replicates, in {self.folder}"

    def _said(self) -> list[str]:
        if not self.manifest["completed"]:
            why = dict.fromkeys(map(last_line, self.manifest["failures"].values()))
            return [f"Every replicate failed: {'; '.join(list(why)[:3])}"]
        lines = ranking_lines(self.effects, self.verdict, self.time_unit)
        return [sentence(self.verdict, self.time_unit), *lines]

    def _table(self, name: str) -> pd.DataFrame:
        return to_pandas(pq.read_table(self._checked(f"{name}.parquet")))

    def _checked(self, name: str) -> Path:
        """Return the path of a file of the folder, after checking that it is the one that was written."""
        path = self.folder / name
        if not path.exists() or sha256_of(path) != self.manifest["outputs"].get(name):
            raise StoreError(f"{path} is missing or was changed. Run the same command again, which writes it anew")
        return path
