"""What imperfect knowledge of the network costs: against the same arm that knows all, in plan and report."""

from __future__ import annotations

import math
import re
from pathlib import Path

import fake_results
import numpy as np
import pandas as pd
import pytest

import netrial
from experiments.csv_tables import csv_tables
from experiments.design import design
from experiments.estimands import OutcomeSpec, t_interval
from experiments.figures.knowledge import knowledge
from experiments.figures.style import style
from experiments.forecast import forecast_lines
from experiments.knowledge import check_knowledge, losses, with_perfect_knowledge
from experiments.plan.making import plan_of
from experiments.plan.sections import text_lines
from experiments.report.facts import Facts
from experiments.report.knowledge import knowledge_words
from experiments.report.page import render
from experiments.results import Results
from interventions.specs import Knowledge
from scenarios.build import arms_of
from scenarios.loading import Scenario
from scenarios.problems import ScenarioError

LEADERS = "interventions.leaders"
SURVEY = {"asked": 0.15, "names": 2, "forgotten": 0.1, "wrong": 0.05}
SMALL = {"population.size": 600, "experiment.replicates": 8, "time.horizon": 10}


@pytest.fixture(scope="module")
def town() -> Scenario:
    """Leaders picked by a survey, in an arm of their own and beside groups; the same without knowledge, random ones."""
    return netrial.load("obesity").set(
        {
            **SMALL,
            f"{LEADERS}.target.knowledge": SURVEY,
            f"{LEADERS}.cost.per_asked": 2,
            "arms.both": ["worst_communities", "leaders"],
        }
    )


@pytest.fixture(scope="module")
def results(town: Scenario) -> Results:
    return netrial.run(town, arms=["champions", "both", "champions_at_random"], jobs=1)


# ---- the arms that are run once more


def test_the_table_is_that_of_two_scenarios_run_by_hand(town: Scenario, results: Results) -> None:
    """Without a budget, what is known changes nothing but who is picked: so both columns are runs of their own."""
    perfect = netrial.run(town.set(f"{LEADERS}.target.knowledge", None), arms=["champions", "both"], jobs=1)
    for column, run in (("value", results), ("perfect_value", perfect)):
        mine = results.knowledge.set_index(["arm", "replicate", "draw", "outcome"])[column]
        other = run.outcomes.set_index(["arm", "replicate", "draw", "outcome"])["value"].loc[mine.index]
        assert mine.to_numpy().tobytes() == other.to_numpy().tobytes(), column
    control = results.outcomes[results.outcomes["arm"] == "usual_care"].set_index(["replicate", "draw", "outcome"])
    mine = results.knowledge.set_index(["replicate", "draw", "outcome"])["control_value"]
    assert mine.to_numpy().tobytes() == control["value"].loc[mine.index].to_numpy().tobytes()
    assert set(results.knowledge["arm"]) == {"champions", "both"}
    assert (results.knowledge["value"] != results.knowledge["perfect_value"]).any()


def test_the_run_once_more_stands_nowhere_else(town: Scenario, results: Results) -> None:
    """All other tables are those of the arms that were asked for, and the arm without a survey is as it was."""
    for table in (results.outcomes, results.pairs, results.curves, results.ledger, results.effects, results.targets):
        assert set(table["arm"]) <= {"usual_care", "champions", "both", "champions_at_random"}
    alone = netrial.run(town, arms=["champions_at_random"], jobs=1)
    assert alone.knowledge.empty
    assert alone.knowledge_losses.empty
    mine = results.outcomes[results.outcomes["arm"].isin(["usual_care", "champions_at_random"])]
    assert mine.reset_index(drop=True).equals(alone.outcomes)


def test_knowledge_that_is_perfect_changes_nothing(town: Scenario) -> None:
    """A survey of everybody costs what it costs, and is the network as it is, bit for bit."""
    surveyed = netrial.run(town.set(f"{LEADERS}.target.knowledge", {"asked": 1}), arms=["champions"], jobs=1)
    known = netrial.run(town.set(f"{LEADERS}.target.knowledge", None), arms=["champions"], jobs=1)
    for name in ("outcomes", "pairs", "curves", "effects", "distances"):
        assert getattr(surveyed, name).equals(getattr(known, name)), name
    assert (surveyed.knowledge["value"] == surveyed.knowledge["perfect_value"]).all()
    assert (surveyed.knowledge_losses[["lost", "lost_low", "lost_high"]] == 0).all(axis=None)
    asked = surveyed.ledger[surveyed.ledger["action"] == "ask"]
    assert asked["people"].tolist() == [600] * 8
    assert asked["cost"].tolist() == [1200.0] * 8
    assert surveyed.ledger[surveyed.ledger["action"] != "ask"].reset_index(drop=True).equals(known.ledger)


