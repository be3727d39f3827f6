"""When interventions act: again and again, at a level, group after group; and who is left out, replaced, or leaves."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_towns import STAR, TWO_CLIQUES, category, situation, town, undirected

import netrial
from experiments.design import design
from experiments.plan.making import plan_of
from experiments.plan.sections import text_lines
from interventions.dropping import exponentials, fades_of
from interventions.money import purse_for
from interventions.schedule import occurrences
from interventions.specs import ByContacts, Cost, Intervention, Knowledge, Phase, Target
from interventions.uptake import chances
from scenarios.loading import Scenario
from simulator.actions import ActLater, Record
from simulator.behaviour import ByState
from simulator.network import ContactNetwork
from simulator.past import Past
from simulator.streams import Draw
from simulator.units import TICKS_PER_UNIT

TOWN: dict[str, Any] = {
    "netrial": 1,
    "name": "timed",
    "study": {"currency": "EUR", "price_year": 2025},
    "time": {"unit": "year", "horizon": 10},
    "population": {"size": 400, "columns": {"ward": {"categories": {"a": 1, "b": 1, "c": 1, "d": 1}}}},
    "network": {"layers": {"friends": {"generator": "watts_strogatz", "mean_degree": 6, "rewiring": 0.1}}},
    "behaviours": {
        "smoking": {
            "states": ["never", "smoker"],
            "initial": {"smoker": 0.2},
            "transitions": {
                "start": {"from": "never", "to": "smoker", "rate": 0.05, "per_contact": "smoker"},
                "quit": {"from": "smoker", "to": "never", "rate": 0.05},
            },
        }
    },
    "interventions": {"it": {"kind": "champions", "target": {"number": 20}, "at": 0, "effect": {}}},
    "arms": {"usual": [], "treated": ["it"]},
    "outcomes": {"primary": "end", "end": {"share": "smoking.smoker", "better": "lower"}},
    "experiment": {"replicates": 3, "seed": 1},
}


def loaded(data: Mapping[str, Any]) -> Scenario:
    """A scenario as if it stood in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timed.yaml"
        path.write_text(json.dumps(data))
        return netrial.load(path)


def scenario(it: Mapping[str, Any], **changes: Any) -> Scenario:
    """The town with one intervention, `it`."""
    base = {"kind": "champions", "target": {"number": 20}, "effect": {}}
    return loaded({**TOWN, **changes, "interventions": {"it": {**base, **it}}})


def ledger(found: Scenario, replicate: int = 0) -> pd.DataFrame:
    lines = netrial.run(found).ledger
    return lines[(lines["replicate"] == replicate) & (lines["arm"] == "treated")]


def reached(found: Scenario, replicate: int = 0) -> list[tuple[float, int]]:
    lines = ledger(found, replicate)
    lines = lines[lines["action"] == "reach"]
    return list(zip(lines["time"], lines["people"], strict=True))


def test_it_repeats_until_its_last_date_or_the_end() -> None:
    assert reached(scenario({"at": 1, "every": 2, "until": 5})) == [(1, 20), (3, 20), (5, 20)]
    assert reached(scenario({"at": 1, "every": 4})) == [(1, 20), (5, 20), (9, 20)]
    assert reached(scenario({"every": 5})) == [(0, 20), (5, 20)]  # not at the horizon, where nothing follows
    thirds = [time for time, _ in reached(scenario({"at": 0, "every": {"value": 4, "unit": "month"}, "until": 1}))]
    assert thirds == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_repeating_is_the_same_as_listing_the_dates() -> None:
    effect = {"susceptibility": {"smoking.start": 0.3}, "for": 1}
    repeated = netrial.run(scenario({"at": 1, "every": 2, "until": 7, "effect": effect, "uptake": 0.7}))
    listed = netrial.run(scenario({"at": [1, 3, 5, 7], "effect": effect, "uptake": 0.7}))
    assert repeated.curves.equals(listed.curves)
    assert repeated.ledger.equals(listed.ledger)


