"""The report: what it says agrees with the tables, it loads nothing, and it is true in every odd case."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import math
import re
import shutil
import subprocess
from contextlib import nullcontext
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

import fake_results
import pytest

from experiments import wording
from experiments.figures import drawing as figures
from experiments.figures import style as figures_style
from experiments.figures.style import Picture
from experiments.report import page as report
from experiments.report import record
from experiments.report.words import outcome_words
from experiments.wording import digits_for, interval, number

LONG = "a_very_long_name_of_a_strategy_that_somebody_thought_would_be_helpful_to_spell_out_in_full_detail"
NUMBER = re.compile(r"[−+]?\d[\d,]*\.?\d*")
SMALL = {"arms": ("usual_care", "champions", "groups", "champions_at_random"), "replicates": 12, "times": 6}
ALONE_NUMBER = {"count": "obesity.obese", "at": "end", "better": "higher"}
TWO = ("usual_care", "champions")
DRAWN = (
    "control alone",
    "one replicate",
    "higher is better",
    "twenty arms",
    "no effect",
    "tiny",
    "huge",
    "odd names",
    "with a picture of the network",
)
"""Cases whose pictures differ from the usual ones in kind."""
CASES = {
    "as usual": {},
    "control alone": {"arms": ("usual_care",)},
    "one replicate": {"replicates": 1, "arms": TWO},
    "no costs": {"costs": False, "currency": None},
    "higher is better": {
        "outcomes": {"users": ALONE_NUMBER},
        "primary": "users",
        "people": 1047,
        "start": 1963,
        "arms": TWO,
    },
    "time to": {"primary": "time_to_quarter"},
    "share": {"primary": "obese_at_end"},
    "difference": {"primary": "gap"},
    "no effect": {"strength": 0.0, "arms": TWO},
    "worse": {"strength": -1.0},
    "no parts": {"estimands": ("overall",)},
    "twenty arms": {"arms": ["usual_care", *(f"strategy_{i}" for i in range(18)), LONG], "replicates": 3},
    "tiny": {"scale": 1e-7, "arms": TWO},
    "huge": {"people": 100_000_000, "arms": TWO},
    "odd names": {"arms": ("usual_care", LONG, "<b>&\"'$x_1$", "ünïcode_名前"), "title": "<script>alert(1)</script>"},
    "with a picture of the network": {"arms": TWO, "network": 40},
    "many networks, failures": {"networks": 10, "assumed": 0, "failures": {"3": "it <failed>"}},
}


class Page(HTMLParser):
    """The cells, tags and words of a report."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.cells: dict[tuple[str, str, str], dict[str, str]] = {}
        self.columns: dict[str, list[str]] = {}
        self.words: list[str] = []
        self._table = self._arm = self._key = ""
        self._skip = 0
        self._column = 0
        self._in: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag in ("style", "svg", "script"):
            self._skip += 1
        if tag == "table":
            self._table = found["id"]
        if tag == "tr":
            self._arm, self._column = found.get("data-arm", ""), 0
        if tag in ("td", "th"):
            self._key = found.get("data-key", str(self._column))
            self._column += 1
            if self._arm:
                self.cells[self._table, self._arm, self._key] = {"text": "", "value": ""}
        if tag == "data":
            self.cells[self._table, self._arm, self._key]["value"] = found["value"]
        if tag == "small" and self._arm and (self._table, self._arm, self._key) in self.cells:
            self.cells[self._table, self._arm, self._key]["text"] += " | "

    def handle_endtag(self, tag):
        if tag in ("style", "svg", "script"):
            self._skip -= 1
        if tag in ("td", "th"):
            self._key = ""

    def handle_data(self, data):
        if self._skip:
            return
        self.words.append(data)
        if self._arm and self._key:
            self.cells[self._table, self._arm, self._key]["text"] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def cell(self, arm: str, key: str, table: str = "strategies") -> dict[str, str]:
        return self.cells[table, arm, key]


