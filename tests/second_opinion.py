"""What EoN and netrial are both asked to run: one town of 300, and seven contagions in it; no program's code.

Read by `make_second_opinion.py` (EoN, in the environment of `make bench`) and by `test_second_opinion.py` (netrial).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

N_PERSONS = 300
TABLE = ((0.0, 0.05), (1.0, 0.3), (2.0, 1.0))
"""Factor by summed weight of contacts who are on: a step function."""


@dataclass(frozen=True)
class Question:
    """A contagion: its rates, how long it runs, how many people begin in its second state, and what is counted."""

    law: str
    rates: dict[str, float] = field(default_factory=dict)
    time: float = 6.0
    beginners: int = 60
    count: str = "on"


QUESTIONS = {
    "sir": Question("per_contact", {"catch": 0.25, "recover": 1.0}, 40.0, 15, "recovered"),
    "sis": Question("per_contact", {"catch": 0.25, "recover": 1.0}, 8.0, 60, "infectious"),
    "four states": Question(
        "per_contact", {"catch": 0.3, "early": 0.5, "turn": 1.0, "recover": 0.8, "wane": 0.4}, 10.0, 30, "recovered"
    ),
    "proportion": Question("proportion", {"alone": 0.2, "peers": 2.0, "back": 1.0}),
    "group": Question("group", {"alone": 0.1, "peers": 2.0, "back": 1.0}),
    "count": Question("response", {"peers": 2.0, "back": 1.0}),
    "threshold": Question("response", {"peers": 1.5, "back": 0.7}),
}


def ties() -> tuple[np.ndarray, np.ndarray]:
    """Return 900 random ties, int[900, 2], and the weight of each."""
    rng = np.random.default_rng(300)
    pairs = np.sort(rng.integers(0, N_PERSONS, (1100, 2)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    pairs = pairs[np.sort(rng.permutation(len(pairs))[:900])]
    return pairs, rng.choice([0.5, 1.0, 2.0], 900)


def groups() -> np.ndarray:
    """Return everybody's group: fifty groups of six."""
    return np.random.default_rng(50).permutation(np.arange(N_PERSONS) % 50)


def thresholds() -> np.ndarray:
    """Return everybody's threshold, as a share of summed weights."""
    return np.random.default_rng(7).choice([0.15, 0.3, 0.45], N_PERSONS)
