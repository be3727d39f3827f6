"""Actions: the closed set of things that an intervention may do to the engine between two stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.world import Situation


@dataclass(frozen=True)
class SetStates:
    """Put these people into a state; those who are in it already stay as they are.

    Parameters
    ----------
    persons : int32[k]
        Distinct.
    behaviour, state : str
    """

    persons: np.ndarray
    behaviour: str
    state: str


@dataclass(frozen=True)
class ScaleSusceptibility:
    """Multiply the hazard with which these people make a transition (the receiving end of a tie).

    Parameters
    ----------
    persons : int32[k]
        Distinct.
    behaviour, transition : str
    factors : float64[k]
        Not negative; below 1 protects from the transition.
    until : int, optional
        Tick at which the factor ends; None: never.
    leaves : int64[k], optional
        Tick at which it ends for each of the people, if that is earlier; None: for nobody.
    fades : tuple of (int, float)
        From each of these ticks on, ascending, the factor is 1 + weight x (factor - 1); the weight is 1 before the
        first.
    """

    persons: np.ndarray
    behaviour: str
    transition: str
    factors: np.ndarray
    until: int | None = None
    leaves: np.ndarray | None = None
    fades: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class ScaleInfluence:
    """Multiply what these people pass on in a `per_contact` transition (the sending end of a tie).

    Parameters
    ----------
    persons : int32[k]
        Distinct.
    behaviour, transition : str
    factors : float64[k]
        Not negative.
    until : int, optional
        Tick at which the factor ends; None: never.
    leaves : int64[k], optional
        Tick at which it ends for each of the people, if that is earlier; None: for nobody.
    fades : tuple of (int, float)
        From each of these ticks on, ascending, the factor is 1 + weight x (factor - 1); the weight is 1 before the
        first.
    """

    persons: np.ndarray
    behaviour: str
    transition: str
    factors: np.ndarray
    until: int | None = None
    leaves: np.ndarray | None = None
    fades: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class AddTies:
    """Add undirected ties to a layer, as a segment of their own.

    Parameters
    ----------
    layer : str
    ties : int32[k, 2]
        Distinct pairs of people. An occasion of an intervention adds ties to a layer in one action at most.
    weight : float
    until : int, optional
        Tick at which the ties end; None: never.
    leaves : int64[k], optional
        Tick at which each of them ends, if that is earlier; None: none does.
    """

    layer: str
    ties: np.ndarray
    weight: float = 1.0
    until: int | None = None
    leaves: np.ndarray | None = None


@dataclass(frozen=True)
class RewireTies:
    """Give ties of a layer other ends; each keeps its slot, so that its luck stays its own. It lasts.

    Parameters
    ----------
    layer : str
    rows : int64[k]
        Distinct rows of the ties that the layer has of its own.
    ends : int32[k, 2]
        Of a directed tie, column 0 influences column 1.
    """

    layer: str
    rows: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True)
class Record:
    """Write a line in the ledger: what was done, to how many people, at what cost.

    Parameters
    ----------
    action : str
        "reach", "treat", "set advocacy", "add ties to buddies", …
    people : int
    cost : float
        In the study's currency.
    offered : int32[k], optional
        With "reach": who was offered the intervention, whether or not they accept.
    treated : int32[k], optional
        With "treat": who accepted it; the ledger then also says how many of them for the first time in this arm.
    stays : int64[k], optional
        With "treat": tick until which each of them is in it, but for the end of the run; None: they stay.
    wave : int
        With "reach": 0 where people were picked; above: the wave of a chain.
    background : bool
        Whether it is of what runs in every arm: later interventions may read who was offered it and who accepted, but
        they are nobody's targets, and do not count as treated.
    """

    action: str
    people: int
    cost: float = 0.0
    offered: np.ndarray | None = None
    treated: np.ndarray | None = None
    stays: np.ndarray | None = None
    wave: int = 0
    background: bool = False


@dataclass(frozen=True)
class ActLater:
    """Let the intervention act again, in its place among those of the arm; nothing is done now.

    Parameters
    ----------
    tick : int
        When: now (after what it does now) or later, at the end of the run at the latest.
    occasion : int
        Which occasion of the intervention it belongs to.
    plan : callable
        ``plan(situation) -> sequence of Action``.
    wave : int
        Above 0: a further step of the occasion.
    """

    tick: int
    occasion: int
    plan: Callable[[Situation], Sequence[Action]]
    wave: int = 0


Action = SetStates | ScaleSusceptibility | ScaleInfluence | AddTies | RewireTies | Record | ActLater
