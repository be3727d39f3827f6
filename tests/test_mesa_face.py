"""The Mesa face: the same simulation as a Mesa model, with people as agents; on Mesa 3.3 and on later ones."""

import copy
import gc
import importlib.util
import inspect
import math
import os
import pickle
import random
import re
import subprocess
import sys
import warnings
import weakref
from pathlib import Path

import every_law
import mesa
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import towns
from typer.testing import CliRunner

import netrial
from experiments.commands import app
from netrial import Behaviour, ContagionModel, Source, Transition
from scenarios import build
from simulator.actions import SetStates
from simulator.beginning import begin
from simulator.engine import plan_clocks
from simulator.network import ContactNetwork
from simulator.person import Person
from simulator.streams import Draw
from simulator.trajectory import BY_HAND
from simulator.units import TICKS_PER_UNIT, from_ticks
from simulator.world import Occurrence

pytestmark = pytest.mark.filterwarnings("error", "ignore::ResourceWarning")  # a run's temporary folder ends late

ROOT = Path(__file__).parent.parent
SMALL = {
    "obesity": {"population.size": 300, "time.horizon": 12},
    "vaccination": {"population.size": 400},
    "family_planning": {},
}
SMALLEST = {"population.size": 50, "time.horizon": 3}


def small(name):
    return netrial.load(name).set(SMALL[name] | {"experiment.replicates": 2})


@pytest.fixture(scope="module")
def scenario():
    return small("obesity")


def tables(model):
    return model.datacollector.get_model_vars_dataframe()


def finished(model):
    model.run_model()
    return model


def events(model):
    return towns.events_of(model.simulation.trajectory())


def obesity(catch=0.05, become=0.0, lose=0.0):
    """Obesity as in Hill et al. 2010 (doi:10.1371/journal.pcbi.1000968), along all layers."""
    caught = Transition("catch", ("lean",), "obese", catch, "per_contact", Source("obesity", ("obese",)))
    alone = (Transition("become", ("lean",), "obese", become), Transition("lose", ("obese",), "lean", lose))
    return Behaviour("obesity", ("lean", "obese"), (caught, *alone))


class TestTheSameTables:
    @pytest.mark.parametrize("name", SMALL)
    def test_mesa_python_and_the_command_line_agree(self, name, tmp_path):
        given = small(name)
        results = netrial.run(given)
        settings = [word for path, value in SMALL[name].items() for word in ("--set", f"{path}={value}")]
        words = ["run", name, *settings, "--replicates", "2", "--out", str(tmp_path / "out"), "--quiet"]
        assert CliRunner().invoke(app, words).exit_code == 0
        for table in ("curves", "outcomes", "ledger"):
            written = (tmp_path / "out" / f"{table}.parquet").read_bytes()
            assert written == (results.folder / f"{table}.parquet").read_bytes()
        curves = results.curves[(results.curves["replicate"] == 1) & (results.curves["group_by"] == "")]
        for arm in given.spec.arms:
            ours = tables(finished(given.model(arm, 1)))
            theirs = curves[curves["arm"] == arm].pivot(index="time", columns=["behaviour", "state"], values="count")
            assert ours["time"].tolist() == theirs.index.tolist()
            assert set(ours.columns) == {"time", *(f"{behaviour}.{state}" for behaviour, state in theirs.columns)}
            for behaviour, state in theirs.columns:
                assert ours[f"{behaviour}.{state}"].tolist() == theirs[behaviour, state].tolist()

    def test_another_replicate_would_be_seen(self, scenario):
        assert not tables(finished(scenario.model("champions", 1))).equals(
            tables(finished(scenario.model("champions")))
        )

    def test_parts_give_the_tables_of_the_same_scenario(self, scenario):
        ring = nx.random_regular_graph(3, 300, seed=1)
        given = scenario.with_layer("close_ties", ring).set("behaviours.obesity.initial", {"obese": 0.234})
        area = build.world_of(given).population.columns["area"]
        nx.set_node_attributes(ring, {node: area.categories[area.values[node]] for node in ring}, "area")
        layers = {"close_ties": ring, "buddies": nx.empty_graph(0)}
        seed = given.spec.experiment.seed
        for replicate in (0, 1):
            model = ContagionModel.from_parts(
                layers,
                build.behaviours_of(given.spec).values(),
                horizon=12,
                initial={"obesity": {"obese": 0.234}},
                seed=seed,
                replicate=replicate,
            )
            pd.testing.assert_frame_equal(tables(finished(model)), tables(finished(given.model(replicate=replicate))))


