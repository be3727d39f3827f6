"""Actions: the closed set of things that an intervention may do to the engine between two stops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
    """

    persons: np.ndarray
    behaviour: str
    transition: str
    factors: np.ndarray
    until: int | None = None


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
    """

    persons: np.ndarray
    behaviour: str
    transition: str
    factors: np.ndarray
    until: int | None = None


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
    """

    layer: str
    ties: np.ndarray
    weight: float = 1.0
    until: int | None = None


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
    background : bool
        Whether it is of what runs in every arm: later interventions may read who was offered it and who accepted, but
        they are nobody's targets, and do not count as treated.
    """

    action: str
    people: int
    cost: float = 0.0
    offered: np.ndarray | None = None
    treated: np.ndarray | None = None
    background: bool = False


Action = SetStates | ScaleSusceptibility | ScaleInfluence | AddTies | RewireTies | Record
