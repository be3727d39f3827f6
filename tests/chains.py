"""Exact numbers for a few people: the master equation over all their states, and how far a sample is from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import expm_multiply, spsolve

FAR = 4.0
"""Standard errors from which on a check rejects: 6e-5 false alarms a check (seeds are fixed)."""
SURE = 8.0
"""Standard errors by which a wrong engine moves the expected value, at least: 3e-5 are missed."""

State = tuple[int, ...]
Moves = Callable[[int, State], Iterable[tuple[int, float]]]
"""``moves(person, state) -> (their new state, hazard), …``"""


@dataclass(frozen=True)
class Chain:
    """A continuous-time Markov chain over the joint states of a few people."""

    states: list[State]
    matrix: csr_matrix

    def values(self, of: Callable[[State], float]) -> np.ndarray:
        """A number for each state."""
        return np.array([of(state) for state in self.states], float)

    def distribution(self, start: State, time: float) -> np.ndarray:
        """Probability of each state at a time."""
        at_start = np.zeros(len(self.states))
        at_start[self.states.index(start)] = 1.0
        return expm_multiply(self.matrix.T * time, at_start)

    def after(self, values: np.ndarray, start: State, time: float) -> tuple[float, float]:
        """Mean and variance of a number at a time."""
        p = self.distribution(start, time)
        mean = float(p @ values)
        return mean, float(p @ values**2) - mean**2

    def stationary(self) -> np.ndarray:
        """Probability of each state in the long run."""
        equations = self.matrix.T.tolil()
        equations[0] = 1.0  # the probabilities add up to 1
        right = np.zeros(len(self.states))
        right[0] = 1.0
        return spsolve(equations.tocsr(), right)

    def in_the_long_run(self, values: np.ndarray, spacing: float = 1.0, n_times: int = 1) -> tuple[float, float]:
        """Mean of a number, and the variance of its average over `n_times` instants."""
        p = self.stationary()
        mean = float(p @ values)
        covariance, later = [], values
        for _ in range(n_times):
            covariance.append(float(p @ (values * later)) - mean**2)
            later = expm_multiply(self.matrix * spacing, later)
        lags = np.abs(np.subtract.outer(np.arange(n_times), np.arange(n_times)))
        return mean, float(np.array(covariance)[lags].mean())


def chain(size: int, n_states: int, moves: Moves) -> Chain:
    """Lay out the master equation of `size` people with `n_states` states each."""
    states = list(product(range(n_states), repeat=size))
    number = {state: k for k, state in enumerate(states)}
    rows, columns, rates = [], [], []
    for state in states:
        for person in range(size):
            for new, hazard in moves(person, state):
                after = number[(*state[:person], new, *state[person + 1 :])]
                rows += [number[state], number[state]]
                columns += [after, number[state]]
                rates += [hazard, -hazard]
    return Chain(states, csr_matrix((rates, (rows, columns)), (len(states), len(states))))


def errors(found: np.ndarray | float, exact: np.ndarray | float, n: np.ndarray | float) -> np.ndarray:
    """Standard errors between shares of `n` independent cases and their exact probabilities."""
    exact = np.asarray(exact)
    return np.abs(found - exact) / np.sqrt(np.maximum(exact * (1 - exact), 1e-300) / n)


def cases_for(exact: np.ndarray | float, wrong: np.ndarray | float, least: int = 10_000) -> int:
    """How many cases tell a share from a wrong one by `SURE` standard errors, at one of the instants at least."""
    exact, wrong = np.atleast_1d(exact), np.atleast_1d(wrong)
    needed = exact * (1 - exact) * (SURE / np.maximum(np.abs(exact - wrong), 1e-12)) ** 2
    return max(least, int(needed.min()) + 1)
