"""What a plan says before anything runs: rates against the laws, people and costs against the ledger, words by hand."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import netrial
from experiments.commands import app
from experiments.design import design
from experiments.plan import making as plan_module
from experiments.plan.behaviours import Move, move_lines, moves_of
from experiments.plan.making import Plan, data, plan_of
from experiments.plan.phrases import States, duration, rate_in_words, who
from experiments.plan.sections import text_lines
from scenarios.loading import LIBRARY, Scenario
from simulator.behaviour import (
    Behaviour,
    ByColumn,
    ByState,
    GroupOf,
    HazardRatio,
    Response,
    Series,
    Source,
    Transition,
)
from simulator.conditions import parse
from simulator.errors import StoreError
from simulator.person_rate import Contact, Person, rate_for
from simulator.units import from_ticks, to_ticks
from simulator.world import World
from tests import every_law, naive_laws, towns

NAMES = sorted(path.stem for path in LIBRARY.glob("*.yaml"))
DATES = Path(__file__).parent / "data" / "dates.yaml"


def planned(scenario: Scenario, arms: list[str] | None = None) -> Plan:
    return plan_of(design(scenario, arms), 2)


def run_command(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


# The rate of one person, against the slow twin -----------------------------------------------------------------------


def columns_of(world: World, person: int, tick: int) -> dict[str, float | str]:
    """What columns say of a person now; missing values are left out."""
    found: dict[str, float | str] = {}
    for name, column in world.population.columns.items():
        value = column.at(tick).values[person]
        if column.categories is not None:
            if value >= 0:
                found[name] = column.categories[int(value)]
        elif not math.isnan(value):
            found[name] = float(value)
    return found


def someone(world: World, transition: Transition, person: int, nows: list[dict[str, str]], tick: int) -> Person:
    def met(other: int, layer: str = "", weight: float = 1.0) -> Contact:
        return Contact(nows[other], columns_of(world, other, tick), layer, weight)

    contacts = []
    for layer in world.network.layers.values():
        for row, (i, j) in enumerate(layer.ties.tolist()):
            weight = 1.0 if layer.weights is None else float(layer.weights[row])
            if j == person or (i == person and not layer.directed):
                contacts.append(met(i if j == person else j, layer.name, weight))
    group = ()
    if transition.group is not None:
        mine = naive_laws.in_words(world, transition.group.by, person)
        everybody = range(world.population.size)
        others = [i for i in everybody if i != person and naive_laws.in_words(world, transition.group.by, i) == mine]
        group = tuple(met(i) for i in others) if mine is not None else ()
    return Person(nows[person], columns_of(world, person, tick), tuple(contacts), group, there_for=0.0)


def naive_rate(
    world: World, transition: Transition, person: int, nows: list[dict[str, str]], tick: int, elapsed: int
) -> float:
    """The hazard by the slow twin's parts; exposures are summed, where the engine draws."""
    receiving = naive_laws.receiving_numbers(transition)
    rate = naive_laws.static_receiving(world, transition, person)
    rate *= naive_laws.own_receiving(world, transition, person, nows[person])
    rate *= naive_laws.ageing(world, receiving, tick) * naive_laws.waning(transition, elapsed)
    rate *= math.prod(naive_laws.seasonal(series, tick) for series in transition.series)
    if transition.source is None:
        return rate
    source = transition.source
    weights = dict(zip(source.states, source.weights or [1.0] * len(source.states), strict=True))
    grown = naive_laws.ageing(world, transition.influence, tick)

    def counted(other: int) -> float:
        sent = naive_laws.static_sending(world, transition, other) * naive_laws.own_sending(transition, nows[other])
        return weights.get(nows[other][source.behaviour], 0.0) * sent * grown

    if transition.group is not None:
        others = [i for i in naive_laws.group_of(world, transition, person) if i != person]
        return rate * sum(map(counted, others)) / len(others) if others else 0.0
    entries = naive_laws.entries_of(world, transition, person, [])
    total, all_of_them = sum(w * counted(j) for j, w in entries), sum(w for _, w in entries)
    share = total / all_of_them if all_of_them else 0.0
    if transition.law == "per_contact":
        return rate * total
    if transition.response is None:
        return rate * share
    threshold = naive_laws.threshold_of(world, transition.response, person)
    read = share if transition.response.reads == "share" else total
    return rate * naive_laws.factor_of(transition.response, threshold, read)


