"""Groups and pairs in a scenario: what is checked, what the plan says, and what a run does."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import netrial
from experiments.design import design
from experiments.dose import dose_scenario
from experiments.plan.making import plan_of
from experiments.plan.sections import text_lines
from scenarios.conversion import interventions_of
from scenarios.loading import load
from scenarios.problems import ScenarioError
from simulator.errors import SpecError

TEXT = """
netrial: 1
name: villages
time: {unit: year, horizon: 2}
population:
  size: 240
  columns:
    village: {categories: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}}
    age: {distribution: uniform, min: 18, max: 80}
network:
  layers:
    talk: {generator: stochastic_blocks, by: village, mean_degree: 6, within: 0.9}
    buddies: {generator: empty}
behaviours:
  smoking:
    states: [never, current, former]
    initial: {current: 0.3}
    transitions:
      quit: {from: current, to: former, rate: 0.03}
      quit_with_others: {from: current, to: former, rate: 0.04, per_contact: former}
interventions:
  courses:
    kind: groups
    target: {groups: village, rank: random, number: 2, of: groups}
    at: 0
    effect: {susceptibility: {smoking.quit: 3}}
arms: {usual: [], courses: [courses]}
outcomes: {primary: smokers, smokers: {share: smoking.current, at: end, better: lower}}
experiment: {replicates: 3, seed: 1}
"""
FROM_FILES = re.sub(r"size: 240\n.*?network:", "file: people.csv\n  id: id\nnetwork:", TEXT, flags=re.DOTALL)
FROM_FILES = FROM_FILES.replace(
    "{generator: stochastic_blocks, by: village, mean_degree: 6, within: 0.9}",
    "{file: ties.csv, source: source, target: target, influence: target_to_source}",
)
TARGET = "interventions.courses.target"
EFFECT = "interventions.courses.effect"


@pytest.fixture(scope="module")
def villages(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("villages") / "villages.yaml"
    path.write_text(TEXT)
    return load(path)


def refused(scenario: Any, changes: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the place, below `courses`, and the message of each problem."""
    with pytest.raises(ScenarioError) as caught:
        scenario.set({f"interventions.courses.{path}": value for path, value in changes.items()})
    return [(".".join(map(str, problem.place[2:])), problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"groups": "vilage"}, [("target.groups", "no column is named `vilage`")]),
        ({"groups": "smoking"}, [("target.groups", "no column is named `smoking`")]),
        ({"groups": {"by": "vilage"}}, [("target.groups.by", "no column is named `vilage`")]),
        ({"per": "comunities"}, [("target.per", "no column is named `comunities`")]),
        (
            {"groups": {"by": "village", "like": 0.5}},
            [("target.groups.like", "groups by a column take no `like`")],
        ),
        ({"groups": {"by": "cores", "layers": ["tak"]}}, [("target.groups.layers.0", "unknown layer `tak`")]),
        (
            {"groups": {"by": "positions", "like": 0}, "rank": {"rule": "centralty", "lairs": ["talk"]}},
            [
                ("target.groups.like", "`like` is 0"),
                ("target.rank.rule", "groups cannot be ranked by `centralty`"),
                ("target.rank.lairs", "a rank of groups takes no `lairs`"),
            ],
        ),
        ({"groups": "village", "rank": "innermost"}, [("target.rank", "`innermost` ranks cores")]),
        ({"groups": "village", "rank": "most_named"}, [("target.rank", "groups cannot be ranked by `most_named`")]),
        (
            {"groups": "village", "rank": {"time_to": {"share": "smoking.former", "reaches": 0.5}}},
            [("target.rank.time_to", "groups cannot be ranked by `time_to`")],
        ),
        (
            {"groups": "village", "rank": {"share": "smoking.currnt", "at": 1}},
            [
                ("target.rank.share", "`currnt` is no state of `smoking`"),
                ("target.rank.at", "a rank of groups is measured when the intervention acts, and takes no `at`"),
            ],
        ),
        (
            {"of": "groups", "skip": 2},
            [("target.of", "`of: groups` goes with `groups`"), ("target.of", "`of: groups` counts nothing")],
        ),
        ({"groups": "village", "number": 3, "skip": 2}, [("target.skip", "`skip` goes with `of: groups`")]),
        (
            {"groups": "village", "number": 3, "skip": 1.5, "of": "groups"},
            [("target.skip", "1.5 groups cannot be skipped")],
        ),
        (
            {"groups": "village", "share": 0.3, "skip": 2, "of": "groups"},
            [("target.skip", "2 is not between 0 and 1")],
        ),
        (
            {"groups": "village", "share": 0.7, "skip": 0.4, "of": "groups"},
            [("target.skip", "`skip` and `share` add up to more than 1")],
        ),
        ({"groups": "village", "number": 3, "of": "villages"}, [("target.of", "`villages` is not allowed here")]),
        ({"groups": "village", "per": "age"}, [("target.per", "`per` does not go with `groups`")]),
    ],
)
def test_mistakes_in_a_target(villages: Any, target: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert refused(villages, {"target": target}) == expected


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        ({"pairing": "similar"}, [("pairing", "`similar` needs `by`")]),
        ({"pairing": "similr", "by": "ag"}, [("pairing", "no pairing is named"), ("by", "no column is named `ag`")]),
        ({"by": "age"}, [("by", "`by` goes with `pairing: similar`")]),
        ({"pairing": "similar", "by": "smoking"}, [("by", "no column is named `smoking`")]),
    ],
)
def test_mistakes_in_a_pairing(villages: Any, add: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    effect = {"ties": {"add": {"per_person": 1, "layer": "buddies", **add}}}
    found = refused(villages, {"kind": "alteration", "target": {}, "effect": effect})
    assert len(found) == len(expected)
    for (place, message), (key, words) in zip(found, expected, strict=True):
        assert place == f"effect.ties.add.{key}"
        assert words in message


def test_a_column_may_not_be_called_as_groups_that_are_found(tmp_path: Path) -> None:
    path = tmp_path / "town.yaml"
    path.write_text(TEXT.replace("village", "cores"))
    with pytest.raises(ScenarioError, match="`cores` is a column here, and means groups found in the network"):
        load(path)
    path.write_text(TEXT.replace("village", "cores").replace("{groups: cores,", "{groups: components,"))
    load(path)  # nobody is grouped by it


def test_a_rank_by_what_happened_before_anything_did_is_warned_of(villages: Any) -> None:
    def warned(**given: Any) -> list[str]:
        changes = {f"interventions.courses.{key}": value for key, value in given.items()}
        found = villages.set(changes).warnings
        return [".".join(map(str, each.problem.place)) for each in found if "nothing has" in each.problem.message]

    rank = {"groups": "village", "rank": {"entries": "smoking.former"}}
    assert warned(target=rank) == ["interventions.courses.target.rank"]
    assert warned(target=rank, at=1) == warned(target=rank, every=1) == []
    phase = {"over": "village", "every": 1, "order": {"exits": "smoking.current"}}
    assert warned(kind="champions", target={}, phase=phase) == ["interventions.courses.phase.order"]


def test_what_the_grammar_says_reaches_the_specs(villages: Any) -> None:
    def target(given: dict[str, Any]) -> Any:
        return interventions_of(villages.set(TARGET, given).spec)["courses"].target

    plain = target({"groups": "village", "number": 2})
    assert (plain.groups, plain.group_parameters, plain.counts_groups, plain.skip) == ("village", {}, False, 0.0)
    assert not target({"groups": "village", "number": 2, "of": "people"}).counts_groups
    groups = {"by": "positions", "like": 0.5, "layers": ["talk"]}
    whole = target({"groups": groups, "share": 0.25, "skip": 0.25, "of": "groups"})
    assert whole.groups == "positions"
    assert whole.group_parameters == {"layers": ("talk",), "like": 0.5}
    assert (whole.counts_groups, whole.share, whole.skip) == (True, 0.25, 0.25)


def said(scenario: Any) -> list[str]:
    """Return what the plan says of whom, and of effects."""
    lines = [line.strip() for line in text_lines(plan_of(design(scenario, None), 2))]
    return [line for line in lines if line.startswith(("whom: ", "effect: "))]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (
            {"groups": "village", "number": 2, "of": "groups"},
            "in two whole groups by village, the first 2, in random order",
        ),
        (
            {"groups": "village", "number": 2, "skip": 2, "of": "groups", "rank": "smallest"},
            "in two whole groups by village, numbers 3 to 4, the smallest first",
        ),
        (
            {"groups": "village", "number": 1, "skip": 2, "of": "groups", "rank": "cohesion"},
            "number 3, those with the largest share of all possible ties among their members first",
        ),
        (
            {"groups": "village", "share": 0.5, "skip": 0.5, "of": "groups", "where": "smoking == current"},
            'by village, those from 50 % to 100 % of all that have people who are "current" (smoking), in random order',
        ),
        (
            {"groups": "village", "number": 9, "of": "groups"},
            "in six whole groups by village, the first 9, in random order; 9 were asked for",
        ),
        (
            {"groups": "components", "rank": "size", "number": 1, "of": "groups"},
            "one whole component of the network (people connected, directly or through others), the first, "
            "the largest first",
        ),
        (
            {"groups": {"by": "cores", "layers": ["talk"]}, "rank": "innermost", "number": 1, "of": "groups"},
            "one whole core of the network of talk (people of one core number), the first, from the innermost outwards",
        ),
        (
            {"groups": "village", "rank": {"exits": "smoking.current"}, "number": 1, "of": "groups"},
            'the first, those with the largest number of times that anybody ceased to be "current" (smoking) first',
        ),
        (
            {
                "groups": "village",
                "rank": {"count": "smoking.current", "where": "age > 40"},
                "number": 1,
                "of": "groups",
            },
            'the first, those with most "current" people (smoking) with age above 40 first',
        ),
        (
            {"groups": "positions", "rank": "inward", "number": 3},
            "positions of the network (people with the same contacts), those with the largest share of their ties "
            "inside first, up to 3 people",
        ),
        (
            {"groups": {"by": "positions", "like": 0.25}, "rank": "centrality", "number": 3, "of": "groups"},
            "(people who share at least 25 % of their contacts), the first 3, those to which the largest share of "
            "everybody else is tied first",
        ),
    ],
)
def test_the_plan_says_which_groups(villages: Any, target: dict[str, Any], words: str) -> None:
    (whom, _) = said(villages.set(TARGET, target))
    assert whom.endswith(words)


