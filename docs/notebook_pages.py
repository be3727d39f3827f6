"""Executed notebooks as pages: text, code, and what the code printed, drew and returned, as it stands in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

PICTURES = {"image/png": "data:image/png;base64,", "image/jpeg": "data:image/jpeg;base64,"}


def page(notebook: str) -> str:
    """Return a notebook as a page in Markdown.

    A picture's text alternative is the ``alt`` of its cell's metadata (in a percent script: ``# %% alt="…"``).

    Parameters
    ----------
    notebook : str
        The JSON of an executed notebook (nbformat 4).

    Raises
    ------
    ValueError
        If a cell of code was not executed, or failed.
    """
    return "\n\n".join(part for cell in json.loads(notebook)["cells"] for part in _cell(cell)) + "\n"


def _cell(cell: Mapping[str, Any]) -> Iterator[str]:
    text = _text(cell["source"]).strip("\n")
    if cell["cell_type"] == "markdown":
        yield text
    elif cell["cell_type"] == "code" and text:
        if cell["execution_count"] is None:
            raise ValueError(f"this cell was not executed: {text.splitlines()[0]}")
        yield _fenced("python", text)
        for output in cell["outputs"]:
            yield _output(output, cell["metadata"].get("alt", "What the code above draws."))


def _output(output: Mapping[str, Any], alt: str) -> str:
    if output["output_type"] == "error":
        raise ValueError(f"a cell failed: {output['ename']}: {output['evalue']}")
    if output["output_type"] == "stream":
        return _fenced("text", _text(output["text"]).rstrip("\n"))
    data = {kind: _text(each) for kind, each in output["data"].items() if kind.startswith(("text/", "image/"))}
    for kind, address in PICTURES.items():
        if kind in data:
            return f"![{alt}]({address}{''.join(data[kind].split())})"
    if "text/html" in data:
        table = data["text/html"].replace('border="1" class="dataframe"', 'class="docutils dataframe"')
        table = table.replace("<th></th>", "<td></td>")  # a heading without words heads nothing
        return _fenced("{raw} html", f'<div class="table-wrapper">\n{table}\n</div>')
    return _fenced("text", data.get("text/plain", ""))


def _text(given: str | list[str]) -> str:
    return given if isinstance(given, str) else "".join(given)


def _fenced(language: str, text: str) -> str:
    fence = "````" if "```" in text else "```"
    return f"{fence}{language}\n{text}\n{fence}"
