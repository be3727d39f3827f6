"""What one arm of one replicate did so far, as the interventions that act next may read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Past:
    """Who was offered and who took each intervention so far, and what was spent; the engine alone writes to it.

    Parameters
    ----------
    n_persons : int
    """

    n_persons: int
    spent: float = 0.0
    _ever_treated: np.ndarray = field(init=False)
    _offered: dict[str, np.ndarray] = field(default_factory=dict)
    _treated: dict[str, np.ndarray] = field(default_factory=dict)
    _occasions: Counter[str] = field(default_factory=Counter)
    _stays: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ever_treated = np.zeros(self.n_persons, bool)

    def offered(self, intervention: str) -> np.ndarray:
        """Return bool[n_persons]: who was offered an intervention so far."""
        return self._of(self._offered, intervention)

    def treated(self, intervention: str) -> np.ndarray:
        """Return bool[n_persons]: who accepted an intervention so far."""
        return self._of(self._treated, intervention)

    def ever_treated(self) -> np.ndarray:
        """Return bool[n_persons]: who accepted anything so far, but for what runs in every arm."""
        return self._ever_treated.copy()

    def members(self, intervention: str, tick: int) -> np.ndarray:
        """Return bool[n_persons]: who accepted an intervention, and at an instant has not left it."""
        stays = self._stays.get(intervention)
        return self.treated(intervention) if stays is None else self.treated(intervention) & (stays > tick)

    def occasions(self, intervention: str) -> int:
        """Return how many times people were picked for an intervention so far, however few they were."""
        return self._occasions[intervention]

    def note_offer(self, intervention: str, persons: np.ndarray, wave: int = 0) -> None:
        """Keep that these people (int32[k]) were offered an intervention; in a wave above 0 nobody was picked anew."""
        self._occasions[intervention] += wave == 0
        self._mark(self._offered, intervention, persons)

    def note_treated(
        self, intervention: str, persons: np.ndarray, stays: np.ndarray | None = None, *, background: bool = False
    ) -> None:
        """Keep that these people (int32[k]) accepted an intervention, and until when (int64[k]) they are in it.

        What runs in every arm, the `background`, is nobody's treatment.
        """
        self._mark(self._treated, intervention, persons)
        if not background:
            self._ever_treated[persons] = True
        if stays is not None or intervention in self._stays:
            never = np.iinfo(np.int64).max
            until = self._stays.setdefault(intervention, np.full(self.n_persons, never))
            until[persons] = never if stays is None else stays

    def _of(self, marks: dict[str, np.ndarray], intervention: str) -> np.ndarray:
        found = marks.get(intervention)
        return np.zeros(self.n_persons, bool) if found is None else found.copy()

    def _mark(self, marks: dict[str, np.ndarray], intervention: str, persons: np.ndarray) -> None:
        marks.setdefault(intervention, np.zeros(self.n_persons, bool))[persons] = True
