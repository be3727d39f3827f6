"""Bad input to the laws: every mistake is refused where it stands, and what is hardly meant is warned of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from every_law import TEXT, write

import netrial
from experiments.description import try_out
from scenarios.build import world_of
from scenarios.loading import load
from scenarios.problems import Located, ScenarioError
from simulator.errors import SpecError

RATE = "rate: 0.01\n        proportion: smoker"
TABLE = "table: [[0, 0], [2, 0.5], [3, 1]]"
G = "time_in_state: [[0, 1], [1, 0.1]]"
SEASON = "series: [[0, 1], [0.5, 1.5]], repeats_every: 1}"
STEPS = "series: [[0, 1], [5, 2]]"
GROUP = "group: {state: smoker, by: work, where: income > 10}"
THRESHOLD = "response: {count: smoker, threshold: 3}"
LEAVE = "leave: {rate: 0.01"
SHARE = "response: {share: smoker, threshold: {column: threshold}}"
AGEING = "susceptibility: {column: age, ratio: 0.9, per: 10, centre: 40}"
FALL_ILL = "rate: {by: smoking, values: {never: 0.01, smoker: 0.05, former: 0.02}}"
QUIT = f"rate: {{value: 0.1, {STEPS}}}"
WEIGHTS = "per_contact: {smoker: 1, former: 0.2}"
END = "\ninterventions:"
OWN_STATE = "where: sex == f or health == well"

# (what stands in the scenario, what is written instead, words of the message). The sign « stands where the message must
# point.
BAD = [
    # rates
    (RATE, RATE.replace("0.01", "«-0.01"), ["a rate cannot be -0.01", "at least 0"]),
    (RATE, RATE.replace("0.01", "«.inf"), ["must be finite"]),
    (RATE, RATE.replace("0.01", "«1e400"), ["too large"]),
    (RATE, RATE.replace("0.01", "«3e6"), ["3,000,000 events per person and year: is the unit right?"]),
    (RATE, RATE.replace("0.01", "{value: «200, unit: hour}"), ["events per person and year", "read per hour"]),
    (RATE, RATE.replace("0.01", "{value: «1e308, unit: hour}"), ["is the unit right?"]),
    (RATE, RATE.replace("0.01", "{value: «1000, series: [[0, 1], [1, 2000]]}"), ["2,000,000 events"]),
    (RATE, RATE.replace("0.01", "«{by: sex, values: {f: 1, m: 2e6}}"), ["2,000,000 events"]),
    (RATE, f"rate: «1000\n        susceptibility: [1, 2000]{RATE[10:]}", ["2,000,000 events", "with all factors"]),
    ("rate: {value: 0.02,", "rate: {value: «2e6,", ["events per person, contact and year"]),
    (RATE, RATE.replace("0.01", "«{column: income, ratio: 2}"), ["a hazard ratio is no rate", "`susceptibility`"]),
    # numbers that differ by person
    (FALL_ILL, FALL_ILL.replace(", former: 0.02", "").replace("values", "«values"), ["`former`", "every state of"]),
    (FALL_ILL, FALL_ILL.replace("former", "«formr"), ["no state of `smoking`", "did you mean `former`?"]),
    (FALL_ILL, FALL_ILL.replace("smoking", "«smokng"), ["no column is named `smokng`"]),
    (FALL_ILL, "rate: {by: «half, values: {'1': 1}}", ["4 people have no `half`"]),
    ("column: income", "column: «half", ["4 people have no `half`", "hazard ratio"]),
    ("column: income", "column: «sex", ["`sex` holds words", "a hazard ratio needs numbers"]),
    ("ratio: 1.1", "ratio: «-1.1", ["-1.1 is not allowed", "above 0"]),
    ("by: sex, values: {f: 1, m: 2}", "by: sex, values: {f: 1, m: «-2}", ["a factor cannot be -2"]),
    (AGEING, "susceptibility: {by: «age, values: {'30': 1}}", ["`age` ages", "hazard ratio"]),
    (AGEING, AGEING.replace("}", ", «ratoi: 2}"), ["unknown key `ratoi`", "did you mean `ratio`?"]),
    # conditions
    (
        OWN_STATE,
        "where: sex == f or «start.health == well",
        ["`start.health` cannot be asked for", "before anybody acts"],
    ),
    (OWN_STATE, "where: sex == f and «age > 40", ["`age` ages", "hazard ratio"]),
    (OWN_STATE, "where: sex == f or health == «wel", ["`well`"]),
    (GROUP, GROUP.replace("income > 10", "«health == well"), ["`health` cannot be asked for", "by columns"]),
    (GROUP, GROUP.replace("income > 10", "«age > 40"), ["`age` ages"]),
    (GROUP, GROUP.replace("work", "«wrok"), ["no column is named `wrok`", "did you mean `work`?"]),
    (GROUP, GROUP.replace("work", "«nothing"), ["nobody has a `nothing`"]),
    (GROUP, GROUP.replace("work", "«age"), ["`age` ages"]),
    # tables and thresholds
    (TABLE, TABLE.replace("[[0, 0], ", "[[«1, 0], "), ["the table begins at 1", "begin with [0, …]"]),
    (TABLE, TABLE.replace("[3, 1]", "[«1, 1]"), ["1 does not come after 2", "rise"]),
    (TABLE, TABLE.replace("[3, 1]", "[3, «1.5]"), ["1.5 is not between 0 and 1"]),
    (TABLE, TABLE.replace("[2, 0.5]", "[2, «-0.5]"), ["-0.5 is not between 0 and 1"]),
    (TABLE, "table: [[0, 0], [«5, 1]]", ["at most 4, never 5", "nobody can have more than 4 contacts"]),
    (TABLE + ", shape: step", "table: [[0, 0], [4, 0], [«5, 1]], shape: linear", ["at most 4"]),
    (TABLE, "table: «[]", ["cannot be empty"]),
    (TABLE + ", shape: step", TABLE + ", «shap: step", ["did you mean `shape`?"]),
    (THRESHOLD, THRESHOLD.replace("3}", "«5}"), ["at most 3, never 5"]),
    (THRESHOLD, THRESHOLD.replace("3}", "«-1}"), ["a threshold cannot be -1"]),
    (THRESHOLD, THRESHOLD.replace("3}", "3, «shape: step}"), ["`shape` goes with `table`"]),
    (THRESHOLD, THRESHOLD.replace("3}", "{by: sex, «values: {f: 1}}}"), ["no value for `m`"]),
    (THRESHOLD, THRESHOLD.replace("3}", "{by: sex, «values: {f: 4, m: 5}}}"), ["never 4"]),
    (THRESHOLD, THRESHOLD.replace("3}", "{by: «health, values: {well: 1, ill: 2}}}"), ["is a behaviour, not a column"]),
    (THRESHOLD, THRESHOLD.replace("3}", "{distribution: «norml, mean: 2, sd: 1}}"), ["did you mean `normal`?"]),
    (THRESHOLD, THRESHOLD.replace("3}", "{distribution: uniform, min: «7, max: 9}}"), ["never 7"]),
    (THRESHOLD, THRESHOLD.replace("3}", "{column: «income}}"), ["nobody's threshold can be reached", "never 20"]),
    (SHARE, SHARE.replace("threshold}}", "«sex}}"), ["`sex` holds words", "a threshold is a number"]),
    (SHARE, SHARE.replace("threshold}}", "«thresh}}"), ["did you mean `threshold`?"]),
    (SHARE, SHARE.replace("{column: threshold}", "«40"), ["a share of contacts is at most 1, never 40", "0.05 is 5 %"]),
    (SHARE, "response: {share: smoker, table: [[0, 0], [«50, 1]], shape: linear}", ["never 50"]),
    (SHARE, SHARE + "\n        influence: {value: 1, «series: [[0, 1], [1, 2]]}", ["goes with no `response`"]),
    # time
    (G, "time_in_state: [[«1, 1], [2, 0.1]]", ["begins at 1"]),
    (G, "time_in_state: [[0, 1], [«0, 0.1]]", ["does not come after"]),
    (G, "time_in_state: [[0, «2]]", ["2 is not between 0 and 1"]),
    (G, "time_in_state: [[0, 1], [«1e9, 0.5]]", ["at most 4,194,304 years"]),
    (STEPS, "series: [[5, 1], [«0, 2]]", ["0 does not come after 5"]),
    (STEPS, "series: [[0, 1], [5, «-2]]", ["a factor cannot be -2"]),
    (STEPS, "«series: [[0, 0], [5, 0]]", ["all factors are 0"]),
    (STEPS, "series: [[0, 1], [«1e300, 0.5]]", ["the time 1e+300"]),
    (QUIT, "rate: {value: 0.1, «repeats_every: 1}", ["`repeats_every` goes with `series`"]),
    (QUIT, f"rate: {{value: 0.1, {STEPS}, «repeats_evry: 9}}", ["did you mean `repeats_every`?"]),
    (SEASON, SEASON.replace("[0, 1]", "[«0.1, 1]"), ["the period begins at 0.1"]),
    (SEASON, SEASON.replace("0.5, 1.5", "«1.5, 1.5"), ["1.5 is beyond the period"]),
    (SEASON, SEASON.replace("repeats_every: 1", "repeats_every: «0"), ["above 0"]),
    (SEASON, "series: [[0, 1]], repeats_every: «1e-9}", ["would change", "is the unit right?"]),
    (
        "since: started",
        "since: «income",
        ["`income` is after the beginning for 2 people, up to 30", "-2, where the warm-up"],
    ),
    ("since: started", "since: «sex", ["`sex` holds words"]),
    ("since: started", "since: «startd", ["did you mean `started`?"]),
    ("warm_up: 2", "warm_up: «-2", ["must be above 0"]),
    ("warm_up: 2", "warm_up: «1e9", ["at most 4,194,304 years"]),
    ("warm_up: 2", "warm_up: {value: «1e308, unit: year}", ["at most 4,194,304 years"]),
    ("at: 0", "at: «-1", ["before the start", "only `background` acts"]),
    ("horizon: 10", "horizon: {value: 10, «series: [[0, 1]]}", ["`series` has no meaning here"]),
    ("{age: {from: age, ages: true}}", "{work: {from: work, «ages: true}}", ["`work` holds words, which do not grow"]),
    ("ages: true}", "ages: true}, area: {categories: {a: 1}, «ages: true}", ["`area` holds words"]),
    ("ages: true", "«age: true", ["did you mean `ages`?"]),
    # states, weights, ends of ties
    (WEIGHTS, WEIGHTS.replace("0.2", "«-0.2"), ["-0.2 is not between 0 and 1e+06"]),
    (WEIGHTS, WEIGHTS.replace("0.2", "«1e300"), ["1e+300 is not between"]),
    (WEIGHTS, "«per_contact: {smoker: 0, former: 0}", ["all weights are 0"]),
    (WEIGHTS, WEIGHTS.replace("former", "«formr"), ["did you mean `former`?"]),
    ("{share: health.ill, at: end", "{«entries: {smoking.smoker: 2}", ["weights go with share, count and person_time"]),
    ("{share: health.ill, at: end", "{time_to: {«count: {smoking.smoker: 2}, reaches: 3}", ["weights go with"]),
    ("{share: health.ill, at: end", "{time_to: {count: health.ill, reaches: «10}", ["cannot be reached", "9 people"]),
    (QUIT, f"{QUIT}, «influence: 2", ["`influence` needs contacts", "`susceptibility`"]),
    (QUIT, f"{QUIT}, «layers: friends", ["`layers` has no meaning here", "on its own"]),
    (GROUP, GROUP + "\n        «layers: friends", ["`layers` has no meaning here", "reads everybody in the group"]),
    # people who enter and leave
    (LEAVE, LEAVE.replace("0.01", "«-0.01"), ["a rate cannot be -0.01"]),
    (LEAVE, LEAVE.replace("0.01", "{value: «1000, unit: hour}"), ["8,766,000 events per person and year"]),
    (LEAVE, LEAVE.replace("0.01", "«{column: age, ratio: 2}"), ["a hazard ratio is no rate"]),
    (LEAVE, LEAVE.replace("0.01", "{by: «half, values: {'1': 1}}"), ["4 people have no `half`"]),
    ("where: sex == m or", "where: «age > 60 or", ["`age` ages"]),
    ("where: sex == m or", "where: «start.health == ill or", ["before anybody acts"]),
    (LEAVE, f"enter: {{rate: {{value: «1e308, unit: hour}}}}\n  {LEAVE}", ["would enter", "is the unit right?"]),
    (LEAVE, f"enter: {{rate: -1}}\n  {LEAVE}".replace("-1", "«-1"), ["a rate cannot be -1"]),
    (LEAVE, f"enter: {{at: «sex}}\n  {LEAVE}", ["`sex` holds words"]),
    ("      quit: {", "      «leave: {", ["cannot be `leave`", "rename it"]),
    # what is done
    ("share: 0.5, layer: friends", "share: 0.5, layer: «frends", ["did you mean `friends`?"]),
    ("share: 0.5, layer: friends", "share: «1.5, layer: friends", ["1.5 is not between 0 and 1"]),
    ("layer: friends}}", "layer: friends}}, «for: 2", ["nothing to end", "`rewire` too"]),
    ("target: {}", "target: {}\n    uptake: «{column: income, ratio: 2}", ["a hazard ratio is no uptake"]),
    ("target: {}", "target: «0.2", ["an example: target: {rank: degree, share: 0.1}"]),
    ("target: {}", "target: {}\n    cost: {fixed: «£100}", ["write 100; the currency stands in `study`"]),
    ("target: {}", "target: {}\n    when: {share: smoking.smoker, «abov: 0.2}", ["did you mean `above`"]),
    ("target: {}", "target: {}\n    uptake: {value: 1, «series: [[0, 1]]}", ["`series` has no meaning here"]),
    ("id: id", "id: id\n  where: «income > 1000", ["nobody satisfies"]),
]

# The same for warnings.
DOUBTFUL = [
    (END, f"  mood:\n    states: [fine, «low]\n    initial: {{low: 0}}\n{END}", ["nobody can ever be `low`"]),
    (END, f"  mood:\n    states: [«fine, low]\n    initial: {{low: 1}}\n{END}", ["nobody can ever be `fine`"]),
    (
        END,
        f"  mood:\n    states: [fine, low]\n    transitions:\n      sink: {{from: fine, to: low, rate: 1, "
        f"proportion: «low}}\n{END}",
        ["`sink` can never happen: nobody can ever be in `mood.low`"],
    ),
    (FALL_ILL, "«rate: 0", ["`fall_ill` can never happen: its rate is 0"]),
    (FALL_ILL, "rate: 0.1, «susceptibility: [1, 0]", ["`fall_ill` can never happen: a factor is 0"]),
    (TABLE, "«table: [[0, 0], [2, 0]]", ["`start_together` can never happen", "table are 0"]),
    (G, "«time_in_state: [[0, 0], [1, 0]]", ["`relapse` can never happen"]),
    (GROUP, GROUP.replace("work", "id").replace("by", "«by"), ["nobody shares their `id` with anybody"]),
    (
        GROUP,
        GROUP.replace("income > 10", "income > 1000").replace("where", "«where"),
        ["nobody satisfies `income > 1000`"],
    ),
    (OWN_STATE, "«where: income > 1000", ["`start` can never happen: nobody satisfies"]),
]


def pointed(located: tuple[Located, ...], marked: str, words: list[str]) -> None:
    """Require that something says these words, at « where it stands, carets below."""
    saying = [each for each in located if all(word in str(each) for word in words)]
    assert saying, f"nothing says {words}:\n" + "\n".join(map(str, located))
    before = marked[: marked.index("«")]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert (line, column) in [(each.line, each.column) for each in saying], "\n".join(map(str, located))
    (first, *_) = [each for each in saying if (each.line, each.column) == (line, column)]
    head, shown, carets, *_ = str(first).splitlines()
    assert f"scenario.yaml:{line}:{column}: " in head
    assert shown.strip() == marked.replace("«", "").splitlines()[line - 1].strip()
    assert carets.index("^") == 4 + column - 1


def refusal(path: Path) -> ScenarioError:
    with pytest.raises(ScenarioError) as refused:
        load(path)
    return refused.value


def test_the_example_is_good(tmp_path: Path) -> None:
    scenario = load(write(tmp_path))
    assert not scenario.warnings
    assert not scenario.not_built()
    assert netrial.run(scenario).effects.shape[0] > 0


@pytest.mark.parametrize(("old", "new", "words"), BAD)
def test_mistakes_are_refused_where_they_stand(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert TEXT.count(old) == 1, old
    marked = TEXT.replace(old, new)
    error = refusal(write(tmp_path, marked.replace("«", "")))
    pointed(error.located, marked, words)
    assert len(error.located) <= 2, f"one mistake, many messages:\n{error}"


@pytest.mark.parametrize(("old", "new", "words"), [each for each in DOUBTFUL if each[2]])
def test_doubts_are_warned_of_where_they_stand(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert TEXT.count(old) == 1, old
    marked = TEXT.replace(old, new)
    warnings = load(write(tmp_path, marked.replace("«", ""))).warnings
    pointed(warnings, marked, words)
    assert all(": warning: " in str(each) for each in warnings)


OBESITY = load("obesity")
LEADERS = "interventions.leaders"
COLUMNS = "population.columns"


def warned(changes: dict[str, object]) -> list[str]:
    return [each.problem.message for each in OBESITY.set(changes).warnings]


def test_layers_that_nothing_reads() -> None:
    old = {"network.layers.old": {"generator": "watts_strogatz", "mean_degree": 4, "rewiring": 0.1}}
    ties = {"per_person": 1, "layer": "old"}
    assert warned({}) == []
    no_communities = {"interventions.worst_communities.target": {"groups": "area", "share": 0.4}}
    random_leaders = {f"{LEADERS}.target.rank": "random"}
    assert warned({**old, **no_communities}) == []  # `degree` reads all layers
    assert warned({**old, **random_leaders}) == []  # communities, too
    nothing = {**old, **random_leaders, **no_communities}
    assert warned(nothing) == ["no law reads `old`, and no arm uses it"]
    assert warned({**nothing, f"{LEADERS}.target.rank": {"rule": "degree", "layers": ["close_ties"]}}) != []
    assert warned({**nothing, f"{LEADERS}.target.rank": {"rule": "degree", "layers": ["old"]}}) == []
    assert warned({**nothing, "interventions.matched_buddies.effect.ties.add": ties}) == [
        "`lose_weight_with_buddy` can never happen: there are no ties in `buddies`"
    ]
    lose = "behaviours.obesity.transitions.lose_weight_with_champion.layers"
    assert warned({**nothing, lose: {"close_ties": 1, "old": 0}}) == []


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"arms.champions": {"interventions": ["leaders"], "budget": 9}}, []),
        (
            {"arms.champions": {"interventions": ["leaders"], "budget": 9}, f"{LEADERS}.cost": {}},
            ["this budget limits nobody: nothing that the arm does costs anything"],
        ),
        (
            {f"{LEADERS}.target": {"budget": 9}, f"{LEADERS}.cost": {"fixed": 5}},
            ["this budget limits nobody: no person costs anything"],
        ),
        ({f"{LEADERS}.target": {"budget": 9}}, []),
        ({f"{LEADERS}.cost.per_tie": 3}, ["`per_tie` is never paid"]),
        ({"interventions.matched_buddies.cost.per_tie": 3}, []),
        ({f"{LEADERS}.every": 29}, []),
        ({f"{LEADERS}.every": 30}, ["it never repeats"]),
        ({f"{LEADERS}.phase": {"over": "area", "every": 29}}, []),
        ({f"{LEADERS}.phase": {"over": "area", "every": 30}}, ["only 1 of 2 groups begin before the end"]),
        (
            {
                f"{LEADERS}.target.per": "risk",
                "population.columns.risk": {"distribution": "normal", "mean": 5, "sd": 1},
            },
            ["nobody shares their `risk` with anybody"],
        ),
    ],
)
def test_interventions_that_are_hardly_meant(changes: dict[str, object], messages: list[str]) -> None:
    assert warned(changes) == messages


def test_states_that_only_an_arm_brings() -> None:
    nobody = {"arms": {"usual": [], "buddies": ["matched_buddies"]}}
    assert warned(nobody) == [
        "`lose_weight_with_champion` can never happen: nobody can ever be in `advocacy.champion`",
        "nobody can ever be `champion`",
    ]
    assert warned({"arms": {"usual": [], "buddies": ["matched_buddies", "leaders"]}}) == []
    assert warned({**nobody, "behaviours.advocacy.initial": {"champion": 0.01}}) == []
    assert warned({**nobody, "behaviours.advocacy.initial": {"champion": {"number": 0}}}) != []
    chain = {
        "behaviours.career": {
            "states": ["a", "b", "c", "d"],
            "transitions": {
                "third": {"from": "c", "to": "d", "rate": 1},
                "second": {"from": "b", "to": "c", "rate": 1},
                "first": {"from": "a", "to": "b", "rate": 1, "per_contact": "advocacy.champion"},
            },
        }
    }
    assert warned(chain) == []
    assert len(warned({**chain, **nobody})) == 6
    only_from = {f"{LEADERS}.effect.set": {"career": {"b": "d"}}, "arms": {"usual": [], "a": ["leaders"]}}
    career = {"behaviours.career": {"states": ["a", "b", "d"]}}
    assert {"nobody can ever be `b`", "nobody can ever be `d`"} <= set(warned({**career, **only_from}))


def test_one_person_and_no_ties() -> None:
    alone = {
        "population.size": 1,
        "network.layers.close_ties": {"generator": "empty"},
        "interventions.worst_communities.target": {"groups": "area", "share": 1.0},
    }
    assert "one person has no contacts" in warned(alone)
    no_ties = warned({"network.layers.close_ties": {"generator": "random_regular", "degree": 0}})
    assert no_ties == [
        "`catch_obesity` can never happen: there are no ties in `close_ties`",
        "`lose_weight_with_champion` can never happen: there are no ties in `close_ties`",
    ]
    assert netrial.run(OBESITY.set({**alone, "experiment.replicates": 2})).effects.shape[0] > 0
    with pytest.raises(ScenarioError, match="at least 1"):
        OBESITY.set("population.size", 0)


def test_categories_of_nobody() -> None:
    changes = {"population.columns.area.categories": {"urban": 1, "rural": 0}}
    assert warned(changes) == ["nobody is `rural`: its share is 0"]


def test_whoever_enters_may_bring_it() -> None:
    """People who enter bring states, categories and ties that nobody has at the start."""
    nobody = {
        "arms": {"usual": [], "a": ["worst_communities"]},
        "population.columns.area.categories": {"urban": 1, "rural": 0},
    }
    assert len(warned(nobody)) == 4
    enter = {"rate": 5, "columns": {"area": "rural"}, "states": {"advocacy": "champion"}, "ties": {"buddies": 2}}
    assert warned({**nobody, "population.enter": enter}) == []
    assert len(warned({**nobody, "population.enter": {**enter, "states": {}}})) == 2
    assert warned({**nobody, "population.enter": {**enter, "states": {"advocacy": {"none": 1, "champion": 0}}}}) != []


def test_a_threshold_may_be_reached_by_ties_that_an_arm_adds(tmp_path: Path) -> None:
    """The limit is that of the ties from the start, but for layers that some arm changes."""
    high = TEXT.replace(THRESHOLD, THRESHOLD.replace("3}", "5}"))
    assert "at most 3, never 5" in str(refusal(write(tmp_path, high)))
    assert load(write(tmp_path, high.replace("layer: friends", "layer: family")))
    added = high.replace("rewire: {share: 0.5, layer: friends}", "add: {per_person: 3, layer: family}")
    assert load(write(tmp_path, added))
    assert "at most 8, never 9" in str(refusal(write(tmp_path, added.replace("threshold: 5", "threshold: 9"))))
    assert load(
        write(tmp_path, added.replace("threshold: 5", "threshold: 9").replace("3, layer", "3, weight: 2, layer"))
    )
    assert load(write(tmp_path, high.replace("layers: family", "layers: {family: 2}")))
    assert load(write(tmp_path, high.replace("{count: smoker, thr", "{count: {smoker: 2}, thr")))
    assert load(write(tmp_path, high.replace("layers: family", "layers: family\n        influence: 2")))
    scaled = high.replace("{ties:", "{influence: {smoking.start_early: 2}, ties:")
    assert load(write(tmp_path, scaled))


def test_a_hazard_ratio_without_a_centre(tmp_path: Path) -> None:
    """Only the values say that: it is found where they are, by `check` and by `run`."""
    text = TEXT.replace("{column: income, ratio: 1.1, per: 10, centre: 40}", "{column: income, ratio: 1000}")
    scenario = load(write(tmp_path, text))
    with pytest.raises(SpecError, match=r"makes factors up to 1e\+180\n.*\n.*\^\n.*`centre` is 0"):
        try_out(scenario, world_of(scenario))
    with pytest.raises(SpecError, match="are they right"):
        netrial.run(scenario, out=tmp_path / "run")
    text = TEXT.replace("{column: income, ratio: 1.1, per: 10, centre: 40}", "{column: income, ratio: 1e300}")
    with pytest.raises(SpecError, match="factors up to inf"):
        try_out(*(lambda s: (s, world_of(s)))(load(write(tmp_path, text))))


def netrial_command(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "experiments.commands", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("which", [3, 41, 60])
def test_run_refuses(tmp_path: Path, which: int) -> None:
    old, new, words = BAD[which]
    path = write(tmp_path, TEXT.replace(old, new.replace("«", "")))
    refused = netrial_command("run", str(path), "--out", str(tmp_path / "run"))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert all(word in refused.stderr for word in words)
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "run").exists()


def test_warnings_go_to_stderr_once_and_change_no_exit_code(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace(END, f"  mood: {{states: [fine, low]}}\n{END}"))
    expected = re.escape(f"{path}:") + r"\d+:25: warning: nobody can ever be `low`\n"
    for words in (["check", str(path)], ["run", str(path), "--quiet", "--out", str(tmp_path / "run"), "--seed", "3"]):
        done = netrial_command(*words, "--set", "experiment.replicates=2")
        assert done.returncode == 0, done.stderr
        assert re.match(expected, done.stderr)
        assert done.stderr.count(": warning: ") == done.stderr.count("nobody can ever") == 1
        assert "warning: " not in done.stdout
        assert done.stderr.splitlines()[2].strip("^ ") == ""
    results = netrial.Results.load(tmp_path / "run")
    assert results.resolved["warnings"] == [
        "behaviours.mood.states.1: nobody can ever be `low`. "
        "nobody starts in it, no transition that can happen leads to it, and no arm sets it"
    ]
    assert "nobody can ever be" in (tmp_path / "run" / "report.html").read_text()
