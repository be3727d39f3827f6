"""The tutorials run, the numbers in their text hold, and the notebooks that readers open are what the scripts give."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("jupytext", reason="the extra [notebook] is not installed")
import nbformat

FOLDER = Path(__file__).parent.parent / "docs" / "tutorials"
spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
execute = importlib.util.module_from_spec(spec)
spec.loader.exec_module(execute)


def said(notebook) -> list[str]:
    """What the cells print and show as text."""
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    ]
    return [text for text in texts if not text.startswith("<Figure")]


@pytest.mark.parametrize("script", execute.scripts(), ids=lambda script: script.stem)
def test_the_notebook_is_what_the_script_gives(script):
    committed = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    notebook = execute.executed(script)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in committed.cells]
    assert said(notebook) == said(committed)
    assert any("assert" in cell.source for cell in notebook.cells if cell.cell_type == "code")
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", ()) if "image/png" in str(output)]
    assert pictures
    errors = [output for cell in committed.cells for output in cell.get("outputs", ()) if output.output_type == "error"]
    assert not errors


def test_a_wrong_number_would_be_seen(tmp_path):
    script = tmp_path / "wrong.py"
    text = (FOLDER / "first_trial.py").read_text()
    short = "# %%\nspent = 5\n\n# %%\n" + text[text.index("assert spent") :].splitlines()[0].replace(
        "spent.between(20_000, 22_000).all()", "spent == 6"
    )
    script.write_text(short)
    with pytest.raises(Exception, match="AssertionError"):
        execute.executed(script)