class TestWhen:
    def test_it_starts_at_the_first_check_past_the_level(self) -> None:
        found = scenario({"when": {"share": "smoking.smoker", "above": 0.3, "check_every": 0.5}})
        results = netrial.run(found)
        curve = netrial.run(found.set("time.observe_every", 0.5)).curves
        for replicate in range(3):
            mine = curve[(curve["arm"] == "treated") & (curve["replicate"] == replicate) & (curve["state"] == "smoker")]
            past = mine[mine["count"] / 400 > 0.3]["time"]
            lines = results.ledger[(results.ledger["replicate"] == replicate) & (results.ledger["action"] == "reach")]
            assert lines["time"].tolist() == ([past.min()] if past.min() < 10 else [])
            assert past.min() > 0

    def test_it_is_offered_to_nobody_if_the_level_is_never_passed(self) -> None:
        results = netrial.run(scenario({"when": {"share": "smoking.smoker", "below": 0.001, "check_every": 1}}))
        assert results.ledger.empty
        curves = results.curves
        counts = [curves[curves["arm"] == arm]["count"].to_numpy() for arm in ("usual", "treated")]
        assert np.array_equal(*counts)

    def test_it_waits_for_what_happened_so_far(self) -> None:
        found = scenario({"when": {"first_entries": "smoking.smoker", "above": 49.5, "check_every": 0.25}})
        (time,) = {time for time, _ in reached(found)}
        assert 0 < time < 10
        before = netrial.run(
            found.set(
                {"time.horizon": time - 0.25, "outcomes.end": {"first_entries": "smoking.smoker", "better": "lower"}}
            )
        )
        after = netrial.run(
            found.set({"time.horizon": time, "outcomes.end": {"first_entries": "smoking.smoker", "better": "lower"}})
        )
        first = [each.outcomes.query("arm == 'usual' and replicate == 0")["value"].item() for each in (before, after)]
        assert first[0] < 50 <= first[1]

    def test_the_plan_reads_what_happened_so_far_too(self) -> None:
        found = scenario({"when": {"first_entries": "smoking.smoker", "above": 49.5, "check_every": 0.25}})
        said = "\n".join(text_lines(plan_of(design(found, None), 2)))
        assert 'once the number of people who became "smoker" (smoking) is above 49.5' in said

    def test_where_is_asked_of_people_as_they_are_when_it_looks(self) -> None:
        joined = {"set": {"smoking": "never"}}
        first = {"kind": "champions", "target": {"where": "smoking == smoker"}, "at": 1, "effect": joined}
        waits = {"when": {"count": "smoking.never", "where": "smoking == never", "above": 399, "check_every": 1}}
        it = {"kind": "champions", "target": {"number": 20}, "effect": {}, **waits}
        data = {**TOWN, "interventions": {"first": first, "it": it}, "arms": {"usual": [], "treated": ["first", "it"]}}
        lines = netrial.run(loaded(data)).ledger.query("action == 'reach' and intervention == 'it'")
        assert set(lines["time"]) == {1.0}  # by where people were at time 0, never more than 320

    def test_once_started_it_repeats(self) -> None:
        times = [time for time, _ in reached(scenario({"when": {"count": "smoking.smoker", "above": 90}, "every": 3}))]
        assert len(times) > 1
        assert np.allclose(np.diff(times), 3)
        assert times[0] > 0

    def test_no_look_is_taken_after_the_last_date(self) -> None:
        late = {"when": {"share": "smoking.smoker", "above": 0.3, "check_every": 0.5}}
        (first,) = [time for time, _ in reached(scenario(late))]
        assert reached(scenario({**late, "until": first - 0.5})) == []
        assert [time for time, _ in reached(scenario({**late, "until": first}))] == [first]