def test_with_perfect_knowledge_the_same_money_goes_into_asking(town: Scenario) -> None:
    """With a budget, an arm that knows all must not have more money for people than the one that asks."""
    tight = town.set({"arms.champions": {"interventions": ["leaders"], "budget": 6000}, f"{LEADERS}.cost.per_asked": 5})
    poor = netrial.run(tight, arms=["champions"], jobs=1)
    rich = netrial.run(tight.set(f"{LEADERS}.target.knowledge", None), arms=["champions"], jobs=1)
    paid = netrial.run(tight.set(f"{LEADERS}.target.knowledge", {"asked": 0.15, "names": 10_000}), jobs=1)
    assert poor.ledger.groupby("replicate")["cost"].sum().max() <= 6000
    treated = {
        name: run.ledger[run.ledger["action"] == "treat"]["people"].sum() for name, run in (("p", poor), ("r", rich))
    }
    assert treated["p"] < treated["r"]
    champions = paid.knowledge[paid.knowledge["arm"] == "champions"]
    values = rich.outcomes[rich.outcomes["arm"] == "champions"].set_index(["replicate", "outcome"])["value"]
    assert (champions.set_index(["replicate", "outcome"])["perfect_value"] != values).any()


def test_which_arms_are_run_once_more(town: Scenario) -> None:
    arms = arms_of(town.spec)
    again = with_perfect_knowledge(arms, "usual_care")
    assert list(again) == ["champions", "both"]
    (leaders,) = again["champions"]
    assert leaders.target.knowledge == Knowledge(0.15, 2, 0.1, 0.05, perfect=True)
    assert again["both"][0] is arms["both"][0]
    assert with_perfect_knowledge(arms, "champions").keys() == {"both"}, "a control has no effect to lose"


# ---- how much is lost

SPECS = {
    "years": OutcomeSpec("years", "person_time", "lower", primary=True),
    "users": OutcomeSpec("users", "count", "higher"),
}


def table(known: list[float], perfect: list[float], control: list[float], outcome: str = "years") -> pd.DataFrame:
    rows = zip(known, perfect, control, strict=True)
    return pd.DataFrame(
        [("a", k, 0, outcome, *row) for k, row in enumerate(rows)],
        columns=["arm", "replicate", "draw", "outcome", "value", "perfect_value", "control_value"],
    )


def test_of_harm_nothing_is_a_share() -> None:
    (row,) = losses(table([16, 17, 16, 18], [12, 13, 12, 13], [10] * 4), SPECS).to_dict("records")
    assert row["perfect_high"] < 0 < row["lost_low"]
    assert np.isnan([row[name] for name in ("share_lost", "share_low", "share_high")]).all()


def test_losses_by_hand() -> None:
    """Benefits 1, 2, 3 and 4, 4, 7: lost 3, 2, 4, so 3 of 5 on average: 60 %."""
    (row,) = losses(table([9, 8, 7], [6, 6, 3], [10, 10, 10]), SPECS).to_dict("records")
    assert (row["benefit"], row["perfect_benefit"], row["lost"]) == (2, 5, 3)
    assert [row["lost_low"], row["lost_high"]] == pytest.approx(
        [float(b) for b in t_interval(np.array([3.0, 2, 4]))[1:]]
    )
    assert row["share_lost"] == pytest.approx(0.6)
    assert row["share_low"] < 0.6 < row["share_high"]
    assert row["replicates"] == 3
    better = losses(table([11, 12], [14, 14], [10, 10], "users"), SPECS).to_dict("records")[0]
    assert (better["benefit"], better["perfect_benefit"], better["lost"]) == (1.5, 4, 2.5), "higher is better"


def test_a_share_of_no_benefit_is_none() -> None:
    (row,) = losses(table([10, 9], [10, 10], [10, 10]), SPECS).to_dict("records")
    assert math.isnan(row["share_lost"])
    (alone,) = losses(table([9], [8], [10]), SPECS).to_dict("records")
    assert (alone["lost"], alone["share_lost"]) == (1, 0.5)
    assert math.isnan(alone["lost_low"])


def test_replicates_in_which_nobody_is_counted_are_left_out() -> None:
    (row,) = losses(table([9, math.nan], [8, math.nan], [10, math.nan]), SPECS).to_dict("records")
    assert row["replicates"] == 1
    assert losses(table([math.nan], [math.nan], [math.nan]), SPECS).empty