def asks_for_age(transition: Transition) -> bool:
    """Whether a category or a condition reads the column that ages: in a run these are those of time 0."""
    numbers = (transition.rate, *transition.susceptibility, *transition.influence)
    conditions = [transition.where, transition.group and transition.group.where]
    return any(isinstance(number, ByColumn) and number.column == "age" for number in numbers) or any(
        condition is not None and "age" in condition.columns for condition in conditions
    )


def test_a_persons_rate_is_that_of_the_slow_twin():
    laws: dict[str, int] = {}
    seen = wrong = 0
    for seed in range(60):
        world = towns.random_case(seed, laws=True).world
        luck = random.Random(seed)
        everybody = range(world.population.size)
        nows = [{b.name: luck.choice(b.states) for b in world.behaviours.values()} for _ in everybody]
        for _, behaviour, transition in naive_laws.every_transition(world):
            for person in everybody:
                tick, elapsed = to_ticks(luck.choice((0, 1.5, 3))), to_ticks(luck.uniform(0, 2))
                tick = 0 if asks_for_age(transition) else tick
                if nows[person][behaviour.name] not in transition.from_states:
                    continue
                one = replace(someone(world, transition, person, nows, tick), there_for=from_ticks(elapsed))
                expected = naive_rate(world, transition, person, nows, tick, elapsed)
                found = rate_for(behaviour, transition, one, from_ticks(tick))
                assert found == pytest.approx(expected, rel=1e-9), (seed, behaviour.name, transition.name, person)
                laws[transition.law] = laws.get(transition.law, 0) + (found > 0)
                seen += found > 0
                # the twin: all contacts at half their weight, by which shares do not change and sums do
                halved = replace(one, contacts=tuple(replace(c, weight=c.weight / 2) for c in one.contacts))
                wrong += rate_for(behaviour, transition, halved, from_ticks(tick)) != pytest.approx(found, rel=1e-9)
    assert min(laws.values()) > 50, laws
    assert len(laws) == 5
    assert laws["per_contact"] <= wrong < seen


def test_nobody_moves_who_is_not_there_or_not_meant():
    behaviour = Behaviour("b", ("s", "t"), (Transition("go", ("s",), "t", 0.1, where=parse("age > 30")),))
    (go,) = behaviour.transitions
    assert rate_for(behaviour, go, Person({"b": "s"}, {"age": 31.0})) == 0.1
    assert rate_for(behaviour, go, Person({"b": "s"}, {"age": 30.0})) == 0
    assert rate_for(behaviour, go, Person({"b": "s"})) == 0
    assert rate_for(behaviour, go, Person({"b": "t"}, {"age": 31.0})) == 0


# Words, worked out by hand -------------------------------------------------------------------------------------------


def lines_of(
    *transitions: Transition, columns: dict | None = None, layers: tuple[str, ...] = ("friends",), unit: str = "year"
) -> list[str]:
    behaviours = {
        "weight": Behaviour("weight", ("lean", "obese", "sick"), transitions),
        "support": Behaviour("support", ("none", "champion")),
    }
    return [
        line for move in moves_of(behaviours, "weight", columns or {}, layers, unit) for line in move_lines(move, unit)
    ]


OBESE, FRIENDS = Source("weight", ("obese",)), {"friends": 1.0}


def gain(rate, **more):
    return Transition(more.pop("name", "gain"), ("lean",), "obese", rate, **more)


def test_the_issues_own_example():
    lines = lines_of(gain(0.02), gain(0.005, name="catch", law="per_contact", source=OBESE, layers=FRIENDS))
    assert lines == [
        "From lean to obese",
        "  on their own: 2 % a year (gain)",
        "  for each obese contact: + 0.5 % a year (catch)",
        "  for example",
        "    a lean person with no obese contact: 2 % a year",
        "    a lean person with three obese contacts: 3.5 % a year",
    ]


