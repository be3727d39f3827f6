"""Figures: the same bytes for equal results, labels that keep apart, numbers in words that match the tables."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import fake_results
import numpy as np
import pytest

from experiments.figures import curves as figures_curves
from experiments.figures import differences as figures_differences
from experiments.figures import drawing as figures
from experiments.figures.style import (
    COLOURS,
    LINE_GAP,
    MOST_POINTS,
    looks,
    new_figure,
    place_axes,
    spread,
    style,
    tick_text,
)
from experiments.report.facts import Facts, Watched
from simulator.errors import SpecError

SMALL = {"arms": ("usual_care", "champions", "groups"), "replicates": 6, "times": 8}
TWO = {**SMALL, "arms": ("usual_care", "champions")}
NUMBER = re.compile(r"[−+]?\d[\d,]*\.?\d*")


def numbers_in(text: str) -> list[float]:
    return [float(found.replace(",", "").replace("−", "-").rstrip(".")) for found in NUMBER.findall(text)]


def drawn(results) -> figures.Figures:
    return figures.draw_figures(Facts(results), [], heading="")


# ---- labels that keep apart


@pytest.mark.parametrize("seed", range(20))
def test_spread_keeps_labels_apart_and_in_order(seed):
    draw = np.random.default_rng(seed)
    wanted = list(draw.uniform(0, 100, draw.integers(1, 9)).round(draw.integers(0, 3)))
    placed = spread(wanted, 10, 0, 100)
    by_wish = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    ordered = [placed[i] for i in by_wish]
    assert all(b - a >= 10 - 1e-9 for a, b in itertools.pairwise(ordered))
    assert min(placed) >= -1e-9
    assert max(placed) <= 100 + 1e-9


def test_spread_leaves_labels_that_have_room_where_they_are():
    assert spread([50, 5, 90], 10, 0, 100) == [50, 5, 90]


def test_spread_pools_around_the_mean():
    assert spread([50, 50], 10, 0, 100) == [45, 55]
    assert spread([50, 50, 50], 10, 0, 100) == [40, 50, 60]


def test_spread_shrinks_the_gap_where_there_is_no_room():
    assert spread([1, 1, 1], 10, 0, 10) == [0, 5, 10]


@pytest.mark.parametrize("n_arms", [6, 21])
def test_end_labels_do_not_overlap_when_all_lines_end_together(tmp_path, n_arms):
    arms = ["usual_care", *(f"strategy_{i}" for i in range(1, n_arms))]
    facts = Facts(fake_results.results(tmp_path, arms=arms, replicates=2, times=5, strength=0.0, outcomes=ONE))
    bands = facts.bands(facts.watched)
    with style():
        figure = new_figure(760, max(330, LINE_GAP * n_arms + 80))
        ax = place_axes(figure, 46, 200, 36, 24)
        figures_curves.draw_overview(ax, facts, facts.watched, bands, gutter=200)
        names = set(facts.labels.values())
        boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in names]
    assert len(boxes) == n_arms
    centres = sorted((box.y0 + box.y1) / 2 for box in boxes)
    assert min(np.diff(centres)) >= 0.95 * LINE_GAP
    assert all(box.x1 <= 760 for box in boxes)


ONE = {"obese_years": fake_results.OUTCOMES["obese_years"]}

# ---- looks


def test_colours_follow_the_order_of_the_scenario_and_never_repeat_with_the_same_line():
    arms = [f"arm_{i}" for i in range(24)]
    chosen = looks(arms, "arm_3")
    assert chosen["arm_3"].colour == "#000000"
    assert chosen["arm_0"].colour == COLOURS[0]
    assert chosen["arm_4"].colour == COLOURS[3]
    assert len({(look.colour, look.dashes) for look in chosen.values()}) == 24


def test_an_arm_keeps_its_colour_when_arms_are_added_after_it():
    assert looks(["a", "b", "c"], "a")["b"] == looks(["a", "b", "c", "d"], "a")["b"]


@pytest.mark.parametrize(("value", "text"), [(12500.0, "12,500"), (-0.5, "−0.5"), (0.0, "0"), (2e-5, "2e-05")])
def test_ticks_read_as_numbers(value, text):
    assert tick_text(value) == text


# ---- bytes


def test_equal_results_give_equal_bytes_whatever_the_readers_style(tmp_path):
    import matplotlib

    first = drawn(fake_results.results(tmp_path, network=20, **TWO)).pictures()
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.hashsalt": "x", "axes.facecolor": "red"}):
        second = drawn(fake_results.results(tmp_path, network=20, **TWO)).pictures()
    assert [one.name for one in first] == [one.name for one in second]
    assert first == second


def test_other_results_give_other_bytes(tmp_path):
    first, second = (drawn(fake_results.results(tmp_path, seed=seed, **TWO)).overview for seed in (1, 2))
    assert first.svg != second.svg


def test_drawing_leaves_matplotlib_as_it_was(tmp_path):
    import matplotlib
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    open_figures = pyplot.get_fignums()
    drawn(fake_results.results(tmp_path, **TWO))
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == open_figures


def test_svg_files_are_well_formed_dateless_and_keep_text_as_text(tmp_path):
    results = fake_results.results(tmp_path, **{**SMALL, "arms": ("usual_care", 'a<b>&"$x_1$', "groups")})
    for one in drawn(results).pictures():
        root = ElementTree.fromstring(one.svg)
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text == one.alt
        assert "<metadata" not in one.svg
        assert not re.search(r"20\d\d-\d\d-\d\d", one.svg)
        assert root.findall(".//{http://www.w3.org/2000/svg}text")
        assert one.png.startswith(b"\x89PNG")


def test_files_are_written_as_svg_png_and_csv_with_names_of_their_own(tmp_path):
    results = fake_results.results(tmp_path, **{**SMALL, "arms": ("usual care", "Champions", "champions", "名前")})
    pictures = drawn(results).pictures()
    paths = figures.save_figures(pictures, tmp_path / "figures")
    assert len(paths) == len({path.name.lower() for path in paths}) == 3 * len(pictures)
    assert all(path.exists() and path.name.isascii() for path in paths)


# ---- what is drawn


def test_points_are_drawn_as_an_image_only_above_two_thousand(tmp_path):
    def overview(n_points: int) -> str:
        points = [[t, 1500, None, None] for t in np.linspace(0, 7, n_points)]
        seen = {"arm": "usual_care", "kind": "count", "behaviour": "obesity", "states": ["obese"], "points": points}
        return drawn(fake_results.results(tmp_path, observed=[seen], **TWO)).overview.svg

    assert "<image" not in overview(MOST_POINTS)
    assert "<image" in overview(MOST_POINTS + 1)


def test_observed_counts_become_per_cent_of_the_people_and_stay_with_their_arm(tmp_path):
    seen = [
        {
            "arm": "usual_care",
            "kind": "count",
            "behaviour": "obesity",
            "states": ["obese"],
            "points": [[3, 50, 40, None]],
        },
        {"arm": "usual_care", "measure": {"share": "obesity.obese"}, "points": [{"time": 4, "value": 0.5}]},
        {"arm": "usual_care", "kind": "count", "behaviour": "advocacy", "states": ["champion"], "points": [[1, 1]]},
        {"arm": "usual_care", "measure": {"share": "obesity.obese", "where": "area == rural"}, "points": [[1, 1]]},
        {"arm": "usual_care", "measure": {"person_time": "obesity.obese"}, "points": [[1, 1]]},
    ]
    facts = Facts(fake_results.results(tmp_path, people=1000, observed=seen, **SMALL))
    assert facts.observed(facts.watched) == {"usual_care": [(3.0, 5.0, 4.0, None), (4.0, 50.0, None, None)]}


def test_curves_say_what_the_table_says(tmp_path):
    results = fake_results.results(tmp_path, **SMALL)
    facts = Facts(results)
    curves = results.curves
    end = curves[(curves["time"] == 7) & (curves["state"] == "obese")]
    alt = figures_curves.panel_alt(facts, facts.watched, facts.bands(facts.watched), "champions")
    counts = end.loc[end["arm"] == "champions", "count"].to_numpy() / 100
    control = end.loc[end["arm"] == "usual_care", "count"].mean() / 100
    low, high = np.quantile(counts, (0.025, 0.975))
    mean, _, _, said_low, said_high, said_control = numbers_in(alt)
    assert [mean, said_low, said_high, said_control] == pytest.approx([counts.mean(), low, high, control], abs=0.051)


def test_differences_say_what_the_table_says(tmp_path):
    results = fake_results.results(tmp_path, people=20_000, **SMALL)
    facts = Facts(results)
    curves = results.curves
    end = curves[(curves["time"] == 7) & (curves["state"] == "obese")].pivot(
        index="replicate", columns="arm", values="count"
    )
    paired = (end["champions"] - end["usual_care"]).to_numpy() / 2
    half = 2.5706 * paired.std(ddof=1) / np.sqrt(6)
    low, high = np.quantile(paired, (0.025, 0.975))
    alt = figures_differences.panel_alt(facts, facts.watched, facts.differences(facts.watched), "champions")
    said = numbers_in(alt)
    expected = [paired.mean(), 10_000, 7, 95, paired.mean() - half, paired.mean() + half, low, high]
    assert said == pytest.approx(expected, abs=0.6)


def test_several_states_are_added_up(tmp_path):
    results = fake_results.results(tmp_path, **SMALL)
    facts = Facts(results)
    bands = facts.bands(Watched("obesity", ("lean", "obese")))
    assert all(table["mean"].to_numpy() == pytest.approx(100) for table in bands.values())


def test_years_are_the_calendars_where_the_scenario_says_when_it_starts(tmp_path):
    svg = drawn(fake_results.results(tmp_path, start=1963, **TWO)).overview.svg
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert "1964" in texts
    assert "year" in texts
    assert "1965.5" not in texts


def test_long_series_are_thinned_to_what_a_figure_shows(tmp_path):
    facts = Facts(fake_results.results(tmp_path, arms=("usual_care", "champions"), replicates=2, times=1000))
    table = facts.bands(facts.watched)["champions"]
    assert len(table) == 300
    assert table["time"].iloc[0] == 0
    assert table["time"].iloc[-1] == 999


# ---- notebooks


def test_draw_curves_returns_axes_and_takes_given_ones(tmp_path):
    from matplotlib.figure import Figure

    results = fake_results.results(tmp_path, **SMALL)
    ax = Figure().add_subplot()
    assert figures.draw_curves(results, ax=ax) is ax
    assert {"champions", "usual care", "groups"} <= {text.get_text() for text in ax.texts}
    other = figures.draw_curves(results, "advocacy", "champion", ax=Figure().add_subplot())
    assert "advocacy" in " ".join(text.get_text() for text in other.texts)


def test_draw_curves_without_axes_makes_a_figure_that_a_notebook_shows(tmp_path):
    from matplotlib import pyplot

    pyplot.switch_backend("Agg")
    ax = figures.draw_curves(fake_results.results(tmp_path, **SMALL))
    assert ax.figure.number in pyplot.get_fignums()
    pyplot.close(ax.figure)


@pytest.mark.parametrize(
    ("behaviour", "state", "said"),
    [("obesty", None, "did you mean `obesity`"), ("obesity", "obse", "did you mean `obese`")],
)
def test_draw_curves_says_what_there_is(tmp_path, behaviour, state, said):
    with pytest.raises(SpecError, match=said):
        figures.draw_curves(fake_results.results(tmp_path, **SMALL), behaviour, state)
