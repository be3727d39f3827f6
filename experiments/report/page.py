"""The report: one self-contained HTML file that a planner understands, and its figures as files.

1. Facts and tables are read from the results.
2. Figures are drawn once; the report takes their SVG into the page, the folder `figures/` gets SVG and PNG.
3. The page is filled in and written under a temporary name, then renamed.

No sentence is written by hand: each is made from the numbers beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from experiments.comparison.block import comparison_block, shared_inputs, with_kinds
from experiments.comparison.record import read_record
from experiments.figures.curves import shaded
from experiments.figures.distances import finding as distances_finding
from experiments.figures.dose import finding as dose_finding
from experiments.report import record, tables
from experiments.report.facts import Facts
from experiments.report.knowledge import knowledge_words
from experiments.report.network import player
from experiments.report.shaken import shaken
from experiments.report.words import PEOPLE_KINDS
from experiments.wording import BASE, plural
from simulator.errors import NetrialError, StoreError

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment

    from experiments.figures.style import Picture
    from experiments.results import Results

TEMPLATES = Path(__file__).parents[1] / "templates"
MOST_COMPARED = 8
"""Of strategies compared at equal cost, so many have panels: drawing all of them takes longer than running them."""
MOST_PANELS = 24
"""More arms than this have their panels in the folder only: a page of a hundred panels is not read."""


def write_report(results: Results, folder: Path | None = None) -> Path:
    """Write ``report.html`` and ``figures/`` into a folder.

    Parameters
    ----------
    results : Results
        Complete tables, resolved scenario and manifest.
    folder : Path, optional
        Made if it is missing. Default: the results folder.

    Returns
    -------
    Path
        Of ``report.html``; under 1 MB, loads nothing from anywhere. Equal results give equal bytes.

    Raises
    ------
    NetrialError
        If every replicate failed.
    StoreError
        If the folder cannot be written to.
    """
    from experiments.figures.drawing import save_figures
    from experiments.manifest import written

    if not results.manifest.get("completed", True):
        raise NetrialError(f"every replicate in {results.folder} failed, so there is nothing to report")
    html, pictures = render(results)
    folder = Path(results.folder) if folder is None else folder
    path = folder / "report.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_figures(pictures, folder / "figures")
        with written(path) as file:
            file.write(html.encode("utf-8"))
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}. Choose another folder") from error
    return path


def render(results: Results) -> tuple[str, list[Picture]]:
    """Return the page and the pictures that belong beside it, and write nothing."""
    from markupsafe import Markup

    from experiments.figures.drawing import draw_figures

    facts = Facts(results)
    reader = tables.Reader(facts)
    order = tables.ranked(facts, reader)
    words = facts.words[facts.primary]
    compared = read_record(results)
    money = _economics(facts)
    needed = _needed_to_treat(facts, money)
    blocks = tables.forest_blocks(facts, reader, order, needed.get(facts.primary, {}))
    drawn = draw_figures(
        facts,
        blocks,
        heading=words.heading,
        note_heading="needed to treat" if needed.get(facts.primary) else "",
        panels=None if compared is None else order[:MOST_COMPARED],
    )
    shown = [arm for arm in order if arm in drawn.panels][:MOST_PANELS]
    inputs = record.input_rows(facts)
    if compared is not None:
        inputs = shared_inputs(inputs, compared)
    # Where all cost the same, whoever does less is dominated.
    dominated = _dominated(facts, money) if compared is None else set()
    page = environment()
    page.filters["breakable"] = lambda place: Markup("<wbr>").join(re.split(r"(?<=[._])", place))
    html = page.get_template("report.html.j2").render(
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        title=str(facts.scenario.get("title") or facts.scenario.get("name") or "netrial"),
        subtitle=_subtitle(facts),
        facts=facts,
        words=words,
        base=f"{BASE:,}",
        verdict=verdict_words(facts),
        rests=rests_on(inputs, record.networks(facts), ranking=bool(facts.others)),
        assumed=[row for row in inputs if row.assumed],
        needed=any(needed.values()),
        intervals=facts.replicates > 1 and bool(facts.others),
        compared=None if compared is None else comparison_block(results, compared),
        table=with_kinds(tables.strategy_table(facts, reader, _costly(facts, money), dominated), compared),
        parts_shown=any(len(block.lines) > 1 for block in blocks),
        later_shown=any(line.estimand == "later" for block in blocks for line in block.lines),
        outcomes=tables.outcome_columns(facts, reader, order, needed),
        order=order,
        drawn=drawn,
        shown=shown,
        hidden_panels=len(drawn.panels) - len(shown),
        player=player(facts),
        left_out=_left_out(facts),
        distances_note=distances_words(facts),
        distances_finding=next(
            (distances_finding(facts, facts.distances[arm], arm) for arm in order if arm in drawn.distances), ""
        ),
        shaken=shaken(facts),
        dose_finding=dose_finding(facts, facts.doses, words.heading) if drawn.dose else "",
        knowledge=knowledge_words(facts) if drawn.knowledge else [],
        shaded=shaded(facts.bands(facts.watched)),
        observed=any(facts.observed(facts.watched).values()),
        observed_sources=_observed_sources(facts),
        inputs=inputs,
        references=record.references(facts),
        portrait=list(results.resolved.get("portrait") or []),
        protection=protection_words(facts),
        record=record.run_record(facts),
        failures=record.failures(facts),
        version=str((results.manifest.get("versions") or {}).get("netrial", "")),
    )
    return html, drawn.pictures()


@dataclass(frozen=True)
class VerdictWords:
    """The verdict: one sentence, and the colour of who wins (empty where nobody does)."""

    sentence: str
    colour: str = ""


def verdict_words(facts: Facts) -> VerdictWords:
    """Say in one sentence what the run found; the numbers are `verdict.decide`'s."""
    if not facts.others:
        return VerdictWords(f"Only {facts.labels[facts.control]} was run, so there is nothing to compare.")
    from experiments.verdict import sentence

    verdict = facts.results.verdict
    winner = verdict.winner
    return VerdictWords(sentence(verdict, facts.unit), facts.looks[winner].colour if winner in facts.looks else "")


