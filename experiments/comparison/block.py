"""The part of a report that only comparisons have, and their inputs told once, not once for each arm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.comparison.ranking import ranking
from experiments.comparison.words import currency_of, lenders_in_words, sentences
from experiments.plan.tactics import flow
from experiments.wording import money, plain_label

if TYPE_CHECKING:
    from experiments.comparison.record import Record
    from experiments.report.record import InputRow
    from experiments.report.tables import StrategyTable
    from experiments.results import Results


@dataclass(frozen=True)
class Block:
    """What the report says of a comparison.

    Parameters
    ----------
    heading : str
    sentences : list of str
    lenders : list of str
        Of which intervention each kind of strategy has its effect.
    told : list of (str, str)
        Parameters that strategies were given.
    left_out : list of (str, str)
        What was not compared, and why.
    """

    heading: str
    sentences: list[str]
    lenders: list[str]
    told: list[tuple[str, str]]
    left_out: list[tuple[str, str]]


def comparison_block(results: Results, record: Record) -> Block:
    """Say what was compared, which strategy comes first, and what fresh replicates say of it."""
    return Block(
        f"What {money(record.budget)} {currency_of(results)} buy",
        sentences(results, record, ranking(results, record.strategies)),
        lenders_in_words(record),
        [(plain_label(each.name), flow(dict(each.told))[1:-1]) for each in record.strategies if each.told],
        [(plain_label(each.name), each.reason) for each in record.left_out],
    )


def with_kinds(table: StrategyTable, record: Record | None) -> StrategyTable:
    """Return the table of strategies with the kind of each beside its name; as it is where nothing was compared."""
    kinds = {} if record is None else {each.name: each.kind for each in record.strategies}
    rows = [replace(row, tags=[kinds[row.arm], *row.tags]) if row.arm in kinds else row for row in table.rows]
    return replace(table, rows=rows)


def shared_inputs(rows: Iterable[InputRow], record: Record) -> list[InputRow]:
    """Return the inputs with those once that arms have from one intervention of the scenario.

    Parameters
    ----------
    rows : iterable of InputRow
        With places such as ``arms.popular.interventions.0.uptake``, told of ``interventions.leaders.uptake`` here.
    record : Record
    """
    lender_of = {each.name: each.lender for each in record.strategies}
    found: dict[tuple[str, str, str], InputRow] = {}
    for row in rows:
        parts = row.place.split(".")
        if parts[0] == "arms" and len(parts) > 3 and parts[1] in lender_of:
            if parts[2] == "budget":
                continue
            row = replace(row, place=".".join(["interventions", lender_of[parts[1]], *parts[4:]]))
        found.setdefault((row.place, row.value, row.source), row)
    return list(found.values())
