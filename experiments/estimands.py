"""Effects: what an arm changes against the control, replicate by replicate, over fixed sets of people.

The unit is a replicate with all its arms, which share their luck; so every interval is of paired differences.
Nothing here simulates: tables come in (`outcomes`, `pairs`, `curves`), tables go out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from simulator.errors import Problem, SpecError
from simulator.streams import stream_key

TOTALS = ("count", "person_time", "entries", "first_entries", "exits")
"""Measures that are totals over people: the whole is the sum of its parts."""
MEANS = ("share",)
"""Measures that are means over people: the whole is the sum of its parts, weighted by people."""
WHOLES = ("time_to", "difference")
"""Measures of the whole only: they have no parts that add up. So are those that packages bring."""
OUTCOME_KEYS = ("where", "by", "between", "at", "among", "better", "matters")
"""What an outcome says beside its measure."""
WHOLE_NUMBERS = ("count", "entries", "first_entries", "exits")
"""Totals that are whole numbers, so that their parts add up exactly."""

ESTIMANDS = ("overall", "total", "spillover", "later")
RESAMPLES = 2000
LEAST_FOR_VARIANCE_RATIO = 20
ROUNDING = 1e-9
"""Relative error allowed where parts that are not whole numbers are added up."""

UNIT = ["draw", "replicate"]
CURVE = ["arm", "behaviour", "state", "group_by", "group", "time"]
EFFECT_COLUMNS = [
    *("arm", "outcome", "estimand", "mean", "control_mean", "effect", "low", "high"),
    *("one_town_low", "one_town_high", "probability_best", "best_in_world", "variance_ratio", "replicates"),
    *("reached", "control_reached"),
]


@dataclass(frozen=True)
class OutcomeSpec:
    """What the analysis has to know of an outcome.

    Parameters
    ----------
    name : str
    kind : str
        The measure: a key of `simulator.outcomes.MEASURES`, or one that a package brings.
    better : {"lower", "higher"}
    matters : float, optional
        Smallest difference worth having, in the outcome's own unit.
    primary : bool
        Whether arms are ranked on it.
    among : {"targets", "others"}, optional
        Whether it is about each arm's own targets, or about the people whom that arm never offered anything: then
        the people differ from arm to arm, so that its overall effect has no parts and arms cannot be ranked on it.
    weighted : bool
        Whether states count with weights, so that a count is no whole number.
    """

    name: str
    kind: str
    better: str
    matters: float | None = None
    primary: bool = False
    among: str | None = None
    weighted: bool = False

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return 1 if self.better == "higher" else -1


def outcome_specs(outcomes: Mapping[str, Any]) -> dict[str, OutcomeSpec]:
    """Read specs from the `outcomes` of a scenario that has passed its checks.

    Parameters
    ----------
    outcomes : mapping
        ``{"primary": name, name: {measure: …, "better": …, "matters": …}, …}``; without `primary`, the first is.

    Returns
    -------
    dict of str to OutcomeSpec
        In the scenario's order.

    Raises
    ------
    SpecError
        If the primary outcome is `among` targets or others.
    """
    names = [name for name in outcomes if name != "primary"]
    primary = outcomes.get("primary") or (names[0] if names else None)
    kinds = (*TOTALS, *MEANS, *WHOLES)
    specs = {}
    for name in names:
        given = outcomes[name]
        matters = given.get("matters")
        if isinstance(matters, Mapping):  # a number with its source
            matters = matters["value"]
        kind = next((kind for kind in kinds if given.get(kind) is not None), None) or measure_brought(given) or ""
        specs[name] = OutcomeSpec(
            name=name,
            kind=kind,
            weighted=isinstance(given[kind], Mapping) and kind in (*TOTALS, *MEANS),
            better=given["better"],
            matters=None if matters is None else float(matters),
            primary=name == primary,
            among=given.get("among"),
        )
        if specs[name].primary and specs[name].among:
            raise SpecError(
                Problem(
                    f"the primary outcome `{name}` is about {specs[name].among} only, who differ from arm to arm",
                    ("outcomes", name, "among"),
                    "arms can be ranked only on an outcome over the same people; choose another primary outcome",
                )
            )
    return specs


def measure_brought(given: Mapping[str, Any]) -> str | None:
    """Return the measure of an outcome that a package brings: its parameters stand below it, as a mapping."""
    return next((key for key, each in given.items() if isinstance(each, Mapping) and key not in OUTCOME_KEYS), None)


def effects(
    pairs: pd.DataFrame,
    outcomes: pd.DataFrame,
    specs: Mapping[str, OutcomeSpec],
    control: str,
    seed: int,
) -> pd.DataFrame:
    """Estimate what each arm changes against the control, for every outcome and estimand.

    A replicate without all arms, or in which the outcome has no value in some arm, counts for no arm. Where there
    is more than one parameter draw, intervals and chances come from the means of the draws.

    Parameters
    ----------
    pairs : DataFrame
        arm, replicate, draw, outcome, estimand, people, value, control_value; no rows for the control.
    outcomes : DataFrame
        arm, replicate, draw, outcome, value, reached; all arms.
    specs : mapping of str to OutcomeSpec
        One for every outcome in the tables.
    control : str
    seed : int
        The scenario's; resamples are keyed by it and the outcome's name.

    Returns
    -------
    DataFrame
        One row per arm, outcome and estimand, sorted by them (overall first); the control has one row per outcome,
        with effect 0 (none, and no chances of being best, where the outcome is `among` targets or others). Columns:
        `mean`, `control_mean`; `effect`, `low`, `high`: mean paired difference (arm − control) and its 95 % t
        interval, [d, d] where all replicates agree and NaN below two replicates; `one_town_low`, `one_town_high`: 2.5
        and 97.5 % points of the replicates' differences (linear interpolation, Hyndman & Fan 1996, type 7);
        `probability_best`, `best_in_world`: see `chances_of_best`, only where the estimand is overall;
        `variance_ratio`: (s²(arm) + s²(control)) ÷ s²(difference), NaN where that is 0 or there are fewer than 20
        replicates; `replicates`; `reached`, `control_reached`: for `time_to`, the share of replicates in which the
        level was reached.

    Raises
    ------
    ValueError
        If an outcome has no spec, or the control is not among the arms.
    """
    if len(outcomes) and control not in set(outcomes["arm"]):
        raise ValueError(f"the control `{control}` is not among the arms {sorted(set(outcomes['arm']))}")
    rows: list[dict[str, Any]] = []
    for outcome, of_outcome in outcomes.groupby("outcome", sort=True):
        if outcome not in specs:
            raise ValueError(f"outcome `{outcome}` has no spec; specs: {sorted(specs)}")
        rows += _effects_on(pairs[pairs["outcome"] == outcome], of_outcome, specs[str(outcome)], control, seed)
    table = pd.DataFrame(rows, columns=EFFECT_COLUMNS)
    rank = table["estimand"].map({name: place for place, name in enumerate(ESTIMANDS)})
    order = np.lexsort((rank.to_numpy(), table["outcome"].to_numpy(str), table["arm"].to_numpy(str)))
    return table.iloc[order].reset_index(drop=True)


def _effects_on(
    pairs: pd.DataFrame, outcomes: pd.DataFrame, spec: OutcomeSpec, control: str, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one outcome."""
    if spec.among:
        yield from _effects_among(pairs, outcomes, spec)
        return
    values = outcomes.pivot(index=UNIT, columns="arm", values="value").sort_index().dropna()
    if values.empty:  # there is nobody whom the outcome counts
        return
    reached = pd.Series(np.nan, index=values.columns)
    if spec.kind == "time_to" and "reached" in outcomes:
        known = outcomes.assign(reached=outcomes["reached"].to_numpy(float, na_value=np.nan))
        reached = known.pivot(index=UNIT, columns="arm", values="reached").loc[values.index].mean()
    key = stream_key(seed, "bootstrap", spec.name)
    chances = pd.DataFrame(
        chances_of_best(independent(values).to_numpy(), values.to_numpy(), spec.sign, key),
        index=["probability_best", "best_in_world"],
        columns=values.columns,
    )
    # All rows at once, and by number: frames made for each arm and estimand take longer than many a run.
    draws = values.index.get_level_values("draw").to_numpy()
    places = values.index.get_indexer(pd.MultiIndex.from_frame(pairs[UNIT]))
    both = np.stack([pairs[name].to_numpy(np.float64) for name in ("value", "control_value")])
    rows_of = pairs.groupby(["arm", "estimand"], sort=False).indices
    counts = (places >= 0) & ~np.isnan(both).any(axis=0)
    for arm in values.columns:
        whole: dict[str, Any] = {name: chances.at[name, arm] for name in chances.index}
        whole |= {"reached": reached[arm], "control_reached": reached[control]}
        if arm == control:
            same = values[control].to_numpy()
            yield {"arm": arm, "outcome": spec.name, "estimand": "overall", **_summary(same, same, draws), **whole}
            continue
        for estimand in ESTIMANDS:
            rows = rows_of.get((arm, estimand), np.empty(0, np.intp))
            rows = rows[counts[rows]]
            rows = rows[np.argsort(places[rows], kind="stable")]
            if len(rows):
                summary = _summary(both[0, rows], both[1, rows], draws[places[rows]])
                row = {"arm": arm, "outcome": spec.name, "estimand": estimand, **summary}
                yield row | (whole if estimand == "overall" else {})


