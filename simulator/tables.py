"""CSV files as data frames: read strictly, with words left as words and ids compared robustly."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
"""What counts as a missing value; `None` and `none` are words."""

WHOLE = r"-?(?:0|[1-9][0-9]*)"


def read_table(path: str | Path, *, text: Iterable[str] = ()) -> pd.DataFrame:
    """Read a CSV file (UTF-8, commas, one header line).

    Every row must have as many fields as the header. A column is whole numbers, numbers or words, whichever is
    the first that fits all of it; dates and true/false stay words, as they stand in the file.

    Parameters
    ----------
    path : str or Path
    text : iterable of str
        Columns to be read as words whatever is in them: ids, so that ``007`` keeps its zeros.

    Returns
    -------
    pandas.DataFrame
        Rows in the file's order, numbered from 0.

    Raises
    ------
    SpecError
        If the file is missing, empty, binary, not UTF-8 or not separated by commas, or if a row is ragged or
        two columns share a name.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow

    path = Path(path)
    names = _header(path)
    # One thread: only then does the parser know the number of a bad row. Ten million rows take seconds.
    read_options = arrow.ReadOptions(use_threads=False)

    def read(words: Iterable[str]) -> pa.Table:
        options = arrow.ConvertOptions(
            null_values=list(MISSING),
            strings_can_be_null=True,
            column_types=dict.fromkeys(words, pa.string()),
        )
        return arrow.read_csv(path, read_options, arrow.ParseOptions(newlines_in_values=True), options)

    words = set(text) & set(names)
    try:
        table = read(words)
        kept = (pa.int64(), pa.float64(), pa.string(), pa.null())
        others = {column.name for column in table.schema if column.type not in kept}
        if others:
            table = read(words | others)
    except pa.ArrowInvalid as error:
        raise SpecError(_said(path, str(error))) from None
    if not table.num_rows:
        raise SpecError(f"`{path.name}` has a header but no rows")
    nulls = [i for i, column in enumerate(table.schema) if column.type == pa.null()]
    for i in nulls:  # a column without a single value: numbers, all missing
        table = table.set_column(i, table.schema.names[i], table.column(i).cast(pa.float64()))
    return table.to_pandas()


def canonical_ids(values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Write ids one way, so that ``1002``, ``"1002"`` and ``1002.0`` are the same person.

    Parameters
    ----------
    values : pandas.Series or array
        Numbers or words.

    Returns
    -------
    ids : int64[n] or object[n] of str
        Numbers where all ids that are not missing are whole numbers below 10**18 without leading zeros, else
        words.
    missing : bool[n]
    """
    import pandas as pd

    series = pd.Series(values).reset_index(drop=True)
    missing = series.isna().to_numpy(bool)
    if pd.api.types.is_integer_dtype(series.dtype) and not missing.any():
        if series.dtype.kind != "u" or series.max() <= np.iinfo(np.int64).max:
            return series.to_numpy(np.int64), missing
    elif pd.api.types.is_float_dtype(series.dtype):
        numbers = series.to_numpy(np.float64, na_value=np.nan)
        known = np.where(missing, 0.0, numbers)
        if (np.abs(known) < 2.0**53).all() and (known == np.floor(known)).all():
            return known.astype(np.int64), missing
    known_words = series.where(~missing, "0").astype(str).str.strip()
    if known_words.str.fullmatch(WHOLE + r"(?:\.0+)?").all():
        pointed = known_words.str.contains(".", regex=False).any()
        whole = known_words.str.partition(".")[0] if pointed else known_words
        if (whole.str.len() < 19).all():
            return whole.astype(np.int64).to_numpy(), missing
    return known_words.str.replace(rf"^({WHOLE})\.0+$", r"\1", regex=True).to_numpy(object), missing


def match_ids(wanted: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return int64[n]: the place of each wanted id in `ids`, -1 where it is not there.

    Parameters
    ----------
    wanted, ids : int64 or object of str
        As `canonical_ids` returns them; numbers are compared with words as words. `ids` are distinct.
    """
    import pandas as pd

    if wanted.dtype != ids.dtype:
        wanted, ids = wanted.astype(str).astype(object), ids.astype(str).astype(object)
    return pd.Index(ids).get_indexer(pd.Index(wanted)).astype(np.int64)


def lines(rows: np.ndarray) -> str:
    """Name the lines of a file in which these rows (counted from 0, below one header line) stand."""
    shown = [str(row + 2) for row in rows[:5]]
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return ("line " if len(rows) == 1 else "lines ") + ", ".join(shown) + more


def _header(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
    except FileNotFoundError:
        raise SpecError(f"there is no file `{path}`") from None
    except OSError as error:
        raise SpecError(f"`{path}` cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    if not start.strip():
        raise SpecError(f"`{path.name}` is empty")
    if b"\0" in start:
        raise SpecError(f"`{path.name}` is not a CSV file: it is binary, or not UTF-8")
    try:
        first = start.splitlines()[0].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(f"`{path.name}` is not UTF-8; save it as `CSV UTF-8`") from None
    names = next(csv.reader([first]))
    other = max(";\t|", key=first.count)
    if len(names) == 1 and other in first:
        said = "tabs" if other == "\t" else f"`{other}`"
        raise SpecError(f"`{path.name}` is separated by {said}; netrial reads files separated by commas")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SpecError(f"`{path.name}` has two columns named `{repeated[0]}`")
    return names


def _said(path: Path, message: str) -> str:
    """Turn pyarrow's words into ours."""
    ragged = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", message)
    if ragged:
        line, expected, got = ragged.groups()
        where = f"line {line} of `{path.name}`" if line else f"a row of `{path.name}`"
        return f"{where} has {got} fields; the header has {expected}"
    if "Empty CSV" in message:
        return f"`{path.name}` has a header but no rows"
    if "UTF8" in message:
        return f"`{path.name}` is not UTF-8; save it as `CSV UTF-8`"
    return f"`{path.name}` cannot be read as CSV: {message}"