def numbers_in(text: str) -> list[float]:
    return [float(found.replace(",", "").replace("−", "-").rstrip(".")) for found in NUMBER.findall(text)]


def page_of(tmp_path: Path, *, pictures: bool = False, **changes) -> tuple[Page, str, Any]:
    """Render a page; without its pictures, which take nearly all the time, unless a test reads them."""
    results = fake_results.results(tmp_path, **{**SMALL, **changes})
    return (*rendered(results, pictures=pictures), results)


def rendered(results: Any, *, pictures: bool = False) -> tuple[Page, str]:
    drawing = nullcontext() if pictures else mock.patch.object(figures, "draw_figures", return_value=figures.Figures())
    with drawing:
        text, _ = report.render(results)
    return Page(text), text


@pytest.fixture(autouse=True)
def _no_png(monkeypatch, request):
    """Leave the PNGs out, which take half of the time, where no test reads them."""
    if "written" not in request.node.name:
        monkeypatch.setattr(figures_style, "write_png", lambda figure: b"")


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("usual"), pictures=True)


def overall(results, arm: str, estimand: str = "overall", outcome: str = "obese_years") -> dict:
    rows = results.effects
    rows = rows[(rows["arm"] == arm) & (rows["estimand"] == estimand) & (rows["outcome"] == outcome)]
    return rows.iloc[0].to_dict()


# ---- numbers agree with the tables


def test_effects_and_intervals_are_those_of_the_table_turned_to_benefit(usual):
    page, _, results = usual
    for arm in results.resolved["arms"][1:]:
        for key, estimand in (("effect", "overall"), ("total", "total"), ("spillover", "spillover")):
            row, cell = overall(results, arm, estimand), page.cell(arm, key)
            # 10,000 people, so a total is its own rate per 10,000; lower is better, so a fall is a benefit.
            assert float(cell["value"]) == pytest.approx(-row["effect"], rel=1e-12)
            mean, low, high = numbers_in(cell["text"])[:3]
            size = abs(row["effect"])
            assert mean == pytest.approx(-row["effect"], abs=max(0.5, 0.005 * size))
            assert low == pytest.approx(-row["high"], abs=max(0.5, 0.005 * size))
            assert high == pytest.approx(-row["low"], abs=max(0.5, 0.005 * size))
        row = overall(results, arm)
        assert numbers_in(page.cell(arm, "town")["text"]) == pytest.approx(
            [-row["one_town_high"], -row["one_town_low"]], abs=0.51
        )
        assert float(page.cell(arm, "best")["value"]) == row["probability_best"]
        assert float(page.cell(arm, "level")["value"]) == pytest.approx(row["mean"])


def test_parts_add_up_to_the_whole(usual):
    page, _, results = usual
    for arm in results.resolved["arms"][1:]:
        whole, total, spillover = (float(page.cell(arm, key)["value"]) for key in ("effect", "total", "spillover"))
        assert total + spillover == pytest.approx(whole)


def test_costs_are_those_of_the_ledger(usual):
    page, _, results = usual
    for arm in results.resolved["arms"][1:]:
        lines = results.ledger[results.ledger["arm"] == arm]
        cost = lines["cost"].sum() / results.manifest["replicates"]
        assert float(page.cell(arm, "cost")["value"]) == pytest.approx(cost)
        assert numbers_in(page.cell(arm, "cost")["text"]) == pytest.approx([cost], abs=0.51)
        per_unit = float(page.cell(arm, "cost_per_unit")["value"])
        assert per_unit == pytest.approx(cost / -overall(results, arm)["effect"])
        shown = numbers_in(page.cell(arm, "cost_per_unit")["text"])
        assert shown[0] == pytest.approx(per_unit, rel=0.01)
        assert shown[1] <= shown[0] <= shown[2]


def test_effects_are_per_ten_thousand_whatever_the_number_of_people(tmp_path):
    page, _, results = page_of(tmp_path, people=4000)
    row = overall(results, "champions")
    assert float(page.cell("champions", "effect")["value"]) == pytest.approx(-2.5 * row["effect"])
    assert "Costs are for the 4,000 people simulated" in page.text


