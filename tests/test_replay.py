"""Replay: the contact whom an event names is one who could have done it, as often as the law says."""

import json
import shutil

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from commands import type_in
from scipy import stats
from towns import layer, town

import netrial
from experiments.description import overridden
from experiments.design import design
from experiments.replay import Replay
from experiments.stored_trial import trial_again
from interventions.schedule import occurrences
from scenarios import build
from scenarios.loading import names
from simulator.beginning import Beginning
from simulator.behaviour import Behaviour, Source, Transition
from simulator.clock_making import numbered_transitions
from simulator.engine import plan_clocks
from simulator.influence import Influences, run_with_influences
from simulator.kernel_arrays import no_comings
from simulator.streams import Draw
from simulator.units import to_ticks

SMALL = {
    "obesity": "champions",
    "drinking": "usual_care",
    "family_planning": "most_named",
    "health_buddies": "clustered",
    "buddies_centola2010": "clustered",
    "mood_hill2010": "usual_care",
    "mood_hillem2015": "usual_care",
    "smoking": "champions",
    "vaccination": "health_record",
    "friends_of_random": "most_named",
    "leaders_valente1999": "opinion_leaders",
    "schools_badham2019": "popular",
}
"""Of each bundled scenario an arm that leaves ties as they are."""


def small(name):
    scenario = netrial.load(name)
    size = scenario.spec.population.size
    return scenario.set("population.size", 1000) if size is not None and size > 2000 else scenario


def pairs_of(world, number):
    """Who may influence whom in a transition: ordered pairs (source, target) by layer, from the network itself."""
    _, transition = numbered_transitions(world)[number]
    found = {}
    for name in transition.layers:
        tied = world.network.layers[name]
        ends = [tied.ties] if tied.directed else [tied.ties, tied.ties[:, ::-1]]
        found[name] = {tuple(pair) for each in ends for pair in each.tolist()}
    return found


def misfits(world, trajectory, influences: Influences) -> int:
    """Count rows that cannot be: nobody in the source state then, or no tie that runs that way."""
    log = trajectory.events()
    transitions = numbered_transitions(world)
    allowed = {number: pairs_of(world, number) for number in range(len(transitions))}
    layers = list(world.network.layers)
    states = trajectory.start.astype(int)
    wrong, at = 0, 0
    for event in range(log.tick.size):
        person = int(log.person[event])
        while at < influences.event.size and influences.event[at] == event:
            source_person = int(influences.person[at])
            _, transition = transitions[log.cause[event]]
            column = world.column_of(transition.source.behaviour)
            codes = world.behaviours[transition.source.behaviour].states
            in_state = codes[states[source_person, column]] in transition.source.states
            if transition.law == "group":
                groups, _ = world.population.columns[transition.group.by].groups()
                fits = groups[source_person] == groups[person] and source_person != person
            elif transition.law == "per_contact":
                fits = (source_person, person) in allowed[log.cause[event]][layers[influences.layer[at]]]
            else:
                fits = any((source_person, person) in pairs for pairs in allowed[log.cause[event]].values())
            wrong += not (in_state and fits)
            at += 1
        column = int(np.searchsorted(trajectory.first_state, log.entered[event], side="right")) - 1
        states[person, column] = log.entered[event] - trajectory.first_state[column]
    return wrong


@pytest.mark.parametrize(("name", "arm"), SMALL.items())
def test_whoever_is_named_could_have_done_it(name, arm):
    replayed = netrial.replay(small(name), arm=arm, replicate=1)
    world, trajectory, found = replayed.world, replayed.trajectory, replayed.found
    assert found.event.size > 10
    assert misfits(world, trajectory, found) == 0
    # Twin: with the ends swapped, or with the neighbour in the order of ids, most rows cannot be.
    other = Influences(found.event, (found.person + 1) % trajectory.n_persons, found.layer)
    assert misfits(world, trajectory, other) > found.event.size / 3


def test_after_rewiring_those_are_named_who_are_tied_then():
    replayed = netrial.replay("buddies_centola2010", arm="random", replicate=1)
    trial = replayed.trial
    beginning = build.beginning_of(trial.scenario, trial.town(1), trial.luck(1))
    simulation = beginning.simulation(occurrences(trial.arms["random"]), trial.observe_at, trial.horizon_tick)
    simulation.advance(1)
    (name,) = replayed.world.network.layers
    own, now = ({frozenset(pair) for pair in ties.tolist()}
                for ties in (replayed.world.network.layers[name].ties, simulation.tied_in(name)))  # fmt: skip
    pairs = [frozenset(pair) for pair in replayed.influences[["source", "target"]].itertuples(index=False)]
    assert len(pairs) > 10
    assert all(pair in now for pair in pairs)
    assert not all(pair in own for pair in pairs)