class TestAgents:
    def test_people_are_views(self, scenario):
        model = scenario.model("champions", 0)
        assert len(model.agents) == 300
        assert model.agent_types == [Person]
        assert list(model.agents_by_type) == [Person]
        person = model.person(0)
        assert person.columns["area"] == person.area
        assert person.area in ("urban", "rural")
        assert person.state["obesity"] == person.obesity
        assert person.obesity in ("lean", "obese")
        graph = scenario.graph()
        assert {contact.id for contact in person.contacts} == set(graph.neighbors(person.id))
        champions = [agent for agent in model.agents if agent.advocacy == "champion"]
        assert len(champions) == model.datacollector.model_vars["advocacy.champion"][0] > 0
        before = model.agents.get("obesity")
        model.step()
        assert model.agents.get("obesity") != before
        assert "Person(0, obesity:" in repr(person)

    def test_every_way_of_going_through_agents_finds_all_of_them(self, scenario):
        model = scenario.model("champions", 0)
        truth = model.simulation.counts[:2].tolist()
        rural = int((model.population.columns["area"].values == 1).sum())
        assert model.population.columns["area"].categories[1] == "rural"
        ids = {id(agent) for agent in model.agents}
        gc.collect()
        assert {id(agent) for agent in model.agents} == ids
        agents = model.agents
        seen = []
        agents.do(lambda agent: seen.append(agent.id))
        gc.collect()
        assert seen == list(range(300))
        agents.shuffle_do(lambda agent: seen.append(agent.id))
        assert sorted(seen[300:]) == list(range(300)) != seen[300:]
        chosen = agents.select(lambda agent: agent.area == "rural")
        gc.collect()
        assert len(chosen) == rural
        groups = agents.groupby("obesity")
        gc.collect()
        assert groups.count() == {"lean": truth[0], "obese": truth[1]}
        assert agents.groupby(lambda agent: agent.state["obesity"], result_type="list").count() == groups.count()
        assert agents.agg("id", max) == 299
        assert agents.get(["id", "obesity"])[7] == [7, model.person(7).obesity]
        assert [agent.id for agent in agents.sort("id", ascending=False)] == list(range(299, -1, -1))
        mixed = agents.shuffle()
        gc.collect()
        assert sorted(agent.id for agent in mixed) == list(range(300)) != [agent.id for agent in mixed]
        assert agents.map(lambda agent: agent.id) == list(range(300))
        rest = agents - chosen
        gc.collect()
        assert (len(rest), len(rest | chosen), len(agents & chosen)) == (300 - rural, 300, rural)
        assert model.person(3) in agents
        assert len(list(agents)) == len(agents) == 300

    def test_columns_are_read_as_they_are_now(self, tmp_path):
        model = netrial.load(every_law.write(tmp_path)).model()
        ages = model.agents.get("age")
        assert ages == [30, 40, 50, 60, 35, 45, 55, 65, 25]
        assert model.person(1).columns["nothing"] is None
        for _ in range(3):
            model.step()
        assert model.agents.get("age") == [age + 3 for age in ages]

    def test_people_with_added_ties_see_them(self, scenario):
        model = scenario.model("alteration", 0)
        added = model.simulation.tied_in("buddies")
        assert len(added) > 0
        one, two = added[0]
        assert two in {contact.index for contact in model.people[one].contacts}
        for _ in range(4):
            model.step()
        assert len(model.simulation.tied_in("buddies")) == 0
        assert two not in {contact.index for contact in model.people[one].contacts}

    def test_looking_at_people_and_drawing_numbers_changes_nothing(self, scenario):
        looked, plain = scenario.model("champions"), scenario.model("champions")
        while plain.running:
            plain.step()
            looked.step()
            looked.agents.shuffle_do("__repr__")
            looked.random.random()
            looked.rng.random()
            looked.graph()
        assert looked.datacollector.model_vars == plain.datacollector.model_vars

    def test_the_modellers_numbers_are_seeded_by_the_replicate(self, scenario):
        drawn = [(m.random.random(), m.rng.random()) for m in (scenario.model(replicate=k) for k in (0, 0, 1))]
        assert drawn[0] == drawn[1] != drawn[2]

    def test_nothing_is_hidden_behind_an_attribute(self, scenario):
        person = scenario.model().person(0)
        with pytest.raises(AttributeError, match=r"set_state\('obesity', 'obese'\)"):
            person.obesity = "obese"
        with pytest.raises(TypeError, match=r"set_state\('obesity', 'obese'\)"):
            person.state["obesity"] = "obese"
        with pytest.raises(AttributeError, match="only read"):
            person.area = "urban"
        with pytest.raises(AttributeError, match="did you mean `obesity`"):
            person.obesty  # noqa: B018
        with pytest.raises(netrial.NetrialError, match="cannot be removed"):
            person.remove()
        person.visits = 3
        assert person.visits == 3
        with pytest.raises(netrial.SpecError, match="nobody has the id `300`"):
            person.model.person(300)

    def test_a_model_may_have_agents_of_other_types(self, scenario):
        class Clinic(mesa.Agent):
            pass

        model = scenario.model()
        clinic = Clinic(model)
        assert len(model.agents) == 301
        assert set(model.agent_types) == {Person, Clinic}
        assert clinic in model.agents_by_type[Clinic]
        assert model.agents.select(agent_type=Person).get("id") == list(range(300))

    def test_the_graph_shows_states_now(self, scenario):
        model = scenario.model("champions")
        model.step()
        graph = model.graph()
        assert [graph.nodes[person.id]["obesity"] for person in model.people] == model.agents.get("obesity")
        assert {graph.nodes[node]["area"] for node in graph} == {"urban", "rural"}
        assert graph.number_of_edges() == scenario.graph().number_of_edges()