def rests_on(inputs: list[record.InputRow], networks: int, *, ranking: bool) -> str:
    """Say how many inputs nobody has measured, and on how many networks the answer was tried."""
    subject = "This ranking" if ranking else "This run"
    costs = sum(row.assumed for row in inputs if row.kind == "cost")  # no ranking by an outcome depends on them
    ranked = [row for row in inputs if row.kind != "cost"]
    assumed = sum(row.assumed for row in ranked)
    fitted = sum(row.fitted for row in ranked)
    said = (
        f"{subject} rests on {plural(assumed, 'assumed input')}" if assumed else f"{subject} rests on no assumed input"
    )
    if fitted:
        said += f" and {plural(fitted, 'fitted input')}"
    said += f" out of {len(ranked)}" if ranked else ""
    said += ", on this one network" if networks == 1 else f", on {networks} networks"
    return f"{said}; its costs rest on {costs} more." if costs else f"{said}."


def protection_words(facts: Facts) -> list[str]:
    """Say whether the run is of the kind in which nobody can be worse off, and why not otherwise."""
    given = facts.results.resolved.get("protection")
    if not facts.others:
        return []
    if isinstance(given, Mapping):
        if given.get("holds"):
            return ["Under shared luck nobody is worse off in any strategy than in the control."]
        reasons = [str(reason) for reason in given.get("reasons") or []]
        return ["Some people may be worse off than in the control.", *reasons]
    return [str(line) for line in given or []]


def distances_words(facts: Facts) -> str:
    """Say what stands behind the figure of distances: the ties that count, and the replicates."""
    read = max((int(table["replicates"].max()) for table in facts.distances.values()), default=0)
    said = "Ties are those at the start, of all layers along which anything spreads, the way influence runs"
    if any((table["distance"] == "later").any() for table in facts.distances.values()):
        said += "; people first offered at a later date stand apart"
    if any(table["distance"].nunique() < 5 for table in facts.distances.values()):
        said += "; where there is no dot, nobody is so far away"
    return f"{said}. Mean of {plural(read, 'replicate')}." if read < facts.replicates else f"{said}."


