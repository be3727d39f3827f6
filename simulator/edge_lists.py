"""Ties without a header: edge lists as SNAP, KONECT and NetworkX write them, and adjacency matrices."""

from __future__ import annotations

import gzip
import re
from ast import literal_eval
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from simulator.errors import Problem, SpecError
from simulator.graph_tables import NODE, SOURCE, TARGET, WEIGHT, GraphTables, tie_rows
from simulator.tables import LINES, PARQUET, Lines, canonical_ids, header_of, ids_of, lines, read_table

if TYPE_CHECKING:
    import pandas as pd

COMMENTS = "#%"
HEADERS = {"source", "target", "from", "to", "ego", "alter", "node1", "node2", "src", "dst", "fromnodeid", "tonodeid"}


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, unpacked where its name ends in ``.gz``."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def read_edge_list(path: Path) -> GraphTables:
    """Read an edge list: a tie a line, two ids separated by spaces, tabs or a comma, and whatever else is known.

    Lines that begin with ``#`` or ``%`` are comments. Values behind the ids are the columns `column3`, `column4`, …:
    only who made the file knows which is a weight; where NetworkX wrote attributes in braces, they keep their names.
    People are those who have a tie.

    Parameters
    ----------
    path : Path

    Returns
    -------
    GraphTables
        Whether ties run one way is not said.

    Raises
    ------
    SpecError
        If the file is empty, not UTF-8, damaged, begins with a header, has a ragged line or an id in quotation marks.
    """
    try:
        number, first, comment = _first_line(path)
    except UnicodeDecodeError:
        raise SpecError(f"`{path.name}` is not UTF-8, or binary") from None
    if not first:
        raise SpecError(f"`{path.name}` holds no ties")
    words = re.split(r"[\s,;]+", first.strip())
    if len(words) > 1 and {word.strip('"').lower() for word in words[:2]} <= HEADERS:
        hint = "delete that line; or write `format: table`, and name its columns under `source` and `target`"
        raise SpecError(Problem(f"`{path.name}`, line {number}: `{first[:60]}` is a header, not a tie", hint=hint))
    if "{" in first:
        ties = _from_networkx(path, comment)
    else:
        separator = next((sign for sign in ",;" if sign in first), r"\s+")
        ties = _separated(path, separator, comment)
        ties.attrs[LINES] = Lines("line", lambda rows: _numbers_of_lines(path, comment)[rows])
    return GraphTables(_people_of(ties), ties, None)


def _separated(path: Path, separator: str, comment: str) -> pd.DataFrame:
    import pandas as pd

    file, sign = _without_comments(path, comment)
    try:
        frame = pd.read_csv(
            file, sep=separator, header=None, comment=sign, dtype=str, keep_default_na=False, quoting=3,
            skipinitialspace=True, encoding="utf-8-sig", compression=None if sign is None else "infer",
        )  # fmt: skip
    except pd.errors.ParserError as error:
        ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if ragged is None:
            raise SpecError(f"`{path.name}` cannot be read: {str(error)[:150]}") from None
        said = f"line {ragged[2]} of `{path.name}` has {ragged[3]} fields; those before have {ragged[1]}"
        raise SpecError(said) from None
    except UnicodeDecodeError:
        raise SpecError(f"`{path.name}` is not UTF-8, or binary") from None
    if frame.shape[1] < 2:
        hint = "an edge list has two ids a line, separated by spaces, tabs or a comma"
        raise SpecError(Problem(f"`{path.name}` has one word a line", hint=hint))
    return _named(frame, path, comment)


def _without_comments(path: Path, comment: str) -> tuple[Any, str | None]:
    """Return what pandas is to read, and the sign at which it is to stop.

    Pandas takes the sign for a comment within a line too, and would read ``ann#2`` as ``ann``. Where ids have it, the
    lines that it begins are made blank.
    """
    lines = list(_lines_of(path))
    if not any(comment.encode() in line and _is_tie(line, comment) for line in lines):
        return path, comment
    return BytesIO(b"".join(line if _is_tie(line, comment) else b"\n" for line in lines)), None