def test_the_plan_says_over_which_groups_leaders_are_spread(villages: Any) -> None:
    target = {"rank": "degree", "share": 0.1, "per": "communities"}
    leaders = villages.set({TARGET: target, "interventions.courses.kind": "champions"})
    assert said(leaders)[0].endswith("spread over each community found in the network in proportion")


def buddies(villages: Any, **add: Any) -> Any:
    effect = {"ties": {"add": {"per_person": 2, "layer": "buddies", **add}}}
    changes = {"kind": "alteration", "target": {"where": "smoking == current"}, "effect": effect}
    return villages.set({f"interventions.courses.{key}": value for key, value in changes.items()})


def test_the_plan_says_who_is_paired_with_whom(villages: Any) -> None:
    _, effect = said(buddies(villages, pairing="similar", by="age", to="smoking == former"))
    assert effect.endswith('two new ties in buddies to people who are "former" (smoking), most like them in age')
    _, effect = said(buddies(villages, per_person=1, to="smoking == former"))
    assert effect.endswith('one new tie in buddies to one of the people who are "former" (smoking), picked at random')


EVERY_TARGET = [
    {"groups": "village", "share": 0.5, "of": "groups"},
    {"groups": "village", "rank": "cohesion", "number": 2, "skip": 1, "of": "groups", "where": "smoking == current"},
    {"groups": "components", "rank": "size", "number": 1, "of": "groups"},
    {"groups": "cores", "rank": "innermost", "number": 1, "of": "groups"},
    {"groups": {"by": "communities", "layers": ["talk"]}, "rank": {"share": "smoking.current"}, "number": 80},
    {"groups": {"by": "positions", "like": 0.2}, "rank": "centrality", "number": 5, "of": "groups"},
    {"groups": "positions", "rank": {"rule": "inward", "layers": ["talk"]}, "number": 20},
]