class TestSteps:
    def test_mesas_own_counter_counts(self, scenario):
        model = scenario.model()
        assert (model.steps, model.time_now, model.running) == (0, 0.0, True)
        model.step()
        assert (model.steps, model.time_now, model.running) == (1, 1.0, True)
        model.run_model()
        assert (model.steps, model.time_now, model.running) == (12, 12.0, False)

    def test_steps_after_the_horizon_do_nothing(self, scenario):
        model = scenario.model()
        for _ in range(14):
            model.step()
        assert not model.running
        assert model.time_now == 12
        assert len(model.datacollector.model_vars["time"]) == 13

    @pytest.mark.skipif(not hasattr(mesa.Model, "run_for"), reason="this Mesa has no `run_for`")
    def test_mesa_may_run_it_for_a_while(self, scenario):
        model = scenario.model()
        model.run_for(5)
        assert (model.steps, model.time, model.time_now) == (5, 5.0, 5.0)

    def test_an_interval_is_a_step(self, scenario):
        model = scenario.set("time.observe_every", 0.5).model()
        finished(model)
        assert (model.steps, model.time_now) == (24, 12.0)
        whole = tables(model).iloc[::2].reset_index(drop=True)
        pd.testing.assert_frame_equal(whole, tables(finished(scenario.model())))

    def test_a_step_of_ones_own(self):
        """Every year, whoever is obese is helped at once: nobody stays obese, and each step counts once."""

        class Help(ContagionModel):
            def step(self):
                super().step()
                self.agents.select(lambda person: person.obesity == "obese").do("set_state", "obesity", "lean")

        model = Help.from_parts(nx.path_graph(50), [obesity(become=0.3)], horizon=6)
        finished(model)
        assert model.steps == 6
        assert min(tables(model)["obesity.obese"][1:]) > 0
        assert model.simulation.counts.tolist() == [50, 0]


class TestReporters:
    def test_reporters_of_ones_own(self, scenario):
        model = scenario.model(
            "champions",
            model_reporters={"share": lambda m: m.agents.get("obesity").count("obese") / 300},
            agent_reporters={"obesity": "obesity", "champion": lambda person: person.advocacy == "champion"},
        )
        finished(model)
        people = model.datacollector.get_agent_vars_dataframe()
        assert people.shape == (13 * 300, 2)
        assert people.index.get_level_values("AgentID").unique().tolist() == list(range(300))
        obese = (people["obesity"] == "obese").groupby(level="Step").sum()
        assert obese.tolist() == tables(model)["obesity.obese"].tolist()
        champions = people["champion"].groupby(level="Step").sum()
        assert champions.tolist() == tables(model)["advocacy.champion"].tolist()
        assert (tables(model)["share"] * 300).round().tolist() == obese.tolist()

    def test_a_collector_of_ones_own(self, scenario):
        model = scenario.model()
        mine = mesa.DataCollector(
            model_reporters={"obese": lambda m: m.agents.groupby("obesity").count()["obese"]},
            agent_reporters={"state": "state"},
        )
        mine.collect(model)
        while model.running:
            model.step()
            mine.collect(model)
        assert mine.model_vars["obese"] == tables(model)["obesity.obese"].tolist()
        first = mine.get_agent_vars_dataframe()["state"].iloc[0]
        assert first.keys() == {"obesity", "advocacy"}

    def test_agents_have_the_ids_of_the_file(self):
        model = small("family_planning").model(agent_reporters={"state": "contraception"})
        people = model.datacollector.get_agent_vars_dataframe()
        assert people.index.get_level_values("AgentID").tolist() == model.population.ids.tolist()
        assert people.index.get_level_values("AgentID").tolist() != list(range(len(people)))