def test_shares_are_given_as_people_and_their_cost_as_that_of_one_person(tmp_path):
    page, _, results = page_of(tmp_path, primary="obese_at_end", people=5000)
    row = overall(results, "champions", outcome="obese_at_end")
    assert float(page.cell("champions", "effect")["value"]) == pytest.approx(-10_000 * row["effect"])
    cost = results.ledger.loc[results.ledger["arm"] == "champions", "cost"].sum() / 12
    per_person = float(page.cell("champions", "cost_per_unit")["value"])
    assert per_person == pytest.approx(cost / (-row["effect"] * 5000))
    assert "Cost for one person fewer" in page.text


def test_more_of_what_is_good_is_a_benefit(tmp_path):
    page, _, results = page_of(tmp_path, outcomes={"users": ALONE_NUMBER}, primary="users")
    row = overall(results, "champions", outcome="users")
    assert row["effect"] > 0
    assert float(page.cell("champions", "effect")["value"]) == pytest.approx(row["effect"])
    assert "Users gained per 10,000 people" in page.text


def test_the_verdict_names_the_arm_on_top_of_the_table_and_its_margin(usual):
    page, text, results = usual
    verdict = re.search(r'<p id="verdict">(.*?)</p>', text)[1]
    arms = results.resolved["arms"][1:]
    by_effect = sorted(arms, key=lambda arm: overall(results, arm)["effect"])
    assert by_effect[0].replace("_", " ") in verdict
    margin = overall(results, by_effect[1])["effect"] - overall(results, by_effect[0])["effect"]
    said = [float(found.replace(",", "")) for found in re.findall(r"([\d,.]+) fewer obese years", verdict)]
    assert said == pytest.approx([-overall(results, by_effect[0])["effect"], margin], abs=0.51)
    rows = [tag["data-arm"] for name, tag in page.tags if name == "tr" and "data-arm" in tag][: len(arms) + 1]
    assert rows == [*by_effect, "usual_care"]


def test_the_control_stands_where_its_effect_of_nothing_ranks(tmp_path):
    page, _, _ = page_of(tmp_path, strength=-1.0)
    rows = [tag["data-arm"] for name, tag in page.tags if name == "tr" and "data-arm" in tag]
    assert rows[0] == "usual_care"
    assert "worse than control" in page.cell("champions", "1")["text"]
    assert page.cell("champions", "cost_per_unit")["text"] == "no benefit"


def test_no_effect_is_said_and_shares_a_rank(tmp_path):
    page, text, _ = page_of(tmp_path, strength=0.0)
    assert "No clear winner" in re.search(r'<p id="verdict">(.*?)</p>', text)[1]
    assert page.cell("champions", "effect")["text"] == "0 | in every replicate"
    assert page.cell("champions", "0")["text"] == "1="
    assert "no effect" in page.cell("champions", "1")["text"]


def test_an_interval_that_holds_zero_is_said(tmp_path):
    results = fake_results.results(tmp_path, **SMALL)
    changed = results.effects.copy()
    changed.loc[(changed["arm"] == "groups") & (changed["outcome"] == "obese_years"), "high"] = 10.0
    results.effects = changed
    page, _ = rendered(results)
    assert "interval includes no effect" in page.cell("groups", "1")["text"]
    assert "interval includes no effect" not in page.cell("champions", "1")["text"]


def test_dominated_arms_are_those_that_cost_more_and_do_less(usual):
    page, _, results = usual
    cost = {arm: float(page.cell(arm, "cost")["value"]) for arm in results.resolved["arms"]}
    gain = {arm: float(page.cell(arm, "effect")["value"] or 0) for arm in results.resolved["arms"]}
    for arm in results.resolved["arms"][1:]:
        dominated = any(cost[other] <= cost[arm] and gain[other] >= gain[arm] for other in cost if other != arm)
        assert ("dominated" in page.cell(arm, "1")["text"]) == dominated


