"""What each change of an assumed number does to the answer: a table with a row for each, after the trial as it is.

Nothing is simulated here: tables of the run and parts of the changes come in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.economics import strategies
from experiments.estimands import MEANS, TOTALS, UNIT, OutcomeSpec, effects, independent, t_interval
from experiments.parts import SHAKE
from experiments.shake.changes import Change, Price, parts_of
from experiments.verdict import Verdict, decide
from simulator.errors import SpecError

if TYPE_CHECKING:
    from experiments.results import Results

AS_IT_IS = "none"
"""`change` of the first row."""
SAME, OTHER_WINNER, NO_CLEAR_WINNER = "same", "other winner", "no clear winner"
"""What `answer` says of a change, against the trial as it is."""

Tables = Mapping[str, pd.DataFrame]
"""``outcomes`` and overall ``pairs`` of the primary outcome, and ``ledger``."""


@dataclass(frozen=True)
class Question:
    """What is asked of every change: which arm wins, and how far the arm that comes first as it is then leads.

    Parameters
    ----------
    spec : OutcomeSpec
        The primary outcome.
    control : str
    seed : int
    first : str
        The arm that comes first as it is.
    """

    spec: OutcomeSpec
    control: str
    seed: int
    first: str


def shake_table(
    results: Results, changes: Sequence[Change], folder: Path, refused: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return what every change does to the answer.

    Parameters
    ----------
    results : Results
        The trial as it is.
    changes : sequence of Change
        Those that are run have their parts in `folder`.
    folder : Path
        The results folder.
    refused : mapping of str to str, optional
        Why a change, by name, could not be run.

    Returns
    -------
    DataFrame
        The columns of `experiments.parts.SHAKE`. Of the arm that comes first as it is: `lead`, how far it is ahead of
        the best other arm (negative: behind; in the outcome's own unit, turned so that positive is good), and
        `effect`, against the control, each with its 95 % interval. Of the arm that comes first with the change:
        `leader`, its effect, and whether it is the `winner`. `best_value`: the arm with the least cost per unit of
        benefit, and that cost.
    """
    refused = refused or {}
    spec = next(spec for spec in results.specs.values() if spec.primary)
    question = Question(spec, results.control, int(results.manifest["seeds"]["seed"]), results.verdict.leader)
    base = _primary(spec, {"outcomes": results.outcomes, "pairs": results.pairs, "ledger": results.ledger})
    answer = _answer(question, base, results.verdict)
    rows: list[dict[str, Any]] = [{"change": AS_IT_IS, **answer}]
    for change in changes:
        reason = change.reason or refused.get(change.name, "")
        row = {
            "number": change.number,
            "place": change.of.name,
            "what": change.of.what,
            "kind": change.of.kind,
            "unit": change.of.unit,
            "change": change.change,
            "value": change.of.value,
            "shaken": change.shaken,
            "note": change.note,
            "reason": reason,
            "arms": ", ".join(change.arms) if change.runs else "",
        }
        if change.price is not None:  # it moves nobody
            ledger = repriced(base["ledger"], change.price, change.arms)
            row |= {**answer, **_best_value(question, {**base, "ledger": ledger})}
        elif not reason:
            try:
                found = _answer(question, _tables_of(change, results, base, folder), results.verdict)
            except SpecError as error:
                row["reason"] = "; ".join(problem.message for problem in error.problems)
            else:
                row |= found
            row["failed"] = len(parts_of(change, folder, results.control).numbers("failed"))
        rows.append(row)
    return pd.DataFrame(_filled(rows))[SHAKE.names]


