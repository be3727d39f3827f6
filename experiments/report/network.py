"""The network player of the report: its data, its script, and the same in words.

The page's content policy allows one script only, by its hash. Without scripts, and in print, the page shows the first
and the last picture.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.figures.network import (
    ADDED,
    PALE,
    PALE_EDGE,
    TIE,
    count_text,
    legend_entries,
    sentence_at,
    state_colours,
    who_is_shown,
)
from experiments.report.facts import Facts
from experiments.wording import plain_label

if TYPE_CHECKING:
    from experiments.network_picture import NetworkPicture

SCRIPT = Path(__file__).parents[1] / "templates" / "network.js"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%()*+,:;=?@^"
"""One for each state, as many as a behaviour may have; `-` stands for not being there."""


@dataclass(frozen=True)
class Player:
    """What the page needs of the network.

    Parameters
    ----------
    caption : str
    arms : sequence of (label, colour, sentence at the first time)
    legend : sequence of (kind, colour, colour of the edge, words)
    counts : sequence of (instant, sequence of text)
        The text alternative: how many people are in the watched states, by time and arm.
    sentence : str
        What the picture shows at the first time.
    first : str
        The first time, in words.
    last : int
        Number of the last time.
    data : str
        JSON, safe inside a script element.
    script : str
    policy : str
        Source expression that allows the script.
    """

    caption: str
    arms: Sequence[tuple[str, str, str]]
    legend: Sequence[tuple[str, str, str, str]]
    counts: Sequence[tuple[str, Sequence[str]]]
    sentence: str
    first: str
    last: int
    data: str
    script: str
    policy: str


def player(facts: Facts) -> Player | None:
    """Make the player; None where there is no picture of the network."""
    shown = facts.network
    if shown is None:
        return None
    script = SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    counts = [
        (facts.instant(float(time)), [count_text(facts, shown, arm, k) for arm in shown.arms])
        for k, time in enumerate(shown.times)
    ]
    return Player(
        caption=_caption(facts, shown),
        arms=[(facts.labels[arm], facts.looks[arm].colour, count_text(facts, shown, arm, 0)) for arm in shown.arms],
        legend=[
            (kind, colour, PALE_EDGE if colour == PALE else colour, words)
            for kind, colour, words in legend_entries(facts, shown)
        ],
        counts=counts,
        sentence=sentence_at(facts, shown, 0),
        first=counts[0][0],
        last=len(counts) - 1,
        data=json.dumps(_data(facts, shown), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c"),
        script=script,
        policy=f"'sha256-{digest}'",
    )


def _caption(facts: Facts, shown: NetworkPicture) -> str:
    dots = "A dot is a person, coloured by state"
    if any(shown.offered(arm).any() for arm in shown.arms):
        dots += "; a ring marks a target, from when the strategy reaches it"
    said = f"{dots}. {who_is_shown(shown)}"
    if facts.replicates > 1:
        said += f". Replicate {shown.facts['replicate']} is one of {facts.replicates:,} simulated towns"
    if len(shown.arms) < 2:
        return f"{said}. People who are tied stand near each other."
    best, control = facts.labels[shown.arms[1]], facts.labels[shown.arms[0]]
    if len(facts.others) < 2:
        why = ""
    elif facts.results.verdict.winner == shown.arms[1]:
        why = ", the best strategy"
    else:
        why = ", the first strategy by its mean, though no clear winner"
    return (
        f"{said}. “{control}” beside “{best}”{why}: the same town with the same luck. "
        "Everybody stands at the same place in both; people who are tied stand near each other."
    )


def _data(facts: Facts, shown: NetworkPicture) -> dict[str, Any]:
    """Return what the script draws: short, since it is part of the page."""
    always = None
    arms = []
    last = shown.times.size - 1
    everything = {arm: shown.ties(arm) for arm in shown.arms}
    for ties in everything.values():
        whole = ties[(ties["first"] == 0) & (ties["last"] == last) & ~ties["added"]]
        pairs = set(zip(whole["one"].tolist(), whole["two"].tolist(), strict=True))
        always = pairs if always is None else always & pairs
    for arm, ties in everything.items():
        own = [
            [row["one"], row["two"], row["first"], row["last"], int(row["added"])]
            for row in ties.to_dict("records")
            if (row["one"], row["two"]) not in (always or set())
        ]
        offered = shown.offered(arm)
        since = np.where(offered.any(axis=0), offered.argmax(axis=0), -1)
        runs = [_runs(codes) for codes in shown.codes(arm).T.tolist()]
        arms.append({"label": facts.labels[arm], "runs": runs, "since": _sparse(since), "ties": own})
    return {
        "letters": LETTERS,
        "when": [facts.instant(float(time)) for time in shown.times],
        "x": shown.places[:, 0].tolist(),
        "y": shown.places[:, 1].tolist(),
        "ties": [end for pair in sorted(always or ()) for end in pair],
        "colours": state_colours(shown.states, facts.watched.states),
        "watched": [number for number, state in enumerate(shown.states) if state in facts.watched.states],
        "word": facts.watched.label,
        "names": [plain_label(state) for state in shown.states],
        "look": {"pale": PALE, "edge": PALE_EDGE, "tie": TIE, "added": ADDED},
        "arms": arms,
    }


def _runs(codes: Sequence[int]) -> str:
    """Write a person's states over time: a letter for each, and for how many times it stands, unless once."""
    text, k = "", 0
    while k < len(codes):
        end = k
        while end < len(codes) and codes[end] == codes[k]:
            end += 1
        text += (LETTERS[codes[k]] if codes[k] >= 0 else "-") + (str(end - k) if end - k > 1 else "")
        k = end
    return text


def _sparse(since: np.ndarray) -> list[int]:
    """Return person, time, person, time, … of those who are ever offered anything."""
    return [int(value) for person in np.flatnonzero(since >= 0) for value in (person, since[person])]