def _left_out(facts: Facts) -> str:
    """Say why there is no picture of the network; nothing where there is one, or a run of an earlier version."""
    kept = facts.results.network
    return "" if kept is None else str(kept.facts["left_out"])


def _subtitle(facts: Facts) -> str:
    parts = [plural(round(facts.people), "person", "people"), f"{facts.horizon:g} {facts.unit}s"]
    if facts.others:
        control = facts.labels[facts.control]
        parts.append(f"{plural(len(facts.others), 'strategy', 'strategies')} against “{control}”")
    parts.append(plural(facts.replicates, "replicate"))
    return " · ".join(parts)


def _economics(facts: Facts) -> dict[str, pd.DataFrame]:
    """Costs and benefits by arm: for the primary outcome, and for each outcome that counts people."""
    from experiments.economics import strategies

    results = facts.results
    if not facts.others:
        return {}
    names = [name for name, words in facts.words.items() if name == facts.primary or words.kind in PEOPLE_KINDS]
    return {
        name: strategies(results.ledger, results.outcomes, results.pairs, results.specs, facts.control, name)
        for name in names
    }


def _costly(facts: Facts, money: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """The primary outcome's economics, or None where nothing costs anything."""
    table = money.get(facts.primary)
    return None if table is None or not (table["cost"] > 0).any() else table


def _dominated(facts: Facts, money: Mapping[str, pd.DataFrame]) -> set[str]:
    """Arms that are dear for what they do; of two that cost and do the same, neither."""
    from experiments.economics import incremental

    table = _costly(facts, money)
    if table is None:
        return set()
    status = incremental(table)
    return {str(arm) for arm, what in zip(status["arm"], status["status"], strict=True) if what == "dominated"}


def _needed_to_treat(facts: Facts, money: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """Number needed to treat in words, by outcome and arm; only where people are counted."""
    from experiments.economics import needed_to_treat_text

    found: dict[str, dict[str, str]] = {}
    for outcome, table in money.items():
        if facts.words[outcome].kind in PEOPLE_KINDS:
            texts = {str(row["arm"]): needed_to_treat_text(row) for row in tables.records(table)}
            texts = {arm: text for arm, text in texts.items() if text and arm != facts.control}
            if texts:
                found[outcome] = texts
    return found


def _observed_sources(facts: Facts) -> str:
    sources = [str(entry["source"]) for entry in facts.results.resolved.get("observed") or [] if entry.get("source")]
    return ", ".join(dict.fromkeys(sources))


def environment() -> Environment:
    """Return what pages are made in: strict, everything escaped, pictures by the filter `svg`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters["svg"] = lambda picture: Markup(inline_svg(picture))
    return made


def inline_svg(picture: Picture) -> str:
    """Return a picture's SVG for the page: no header, scalable, ids of its own, its text alternative as a label.

    Identifiers get the picture's name in front, since several figures share a page; rules that matplotlib writes for
    all elements are left to the page's own style; coordinates are cut to two decimals, and paths written shortly.
    """
    svg = picture.svg[picture.svg.index("<svg") :]
    svg = re.sub(r"\s*<title>.*?</title>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    prefix = re.sub(r"\W", "-", picture.name)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'(xlink:href)="#([^"]+)"', rf'\1="#{prefix}-\2"', svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<[^>]+>", _rounded, svg)
    svg = re.sub(r"([ML]) ([\d.]+ [\d.]+)\s+(?=[ML\"])", r"\1\2", svg)
    svg = re.sub(r"M([\d.]+ [\d.]+)L\1(?=[M\"])", r"M\1h0", svg)
    svg = re.sub(r">\s+<", "><", svg)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    size = f'viewBox="0 0 {view[1]} {view[2]}"' if view else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size} '
        f'role="img" aria-label={quoteattr(picture.alt)}>'
    )
    return head + svg[svg.index(">") + 1 :].strip()


def _rounded(tag: re.Match[str]) -> str:
    """Cut the coordinates in one tag to two decimals; text between tags, which is read as numbers, is not touched."""
    return re.sub(r"-?\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), tag[0])