@pytest.mark.parametrize(
    ("transition", "expected"),
    [
        (gain(0.25), ["on their own: 25 % a year (22 in 100 within a year)"]),  # 1 - exp(-0.25) = 0.221
        (gain(5.0), ["on their own: 5 times a year (after 2.4 months on average)"]),
        (gain(0.0), ["on their own: never"]),
        (gain(0.01, where=parse("support == champion and age >= 40")),
         ['on their own: 1 % a year; only people who are "champion" (support) and with age of at least 40']),
        (gain(ByColumn("area", {"urban": 0.02, "rural": 0.03})),
         ["on their own (area urban): 2 % a year; by area: urban 2 % and rural 3 % a year"]),
        (gain(0.02, susceptibility=(0.5, ByColumn("sex", {"f": 1.0, "m": 1.5}))),
         ["on their own: 1 % a year; by sex: × 1 if f and × 1.5 if m"]),
        (gain(0.02, susceptibility=(HazardRatio("age", 1.2, 10, 40),)),
         ["on their own: 2 % a year; by age: × 1.2 for each 10 more, × 1 at 40"]),
        (gain(0.02, susceptibility=(ByState("support", {"none": 1.0, "champion": 0.5}),)),
         ["by support: × 1 if none and × 0.5 if champion"]),
        (gain(0.02, series=(Series(((0.0, 1.0), (14.0, 0.3))),)), ["by date: × 1 until year 14, then × 0.3"]),
        (gain(0.02, series=(Series(((0.0, 1.0), (0.75, 1.3)), 1.0),)),
         ["by season: × 1 until 9 months, then × 1.3, and again every year"]),
        # 2 x 0.25 = 0.5, and 2 x 0.25 + 2 x 0.3 x 0.75 = 0.95: 1 - exp of these is 0.393 and 0.613
        (gain(2.0, time_in_state=((0.0, 1.0), (0.25, 0.3), (1.0, 0.0))),
         ["on their own: 2 times a year; by time since they became so: × 1 in the first 3 months, × 0.3 up to 1 year, "
          "× 0 after 1 year; by this alone, of 100 people, 39 within 3 months and 61 within 1 year"]),
        (gain(0.1, law="per_contact", source=Source("weight", ("obese", "sick"), (1.0, 0.5)), layers=FRIENDS),
         ["for each obese contact: + 10 %, for each sick contact: + 5 % in friends a year",
          "a lean person with three obese contacts: 30 % a year (26 in 100 within a year)"]),
        (gain(0.1, law="per_contact", source=OBESE, layers={"friends": 0.5, "work": 0.2}),
         ["for each obese contact: + 5 % in friends and 2 % in work a year",
          "a lean person with one obese contact in friends: 5 % a year"]),
        (gain(0.1, law="per_contact", source=Source("support", ("champion",)), layers=FRIENDS,
              influence=(ByColumn("sex", {"f": 1.0, "m": 2.0}),)),
         ['for each "champion" contact (support) in friends: + 10 % a year; ',
          "by the contact's sex: × 1 if f and × 2 if m",
          'a lean person with three "champion" contacts (support) (sex f): 30 % a year (26 in 100 within a year)']),
        (gain(0.1, law="proportion", source=OBESE, layers=FRIENDS),
         ["by the share of contacts in friends who are obese: 10 % a year if all are, less in proportion",
          "a lean person half of whose contacts are obese: 5 % a year"]),
        (gain(0.1, law="group", source=OBESE, group=GroupOf("ward", parse("sex == f"))),
         ["by the share of the others in the same ward with sex f who are obese: 10 % a year if all are",
          "a lean person with half of the others in the same ward obese: 5 % a year"]),
        (gain(0.5, law="response", source=OBESE, layers=FRIENDS,
              response=Response("count", ((0, 0), (1, 0.1), (3, 1)))),
         ["by the number of contacts in friends who are obese: none: never, one or two: 5 % a year, "
          "three or more: 50 % a year (39 in 100 within a year)"]),
        (gain(0.1, law="response", source=OBESE, layers=FRIENDS,
              response=Response("share", ((0, 0.2), (0.5, 1)), "linear")),
         ["by the share of contacts in friends who are obese: 0 %: 2 % a year, 50 % or more: 10 % a year, "
          "in a straight line between these"]),
        (gain(0.1, law="response", source=OBESE, layers=FRIENDS, response=Response("count", threshold=2)),
         ["nothing until the number of contacts in friends who are obese reaches 2; from then on 10 % a year"]),
        (gain(0.1, law="response", source=OBESE, layers=FRIENDS, response=Response("share", threshold="own")),
         ["nothing until the share of contacts in friends who are obese reaches the person's `own`"]),
    ],
)  # fmt: skip
def test_laws_in_words(transition, expected):
    said = "\n".join(lines_of(transition, layers=("friends", "work", "other")))
    for words in expected:
        assert words in said