def _effects_among(pairs: pd.DataFrame, outcomes: pd.DataFrame, spec: OutcomeSpec) -> Iterator[dict[str, Any]]:
    """Yield the rows of an outcome over each arm's own people, of whom the control has none."""
    arms_of = outcomes.groupby(UNIT)["arm"].nunique()
    complete = arms_of.index[arms_of == outcomes["arm"].nunique()]
    for arm, of_arm in pairs.groupby("arm", sort=True):
        both = of_arm.set_index(UNIT)[["value", "control_value"]].sort_index()
        both = both[both.index.isin(complete)].dropna()
        if len(both):
            draws = both.index.get_level_values("draw").to_numpy()
            summary = _summary(both["value"].to_numpy(), both["control_value"].to_numpy(), draws)
            yield {"arm": arm, "outcome": spec.name, "estimand": "overall", **summary}


def _summary(value: np.ndarray, control_value: np.ndarray, draws: np.ndarray) -> dict[str, float]:
    """Return the numbers of one row from its replicates, in order, and the draw of each."""
    # Copied, since the order in which numbers are added depends on how they lie in memory, and equal arms must have
    # equal means.
    value, control_value = value.copy(), control_value.copy()
    difference = value - control_value
    effect, low, high = t_interval(_means_of_draws(difference, draws))
    one_town_low, one_town_high = np.quantile(difference, (0.025, 0.975))
    ratio = np.nan
    if len(value) >= LEAST_FOR_VARIANCE_RATIO and np.ptp(difference) > 0:
        ratio = (value.var(ddof=1) + control_value.var(ddof=1)) / difference.var(ddof=1)
    mean, control_mean = (float(_means_of_draws(each, draws).mean()) for each in (value, control_value))
    return {
        "mean": mean,
        "control_mean": control_mean,
        "effect": float(effect),
        "low": float(low),
        "high": float(high),
        "one_town_low": one_town_low if len(value) > 1 else np.nan,
        "one_town_high": one_town_high if len(value) > 1 else np.nan,
        "variance_ratio": ratio,
        "replicates": len(value),
    }


