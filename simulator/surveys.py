"""Nomination surveys: a row for each person asked, columns of the contacts they named, turned into one row a naming."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import Problem, SpecError, allowed_words, found_in, words_of
from simulator.tables import LINES, Lines, lines_of, read_table

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

NAMED, WEIGHT = "who is named", "weight of the naming"


def read_survey(
    survey: str | Path | pd.DataFrame,
    *,
    id: str,
    named: Sequence[str],
    weights: Sequence[str] | None = None,
    strangers: str = "refuse",
) -> nx.DiGraph:
    """Read a nomination survey as a graph: an arc u -> v says that u named v.

    Parameters
    ----------
    survey : str, Path or DataFrame
        CSV or Parquet file, or a table: one row for each person asked.
    id : str
        Column that says who was asked.
    named : sequence of str
        Columns that hold whom they named; an empty cell names nobody.
    weights : sequence of str, optional
        Columns that hold the weight of each naming, in the order of `named`.
    strangers : {"refuse", "drop"}
        What is done with namings of people who were not asked.

    Returns
    -------
    networkx.DiGraph
        Nodes are the people asked, all other columns their attributes. Give it to `Scenario.on_graph` with
        ``influence="target_to_source"`` where those who are named influence those who named them.

    Raises
    ------
    SpecError
        If no column, or one that is missing, is named; if a person answered twice; if somebody named was not asked,
        and `strangers` is "refuse".

    Examples
    --------
    >>> import pandas
    >>> answers = pandas.DataFrame({"who": ["ann", "bob"], "friend": ["bob", None]})
    >>> list(read_survey(answers, id="who", named=["friend"]).edges)
    [('ann', 'bob')]
    """
    from dataclasses import replace

    import pandas as pd

    from simulator.graphs import to_graph
    from simulator.network import ContactNetwork
    from simulator.population import from_table
    from simulator.ties import layer_from_table

    if strangers not in ("refuse", "drop"):
        raise SpecError(Problem(f"`{strangers}` is not allowed for `strangers`", hint="allowed: refuse, drop"))
    named = words_of(named, "named", '["friend1", "friend2"]')
    weights = None if weights is None else words_of(weights, "weights", '["close1", "close2"]')
    if not named:
        raise SpecError(Problem("`named` names no column", hint='an example: named=["friend1", "friend2"]'))
    frame = read_table(survey, text=(id, *named)) if isinstance(survey, str | Path) else survey
    if not isinstance(frame, pd.DataFrame):
        raise SpecError(Problem(f"expected a file or a data frame, found {found_in(survey)}"))
    long = namings_of(frame, id, named, weights)
    others = [name for name in frame.columns if name not in named and name not in (weights or ())]
    people = from_table(frame[others], id)
    layer = layer_from_table(
        "survey", long, people, source=id, target=NAMED, influence="source_to_target",
        weight=None if weights is None else WEIGHT, drop_strangers=strangers == "drop",
    )  # fmt: skip
    columns = {name: column for name, column in people.columns.items() if name != id}
    graph = to_graph(replace(people, columns=columns), ContactNetwork(people.size, {"survey": layer}))
    for _, _, known in graph.edges(data=True):
        del known["layer"]
        if weights is None:
            del known["weight"]
    return graph.to_directed()  # without any naming it is not yet


def namings_of(
    frame: pd.DataFrame, source: str, named: Sequence[str], weights: Sequence[str] | None = None
) -> pd.DataFrame:
    """Turn a survey into a table with one row for each naming.

    Parameters
    ----------
    frame : DataFrame
        One row for each person asked.
    source : str
        Column that says who was asked.
    named : sequence of str
        Columns that hold whom they named; an empty cell names nobody.
    weights : sequence of str, optional
        Columns that hold the weight of each naming, in the order of `named`.

    Returns
    -------
    DataFrame
        The survey's other columns repeated, and the columns `NAMED` and, with weights, `WEIGHT`; errors name line
        and column of the survey.

    Raises
    ------
    SpecError
        If a column is missing or named twice, a column of weights holds words, or there are not as many of them as
        columns of names.
    """
    import pandas as pd

    columns = list(map(str, frame.columns))
    asked = [(("source",), source), *((("named", k), name) for k, name in enumerate(named))]
    asked += [(("weight", k), name) for k, name in enumerate(weights or ())]
    problems = [
        Problem(f"the survey has no column `{name}`", place, allowed_words(name, columns))
        for place, name in asked
        if name not in columns
    ]
    if weights is not None and len(weights) != len(named):
        hint = "one column of weights for each column under `named`, in the same order"
        problems.append(Problem(f"{len(weights)} columns of weights for {len(named)} of names", ("weight",), hint))
    wordy = [
        (k, name)
        for k, name in enumerate(weights or ())
        if name in columns and not pd.api.types.is_numeric_dtype(frame[name].dtype)
    ]
    problems += [Problem(f"`{name}` holds words, not weights", ("weight", k)) for k, name in wordy]
    repeated = [(k, name) for k, name in enumerate(named) if name in named[:k] or name == source]
    problems += [Problem(f"`{name}` is named twice", ("named", k)) for k, name in repeated]
    if problems:
        raise SpecError(problems)
    cells = np.column_stack([frame[name].astype(object).to_numpy() for name in named])
    kept = np.flatnonzero(~pd.isna(cells.ravel()))
    rows, which = np.divmod(kept, len(named))
    others = [name for name in columns if name not in named and name not in (weights or ())]
    long = frame[others].iloc[rows].reset_index(drop=True)
    long[NAMED] = pd.Series(cells.ravel()[kept], dtype=object)
    if weights is not None:
        values = np.column_stack([frame[name].to_numpy(np.float64, na_value=np.nan) for name in weights])
        long[WEIGHT] = values.ravel()[kept]
    survey = lines_of(frame)
    long.attrs = {LINES: Lines(survey.word, lambda at: survey.number_of(rows[at]), lambda k: named[int(which[k])])}
    return long