class TestPhases:
    def test_each_group_begins_once(self) -> None:
        found = scenario({"target": {}, "at": 1, "phase": {"over": "ward", "groups": 1, "every": 2}})
        results = netrial.run(found)
        sizes = set()
        for replicate in range(3):
            lines = results.ledger.query(f"replicate == {replicate} and action == 'reach'")
            assert lines["time"].tolist() == [1, 3, 5, 7]
            assert lines["people"].sum() == 400
            sizes.add(tuple(lines["people"]))
        assert len(sizes) > 1  # in an order drawn by replicate

    @pytest.mark.parametrize(("asked", "steps"), [(None, [5, 5]), (0.0, [1] * 10), (1.0, [5, 5])])
    def test_communities_are_those_of_the_known_network_when_the_first_begin(
        self, asked: float | None, steps: list[int]
    ) -> None:
        target = Target(knowledge=None if asked is None else Knowledge(asked=asked))
        (one,) = occurrences([Intervention("it", "champions", target, phase=Phase("communities", order="size"))])
        plan, offered = one.plan, []
        changed = ContactNetwork(10, {"friends": undirected("friends", [])})
        here = situation(town(10, [undirected("friends", TWO_CLIQUES)]))
        for _ in steps:
            *done, last = plan(here)
            offered += [each.offered for each in [*done, last] if isinstance(each, Record) and each.offered is not None]
            plan = last.plan if isinstance(last, ActLater) else None
            here = replace(here, network_at=lambda tick: changed)  # does not move anybody
        assert plan is None
        assert [people.size for people in offered] == steps
        assert sorted(np.concatenate(offered)) == list(range(10))

    def test_two_at_a_time_by_size(self) -> None:
        found = scenario({"target": {}, "phase": {"over": "ward", "groups": 2, "every": 2, "order": "size"}})
        people = [people for _, people in reached(found)]
        assert len(people) == 2
        assert sum(people) == 400
        assert people[0] > people[1]

    def test_in_a_given_order_a_cut_is_of_the_groups_that_begin(self) -> None:
        target = {"share": 0.1, "rank": "degree"}
        found = scenario({"target": target, "phase": {"over": "ward", "every": 1, "order": ["d", "b"]}})
        everybody = scenario({"target": {}, "phase": {"over": "ward", "every": 1, "order": ["d", "b"]}})
        sizes = [people for _, people in reached(everybody)]
        assert len(sizes) == 2
        assert [people for _, people in reached(found)] == [math.floor(0.1 * size + 0.5) for size in sizes]


class TestAgain:
    def test_nobody_is_picked_twice(self) -> None:
        found = scenario({"target": {"number": 150, "exclude": "offered"}, "every": 3, "uptake": 0.5})
        assert [people for _, people in reached(found)] == [150, 150, 100, 0]
        refused = reached(scenario({"target": {"number": 150, "exclude": "treated"}, "every": 3, "uptake": 0.5}))
        assert [people for _, people in refused[:3]] == [150, 150, 150]  # who refused may be asked again

    def test_others_people_are_left_out(self) -> None:
        data = {
            **TOWN,
            "interventions": {
                "first": {"kind": "champions", "target": {"number": 390}, "at": 0, "effect": {}},
                "second": {"kind": "champions", "target": {"exclude": ["first"]}, "at": 0, "effect": {}},
            },
            "arms": {"usual": [], "treated": ["first", "second"]},
        }
        assert [people for _, people in reached(loaded(data))] == [390, 10]

    def test_only_those_who_are_missing_are_replaced(self) -> None:
        found = scenario({"target": {"number": 100, "replace": True}, "every": 1, "drop_out": 0.3, "uptake": 0.8})
        lines = ledger(found)
        treated = lines[lines["action"] == "treat"]["people"].to_numpy()
        offered = lines[lines["action"] == "reach"]["people"].to_numpy()
        gone = lines[lines["action"] == "drop out"].groupby("time")["people"].sum()
        members = 0
        for year in range(10):
            members -= int(gone.get(year, 0))
            assert offered[year] == 100 - members, year
            members += treated[year]
        assert offered[1] > 20