@pytest.mark.parametrize("target", EVERY_TARGET, ids=lambda target: str(target["groups"]))
def test_every_kind_of_group_runs(villages: Any, target: dict[str, Any], tmp_path: Path) -> None:
    results = netrial.run(villages.set(TARGET, target), out=tmp_path / "run")
    reached = results.ledger.query("action == 'reach'")["people"]
    assert len(reached) == 3
    assert (reached > 0).all()


def test_too_few_groups_are_in_the_ledger(villages: Any, tmp_path: Path) -> None:
    results = netrial.run(villages.set(f"{TARGET}.number", 8), out=tmp_path / "run")
    short = results.ledger.query("action == 'short of groups'")
    assert short["people"].tolist() == [2, 2, 2]  # groups


def test_slices_of_one_arm_and_of_two_are_the_same_villages(villages: Any, tmp_path: Path) -> None:
    given = villages.data["interventions"]["courses"]
    later = {**given, "target": {**given["target"], "skip": 2}}
    arms = {"usual": [], "a": ["courses"], "b": ["coaches"], "trial": ["courses", "coaches"]}
    both = villages.set({"interventions.coaches": later, "arms": arms, "experiment.replicates": 1})
    netrial.run(both, out=tmp_path / "run")
    picked = pd.read_csv(tmp_path / "run" / "targets.csv")
    people = {key: set(rows["id"]) for key, rows in picked.groupby(["arm", "intervention"])}
    assert people["a", "courses"] == people["trial", "courses"]
    assert people["b", "coaches"] == people["trial", "coaches"]
    assert people["trial", "courses"]
    assert not people["trial", "courses"] & people["trial", "coaches"]


