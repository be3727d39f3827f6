"""CSV and Parquet files as data frames: read strictly, with words left as words and ids compared robustly."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
"""What counts as a missing value; `None` and `none` are words."""

PARQUET = ".parquet"

WHOLE = r"-?(?:0|[1-9][0-9]*)"

LINES = "lines"


@dataclass(frozen=True, eq=False)
class Lines:
    """How errors name the rows of a table: by the lines of the file that they come from; kept in a table's `attrs`.

    Parameters
    ----------
    word : str
        "line", or "row" where a file has no lines.
    number_of : callable
        ``number_of(rows)``: the number of each row's line, counted from 1.
    column_of : callable, optional
        ``column_of(row)``: the column in which a row stands, where a line of the file makes several rows.
    """

    word: str
    number_of: Callable[[np.ndarray], np.ndarray]
    column_of: Callable[[int], str] | None = None

    def __deepcopy__(self, memo: object) -> Lines:
        return self  # pandas copies `attrs` with every part of a table that it takes


CSV_LINES = Lines("line", lambda rows: rows + 2)  # behind the header
PARQUET_ROWS = Lines("row", lambda rows: rows + 1)


def read_table(path: str | Path, *, text: Iterable[str] = ()) -> pd.DataFrame:
    """Read a CSV file (UTF-8, commas, one header line), or a Parquet file where its name ends in ``.parquet``.

    Every row of a CSV file must have as many fields as the header. A column is whole numbers, numbers or words,
    whichever is the first that fits all of it; dates and true/false stay words, as they stand in the file. A Parquet
    file gives the same table as a CSV file with the same content would.

    Parameters
    ----------
    path : str or Path
    text : iterable of str
        Columns of ids: ``007`` keeps its zeros. They are int64 where each is a whole number written as such and none is
        missing, else words, as pandas categories, since most people are named in many rows.

    Returns
    -------
    pandas.DataFrame
        Rows in the file's order, numbered from 0.

    Raises
    ------
    SpecError
        If the file is missing, empty, damaged or of another kind; if a CSV file is binary, not UTF-8, not separated by
        commas or has a ragged row; if a column of a Parquet file holds neither numbers nor words; or if two columns
        share a name.
    """
    import pyarrow as pa

    path = Path(path)
    words = set(text)
    is_parquet = path.suffix.lower() == PARQUET
    table = _read_parquet(path, words) if is_parquet else _read_csv(path, words)
    for i, column in enumerate(table.schema):
        if column.type == pa.null():  # a column without a single value: numbers, all missing
            table = table.set_column(i, column.name, table.column(i).cast(pa.float64()))
        elif column.name in words and column.type == pa.string():
            table = table.set_column(i, column.name, ids_of(table.column(i)))
    frame = table.to_pandas()
    frame.attrs["parquet"] = is_parquet
    return frame


def _read_csv(path: Path, words: set[str]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv as arrow

    names = header_of(path)
    # One thread: only then does the parser know the number of a bad row. Ten million rows take a second.
    read_options = arrow.ReadOptions(use_threads=False)

    def read(words: Iterable[str]) -> pa.Table:
        options = arrow.ConvertOptions(
            null_values=list(MISSING),
            strings_can_be_null=True,
            column_types=dict.fromkeys(words, pa.string()),
        )
        return arrow.read_csv(path, read_options, arrow.ParseOptions(newlines_in_values=True), options)

    words = words & set(names)
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
    return table


def _read_parquet(path: Path, words: set[str]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            table = file.read().replace_schema_metadata()  # pandas would take columns out as an index
    except FileNotFoundError:
        raise SpecError(f"there is no file `{path}`") from None
    except (pa.ArrowException, OSError) as error:
        if path.is_dir():
            raise SpecError(f"`{path}` cannot be read: it is a folder") from None
        if not path.stat().st_size:
            raise SpecError(f"`{path.name}` is empty") from None
        reason = str(error).strip().splitlines()[0][:200]
        raise SpecError(f"`{path.name}` is damaged, or not a Parquet file: {reason}") from None
    names = table.schema.names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SpecError(f"`{path.name}` has two columns named `{repeated[0]}`")
    if not table.num_rows:
        raise SpecError(f"`{path.name}` has columns but no rows")
    return pa.table({name: _plain(path, name, table.column(name), name in words) for name in names})


def ids_of(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Turn words into whole numbers where all of them are, and written as such; else into categories."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count or pc.max(pc.binary_length(column)).as_py() >= 19:
        return column.dictionary_encode()
    are_whole = pc.all(pc.match_substring_regex(column, f"^{WHOLE}$")).as_py()
    return column.cast(pa.int64()) if are_whole else column.dictionary_encode()


def _plain(path: Path, name: str, column: pa.ChunkedArray, as_words: bool) -> pa.ChunkedArray:
    """Turn a column of a Parquet file into what the same column of a CSV file would be."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    is_other = types.is_boolean(kind) or types.is_temporal(kind)
    if types.is_null(kind):
        return column
    if not (is_text or is_number or is_other):
        raise SpecError(
            Problem(f"the column `{name}` of `{path.name}` holds {kind}", hint="a column holds numbers or words")
        )
    try:
        if types.is_floating(kind):
            column = column.cast(pa.float64())
            column = pc.if_else(pc.is_nan(column), None, column)
            if (
                as_words
                and pc.all(pc.less(pc.abs(column), 2.0**53)).as_py()
                and pc.all(pc.equal(column, pc.floor(column))).as_py()
            ):
                column = column.cast(pa.int64())  # not 1e+15
        if as_words and types.is_integer(column.type) and not types.is_uint64(column.type) and not column.null_count:
            column = column.cast(pa.int64())
        elif is_text or is_other or as_words:
            column = column.cast(pa.string())
            missing = pc.is_in(column, value_set=pa.array(MISSING))
            if pc.any(missing).as_py():
                column = pc.if_else(missing, None, column)
        elif is_number:
            column = column.cast(pa.int64() if types.is_integer(kind) else pa.float64())
    except pa.ArrowException as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise SpecError(f"the column `{name}` of `{path.name}` cannot be read: {reason}") from None
    return column if column.null_count < len(column) else pa.chunked_array([pa.nulls(len(column))])


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
    import pyarrow as pa
    import pyarrow.compute as pc

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
    if missing.any():
        series = series.astype(object).where(~missing, "0")
    words = pc.utf8_trim_whitespace(pa.array(series.astype(str)).cast(pa.string()))
    if pc.all(pc.match_substring_regex(words, rf"^{WHOLE}(?:\.0+)?$")).as_py() is not False:
        whole = (
            pc.replace_substring_regex(words, r"\.0+$", "") if pc.any(pc.match_substring(words, ".")).as_py() else words
        )
        if (pc.max(pc.binary_length(whole)).as_py() or 0) < 19:
            return whole.cast(pa.int64()).to_numpy(zero_copy_only=False), missing
    plain = pc.replace_substring_regex(words, rf"^({WHOLE})\.0+$", r"\1")
    return plain.to_numpy(zero_copy_only=False), missing