@pytest.mark.parametrize(("name", "arm"), SMALL.items())
def test_asking_from_whom_changes_nothing(name, arm):
    replayed = netrial.replay(small(name), arm=arm, replicate=1)
    trial = replayed.trial
    town_ = trial.town(1)
    beginning = build.beginning_of(trial.scenario, town_, trial.luck(1))
    plain = beginning.simulation(occurrences(trial.arms[arm]), trial.observe_at, trial.horizon_tick).run()
    for column in ("tick", "person", "left", "entered", "cause"):
        np.testing.assert_array_equal(getattr(plain.events(), column), getattr(replayed.trajectory.events(), column))
    assert plain.events().sender.size == 0
    np.testing.assert_array_equal(plain.counts, replayed.trajectory.counts)


@pytest.mark.parametrize(("name", "arm"), SMALL.items())
def test_every_event_through_contacts_has_one_and_no_other_has(name, arm):
    replayed = netrial.replay(small(name), arm=arm, replicate=1)
    laws = {t.name: t.law for _, t in numbered_transitions(replayed.world)}
    events = replayed.events
    through = (events["how"] == "transition") & events["cause"].map(laws).ne("spontaneous")
    one = through & events["cause"].map(laws).isin(["per_contact", "proportion", "group"])
    assert (events.loc[one, "contacts"] == 1).all()
    assert events.loc[one, "by"].notna().all()
    assert (events.loc[~through, "contacts"] == 0).all()
    assert np.isclose(replayed.influences.groupby("event")["share"].sum(), 1).all()


def star(law: str, weights, n_towns: int):
    """Many towns of one lean person with contacts who all smoke; who made the lean one smoke?"""
    k = len(weights)
    ties = [(town_ * (k + 1), town_ * (k + 1) + 1 + i) for town_ in range(n_towns) for i in range(k)]
    behaviour = Behaviour(
        "smoking",
        ("no", "yes"),
        (Transition("start", ("no",), "yes", 1.0, law, Source("smoking", ("yes",)), {"ties": 1.0}),),
    )
    world = town(n_towns * (k + 1), [behaviour], [layer(ties, weights=list(weights) * n_towns)])
    states = np.ones((n_towns * (k + 1), 1), np.uint8)
    states[:: k + 1] = 0
    beginning = Beginning(plan_clocks(world), Draw(7, "replicate", 0), states, None, no_comings(1))
    return run_with_influences(beginning, (), np.array([to_ticks(40.0)]), to_ticks(40.0))


@pytest.mark.parametrize("law", ["per_contact", "proportion"])
def test_contacts_are_named_in_proportion_to_their_weights(law):
    """4,000 people with contacts of weight 1, 2 and 5: chi-square, alpha 1e-4; equal shares must be refused."""
    trajectory, found = star(law, (1.0, 2.0, 5.0), 4000)
    assert found.event.size == trajectory.events().tick.size == 4000
    times = np.bincount((found.person % 4) - 1, minlength=3)
    assert stats.chisquare(times, 4000 * np.array([1, 2, 5]) / 8).pvalue > 1e-4
    assert stats.chisquare(times, np.full(3, 4000 / 3)).pvalue < 1e-12


def test_influence_runs_along_the_arrow():
    ties = [(0, 1), (1, 2), (2, 3)]
    behaviour = Behaviour(
        "use", ("no", "yes"),
        (Transition("take", ("no",), "yes", 2.0, "per_contact", Source("use", ("yes",)), {"ties": 1.0}),),
    )  # fmt: skip
    world = town(4, [behaviour], [layer(ties, directed=True)])
    states = np.array([[1], [0], [0], [0]], np.uint8)
    beginning = Beginning(plan_clocks(world), Draw(1, "replicate", 0), states, None, no_comings(1))
    trajectory, found = run_with_influences(beginning, (), np.array([to_ticks(50.0)]), to_ticks(50.0))
    assert found.person.tolist() == [0, 1, 2]
    assert trajectory.events().person.tolist() == [1, 2, 3]
    assert found.layer.tolist() == [0, 0, 0]


def test_a_response_names_all_who_were_counted():
    """Two of three contacts must have adopted: at 5 has contacts 0, 1 (adopters) and 2 (none)."""
    from simulator.behaviour import Response

    behaviour = Behaviour(
        "use", ("no", "yes"),
        (Transition("take", ("no",), "yes", 2.0, "response", Source("use", ("yes",)), {"ties": 1.0},
                    response=Response("count", ((0, 0.0), (2, 1.0)))),),
    )  # fmt: skip
    world = town(6, [behaviour], [layer([(0, 5), (1, 5), (2, 5), (2, 3), (3, 4)])])
    states = np.array([[1], [1], [0], [0], [0], [0]], np.uint8)
    beginning = Beginning(plan_clocks(world), Draw(1, "replicate", 0), states, None, no_comings(1))
    trajectory, found = run_with_influences(beginning, (), np.array([to_ticks(50.0)]), to_ticks(50.0))
    assert trajectory.events().person.tolist() == [5]
    assert found.person.tolist() == [0, 1]
    assert found.event.tolist() == [0, 0]


