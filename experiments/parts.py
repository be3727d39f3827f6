"""Parts: all tables of one replicate as bytes with a checksum, and the columns that every table has.

A part is a line of JSON (whose it is, and the hash of the rest), then one Arrow stream per table. Rows are sorted
within each arm before they are written, so that joining parts takes one stable sort by arm.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

Table = pd.DataFrame | Mapping[str, Any]
"""A table: a DataFrame, or the arrays of its columns by name (quicker to make)."""


FORMAT = 3
"""Raised whenever a part comes to hold other tables: parts of another format are made again."""


class OtherFormatError(ValueError):
    """A part was written by a netrial whose parts hold other tables."""


def _schema(text: str) -> pa.Schema:
    types = {"s": pa.string(), "i": pa.int64(), "f": pa.float64(), "b": pa.bool_()}
    return pa.schema([(word[:-2], types[word[-1]]) for word in text.split()])


TABLES = {
    "curves": _schema("arm:s replicate:i draw:i time:f behaviour:s state:s group_by:s group:s count:i"),
    "outcomes": _schema("arm:s replicate:i draw:i outcome:s value:f reached:b"),
    "pairs": _schema("arm:s replicate:i draw:i outcome:s estimand:s people:i value:f control_value:f"),
    "distances": _schema("arm:s replicate:i draw:i outcome:s distance:s people:i value:f control_value:f"),
    "knowledge": _schema("arm:s replicate:i draw:i outcome:s value:f perfect_value:f control_value:f"),
    "effects": _schema(
        "arm:s outcome:s estimand:s mean:f control_mean:f effect:f low:f high:f one_town_low:f one_town_high:f "
        "probability_best:f best_in_world:f variance_ratio:f replicates:i reached:f control_reached:f"
    ),
    "ledger": _schema("arm:s replicate:i draw:i time:f intervention:s action:s people:i cost:f"),
}
"""Columns and types of every table, in order."""

NETWORK_TABLES = {
    "network_people": _schema("place:i id:s x:i y:i"),
    "network_states": _schema("arm:s time:f place:i state:s offered:b"),
    "network_ties": _schema("arm:s layer:s one:i two:i since:f until:f"),
}
"""Columns of the tables of a `NetworkPicture`, rows in the order in which they are made."""

SHAKE = _schema(
    "number:i place:s what:s kind:s unit:s change:s value:s shaken:s note:s reason:s arms:s "
    "answer:s winner:s leader:s runner_up:s probability_best:f lead:f lead_low:f lead_high:f "
    "effect:f low:f high:f leader_effect:f leader_low:f leader_high:f people:f best_value:s cost_per_unit:f "
    "replicates:i failed:i"
)
"""Columns of ``shake.parquet``, the table of `experiments.shake`: the trial as it is, then a row for each change."""

SORTED_BY = {
    "curves": ("draw", "time", "behaviour", "state", "group_by", "group"),
    "outcomes": ("draw", "outcome"),
    "pairs": ("draw", "outcome", "estimand"),
    "distances": ("draw", "outcome", "distance"),
    "knowledge": ("draw", "outcome"),
    "ledger": ("draw", "time"),  # at one instant, in the order in which things were done
    "targets": ("draw", "intervention", "person"),
}
"""Order of the rows of one arm and replicate; tables are sorted by arm and replicate before."""

PART_TABLES = {
    **{name: TABLES[name] for name in ("curves", "outcomes", "pairs", "distances", "knowledge", "ledger")},
    "targets": _schema("arm:s replicate:i draw:i intervention:s person:i"),
}


def encode(replicate: int, tables: Mapping[str, Table], scenario_hash: str) -> bytes:
    """Turn the tables of one replicate into a part.

    Parameters
    ----------
    replicate : int
    tables : mapping of str to DataFrame, or to a mapping of columns
        With the names and columns of `PART_TABLES`, rows in any order.
    scenario_hash : str

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If a table is unknown, lacks a column, or holds another replicate.
    """
    payload = io.BytesIO()
    for name in sorted(tables):
        if name not in PART_TABLES:
            raise ValueError(f"a part holds no table `{name}`; allowed: {', '.join(PART_TABLES)}")
        table = to_arrow(tables[name], PART_TABLES[name])
        if pc.any(pc.not_equal(table["replicate"], replicate)).as_py():
            raise ValueError(f"table `{name}` holds rows of other replicates than {replicate}")
        keys = ("arm", *SORTED_BY[name])
        table = table.sort_by([(key, "ascending") for key in keys]).replace_schema_metadata({"table": name})
        with pa.ipc.new_stream(payload, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
            stream.write_table(table.combine_chunks())
    data = payload.getvalue()
    header = {"netrial_part": FORMAT, "hash": scenario_hash, "replicate": replicate, "blake2b": _digest(data)}
    return json.dumps(header).encode() + b"\n" + data


def checked(part: bytes, replicate: int, scenario_hash: str) -> bytes:
    """Return what follows a part's first line.

    Raises
    ------
    OtherFormatError
        If the part is of another format.
    ValueError
        If the part is not, byte for byte, what was written for this replicate of this scenario.
    """
    first, _, data = part.partition(b"\n")
    header = json.loads(first)
    expected = {"netrial_part": FORMAT, "hash": scenario_hash, "replicate": replicate, "blake2b": _digest(data)}
    if header != expected:
        other = header.get("netrial_part") if isinstance(header, dict) else None
        if isinstance(other, int) and header == expected | {"netrial_part": other}:
            raise OtherFormatError(f"the part is of format {other}, not {FORMAT}")
        raise ValueError("the part's first line does not fit what follows it")
    return data


def owner(part: bytes) -> tuple[str, int, int]:
    """Return whose a part is: the scenario's hash, the replicate, and the version of the part.

    Raises
    ------
    ValueError
        If it is no part, or not, byte for byte, what was written.
    """
    first, _, data = part.partition(b"\n")
    header = json.loads(first)
    if not isinstance(header, dict) or header.get("blake2b") != _digest(data):
        raise ValueError("the part's first line does not fit what follows it")
    try:
        return str(header["hash"]), int(header["replicate"]), int(header["netrial_part"])
    except (KeyError, TypeError) as error:
        raise ValueError("the part's first line does not say whose it is") from error


def decode(part: bytes, replicate: int, scenario_hash: str) -> dict[str, pa.Table]:
    """Return the tables of a part; raises ValueError as `checked` does."""
    data = checked(part, replicate, scenario_hash)
    tables = {}
    source = pa.BufferReader(data)
    while source.tell() < len(data):
        table = pa.ipc.open_stream(source).read_all()
        tables[table.schema.metadata[b"table"].decode()] = table.replace_schema_metadata(None)
    return tables


def join(name: str, parts: list[pa.Table]) -> pd.DataFrame:
    """Join one table of several replicates, given in order, sorted by arm and replicate.

    Parameters
    ----------
    name : str
    parts : list of pyarrow.Table

    Returns
    -------
    DataFrame
        With all columns, also where there are no parts.
    """
    table = pa.concat_tables(parts).combine_chunks() if parts else PART_TABLES[name].empty_table()
    return to_pandas(table.take(pc.sort_indices(table["arm"])))


def offered(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield arm, intervention and who was offered it (int64, distinct) from the table `targets` of one part."""
    table = tables.get("targets")
    if table is None or not len(table):
        return
    arms, interventions = (table[key].combine_chunks().dictionary_encode() for key in ("arm", "intervention"))
    persons = table["person"].to_numpy()
    n = len(interventions.dictionary)
    codes = arms.indices.to_numpy() * n + interventions.indices.to_numpy()
    for code in np.unique(codes):
        arm, intervention = arms.dictionary[code // n].as_py(), interventions.dictionary[code % n].as_py()
        yield arm, intervention, np.unique(persons[codes == code])


def to_arrow(frame: Table, schema: pa.Schema) -> pa.Table:
    """Turn a table into Arrow with these columns, in this order; any others are left out.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    missing = [name for name in schema.names if name not in frame]
    if missing:
        raise ValueError(f"a table lacks the column `{missing[0]}`; it needs {', '.join(schema.names)}")
    columns = [pa.array(frame[field.name], type=field.type, from_pandas=field.type != pa.float64()) for field in schema]
    return pa.Table.from_arrays(
        [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns],
        schema=schema,
    )


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table into pandas; true or false with gaps becomes pandas' own nullable type."""
    return table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