class TestDropOut:
    def test_times_are_exponential(self) -> None:
        """A Kolmogorov-Smirnov test at alpha 1e-4; the twin, 5 % faster, must fail."""
        times = exponentials(Draw(1), ("drop out", "x", 0), np.arange(20_000))
        assert stats.kstest(times, "expon").pvalue > 1e-4
        assert stats.kstest(1.05 * times, "expon").pvalue < 1e-4
        assert abs(times.mean() - 1) < 4 / math.sqrt(20_000)

    def test_a_person_leaves_when_they_leave_whoever_else_is_there(self) -> None:
        everybody = exponentials(Draw(1), ("drop out", "x", 0), np.arange(500))
        some = exponentials(Draw(1), ("drop out", "x", 0), np.array([3, 77, 400]))
        assert everybody[[3, 77, 400]].tolist() == some.tolist()

    def test_the_ledger_tells_how_many_left_by_each_unit_of_time(self) -> None:
        lines = ledger(scenario({"target": {}, "at": 0.5, "drop_out": 0.5}))
        gone = lines[lines["action"] == "drop out"]
        assert gone["time"].tolist() == list(range(1, 11))
        left = gone["people"].cumsum().to_numpy()
        expected = 400 * -np.expm1(-0.5 * (np.arange(1, 11) - 0.5))
        assert np.all(np.abs(left - expected) < 4.5 * np.sqrt(expected * (1 - expected / 400)) + 1)

    def test_effects_end_for_those_who_leave_and_for_no_one_else(self) -> None:
        """With nothing spread, those in it never start: starts are counted while they stay, against the law."""
        alone = {
            "smoking": {
                "states": ["never", "smoker"],
                "transitions": {"start": {"from": "never", "to": "smoker", "rate": 0.2}},
            }
        }
        effect = {"susceptibility": {"smoking.start": 0}}
        found = scenario({"target": {}, "at": 0, "drop_out": 0.3, "effect": effect}, behaviours=alone)
        found = found.set({"population.size": 4000, "experiment.replicates": 5})
        end = netrial.run(found).outcomes.query("arm == 'treated'")["value"].to_numpy()
        # Leave at rate d, then start at rate a: 1 - (a exp(-d t) - d exp(-a t)) / (a - d).
        a, d, t = 0.2, 0.3, 10
        expected = 1 - (a * math.exp(-d * t) - d * math.exp(-a * t)) / (a - d)
        error = math.sqrt(expected * (1 - expected) / (4000 * 5))
        assert abs(end.mean() - expected) < 4 * error
        assert abs(end.mean() - (1 - math.exp(-a * t))) > 8 * error  # the twin: nobody is ever in it

    def test_new_ties_end_too(self) -> None:
        ties = {"ties": {"add": {"per_person": 2, "layer": "friends"}}}
        base = {"kind": "alteration", "target": {"share": 0.5}, "at": 0, "effect": ties}
        kept, ended = (netrial.run(scenario({**base, "drop_out": rate})) for rate in (0.0, 200.0))
        control = ended.curves.query("arm == 'usual' and state == 'smoker'")["count"].to_numpy()
        gone = ended.curves.query("arm == 'treated' and state == 'smoker'")["count"].to_numpy()
        stay = kept.curves.query("arm == 'treated' and state == 'smoker'")["count"].to_numpy()
        assert np.abs(gone - control).mean() < 2  # they were there for about two days
        assert (stay - control).mean() > 5


class TestFading:
    def test_weights_halve_every_half_life(self) -> None:
        fades = fades_of(2.0, 5 * TICKS_PER_UNIT)
        ticks, weights = (np.array(each, float) for each in zip(*fades, strict=True))
        assert ticks[0] == 5 * TICKS_PER_UNIT
        middle = (ticks[:-1] / TICKS_PER_UNIT - 5 + 0.125) / 2.0
        assert weights[:-1] == pytest.approx(2.0**-middle, rel=1e-12)
        assert weights[-1] == 0
        assert ticks[-1] == 25 * TICKS_PER_UNIT

    def test_starts_follow_the_fading_rate(self) -> None:
        """The integral of rate x (1 - 2**(-t / h)), within four standard errors; without any effect it must fail."""
        alone = {
            "smoking": {
                "states": ["never", "smoker"],
                "transitions": {"start": {"from": "never", "to": "smoker", "rate": 0.2}},
            }
        }
        effect = {"susceptibility": {"smoking.start": 0}, "half_life": 3}
        found = scenario({"target": {}, "at": 0, "effect": effect}, behaviours=alone)
        found = found.set({"population.size": 4000, "experiment.replicates": 5})
        end = netrial.run(found).outcomes.query("arm == 'treated'")["value"].mean()
        amount = 0.2 * (10 - 3 / math.log(2) * (1 - 2 ** (-10 / 3)))
        expected = -math.expm1(-amount)
        error = math.sqrt(expected * (1 - expected) / (4000 * 5))
        assert abs(end - expected) < 4 * error + 1e-4
        assert abs(end - -math.expm1(-2.0)) > 8 * error


