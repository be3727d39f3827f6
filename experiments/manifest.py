"""The manifest: whose results a folder holds, how they were made, and the hashes that show damage."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import numpy as np

from simulator import ENGINE
from simulator.errors import StoreError

FORMAT = 1
"""Version of the results folder."""
_PACKAGES = ("netrial", "numpy", "numba", "mesa", "networkx", "networkit", "scipy", "pandas", "pyarrow")


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Read a folder's manifest.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    dict

    Raises
    ------
    StoreError
        If there is none, it is damaged, or it is of another version of the results folder.
    """
    path = Path(folder) / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["netrial_results"] != FORMAT:
            raise StoreError(
                f"{folder} is a results folder of version {manifest['netrial_results']}; this netrial reads version "
                f"{FORMAT}. Use the netrial that wrote it"
            )
        whole = manifest["checksum"] == _checksum(manifest) and {"scenario", "hash", "status"} <= set(manifest)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(f"{folder} is no results folder: {_what_it_is(Path(folder))}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged. Delete the folder, or choose another one") from error
    if not whole:
        raise StoreError(f"{path} is damaged. Delete the folder, or choose another one")
    return manifest


def _what_it_is(path: Path) -> str:
    """Say what stands where a results folder should, and which one may have been meant."""
    if path.is_file():
        return "it is a file. Name a folder such as results/walk-1a2b3c4d; `netrial status` lists them"
    if not path.exists():
        return "there is no such folder. `netrial status` lists those that there are"
    inside = sorted(str(each.parent) for each in path.glob("*/manifest.json"))
    return f"it has no manifest.json{'. In it are ' + ', '.join(inside[:5]) if inside else ''}"


def write_manifest(folder: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Write a manifest with its checksum; return it as it will be read."""
    manifest = plain({"netrial_results": FORMAT, **content})
    manifest["checksum"] = _checksum(manifest)
    with written(folder / "manifest.json") as file:
        file.write(to_json(manifest))
    return manifest


def versions() -> dict[str, str]:
    """Return the versions of Python, of the packages that results rest on, and of the engine (`simulator.ENGINE`)."""
    found = {"python": platform.python_version(), "engine": str(ENGINE)}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def now() -> str:
    """Return the time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain(value: Any) -> Any:
    """Turn mappings, sequences and numpy numbers into what JSON holds; NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def to_json(value: Any) -> bytes:
    """Write plain data for people to read."""
    return json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Write a file under a hidden temporary name; give it its own name once it is whole and on disk."""
    temporary = path.with_name(f".{path.name}.netrial-tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _checksum(manifest: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != "checksum"}
    return hashlib.blake2b(json.dumps(rest, sort_keys=True).encode(), digest_size=16).hexdigest()
