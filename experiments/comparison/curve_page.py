"""The page of curves: figure, sentences and table, and a folder of results for each budget beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.comparison.curve_words import NOBODY, alt_text, sentences
from experiments.comparison.ranking import primary_of
from experiments.comparison.words import benefit, currency_of, factor_of
from experiments.report.words import outcome_words
from experiments.wording import money, plain_label, plural
from simulator.errors import StoreError

if TYPE_CHECKING:
    from experiments.comparison.curves import Curves
    from experiments.figures.style import Picture

NAME = "budgets"
"""Of the figure's files."""


def write_page(curves: Curves) -> Path:
    """Write ``report.html`` and ``figures/budgets`` (SVG, PNG, CSV) into the folder of curves; return the page's path.

    Raises
    ------
    StoreError
        If the folder cannot be written to.
    """
    from experiments.figures.drawing import save_figures
    from experiments.manifest import written

    html, picture = render(curves)
    path = curves.folder / "report.html"
    try:
        save_figures([picture], curves.folder / "figures")
        with written(path) as file:
            file.write(html.encode("utf-8"))
    except OSError as error:
        raise StoreError(f"cannot write to {curves.folder}: {error.strerror}. Choose another folder") from error
    return path


def render(curves: Curves) -> tuple[str, Picture]:
    """Return the page, and its figure."""
    from markupsafe import Markup

    from experiments.figures.budgets import MOST_INTERVALS, benefits, budgets, order_of
    from experiments.figures.style import style
    from experiments.report.page import TEMPLATES, environment

    results = curves.comparisons[0].results
    scenario, spec, currency = results.resolved["scenario"], primary_of(results), currency_of(results)
    words = outcome_words(spec.name, scenario["outcomes"][spec.name], scenario)
    factor, ranking = factor_of(results), curves.ranking()
    table = benefits(ranking, factor)
    heading = f"{words.heading}, against {plain_label(results.control)}"
    alt = alt_text(curves, words.heading)
    with style():
        pictures = [
            budgets(table, heading, currency, alt, width, name)
            for width, name in ((700.0, NAME), (360.0, f"{NAME}_phone"))
        ]
    rows = []
    for name in order_of(table):
        of = ranking[ranking["strategy"] == name].set_index("budget")
        cells = [benefit(of.loc[each], factor) if each in of.index else "–" for each in curves.budgets]
        rows.append((plain_label(name), str(of["kind"].iloc[0]), cells))
    page = environment()
    html = page.get_template("curves.html.j2").render(
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        title=str(scenario.get("title") or scenario.get("name") or "netrial").partition(": strategies for ")[0],
        subtitle=f"{plural(len(rows), 'strategy', 'strategies')} at {plural(len(curves.budgets), 'budget')} "
        f"· {plural(results.manifest['completed'], 'replicate')} at each",
        heading=heading[:1].upper() + heading[1:],
        sentences=sentences(curves),
        pictures=pictures,
        budgets=[f"{money(each)} {currency}" for each in curves.budgets],
        folders=[each.results.folder.name for each in curves.comparisons],
        rows=rows,
        most_intervals=MOST_INTERVALS,
        nobody=NOBODY if any("–" in cells for _, _, cells in rows) else "",
        left_out=curves.left_out,
        version=str((results.manifest.get("versions") or {}).get("netrial", "")),
    )
    return html, pictures[0]