class TestBatchRun:
    PARAMETERS = {"arm": ["usual_care", "champions"], "replicate": range(2), "population.size": [50, 60]}  # noqa: RUF012

    def test_rows_are_those_of_the_models(self, scenario):
        rows = mesa.batch_run(scenario.model_class(), self.PARAMETERS, display_progress=False)
        assert len(rows) == 8
        for row in rows:
            model = scenario.set("population.size", row["population.size"]).model(row["arm"], row["replicate"])
            last = tables(finished(model)).iloc[-1]
            assert row["time"] == 12
            assert {name: row[name] for name in last.index} == last.to_dict()

    def test_rows_of_agents_are_of_the_same_instant(self, scenario):
        model_class = scenario.model_class(agent_reporters={"obesity": "obesity"})
        settings = {"population.size": 50, "replicate": 0}
        rows = mesa.batch_run(model_class, settings, data_collection_period=1, display_progress=False)
        assert sorted({row["Step"] for row in rows}) == list(range(13))
        frame = pd.DataFrame(rows)
        for _, at in frame.groupby("Step"):
            assert (at["obesity"] == "obese").sum() == at["obesity.obese"].iloc[0]
            assert len(at) == 50

    def test_iterations_are_replicates(self, scenario):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Mesa 3.5 would rather have `rng`
            rows = mesa.batch_run(
                scenario.model_class(), {"arm": ["usual_care", "champions"]}, iterations=3, display_progress=False
            )
        for arm in ("usual_care", "champions"):
            found = [row["obesity.obese"] for row in rows if row["arm"] == arm]
            models = [finished(scenario.model(arm, replicate)) for replicate in range(3)]
            assert found == [tables(model)["obesity.obese"].iloc[-1] for model in models]
            assert len(set(found)) > 1

    @pytest.mark.skipif("rng" not in inspect.signature(mesa.batch_run).parameters, reason="this Mesa has no `rng`")
    def test_rng_names_replicates(self, scenario):
        rows = mesa.batch_run(scenario.model_class(), {}, rng=[np.int64(1), 0], display_progress=False)
        models = [finished(scenario.model(replicate=replicate)) for replicate in (1, 0)]
        assert [row["obesity.obese"] for row in rows] == [tables(m)["obesity.obese"].iloc[-1] for m in models]

    def test_what_names_no_world_is_refused(self, scenario):
        make = scenario.model_class()
        with pytest.raises(netrial.SpecError, match="give one of them"):
            make(replicate=0, rng=1)
        with pytest.raises(netrial.SpecError, match="whole number"):
            make(rng=0.5)
        with pytest.raises(netrial.SpecError, match="did you mean `size`"):
            make(**{"population.sze": 10})
        with pytest.raises(netrial.SpecError, match="did you mean `champions`"):
            make(arm="champion")
        with pytest.raises(netrial.SpecError, match="did you mean `champions`"):
            scenario.model("champion")

    def test_several_processes(self, tmp_path):
        """In a process of its own: Mesa starts workers by importing the caller's file again."""
        given = netrial.load("obesity").set(SMALLEST)
        parameters = {"arm": ["usual_care", "champions"], "replicate": [0, 1]}
        path = tmp_path / "batch.py"
        path.write_text(
            "import mesa, netrial\n"
            "if __name__ == '__main__':\n"
            f"    make = netrial.load('obesity').set({SMALLEST}).model_class()\n"
            f"    rows = mesa.batch_run(make, {parameters}, number_processes=2, display_progress=False)\n"
            "    print(sorted(rows, key=lambda row: row['RunId']))\n"
        )
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, str(path)], capture_output=True, text=True, env=environment, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        alone = mesa.batch_run(given.model_class(), parameters, display_progress=False)
        assert len(alone) == 4
        assert done.stdout == f"{alone}\n"

    def test_iterations_in_other_processes_have_to_be_named(self, scenario, monkeypatch):
        monkeypatch.setattr("multiprocessing.parent_process", lambda: object())
        with pytest.raises(netrial.SpecError, match=r"name the worlds instead: {'replicate': range\(10\)}"):
            scenario.model_class()(arm="usual_care")
        assert scenario.model_class()(arm="usual_care", replicate=0).steps == 0