def test_a_dose_counts_from_the_first_group(villages: Any) -> None:
    made = dose_scenario(villages.set(f"{TARGET}.skip", 2), "courses", [0.25, 0.5])
    targets = [given.target for name, given in interventions_of(made.spec).items() if name.startswith("courses_")]
    assert [(target.share, target.number, target.skip, target.counts_groups) for target in targets] == [
        (0.25, None, 0.0, True),
        (0.5, None, 0.0, True),
    ]


def test_positions_that_cannot_be_compared_are_refused_not_run(villages: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.positions.MOST_IN_A_CHAIN", 3)
    loose = villages.set(TARGET, {"groups": {"by": "positions", "like": 0.05}, "number": 3})
    with pytest.raises(SpecError, match="people are linked by a likeness of"):
        plan_of(design(loose, None), 2)


@pytest.mark.parametrize("target", [*EVERY_TARGET[1:5], EVERY_TARGET[6]], ids=lambda target: str(target["groups"]))
def test_shuffled_rows_change_no_byte(target: dict[str, Any], tmp_path: Path) -> None:
    people = [f"{person},{'abcdef'[person % 6]},{20 + person % 37}" for person in range(60)]
    luck = random.Random(4)
    ties = [f"{one},{luck.randrange(60)}" for one in range(60) for _ in range(3)]
    outcomes = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        if number:
            luck.shuffle(people)
            luck.shuffle(ties)
        (folder / "people.csv").write_text("\n".join(["id,village,age", *people]))
        (folder / "ties.csv").write_text("\n".join(["source,target", *ties]))
        (folder / "town.yaml").write_text(FROM_FILES)
        scenario = buddies(load(folder / "town.yaml"), pairing="similar", by="age")
        results = netrial.run(scenario.set(TARGET, target), out=folder / "run")
        outcomes.append((results.outcomes, results.ledger, (folder / "run" / "targets.csv").read_bytes()))
    for one, other in zip(*outcomes, strict=True):
        if isinstance(one, bytes):
            assert one == other
        else:
            pd.testing.assert_frame_equal(one, other, check_exact=True)
