"""Chains in a scenario: how they are read, checked, said in a plan, and carried out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import netrial
from experiments.commands import app
from experiments.design import design
from experiments.plan import making
from experiments.plan.arms import total_in_words
from experiments.plan.chains import chain_costs_in_words, chain_in_words
from experiments.plan.making import plan_of
from interventions.protection import protects
from interventions.specs import ByContacts, Chain, Cost, Effect, Intervention
from interventions.tactics import tactics
from scenarios import build
from scenarios.inputs import inputs_of
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from simulator.conditions import parse

TEXT = """
netrial: 1
name: town
title: A message that is passed on
study: {currency: EUR, price_year: 2024}
time: {unit: year, horizon: 4}
population: {size: 400, columns: {area: {categories: {town: 0.7, farm: 0.3}}}}
network:
  layers:
    friends: {generator: watts_strogatz, mean_degree: 6, rewiring: 0.2, weight: {distribution: gamma, mean: 1, sd: 1}}
    buddies: {generator: empty}
behaviours:
  smoking:
    states: [never, smoker, former]
    initial: {smoker: 0.3}
    transitions:
      start: {from: never, to: smoker, rate: 0.05, per_contact: smoker}
      quit: {from: smoker, to: former, rate: 0.1}
interventions:
  word:
    kind: induction
    target: {number: 5}
    at: 1
    effect: {susceptibility: {smoking.quit: 2}, for: 0.5}
    cost: {fixed: 10, per_reached: 2, per_treated: 5, per_message: 0.5, per_step: 4}
    chain: {waves: 3, coupons: 3, every: {value: 1, unit: month}, uptake: 0.6}
