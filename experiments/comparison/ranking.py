"""The ranking of strategies: what each did, for how many people, at what cost; and the best on fresh replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.economics import strategies as economics_of
from experiments.estimands import UNIT, effects, independent, t_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.comparison.strategies import Strategy
    from experiments.estimands import OutcomeSpec
    from experiments.results import Results

RANKING_COLUMNS = [
    *("rank", "strategy", "kind", "effect_of", "treated", "cost", "effect", "low", "high", "probability_best"),
    *("cost_per_unit", "cost_per_unit_low", "cost_per_unit_high", "same_as"),
]


def primary_of(results: Results) -> OutcomeSpec:
    """Return the outcome on which arms are ranked."""
    return next(spec for spec in results.specs.values() if spec.primary)


def ranking(results: Results, strategies: Sequence[Strategy]) -> pd.DataFrame:
    """Rank strategies by their mean effect on the primary outcome, best first.

    Parameters
    ----------
    results : Results
    strategies : sequence of Strategy
        Whose arms are called as they are.

    Returns
    -------
    DataFrame
        rank (equal effects share one), strategy, kind, effect_of (the scenario's intervention that lent it), treated
        (people, mean of replicates), cost, effect with its 95 % interval low, high (strategy − control, in the
        outcome's own unit), probability_best, cost_per_unit with Fieller's interval, same_as (the first strategy with
        the very same outcome in every replicate; empty: none).
    """
    spec = primary_of(results)
    table = results.effects
    overall = table[(table["outcome"] == spec.name) & (table["estimand"] == "overall")].set_index("arm")
    money = economics_of(
        results.ledger, results.outcomes, results.pairs, results.specs, results.control, spec.name
    ).set_index("arm")
    values = results.outcomes[results.outcomes["outcome"] == spec.name]
    wide = values.pivot(index=UNIT, columns="arm", values="value")
    first: dict[bytes, str] = {}
    rows: list[dict[str, Any]] = []
    for each in strategies:
        arm = each.name
        same = first.setdefault(wide[arm].to_numpy(float).tobytes(), arm)
        rows.append(
            {
                "strategy": arm,
                "kind": each.kind,
                "effect_of": each.lender,
                **{key: overall.at[arm, key] for key in ("effect", "low", "high", "probability_best")},
                **{key: money.at[arm, key] for key in ("treated", "cost", "cost_per_unit")},
                **{key: money.at[arm, key] for key in ("cost_per_unit_low", "cost_per_unit_high")},
                "same_as": "" if same == arm else same,
            }
        )
    found = pd.DataFrame(rows, columns=RANKING_COLUMNS[1:])
    good = spec.sign * found["effect"]
    found.insert(0, "rank", good.rank(method="min", ascending=False).astype(int))
    order = np.lexsort((np.arange(len(found)), found["same_as"] != "", -good))
    return found.iloc[order].reset_index(drop=True)


@dataclass(frozen=True)
class Again:
    """What fresh replicates say of the strategy that came first.

    Who comes first among many is partly lucky in the replicates that put it first, so these overstate it (the winner's
    curse; Thaler 1988, doi:10.1257/jep.2.1.191). Replicates that had no part in the choice do not.

    Parameters
    ----------
    strategy : str
    against : str
        The next best strategy with other results, or the control where there is none.
    replicates : int
        Fresh ones.
    effect, low, high : float
        Strategy − control on the primary outcome, with its 95 % interval, in the outcome's own unit.
    margin, margin_low, margin_high : float
        How much better than `against` it does; positive: better.
    folder : str
        Where the fresh replicates are kept.
    """

    strategy: str
    against: str
    replicates: int
    effect: float
    low: float
    high: float
    margin: float
    margin_low: float
    margin_high: float
    folder: str = ""

    @property
    def holds(self) -> bool:
        """Whether the strategy still does better than the next best, on average."""
        return self.margin > 0


def again_from(results: Results, strategy: str, against: str, first: int) -> Again:
    """Estimate a strategy's effect on the replicates from `first` on only.

    Parameters
    ----------
    results : Results
        Of the control, the strategy and `against`.
    strategy, against : str
    first : int
        Number of the first replicate that counts.
    """
    spec = primary_of(results)
    pairs = results.pairs[results.pairs["replicate"] >= first]
    outcomes = results.outcomes[results.outcomes["replicate"] >= first]
    table = effects(pairs, outcomes, results.specs, results.control, results.manifest["seeds"]["seed"])
    row = table[(table["arm"] == strategy) & (table["outcome"] == spec.name) & (table["estimand"] == "overall")].iloc[0]
    wide = outcomes[outcomes["outcome"] == spec.name].pivot(index=UNIT, columns="arm", values="value").dropna()
    margin, low, high = t_interval(independent(spec.sign * (wide[strategy] - wide[against])).to_numpy(float))
    return Again(
        strategy=strategy,
        against=against,
        replicates=int(row["replicates"]),
        effect=float(row["effect"]),
        low=float(row["low"]),
        high=float(row["high"]),
        margin=float(margin),
        margin_low=float(low),
        margin_high=float(high),
        folder=str(results.folder),
    )


def best_two(table: pd.DataFrame, control: str) -> tuple[str, str]:
    """Return the strategy that comes first, and the next one with other results; the control where there is none."""
    first = str(table["strategy"].iloc[0])
    others = table[(table["same_as"] == "") & (table["strategy"] != first)]
    return first, str(others["strategy"].iloc[0]) if len(others) else control
