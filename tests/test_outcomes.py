"""Measures, read on a trajectory of four people whose life is known by heart."""

import numpy as np
import pytest
from towns import category, layer, sisa, town

from simulator.conditions import parse
from simulator.outcomes import Measure, read
from simulator.trajectory import EventLog, Offer, Trajectory
from simulator.units import to_ticks

WORLD = town(4, [sisa(0.1, 0.1, 0.1)], [layer([(0, 1)])], [category("area", ["urban", "urban", "rural", "rural"])])
EVERYBODY = np.ones(4, bool)


def trajectory():
    """Ten years. 0: obese 0-4. 1: set obese at 2, lean at 6, obese from 9. 2: obese all along. 3: lean all along."""
    events = [(2, 1, 0, 1, -1), (4, 0, 1, 0, 2), (6, 1, 1, 0, 2), (9, 1, 0, 1, 0)]
    tick, person, left, entered, cause = (np.array(column) for column in zip(*events, strict=True))
    log = EventLog(
        np.array([to_ticks(t) for t in tick]),
        person.astype(np.int32),
        left.astype(np.int16),
        entered.astype(np.int16),
        cause.astype(np.int16),
    )
    observe_at = np.array([to_ticks(t) for t in range(11)])
    return Trajectory(
        start=np.array([[1], [0], [1], [0]], np.uint8),
        final=np.array([[0], [1], [1], [0]], np.uint8),
        horizon=to_ticks(10),
        first_state=np.array([0, 2]),
        observe_at=observe_at,
        counts=np.zeros((11, 2), np.int64),
        log=log,
        ledger=(),
        offers=(Offer(0, "a", np.array([1])), Offer(to_ticks(2), "a", np.array([1, 3]))),
        rings=0,
    )


def value(people=EVERYBODY, **measure):
    return read(Measure(behaviour="obesity", states=("obese",), **measure), WORLD, trajectory()).over(people)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ({"kind": "share"}, 0.5),
        ({"kind": "count"}, 2),
        ({"kind": "count", "at": 0}, 2),
        ({"kind": "count", "at": 2}, 3),  # an intervention's change counts at its own instant
        ({"kind": "count", "at": 4}, 3),  # a ring's change counts after it
        ({"kind": "count", "at": 4.5}, 2),
        ({"kind": "person_time"}, 4 + (4 + 1) + 10),
        ({"kind": "entries"}, 2),
        ({"kind": "first_entries"}, 1),
        ({"kind": "exits"}, 2),
        ({"kind": "time_to", "reaches": 0.75}, 2),
        ({"kind": "time_to", "reaches": 1, "of": "count"}, 6),
        ({"kind": "time_to", "reaches": 0.9}, 10),
        ({"kind": "difference", "by": "area", "between": ("rural", "urban")}, 0),
        ({"kind": "difference", "by": "area", "between": ("urban", "rural"), "at": 3}, 0.5),
        ({"kind": "count", "where": parse("area == urban")}, 1),
        ({"kind": "count", "where": parse("start.obesity == obese")}, 1),
    ],
)
def test_known_values(measure, expected):
    assert value(**measure).value == pytest.approx(expected, abs=1e-12)


def test_a_level_that_is_not_reached_is_said():
    assert value(kind="time_to", reaches=0.75).reached is True
    assert value(kind="time_to", reaches=0.9).reached is False
    assert value(kind="share").reached is None


def test_a_share_is_reached_by_exactly_as_many_people_as_it_stands_for():
    """0.07 x 100 is 7.000000000000001 in binary; seven of a hundred people are 0.07 of them."""
    n = 100
    world = town(n, [sisa(0.1, 0.1, 0.1)], [layer([(0, 1)])])
    ticks = np.array([to_ticks(t) for t in range(1, 8)])
    ones = np.ones(7, np.int16)
    course = Trajectory(
        start=np.zeros((n, 1), np.uint8),
        final=(np.arange(n) < 7).astype(np.uint8)[:, None],
        horizon=to_ticks(10),
        first_state=np.array([0, 2]),
        observe_at=np.empty(0, np.int64),
        counts=np.empty((0, 2), np.int64),
        log=EventLog(ticks, np.arange(7, dtype=np.int32), 0 * ones, ones, 0 * ones),
        ledger=(),
        offers=(),
        rings=0,
    )
    found = read(Measure("time_to", "obesity", ("obese",), reaches=0.07), world, course).over(np.ones(n, bool))
    assert (found.value, found.reached) == (7, True)


def test_sets_of_people_add_up_to_everybody():
    for kind in ("count", "person_time", "entries", "first_entries", "exits"):
        some = np.array([True, False, True, False])
        assert value(some, kind=kind).value + value(~some, kind=kind).value == value(kind=kind).value
    assert value(np.zeros(4, bool), kind="share").people == 0
    assert np.isnan(value(np.zeros(4, bool), kind="share").value)


def test_the_other_state_is_the_complement():
    lean = read(Measure("person_time", "obesity", ("lean",)), WORLD, trajectory()).over(EVERYBODY).value
    assert lean + value(kind="person_time").value == 40
    both = read(Measure("exits", "obesity", ("lean", "obese")), WORLD, trajectory()).over(EVERYBODY).value
    assert both == 0


def test_counts_by_group():
    codes, labels = WORLD.population.columns["area"].groups()
    counts = trajectory().counts_by(codes, len(labels))
    urban = counts[:, 1, labels.index("urban")]
    assert urban.tolist() == [1, 1, 2, 2, 2, 1, 1, 0, 0, 0, 1]
    assert (counts.sum(axis=(1, 2)) == 4).all()
    missing = trajectory().counts_by(np.array([0, -1, 0, 0], np.int32), 1)
    assert (missing.sum(axis=(1, 2)) == 3).all()


def test_targets_are_those_of_the_first_date():
    assert trajectory().targets().tolist() == [False, True, False, False]
    assert trajectory().ever_offered().tolist() == [False, True, False, True]
    assert trajectory().ever_offered("a").tolist() == [False, True, False, True]
    assert not trajectory().ever_offered("b").any()


def test_large_sums_are_exact():
    """The sum of the ticks of a million people in 30 years does not fit into 64 bits."""
    from simulator.outcomes import PersonReading

    n = 1_000_000
    reading = PersonReading(np.full(n, to_ticks(30) + 1), np.ones(n, bool), ticks=True)
    assert reading.over(np.ones(n, bool)).value == 30 * n + n * 2.0**-40
