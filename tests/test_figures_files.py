"""Every figure as SVG, PNG and CSV; what a CSV says is what the tables say; the same for what notebooks draw."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree

import fake_results
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

import netrial
from experiments.dose import dose_scenario, name_of
from experiments.figures import curves as figures_curves
from experiments.figures import distances as figures_distances
from experiments.figures import dose as figures_dose
from experiments.figures import drawing as figures
from experiments.figures import network as figures_network
from experiments.figures import style as figures_style
from experiments.figures.distances import panel_alt
from experiments.figures.dose import dose_alt
from experiments.report import tables as report_tables
from experiments.report.facts import Facts
from scenarios.loading import names
from simulator.errors import SpecError

SMALL = {"arms": ("usual_care", "champions", "groups"), "replicates": 6, "times": 8, "people": 1000, "network": 40}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    results = fake_results.results(tmp_path_factory.mktemp("run"), **SMALL)
    facts = Facts(results)
    reader = report_tables.Reader(facts)
    blocks = report_tables.forest_blocks(facts, reader, report_tables.ranked(facts, reader), {})
    drawn = figures.draw_figures(facts, blocks, heading="obese years averted")
    folder = tmp_path_factory.mktemp("figures")
    figures.save_figures(drawn.pictures(), folder)
    return results, facts, drawn, folder


@pytest.fixture(autouse=True)
def _close():
    pyplot.switch_backend("Agg")
    yield
    pyplot.close("all")


def table(run, name: str) -> pd.DataFrame:
    return pd.read_csv(run[3] / f"{name}.csv")


def test_every_figure_has_all_three_files_and_words(run):
    names = {path.stem for path in run[3].iterdir()}
    kinds = {"curves", "effects", "dose", "network_start", "network_end"}
    kinds |= {f"{kind}_{arm}" for arm in ("champions", "groups") for kind in ("curve", "difference", "distance")}
    assert kinds | {"curve_usual_care", "state_advocacy_champion"} == names
    assert {path.name for path in run[3].iterdir()} == {f"{n}.{end}" for n in names for end in ("svg", "png", "csv")}
    for one in run[2].pictures():
        assert ElementTree.fromstring(one.svg).find("{http://www.w3.org/2000/svg}title").text == one.alt
        assert len(one.alt) > 40
        assert one.csv.count("\n") > 1
        width = float(ElementTree.fromstring(one.svg).get("width").removesuffix("pt"))
        pixels = struct.unpack(">I", one.png[16:20])[0]
        assert pixels / width == pytest.approx(150 / 72, rel=0.01)  # twice what a screen needs
        assert b"Software" not in one.png


def test_curves_in_numbers(run):
    found = table(run, "curves")
    curves = run[0].curves
    end = curves[(curves["time"] == 7) & (curves["state"] == "obese") & (curves["arm"] == "groups")]["count"] / 10
    row = found[(found["arm"] == "groups") & (found["time"] == 7)].iloc[0]
    assert row["mean_percent"] == pytest.approx(end.mean())
    assert [row["q2.5_percent"], row["q97.5_percent"]] == pytest.approx(list(np.quantile(end, (0.025, 0.975))))
    assert [row["behaviour"], row["states"], row["replicates"]] == ["obesity", "obese", 6]
    assert set(table(run, "curve_groups")["arm"]) == {"usual_care", "groups"}


def test_differences_and_effects_in_numbers(run):
    row = table(run, "difference_groups").iloc[-1]
    curves = run[0].curves
    end = curves[(curves["time"] == 7) & (curves["state"] == "obese")]
    end = end.pivot(index="replicate", columns="arm", values="count")
    assert row["difference_per_10000"] == pytest.approx(10 * (end["groups"] - end["usual_care"]).mean())
    assert row["low_per_10000"] < row["difference_per_10000"] < row["high_per_10000"]
    found = table(run, "effects")
    effects = run[0].effects
    for people, estimand in (("everybody", "overall"), ("those offered", "total"), ("never offered", "spillover")):
        mine = found[(found["arm"] == "groups") & (found["people"] == people)].iloc[0]
        wanted = effects[(effects["arm"] == "groups") & (effects["outcome"] == "obese_years")]
        wanted = wanted[wanted["estimand"] == estimand].iloc[0]
        expected = [-10 * wanted[name] for name in ("effect", "high", "low")]
        assert [mine["benefit"], mine["low"], mine["high"]] == pytest.approx(expected)


def test_distances_in_numbers_and_words(run):
    found = table(run, "distance_champions").set_index("distance")
    found.index = found.index.astype(str)
    rows = run[0].distances
    rows = rows[(rows["arm"] == "champions") & (rows["distance"] == "1")]
    each = 100 * (rows["control_value"] - rows["value"]) / rows["people"]
    assert found.loc["1", "benefit"] == pytest.approx(each.mean())
    assert found.loc["1", "low"] < each.mean() < found.loc["1", "high"]
    words = panel_alt(run[1], run[1].distances["champions"], "champions")
    assert f"1 tie away {each.mean():.0f}" in words or f"1 tie away {each.mean():.1f}" in words
    assert "obese years averted per 100 people" in words
    # All people together have the benefit of everybody.
    whole = -run[0].effects.query("arm == 'champions' and outcome == 'obese_years' and estimand == 'overall'")["effect"]
    assert (found["benefit"] * found["people"]).sum() / 100 == pytest.approx(float(whole.iloc[0]))


def test_doses_in_numbers_and_words(run):
    found = table(run, "dose").set_index("arm")
    ledger = run[0].ledger
    treated = ledger[(ledger["arm"] == "groups") & (ledger["action"] == "treat for the first time")]["people"]
    assert found.loc["groups", "treated_percent"] == pytest.approx(100 * treated.mean() / 1000)
    assert found.loc["groups", "treated_low"] <= found.loc["groups", "treated_percent"]
    assert found.loc["usual_care", ["treated_percent", "benefit"]].tolist() == [0, 0]
    effect = run[0].effects.query("arm == 'groups' and outcome == 'obese_years' and estimand == 'overall'").iloc[0]
    assert found.loc["groups", "benefit"] == pytest.approx(-10 * effect["effect"])
    assert [found.loc["groups", name] for name in ("low", "high")] == pytest.approx(
        [-10 * effect["high"], -10 * effect["low"]]
    )
    said = dose_alt(run[1], run[1].doses, "obese years averted")
    assert f"with {found.loc['groups', 'treated_percent']:.2f} % treated" in said


@pytest.mark.parametrize("clear", [True, False])
def test_labels_of_distances_keep_clear_of_each_other_and_of_dots_at_zero(run, clear):
    """Also where everything is at zero; the twin without room below the axis is seen to fail."""
    table = run[1].distances["champions"].assign(benefit=0.0, low=0.0, high=0.0)
    figure = figures_style.new_figure(*figures_curves.PANEL)
    ax = figures_style.place_axes(figure, 46, 12, 40, figures_distances.TOP)
    figures_distances.draw_distances(ax, run[1], table, "champions", (0.0, 10.0))
    if not clear:
        ax.tick_params(axis="x", pad=0)
    figure.draw_without_rendering()
    texts = [text for text in [*ax.texts, *ax.get_xticklabels(), ax.xaxis.label] if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert min(text.get_fontsize() for text in texts) >= 7.5
    assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    bottom = ax.transData.transform((0, 0))[1] - 2.5 * figure.dpi / 72  # of the dots
    assert (max(text.get_window_extent().y1 for text in ax.get_xticklabels()) < bottom) == clear


def test_findings_say_how_far_and_how_many(run):
    """The reach ends where an interval first includes zero; what lies beyond by luck does not count."""
    facts = run[1]
    rows = [
        ("0", 9.0, 8.0, 10.0),
        ("1", 5.0, 4.0, 6.0),
        ("2", 1.0, 0.5, 1.5),
        ("3", 0.2, -0.1, 0.5),
        ("4+", 0.3, 0.1, 0.5),
    ]
    given = pd.DataFrame(rows, columns=["distance", "benefit", "low", "high"])
    said = figures_distances.finding(facts, given, "champions")
    assert said.startswith("Under “champions”: 9.0 among targets and 5.0 among people 1 tie away (obese years averted")
    assert said.endswith("the effect is clear of zero as far as 2 ties away.")
    assert figures_distances.finding(facts, given[:1], "champions").endswith("clear of zero among targets only.")
    assert figures_distances.finding(facts, given[3:4], "champions").endswith("includes zero at every distance.")
    assert figures_distances.finding(facts, given.assign(low=np.nan, high=np.nan), "champions") == ""
    columns = ["arm", "treated_percent", "benefit", "low", "high"]
    rows = [("usual_care", 0, 0, 0, 0), ("champions", 2, 50, 40, 60), ("groups", 8, 20, 10, 30)]
    given = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))
    said = "Most benefit: “champions”, 50 (years averted) by treating 2.00 % of people."
    assert figures_dose.finding(facts, given[:2], "years averted") == said
    assert (
        figures_dose.finding(facts, given, "years averted") == f"{said} Most people treated: “groups”, 8.00 %, for 20."
    )
    none = given.assign(benefit=-given["benefit"])
    assert figures_dose.finding(facts, none, "x") == "No strategy brings more than “usual care” on average."


def test_arms_that_differ_in_share_only_have_one_strategy(tmp_path):
    results = fake_results.results(tmp_path, arms=("usual_care", "few", "many", "other"), replicates=3, times=3)
    champions = {"kind": "champions", "target": {"rank": "degree", "share": 0.01}, "effect": {}}
    results.resolved["scenario"]["interventions"] = {
        "few": champions,
        "many": {**champions, "target": {"rank": "degree", "number": 40}},
        "other": {**champions, "target": {"rank": "random", "share": 0.01}},
    }
    strategy = Facts(results).doses.set_index("arm")["strategy"]
    assert strategy["few"] == strategy["many"] != strategy["other"]


def test_the_network_in_numbers_and_words(run):
    end = table(run, "network_end")
    shown = run[0].network
    for arm in shown.arms:
        mine = end[end["arm"] == arm]
        assert len(mine) == 40
        inside = int((mine["state"] == "obese").sum())
        assert (inside, 40) == figures_network.counts_at(shown, arm, 7, ["obese"])
        assert f"{arm.replace('_', ' ')} {inside} of 40 obese" in run[2].network[-1].alt
    assert end["offered"].sum() == 4
    assert set(end["time"]) == {7}
    assert "40 of 1,000 people of replicate 0: targets and those around them" in run[2].network[0].alt


def test_colours_of_states_can_be_told_apart():
    colours = figures_network.state_colours(["never", "light", "heavy", "former"], ["light", "heavy"])
    assert colours == ["#c9d2da", "#D55E00", "#0072B2", "#009E73"]
    assert figures_network.state_colours(["yes", "no"], ["yes"]) == ["#D55E00", "#c9d2da"]
    many = figures_network.state_colours([f"s{i}" for i in range(12)], ["s0"])
    assert len(set(many)) == 8
    assert many.count(figures_network.OTHER) == 5


def test_a_picture_shows_as_many_dots_as_there_are_people(run):
    svg = run[2].network[-1].svg
    end = table(run, "network_end")
    # A dot is a line without length; pale dots have an edge under them, targets a ring and a gap.
    dots = sum(path.count("M") for path in _paths(svg))
    pale = int((end["state"] == "lean").sum())
    ties = 2 * 39
    legend = 2  # the line of each kind of tie
    assert dots >= len(end) + pale + 2 * int(end["offered"].sum()) + ties + legend


def _paths(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [path.get("d") for path in root.iter("{http://www.w3.org/2000/svg}path")]


# ---- what notebooks draw


def test_notebooks_draw_the_same(run):
    results = run[0]
    forest = figures.plot_forest(results)
    assert {"champions", "groups", "everybody"} <= {text.get_text() for text in forest.texts}
    distances = figures.plot_distances(results)
    assert len(distances.axes) == 2
    dose = figures.plot_dose(results)
    assert {"champions", "groups", "usual care"} <= {text.get_text() for text in dose.texts}
    network = figures.plot_network(results, time=2.2)
    assert any("year 2: " in text.get_text() for ax in network.axes for text in ax.texts)
    given = pyplot.figure().add_subplot()
    assert figures.plot_dose(results, ax=given) is given


def test_what_cannot_be_drawn_is_said(tmp_path):
    alone = fake_results.results(tmp_path, arms=("usual_care",), replicates=2, times=3)
    for draw, said in (
        (figures.plot_forest, "only the control"),
        (figures.plot_distances, "nothing was read by distance"),
        (figures.plot_dose, "nobody is treated"),
        (figures.plot_network, "none was kept"),
    ):
        with pytest.raises(SpecError, match=said):
            draw(alone)


# ---- doses


@pytest.mark.parametrize("name", names())
def test_every_intervention_of_a_bundled_scenario_has_doses(name):
    scenario = netrial.load(name)
    for intervention in scenario.spec.interventions:
        found = dose_scenario(scenario, intervention, [1e-7, 0.0005, 0.25])
        doses = [f"{intervention}_{percent}pc" for percent in ("0_00001", "0_05", "25")]
        assert list(found.spec.arms) == [scenario.control, *doses]
        observed = [each.arm for each in scenario.spec.observed if each.arm == scenario.control]
        assert [each.arm for each in found.spec.observed] == observed


def test_a_dose_scenario_has_one_arm_for_each_share():
    scenario = dose_scenario(netrial.load("obesity"), "matched_buddies", [0.005, 0.2])
    assert list(scenario.spec.arms) == ["usual_care", "matched_buddies_0_5pc", "matched_buddies_20pc"]
    assert scenario.control == "usual_care"
    targets = {name: scenario.data["interventions"][name]["target"] for name in list(scenario.spec.arms)[1:]}
    assert [target["share"] for target in targets.values()] == [0.005, 0.2]
    assert {target["where"] for target in targets.values()} == {"obesity == obese"}
    assert name_of("a", 0.1) == "a_10pc"


def test_a_number_becomes_a_share():
    scenario = netrial.load("obesity").set("interventions.leaders.target", {"rank": "degree", "number": 3})
    target = dose_scenario(scenario, "leaders", [0.1]).data["interventions"]["leaders_10pc"]["target"]
    assert target == {"rank": "degree", "share": 0.1}


@pytest.mark.parametrize(
    ("name", "shares", "said"),
    [("leader", [0.1], "did you mean `leaders`"), ("leaders", [0.0], "a share of 0"), ("leaders", [], "no shares"),
     ("leaders", [1.5], "a share of 1.5"), ("leaders", [0.1, 0.1], "comes twice")],
)  # fmt: skip
def test_a_dose_that_is_none_is_refused(name, shares, said):
    with pytest.raises(SpecError, match=said):
        dose_scenario(netrial.load("obesity"), name, shares)


def test_more_treated_more_averted():
    scenario = netrial.load("obesity").set("population.size", 500)
    results = netrial.dose(scenario, "leaders", [0.02, 0.2], replicates=8)
    doses = Facts(results).doses.set_index("arm")
    assert doses["treated_percent"].is_monotonic_increasing
    assert doses.loc["leaders_2pc", "benefit"] < doses.loc["leaders_20pc", "low"]
    assert doses.loc["leaders_2pc", "strategy"] == doses.loc["leaders_20pc", "strategy"]
    assert doses.loc["leaders_20pc", "treated_percent"] == pytest.approx(16, abs=2)


def test_what_was_observed_of_the_control_stays(tmp_path):
    """A file is found from where the scenario lies, also when what was observed of other arms is left out."""
    scenario = netrial.load("family_planning")
    observed = {"arm": "at_random", "measure": {"count": "contraception.using"}, "at": 2, "value": 100}
    data = scenario.data["observed"]
    path = scenario.file_at(("observed", 0, "file"), data[0]["file"])
    both = scenario.set("observed", [{**data[0], "file": str(path)}, observed])
    (kept,) = dose_scenario(both, "at_random", [0.1]).spec.observed
    assert (kept.arm, kept.file) == ("as_it_happened", str(path))
