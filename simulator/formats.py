"""File formats of people and ties: which one a file is in, and how it is read."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from simulator.edge_lists import opened, read_edge_list, read_matrix
from simulator.errors import SpecError
from simulator.graph_tables import GraphTables
from simulator.pajek import read_pajek
from simulator.xml_graphs import read_gexf, read_graphml

TABLE, EDGE_LIST, MATRIX, GRAPHML, GEXF, PAJEK = "table", "edge_list", "matrix", "graphml", "gexf", "pajek"

FORMATS = {
    TABLE: "CSV or Parquet with named columns: one row for each tie, person, or answer to a survey",
    EDGE_LIST: "text without a header: two ids a line, separated by spaces, tabs or a comma",
    MATRIX: "an adjacency matrix: CSV or Parquet with ids in its header and first column, or Matrix Market",
    GRAPHML: "GraphML",
    GEXF: "GEXF, as Gephi writes it",
    PAJEK: "a Pajek network",
}
"""The formats, with a line on each."""

GRAPH_FILES = (GRAPHML, GEXF, PAJEK)
"""Formats that hold people with attributes, beside their ties."""

SUFFIXES = {
    ".graphml": GRAPHML,
    ".gexf": GEXF,
    ".net": PAJEK,
    ".paj": PAJEK,
    ".txt": EDGE_LIST,
    ".edgelist": EDGE_LIST,
    ".edges": EDGE_LIST,
    ".mtx": MATRIX,
}
"""The format of a file by the end of its name; every other is a table."""


def format_of(name: str, stated: str | None = None) -> str:
    """Return the format of a file: the one stated, or that of its name, whether or not it is packed (``.gz``)."""
    path = Path(name.lower().removesuffix(".gz"))
    return stated if stated is not None else SUFFIXES.get(path.suffix, TABLE)


def read_graph(path: Path, form: str) -> GraphTables:
    """Read a file that is not a plain table.

    Parameters
    ----------
    path : Path
        Unpacked on the way where its name ends in ``.gz``.
    form : str
        A key of `FORMATS`, but for "table".

    Returns
    -------
    GraphTables

    Raises
    ------
    SpecError
        If the file is not there, or damaged, or of another format; with the line, where there is one.
    """
    try:
        if form == EDGE_LIST:
            return read_edge_list(path)
        if form == MATRIX:
            return read_matrix(path)
        reader = {GRAPHML: read_graphml, GEXF: read_gexf, PAJEK: read_pajek}[form]
        with opened(path) as file:
            return reader(file, path.name)
    except FileNotFoundError:
        raise SpecError(f"there is no file `{path}`") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SpecError(f"`{path.name}` is damaged: {str(error)[:100]}") from None
    except OSError as error:
        raise SpecError(f"`{path}` cannot be read: {(error.strerror or 'unknown error').lower()}") from None
