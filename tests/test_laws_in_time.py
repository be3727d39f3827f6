"""Hazards that change: time in state, seasons and trends, hazard ratios of people who age; against exact survival.

Every check rejects four standard errors or more from the exact number (6e-5 false alarms a check; seeds are fixed);
each has a wrong engine that it must reject, sized so that the expected distance is at least eight standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from chains import FAR, SURE, cases_for, errors
from towns import all_in_first_state, layer, occurrence, simulate, town

from simulator.actions import AddTies, SetStates
from simulator.behaviour import Behaviour, ByState, GroupOf, HazardRatio, Response, Series, Source, Transition
from simulator.conditions import parse
from simulator.engine import Simulation, plan_clocks
from simulator.errors import SpecError
from simulator.population import Column
from simulator.streams import Draw
from simulator.units import to_ticks

WANING = ((0.0, 1.0), (3.0, 0.2))
"""Relapse is five times as fast in the first three months."""
RELAPSE = 0.35


def exposed(points: Sequence[tuple[float, float]], time: np.ndarray | float) -> np.ndarray:
    """Integral of a step function from 0 to `time`."""
    times = np.array([x for x, _ in points] + [np.inf])
    spent = np.clip(np.asarray(time, float)[..., None] - times[:-1], 0.0, np.diff(times))
    return spent @ np.array([factor for _, factor in points])


def smoking(relapse: Transition, *others: Transition) -> Behaviour:
    return Behaviour("smoking", ("former", "current", "lapsing"), (relapse, *others))


def relapsing(rate: float = RELAPSE, **changes: object) -> Transition:
    return replace(
        Transition("relapse", ("former",), "current", rate, time_in_state=WANING),
        **changes,
    )


def still(behaviour: Behaviour, n: int, times: Sequence[float], state: int = 0, **run: object) -> np.ndarray:
    """Share of n people who are in a state at each of these times; all begin in the first."""
    done = simulate(town(n, [behaviour]), until=times[-1] + 0.5, **run)
    return np.array([done.in_states_at(0, (state,), to_ticks(time)).mean() for time in times])


# --- time in state --------------------------------------------------------------------------------------------------


def test_waning() -> None:
    """Survival among former smokers: exp(-r t) for three months, then a fifth of the rate."""
    times = [1.0, 3.0, 5.0, 9.0]
    exact = np.exp(-RELAPSE * exposed(WANING, np.array(times)))
    faster = np.exp(-1.1 * RELAPSE * exposed(WANING, np.array(times)))
    n = cases_for(exact, faster, 20_000)
    assert np.all(errors(still(smoking(relapsing()), n, times), exact, n) < FAR)
    assert np.max(errors(still(smoking(relapsing(1.1 * RELAPSE)), n, times), exact, n)) > FAR
    assert np.max(errors(still(smoking(relapsing(time_in_state=())), n, times), exact, n)) > SURE


def chain_of_quits(
    relapse: float, quit: float, points: Sequence[tuple[float, float]], times: Sequence[float]
) -> np.ndarray:
    """Share of former smokers who relapse and quit again: the renewal equation, on a grid of 1/500.

    P(former at t) = S(t) + integral of quit (1 - P(former at u)) S(t - u) du, as each quit begins anew.
    """
    step = 1 / 500
    grid = np.arange(0, round(times[-1] / step) + 1) * step
    survival = np.exp(-relapse * exposed(points, grid))
    former = np.ones(grid.size)
    for k in range(1, grid.size):
        begun = quit * (1 - former[:k])  # trapezoids; the last half step holds the unknown itself
        inner = step * (begun[1:] @ survival[k - 1 : 0 : -1] + begun[0] * survival[k] / 2)
        half = step * quit / 2
        former[k] = (survival[k] + inner + half) / (1 + half)
    return former[np.round(np.array(times) / step).astype(int)]


def test_who_quits_again_begins_anew() -> None:
    """Relapse and quit, again and again: a renewal equation. An engine whose clock starts at time 0 is told apart."""
    times, quit, n = [2.0, 5.0, 10.0], 0.5, 40_000
    exact = chain_of_quits(RELAPSE, quit, WANING, times)
    plain = chain_of_quits(RELAPSE, quit, ((0.0, 1.0),), times)
    assert plain == pytest.approx(
        quit / (quit + RELAPSE) + RELAPSE / (quit + RELAPSE) * np.exp(-(quit + RELAPSE) * np.array(times)), abs=1e-5
    )
    again = Transition("quit", ("current",), "former", quit)
    assert n >= cases_for(exact, chain_of_quits(1.1 * RELAPSE, quit, WANING, times))
    assert np.all(errors(still(smoking(relapsing(), again), n, times), exact, n) < FAR)
    assert np.max(errors(still(smoking(relapsing(1.1 * RELAPSE), again), n, times), exact, n)) > FAR
    calendar = relapsing(time_in_state=(), series=(Series(WANING),))
    assert np.max(errors(still(smoking(calendar, again), n, times), exact, n)) > SURE


def test_each_state_has_its_own_time() -> None:
    """Who leaves from either of two states waits from the entry into the one they are in; the other way is wrong."""
    n, slip, times = 40_000, 0.4, [1.0, 3.0, 6.0]
    both = relapsing(from_states=("former", "lapsing"))
    behaviour = smoking(both, Transition("slip", ("former",), "lapsing", slip))
    step = 1e-3
    grid = np.arange(0, 6 + step / 2, step)
    survival = np.exp(-RELAPSE * exposed(WANING, grid))
    density = slip * np.exp(-slip * grid) * survival
    exact, never = [], []
    for time in times:
        k = round(time / step)
        slipped = np.trapezoid(density[: k + 1] * survival[k::-1][: k + 1], dx=step)
        exact.append(survival[k] * np.exp(-slip * time) + slipped)
        never.append(survival[k])
    assert np.max(errors(np.array(never), np.array(exact), n)) > SURE, "slipping must matter"
    gone = still(behaviour, n, times, state=1)
    assert np.all(errors(1 - gone, np.array(exact), n) < FAR)
    gone = still(smoking(replace(both, rate=1.1 * RELAPSE), behaviour.transitions[1]), n, times, state=1)
    assert np.max(errors(1 - gone, np.array(exact), n)) > FAR


def test_setting_a_state_again_restarts_nothing() -> None:
    """Former smokers who are told to be so at 2 go on as before; current ones who are made former begin anew."""
    n, times = 20_000, [2.0, 3.0, 4.5, 6.0]
    everybody = np.arange(n, dtype=np.int32)
    again = occurrence(2.0, SetStates(everybody, "smoking", "former"))
    left = 1 - np.exp(-RELAPSE * exposed(WANING, 2.0))  # who had relapsed by 2

    def former(restart: bool) -> np.ndarray:
        since_two = np.exp(-RELAPSE * exposed(WANING, np.maximum(np.array(times) - 2.0, 0)))
        stayed = np.exp(-RELAPSE * exposed(WANING, np.array(times)))
        return (1 - left) * since_two + left * since_two if restart else stayed + left * since_two

    found = still(smoking(relapsing()), n, times[1:], occurrences=[again])
    assert np.all(errors(found, former(restart=False)[1:], n) < FAR)
    assert np.max(errors(found, former(restart=True)[1:], n)) > SURE


def test_since_when() -> None:
    """People who quit 0, 1, 2.5, 4 and 40 months before the start relapse as their time says."""
    n, before, times = 20_000, np.array([0.0, 1.0, 2.5, 4.0, 40.0]), [0.5, 1.0, 4.0]
    since = np.tile([to_ticks(-time) for time in before], n)[:, None]

    def former(rate: float, since: np.ndarray | None = since) -> np.ndarray:
        plan = plan_clocks(town(5 * n, [smoking(relapsing(rate))]))
        end = to_ticks(5.0)
        start = all_in_first_state(plan.world)
        run = Simulation(plan, Draw(1), start, (), np.array([end]), end, since=since).run()
        return np.array([run.in_states_at(0, (0,), to_ticks(t)).reshape(n, 5).mean(axis=0) for t in times])

    at, later = exposed(WANING, before), exposed(WANING, before + np.array(times)[:, None])
    exact = np.exp(-RELAPSE * (later - at))
    assert n >= cases_for(exact[-1, :1], np.exp(-1.1 * RELAPSE * (later - at))[-1, :1])
    found = former(RELAPSE)
    assert np.all(errors(found, exact, n) < FAR)
    assert np.max(errors(former(1.1 * RELAPSE), exact, n)) > FAR
    assert np.max(errors(former(RELAPSE, None), exact, n)) > SURE, "an engine that knows no `since`"
    if found.shape[1] > 1:
        assert found[0, 4] > found[0, 0], "who quit long ago relapses less"


def test_time_in_state_under_contagion() -> None:
    """Immunity that wanes the other way round: 0 for a year, then 1; along one tie to somebody who stays obese."""
    n, rate, times = 20_000, 0.8, [1.0, 1.5, 3.0]
    immune = ((0.0, 0.0), (1.0, 1.0))
    ends = np.arange(2 * n).reshape(n, 2)
    source = Source("obesity", ("obese",))
    for law in ("per_contact", "proportion", "response"):
        response = Response("count", threshold=1.0) if law == "response" else None
        exact = np.exp(-rate * exposed(immune, np.array(times)))

        def lean(rate: float, law: str = law, response: Response | None = response) -> np.ndarray:
            catch = Transition(
                "catch", ("lean",), "obese", rate, law, source, {"ties": 1.0}, response=response, time_in_state=immune
            )
            world = town(2 * n, [Behaviour("obesity", ("lean", "obese"), (catch,))], [layer(ends)])
            start = all_in_first_state(world)
            start[::2] = 1
            run = simulate(world, until=3.5, start=start)
            return np.array([1 - run.in_states_at(0, (1,), to_ticks(t))[1::2].mean() for t in times])

        found = lean(rate)
        assert found[0] == 1
        assert np.all(errors(found[1:], exact[1:], n) < FAR), law
        assert np.max(errors(lean(1.1 * rate)[1:], exact[1:], n)) > FAR, law


# --- seasons and trends ---------------------------------------------------------------------------------------------


def becoming(rate: float, *series: Series) -> Behaviour:
    return Behaviour("obesity", ("lean", "obese"), (Transition("become", ("lean",), "obese", rate, series=series),))


def integrated(series: Sequence[Series], begin: float, end: float) -> float:
    """Integral of the product of step functions, on a fine grid whose cells never straddle a step."""
    cell = 1 / 240
    middles = np.arange(begin + cell / 2, end, cell)
    product = np.ones(middles.size)
    for each in series:
        at = middles % each.repeats_every if each.repeats_every else middles
        places = np.searchsorted([x for x, _ in each.points], at, side="right") - 1
        product *= np.array([factor for _, factor in each.points])[np.maximum(places, 0)]
    return float(product.sum() * cell)


TREND = Series(((1.0, 1.0), (2.0, 0.25), (4.0, 1.5)))
"""Constant before its first point: 1 from 0 on; and after its last."""
SEASON = Series(((0.0, 0.5), (0.25, 2.0), (0.75, 0.0)), repeats_every=1.0)


@pytest.mark.parametrize(
    ("which", "begin"),
    [
        ("trend", 0.0), ("season", 0.0), ("both", 0.0), ("trend", -2.6),
        ("season", -2.6), ("both", -2.6),
    ],
)  # fmt: skip
def test_series(which: str, begin: float) -> None:
    """Survival is exp(-integral of the rate), from a start at 0 or before it; a season that is late is told apart."""
    series = {"trend": (TREND,), "season": (SEASON,), "both": (TREND, SEASON)}[which]
    rate, n = 0.5, 30_000
    times = np.array([0.6, 1.3, 2.5, 3.9, 6.0]) + begin

    def lean(rate: float, series: Sequence[Series]) -> np.ndarray:
        plan = plan_clocks(town(n, [becoming(rate, *series)]))
        start = all_in_first_state(plan.world)
        ticks = np.array([to_ticks(time) for time in times])
        run = Simulation(plan, Draw(2), start, (), ticks, int(ticks[-1]), now=to_ticks(begin)).run()
        return run.counts[:, 0] / n

    def exactly(rate: float, series: Sequence[Series]) -> np.ndarray:
        return np.exp([-rate * integrated(series, begin, time) for time in times])

    def late(each: Series) -> Series:
        points = tuple((x + 0.2, y) for x, y in each.points)
        return replace(each, points=((0.0, each.points[-1][1]), *points) if each.repeats_every else points)

    exact = exactly(rate, series)
    assert n >= cases_for(exact, exactly(1.1 * rate, series))
    assert np.all(errors(lean(rate, series), exact, n) < FAR)
    assert np.max(errors(lean(1.1 * rate, series), exact, n)) > FAR
    shifted = [late(each) for each in series]
    if np.max(errors(exactly(rate, shifted), exact, n)) > SURE:
        assert np.max(errors(lean(rate, shifted), exact, n)) > FAR
    else:
        assert (which, begin) == ("trend", -2.6), "a trend that begins at 1 says nothing before it"


def test_a_series_on_every_law() -> None:
    """A campaign halves contagion from 1 on: exact survival beside somebody who stays obese, by each law."""
    n, rate, times = 15_000, 0.8, [1.0, 2.5]
    campaign = Series(((0.0, 1.0), (1.0, 0.5)))
    exact = np.exp(-rate * exposed(campaign.points, np.array(times)))
    home = Column("home", np.repeat(np.arange(n, dtype=float), 2))
    kinds = {
        "per_contact": {"layers": {"ties": 1.0}},
        "proportion": {"layers": {"ties": 1.0}},
        "response": {"layers": {"ties": 1.0}, "response": Response("share", threshold=1.0)},
        "group": {"group": GroupOf("home")},
    }
    for law, parts in kinds.items():

        def lean(rate: float, law: str = law, parts: dict[str, object] = parts) -> np.ndarray:
            catch = Transition(
                "catch", ("lean",), "obese", rate, law, Source("obesity", ("obese",)), series=(campaign,), **parts
            )
            ties = layer(np.arange(2 * n).reshape(n, 2))
            world = town(2 * n, [Behaviour("obesity", ("lean", "obese"), (catch,))], [ties], [home])
            start = all_in_first_state(world)
            start[::2] = 1
            run = simulate(world, until=3.0, start=start)
            return np.array([1 - run.in_states_at(0, (1,), to_ticks(t))[1::2].mean() for t in times])

        assert n >= cases_for(exact, np.exp(-1.1 * rate * exposed(campaign.points, np.array(times))))
        assert np.all(errors(lean(rate), exact, n) < FAR), law
        assert np.max(errors(lean(1.1 * rate), exact, n)) > FAR, law


# --- ageing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ratio", "per_time"), [(1.5, 1.0), (0.6, 1.0), (1.3, 2.0), (1.4, -1.0)])
def test_hazard_ratio_of_an_age(ratio: float, per_time: float) -> None:
    """ratio ** ((age - 45) / 4), age growing at every whole year: exact survival; hazards outgrow their ceilings."""
    n, rate, ages, times = 15_000, 0.2, np.array([25.0, 45.0, 62.0]), [0.7, 3.0, 8.5]
    per = 4.0

    def lean(rate: float, per_time: float = per_time) -> np.ndarray:
        age = Column("age", np.tile(ages, n), per_time=per_time)
        become = Transition("become", ("lean",), "obese", rate, susceptibility=(HazardRatio("age", ratio, per, 45.0),))
        world = town(3 * n, [Behaviour("obesity", ("lean", "obese"), (become,))], (), [age])
        run = simulate(world, until=9.0)
        return np.array([run.in_states_at(0, (0,), to_ticks(t)).reshape(n, 3).mean(axis=0) for t in times])

    def exactly(rate: float, per_time: float = per_time) -> np.ndarray:
        years = np.arange(9)
        spent = np.clip(np.array(times)[:, None] - years, 0, 1)
        hazards = ratio ** ((ages + years[:, None] * per_time - 45.0) / per)
        return np.exp(-rate * spent @ hazards)

    exact, found = exactly(rate), lean(rate)
    telling = (exact > 0.02) & (exact < 0.98)
    assert telling.sum() >= 4
    assert n >= cases_for(exact[telling], exactly(1.1 * rate)[telling])
    assert np.all(errors(found, exact, n)[telling] < FAR)
    assert np.all(np.abs(found - exact)[~telling] < 0.02)
    assert np.max(errors(lean(1.1 * rate), exact, n)[telling]) > FAR
    assert np.max(errors(exactly(rate, 0.0), exact, n)[telling]) > SURE
    assert np.max(errors(lean(rate, 0.0), exact, n)[telling]) > FAR, "an engine in which nobody grows older"


@pytest.mark.parametrize("law", ["per_contact", "proportion", "group"])
def test_influence_that_ages(law: str) -> None:
    """The one obese contact grows older, and more influential: survival in yearly steps."""
    n, rate, times, ratio = 15_000, 0.5, [0.5, 1.5, 2.7], 2.0
    spent = np.clip(np.array(times)[:, None] - np.arange(3), 0, 1)
    parts = {"group": GroupOf("home")} if law == "group" else {"layers": {"ties": 1.0}}

    def lean(rate: float) -> np.ndarray:
        columns = [Column("age", np.full(2 * n, 50.0), per_time=1.0), Column("home", np.repeat(np.arange(n) * 1.0, 2))]
        catch = Transition(
            "catch", ("lean",), "obese", rate, law, Source("obesity", ("obese",)),
            influence=(HazardRatio("age", ratio, 2.0, 50.0),), **parts,
        )  # fmt: skip
        ties = layer(np.arange(2 * n).reshape(n, 2))
        world = town(2 * n, [Behaviour("obesity", ("lean", "obese"), (catch,))], [ties], columns)
        start = all_in_first_state(world)
        start[::2] = 1
        run = simulate(world, until=3.0, start=start)
        return np.array([1 - run.in_states_at(0, (1,), to_ticks(t))[1::2].mean() for t in times])

    exact = np.exp(-rate * spent @ ratio ** (np.arange(3) / 2.0))
    assert n >= cases_for(exact, exact**1.1)
    assert np.all(errors(lean(rate), exact, n) < FAR)
    assert np.max(errors(lean(1.1 * rate), exact, n)) > FAR


def test_influence_that_ages_is_part_of_the_count() -> None:
    """A contact of 50 counts 0.9, of 51 already 1.01: the threshold of 1 is passed at the first birthday, not before.

    The count is the sum of weight x influence, and influence is that of today; so ageing belongs inside it, and the
    hazard above the threshold is the rate, not the rate times what influence has grown by.
    """
    n, rate, times = 15_000, 1.0, [1.0, 2.0, 3.0]
    age = Column("age", np.full(2 * n, 50.0), per_time=1.0)
    catch = Transition(
        "catch", ("lean",), "obese", rate, "response", Source("obesity", ("obese",)), {"ties": 0.9},
        response=Response("count", threshold=1.0), influence=(HazardRatio("age", 1.25, 2.0, 50.0),),
    )  # fmt: skip
    world = town(
        2 * n, [Behaviour("obesity", ("lean", "obese"), (catch,))], [layer(np.arange(2 * n).reshape(n, 2))], [age]
    )
    start = all_in_first_state(world)
    start[::2] = 1
    run = simulate(world, until=3.5, start=start)
    found = np.array([1 - run.in_states_at(0, (1,), to_ticks(t))[1::2].mean() for t in times])
    assert found[0] == 1
    assert np.all(errors(found[1:], np.exp(-rate * np.array([1.0, 2.0])), n) < FAR)


def test_nobody_without_a_value() -> None:
    """A hazard ratio of a column that some people have no value in is refused, and says how many."""
    column = Column("age", np.array([40.0, np.nan, np.nan, 50.0]))
    become = Transition("become", ("lean",), "obese", 0.1, susceptibility=(HazardRatio("age", 1.5),))
    with pytest.raises(SpecError, match="2 people have no `age`"):
        plan_clocks(town(4, [Behaviour("obesity", ("lean", "obese"), (become,))], (), [column]))


# --- everything at once ---------------------------------------------------------------------------------------------


def test_everything_that_multiplies() -> None:
    """Rate x own state x age x season x time in state x added tie: one person's hazard, piece by piece of time."""
    n, times = 20_000, [0.4, 0.9, 1.4, 2.2]
    columns = [Column("age", np.full(2 * n, 40.0), per_time=1.0)]
    catch = Transition(
        "catch", ("lean",), "obese", ByState("support", {"none": 0.6, "some": 0.3}), "per_contact",
        Source("obesity", ("obese",)), {"ties": 2.0}, where=parse("age < 60 and support in [none, some]"),
        susceptibility=(HazardRatio("age", 4.0, 2.0, 40.0),),
        time_in_state=((0.0, 1.0), (0.7, 0.5)),
        series=(Series(((0.0, 1.0), (0.5, 2.0)), repeats_every=1.0), Series(((0.0, 1.0), (1.2, 0.75)))),
    )  # fmt: skip
    behaviours = [Behaviour("obesity", ("lean", "obese"), (catch,)), Behaviour("support", ("none", "some"))]
    world = town(2 * n, behaviours, [layer([])], columns)
    start = all_in_first_state(world)
    start[::2, 0] = 1
    ties = np.arange(2 * n, dtype=np.int32).reshape(n, 2)
    acts = [
        occurrence(0.2, AddTies("ties", ties, 0.5, to_ticks(2.0)), name="buddies"),
        occurrence(1.1, SetStates(ties[:, 1], "support", "some"), name="support"),
    ]
    run = simulate(world, until=2.5, start=start, occurrences=acts)
    found = np.array([1 - run.in_states_at(0, (1,), to_ticks(t))[1::2].mean() for t in times])
    middles = np.arange(0.0005, 2.5, 0.001)
    hazard = (
        np.where((middles > 0.2) & (middles < 2.0), 0.5 * 2.0, 0.0)
        * np.where(middles < 1.1, 0.6, 0.3)
        * 4.0 ** (np.floor(middles) / 2.0)
        * np.where(middles < 0.7, 1.0, 0.5)
        * np.where(middles % 1.0 < 0.5, 1.0, 2.0)
        * np.where(middles < 1.2, 1.0, 0.75)
    )
    total = np.array([hazard[middles < time].sum() * 0.001 for time in times])
    assert np.all(errors(found, np.exp(-total), n) < FAR)
    assert np.max(errors(found, np.exp(-1.1 * total), n)) > FAR