def random_model(seed):
    """A model of a random world of all laws, in which people may come and go, observed at eight instants."""
    case = towns.random_case(seed, n_persons=24, n_occurrences=6, mean_rings=2000, laws=True)
    beginning = begin(plan_clocks(case.world), Draw(seed), case.start, case.since, 0, case.horizon)
    ticks = np.linspace(0, case.horizon, 8).astype(np.int64)
    return case, lambda occurrences: ContagionModel(beginning, occurrences, [from_ticks(int(t)) for t in ticks])


SEEDS = (2, 3, 11, 12, 20, 21, 28, 30)


class TestCopies:
    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
    def test_a_copy_goes_its_own_way_and_gives_the_same_tables(self, scenario, copied):
        reporters = {"urban": urban_people}
        plain = finished(scenario.model("alteration", 1, model_reporters=reporters))
        model = scenario.model("alteration", 1, model_reporters=reporters, agent_reporters={"obesity": "obesity"})
        for _ in range(3):
            model.step()
        other = copied(model)
        before = pickle.dumps((model.simulation.trajectory(), model.datacollector.model_vars, model.steps))
        finished(other)
        assert pickle.dumps((model.simulation.trajectory(), model.datacollector.model_vars, model.steps)) == before
        finished(model)
        pd.testing.assert_frame_equal(tables(other), tables(plain))
        pd.testing.assert_frame_equal(tables(model), tables(plain))
        assert model.steps == other.steps == 12
        agents = [each.datacollector.get_agent_vars_dataframe() for each in (model, other)]
        pd.testing.assert_frame_equal(*agents)
        assert all(agent.model is other for agent in other.agents)
        assert other.agents.get("obesity") == model.agents.get("obesity")
        assert not any(agent in other.agents for agent in model.agents)

    def test_reporters_of_a_copy_look_at_the_copy(self, scenario):
        model = scenario.model("champions")
        other = copy.deepcopy(model)
        for person in other.people:
            person.set_state("obesity", "obese")
        other.step()
        assert tables(other)["obesity.obese"][1] > 250
        assert tables(model)["obesity.obese"].tolist() == [tables(other)["obesity.obese"][0]]
        model.step()
        assert tables(model)["obesity.obese"][1] < 150

    @pytest.mark.parametrize("seed", SEEDS)
    def test_copies_of_all_laws_go_on_alike(self, seed):
        case, make = random_model(seed)
        model = make(case.occurrences)
        for _ in range(3):
            model.step()
        other = copy.deepcopy(model)
        logs = [events(finished(each)) for each in (other, model)]
        assert logs[0] == logs[1]
        assert np.array_equal(model.simulation.states, other.simulation.states)


def urban_people(model):
    return sum(person.area == "urban" for person in model.people)


