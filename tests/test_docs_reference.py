"""What the documentation takes from the code is all there; notebooks become pages; figures quoted in prose hold."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from experiments.parts import TABLES
from experiments.vocabulary import SUBJECTS, words_for
from scenarios.bibliography import bibliography
from scenarios.grammar import GENERATORS, Part
from scenarios.inputs import inputs_of
from scenarios.loading import LIBRARY, load
from simulator.generators import networks

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NAMES = sorted(path.stem for path in LIBRARY.glob("*.yaml"))


@pytest.fixture(scope="module")
def docs() -> Any:
    """The modules beside the pages, as `docs/conf.py` imports them."""
    sys.path.insert(0, str(DOCS))
    try:
        import drawings
        import generate
        import notebook_pages

        found = ModuleType("docs")
        found.drawings, found.generate, found.notebook_pages = drawings, generate, notebook_pages  # type: ignore[attr-defined]
        return found
    finally:
        sys.path.remove(str(DOCS))


def models() -> list[type[Part]]:
    found, waiting = [], [Part]
    while waiting:
        model = waiting.pop()
        found.append(model)
        waiting += model.__subclasses__()
    return found


def test_every_key_of_the_grammar_is_listed_with_its_meaning_and_mark(docs: Any) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \|$", docs.generate.grammar(), re.MULTILINE)
    meanings = {(key, meaning) for key, _, _, meaning in rows}
    used = {row[0] for row in rows}
    for model in models():
        if model.__name__ in ("Part", "Sourced", "AnyLayer"):
            continue
        for name, field in model.model_fields.items():
            key = field.alias or name
            later = isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("later")
            assert key in used, f"{model.__name__}.{key}"
            if field.description and not field.description.startswith("A condition"):
                mark = f" {docs.generate.NOT_BUILT}" if later else ""
                assert (key, field.description.replace("|", r"\|") + mark) in meanings, f"{model.__name__}.{key}"


def test_what_a_key_takes_is_said_in_words(docs: Any) -> None:
    page = docs.generate.grammar()
    assert "| `share` | number from 0 to 1 |  | Share of those who satisfy `where`. |" in page
    assert "| `unit` | `year` or `month` or `week` or `day` or `hour` | needed |" in page
    assert "| `replicates` | whole number from 1 | `100` | How many random worlds. |" in page
    assert "### `behaviours.NAME.transitions.NAME`\n" in page
    assert re.search(r"^\| `rate` \| number or \[value\]\(#grammar-value\) or .* \| needed \|", page, re.MULTILINE)
    assert set(re.findall(r"\(#(grammar-\w+)\)", page)) <= set(re.findall(r"^\((grammar-\w+)\)=$", page, re.MULTILINE))


LATER_WORDS = {"networks": set(GENERATORS) - set(networks)}


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject != "scenarios"])
def test_every_registered_word_is_listed(docs: Any, subject: str) -> None:
    listed = docs.generate.words(subject)
    for name, help_line in words_for(subject).items():
        assert f"| `{name}` | {' '.join(help_line.split())} |" in listed
    assert listed.count(docs.generate.NOT_BUILT) == sum(f"`{name}`" in listed for name in LATER_WORDS.get(subject, []))
    assert f"## {subject.capitalize()}\n" in docs.generate.fill((DOCS / "reference" / "words.md").read_text())


def test_every_command_and_option_is_listed(docs: Any) -> None:
    page = docs.generate.commands()
    for words in ("## `netrial run`", "## `netrial check`", "## `netrial list`", "`--set KEY=VALUE`", "`--replicates"):
        assert words in page
    assert "| `SCENARIO" in page


def test_every_column_and_publication_is_listed(docs: Any) -> None:
    for name, columns in TABLES.items():
        assert f"## `{name}.parquet`" in docs.generate.tables()
        assert all(f"| `{field.name}` | {field.type} |" in docs.generate.tables() for field in columns)
    listed = docs.generate.bibliography()
    for key, publication in bibliography().items():
        assert f"| `{key}` | {publication.text}" in listed
        assert publication.doi is None or f"doi:{publication.doi}" in listed


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_library_has_every_input_with_its_source(docs: Any, name: str) -> None:
    page = (DOCS / "scenarios" / f"{name}.md").read_text()
    assert f"<!-- netrial: inputs {name} -->" in page
    filled = docs.generate.fill(page)
    for each in inputs_of(load(name).spec):
        (row,) = [line for line in filled.splitlines() if line.startswith(f"| `{each.name}` |")]
        assert row.split(" | ")[1] == each.value
        assert each.source in row.split(" | ")[3]
    assert f"](scenarios/{name}.md)" in docs.generate.scenarios()


def test_a_marker_that_names_nothing_is_an_error(docs: Any) -> None:
    with pytest.raises(KeyError):
        docs.generate.fill("<!-- netrial: nothing -->")


FRAME = '<table border="1" class="dataframe"></table>'
PIXEL = base64.b64encode(b"\x89PNG not really").decode()


def notebook(*cells: Any) -> str:
    return nbformat.writes(new_notebook(cells=list(cells)))


def test_an_executed_notebook_becomes_a_page(docs: Any) -> None:
    page = docs.notebook_pages.page(
        notebook(
            new_markdown_cell("# A town\n\nIt has people."),
            new_code_cell(
                "print(2)\ndraw()",
                execution_count=1,
                metadata={"alt": "Two curves."},
                outputs=[
                    new_output("stream", text="2\n"),
                    new_output("display_data", {"image/png": PIXEL, "text/plain": "<Figure>"}),
                    new_output("execute_result", {"text/html": FRAME, "text/plain": "table"}),
                    new_output("execute_result", {"text/plain": "'last'"}),
                ],
            ),
            new_code_cell("", execution_count=None),
        )
    )
    assert page == (
        "# A town\n\nIt has people.\n\n```python\nprint(2)\ndraw()\n```\n\n```text\n2\n```\n\n"
        f"![Two curves.](data:image/png;base64,{PIXEL})\n\n"
        '```{raw} html\n<div class="table-wrapper">\n<table class="docutils dataframe"></table>\n</div>\n```\n\n'
        "```text\n'last'\n```\n"
    )


@pytest.mark.parametrize(
    "cell",
    [
        new_code_cell("1 / 0", execution_count=None),
        new_code_cell("1 / 0", execution_count=1, outputs=[new_output("error", ename="E", evalue="0", traceback=[])]),
    ],
)
def test_a_notebook_that_was_not_executed_or_failed_is_refused(docs: Any, cell: Any) -> None:
    with pytest.raises(ValueError, match=r"was not executed|a cell failed: E: 0"):
        docs.notebook_pages.page(notebook(cell))


def test_sphinx_shows_a_notebook(tmp_path: Path) -> None:
    import shutil
    import subprocess

    source = tmp_path / "docs"
    source.mkdir()
    for name in ("conf.py", "generate.py", "notebook_pages.py"):
        shutil.copy(DOCS / name, source)
    shutil.copytree(DOCS / "_static", source / "_static")
    (source / "index.md").write_text("# All\n\n```{toctree}\nfirst\n```\n")
    drawn = new_output("display_data", {"image/png": PIXEL})
    cells = [new_markdown_cell("# A town"), new_code_cell("draw()", execution_count=1, outputs=[drawn])]
    (source / "first.ipynb").write_text(notebook(*cells))
    command = [sys.executable, "-m", "sphinx", "-W", "-q", str(source), str(tmp_path / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "first.html").read_text()
    assert "<h1>A town" in page
    assert 'alt="What the code above draws."' in page


@pytest.mark.parametrize("name", ["shared_luck", "simple_and_complex"])
def test_a_drawing_shows_what_netrial_computes(docs: Any, name: str) -> None:
    """If not: ``python docs/drawings.py`` draws them anew; then look at the prose too."""
    title = re.compile(r"<title>(.*?)</title>")
    committed = (DOCS / "explanation" / f"{name}.svg").read_text()
    assert title.findall(docs.drawings.DRAWINGS[name]()) == title.findall(committed)
    assert re.search(r"\d", title.findall(committed)[0])


def test_the_comparison_quotes_the_benchmark() -> None:
    rows = re.findall(
        r"^\| 10\^\d \| (\w+)[^|]*\|[^|]*\|[^|]*\|[^|]*\| \*\*([\d.e+]+)\*\* \|",
        (ROOT / "benchmarks" / "RESULTS.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) > 20
    ratios = [float(ratio) for _, ratio in rows]
    eon = [float(ratio) for peer, ratio in rows if peer == "EoN"]
    page = " ".join((DOCS / "comparison.md").read_text().split())
    assert f"took {min(ratios):.0f} to {max(ratios):,.0f} times as long as netrial" in page
    assert f"EoN, exact too, took {min(eon):.0f} to {max(eon):.0f} times as long" in page