def match_ids(wanted: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return int64[n]: the place of each wanted id in `ids`, -1 where it is not there.

    Parameters
    ----------
    wanted, ids : int64 or object of str
        As `canonical_ids` returns them; numbers are compared with words as words. `ids` are distinct.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if wanted.dtype == ids.dtype == np.int64:
        if not wanted.size or not ids.size:
            return np.full(wanted.size, -1, np.int64)
        least, most = int(ids.min()), int(ids.max())
        if most - least > 4 * (ids.size + wanted.size):
            return pd.Index(ids).get_indexer(pd.Index(wanted)).astype(np.int64)
        place_of = np.full(most - least + 1, -1, np.int64)
        place_of[ids - least] = np.arange(ids.size)
        inside = (wanted >= least) & (wanted <= most)
        return np.where(inside, place_of[np.where(inside, wanted, least) - least], -1)
    words, known = (pa.array(each).cast(pa.string()) for each in (wanted, ids))
    return pc.index_in(words, value_set=known).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def lines_of(frame: pd.DataFrame) -> Lines:
    """Return how errors name the rows of a table."""
    return frame.attrs.get(LINES) or (PARQUET_ROWS if frame.attrs.get("parquet") else CSV_LINES)


def lines(rows: np.ndarray, frame: pd.DataFrame) -> str:
    """Name the lines of a file in which these rows of its table (counted from 0) stand.

    Parameters
    ----------
    rows : int64[k]
    frame : DataFrame
        Its `attrs` say where its rows come from; without them, from a CSV file.

    Returns
    -------
    str
        "line 5", or "rows 4, 7", or "line 5, column `friend2`".
    """
    where = lines_of(frame)
    first = np.asarray(rows[:5])
    shown = [str(number) for number in where.number_of(first)]
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    said = (where.word if len(rows) == 1 else f"{where.word}s") + " " + ", ".join(shown) + more
    return f"{said}, column `{where.column_of(int(first[0]))}`" if where.column_of and len(rows) == 1 else said


def header_of(path: Path) -> list[str]:
    """Return the names in the first line of a CSV file; what is no CSV file is refused."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
            if b"\n" not in start:  # the header of a large matrix
                start += file.readline(1 << 26)
    except FileNotFoundError:
        raise SpecError(f"there is no file `{path}`") from None
    except OSError as error:
        raise SpecError(f"`{path}` cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    if not start.strip():
        raise SpecError(f"`{path.name}` is empty")
    if start.startswith(b"PK\x03\x04"):
        raise SpecError(Problem(f"`{path.name}` is a workbook, not a CSV file", hint="save its sheet as `CSV UTF-8`"))
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
        hint = "save it as `CSV UTF-8 (comma delimited)`; numbers in it need a decimal point"
        message = f"`{path.name}` is separated by {said}; netrial reads files separated by commas"
        raise SpecError(Problem(message, hint=hint))
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