class TestUptakeByContacts:
    star = town(6, [undirected("friends", STAR)])

    def table(self, **given: Any) -> ByContacts:
        return ByContacts(**{"source": None, "reads": "count", "table": ((0, 0.1), (1, 0.4), (3, 0.9)), **given})

    def test_contacts_who_are_in_it_are_counted(self) -> None:
        past = Past(6)
        past.note_treated("it", np.array([0, 1, 3], np.int32))
        here = situation(self.star, past=past)
        people = np.arange(6, dtype=np.int32)
        assert chances(self.table(), "it", people, here).tolist() == [0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
        past.note_treated("it", np.array([2], np.int32))
        assert chances(self.table(), "it", people, here).tolist() == [0.4, 0.4, 0.4, 0.9, 0.4, 0.4]
        assert chances(self.table(), "other", people, here).tolist() == [0.1] * 6
        linear = self.table(shape="linear")
        assert chances(linear, "it", people, here)[[0, 3]].tolist() == pytest.approx([0.4, 0.9])

    def test_who_has_left_it_or_the_town_is_in_it_no_longer(self) -> None:
        past, people = Past(6), np.arange(6, dtype=np.int32)
        past.note_treated("it", np.array([0, 1, 2], np.int32), np.array([1, 5, 5]) * TICKS_PER_UNIT)
        here = situation(self.star, time=2.0, past=past)
        table = self.table(table=((0, 0.0), (1, 0.1), (2, 0.2), (3, 0.3)))
        assert chances(table, "it", people, here)[3] == 0.2
        states = here.states.copy()
        states[1] = (2, 3)
        assert chances(table, "it", people, replace(here, states=states))[3] == 0.1

    def test_numbers_by_state_do_for_people_who_are_not_there(self) -> None:
        """A budget prices everybody, those who have left among them."""
        here = situation(self.star, obese=[0])
        states = here.states.copy()
        states[1] = (2, 3)
        gone, by_state = replace(here, states=states), ByState("weight", {"lean": 0.2, "obese": 0.4})
        one = Intervention(
            "it", "champions", uptake=by_state, drop_out=by_state, cost=Cost(per_time_treated=1), budget=9
        )
        assert chances(by_state, "it", np.arange(3, dtype=np.int32), gone).tolist() == [0.4, 1.0, 0.2]
        assert purse_for(one, gone, 0, 0).most[[0, 2]].min() > 0

    def test_shares_and_states(self) -> None:
        from simulator.behaviour import Source

        here = situation(self.star, obese=[0, 1])
        share = self.table(source=Source("weight", ("obese",)), reads="share", table=((0, 0.0), (0.4, 0.5), (1, 1.0)))
        assert chances(share, "it", np.arange(6, dtype=np.int32), here).tolist() == [0.0, 0.0, 0.0, 0.5, 0.0, 0.0]

    def test_it_spreads_in_a_run(self) -> None:
        table = {"count": "treated", "table": [[0, 0.05], [1, 0.9]]}
        found = scenario({"target": {"exclude": "treated"}, "every": 1, "uptake": table})
        lines = ledger(found)
        treated = lines[lines["action"] == "treat"]["people"].to_numpy()
        assert treated[0] < 60
        assert treated[:4].sum() > 320


def dated(member: Intervention) -> list[tuple[int, int]]:
    return [(each.tick // TICKS_PER_UNIT, each.occasion) for each in occurrences([member])]


def test_what_goes_on_is_listed_once() -> None:
    assert dated(Intervention("x", "champions", Target(), at=(2.0,), every=1.0)) == [(2, 0)]
    assert dated(Intervention("x", "champions", Target(), at=(2.0, 4.0))) == [(2, 0), (4, 1)]


def test_stops_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Observing often, and a longer horizon, change nothing before; nor does an arm that does nothing."""
    it = {
        "target": {"number": 30, "replace": True},
        "every": 2,
        "drop_out": 0.4,
        "uptake": 0.6,
        "effect": {"susceptibility": {"smoking.start": 0.2}, "influence": {"smoking.start": 3}, "half_life": 1},
    }
    few, often = scenario(it), scenario(it).set("time.observe_every", 0.125)
    longer = scenario(it).set("time.horizon", 14)
    whole = [netrial.run(each).curves for each in (few, often, longer)]
    at_years = [each[(each["time"] <= 10) & (each["time"] % 1 == 0)].reset_index(drop=True) for each in whole]
    assert at_years[0].equals(at_years[1])
    assert at_years[0].equals(at_years[2])


def test_categories_may_be_missing() -> None:
    world = town(4, columns=[category("ward", ["a", None, "b", "a"])])
    from interventions.groups import groups_over, order_over

    assert groups_over("ward", world).tolist() == [0, -1, 1, 0]
    assert order_over(Phase("ward", listed=("b", "z", "a")), situation(world)).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("it", "words"),
    [
        ({"at": [1, 2], "every": 1}, "`at` lists several times"),
        ({"at": 1, "until": 3}, "`until` goes with `every`"),
        ({"at": 5, "every": 1, "until": 3}, "before it begins"),
        ({"every": 1, "phase": {"over": "ward", "every": 1}}, "`every` does not go with `phase`"),
        ({"every": 0.00001}, "it would act 1,000,000 times"),
        ({"when": {"share": "smoking.smoker", "above": 0.1, "below": 0.3}}, "either `above` or `below`"),
        ({"when": {"share": "smoking.smoker", "above": 0.1, "at": 3}}, "takes no `at`"),
        ({"when": {"share": "smoking.smoker", "above": 0.1, "among": "targets"}}, "takes no `among`"),
        ({"phase": {"over": "ward", "every": 1, "order": {"count": "smoking.smoker", "at": 1}}}, "takes no `at`"),
        (
            {"phase": {"over": "ward", "every": 1, "order": {"time_to": {"share": "smoking.smoker", "reaches": 0.5}}}},
            "groups cannot be ranked by `time_to`",
        ),
        ({"when": {"time_to": {"share": "smoker", "reaches": 0.5}, "above": 0.1}}, "cannot wait for `time_to`"),
        ({"phase": {"over": "ward", "every": 1, "order": ["a", "e"]}}, "nobody has `ward` `e`"),
        ({"phase": {"over": "wards", "every": 1}}, "did you mean `ward`"),
        ({"at": 0, "target": {"exclude": "treted"}}, "did you mean `treated`"),
        ({"at": 0, "target": {"number": 3, "replace": True}}, "`replace` needs later dates"),
        ({"every": 1, "target": {"replace": True}}, "`replace` needs a cut"),
        ({"at": 0, "drop_out": -1}, "-1"),
        ({"at": 0, "effect": {"half_life": 2}}, "`half_life` has nothing to fade"),
        ({"at": 0, "uptake": {"count": "treated", "table": [[0, 0.5], [0, 0.7]]}}, "does not come after"),
        ({"at": 0, "uptake": {"count": "treated", "table": [[0, 1.5]]}}, "uptake is 1.5"),
        ({"at": 0, "uptake": {"table": [[0, 0.5]]}}, "either `count` or `share`"),
        ({"at": 0, "uptake": {"count": "treated", "tabel": [[0, 0.5]]}}, "did you mean `table`"),
        ({"at": 0, "uptake": {"count": "treatd", "table": [[0, 0.5]]}}, "did you mean `treated`"),
        ({"when": {"share": "smoking.smoker", "above": 20}}, "a share is never above 20"),
        ({"when": {"share": "smoking.smoker", "below": 0}}, "a share is never below 0"),
        ({"at": 0, "uptake": {"count": "smoking.smokr", "table": [[0, 0.5]]}}, "did you mean"),
    ],
)
def test_slips_are_told(it: Mapping[str, Any], words: str) -> None:
    with pytest.raises(netrial.SpecError) as refused:
        scenario(it)
    assert words in str(refused.value)


def test_an_intervention_that_goes_on_stands_in_an_arm_once() -> None:
    with pytest.raises(netrial.SpecError, match="stands in this arm twice"):
        scenario({"every": 1}, arms={"usual": [], "treated": ["it", "it"]})
