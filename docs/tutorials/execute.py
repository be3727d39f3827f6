"""Run the tutorials and write them as notebooks: ``python docs/tutorials/execute.py`` (``make notebooks``).

The percent scripts beside this file are the source; the executed notebooks are for readers.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
SECONDS = 300


def scripts() -> list[Path]:
    """Return the tutorials, in order of name."""
    return sorted(path for path in FOLDER.glob("*.py") if path.stem != "execute")


def notebook_of(script: Path) -> nbformat.NotebookNode:
    """Read a script as a notebook without outputs, whose cells are numbered."""
    notebook = jupytext.read(script)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    return notebook


def executed(script: Path) -> nbformat.NotebookNode:
    """Run a script in an empty folder, and return it as a notebook with outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails, one that checks the numbers in the text too.
    """
    notebook = notebook_of(script)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when each cell ran
    notebook.metadata.pop("language_info", None)
    return notebook


if __name__ == "__main__":
    for script in scripts():
        print(script.name, file=sys.stderr)
        nbformat.write(executed(script), script.with_suffix(".ipynb"))
