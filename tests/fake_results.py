"""Made-up results with the shape of real ones, so that figures and report are tested without running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from experiments.estimands import OutcomeSpec, effects, outcome_specs
from experiments.network_picture import NetworkPicture
from experiments.parts import NETWORK_TABLES, SHAKE, TABLES
from experiments.report.words import KINDS
from experiments.verdict import Verdict, decide

OUTCOMES: dict[str, dict[str, Any]] = {
    "obese_years": {"person_time": "obesity.obese", "better": "lower"},
    "obese_at_end": {"share": "obesity.obese", "at": "end", "better": "lower"},
    "new_cases": {"first_entries": "obesity.obese", "better": "lower"},
    "gap": {"difference": "obesity.obese", "by": "area", "between": ["rural", "urban"], "at": "end", "better": "lower"},
    "time_to_quarter": {"time_to": {"share": "obesity.obese", "reaches": 0.25}, "better": "higher"},
}
SIZES = {"obese_years": 0.03, "obese_at_end": 0.03, "new_cases": 0.03, "gap": 0.01, "time_to_quarter": 1.0}
"""How far the strongest arm moves each outcome (per person, or in its unit)."""


def results(
    folder: Path,
    *,
    arms: Sequence[str] = ("usual_care", "champions", "champions_at_random", "groups", "induction", "alteration"),
    replicates: int = 40,
    times: int = 31,
    people: int = 10_000,
    primary: str = "obese_years",
    outcomes: Mapping[str, Mapping[str, Any]] | None = None,
    scale: float = 1.0,
    strength: float = 1.0,
    currency: str | None = "GBP",
    costs: bool = True,
    observed: Sequence[Mapping[str, Any]] = (),
    start: Any = None,
    networks: int = 1,
    estimands: Sequence[str] = ("overall", "total", "spillover"),
    failures: Mapping[str, str] | None = None,
    title: str = "Obesity as a social contagion, and four ways to use the network against it",
    assumed: int = 6,
    seed: int = 1,
    network: int = 0,
    knowledge: pd.DataFrame | None = None,
) -> FakeResults:
    """Return an object with the tables, the resolved scenario and the manifest of a run that never was.

    `network` is the number of people in its network picture; 0: there is none. `knowledge` is the table of that name;
    None: empty.
    """
    outcomes = dict(OUTCOMES if outcomes is None else outcomes)
    draw = np.random.default_rng(seed)
    time = np.arange(times, dtype=float)
    luck = draw.normal(0, 1, replicates)
    walk = np.cumsum(draw.normal(0, 0.0015, (replicates, times)), axis=1)
    base = 0.14 + 0.2 * (1 - np.exp(-time / 15))
    arm_strength = {arm: (0.0 if i == 0 else strength / i) for i, arm in enumerate(arms)}
    curve_rows, outcome_rows, pair_rows, distance_rows, ledger_rows = [], [], [], [], []
    for i, arm in enumerate(arms):
        shape = arm_strength[arm] * 0.05 * (time / (time + 6)) * np.exp(-time / 40)
        own = np.cumsum(draw.normal(0, 0.0006, (replicates, times)), axis=1) if i else 0
        share = np.clip((base - shape + 0.002 * luck[:, None] + walk + own) * scale, 0, 1)
        obese = np.rint(share * people).astype(int)
        champions = np.rint(people * 0.04 * np.exp(-0.2 * time) * (i > 0)).astype(int)
        for r in range(replicates):
            for t in range(times):
                for behaviour, state, count in (
                    ("obesity", "lean", people - obese[r, t]),
                    ("obesity", "obese", obese[r, t]),
                    ("advocacy", "none", people - champions[t]),
                    ("advocacy", "champion", champions[t]),
                ):
                    curve_rows.append((arm, r, 0, time[t], behaviour, state, "", "", count))
        targets = 0 if i == 0 else max(1, people // 20)
        for name, measure in outcomes.items():
            kind = next(key for key in measure if key in KINDS)
            per_person = kind in ("share", "difference", "time_to")
            size = SIZES.get(name, 0.03) * (1.0 if per_person else people) * (times if kind == "person_time" else 1)
            up = 1 if measure.get("better") == "higher" else -1
            control = (0.3 * (1 if per_person else people) * (times if kind == "person_time" else 1)) * scale
            control = control + size * luck * scale
            move = up * arm_strength[arm] * size * scale * (1 + 0.15 * draw.normal(0, 1, replicates)) if i else 0 * luck
            value = control + move
            for r in range(replicates):
                outcome_rows.append((arm, r, 0, name, value[r], pd.NA if kind != "time_to" else bool(r % 2)))
                if not i:
                    continue
                pair_rows.append((arm, r, 0, name, "overall", people, value[r], control[r]))
                if kind in ("difference", "time_to"):
                    continue
                if name == primary:
                    near = people // 3
                    ways = (("0", targets, 0.2), ("1", near, 0.7), ("2", people - near - targets, 0.1))
                    for distance, who, part in ways:
                        weight = who / people
                        c = control[r] if per_person else control[r] * weight
                        m = part * move[r] / weight if per_person else part * move[r]
                        distance_rows.append((arm, r, 0, name, distance, who, c + m, c))
                for estimand, who, part in (("total", targets, 0.2), ("spillover", people - targets, 0.8)):
                    if estimand in estimands:
                        weight = who / people
                        c = control[r] if per_person else control[r] * weight
                        m = part * move[r] / weight if per_person else part * move[r]
                        pair_rows.append((arm, r, 0, name, estimand, who, c + m, c))
        if i:
            fixed = 5000.0 if costs else 0.0
            for r in range(replicates):
                treated = int(targets * 0.8) + int(draw.integers(-5, 6)) if targets > 20 else targets
                ledger_rows.append((arm, r, 0, 0.0, arm, "reach", targets, fixed))
                ledger_rows.append((arm, r, 0, 0.0, arm, "treat", treated, 200.0 * treated if costs else 0.0))
                ledger_rows.append((arm, r, 0, 0.0, arm, "treat for the first time", treated, 0.0))
    curves = pd.DataFrame(
        curve_rows, columns=["arm", "replicate", "draw", "time", "behaviour", "state", "group_by", "group", "count"]
    )
    tables = SimpleNamespace(
        curves=curves,
        outcomes=pd.DataFrame(outcome_rows, columns=["arm", "replicate", "draw", "outcome", "value", "reached"]),
        pairs=pd.DataFrame(
            pair_rows, columns=["arm", "replicate", "draw", "outcome", "estimand", "people", "value", "control_value"]
        ),
        distances=pd.DataFrame(distance_rows, columns=TABLES["distances"].names),
        knowledge=pd.DataFrame(columns=TABLES["knowledge"].names) if knowledge is None else knowledge,
        shake=SHAKE.empty_table().to_pandas(),
        network=_network(arms, times, people, network, seed) if network else None,
        ledger=pd.DataFrame(
            ledger_rows, columns=["arm", "replicate", "draw", "time", "intervention", "action", "people", "cost"]
        ),
    )
    scenario: dict[str, Any] = {
        "netrial": 1,
        "name": "obesity",
        "title": title,
        "time": {
            "unit": "year",
            "horizon": times - 1,
            "observe_every": 1,
            **({"start": start} if start is not None else {}),
        },
        "population": {"size": people},
        "behaviours": {
            "obesity": {"states": ["lean", "obese"]},
            "advocacy": {"states": ["none", "champion"]},
        },
        "arms": {arm: [arm] if i else [] for i, arm in enumerate(arms)},
        "outcomes": {"primary": primary, **outcomes},
        "experiment": {"replicates": replicates, "seed": 1, "networks": networks},
    }
    if currency:
        scenario["study"] = {"currency": currency, "price_year": 2025}
    inputs = [
        {
            "place": "behaviours.obesity.transitions.become_obese.rate",
            "value": 0.02,
            "unit": "per year",
            "source": "hill2010",
            "assumed": False,
            "fitted": False,
        },
        {
            "place": "behaviours.obesity.transitions.catch_obesity.rate",
            "value": 0.0213,
            "unit": "per year",
            "source": "fitted",
            "assumed": False,
            "fitted": True,
        },
    ] + [
        {
            "place": f"interventions.number_{k}.uptake",
            "value": 0.8,
            "unit": "",
            "source": "assumed",
            "assumed": True,
            "fitted": False,
        }
        for k in range(assumed)
    ]
    resolved = {
        "scenario": scenario,
        "control": arms[0],
        "arms": list(arms),
        "inputs": inputs,
        "references": [
            {
                "key": "hill2010",
                "text": "Hill AL, Rand DG, Nowak MA, Christakis NA. PLoS Comput Biol 2010;6(11):e1000968.",
                "doi": "10.1371/journal.pcbi.1000968",
            }
        ],
        "observed": list(observed),
        "portrait": [f"{people:,} people", "20,000 ties in close_ties; 4.0 contacts a person on average"],
        "protection": {"holds": True, "reasons": []},
    }
    manifest = {
        "versions": {"netrial": "0.1.0", "python": "3.11.2", "numpy": "2.4.0"},
        "hash": "fa4e0be51a7e0123",
        "seeds": {"seed": 1, "networks": networks},
        "replicates": replicates,
        "wall_seconds": 4.21,
        "failures": dict(failures or {}),
        "command": ["netrial", "run", "obesity"],
    }
    return FakeResults(folder=folder, resolved=resolved, manifest=manifest, **vars(tables))


def _network(arms: Sequence[str], times: int, people: int, shown: int, seed: int) -> NetworkPicture:
    """A ring of people, of whom some become obese; the first tenth are targets, who get a tie across at time 1."""
    draw = np.random.default_rng(seed)
    two = list(arms[:2])
    angle = np.arange(shown) * 2 * np.pi / shown
    at = np.rint(500 + 500 * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(int)
    ring = [(k, k + 1) for k in range(shown - 1)]
    states, ties = [], []
    for arm in two:
        since = draw.integers(0, 2 * times, shown)
        for t in range(times):
            for k in range(shown):
                offered = arm != arms[0] and k < shown // 10
                states.append((arm, float(t), k, "obese" if since[k] <= t else "lean", offered))
        ties += [(arm, "friends", i, j, 0.0, np.nan) for i, j in ring]
        if arm != arms[0] and times > 2:
            ties += [(arm, "buddies", k, k + shown // 2, 1.0, 2.0) for k in range(shown // 10)]
    facts = {"left_out": "", "replicate": 0, "arms": two, "behaviour": "obesity", "states": ["lean", "obese"]}
    frames = {
        "network_people": [(k, str(k), *at[k]) for k in range(shown)],
        "network_states": states,
        "network_ties": ties,
    }
    tables = {name: pd.DataFrame(rows, columns=NETWORK_TABLES[name].names) for name, rows in frames.items()}
    return NetworkPicture({**facts, "people": people, "shown": shown}, tables)


class FakeResults(SimpleNamespace):
    """Like `experiments.results.Results`; effects and verdict are worked out when first asked for, and may be set."""

    @cached_property
    def specs(self) -> dict[str, OutcomeSpec]:
        return outcome_specs(self.resolved["scenario"]["outcomes"])

    @cached_property
    def effects(self) -> pd.DataFrame:
        return effects(self.pairs, self.outcomes, self.specs, self.resolved["control"], 1)

    @cached_property
    def verdict(self) -> Verdict:
        return decide(self.effects, self.outcomes, self.pairs, self.specs, self.resolved["control"])