arms: {usual: [], word: [word]}
outcomes: {primary: years, years: {person_time: smoking.smoker, better: lower}}
experiment: {replicates: 4, seed: 2}
"""
CHAIN = "interventions.word.chain"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("town") / "town.yaml"
    path.write_text(TEXT)
    return load(path)


def test_every_key_is_read(scenario: Scenario) -> None:
    given = {
        "waves": 9, "coupons": 2, "every": {"value": 6, "unit": "month"}, "to": "contacts", "ties": "weak",
        "layers": ["friends"], "where": "area == farm", "again": True,
        "effect": {"set": {"smoking": {"smoker": "former"}}},
        "uptake": {"by": "area", "values": {"farm": 0.2, "town": 0.6}},
    }  # fmt: skip
    (word,) = build.arms_of(scenario.set(CHAIN, given).spec)["word"]
    chain = word.chain
    assert chain is not None
    assert (chain.waves, chain.coupons, chain.every, chain.to) == (9, 2, 0.5, "contacts")
    assert (chain.ties, chain.layers, chain.again) == ("weak", ("friends",), True)
    assert chain.where == parse("area == farm")
    assert chain.effect == Effect(set={"smoking": {"smoker": "former"}})
    assert word.cost == Cost(10, 2, 5, per_message=0.5, per_step=4)
    assert word.effects == (word.effect, chain.effect)
    table = {"count": "treated", "table": [[0, 0.1], [2, 0.5]]}
    (word,) = build.arms_of(scenario.set(f"{CHAIN}.uptake", table).spec)["word"]
    assert word.chain is not None
    assert word.chain.uptake == ByContacts(None, "count", ((0, 0.1), (2, 0.5)))


def test_a_chain_is_one_wave_to_all_contacts_unless_more_is_said(scenario: Scenario) -> None:
    (word,) = build.arms_of(scenario.set(CHAIN, {}).spec)["word"]
    assert word.chain == Chain()
    assert word.effects == (word.effect,)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("waves", 0, "it must be at least 1"),
        ("waves", 20_000, "20,000 waves"),
        ("coupons", 0, "it must be at least 1"),
        ("every", -1, "`every` is -1"),
        ("uptake", 1.5, "1.5"),
        ("to", "leaders", "contacts"),
        ("ties", "weakest", "weak"),
        ("layers", [], "`layers` is empty"),
        ("layers", ["friend"], "did you mean `friends`"),
        ("layers", ["buddies"], "there are no ties to pass it on along"),
        ("where", "aera == farm", "did you mean `area`"),
        ("where", "area == fram", "did you mean `farm`"),
        ("wave", 3, "did you mean `waves`"),
        ("effect", {"set": {"smoking": "smokr"}}, "did you mean `smoker`"),
        ("effect", {"susceptibility": {"smoking.quits": 2}}, "did you mean `smoking.quit`"),
        ("effect", {"for": 1}, "`for` has nothing to end"),
        ("effect", {"ties": {"add": {"per_person": 1, "layer": "buddies"}}}, "works through existing ties"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(scenario: Scenario, key: str, value: Any, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario.set(f"{CHAIN}.{key}", value)
    assert words in str(refused.value)
    for problem in refused.value.problems:
        assert problem.place[:3] == ("interventions", "word", "chain")


def test_all_that_is_wrong_is_said_at_once(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario.set(CHAIN, {"to": "matched", "ties": "weak", "layers": ["work"], "every": -1, "where": "age > 3"})
    assert len(refused.value.problems) == 4


def test_an_order_needs_coupons_and_contacts(scenario: Scenario) -> None:
    for chain, words in (({"ties": "strong"}, "goes with `coupons`"), ({"ties": "weak", "to": "matched"}, "contacts")):
        with pytest.raises(ScenarioError, match=words):
            scenario.set(CHAIN, chain)
    scenario.set(CHAIN, {"ties": "random"})


def test_prices_of_a_chain_need_one(scenario: Scenario) -> None:
    plain = {"kind": "broadcast", "target": {}, "at": 0, "effect": {}, "cost": {"per_message": 1, "per_step": 1}}
    with pytest.raises(ScenarioError) as refused:
        scenario.set("arms.plain", [plain])
    assert [problem.message for problem in refused.value.problems] == [
        "`per_message` goes with `chain`", "`per_step` goes with `chain`",
    ]  # fmt: skip


def test_a_layer_to_which_an_arm_adds_ties_will_do(scenario: Scenario) -> None:
    pairs = {
        "kind": "alteration", "target": {}, "at": 0,
        "effect": {"ties": {"add": {"per_person": 1, "layer": "buddies"}}},
    }  # fmt: skip
    scenario.set({f"{CHAIN}.layers": ["buddies"], "arms.pairs": [pairs]})


def test_what_a_chain_does_may_make_it_an_alteration(scenario: Scenario) -> None:
    ties = {"add": {"per_person": 1, "layer": "buddies"}}
    pairs = {"kind": "alteration", "target": {"number": 5}, "at": 0, "effect": {}, "chain": {"effect": {"ties": ties}}}
    scenario.set("arms.pairs", [pairs])
    with pytest.raises(ScenarioError, match="`alteration` needs ties or people in its effect"):
        scenario.set("arms.pairs", [{**pairs, "chain": {"effect": {}}}])
    rewired = {**pairs, "effect": {"ties": {"rewire": {"layer": "friends"}}}, "chain": {}}
    with pytest.raises(ScenarioError, match="`per` does not go with `groups`"):
        scenario.set("arms.pairs", [{**rewired, "target": {"groups": "cores", "per": "cores"}}])


def test_a_layer_that_is_only_passed_along_is_in_use(scenario: Scenario) -> None:
    apart = scenario.set({"behaviours.smoking.transitions.start.layers": ["friends"],
                          "network.layers.buddies": {"generator": "erdos_renyi", "mean_degree": 3}})  # fmt: skip
    assert not [each for each in apart.warnings if "buddies" in each.problem.message]
    narrow = apart.set(f"{CHAIN}.layers", ["friends"])
    assert [each.problem.message for each in narrow.warnings] == ["no law reads `buddies`, and no arm uses it"]


def test_numbers_of_a_chain_count_among_the_inputs(scenario: Scenario) -> None:
    places = {".".join(map(str, each.place)) for each in inputs_of(scenario.spec)}
    assert {f"{CHAIN}.uptake", "interventions.word.cost.per_message"} <= places
    more = scenario.set(f"{CHAIN}.effect", {"susceptibility": {"smoking.quit": 3}})
    added = {".".join(map(str, each.place)) for each in inputs_of(more.spec)} - places
    assert added == {f"{CHAIN}.effect.susceptibility.smoking.quit"}


def test_a_tactic_may_make_a_chain(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def snowball(*, first: int = 3) -> dict[str, Any]:
        """Ask a few, and let them ask others."""
        return {"kind": "induction", "target": {"number": first}, "at": 0, "effect": {}, "chain": {"waves": 2}}

    monkeypatch.setattr(tactics, "_things", {"snowball": snowball})
    made = scenario.set("arms.snow", [{"tactic": "snowball", "first": 7}])
    (one,) = build.arms_of(made.spec)["snow"]
    assert one.chain == Chain(waves=2)


def test_protection_looks_at_what_is_passed_on(scenario: Scenario) -> None:
    def verdict(effect: dict[str, Any]) -> Any:
        spec = scenario.set({
            f"{CHAIN}.effect": effect, "behaviours.smoking.states": ["smoker", "former"],
            "behaviours.smoking.transitions.start.from": "former",
        }).spec  # fmt: skip
        arms, measures = build.arms_of(spec), build.measures_of(spec)
        return protects(build.behaviours_of(spec), arms, "usual", measures["years"], "lower")

    assert verdict({"set": {"smoking": "former"}}).holds
    harm = verdict({"set": {"smoking": "smoker"}})
    assert harm.reasons == ("`word` sets people to `smoking.smoker` who may be in a less harmful state",)


def test_it_runs_and_the_ledger_adds_up(scenario: Scenario, tmp_path: Path) -> None:
    results = netrial.run(scenario, out=tmp_path / "run")
    ledger = pd.read_parquet(results.folder / "ledger.parquet")
    for _, lines in ledger.groupby("replicate"):
        people = lines.groupby("action")["people"].sum()
        costs = lines.groupby("action")["cost"].sum()
        waves = lines[lines["action"] == "wave"]
        assert len(waves) == 3
        assert np.allclose(sorted(waves["time"]), [1 + k / 12 for k in (1, 2, 3)])
        assert costs["reach"] == pytest.approx(10 + 2 * people["reach"])
        assert costs["treat"] == pytest.approx(5 * people["treat"])
        assert costs["message"] == pytest.approx(0.5 * people["message"])
        assert costs["wave"] == pytest.approx(4 * len(waves))
        assert people["treat for the first time"] == people["treat"]
    targets = pd.read_parquet(results.folder / "pairs.parquet")
    assert set(targets.query("estimand == 'total'")["people"]) == {5}


def test_a_chain_that_begins_with_nobody_is_the_control_bit_for_bit(scenario: Scenario, tmp_path: Path) -> None:
    nobody = scenario.set("interventions.word.target", {"number": 0})
    results = netrial.run(nobody, out=tmp_path / "run")
    outcomes = pd.read_parquet(results.folder / "outcomes.parquet").set_index(["replicate", "outcome"])
    word, usual = (outcomes[outcomes["arm"] == arm]["value"] for arm in ("word", "usual"))
    assert word.equals(usual)


def test_rows_of_the_files_in_another_order_change_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    ties = [f"p{i},p{j},{1 + (i * j) % 3}" for i in range(60) for j in (i + 1, i + 2, i * 7 % 60) if j < 60 and j != i]
    people = [f"p{i},{i % 4}" for i in range(60)]
    text = (
        TEXT.replace(
            "{size: 400, columns: {area: {categories: {town: 0.7, farm: 0.3}}}}", "{file: people.csv, id: who}"
        )
        .replace(
            "{generator: watts_strogatz, mean_degree: 6, rewiring: 0.2, weight: {distribution: gamma, mean: 1, sd: 1}}",
            "{file: ties.csv, source: one, target: two, influence: both, weight: often}",
        )
        .replace("waves: 3, coupons: 3", "waves: 3, coupons: 2, ties: strong")
    )
    tables = []
    for folder, order in (("a", lambda rows: rows), ("b", rng.permutation)):
        home = tmp_path / folder
        home.mkdir()
        (home / "people.csv").write_text("\n".join(["who,ward", *order(people)]))
        (home / "ties.csv").write_text("\n".join(["one,two,often", *order(list(dict.fromkeys(ties)))]))
        (home / "town.yaml").write_text(text)
        for chain in ("contacts", "matched"):
            how = {f"{CHAIN}.to": chain} | ({f"{CHAIN}.ties": "random"} if chain == "matched" else {})
            results = netrial.run(load(home / "town.yaml").set(how), out=home / chain)
            tables.append((results.folder / "ledger.parquet").read_bytes())
            tables.append((results.folder / "targets.csv").read_bytes())
            assert (pd.read_parquet(results.folder / "ledger.parquet")["action"] == "wave").any()
    assert tables[:4] == tables[4:]


BEHAVIOURS_WORDS = [
    (Chain(), "chain: each who accepts passes it on to all their contacts, at once"),
    (
        Chain(waves=4, coupons=3, every=1 / 52.178571428571431),
        "chain: each who accepts passes it on to three contacts, picked at random, for four waves, one every week",
    ),
    (
        Chain(coupons=1, ties="strong", every=0.5, layers=("friends", "at_work")),
        "chain: each who accepts passes it on to one contact in friends or at work, the one with the strongest tie, "
        "6 months later",
    ),
    (
        Chain(waves=50, coupons=2, ties="weak", where=parse("area == farm")),
        "chain: each who accepts passes it on to two contacts with area farm, those with the weakest ties, "
        "for 50 waves, one right after the other",
    ),
    (
        Chain(to="matched", coupons=5, where=parse("smoking == smoker"), every=1),
        'chain: each who accepts passes it on to the people nearest to them who are "smoker" (smoking), '
        "at most five each, 1 year later",
    ),
    (
        Chain(again=True, waves=2, every=2),
        "chain: each who accepts passes it on to all their contacts, for two waves, one every 2 years, "
        "also to those who were offered it before",
    ),
]


@pytest.mark.parametrize(("chain", "words"), BEHAVIOURS_WORDS)
def test_a_chain_in_words(scenario: Scenario, chain: Chain, words: str) -> None:
    said = list(
        chain_in_words(Intervention("word", "induction", chain=chain), build.behaviours_of(scenario.spec), "year")
    )
    assert said == [words]


def test_what_differs_from_the_intervention_is_said(scenario: Scenario) -> None:
    chain = Chain(uptake=0.2, effect=Effect(set={"smoking": {"smoker": "former"}}))
    spec = Intervention("word", "induction", cost=Cost(per_message=0.1, per_step=5), chain=chain)
    _, uptake, effect = chain_in_words(spec, build.behaviours_of(scenario.spec), "year")
    assert uptake == "of those it is passed on to, 20 % accept"
    assert effect.startswith('effect on those it is passed on to: those who are "smoker"')
    assert chain_costs_in_words(spec, "EUR") == "0.10 EUR for each message and 5.00 EUR for each wave"
    assert chain_costs_in_words(spec, None) == ""
    assert list(chain_in_words(Intervention("plain", "induction"), {}, "year")) == []


def test_the_plan_counts_the_waves_of_the_first_replicate(scenario: Scenario, tmp_path: Path) -> None:
    results = netrial.run(scenario, out=tmp_path / "run")
    ledger = pd.read_parquet(results.folder / "ledger.parquet").query("replicate == 0")
    waves = ledger[ledger["time"] > 1]
    reached = waves[waves["action"] == "reach"]["people"].sum()
    printed = CliRunner().invoke(app, ["plan", str(scenario.path)]).output
    assert f"those it is passed on to, {reached} people in 3 waves in the first replicate" in printed
    assert "After 13 months to 15 months" in printed


def test_waves_are_told_as_such_whatever_acts_between_them(scenario: Scenario) -> None:
    between = {"kind": "broadcast", "target": {}, "at": 1.12, "effect": {}}
    repeated = scenario.set(
        {"interventions.word.every": 1, "interventions.news": between, "arms.word": ["word", "news"]}
    )
    arm = plan_of(design(repeated, None), 1).arms["word"]
    told = [(step.when, step.dates[0].intervention.name, step.lines[0].split(",")[0]) for step in arm.steps]
    assert told == [
        ("After 1 year", "word", "when: again every year"),
        ("After 1.08333 years", "word", "whom: those it is passed on to"),
        ("After 1.12 years", "news", "whom: everybody: 400 people"),
        ("After 14 months to 15 months", "word", "whom: those it is passed on to"),
        ("After 2 and 3 years", "word", "whom: again as before; 5 people each time in the first replicate"),
        ("After 25 months to 27 months", "word", "whom: those it is passed on to"),
    ]


def test_what_a_chain_costs_is_open_where_nobody_followed_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_followed", lambda *_: 1.0)
    plan = plan_of(design(scenario, None), 1)
    assert total_in_words(plan.arms["word"].dates, plan.setting).startswith("in all at least 45")
    assert not plan.arms["usual"].dates


def test_the_start_cannot_be_asked_about_in_a_warm_up(scenario: Scenario) -> None:
    early = {"time.warm_up": 1, "interventions.word.at": -0.5, "background": ["word"], "arms.word": []}
    assert scenario.set({**early, f"{CHAIN}.where": "smoking == smoker"})
    with pytest.raises(ScenarioError, match="before time 0"):
        scenario.set({**early, f"{CHAIN}.where": "start.smoking == smoker"})