def _filled(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the columns, with nothing where a row says nothing."""
    nothing = {"string": "", "int64": 0, "double": math.nan}
    return {field.name: [row.get(field.name, nothing[str(field.type)]) for row in rows] for field in SHAKE}


def _primary(spec: OutcomeSpec, tables: Tables) -> dict[str, pd.DataFrame]:
    """Return what the answer needs of the tables: the primary outcome, over everybody."""
    kept = {name: tables[name][tables[name]["outcome"] == spec.name] for name in ("outcomes", "pairs")}
    kept["pairs"] = kept["pairs"][kept["pairs"]["estimand"] == "overall"]
    return {**kept, "ledger": tables["ledger"]}


def _tables_of(change: Change, results: Results, base: Tables, folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables with a change: of the arms that it moves, its own; of the others, those of the run."""
    spec = next(spec for spec in results.specs.values() if spec.primary)
    stored = parts_of(change, folder, results.control)
    there = set(base["outcomes"]["replicate"])
    own = _primary(spec, stored.collect(replicate for replicate in stored.numbers() if replicate in there))
    found = {}
    for name, table in base.items():
        rest = table[~table["arm"].isin(change.arms)]
        moved = own[name][own[name]["arm"].isin(change.arms)]
        found[name] = pd.concat([rest, moved], ignore_index=True)
    return found


def repriced(ledger: pd.DataFrame, price: Price, arms: Sequence[str]) -> pd.DataFrame:
    """Return a ledger in which one price of an intervention is another, in the arms that pay it.

    Parameters
    ----------
    ledger : DataFrame
        A line "reach" costs what is fixed and, for each person, what reaching one costs; a line "treat" costs, for
        each person, what treating one does.
    price : Price
    arms : sequence of str
    """
    action = "treat" if price.key == "per_treated" else "reach"
    lines = (
        (ledger["intervention"] == price.intervention) & (ledger["action"] == action) & ledger["arm"].isin(arms)
    ).to_numpy()
    people, cost = ledger["people"].to_numpy(float), ledger["cost"].to_numpy(float)
    if price.key == "fixed":
        ratio = price.after / price.before
        more = (cost - price.per_reached * people) * (ratio - 1)
    else:
        more = people * (price.after - price.before)
    return ledger.assign(cost=np.where(lines, cost + more, cost))


def _answer(question: Question, tables: Tables, as_it_is: Verdict) -> dict[str, Any]:
    """Return what the trial finds with these tables."""
    spec, control = question.spec, question.control
    specs = {spec.name: spec}
    found = effects(tables["pairs"], tables["outcomes"], specs, control, question.seed)
    verdict = decide(found, tables["outcomes"], tables["pairs"], specs, control)
    overall = found[found["estimand"] == "overall"].set_index("arm")
    lead, low, high = _lead(question, tables["outcomes"], overall["mean"])
    first = {name: float(overall[name].loc[question.first]) for name in ("effect", "low", "high")}
    return {
        "answer": _compared(verdict.winner, as_it_is.winner),
        "winner": verdict.winner or "",
        "leader": verdict.leader,
        "runner_up": verdict.runner_up or "",
        "probability_best": verdict.probability_best,
        "lead": lead,
        "lead_low": low,
        "lead_high": high,
        **first,
        "leader_effect": verdict.effect,
        "leader_low": verdict.effect_low,
        "leader_high": verdict.effect_high,
        "people": verdict.people,
        "replicates": verdict.replicates,
        **_best_value(question, tables),
    }


def _compared(winner: str | None, before: str | None) -> str:
    if winner == before:
        return SAME
    return NO_CLEAR_WINNER if winner is None else OTHER_WINNER


def _lead(question: Question, outcomes: pd.DataFrame, means: pd.Series) -> tuple[float, float, float]:
    """Return by how much the arm that comes first as it is leads the best other one, with its 95 % t interval."""
    sign = question.spec.sign
    others = sorted((arm for arm in means.index if arm != question.first), key=lambda arm: (-sign * means[arm], arm))
    values = outcomes.pivot(index=UNIT, columns="arm", values="value").sort_index().dropna()
    difference = independent(sign * (values[question.first] - values[others[0]]))
    lead, low, high = (float(number) for number in t_interval(difference.to_numpy()))
    return lead, low, high


def _best_value(question: Question, tables: Tables) -> dict[str, Any]:
    """Return the arm with the least cost per unit of benefit; none where nothing costs or helps, or no ratio means."""
    spec, control = question.spec, question.control
    if spec.kind not in (*TOTALS, *MEANS) or not (tables["ledger"]["cost"] != 0).any():
        return {}
    table = strategies(tables["ledger"], tables["outcomes"], tables["pairs"], {spec.name: spec}, control, spec.name)
    helps = table[(table["benefit"] > 0) & (table["arm"] != control)].copy()
    if helps.empty:
        return {}
    helps["price"] = np.where(helps["cost_difference"] > 0, helps["cost_per_unit"], 0.0)
    best = helps.sort_values(["price", "benefit", "arm"], ascending=[True, False, True]).iloc[0]
    return {"best_value": str(best["arm"]), "cost_per_unit": float(best["price"])}