def test_several_states_are_left_together_and_apart():
    light = Transition("start", ("lean", "obese"), "sick", 0.03)
    only = Transition("also", ("obese",), "sick", 0.01)
    assert lines_of(light)[0] == "From lean or obese to sick"
    lines = lines_of(light, only)
    assert [line for line in lines if line.startswith("From")] == ["From lean to sick", "From obese to sick"]
    assert "  on their own: 1 % a year (also)" in lines[lines.index("From obese to sick") :]


def test_examples_add_up_only_what_concerns_one_person():
    """Men and women move by different transitions: nobody has both."""
    behaviours = {
        "weight": Behaviour(
            "weight",
            ("lean", "obese"),
            (gain(0.02, name="men", where=parse("sex == m")), gain(0.03, name="women", where=parse("sex != m"))),
        )
    }
    (move,) = moves_of(behaviours, "weight", {"sex": ("f", "m")}, (), "year")
    assert {(one.words, one.rate) for one in move.examples} == {
        ("a lean person (sex m)", 0.02),
        ("a lean person (sex f)", 0.03),
    }


def test_a_column_that_was_not_read_may_hold_numbers():
    """Of a large town no column is made, and categories are known from the rates only."""
    by_village = gain(ByColumn("village", {"2": 0.02, "5": 0.05}), where=parse("village > 3"))
    assert any("only people with village above 3" in line for line in lines_of(by_village))
    (move,) = moves_of({"weight": Behaviour("weight", ("lean", "obese"), (by_village,))}, "weight", {}, (), "year")
    assert [(one.words, one.rate) for one in move.examples] == [("a lean person (village 5)", 0.05)]


def test_contacts_that_count_for_nothing_are_said():
    nobody = gain(0.1, law="per_contact", source=OBESE, layers={"friends": 0.0})
    assert "  by contacts, none of whom counts (gain)" in lines_of(nobody)
    nothing = gain(0.1, law="proportion", source=Source("weight", ("obese",), (0.0,)), layers=FRIENDS)
    assert "  by contacts, none of whom counts (gain)" in lines_of(nothing)


def test_any_behaviour_can_be_put_into_words():
    for seed in range(40):
        world = towns.random_case(seed, laws=True).world
        columns = {name: column.categories for name, column in world.population.columns.items()}
        for name in world.behaviours:
            for move in moves_of(world.behaviours, name, columns, list(world.network.layers), "week"):
                assert isinstance(move, Move)
                assert all(one.rate >= 0 for one in move.examples)
                assert not re.search(r"None|nan|  \S", " ".join(move.transitions.values()))


@pytest.mark.parametrize(
    ("time", "unit", "said"),
    [
        (0.25, "year", "3 months"), (1, "year", "1 year"), (5, "year", "5 years"), (0.625, "year", "7.5 months"),
        (8, "week", "8 weeks"), (126 / 365.25, "year", "18 weeks"), (0.5, "day", "12 hours"), (1.5, "day", "36 hours"),
    ],
)  # fmt: skip
def test_durations(time, unit, said):
    assert duration(time, unit) == said


