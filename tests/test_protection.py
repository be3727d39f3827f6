"""Which scenarios are of the kind in which protection makes nobody worse off, and why the others are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_towns import undirected

from interventions.protection import harmful_states, protects
from interventions.schedule import occurrences
from interventions.specs import Effect, Intervention, NewTies, Target
from simulator.behaviour import PER_CONTACT, Behaviour, ByColumn, Source, Transition
from simulator.conditions import parse
from simulator.engine import Simulation, plan_clocks
from simulator.network import ContactNetwork
from simulator.outcomes import Measure
from simulator.population import Population
from simulator.streams import Draw
from simulator.units import to_ticks
from simulator.world import World

LAYERS = {"close_ties": 1.0}


def spontaneous(name: str, before: str, after: str) -> Transition:
    return Transition(name, (before,), after, 0.02)


def from_contacts(name: str, before: str, after: str, source: str, layers: dict[str, float] = LAYERS) -> Transition:
    behaviour, state = source.split(".")
    return Transition(name, (before,), after, 0.01, PER_CONTACT, Source(behaviour, (state,)), layers)


def town(*behaviours: Behaviour) -> dict[str, Behaviour]:
    return {behaviour.name: behaviour for behaviour in behaviours}


ADVOCACY = Behaviour("advocacy", ("none", "champion"), (spontaneous("stop", "champion", "none"),))
OBESITY = Behaviour(
    "obesity",
    ("lean", "obese"),
    (
        spontaneous("become_obese", "lean", "obese"),
        from_contacts("catch_obesity", "lean", "obese", "obesity.obese"),
        spontaneous("lose_weight", "obese", "lean"),
        from_contacts("with_champion", "obese", "lean", "advocacy.champion"),
        from_contacts("with_buddy", "obese", "lean", "obesity.lean", {"buddies": 1.0}),
    ),
)
OBESE_YEARS = Measure("person_time", "obesity", ("obese",))
OBESITY_TOWN = town(OBESITY, ADVOCACY)

SET_CHAMPION = Effect(set={"advocacy": "champion"})
LEADERS = Intervention("leaders", "champions", Target(rank="degree", share=0.05), effect=SET_CHAMPION)
PREVENTION = Intervention(
    "prevention",
    "groups",
    Target(groups="communities", share=0.08),
    effect=Effect(susceptibility={"obesity.become_obese": 0.5, "obesity.catch_obesity": 0.5}, lasting=5),
)
WORD_OF_MOUTH = Intervention(
    "word_of_mouth", "induction", effect=replace(SET_CHAMPION, influence={"obesity.with_champion": 3}, lasting=2)
)
BUDDIES = Intervention(
    "buddies",
    "alteration",
    Target(where=parse("obesity == obese")),
    at=(0.0, 5.0),
    effect=Effect(ties=NewTies("buddies", 2, to=parse("obesity == lean")), lasting=3),
)


def reasons(
    behaviours: dict[str, Behaviour],
    *interventions: Intervention,
    control: tuple[Intervention, ...] = (),
    measure: Measure = OBESE_YEARS,
    better: str = "lower",
) -> tuple[str, ...]:
    verdict = protects(behaviours, {"usual": control, "arm": interventions}, "usual", measure, better)
    assert verdict.holds == (not verdict.reasons)
    return verdict.reasons


def acting(effect: Effect) -> Intervention:
    return Intervention("x", "champions", effect=effect)


class TestHolds:
    def test_all_four_kinds_of_the_obesity_example(self) -> None:
        arms = {"usual": [], "a": [LEADERS], "b": [PREVENTION], "c": [WORD_OF_MOUTH], "d": [BUDDIES, LEADERS]}
        assert protects(OBESITY_TOWN, arms, "usual", OBESE_YEARS, "lower").holds

    def test_adoption_that_one_hopes_for(self) -> None:
        use = Behaviour(
            "use",
            ("not_yet", "using"),
            (spontaneous("adopt", "not_yet", "using"), from_contacts("learn", "not_yet", "using", "use.using")),
        )
        users = Measure("count", "use", ("using",))
        effect = Effect(set={"use": "using"})
        assert reasons(town(use), acting(effect), measure=users, better="higher") == ()
        (reason,) = reasons(town(use), acting(effect), measure=users, better="lower")
        assert "`use.using`" in reason

    def test_a_chain_of_states_between_neighbours(self) -> None:
        drinking = Behaviour(
            "drinking",
            ("none", "light", "heavy"),
            (
                from_contacts("start", "none", "light", "drinking.heavy"),
                spontaneous("slide", "light", "heavy"),
                spontaneous("cut_down", "heavy", "light"),
                spontaneous("stop", "light", "none"),
            ),
        )
        heavy = Measure("share", "drinking", ("heavy",))
        moved = acting(Effect(set={"drinking": {"heavy": "light", "light": "none"}}))
        assert reasons(town(drinking), moved, measure=heavy) == ()
        (reason,) = reasons(town(drinking), acting(Effect(set={"drinking": "light"})), measure=heavy)
        assert "less harmful" in reason
        (reason,) = reasons(town(drinking), acting(Effect(set={"drinking": {"light": "heavy"}})), measure=heavy)
        assert "more harmful" in reason

    def test_what_does_not_bear_on_the_outcome_does_not_matter(self) -> None:
        smoking = Behaviour("smoking", ("never", "current", "former"), SMOKING.transitions)
        odd = acting(Effect(set={"smoking": "current"}, susceptibility={"smoking.start": 4}))
        assert reasons(OBESITY_TOWN | town(smoking), odd) == ()

    def test_factors_of_one_and_ties_that_carry_nothing(self) -> None:
        effect = Effect(susceptibility={"obesity.become_obese": 1.0}, ties=NewTies("chat", 2))
        assert reasons(OBESITY_TOWN, acting(effect)) == ()

    def test_a_protective_state_among_three(self) -> None:
        advocacy = Behaviour("advocacy", ("none", "champion", "tired"), (spontaneous("tire", "champion", "tired"),))
        assert reasons(town(OBESITY, advocacy), LEADERS) == ()
        assert reasons(town(OBESITY, advocacy), acting(Effect(set={"advocacy": "tired"})))


SMOKING = Behaviour(
    "smoking",
    ("never", "current", "former"),
    (
        from_contacts("start", "never", "current", "smoking.current"),
        spontaneous("quit", "current", "former"),
        spontaneous("relapse", "former", "current"),
    ),
)


class TestDoesNotHold:
    def test_never_current_former(self) -> None:
        (reason,) = reasons(town(SMOKING), measure=Measure("person_time", "smoking", ("current",)))
        assert "neighbours" in reason
        assert "`current`" in reason

    def test_quitting_for_good_makes_no_difference(self) -> None:
        one_way = replace(SMOKING, transitions=SMOKING.transitions[:2])
        assert reasons(town(one_way), measure=Measure("share", "smoking", ("current",)))

    def test_a_jump_over_a_state(self) -> None:
        drinking = Behaviour(
            "drinking",
            ("none", "light", "heavy"),
            (
                spontaneous("start", "none", "light"),
                spontaneous("slide", "light", "heavy"),
                spontaneous("detox", "heavy", "none"),
            ),
        )
        assert reasons(town(drinking), measure=Measure("share", "drinking", ("heavy",)))

    @pytest.mark.parametrize(
        ("transition", "said"),
        [
            (from_contacts("odd", "lean", "obese", "obesity.lean"), "leads towards harm"),
            (from_contacts("odd", "obese", "lean", "obesity.obese"), "leads away from harm"),
            (Transition("odd", ("lean",), "obese", 0.1, "proportion", Source("obesity", ("lean",)), LAYERS), "towards"),
        ],
    )
    def test_rates_that_move_the_wrong_way(self, transition: Transition, said: str) -> None:
        odd = replace(OBESITY, transitions=(*OBESITY.transitions, transition))
        (reason,) = reasons(town(odd, ADVOCACY))
        assert "`obesity.odd`" in reason
        assert said in reason

    def test_one_state_that_both_harms_and_protects(self) -> None:
        odd = replace(
            OBESITY, transitions=(*OBESITY.transitions, from_contacts("odd", "lean", "obese", "advocacy.champion"))
        )
        assert len(reasons(town(odd, ADVOCACY))) == 1

    def test_a_transition_from_both_sides_driven_by_contacts(self) -> None:
        drinking = Behaviour(
            "drinking",
            ("none", "light", "heavy"),
            (Transition("meet", ("none", "heavy"), "light", 0.1, PER_CONTACT, Source("drinking", ("heavy",)), LAYERS),),
        )
        heavy = Measure("share", "drinking", ("heavy",))
        assert any("away from harm" in reason for reason in reasons(town(drinking), measure=heavy))
        alone = replace(drinking, transitions=(Transition("settle", ("none", "heavy"), "light", 0.1),))
        assert reasons(town(alone), measure=heavy) == ()
        faster = acting(Effect(susceptibility={"drinking.settle": 2.0}))
        assert len(reasons(town(alone), faster, measure=heavy)) == 1

    @pytest.mark.parametrize(
        ("effect", "said"),
        [
            (Effect(set={"obesity": "obese"}), "`obesity.obese`"),
            (Effect(set={"advocacy": "none"}), "`advocacy.none`"),
            (Effect(susceptibility={"obesity.become_obese": 1.5}), "raises susceptibility to `obesity.become_obese`"),
            (Effect(susceptibility={"obesity.lose_weight": 0.5}), "lowers susceptibility to `obesity.lose_weight`"),
            (Effect(influence={"obesity.with_champion": 0.5}), "lowers influence on `obesity.with_champion`"),
            (Effect(influence={"obesity.catch_obesity": 2}), "raises influence on `obesity.catch_obesity`"),
            (
                Effect(susceptibility={"obesity.become_obese": ByColumn("area", {"urban": 0.5, "rural": 1.1})}),
                "raises susceptibility",
            ),
            (Effect(susceptibility={"advocacy.stop": 2.0}), "`advocacy.stop`"),
            (Effect(ties=NewTies("close_ties", 1)), "carry `obesity.catch_obesity`"),
        ],
    )
    def test_effects_that_may_harm(self, effect: Effect, said: str) -> None:
        (reason,) = reasons(OBESITY_TOWN, acting(effect))
        assert reason.startswith("`x` ")
        assert said in reason

    def test_a_control_that_does_something(self) -> None:
        (reason,) = reasons(OBESITY_TOWN, LEADERS, control=(LEADERS,))
        assert "control" in reason

    def test_every_reason_once(self) -> None:
        harm = acting(Effect(set={"obesity": "obese"}))
        arms = {"usual": [], "a": [harm], "b": [harm, LEADERS]}
        assert len(protects(OBESITY_TOWN, arms, "usual", OBESE_YEARS, "lower").reasons) == 1

    def test_interventions_of_one_name_in_two_arms_are_all_looked_at(self) -> None:
        good, bad = acting(SET_CHAMPION), acting(Effect(set={"obesity": "obese"}))
        for arms in ({"usual": [], "a": [good], "b": [bad]}, {"usual": [], "a": [bad], "b": [good]}):
            assert not protects(OBESITY_TOWN, arms, "usual", OBESE_YEARS, "lower").holds

    @pytest.mark.parametrize("kind", ["entries", "exits", "difference"])
    def test_outcomes_that_do_not_say_what_is_harmful(self, kind: str) -> None:
        (reason,) = reasons(OBESITY_TOWN, LEADERS, measure=Measure(kind, "obesity", ("obese",)))
        assert kind in reason


def test_which_states_an_outcome_calls_harmful() -> None:
    for kind in ("share", "count", "person_time", "first_entries"):
        assert harmful_states(Measure(kind, "obesity", ("obese",)), "lower", OBESITY) == {"obese"}
        assert harmful_states(Measure(kind, "obesity", ("obese",)), "higher", OBESITY) == {"lean"}
    assert harmful_states(Measure("time_to", "obesity", ("lean",)), "lower", OBESITY) == {"obese"}
    assert harmful_states(Measure("time_to", "obesity", ("obese",)), "higher", OBESITY) == {"obese"}


class TestTheEngineAgrees:
    """Simulate both kinds of scenario: the verdict says what happens."""

    def times_worse(self, behaviours: dict[str, Behaviour], harmful: str, *arm: Intervention) -> int:
        """Count people and years, over 30 replicates, in the harmful state in the arm but not in the control."""
        n, years = 120, np.array([to_ticks(year) for year in range(11)])
        ties = [(i, (i + step) % n) for i in range(n) for step in (1, 2, 9)]
        layers = {"close_ties": undirected("close_ties", ties), "buddies": undirected("buddies", [])}
        plan = plan_clocks(World(Population(np.arange(n)), ContactNetwork(n, layers), behaviours))
        state = next(iter(behaviours.values())).code(harmful)
        start = np.zeros((n, len(behaviours)), np.uint8)
        start[::4, 0] = 1
        worse = 0
        for replicate in range(30):
            control, treated = (
                Simulation(
                    plan, Draw(1, number=replicate), start, occurrences(interventions), years, int(years[-1])
                ).run()
                for interventions in ((), arm)
            )
            for year in years:
                in_arm = treated.in_states_at(0, (state,), int(year))
                worse += int((in_arm & ~control.in_states_at(0, (state,), int(year))).sum())
        return worse

    def test_nobody_is_worse_off_where_it_holds(self) -> None:
        behaviours = OBESITY_TOWN | town(faster(OBESITY))
        prevention = replace(PREVENTION, target=Target(share=0.3), kind="champions")
        arm = (LEADERS, prevention, WORD_OF_MOUTH, BUDDIES)
        assert reasons(behaviours, *arm) == ()
        assert self.times_worse(behaviours, "obese", *arm) == 0

    def test_somebody_is_where_it_does_not(self) -> None:
        behaviours = town(faster(SMOKING))
        prevention = acting(Effect(susceptibility={"smoking.start": 0.3}, lasting=3))
        assert reasons(behaviours, prevention, measure=Measure("share", "smoking", ("current",)))
        assert self.times_worse(behaviours, "current", prevention) > 0


def faster(behaviour: Behaviour) -> Behaviour:
    """The same at ten times the rates, so that ten years show much."""
    transitions = tuple(replace(one, rate=10 * float(one.rate)) for one in behaviour.transitions)  # type: ignore[arg-type]
    return replace(behaviour, transitions=transitions)
