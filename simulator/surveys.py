"""Nomination surveys: a row for each person asked, columns of the contacts they named, turned into one row a naming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import Problem, SpecError, allowed_words
from simulator.tables import LINES, Lines, lines_of

if TYPE_CHECKING:
    import pandas as pd

NAMED, WEIGHT = "who is named", "weight of the naming"


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