def _named(frame: pd.DataFrame, path: Path, comment: str) -> pd.DataFrame:
    """Name the columns; ids as everywhere, the others numbers where all of their values are."""
    import pandas as pd
    import pyarrow as pa

    titles = [SOURCE, TARGET, *(f"column{k}" for k in range(3, frame.shape[1] + 1))]
    columns: dict[str, Any] = {}
    for title, name in zip(titles, frame.columns, strict=True):
        values = frame[name].mask(frame[name] == "")
        if title in (SOURCE, TARGET):
            quoted = np.flatnonzero(values.str.startswith('"', na=False))
            if quoted.size:
                at = _numbers_of_lines(path, comment)[quoted[0]]
                hint = "ids in quotation marks belong into a table: add a header, and write `format: table`"
                raise SpecError(Problem(f"`{path.name}`, line {at}: `{values[quoted[0]][:40]}` is quoted", hint=hint))
            columns[title] = ids_of(pa.chunked_array([pa.array(values, pa.string(), from_pandas=True)])).to_pandas()
        else:
            numbers = pd.to_numeric(values, errors="coerce")
            columns[title] = numbers if numbers.notna().equals(values.notna()) else values
    return pd.DataFrame(columns)


def _from_networkx(path: Path, comment: str) -> pd.DataFrame:
    """Read what ``networkx.write_edgelist`` writes by default: attributes in braces behind the ids."""
    rows = tie_rows()
    for number, line in enumerate(_lines_of(path), 1):
        if not _is_tie(line, comment):
            continue
        try:
            one, two, attributes = line.decode("utf-8-sig").split(maxsplit=2)
            known = literal_eval(attributes.strip()).items()
        except (ValueError, SyntaxError, AttributeError, TypeError, MemoryError, RecursionError):
            hint = "as NetworkX writes it, a line is two ids and attributes in braces: ann bob {'weight': 2}"
            raise SpecError(Problem(f"`{path.name}`, line {number}: this cannot be read", hint=hint)) from None
        rows.ids[SOURCE].append(one)
        rows.ids[TARGET].append(two)
        rows.lines.append(number)
        for name, value in known:
            rows.put(str(name), str(value))
    return rows.table()


