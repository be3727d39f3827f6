"""What figures and report read from a run, in one place: arms in order, labels, the primary outcome, bands in per cent.

Numbers come from the tables through `experiments.estimands`, `economics` and `verdict`; nothing is estimated here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from experiments.figures.style import Look, looks
from experiments.report.words import OutcomeWords, being, outcome_words, states_of
from experiments.wording import BASE, plain_label

if TYPE_CHECKING:
    import pandas as pd

    from experiments.network_picture import NetworkPicture
    from experiments.results import Results

CURVE_KEYS = ["arm", "replicate", "draw", "time"]
Observed = tuple[float, float, float | None, float | None]
"""Time, value, and the value's low and high where they are known."""
ESTIMANDS = ("overall", "total", "spillover", "later")


@dataclass(frozen=True)
class Watched:
    """What a curve shows: people of one behaviour who are in one of these states."""

    behaviour: str
    states: tuple[str, ...]

    @property
    def label(self) -> str:
        """What follows "people who are": "obese", "in state “light” or “heavy”"."""
        return being(self.states)

    @property
    def full_label(self) -> str:
        """The states with their behaviour: "in state “using” (contraception)"."""
        return f"{self.label} ({plain_label(self.behaviour)})"

    @property
    def slug(self) -> str:
        """For file names: letters, digits and underscores."""
        return re.sub(r"\W+", "_", "_".join((self.behaviour, *self.states)), flags=re.ASCII).strip("_").lower()


