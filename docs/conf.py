"""How Sphinx builds the documentation. Nothing is fetched: fonts, scripts and pictures are all local."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import generate  # noqa: E402
import notebook_pages  # noqa: E402
from pygments.lexers.special import TextLexer  # noqa: E402

project = "netrial"
author = copyright = "the netrial developers"
release = version = version_of("netrial")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".ipynb": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
add_module_names = False

html_theme = "furo"
html_title = "netrial"
html_static_path = ["_static"]
html_css_files = ["netrial.css"]
html_js_files = ["netrial.js"]
html_copy_source = html_show_sourcelink = html_show_copyright = False


def _read(app: Any, docname: str, source: list[str]) -> None:
    """Turn notebooks into Markdown, and fill in what comes from the code."""
    if Path(app.env.doc2path(docname)).suffix == ".ipynb":
        source[0] = notebook_pages.page(source[0])
    source[0] = generate.fill(source[0])


def _signature(app: Any, what: str, name: str, *_: Any) -> tuple[str, None] | None:
    """Leave out how a scenario and results are made: `netrial.load` and `netrial.run` do it."""
    return ("", None) if name in ("netrial.Scenario", "netrial.Results") else None


def setup(app: Any) -> None:
    """Join Sphinx's reading of each page."""
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", _read)
    app.connect("autodoc-process-signature", _signature)