def test_rates():
    assert rate_in_words(0.035, "year") == "3.5 % a year"
    assert rate_in_words(0.1, "hour") == "10 % an hour"
    assert rate_in_words(1.0, "year") == "100 % a year (63 in 100 within a year)"
    assert rate_in_words(1.6, "year", meaning=False) == "1.6 times a year"
    assert rate_in_words(0.000123456, "day") == "0.0123 % a day"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weight == obese", "who are obese"),
        ("weight != obese and age < 40", "who are not obese and with age below 40"),
        ("weight in [obese, sick] or ward == 3", "who are obese or sick or with ward 3"),
        ("not (age > 40)", "with age of at most 40"),
        ("start.support == champion", 'who were "champion" (support) at the start'),
        ("(age > 4 or sex == f) and ward not in [a, b]",
         "(with age above 4 or with sex f) and with ward other than a or b"),
    ],
)  # fmt: skip
def test_conditions_in_words(text, said):
    behaviours = {
        "weight": Behaviour("weight", ("lean", "obese", "sick")),
        "support": Behaviour("support", ("none", "champion")),
    }
    assert who(parse(text), States(behaviours)) == said


# A whole plan ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> Scenario:
    return netrial.load("obesity").set({"population.size": 400, "experiment.replicates": 60})


def test_a_changed_rate_changes_the_sentence(small):
    before = text_lines(planned(small))
    after = text_lines(planned(small.set("behaviours.obesity.transitions.become_obese.rate", 0.03)))
    example = "        a lean person with three obese contacts: {} % a year"
    assert example.format("3.5") in before
    assert example.format("4.5") in after
    assert not any("3.5 %" in line for line in after)


@pytest.fixture(scope="module")
def dates() -> Scenario:
    return netrial.load(DATES)


@pytest.mark.parametrize("which", ["small", "dates"])
def test_people_reached_are_those_of_the_first_replicate(which, request):
    """Every number of people and, where all accept, every cost is what the ledger of a run says."""
    scenario = request.getfixturevalue(which)
    made = planned(scenario)
    ledger = netrial.run(scenario, replicates=1, jobs=1).ledger
    reach = ledger[ledger["action"] == "reach"]
    numbers = 0
    for name, arm in made.arms.items():
        found = [(date.time, date.intervention.name, date.counted.reached) for date in arm.dates]
        rows = reach[reach["arm"] == name]
        assert found == list(zip(rows["time"], rows["intervention"], rows["people"], strict=True)), name
        numbers += len(found)
        if all(date.intervention.uptake == 1 for date in arm.dates):
            cost = sum(date.counted.cost for date in arm.dates)
            assert cost == pytest.approx(ledger[ledger["arm"] == name]["cost"].sum())
    assert numbers >= 5


def test_who_accepts_and_what_it_costs_are_means(small):
    made = planned(small, ["champions"])
    (date,) = made.arms["champions"].dates
    ledger = netrial.run(small.set("interventions.leaders.target.share", 0.5), replicates=60, arms=["champions"]).ledger
    (date,) = planned(small.set("interventions.leaders.target.share", 0.5), ["champions"]).arms["champions"].dates
    treated = ledger[ledger["action"] == "treat"]["people"].to_numpy()
    costs = ledger.groupby("replicate")["cost"].sum().to_numpy()

    def off(values: np.ndarray, expected: float) -> float:
        return abs(values.mean() - expected) / (values.std(ddof=1) / len(values) ** 0.5)

    assert date.counted.treated == pytest.approx(160)
    assert off(treated, date.counted.treated) < 4
    assert off(costs, date.counted.cost) < 4
    assert off(treated, 1.1 * date.counted.treated) > 6  # the twin: one more in ten would be seen
    assert off(costs, 1.1 * date.counted.cost) > 6