class TestSettingStates:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_it_is_what_an_intervention_does_at_that_instant(self, seed):
        """Whatever the laws: after setting by hand, and after the action `set`, everything is the same event for event.

        So contact lists, levels and exposures that depend on states are those that an action leaves.
        """
        case, make = random_model(seed)
        luck = random.Random(seed)
        ticks = make(()).simulation.observe_at[1:-1].tolist()
        forced, by_tick = [], {}
        for tick in ticks:
            behaviour = luck.choice(list(case.world.behaviours.values()))
            state = luck.choice(behaviour.states)
            persons = sorted(luck.sample(range(24), 10))
            by_tick[tick] = (persons, behaviour.name, state)
            actions = [SetStates(np.array(persons, np.int32), behaviour.name, state)]
            forced.append(Occurrence(tick, "by hand", len(forced), lambda situation, actions=actions: actions))
        by_plan = finished(make((*case.occurrences, *forced)))
        model = make(case.occurrences)
        while model.running:
            model.step()
            persons, behaviour, state = by_tick.get(model.simulation.now, ((), "", ""))
            for index in persons:
                if model.people[index].present:
                    model.people[index].set_state(behaviour, state)
        assert [event[:4] for event in events(model)] == [event[:4] for event in events(by_plan)]
        assert [event[4] for event in events(model) if event[4] == BY_HAND] != []
        assert np.array_equal(model.simulation.trajectory().counts, by_plan.simulation.trajectory().counts)
        untouched = finished(make(case.occurrences))
        assert events(untouched) != events(model)

    @pytest.mark.parametrize(("factor", "fits"), [(1.0, True), (1.2, False)])
    def test_contacts_are_exposed_from_then_on(self, factor, fits):
        """One of each of 4,000 pairs is made obese at 1; the other has caught it by 2 with chance 1 - exp(-rate)."""
        rate, pairs = 0.5, 4000
        model = ContagionModel.from_parts(towns_of_pairs(pairs), [obesity(catch=rate * factor)], horizon=2)
        model.step()
        assert tables(model)["obesity.obese"].tolist() == [0, 0]
        for person in model.people[::2]:
            person.set_state("obesity", "obese")
        assert model.simulation.counts.tolist() == [pairs, pairs]
        model.step()
        caught = tables(model)["obesity.obese"].iloc[-1] - pairs
        chance = 1 - math.exp(-rate)
        within = abs(caught - pairs * chance) < 5 * math.sqrt(pairs * chance * (1 - chance))  # wrong once in a million
        assert within == fits

    def test_nobody_elses_luck_moves(self):
        """Two towns without a tie between them: what is set in one is not felt in the other, to the last event."""
        town = nx.disjoint_union(
            nx.watts_strogatz_graph(60, 4, 0.1, seed=1), nx.watts_strogatz_graph(60, 4, 0.1, seed=2)
        )
        made = [ContagionModel.from_parts(town, [obesity(0.1, 0.05, 0.2)], horizon=20, seed=seed) for seed in (4, 4, 5)]
        for model in made:
            for _ in range(10):
                model.step()
        for person in made[0].people[:30]:
            person.set_state("obesity", "obese")
        logs = [events(finished(model)) for model in made]
        here, there = ([[event for event in log if (event[1] < 60) == own] for log in logs] for own in (True, False))
        assert there[0] == there[1] != there[2]
        assert len(there[0]) > 50
        assert here[0] != here[1]
        assert [event for event in here[0] if event[0] < 10 * TICKS_PER_UNIT] == [
            event for event in here[1] if event[0] < 10 * TICKS_PER_UNIT
        ]

    def test_a_state_that_one_has_is_not_restarted(self):
        """Relapse is possible in the first year: setting `former` again does not open it, leaving and back does."""
        relapse = Transition("relapse", ("former",), "smoker", 5.0, time_in_state=((0, 1), (1, 0)))
        smoking = Behaviour("smoking", ("smoker", "former"), (relapse,))
        graph = nx.empty_graph(1000)

        def smokers(*states):
            model = ContagionModel.from_parts(graph, [smoking], horizon=3, initial={"smoking": {"former": 1.0}})
            model.step()
            for state in states:
                model.agents.select(lambda person: person.smoking == "former").do("set_state", "smoking", state)
            model.step()
            return model

        untouched, again = smokers(), smokers("former")
        assert events(untouched) == events(again)
        assert 0 < untouched.simulation.counts[1] < 30  # 1000 exp(-5) = 6.7 are left
        restarted = ContagionModel.from_parts(graph, [smoking], horizon=3, initial={"smoking": {"former": 1.0}})
        restarted.step()
        former = [person for person in restarted.people if person.smoking == "former"]
        for state in ("smoker", "former"):
            for person in former:
                person.set_state("smoking", state)
        restarted.step()
        assert any(person.smoking == "smoker" for person in former)

    def test_counts_stay_right(self, scenario):
        model = scenario.model("champions")
        model.step()
        row = tables(model)["obesity.obese"].iloc[-1]
        person = next(person for person in model.people if person.obesity == "lean")
        person.set_state("obesity", "obese")
        assert person.obesity == "obese"
        assert model.simulation.counts[:2].tolist() == [300 - row - 1, row + 1]
        assert tables(model)["obesity.obese"].iloc[-1] == row
        assert events(model)[-1] == (TICKS_PER_UNIT, person.index, 0, 1, BY_HAND)
        finished(model)
        states = model.simulation.states[:, 0]
        assert model.simulation.counts[:2].tolist() == np.bincount(states, minlength=2).tolist()
        person.set_state("obesity", "lean" if person.obesity == "obese" else "obese")
        trajectory = model.simulation.trajectory()
        assert trajectory.counts[-1, :2].tolist() == np.bincount(trajectory.final[:, 0], minlength=2).tolist()
        assert trajectory.counts[1, :2].tolist() == [300 - row - 1, row + 1]

    def test_unknown_words_are_refused_with_the_allowed_ones(self, scenario):
        person = scenario.model().person(0)
        with pytest.raises(netrial.SpecError, match=r"`obeese` is no state of `obesity`. did you mean `obese`"):
            person.set_state("obesity", "obeese")
        with pytest.raises(netrial.SpecError, match=r"there is no behaviour `obesty`. did you mean `obesity`"):
            person.set_state("obesty", "obese")
        with pytest.raises(netrial.SpecError, match="allowed: lean, obese"):
            person.set_state("obesity", 1)

    def test_people_who_are_not_there_cannot_be_set(self, scenario):
        leaving = scenario.set({"population.leave": {"rate": 0.2}}).model()
        finished(leaving)
        gone = [person for person in leaving.people if not person.present]
        assert len(gone) > 100
        assert gone[0].obesity is None
        with pytest.raises(netrial.SpecError, match=rf"{gone[0].id} is not there at 12"):
            gone[0].set_state("obesity", "obese")
        assert leaving.graph().number_of_nodes() == 300 - len(gone)