def test_other_outcomes_are_those_of_the_table(usual):
    page, _, results = usual
    names = [name for name in results.resolved["scenario"]["outcomes"] if name not in ("primary", "obese_years")]
    scale = {"obese_at_end": -10_000, "new_cases": -1, "gap": -100, "time_to_quarter": 1}
    for place, name in enumerate(names, start=1):
        row = overall(results, "champions", outcome=name)
        cell = page.cell("champions", str(place), "outcomes")
        assert float(cell["value"]) == pytest.approx(scale[name] * row["effect"])
        shown = numbers_in(cell["text"])[0]
        assert shown == pytest.approx(float(cell["value"]), rel=0.05)


def test_figures_words_agree_with_the_table(usual):
    page, _, results = usual
    label = next(tag["aria-label"] for name, tag in page.tags if name == "svg" and "Forest" in tag["aria-label"])
    for arm in results.resolved["arms"][1:]:
        said = re.search(rf"\b{arm.replace('_', ' ')} ([−\d,.]+) \(", label)[1]
        assert numbers_in(said)[0] == pytest.approx(-overall(results, arm)["effect"], abs=0.51)
    # What a figure of the page shows as text is what its file shows: shortening coordinates must not touch words.
    svg = '<svg viewBox="0 0 10 10"><path d="M 1.23456 2"/><text x="1.23456">0.000123 [1.2345 to 9]</text></svg>'
    inline = report.inline_svg(Picture("one", "alt", svg))
    assert "0.000123 [1.2345 to 9]" in inline
    assert "M 1.23 2" in inline


# ---- what it rests on, and how it was run


def test_it_says_how_many_inputs_are_assumed_and_names_them(usual):
    page, text, results = usual
    text = text.replace("<wbr>", "")
    assert "rests on 6 assumed inputs and 1 fitted input out of 8, on this one network." in page.text
    listed = re.search(r"<details>(.*?)</details>", text, re.DOTALL)[1]
    for entry in results.resolved["inputs"]:
        assert (entry["place"] in listed) == entry["assumed"]
        assert text.count(entry["place"]) == 1 + entry["assumed"]


def test_costs_are_counted_apart():
    """No ranking by an outcome depends on what a strategy costs."""
    rate = record.InputRow("a.rate", "rate", "", "0.1", "per year", "assumed", True, False)
    fee = record.InputRow("b.cost.fixed", "cost", "", "5000", "GBP", "assumed", True, False)
    assert report.rests_on([rate, fee], 1, ranking=True) == (
        "This ranking rests on 1 assumed input out of 1, on this one network; its costs rest on 1 more."
    )
    assert report.rests_on([rate], 2, ranking=True) == "This ranking rests on 1 assumed input out of 1, on 2 networks."


def test_several_networks_and_failures_are_said(tmp_path):
    page, _, _ = page_of(tmp_path, **CASES["many networks, failures"])
    assert "rests on no assumed input and 1 fitted input out of 2, on 10 networks." in page.text
    assert "this one network" not in page.text
    assert "replicate 3: it <failed>" in page.text


@pytest.mark.parametrize("holds", [True, False])
def test_nobody_worse_off_is_said_only_where_it_holds(tmp_path, holds):
    results = fake_results.results(tmp_path, **SMALL)
    results.resolved["protection"] = {"holds": holds, "reasons": [] if holds else ["a state wanes"]}
    page, _ = rendered(results)
    assert ("Under shared luck nobody is worse off" in page.text) == holds
    assert ("a state wanes" in page.text) != holds


def test_one_replicate_has_no_intervals(tmp_path):
    page, _, _ = page_of(tmp_path, replicates=1)
    assert "luck alone may explain" in page.text
    assert "95 % interval" not in page.text
    assert "Chance of being best" not in page.text
    assert len(numbers_in(page.cell("champions", "effect")["text"])) == 1


