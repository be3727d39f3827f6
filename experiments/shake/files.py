"""The file of a shaken trial: its table, and the tables of the run that it rests on."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from experiments.manifest import sha256_of
from experiments.parts import SHAKE, to_arrow

TABLE = "shake.parquet"
RESTS_ON = ("resolved.json", "outcomes.parquet", "pairs.parquet", "ledger.parquet")
"""Files of the run; with other ones, another number of replicates say, the table says nothing."""
FIGURES = "shake.*"


def table_bytes(table: pd.DataFrame, outputs: Mapping[str, str]) -> bytes:
    """Return a table as the bytes of its file, with the hashes of what it rests on; equal runs give equal bytes.

    Parameters
    ----------
    table : DataFrame
    outputs : mapping of str to str
        Files of the run, and their hashes.
    """
    rests_on = json.dumps({name: outputs[name] for name in RESTS_ON})
    file = io.BytesIO()
    pq.write_table(to_arrow(table, SHAKE).replace_schema_metadata({"rests_on": rests_on}), file, compression="zstd")
    return file.getvalue()


def still_right(folder: Path, outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the table of a folder and its hash, if it rests on the run as it now is; remove one that does not.

    Its parts stay: shaken again, only what is missing is run.

    Parameters
    ----------
    folder : Path
    outputs : mapping of str to str
        Files of the run as it now is, and their hashes.
    """
    path = folder / TABLE
    if not path.exists():
        return {}
    try:
        rests_on = json.loads((pq.read_schema(path).metadata or {})[b"rests_on"])
    except (OSError, ValueError, KeyError):
        rests_on = {}
    if rests_on == {name: outputs.get(name) for name in RESTS_ON}:
        return {TABLE: sha256_of(path)}
    for stale in (path, *(folder / "figures").glob(FIGURES)):
        stale.unlink()
    return {}