def test_the_text_says_the_numbers(small):
    """5 % of 400 people, of whom 80 % accept at 200 each beside 5,000."""
    lines = [line.strip() for line in text_lines(planned(small, ["champions"]))]
    at = lines.index("At the start: leaders (champions)")
    assert lines[at + 1 : at + 6] == [
        "whom: the 20 people with most contacts (5 % of all 400)",
        "of them 80 % accept: about 16",
        'effect: they become "champion" (advocacy), until they leave it again by stop (20 % a year)',
        "cost: 5,000 fixed + 16 treated × 200 = about 8,200 GBP",
        "in all about 8,200 GBP, 20.50 for each person in the town",
    ]
    assert "usual_care (the control): nothing is done" in lines
    assert not any("alteration" in line for line in lines[at:])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"phase": {"over": "area", "every": 1, "order": ["rural"]}},
            ["people with most contacts (5 % of those in the groups that begin then)"],
        ),
        (
            {"target": {"budget": 10, "rank": "degree"}},
            ["nobody of those with most contacts (of all 400); for 400 more", "nothing is done, since the money"],
        ),
        (
            {"kind": "groups", "target": {"groups": "area", "number": 3}},
            ["nobody: no whole group by area fits, in random order, up to 3 people"],
        ),
        (
            {"effect": {"susceptibility": {"obesity.lose_weight": 2}, "half_life": 1}, "cost.per_asked": 7},
            ["half as far from × 1 after every year", "cost: 5,000 fixed + 16 treated"],
        ),
    ],
)
def test_a_share_is_said_of_those_it_is_taken_of_and_nobody_is_called_nobody(small, change, said):
    changed = small.set({f"interventions.leaders.{key}": value for key, value in change.items()})
    text = "\n".join(text_lines(planned(changed, ["champions"])))
    assert all(each in text for each in said), text


def test_a_purse_is_not_said_to_be_overspent(small):
    """Who accepts is a mean at each date; where many do, the purse is empty before the last."""
    purse = {"interventions": ["leaders"], "budget": 30_000}
    again = {"experiment.seed": 5, "interventions.leaders.every": 1, "arms.champions": purse}
    made = planned(small.set(again), ["champions"])
    assert sum(date.counted.cost for date in made.arms["champions"].dates) > 30_000, "the means alone are too much"
    assert any("in all about 30,000 GBP" in line for line in text_lines(made))


def test_dates_come_in_order_and_repeats_are_told_once(dates):
    lines = [line.strip() for line in text_lines(planned(dates))]
    steps = [line for line in lines if line.startswith(("At the start (2024", "After "))]
    assert steps == [
        "At the start (2024-01-01): talk (champions)",
        "After 6 months: talk (champions)",
        "After 6 months: ward (groups)",
        "After 12 and 18 months: talk (champions)",
        "After 24 months: few (champions)",
    ]
    assert sum("with most contacts" in line for line in lines) == 1
    for words in (
        "effect: for 6 weeks, quit (\"light\" or \"heavy\" to \"no\") is × 2: 3 % a month becomes 6 % a month",
        "of them 80 % if f and 50 % if m accept",
        "400 were asked for",
        "of them nobody accepts",
        "age grows by 1 a year",
        "2.5 people enter a month on average",
        "of people with sex f, 0.2 % a month leave; by age: × 2 for each 10 more, × 1 at 40",
        "before the start, 6 months pass in which nobody intervenes",
    ):  # fmt: skip
        assert any(words in line for line in lines), words


def test_later_dates_of_a_long_run_are_left_open(dates, monkeypatch):
    both = [date.time for date in planned(dates).arms["both"].dates]
    assert plan_module._followed(10_000_000, both, 24) == 18
    assert plan_module._followed(60_000_000, both, 24) == 6
    monkeypatch.setattr(plan_module, "_followed", lambda *_: 0.0)
    made = planned(dates)
    assert [date.counted is not None for date in made.arms["both"].dates] == [True, False, False, False, False]
    lines = [line.strip() for line in text_lines(made)]
    assert "again as before; how many depends on the course of the run" in lines
    assert "in all at least 956 EUR; the rest depends on how many people that is" in lines


def test_a_large_town_is_not_made(small, monkeypatch):
    with_town = data(planned(small))
    monkeypatch.setattr(plan_module, "MOST_SLOTS", 100)
    monkeypatch.setattr("scenarios.build.world_of", lambda *_: pytest.fail("a network was made"))
    made = planned(small)
    without = data(made)
    said = "\n".join(text_lines(made))
    assert "this plan leaves out what its network looks like" in said
    assert "a lean person with three obese contacts: 3.5 % a year" in said
    assert "(47.3 % of those who are obese); how many is not known before the town is made" in said
    assert without["effort"]["rings"] is None
    for arm in ("champions", "champions_at_random", "induction"):  # of all people: no town is needed
        keys = ("time", "reached", "treated", "cost")
        assert [[date[key] for key in keys] for date in without["arms"][arm]] == [
            [date[key] for key in keys] for date in with_town["arms"][arm]
        ]
    assert without["arms"]["alteration"][0]["reached"] is None