def towns_of_pairs(pairs):
    graph = nx.empty_graph(2 * pairs)
    graph.add_edges_from((2 * k, 2 * k + 1) for k in range(pairs))
    return graph


class TestParts:
    def test_nodes_are_people_and_attributes_are_columns_or_states(self):
        graph = nx.Graph([("ben", "anna"), ("anna", "cleo")])
        nx.set_node_attributes(graph, {"anna": "obese"}, "obesity")
        nx.set_node_attributes(graph, {"anna": 40, "ben": 50}, "age")
        model = ContagionModel.from_parts(graph, [obesity()], horizon=1, initial={"obesity": {"obese": ["cleo"]}})
        assert model.agents.get(["id", "age", "obesity"]) == [
            ["anna", 40.0, "obese"],
            ["ben", 50.0, "lean"],
            ["cleo", None, "obese"],
        ]
        assert [contact.id for contact in model.person("anna").contacts] == ["ben", "cleo"]

    def test_a_graph_that_came_out_goes_in_again(self):
        model = ContagionModel.from_parts(nx.karate_club_graph(), [obesity(become=0.2)], horizon=4)
        finished(model)
        again = ContagionModel.from_parts(model.graph(), [obesity(become=0.2)], horizon=4)
        assert again.agents.get(["id", "club", "obesity"]) == model.agents.get(["id", "club", "obesity"])
        assert np.array_equal(again.network.layers["ties"].weights, model.network.layers["ties"].weights)

    def test_arcs_influence_along_the_arrow(self):
        graph = nx.DiGraph([(0, 1), (2, 1)])
        model = ContagionModel.from_parts(graph, [obesity(catch=50.0)], horizon=1, initial={"obesity": {"obese": [1]}})
        assert finished(model).agents.get("obesity") == ["lean", "obese", "lean"]
        model = ContagionModel.from_parts(graph, [obesity(catch=50.0)], horizon=1, initial={"obesity": {"obese": [0]}})
        assert finished(model).agents.get("obesity") == ["obese", "obese", "lean"]

    def test_a_network_of_arrays_will_do(self):
        network = ContactNetwork(3, {"ties": towns.layer([(0, 1)])})
        model = ContagionModel.from_parts(network, [obesity(50.0)], horizon=1, initial={"obesity": {"obese": [0]}})
        assert finished(model).agents.get("obesity") == ["obese", "obese", "lean"]

    def test_shares_are_exact_and_differ_by_replicate(self):
        made = [
            ContagionModel.from_parts(
                nx.empty_graph(200), [obesity()], horizon=1, initial={"obesity": {"obese": 0.125}}, replicate=replicate
            )
            for replicate in (0, 0, 1)
        ]
        who = [[person.id for person in model.people if person.obesity == "obese"] for model in made]
        assert [len(each) for each in who] == [25, 25, 25]
        assert who[0] == who[1] != who[2]

    def test_shares_are_taken_from_those_of_whom_nothing_else_is_said(self):
        graph = nx.empty_graph(10)
        nx.set_node_attributes(graph, {0: "obese", 1: "obese"}, "obesity")
        model = ContagionModel.from_parts(graph, [obesity()], horizon=1, initial={"obesity": {"obese": 0.8}})
        assert model.simulation.counts.tolist() == [0, 10]

    def test_numbers_of_numpy_name_the_same_world(self, scenario):
        assert tables(finished(scenario.model(replicate=np.int64(1)))).equals(tables(finished(scenario.model(None, 1))))
        made = [
            ContagionModel.from_parts(
                nx.path_graph(50), [obesity(become=0.3)], horizon=3, seed=seed, replicate=replicate
            )
            for seed, replicate in ((4, 2), (np.uint32(4), np.int64(2)))
        ]
        assert events(finished(made[0])) == events(finished(made[1]))

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"initial": {"obesty": {"obese": 0.1}}}, "there is no behaviour `obesty`. did you mean `obesity`"),
            ({"initial": {"obesity": {"obeese": 0.1}}}, "`obeese` is no state of `obesity`. did you mean `obese`"),
            ({"initial": {"obesity": {"obese": [7]}}}, "nobody has the id `7`"),
            ({"initial": {"obesity": {"obese": 1.5}}}, "a share of 1.5"),
            ({"initial": {"obesity": {"obese": [0], "lean": [0, 1]}}}, "somebody would start in `lean` and in another"),
            ({"initial": {"obesity": {"obese": 0.8, "lean": 0.8}}}, "1 people are to start in `obese`"),
            ({"horizon": 0.5}, "a horizon of 0.5, observed every 1, cannot be simulated"),
        ],
    )
    def test_what_cannot_begin_is_refused(self, given, message):
        with pytest.raises(netrial.SpecError, match=message):
            ContagionModel.from_parts(nx.path_graph(2), [obesity()], **({"horizon": 1} | given))

    def test_all_that_is_wrong_with_behaviours_is_said_at_once(self):
        wrong = Behaviour(
            "obesity",
            ("lean", "obese"),
            (
                Transition("become", ("leen",), "obese", -1.0),
                Transition(
                    "catch", ("lean",), "obese", 0.1, "per_contct", Source("obesity", ("obeese",)), {"tis": 1.0}
                ),
                Transition("lose", ("obese",), "obese", 0.1, "proportion"),
            ),
        )
        with pytest.raises(netrial.SpecError) as refused:
            ContagionModel.from_parts(nx.path_graph(2), [wrong, wrong], horizon=1)
        said = str(refused.value)
        for part in (
            "obesity.transitions.become: there is no state `leen`. did you mean `lean`?",
            "a rate or a factor is -1",
            "there is no law `per_contct`. did you mean `per_contact`?",
            "no state of `obesity` `obeese`. did you mean `obese`?",
            "there is no layer `tis`. did you mean `ties`?",
            "`obese` is both left and entered",
            "`proportion` needs a source",
            "two behaviours have this name",
        ):
            assert part in said

    def test_a_state_on_a_node_must_be_one(self):
        graph = nx.path_graph(2)
        graph.nodes[0]["obesity"] = "obeese"
        with pytest.raises(netrial.SpecError, match=r"is no state of `obesity`. did you mean `obese`"):
            ContagionModel.from_parts(graph, [obesity()], horizon=1)