def test_arm_and_control_are_those_of_the_pairs(results: Results) -> None:
    assert check_knowledge(results.knowledge, results.pairs) == []
    wrong = results.knowledge.copy()
    wrong.loc[3, "value"] += 1e-9
    (problem,) = check_knowledge(wrong, results.pairs)
    assert "replicate 0" in problem
    assert "not the overall effect" in problem
    overall = results.effects[(results.effects["estimand"] == "overall") & (results.effects["arm"] == "champions")]
    mine = results.knowledge_losses[results.knowledge_losses["arm"] == "champions"].set_index("outcome")
    for row in overall.to_dict("records"):
        sign = results.specs[row["outcome"]].sign
        assert mine.loc[row["outcome"], "benefit"] == pytest.approx(sign * row["effect"], rel=1e-12)


# ---- what is said of it


def test_a_report_says_what_is_lost(results: Results) -> None:
    page, pictures = render(results)
    lines = re.findall(r"<li>(“(?:champions|both)”: .*?)</li>", page)
    assert len(lines) == 2
    row = Facts(results).knowledge.set_index("arm").loc["champions"]
    said = lines[0].replace("\u00a0", " ").replace(",", "").replace("−", "-")
    assert f"{row['benefit']:.0f} (" in said
    assert f"{row['perfect_benefit']:.0f} (" in said
    assert "90 people are asked for 180 GBP." in said
    assert "knowledge" in {picture.name for picture in pictures}
    drawn = next(picture for picture in pictures if picture.name == "knowledge")
    assert f"{row['benefit']:.6g}"[:5] in drawn.csv
    assert "as surveyed" in drawn.alt
    tables = csv_tables(results)
    assert len(tables["knowledge"]) == len(results.knowledge)
    assert tables["knowledge_losses"].equals(results.knowledge_losses)


def test_a_report_without_surveys_has_no_such_section(tmp_path: Path) -> None:
    page, pictures = render(fake_results.results(tmp_path, replicates=4, times=5, people=500))
    assert "h-knowledge" not in page
    assert not any(picture.name == "knowledge" for picture in pictures)


@pytest.mark.parametrize(
    ("known", "perfect", "said"),
    [
        ([8.0, 7, 8, 7], [4.0, 3, 4, 3], "Lost by not knowing the network: 62 % of the benefit (54 to 72 %)."),
        ([8.0] * 4, [6.0] * 4, "Lost by not knowing the network: 50 % of the benefit."),
        ([8.0, 7, 8, 7], [8.0, 7, 8, 7], "Nothing is lost, in any replicate."),
        ([8.0, 7, 8, 7], [7.0, 8, 7, 7], "may be nothing."),
        ([8.0, 7, 8, 7], [9.0, 8.5, 9.5, 8], "better than if all contacts were known."),
        ([12.0, 14, 13, 16], [9.0, 11, 9, 12], "of a benefit that may itself be nothing."),
        ([16.0, 17, 16, 18], [12.0, 13, 12, 13], "though even if all contacts were known it would do harm."),
        ([8.0], [6.0], "In this one replicate the difference is 200."),
    ],
)
def test_sentences_say_no_more_than_the_numbers(tmp_path: Path, known: list, perfect: list, said: str) -> None:
    n = len(known)
    frame = table(known, perfect, [10.0] * n, "obese_years").assign(arm="champions")
    made = fake_results.results(tmp_path, replicates=n, times=5, people=100, knowledge=frame)
    facts = Facts(made)
    (line,) = knowledge_words(facts)
    assert said in line
    assert line.startswith("“champions”: ")
    with style():
        drawn = knowledge(facts, facts.knowledge, "years", 400.0, "knowledge")
    assert drawn.alt.startswith("years, against usual care: champions ")


def test_a_plan_says_how_the_network_is_known(town: Scenario) -> None:
    def lines(given: dict) -> list[str]:
        made = plan_of(design(town.set(f"{LEADERS}.target.knowledge", given), ["champions"]), 1)
        return [line.strip() for line in text_lines(made)]

    said = lines({"asked": 0.2, "names": 5, "forgotten": 0.1})
    assert (
        "whom: their contacts are known from asking 20 % of people, who name up to 5 contacts each and forget 10 %"
        in said
    )
    assert "cost: 5,000 fixed + 120 asked × 2 + 24 treated × 200 = about 10,040 GBP" in said
    assert "champions is run once more as if all contacts were known: what does not knowing cost?" in said
    assert any(line.startswith("a replicate (2 arms, 1 of them run twice) rings about") for line in said)
    said = lines({"wrong": 0.5, "layers": ["close_ties"], "as_of": 0, "names": 1})
    words = (
        "from asking everybody once, at the start, who name up to 1 contact each in close ties and name somebody else"
    )
    assert any(words in line for line in said)
    assert "whom: nobody is asked, so that nobody is known to have contacts" in lines({"asked": 0})
    assert not any("contacts are known" in line for line in [*text_lines(plan_of(design(town, ["groups"]), 1))])


