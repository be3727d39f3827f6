"""Goals: read from a line, refused with a way out, and met or not."""

from __future__ import annotations

import pytest

from experiments.comparison.goal import GOAL, read_goal, with_goal
from scenarios.loading import load
from simulator.errors import SpecError

OBESITY = load("obesity").set("population.size", 200)


@pytest.mark.parametrize(
    ("text", "measure", "relation", "number"),
    [
        ("share obesity.obese at end < 0.30", {"share": "obesity.obese", "at": "end", "better": "lower"}, "<", 0.3),
        ("share obese<30%", {"share": "obese", "better": "lower"}, "<", 0.3),
        (
            "count [obesity.lean, obesity.obese] >= 1,000",
            {"count": ["obesity.lean", "obesity.obese"], "better": "higher"},
            ">=",
            1000,
        ),
        (
            "count obese where area == urban and start.obesity != lean at 10 <= 3e2",
            {"count": "obese", "where": "area == urban and start.obesity != lean", "at": 10.0, "better": "lower"},
            "<=",
            300,
        ),
        (
            "share obese at 2.5 where start.obesity == lean > .1",
            {"share": "obese", "where": "start.obesity == lean", "at": 2.5, "better": "higher"},
            ">",
            0.1,
        ),
        ("person_time obesity.obese < 80000", {"person_time": "obesity.obese", "better": "lower"}, "<", 80000),
    ],
)
def test_a_measure_is_read(text, measure, relation, number):
    goal = read_goal(text, OBESITY)
    assert (goal.outcome, goal.measure, goal.relation, goal.number) == (GOAL, measure, relation, pytest.approx(number))
    spec = with_goal(OBESITY, goal).spec
    assert spec.outcomes.primary == GOAL
    assert spec.outcomes.measures[GOAL].better == measure["better"]


def test_an_outcome_is_named():
    goal = read_goal("obese_years<=80,000", OBESITY)
    assert (goal.outcome, goal.measure, goal.number) == ("obese_years", None, 80000)
    assert with_goal(OBESITY, goal).spec.outcomes.primary == "obese_years"


def test_what_meets_it():
    for relation, meets in {"<": (1, 0, 0), "<=": (1, 1, 0), ">": (0, 0, 1), ">=": (0, 1, 1)}.items():
        goal = read_goal(f"share obese {relation} 0.5", OBESITY)
        assert tuple(map(goal.met_by, (0.4, 0.5, 0.6))) == tuple(map(bool, meets))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("less obesity", "`less obesity` is no goal"),
        ("share obesity.obese at end", "is no goal"),
        ("share obese < 1.2.3", "`1.2.3` is no number"),
        ("shares obese < 0.3", "did you mean `share`?"),
        ("obese_yeras < 3", "did you mean `obese_years`?"),
        ("obese_years > 3", "asks for what is worse. of `obese_years` lower is better: write <"),
        ("share obese at end at 3 < 0.3", "says twice at what time"),
        ("share obese of people < 0.3", "`of people` cannot be read"),
        ("share obese < 30", "a share is never 30. a share is a part of 1"),
        ("obese_at_end < 30", "a share is never 30. a share is a part of 1"),
    ],
)
def test_what_cannot_be_read_says_the_way_out(text, said):
    with pytest.raises(SpecError) as refused:
        read_goal(text, OBESITY)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("share obesity.obse < 0.3", "did you mean `obese`?"),
        ("share obese where aera == urban < 0.3", "did you mean `area`?"),
        ("share obese at 99 < 0.3", "horizon"),
    ],
)
def test_what_the_scenario_does_not_have_is_pointed_at(text, said):
    with pytest.raises(SpecError) as refused:
        with_goal(OBESITY, read_goal(text, OBESITY))
    assert said in str(refused.value)
    assert f"the goal `{text}`: " in str(refused.value)
    assert "--set" not in str(refused.value), "nobody wrote that"