def independent(values: Any) -> Any:
    """Return what is independent among values by (draw, replicate).

    The means of the draws; the replicates, where there is only one draw.
    """
    draws = values.index.get_level_values("draw")
    return values.groupby(draws).mean() if draws.nunique() > 1 else values


def _means_of_draws(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the same of values that stand without their index."""
    return values if (draws == draws[0]).all() else pd.Series(values).groupby(draws).mean().to_numpy()


def t_interval(values: np.ndarray, axis: int = -1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean and its 95 % t interval along an axis.

    Parameters
    ----------
    values : float64[…, n]
    axis : int

    Returns
    -------
    mean, low, high : float64[…]
        Where all values are the same d: d, d, d, exactly. Below two values, `low` and `high` are NaN.
    """
    values = np.moveaxis(np.asarray(values, dtype=np.float64), axis, -1)
    n = values.shape[-1]
    if n == 0:
        nothing = np.full(values.shape[:-1], np.nan)
        return nothing, nothing, nothing
    # A mean of equal numbers may differ from them in the last bit, which would turn [d, d] into a false interval.
    same = np.ptp(values, axis=-1) == 0
    mean = np.where(same, values[..., 0], values.mean(axis=-1))
    if n < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    # Rounded, since the last bits of the quantile depend on the processor's mathematical library.
    quantile = float(f"{stats.t.ppf(0.975, n - 1):.12g}")
    half = quantile * values.std(axis=-1, ddof=1) / np.sqrt(n)
    half = np.where(same, 0.0, half)
    return mean, mean - half, mean + half


def chances_of_best(blocks: np.ndarray, worlds: np.ndarray, sign: int, key: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each arm is best: over resamples of its mean, and over single replicates.

    Arms that tie for best share the case equally, so that the chances of all arms add up to 1.

    Parameters
    ----------
    blocks : float64[n_independent, n_arms]
        What is resampled: all arms of one row together.
    worlds : float64[n_replicates, n_arms]
    sign : {1, -1}
        1 where higher is better.
    key : int
        Key of the Philox generator that draws the 2,000 resamples.

    Returns
    -------
    probability_best, best_in_world : float64[n_arms]
        The first is NaN below two independent values, where there is nothing to resample.
    """
    in_world = _share_best(sign * worlds)
    n, n_arms = blocks.shape
    if n < 2:
        return np.full(n_arms, np.nan), in_world
    generator = np.random.Generator(np.random.Philox(key=key))
    columns = [np.ascontiguousarray(sign * blocks[:, arm]) for arm in range(n_arms)]
    total = np.zeros(n_arms)
    at_once = max(1, 2_000_000 // n)  # keeps 10,000 replicates within some tens of megabytes
    for first in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - first)
        chosen = generator.integers(0, n, size=(size, n))
        # Summed arm by arm in one order, not by a matrix product: equal arms must tie to the last bit.
        total += size * _share_best(np.stack([column[chosen].sum(axis=1) for column in columns], axis=1))
    return total / RESAMPLES, in_world


def _share_best(scores: np.ndarray) -> np.ndarray:
    """Return float64[n_arms]: share of rows in which each column is largest, ties shared equally."""
    if not len(scores):
        return np.full(scores.shape[1], np.nan)
    best = scores == scores.max(axis=1, keepdims=True)
    return (best / best.sum(axis=1, keepdims=True)).mean(axis=0)


def best_arm(table: pd.DataFrame, specs: Mapping[str, OutcomeSpec], control: str) -> str | None:
    """Return the arm, other than the control, whose mean of the primary outcome is best, whether or not it wins.

    Parameters
    ----------
    table : DataFrame
        What `effects` returned.
    specs : mapping of str to OutcomeSpec
    control : str

    Returns
    -------
    str or None
        Of equal ones, the first by name; None where there is no other arm.
    """
    primary = next(spec for spec in specs.values() if spec.primary)
    rows = table[
        (table["outcome"] == primary.name) & (table["estimand"] == "overall") & (table["arm"] != control)
    ].dropna(subset="effect")
    ranked = sorted(zip(-primary.sign * rows["effect"], rows["arm"], strict=True))
    return str(ranked[0][1]) if ranked else None


def people_counted(pairs: pd.DataFrame) -> dict[str, float]:
    """Return, for each outcome, over how many people its overall value is taken (mean of replicates)."""
    overall = pairs[pairs["estimand"] == "overall"]
    return {str(name): float(mean) for name, mean in overall.groupby("outcome")["people"].mean().items()}


def check_decomposition(pairs: pd.DataFrame, specs: Mapping[str, OutcomeSpec]) -> list[str]:
    """Check that overall is the (for shares: weighted) sum of total, spillover and later, in every replicate.

    Whole numbers must add up exactly, everything else to 1e-9 of the sum; the people must add up too.
    `time_to`, `difference` and outcomes `among` some of the people must have no parts.

    Parameters
    ----------
    pairs : DataFrame
    specs : mapping of str to OutcomeSpec

    Returns
    -------
    list of str
        One problem per row of `pairs` with estimand overall that does not add up; empty if all do.
    """
    unit = ["arm", *UNIT, "outcome"]
    kind = pairs["outcome"].map({name: spec.kind for name, spec in specs.items()})
    split = {name: spec.kind in (*TOTALS, *MEANS) and not spec.among for name, spec in specs.items()}
    has_parts = pairs["outcome"].map(split).astype(bool)
    problems = [
        f"{row.outcome} has no {row.estimand} effect, but {row.arm} has one in replicate {row.replicate}"
        for row in pairs[~has_parts & (pairs["estimand"] != "overall")].itertuples()
    ]
    weight = np.where(kind.isin(MEANS), pairs["people"], 1)
    weighted = [name for name, spec in specs.items() if spec.weighted]
    sums = pairs[[*unit, "estimand"]].assign(
        people=pairs["people"],
        value=pairs["value"] * weight,
        control_value=pairs["control_value"] * weight,
        exact=kind.isin(WHOLE_NUMBERS) & ~pairs["outcome"].isin(weighted),
    )[has_parts]
    whole = sums["estimand"] == "overall"
    parts = sums[~whole].groupby(unit)[["people", "value", "control_value"]].sum().add_suffix("_of_parts")
    both = sums[whole].drop(columns="estimand").set_index(unit).join(parts, how="outer")
    # A row without people is absent: nothing is the sum of no rows, and people without an overall row are an error.
    both = both.fillna(dict.fromkeys(both.columns, 0))
    for name in ("people", "value", "control_value"):
        found, expected = both[name].to_numpy(float), both[f"{name}_of_parts"].to_numpy(float)
        exact = both["exact"].to_numpy(bool) | (name == "people")
        allowed = np.where(exact, 0.0, ROUNDING * np.maximum(np.abs(found), np.abs(expected)))
        for place in np.flatnonzero(~(np.abs(found - expected) <= allowed)):
            arm, draw, replicate, outcome = both.index[int(place)]
            problems.append(
                f"{outcome} of {arm}, replicate {replicate}, draw {draw}: {name} is {found[place]:.15g} overall, "
                f"but its parts add up to {expected[place]:.15g}"
            )
    return problems


def curve_bands(curves: pd.DataFrame, quantiles: Sequence[float] = (0.025, 0.25, 0.5, 0.75, 0.975)) -> pd.DataFrame:
    """Summarise the replicates' curves: mean and quantiles of the count at each time.

    Parameters
    ----------
    curves : DataFrame
        arm, replicate, draw, time, behaviour, state, group_by, group, count. A missing row counts nobody.
    quantiles : sequence of float
        In [0, 1]; linear interpolation.

    Returns
    -------
    DataFrame
        arm, behaviour, state, group_by, group, time (sorted by them), mean, one column per quantile named by its
        percentage (``q2.5``), replicates.
    """
    rows, counts = _counts_by_replicate(curves)
    bands = np.quantile(counts, quantiles, axis=1) if counts.size else np.empty((len(quantiles), len(rows)))
    named = {f"q{100 * quantile:g}": band for quantile, band in zip(quantiles, bands, strict=True)}
    means = counts.mean(axis=1) if counts.size else np.empty(len(rows))
    return rows.assign(mean=means, **named, replicates=counts.shape[1])


def paired_curves(curves: pd.DataFrame, control: str) -> pd.DataFrame:
    """Return the mean difference (arm − control, in people) at each time, with its 95 % t interval.

    Parameters
    ----------
    curves : DataFrame
        As for `curve_bands`.
    control : str

    Returns
    -------
    DataFrame
        arm, behaviour, state, group_by, group, time (sorted by them), difference, low, high, replicates; no rows for
        the control.
    """
    rows, counts = _counts_by_replicate(curves)
    is_control = (rows["arm"] == control).to_numpy()
    others = rows[~is_control].reset_index(drop=True)
    places = pd.MultiIndex.from_frame(rows.loc[is_control, CURVE[1:]]).get_indexer(
        pd.MultiIndex.from_frame(others[CURVE[1:]])
    )
    expected = np.vstack([counts[is_control], np.zeros((1, counts.shape[1]))])[places]  # place -1: counts nobody
    difference, low, high = t_interval(counts[~is_control] - expected)
    return others.assign(difference=difference, low=low, high=high, replicates=counts.shape[1])


def _counts_by_replicate(curves: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows of all curves, sorted, and float64[n_rows, n_replicates]: replicates that all arms have."""
    n_arms = curves["arm"].nunique()
    of_unit = curves.groupby(UNIT)
    complete = (of_unit["arm"].transform("nunique") == n_arms).to_numpy()
    curves = curves[complete]
    keys = curves.groupby(CURVE, sort=True)
    units = curves.groupby(UNIT, sort=True).ngroup().to_numpy()
    places = keys.ngroup().to_numpy()
    counts = np.zeros((keys.ngroups, units.max() + 1 if len(units) else 0))
    counts[places, units] = curves["count"].to_numpy()
    return keys.size().reset_index()[CURVE], counts