def test_without_costs_there_is_no_money(tmp_path):
    page, _, _ = page_of(tmp_path, costs=False, currency=None)
    assert "Cost" not in page.text
    assert "dominated" not in page.text


def test_the_control_alone_is_not_a_comparison(tmp_path):
    page, _, _ = page_of(tmp_path, arms=("usual_care",))
    assert "Only usual care was run, so there is nothing to compare." in page.text
    assert "best" not in page.text
    assert "averted" not in page.text


# ---- one file, that loads nothing, that everybody can read


@pytest.mark.parametrize("case", CASES)
def test_every_case_gives_one_small_file_that_loads_nothing(tmp_path, case):
    page, text, _ = page_of(tmp_path, pictures=case in DRAWN, **CASES[case])
    assert len(text.encode()) < 1_000_000
    assert "default-src 'none'" in text
    names = {name for name, _ in page.tags}
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    allowed = re.findall(r"'sha256-([^']+)'", text)
    assert allowed == [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    assert len(scripts) == (1 if CASES[case].get("network") else 0)
    assert text.count("<script") == 2 * len(scripts)  # beside it, its data, which is not run
    assert not names & {"link", "iframe", "object", "embed", "form", "img", "base"}
    for name, tag in page.tags:
        for attribute in ("src", "href", "xlink:href", "action", "style"):
            value = tag.get(attribute, "")
            if name == "a":
                assert value == "" or value.startswith("https://doi.org/")
            else:
                assert not re.search(r"https?:|//", value) or value.startswith("data:")
        assert not any(attribute.startswith("on") for attribute in tag)
    assert "@import" not in text
    assert all(found.startswith("#") for found in re.findall(r"url\(\"?([^)\"]*)", text))
    ids = [tag["id"] for _, tag in page.tags if "id" in tag]
    assert len(ids) == len(set(ids))
    words = html.unescape(re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))
    assert not re.search(r"\b(nan|inf|None|Undefined)\b", words)
    assert not re.search(r"[−-]0(\.0+)?(?![\d.])", page.text)


def test_pictures_have_words_and_tables_have_headings(usual):
    page, _, _ = usual
    pictures = [tag for name, tag in page.tags if name == "svg"]
    assert len(pictures) > 10
    assert all(tag["role"] == "img" and len(tag["aria-label"]) > 20 for tag in pictures)
    count = {name: sum(tag == name for tag, _ in page.tags) for name in ("h1", "table", "caption", "title")}
    assert count["h1"] == count["title"] == 1
    assert count["table"] == count["caption"] == 3
    assert all(tag.get("scope") for name, tag in page.tags if name == "th")
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_names_are_escaped(tmp_path):
    page, text, _ = page_of(tmp_path, **CASES["odd names"])
    assert "<b>&" not in text
    assert "<script>alert" not in text
    assert "<b>&\"'$x 1$" in page.text


def test_equal_results_give_equal_bytes_whatever_the_order_of_rows(tmp_path):
    first, second = (fake_results.results(tmp_path, **{**SMALL, "arms": TWO}) for _ in range(2))
    for name in ("curves", "outcomes", "pairs", "effects", "ledger"):
        table = getattr(second, name)
        setattr(second, name, table.sample(frac=1, random_state=3).reset_index(drop=True))
    assert report.render(first)[0] == report.render(second)[0]


def test_it_is_written_whole_with_its_figures(tmp_path):
    results = fake_results.results(tmp_path / "run", **{**SMALL, "arms": TWO})
    path = report.write_report(results)
    assert path == tmp_path / "run" / "report.html"
    assert sorted(one.name for one in path.parent.iterdir()) == ["figures", "report.html"]
    names = {one.name for one in (path.parent / "figures").iterdir()}
    assert {"curves.svg", "curves.png", "effects.svg", "effects.png", "curve_champions.png"} <= names