@pytest.mark.parametrize("name", NAMES)
def test_every_bundled_scenario_reads_well(name):
    scenario = netrial.load(name)
    if scenario.spec.population.size and scenario.spec.population.size > 1000:
        scenario = scenario.set("population.size", 600)
    made = planned(scenario)
    lines = text_lines(made)
    said = "\n".join(lines)
    for transition in (t for each in scenario.spec.behaviours.values() for t in each.transitions):
        assert f"({transition})" in said
    for arm in made.arms.values():
        for date in arm.dates:
            assert f": {date.intervention.name} (" in said or f": {date.intervention.name}\n" in said
            assert date.counted is not None
    assert f"{sum(each.assumed for each in made.inputs)} of {len(made.inputs)} inputs are assumed" in said
    wrong = re.compile(r"None|\bnan\b|\b1 (people|years|months|weeks|days|replicates|ties)\b|\S {2}\S|,,|;;| [,;]")
    assert [line for line in lines if wrong.search(line.strip()) and ".where = " not in line] == []


def test_every_key_of_the_laws_can_be_planned(tmp_path):
    said = "\n".join(text_lines(planned(netrial.load(every_law.write(tmp_path)))))
    # 2 % for each of three, and 1 % since all contacts in this layer smoke
    assert (
        'a "never" person (income 40, health well, sex f) with three "smoker" contacts (sex f), at the start: 7 %'
        in said
    )
    assert "of people with sex m or who are ill, 1 % a year leave; by age: × 2 for each 10 more, × 1 at 60" in said
    assert "the far ends of 50 % of their ties in friends move to people picked at random, for good" in said


# The commands ---------------------------------------------------------------------------------------------------------

SMALL = ["--set", "population.size=300", "--arm", "groups"]


def test_nothing_is_written_and_json_says_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = run_command("plan", "obesity", *SMALL, "--replicates", "7", "--seed", "3", "--jobs", "1")
    found = json.loads(
        run_command("plan", "obesity", *SMALL, "--replicates", "7", "--seed", "3", "--jobs", "1", "--json")
    )
    assert list(tmp_path.iterdir()) == []
    shown = [line.strip() for line in text.splitlines() if line.strip()][1:]
    told = [line.strip() for part in found["sections"] for line in (part["heading"], *part["lines"])]
    timed = re.compile(r"ns a ring|take about|are free")
    assert [line for line in shown if not timed.search(line)] == [line for line in told if not timed.search(line)]
    assert (found["replicates"], found["people"], found["effort"]["threads"]) == (7, 300, 1)
    assert list(found["arms"]) == ["usual_care", "groups"]
    (date,) = found["arms"]["groups"]
    assert date["cost"] == 5000 + 100 * date["reached"]
    (example,) = [
        one for move in found["behaviours"]["obesity"]["moves"] for one in move["examples"]
        if one["words"] == "a lean person with three obese contacts"
    ]  # fmt: skip
    assert example["rate"] == pytest.approx(0.035)


def test_a_dry_run_says_what_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dry = ["run", "obesity", *SMALL, "--dry-run", "--replicates"]
    assert run_command(*dry, "10").splitlines()[-1].endswith("10 replicates: 0 are there, 10 would run")
    assert list(tmp_path.iterdir()) == []
    run_command("run", "obesity", *SMALL, "--replicates", "4")
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    lines = run_command(*dry, "10").splitlines()
    assert lines[-1].strip().startswith("in results/obesity-")
    assert lines[-1].endswith("10 replicates: 4 are there, 6 would run")
    assert "        a lean person with three obese contacts: 3.5 % a year" in lines
    assert run_command(*dry, "3").endswith("3 replicates: 3 are there, none would run\n")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files
    (folder,) = (tmp_path / "results").iterdir()
    other = CliRunner().invoke(app, [*dry, "3", "--seed", "9", "--out", str(folder)])
    assert isinstance(other.exception, StoreError)
    assert "holds results of scenario `obesity`" in str(other.exception)