def test_buddies_who_were_added_are_named():
    scenario = netrial.load("obesity").set({"population.size": 2000})
    replayed = netrial.replay(scenario, arm="alteration")
    through = replayed.influences[replayed.influences["transition"] == "lose_weight_with_buddy"]
    assert len(through) > 10
    assert set(through["layer"]) == {"buddies"}
    own = {frozenset(pair) for pair in replayed.world.network.layers["close_ties"].ties.tolist()}
    pairs = [frozenset(pair) for pair in through[["source", "target"]].itertuples(index=False)]
    assert sum(pair in own for pair in pairs) < len(pairs) / 4  # buddies are drawn among all 2,000 people


def test_chains_are_trees_in_order_of_time():
    replayed = netrial.replay(small("obesity"), arm="champions")
    forest = replayed.tree()
    assert forest.number_of_edges() == (replayed.events["contacts"] > 0).sum()
    assert max(degree for _, degree in forest.in_degree()) == 1
    assert nx.is_forest(forest)
    for one, two in forest.edges:
        assert one < two
        assert forest.nodes[one]["time"] <= forest.nodes[two]["time"]
        assert replayed.events.loc[two, "by"] == forest.nodes[one]["person"]
    starts = [fact for _, fact in forest.nodes(data=True) if fact["how"] == "start"]
    assert {fact["entered"] for fact in starts} == {"obese"}  # nobody starts as a champion
    graph = replayed.graph()
    assert graph.number_of_edges() == len(replayed.influences)
    champions = {source for source, _, fact in graph.edges(data=True) if fact["transition"].endswith("champion")}
    made = set(replayed.events.loc[replayed.events["entered"] == "champion", "person"])
    assert champions
    assert champions <= made


