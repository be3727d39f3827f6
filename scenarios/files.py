"""Files that a scenario names: tables of people, ties and observed data, and what stands for them in a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    import pandas as pd


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


def content_hash(path: Path) -> str:
    """Return a hash of a table that does not depend on the order of its rows.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    SpecError
        If the file cannot be read.
    """
    return _content_hash(path, _digest(path))


@lru_cache(maxsize=64)
def _content_hash(path: Path, digest_of_bytes: str) -> str:
    header, *rows = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines() or [b""]
    digest = hashlib.blake2b(digest_size=32)
    for row in (header, *sorted(rows)):
        digest.update(len(row).to_bytes(8, "little") + row)
    return digest.hexdigest()


def _digest(path: Path) -> str:
    """Return a hash of a file's bytes; its date would not do, since a clock tick is long enough to write twice."""
    try:
        if not path.is_file() and path.exists():
            raise SpecError(Problem(f"`{path.name}` is not a file"))
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        reason = "there is no file" if isinstance(error, FileNotFoundError) else "cannot read the file"
        hint = f"looked in {path.parent}" if path.parent.is_dir() else f"there is no folder {path.parent}"
        raise SpecError(Problem(f"{reason} `{path.name}`", hint=hint)) from None
    except ValueError:
        raise SpecError(Problem("this cannot be the name of a file")) from None
