"""Keys of the grammar that are for later: they validate, and `run` says where one is used."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.loading import load
from scenarios.problems import ScenarioError

OBESITY = load("obesity")
TRANSITION = "behaviours.obesity.transitions.become_obese"
CONTACTS = "behaviours.obesity.transitions.catch_obesity"
LEADERS = "interventions.leaders"
BUDDIES = "interventions.matched_buddies.effect"

# (what is set, to what, what is not built: the end of its place, then its name)
LATER: list[tuple[str, Any, str, str]] = [
    ("study.perspective", "NHS", "perspective", "perspective"),
    ("network.layers.close_ties.active", "area == urban", "active", "active"),
    (
        "network.layers.close_ties.transitions",
        {"meet": {"from": "none", "to": "tie", "rate": 0.1, "closing": 2, "at_most": 9}},
        "transitions",
        "transitions",
    ),
    (f"{TRANSITION}.rate", {"distribution": "gamma", "mean": 1, "sd": 1}, "distribution", "distribution"),
    (f"{LEADERS}.target.rank", "betweenness", "", ""),
    (f"{LEADERS}.target.rank", {"rule": "betweenness", "asked": 0.2}, "", ""),
    (f"{LEADERS}.target.rank", {"rule": "nominated", "asked": 0.3}, "", ""),
    (f"{LEADERS}.uptake", {"distribution": "beta", "mean": 0.8, "sd": 0.1}, "distribution", "distribution"),
    (f"{BUDDIES}.people", "remove", "people", "people"),
    (f"{BUDDIES}.people", {"add": {"number": 3, "states": {"advocacy": "champion"}}}, "people", "people"),
    (f"{BUDDIES}.ties.remove", {"share": 0.5, "to": "obesity == obese"}, "remove", "remove"),
    ("outcomes.highest", {"peak": "obesity.obese", "better": "lower"}, "peak", "peak"),
    ("experiment.draws", 100, "draws", "draws"),
    ("experiment.direct", True, "direct", "direct"),
]


@pytest.mark.parametrize(("path", "value", "place", "name"), LATER)
def test_later_keys_validate_and_are_named(path: str, value: Any, place: str, name: str) -> None:
    problems = OBESITY.set(path, value).not_built()
    expected = [f"`{name}` is not built yet"] if name else []
    assert [problem.message for problem in problems] == expected
    for problem in problems:
        assert str(problem.place[-1]).endswith(place)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("time.warmup", 5, "did you mean `warm_up`"),
        (f"{LEADERS}.target.rank", {"rule": "betweenness", "layrs": []}, "did you mean `layers`"),
        (f"{TRANSITION}.response", {"share": "obes", "threshold": 0.4}, "did you mean `obese`"),
        (f"{TRANSITION}.response", {"share": "obese", "table": [[0, 0], [1, 2]], "shape": "step"}, "2 is not between"),
        (f"{TRANSITION}.time_in_state", [[3, 1], [0, 0.2]], "does not come after"),
        (f"{LEADERS}.when", {"share": "obesity.obese"}, "`above` or `below`"),
        (f"{LEADERS}.phase", {"over": "town", "every": 1}, "no column is named `town`"),
        ("network.layers.close_ties", {"generator": "lattice"}, "`lattice` needs `neighbours`"),
        ("background", ["leader"], "did you mean `leaders`"),
    ],
)
def test_later_keys_are_checked_all_the_same(path: str, value: Any, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        OBESITY.set(path, value)
    assert words in str(refused.value)


def test_what_stands_near_a_later_key_is_built() -> None:
    built = OBESITY.set(
        {
            f"{CONTACTS}.layers": {"close_ties": 0.5, "buddies": 1},
            f"{CONTACTS}.per_contact": {"obese": 0.5},
            f"{CONTACTS}.influence": {"by": "advocacy", "values": {"none": 1, "champion": 2}},
            f"{TRANSITION}.from": ["lean"],
            f"{TRANSITION}.rate": {"by": "area", "values": {"urban": 0.02, "rural": 0.03}},
            "network.layers.close_ties.weight": {"distribution": "gamma", "mean": 1, "sd": 0.5},
            "network.layers.meet": {"generator": "erdos_renyi", "mean_degree": 4},
            "network.layers.cliques": {"networkx": "gnp_random_graph", "arguments": {"p": 0.1}},
            "arms.written_out": [{"kind": "broadcast", "target": {}, "at": 0, "effect": {}}],
        }
    )
    assert not built.not_built()