@pytest.mark.parametrize("name", names())
def test_a_stored_scenario_is_the_one_that_was_run(name, tmp_path):
    scenario = netrial.load(name).set("experiment.seed", 5)

    def hash_of_what_is_kept(kept):
        resolved = {"overrides": overridden(kept), "arms": dict.fromkeys(kept.spec.arms), "graphs": []}
        (tmp_path / "scenario.yaml").write_text(kept.text)
        (tmp_path / "resolved.json").write_text(json.dumps(resolved))
        return trial_again(tmp_path, {"scenario_file": name}).scenario.hash8()

    assert hash_of_what_is_kept(scenario) == scenario.hash8()
    assert hash_of_what_is_kept(scenario.set("experiment.seed", 6)) != scenario.hash8()


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Results of the Korean villages, copied into a folder of their own with their data, two replicates, one --set."""
    home = tmp_path_factory.mktemp("villages")
    path = names()["family_planning"]
    (home / "mine.yaml").write_text(path.read_text().replace("../data/kfamily/", ""))
    for file in (path.parent.parent / "data" / "kfamily").glob("*.csv"):
        shutil.copy(file, home)
    netrial.run(netrial.load(home / "mine.yaml").set("experiment.seed", 8), replicates=2, out=home / "out")
    return home


@pytest.fixture
def command(stored, monkeypatch, capsys):
    """Return how to type a command beside those results."""
    monkeypatch.chdir(stored)
    return lambda *words: type_in(list(words), monkeypatch, capsys)


def test_the_command_replays_what_was_run(stored, command):
    done = command("replay", "out", "--replicate", 1, "--arm", "most_named", "--out", "events.csv")
    assert done.code == 0, done.err
    events = pd.read_csv(stored / "events.csv")
    curves = netrial.Results.load(stored / "out").curves
    mine = curves[(curves["arm"] == "most_named") & (curves["replicate"] == 1)]
    end = mine[mine["time"] == mine["time"].max()].set_index(["behaviour", "state"])["count"]
    start = mine[mine["time"] == 0].set_index(["behaviour", "state"])["count"]
    for (behaviour, state), count in end.items():
        of = events[events["behaviour"] == behaviour]
        later = of[of["time"] > 0]
        change = (later["entered"] == state).sum() - (later["left"] == state).sum()
        assert count == start[behaviour, state] + change
    assert f"{len(events):,} changes of state" in done.out
    assert done.out.splitlines()[-1] == "events.csv"


def test_a_life_is_told_in_both_arms(stored, command):
    targets = pd.read_csv(stored / "out" / "targets.csv")
    person = targets.loc[targets["arm"] == "most_named", "id"].iloc[0]
    done = command("replay", "out", "--arm", "most_named", "--person", person)
    assert done.code == 0, done.err
    assert f"person {person} " in done.out
    assert "as_it_happened (times in" in done.out
    assert "is offered" in done.out.split("most_named (times in")[1]
    assert "is offered" not in done.out.split("most_named (times in")[0]


def test_a_life_that_nothing_reached_is_the_same():
    from experiments.replay_words import life_lines

    scenario = small("obesity")
    control = netrial.replay(scenario)
    arm = netrial.replay(scenario, arm="champions")
    one, two = (replayed.events.groupby("person") for replayed in (control, arm))
    same = [
        person for person in one.groups
        if person in two.groups
        and one.get_group(person)["time"].tolist() == two.get_group(person)["time"].tolist()
    ]  # fmt: skip
    moved = next(person for person in two.groups if person not in same)
    assert "the same to the end" in "\n".join(life_lines(control, arm, str(same[0])))
    assert "part at" in "\n".join(life_lines(control, arm, str(moved)))


@pytest.mark.parametrize("suffix", ["graphml", "gexf", "parquet"])
def test_what_is_written_can_be_read(stored, command, suffix):
    out = stored / f"influences.{suffix}"
    assert command("replay", "out", "--out", out).code == 0
    replayed = netrial.replay(stored / "out")
    if suffix == "parquet":
        assert len(pd.read_parquet(out)) == len(replayed.events)
    else:
        read = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}[suffix](out)
        assert read.number_of_edges() == replayed.graph().number_of_edges() > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--arm", "most_name"], "did you mean `most_named`?"),
        (["--replicate", "7"], "replicate 7 is not among the results, which hold 0 to 1"),
        (["--arm", "most_named", "--person", "nobody"], "there is no person `nobody`"),
        (["--out", "events.xlsx"], "must end in .csv, .parquet, .graphml or .gexf"),
        (["--person", "1"], "name one with --arm"),
    ],
)
def test_mistakes_are_said(command, words, said):
    done = command("replay", "out", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_what_cannot_be_run_again_is_refused(stored, command):
    manifest = json.loads((stored / "out" / "manifest.json").read_text())
    assert manifest["scenario_file"] == str(stored / "mine.yaml")
    ties = stored / "edges_any.csv"
    whole = ties.read_text()
    try:
        ties.write_text("".join(whole.splitlines(keepends=True)[:-3]))
        changed = command("replay", "out")
        ties.unlink()
        gone = command("replay", "out")
    finally:
        ties.write_text(whole)
    assert changed.code == gone.code == 3
    assert "files of people and ties have changed" in changed.err
    assert "edges_any.csv" in gone.err
    assert command("replay", "out").code == 0


def test_a_replay_that_takes_another_course_is_refused(tmp_path, monkeypatch):
    netrial.run(small("obesity"), replicates=1, arms=["champions"], out=tmp_path / "out")
    assert isinstance(netrial.replay(tmp_path / "out", arm="champions"), Replay)
    from experiments import stored_trial as module

    def other_luck(scenario, arms=None):
        trial = design(scenario, arms)
        object.__setattr__(trial, "seed", trial.seed + 1)
        return trial

    monkeypatch.setattr(module, "design", other_luck)
    with pytest.raises(netrial.StoreError, match="took another course"):
        netrial.replay(tmp_path / "out", arm="champions")


def test_whoever_goes_leaves_at_a_rate_or_at_a_date(tmp_path):
    (tmp_path / "people.csv").write_text("id,until\n" + "".join(f"{k},{k / 50}\n" for k in range(1, 101)))
    text = """
netrial: 1
name: going
title: People who leave
time: {unit: month, horizon: 3}
population: POPULATION
network: {layers: {friends: {generator: erdos_renyi, mean_degree: 4}}}
behaviours:
  smoking: {states: [no, yes], transitions: {go: {from: no, to: yes, rate: 0.5}}}
arms: {nothing: []}
outcomes: {primary: smokers, smokers: {count: smoking.yes, better: lower}}
experiment: {replicates: 1, seed: 1}
"""
    for population in ("{file: people.csv, id: id, leave: {at: until}}", "{size: 100, leave: {rate: 0.4}}"):
        (tmp_path / "going.yaml").write_text(text.replace("POPULATION", population))
        events = netrial.replay(tmp_path / "going.yaml").events
        gone = events[events["entered"] == "not there"]
        assert 40 < len(gone) <= 100
        assert set(gone["how"]) == {"leaves"}
        assert set(gone["cause"]) == {""}
        moved = events[events["entered"] == "yes"]
        assert len(moved) > 20
        assert set(zip(moved["how"], moved["cause"], strict=True)) == {("transition", "go")}