def test_finished_models_are_freed(scenario):
    def used():
        model = scenario.model("champions", agent_reporters={"obesity": "obesity"})
        other = copy.deepcopy(finished(model))
        model.agents.shuffle_do("set_state", "obesity", "lean")
        return model, other, ContagionModel.from_parts(nx.path_graph(3), [obesity()], horizon=1)

    references = [weakref.ref(model) for model in used()]
    gc.collect()
    assert [reference() for reference in references] == [None, None, None]


def test_importing_netrial_does_not_import_mesa():
    code = "import sys, netrial; assert 'mesa' not in sys.modules; netrial.ContagionModel; assert 'mesa' in sys.modules"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)


def test_what_the_page_about_mesa_shows_runs():
    """One block after the other, as they stand; SolaraViz where it is installed."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "mesa.md").read_text(), re.DOTALL)
    assert len(blocks) == 9
    shown = {}
    for block in blocks:
        if "SolaraViz" in block and importlib.util.find_spec("solara") is None:
            continue
        with warnings.catch_warnings():
            if "SolaraViz" in block:
                warnings.simplefilter("ignore")  # Solara's, of Mesa's own page
            exec(compile(block, "docs/mesa.md", "exec"), shown)
    assert shown["helped"].time_now == 30
    assert shown["town"].simulation.counts.tolist() == [400, 100]
    assert len(shown["rows"]) == 12
