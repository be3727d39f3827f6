"""Files that a scenario names: tables of people, ties and observed data, and what stands for them in a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.finding import nearest_beside
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from simulator.graph_tables import GraphTables


def table_at(path: Path, ids: Collection[str] = ()) -> pd.DataFrame:
    """Read a table; a file that has not changed is read once.

    Parameters
    ----------
    path : Path
    ids : collection of str
        Columns that are read as words, so that ``007`` keeps its zeros.

    Returns
    -------
    pandas.DataFrame
        Not to be written to.

    Raises
    ------
    SpecError
    """
    return _table(path, tuple(sorted(ids)), _digest(path))


@lru_cache(maxsize=16)
def _table(path: Path, ids: tuple[str, ...], digest: str) -> pd.DataFrame:
    from simulator.tables import read_table

    return read_table(path, text=ids)


def graph_at(path: Path, form: str) -> GraphTables:
    """Read a file that is not a plain table; one that has not changed is read once.

    Parameters
    ----------
    path : Path
    form : str
        A format of `simulator.formats`.

    Returns
    -------
    GraphTables
        Not to be written to.

    Raises
    ------
    SpecError
    """
    return _graph(path, form, _digest(path))


@lru_cache(maxsize=8)
def _graph(path: Path, form: str, digest: str) -> GraphTables:
    from simulator.formats import read_graph

    return read_graph(path, form)


def content_hash(path: Path, ids: Collection[str] = (), form: str = "table", part: str = "") -> str:
    """Return a hash of a table that does not depend on the order of its rows, nor on how the file is packed.

    Each row gets two 64-bit words that depend on all of it; their sums over all rows, with the names of the columns,
    are hashed.

    Parameters
    ----------
    path : Path
    ids : collection of str
        Columns that are read as words; the same as where the table is read for its content.
    form : str
        The file's format.
    part : {"people", "ties"}
        Of a file that is not a plain table: which of its tables.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    SpecError
        If the file cannot be read.
    """
    return _content_hash(path, tuple(sorted(ids)), form, part, _digest(path))


@lru_cache(maxsize=64)
def _content_hash(path: Path, ids: tuple[str, ...], form: str, part: str, digest_of_bytes: str) -> str:
    import numpy as np

    frame = getattr(_graph(path, form, digest_of_bytes), part) if part else _table(path, ids, digest_of_bytes)
    digest = hashlib.blake2b(json.dumps([list(frame.columns), len(frame)]).encode(), digest_size=32)
    columns = [_words_of(frame[name]) for name in frame.columns]
    for lane in (1, 2):
        rows = np.full(len(frame), lane, np.uint64)
        for words in columns:
            rows ^= words
            _mix(rows)
        digest.update(int(rows.sum(dtype=np.uint64)).to_bytes(8, "little"))
    return digest.hexdigest()


def _words_of(column: pd.Series) -> np.ndarray:
    """Return uint64[n]: for each value of a column a word that stands for it."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_integer_dtype(column.dtype):
        return column.to_numpy(np.int64).view(np.uint64)
    if pd.api.types.is_float_dtype(column.dtype):
        numbers = column.to_numpy(np.float64) + 0.0  # there is no -0
        return np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64)
    codes, values = pd.factorize(column)
    hashed = [
        int.from_bytes(hashlib.blake2b(str(value).encode(), digest_size=8).digest(), "little") for value in values
    ]
    return np.array([*hashed, 0], np.uint64)[codes]  # code -1: missing


def _mix(words: np.ndarray) -> None:
    """Mix 64-bit words in place (SplitMix64; Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195)."""
    import numpy as np

    words += np.uint64(0x9E3779B97F4A7C15)
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)


def _digest(path: Path) -> str:
    """Return a hash of a file's bytes; its date would not do, since a clock tick is long enough to write twice."""
    try:
        if not path.is_file() and path.exists():
            raise SpecError(Problem(f"`{path.name}` is not a file"))
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        reason = "there is no file" if isinstance(error, FileNotFoundError) else "cannot read the file"
        near = nearest_beside(path)
        hint = f"looked in {path.parent}" if path.parent.is_dir() else f"there is no folder {path.parent}"
        hint = f"did you mean `{near}`? {hint}" if near else hint
        raise SpecError(Problem(f"{reason} `{path.name}`", hint=hint)) from None
    except ValueError:
        raise SpecError(Problem("this cannot be the name of a file")) from None