@pytest.mark.skipif(not shutil.which("chromium"), reason="no Chromium here")
@pytest.mark.parametrize("case", ["as usual", "odd names"])
def test_a_phone_never_scrolls_sideways(tmp_path, case):
    path = report.write_report(fake_results.results(tmp_path, **{**SMALL, **CASES[case]}))
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" src="{path.as_uri()}" style="width:360px;height:800px;border:0"></iframe><pre id="o"></pre>'
        "<script>f.onload=()=>{const d=f.contentDocument.documentElement;"
        "o.textContent=d.scrollWidth+' of '+d.clientWidth}</script>"
    )
    quiet = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    quiet += " --disable-component-update --disable-sync --allow-file-access-from-files --virtual-time-budget=5000"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = ["chromium", "--headless", *quiet.split(), profile, "--dump-dom", frame.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    wide, room = map(int, re.search(r"(\d+) of (\d+)", shown).groups())
    assert wide <= room <= 360


# ---- words and numbers


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (5230.4, 0, "5,230"),
        (-5230.4, 0, "−5,230"),
        (-0.0001, 2, "0.00"),
        (0.0, None, "0"),
        (0.0123, None, "0.0123"),
        (1.5e-9, None, "1.5 × 10⁻⁹"),
        (9.99e-9, None, "1.0 × 10⁻⁸"),
        (2e13, 0, "2.0 × 10¹³"),
        (math.nan, None, "–"),
        (math.inf, None, "∞"),
    ],
)
def test_numbers_read_well(value, decimals, text):
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (9223.4, 9443.2, "9,223 to 9,443"),
        (416.7, 428.1, "417 to 428"),
        (5230.12, 5230.34, "5,230.1 to 5,230.3"),
        (-0.063, 0.023, "−0.063 to 0.023"),
        (0.0, 0.0, "0 to 0"),
        (1e-4, 3e-4, "0.00010 to 0.00030"),
    ],
)
def test_intervals_show_what_their_width_allows(low, high, text):
    assert interval(low, high) == text
    assert digits_for(low, high) <= 6


@pytest.mark.parametrize(
    ("measure", "heading", "definition"),
    [
        ({"person_time": "a.x", "better": "lower"}, "few averted per 10,000 people", "person-weeks spent x"),
        ({"count": ["x", "y"], "better": "higher"}, "few gained per 10,000 people", "people who are x or y at the end"),
        (
            {"share": "x", "at": 3, "better": "lower"},
            "few: fewer people per 10,000",
            "share of people who are x at week 3",
        ),
        (
            {"entries": "a.x", "where": "age > 4", "better": "lower"},
            "few averted per 10,000 people counted",
            "times that anybody becomes x, among people with age > 4",
        ),
        (
            {"time_to": {"share": "a.x", "reaches": 0.5}, "better": "lower"},
            "few: weeks sooner",
            "weeks until 50 % of people are x; the horizon where it is never reached",
        ),
        ({"person_time": "a.current"}, "few averted per 10,000 people", "person-weeks spent in state “current”"),
        (
            {"count": ["member", "x"]},
            "few averted per 10,000 people",
            "people who are in state “member” or “x” at the end",
        ),
        (
            {"entries": "a.not_yet"},
            "few averted per 10,000 people",
            "times that anybody comes to be in state “not yet”",
        ),
        (
            {"difference": "a.x", "by": "area", "between": ["rural", "urban"], "better": "lower"},
            "few: percentage points lower",
            "share who are x at the end, rural minus urban",
        ),
    ],
)
def test_outcomes_are_said_in_plain_words(measure, heading, definition):
    scenario = {
        "time": {"unit": "week"},
        "behaviours": {"a": {"states": ["o", "x", "y", "current", "member", "not_yet"]}},
    }
    words = outcome_words("few", measure, scenario)
    assert words.heading == heading
    assert words.definition == definition
    assert words.behaviour == "a"


def test_labels_are_plain():
    assert wording.plain_label("champions_at_random") == "champions at random"
    assert wording.singular("obese years") == "obese year"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.plural(1, "person", "people") == "1 person"