class Facts:
    """A run as its readers need it.

    Parameters
    ----------
    results : Results
        Only `.resolved`, `.manifest` and the tables are read.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        resolved = results.resolved
        self.scenario: Mapping[str, Any] = resolved["scenario"]
        self.control: str = resolved["control"]
        self.arms: list[str] = list(resolved["arms"])
        self.others = [arm for arm in self.arms if arm != self.control]
        self.looks: dict[str, Look] = looks(self.arms, self.control)
        self.labels = {arm: plain_label(arm) for arm in self.arms}
        time = self.scenario.get("time") or {}
        self.unit = str(time.get("unit", "time unit"))
        self.start = time.get("start")
        self.horizon = float(time.get("horizon") or 0)
        study = self.scenario.get("study") or {}
        self.currency: str | None = study.get("currency")
        self.price_year: Any = study.get("price_year")

    @cached_property
    def words(self) -> dict[str, OutcomeWords]:
        """The outcomes in the order of the scenario, in words."""
        outcomes = self.scenario.get("outcomes") or {}
        return {
            str(name): outcome_words(str(name), measure, self.scenario)
            for name, measure in outcomes.items()
            if isinstance(measure, Mapping)
        }

    @cached_property
    def primary(self) -> str:
        """Name of the primary outcome."""
        outcomes = self.scenario.get("outcomes") or {}
        return str(outcomes.get("primary") or next(iter(self.words)))

    @cached_property
    def watched(self) -> Watched:
        """What the main figure shows: the states that the primary outcome is about."""
        words = self.words.get(self.primary)
        if words is not None and words.behaviour and words.states:
            return Watched(words.behaviour, words.states)
        return self.watch(None, None)

    def watch(self, behaviour: str | None, state: str | Sequence[str] | None) -> Watched:
        """Fill in what a reader left open: the primary outcome's behaviour, or a behaviour's last state.

        Raises
        ------
        SpecError
            If the run has no such behaviour or state.
        """
        from simulator.errors import Problem, SpecError, allowed_words

        curves = self.results.curves
        # `pandas` lists behaviours in the order of the table, which is sorted.
        known = list(dict.fromkeys(self.scenario.get("behaviours") or list(curves["behaviour"].unique())))
        if state is not None and behaviour is None:
            found, states = states_of(state, self.scenario.get("behaviours") or {})
            behaviour, state = found or None, states
        if behaviour is None:
            words = self.words.get(self.primary)
            if words is not None and words.behaviour:
                behaviour, state = words.behaviour, (words.states if state is None else state)
            else:
                behaviour = known[-1]
        if behaviour not in known:
            raise SpecError(Problem(f"no behaviour `{behaviour}`", hint=allowed_words(behaviour, known)))
        have = list(curves.loc[curves["behaviour"] == behaviour, "state"].unique())
        have = list((self.scenario.get("behaviours") or {}).get(behaviour, {}).get("states", have))
        chosen = (have[-1],) if state is None else (state,) if isinstance(state, str) else tuple(state)
        for one in chosen:
            if one not in have:
                raise SpecError(Problem(f"no state `{one}` in behaviour `{behaviour}`", hint=allowed_words(one, have)))
        return Watched(behaviour, chosen)

    @cached_property
    def also_watched(self) -> list[Watched]:
        """What the smaller figures show: every other state that is not where everybody starts, eight at most."""
        found = [
            Watched(behaviour, (state,))
            for behaviour, spec in (self.scenario.get("behaviours") or {}).items()
            for state in list(spec.get("states", ()))[1:]
            if behaviour != self.watched.behaviour or state not in self.watched.states
        ]
        if len(self.watched.states) > 1:
            found += [Watched(self.watched.behaviour, (state,)) for state in self.watched.states]
        return found[:8]

    @cached_property
    def people(self) -> float:
        """People present at time 0."""
        curves = self.results.curves
        whole = curves[(curves["group_by"] == "") & (curves["time"] == curves["time"].min())]
        whole = whole[whole["behaviour"] == self.watched.behaviour]
        sums = whole.groupby(["arm", "replicate", "draw"], observed=True)["count"].sum()
        return float(sums.mean()) if len(sums) else 0.0

    @cached_property
    def replicates(self) -> int:
        """Replicates in the tables."""
        return len(self.results.outcomes[["replicate", "draw"]].drop_duplicates())

    def counted(self, outcome: str) -> float:
        """Mean number of people over whom an outcome is taken (those of its `where`, else everybody)."""
        return self._counted.get(outcome, self.people)

    @cached_property
    def _counted(self) -> dict[str, float]:
        from experiments.estimands import people_counted

        return people_counted(self.results.pairs)

    @cached_property
    def comes_and_goes(self) -> bool:
        """Whether people enter or leave."""
        population = self.scenario.get("population") or {}
        return any(population.get(key) for key in ("enter", "leave"))

    def gathered(self, watched: Watched) -> pd.DataFrame:
        """People in any of the states, over everybody: the curves table with one made-up state.

        Where people enter or leave, counts are brought to the number of people at time 0: the share of those there.
        """
        curves = self.results.curves
        rows = curves[
            (curves["behaviour"] == watched.behaviour)
            & curves["state"].isin(list(watched.states))
            & (curves["group_by"] == "")
        ]
        if len(watched.states) > 1:
            rows = rows.groupby(CURVE_KEYS)["count"].sum().reset_index()
        if self.comes_and_goes:
            whole = curves[(curves["behaviour"] == watched.behaviour) & (curves["group_by"] == "")]
            there = whole.groupby(CURVE_KEYS, observed=True)["count"].sum().rename("there").reset_index()
            rows = rows.merge(there, on=CURVE_KEYS, how="left")
            rows["count"] = rows["count"] * (self.people / rows.pop("there").clip(lower=1))
        return rows.assign(behaviour=watched.behaviour, state="|".join(watched.states), group_by="", group="")

    def bands(self, watched: Watched) -> dict[str, pd.DataFrame]:
        """Per cent of people in the states, by arm: time, mean, q2.5, q25, q50, q75, q97.5."""
        from experiments.estimands import curve_bands

        table = curve_bands(self.gathered(watched))
        values = ["mean", "q2.5", "q25", "q50", "q75", "q97.5"]
        table[values] = table[values] * (100.0 / max(self.people, 1.0))
        parts = dict(list(table.groupby("arm", observed=True)))
        return {arm: self._thinned(parts[arm]) for arm in self.arms if arm in parts}

    def differences(self, watched: Watched) -> dict[str, pd.DataFrame]:
        """Arm minus control per 10,000 people, by arm: time, difference, low, high, town_low, town_high."""
        from experiments.estimands import paired_curves

        if not self.others:
            return {}
        gathered = self.gathered(watched)
        factor = BASE / max(self.people, 1.0)
        table = paired_curves(gathered, self.control).merge(self._one_town(gathered), on=["arm", "time"], how="left")
        values = ["difference", "low", "high", "one_town_low", "one_town_high"]
        table[values] = table[values] * factor
        parts = dict(list(table.groupby("arm", observed=True)))
        return {arm: self._thinned(parts[arm]) for arm in self.others if arm in parts}

    @cached_property
    def network(self) -> NetworkPicture | None:
        """The network of one replicate, as far as it was kept and anybody is in it."""
        kept = self.results.network
        return None if kept is None or kept.facts["left_out"] or not kept.facts["shown"] else kept

    @cached_property
    def distances(self) -> dict[str, pd.DataFrame]:
        """Benefit per 100 people by ties from the nearest target, by arm: distance, people, benefit, low, high."""
        from experiments.distances import by_distance

        found = self.results.distances
        if not len(found):
            return {}
        table = by_distance(found[found["outcome"] == self.primary], self.results.specs)
        factor = 100.0 * self.words[self.primary].sign
        table[["benefit", "low", "high"]] = table[["effect", "low", "high"]] * factor + 0.0
        if factor < 0:
            table[["low", "high"]] = table[["high", "low"]].to_numpy()
        parts = dict(list(table.groupby("arm", observed=True)))
        kept = ["distance", "people", "benefit", "low", "high", "replicates"]
        return {arm: parts[arm][kept].reset_index(drop=True) for arm in self.others if arm in parts}

    @cached_property
    def knowledge(self) -> pd.DataFrame:
        """What is lost by not knowing the network, in the report's unit: see `knowledge.losses`; arms in their order.

        No rows where no arm picks people by a survey.
        """
        from experiments.knowledge import LOSS_COLUMNS, losses

        found = self.results.knowledge
        table = losses(found[found["outcome"] == self.primary], self.results.specs).drop(columns="outcome")
        measured = [*LOSS_COLUMNS[2:11]]
        table[measured] = table[measured] * self.words[self.primary].scale(self.counted(self.primary)) + 0.0
        return table.set_index("arm").loc[[arm for arm in self.others if arm in set(table["arm"])]].reset_index()

    @cached_property
    def doses(self) -> pd.DataFrame:
        """People treated and benefit over the control, by arm, with 95 % intervals; the control first.

        Columns: arm, strategy (the same for arms that differ only in how many they treat), treated_percent,
        treated_low, treated_high, benefit (in the report's unit), low, high, replicates. No rows where nobody is
        treated.
        """
        import pandas as pd

        from experiments.economics import costs
        from experiments.estimands import UNIT, independent, t_interval

        effects = self.results.effects
        overall = effects[(effects["outcome"] == self.primary) & (effects["estimand"] == "overall")].set_index("arm")
        words = self.words[self.primary]
        factor = words.sign * words.scale(self.counted(self.primary))
        treated = costs(self.results.ledger, self.results.outcomes)
        rows = []
        for arm in [self.control, *self.others]:
            if arm not in overall.index:
                continue
            share = treated[treated["arm"] == arm].set_index(UNIT)["treated"] * (100.0 / max(self.people, 1.0))
            shares = [float(bound) for bound in t_interval(independent(share.sort_index()).to_numpy(float))]
            effect = overall.loc[arm].to_dict()
            bounds = sorted([float(effect["low"]) * factor + 0.0, float(effect["high"]) * factor + 0.0])
            benefit = [float(effect["effect"]) * factor + 0.0, *bounds]
            rows.append((arm, self._strategy(arm), *shares, *benefit, int(effect["replicates"])))
        named = "arm strategy treated_percent treated_low treated_high benefit low high replicates"
        table = pd.DataFrame(rows, columns=named.split())
        return table if (table["treated_percent"] > 0).any() else table.iloc[:0]

    def _strategy(self, arm: str) -> str:
        """What an arm does, without how many people it does it to."""
        known = self.scenario.get("interventions") or {}
        arms = (self.scenario.get("arms") or {}).get(arm) or []
        members = arms.get("interventions", []) if isinstance(arms, Mapping) else arms
        said = []
        for member in members:
            what = dict(known.get(member) or {"name": member}) if isinstance(member, str) else dict(member)
            cut = ("share", "number")
            what["target"] = {key: value for key, value in (what.get("target") or {}).items() if key not in cut}
            said.append(what)
        return json.dumps(said, sort_keys=True, default=str)

    def _thinned(self, table: pd.DataFrame) -> pd.DataFrame:
        """Keep as many times, evenly, as a figure can show and a page can hold; always the first and the last."""
        most = max(60, min(300, 3400 // len(self.arms)))
        table = table.sort_values("time")
        n = len(table)
        return table if n <= most else table.iloc[[round(i * (n - 1) / (most - 1)) for i in range(most)]]

    def _one_town(self, gathered: pd.DataFrame) -> pd.DataFrame:
        """2.5 and 97.5 % points of the replicates' differences, by arm and time."""
        import numpy as np
        import pandas as pd

        wide = gathered.pivot_table(index=["arm", "time"], columns=["draw", "replicate"], values="count", fill_value=0)
        control = wide.xs(self.control)
        parts = []
        for arm in self.others:
            low, high = np.quantile((wide.xs(arm) - control).to_numpy(float), (0.025, 0.975), axis=1)
            parts.append(pd.DataFrame({"arm": arm, "time": control.index, "one_town_low": low, "one_town_high": high}))
        return pd.concat(parts, ignore_index=True)

    def observed(self, watched: Watched) -> dict[str, list[Observed]]:
        """Observed points that belong on a figure, by arm: time and per cent, with low and high where known."""
        found: dict[str, list[Observed]] = {}
        for entry in self.results.resolved.get("observed") or []:
            kind, behaviour, states, plain = self._observed_as(entry)
            if kind not in ("count", "share") or not plain:
                continue
            if behaviour != watched.behaviour or set(states) != set(watched.states):
                continue
            factor = 100.0 if kind == "share" else 100.0 / max(self.people, 1.0)
            for point in entry.get("points") or []:
                time, value, low, high = _point(point)
                if time is not None and value is not None:
                    found.setdefault(str(entry.get("arm", self.control)), []).append(
                        (time, value * factor, _times(low, factor), _times(high, factor))
                    )
        return found

    def _observed_as(self, entry: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...], bool]:
        """What an observation measures: kind, behaviour, states, and whether it is about everybody."""
        if "kind" in entry:
            states = entry.get("states") or ()
            return str(entry["kind"]), str(entry.get("behaviour", "")), tuple(states), not entry.get("where")
        if isinstance(entry.get("measure"), Mapping):
            words = outcome_words("observed", entry["measure"], self.scenario)
        elif entry.get("outcome") in self.words:
            words = self.words[entry["outcome"]]
        else:
            return "", "", (), False
        return words.kind, words.behaviour, words.states, not words.where

    def clock(self, time: float) -> float:
        """Turn a time of the tables into what the reader's axis says (1963 + 4)."""
        return time + float(self.start) if isinstance(self.start, (int, float)) else time

    @property
    def time_axis(self) -> str:
        """What the time axis is called, with its unit."""
        if isinstance(self.start, (int, float)):
            return self.unit
        return f"{self.unit}s since {self.start}" if self.start else f"{self.unit}s since the start"

    def instant(self, time: float) -> str:
        """Name an instant in a sentence: "year 30", "1972"."""
        if isinstance(self.start, (int, float)):
            return f"{self.clock(time):g}"
        return f"{self.unit} {time:g}"


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _point(point: Any) -> tuple[float | None, float | None, float | None, float | None]:
    """Read one observed point, a list or a mapping, into time, value, low, high."""
    if isinstance(point, Mapping):
        parts = [point.get(key) for key in ("time", "value", "low", "high")]
    else:
        parts = [*list(point)[:4], None, None, None][:4]
    read = [None if part is None or part != part else float(part) for part in parts]
    return read[0], read[1], read[2], read[3]