def _lines_of(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        yield from file


def _is_tie(line: bytes, comment: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith(comment.encode())


def _first_line(path: Path) -> tuple[int, str, str]:
    """Return number and text of the first line that is no comment, and the sign that begins comments."""
    comment = ""
    for number, line in enumerate(_lines_of(path), 1):
        if b"\0" in line:
            raise SpecError(f"`{path.name}` is binary, not an edge list")
        text = line.decode("utf-8-sig").strip()
        if text and text[0] in COMMENTS:
            comment = comment or text[0]
        elif text:
            return number, text, comment or COMMENTS[0]
    return 0, "", comment or COMMENTS[0]


def _numbers_of_lines(path: Path, comment: str) -> np.ndarray:
    """Return int64[n_ties]: the line of each tie; the file is read again, since only errors ask."""
    return np.array([number for number, line in enumerate(_lines_of(path), 1) if _is_tie(line, comment)], np.int64)


def _people_of(ties: pd.DataFrame) -> pd.DataFrame:
    """Return everybody who has a tie."""
    import pandas as pd

    ends = [pd.Series(ties[end].unique()) for end in (SOURCE, TARGET)]
    ids, missing = canonical_ids(pd.concat([each if each.dtype == np.int64 else each.astype(object) for each in ends]))
    return pd.DataFrame({NODE: np.unique(ids[~missing])})


def read_matrix(path: Path) -> GraphTables:
    """Read an adjacency matrix: who names is the row, who is named the column, a cell that is not 0 a tie.

    A table (CSV, Parquet) has ids in its header and in its first column, in any order; a Matrix Market file (``.mtx``)
    numbers people from 1. Cells are the column `weight`; empty ones are no ties.

    Parameters
    ----------
    path : Path

    Returns
    -------
    GraphTables
        Whether ties run one way is not said.

    Raises
    ------
    SpecError
        If rows and columns are not the same people, or a cell is no number.
    """
    name = path.name.lower().removesuffix(".gz")
    return _matrix_market(path) if name.endswith(".mtx") else _matrix_table(path)


def _matrix_table(path: Path) -> GraphTables:
    import pandas as pd

    if path.suffix.lower() == PARQUET:
        frame = read_table(path)
        frame[frame.columns[0]] = frame[frame.columns[0]].astype(str)
    else:
        frame = read_table(path, text=header_of(path)[:1])
    titles = list(map(str, frame.columns))
    by_row, missing = canonical_ids(frame.iloc[:, 0])
    if missing.any():
        raise SpecError(f"no id in {lines(np.flatnonzero(missing), frame)} of the matrix `{path.name}`")
    by_column, _ = canonical_ids(pd.Series(titles[1:], dtype=str))
    rows, columns = pd.Index(by_row.astype(str)), pd.Index(by_column.astype(str))
    for one, other, what in ((rows, columns, "column"), (columns, rows, "row")):
        lacking = one.difference(other)
        if len(lacking):
            shown = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
            hint = "the header and the first column of an adjacency matrix hold the ids of the same people"
            raise SpecError(Problem(f"the matrix `{path.name}` has no {what} for {shown}", hint=hint))
    if not rows.is_unique:
        twice = rows[rows.duplicated()][0]
        raise SpecError(f"two rows of the matrix `{path.name}` are those of {twice}")
    for k, title in enumerate(titles[1:], 1):
        if not pd.api.types.is_numeric_dtype(frame.iloc[:, k].dtype):
            raise SpecError(f"the column `{title}` of the matrix `{path.name}` holds words, not numbers")
    cells = frame.iloc[:, 1:].to_numpy(np.float64, na_value=0.0)
    row, column = np.nonzero(cells)
    ties = pd.DataFrame({SOURCE: by_row[row], TARGET: by_column[column], WEIGHT: cells[row, column]})
    number_of = (lambda at: row[at] + 1) if path.suffix.lower() == PARQUET else (lambda at: row[at] + 2)
    word = "row" if path.suffix.lower() == PARQUET else "line"
    ties.attrs[LINES] = Lines(word, number_of, lambda k: titles[1 + int(column[k])])
    return GraphTables(pd.DataFrame({NODE: by_row}), ties, None)


MARKET = re.compile(r"%%matrixmarket\s+matrix\s+coordinate\s+(real|integer|pattern)\s+(general|symmetric)", re.I)


def _matrix_market(path: Path) -> GraphTables:
    """Read a Matrix Market file; scipy's reader can crash the process on a damaged one."""
    import pandas as pd

    texts = (line.decode(errors="replace").strip() for line in _lines_of(path))
    kind = MARKET.match(next(texts, ""))
    if kind is None:
        hint = "it begins with %%MatrixMarket matrix coordinate, then real, integer or pattern, general or symmetric"
        raise SpecError(Problem(f"`{path.name}` is no Matrix Market file of real numbers", hint=hint))
    before, size = next(((k, text) for k, text in enumerate(texts, 2) if text and text[0] != "%"), (1, ""))
    numbers = [int(word) for word in size.split() if word.isascii() and word.isdigit() and len(word) < 10]
    if len(numbers) != 3 or len(size.split()) != 3:
        raise SpecError(
            f"`{path.name}`, line {before}: `{size[:40]}` is not the size of a matrix: rows, columns, entries"
        )
    if numbers[0] != numbers[1]:
        hint = "an adjacency matrix is square"
        raise SpecError(Problem(f"the matrix `{path.name}` is {numbers[0]} × {numbers[1]}", hint=hint))
    fields = [SOURCE, TARGET] + [WEIGHT] * (kind[1].lower() != "pattern")
    try:
        entries = pd.read_csv(
            path, sep=r"\s+", header=None, names=fields, index_col=False, skiprows=before, dtype=np.float64,
            comment="%", compression="infer", on_bad_lines="error",
        )  # fmt: skip
    except ValueError as error:
        raise SpecError(f"`{path.name}` cannot be read: {str(error)[:150]}") from None
    ends = entries[[SOURCE, TARGET]].to_numpy()
    wrong = np.flatnonzero(~((ends >= 1) & (ends <= numbers[0]) & (ends == np.floor(ends))).all(axis=1))
    if wrong.size:
        raise SpecError(f"`{path.name}`, entry {wrong[0] + 1}: rows and columns are numbered from 1 to {numbers[0]}")
    if len(entries) != numbers[2]:
        raise SpecError(f"`{path.name}` has {len(entries):,} entries; line {before} announces {numbers[2]:,}")
    ties = entries.astype({SOURCE: np.int64, TARGET: np.int64})
    if WEIGHT in ties:
        ties = ties[ties[WEIGHT] != 0]
    if kind[2].lower() == "symmetric":  # only one of its halves is in the file
        half = ties[ties[SOURCE] != ties[TARGET]]
        ties = pd.concat([ties, half.rename(columns={SOURCE: TARGET, TARGET: SOURCE})])
    places = ties.index.to_numpy()
    ties = ties.reset_index(drop=True)
    ties.attrs[LINES] = Lines("entry", lambda rows: places[rows] + 1)
    return GraphTables(pd.DataFrame({NODE: np.arange(1, numbers[0] + 1)}), ties, None)