def test_arms_that_are_run_twice_take_their_time(town: Scenario) -> None:
    once = plan_of(design(town, ["champions_at_random"]), 1).foreseen
    twice = plan_of(design(town, ["champions"]), 1).foreseen
    assert once is not None
    assert twice is not None
    assert once.again == ()
    assert twice.again == ("champions",)
    assert twice.each == pytest.approx(sum(twice.arms.values()) + twice.arms["champions"])
    assert forecast_lines(once, "year")[0].startswith("a replicate (2 arms) rings")
    assert twice.memory.total > once.memory.total


# ---- what a scenario may say


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"asked": 1.2}, "1.2"),
        ({"asked": -0.1}, "-0.1"),
        ({"names": 0}, "0"),
        ({"names": 2.5}, "whole number"),
        ({"forgotten": 2}, "2 is not between 0 and 1"),
        ({"wrong": {"value": -1, "source": "assumed"}}, "-1 is not between 0 and 1"),
        ({"forgotten": {"value": 0.2, "source": "nobody2020"}}, "no publication has the key `nobody2020`"),
        ({"layers": ["close_tie"]}, "did you mean `close_ties`"),
        ({"layers": []}, "layers"),
        ({"as_of": 3}, "people are asked at 3, after the intervention begins"),
        ({"as_of": -1}, "before the start"),
        ({"as_of": 40}, "beyond the horizon"),
        ({"aksed": 0.2}, "did you mean `asked`"),
    ],
)
def test_mistakes_are_refused_with_their_place(given: dict, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        netrial.load("obesity").set(f"{LEADERS}.target.knowledge", given)
    assert words in str(refused.value)
    assert "knowledge" in str(refused.value)


def test_earlier_ties_of_people_who_entered_are_not_kept(town: Scenario) -> None:
    changes = {"population.enter": {"rate": 5, "ties": {"close_ties": 2}}, f"{LEADERS}.at": 3}
    assert town.set({**changes, f"{LEADERS}.target.knowledge": {"as_of": 0}}).spec
    with pytest.raises(ScenarioError, match="is not kept where people enter with ties"):
        town.set({**changes, f"{LEADERS}.target.knowledge": {"as_of": 1}})


def test_it_is_warned_of_knowledge_on_which_nothing_depends(town: Scenario) -> None:
    message = "knowledge changes nothing: the rank does not look at the network"
    assert not any(message in str(each) for each in town.warnings)
    idle = town.set("interventions.anyone.target.knowledge", {"asked": 0.1})
    (warning,) = (str(each) for each in idle.warnings if message in str(each))
    assert "interventions.anyone.target.knowledge" in warning
    assert "people are ranked by `random`" in warning
    written = town.set(
        "arms.more", [{"kind": "groups", "target": {"groups": "area", "knowledge": {}}, "at": 0, "effect": {}}]
    )
    assert any(message in str(each) and "groups are ranked" in str(each) for each in written.warnings)
    noise = {"kind": "broadcast", "target": {"knowledge": {}}, "at": 0, "effect": {}, "name": "noise"}
    background = town.set("background", [noise])
    assert any(message in str(each) and "background" in str(each) for each in background.warnings)


def test_numbers_that_nobody_measured_are_counted(town: Scenario) -> None:
    from scenarios.inputs import inputs_of

    found = {each.name: each for each in inputs_of(town.spec) if "knowledge" in each.name}
    place = f"{LEADERS}.target.knowledge"
    assert set(found) == {f"{place}.forgotten", f"{place}.wrong"}, "how many are asked, for how many names, is a choice"
    assert all(each.assumed for each in found.values())
    known = town.set(f"{place}.forgotten", {"value": 0.2, "source": "hill2010"})
    assert not next(each for each in inputs_of(known.spec) if each.name.endswith("forgotten")).assumed
    assert known.hash8() != town.hash8()


def test_a_scenario_becomes_what_rules_take(town: Scenario) -> None:
    given = {
        "asked": 0.2,
        "names": 5,
        "wrong": {"value": 0.1},
        "layers": ["close_ties"],
        "as_of": {"value": -6, "unit": "month"},
    }
    later = town.set({"time.warm_up": 2, f"{LEADERS}.target.knowledge": given})
    (leaders,) = arms_of(later.spec)["champions"]
    assert leaders.target.knowledge == Knowledge(0.2, 5, 0.0, 0.1, ("close_ties",), -0.5)
    assert leaders.cost.per_asked == 2


def test_a_folder_of_an_earlier_version_has_no_such_table(results: Results) -> None:
    outputs = {name: each for name, each in results.manifest["outputs"].items() if name != "knowledge.parquet"}
    old = Results(results.folder, {**results.manifest, "outputs": outputs}, results.resolved)
    assert old.knowledge.empty
    assert list(old.knowledge) == list(results.knowledge)
