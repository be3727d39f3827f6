"""The contact network: people joined by ties, in one or more layers, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulator.errors import Problem, SpecError, allowed_words


@dataclass(frozen=True)
class TieCounts:
    """What was read and what was merged on the way in; nothing is dropped silently.

    Parameters
    ----------
    rows : int
        Ties named by the file, graph or generator.
    self_ties : int
        Rows that tie a person to themself: dropped.
    duplicates : int
        Rows that repeat an earlier one: merged.
    mutual : int
        Pairs named from both ends (one tie under ``both``, two opposite ties otherwise).
    outside : int
        Rows left out because the layer's `where` excludes them, or because one end is not among the people
        kept by the population's `where`.
    unused_columns : tuple of str
        Columns of the file that the scenario does not use.
    strangers : int
        Rows dropped, on request, because one end is nobody in the population.
    """

    rows: int = 0
    self_ties: int = 0
    duplicates: int = 0
    mutual: int = 0
    outside: int = 0
    unused_columns: tuple[str, ...] = ()
    strangers: int = 0


@dataclass(frozen=True)
class Layer:
    """One kind of ties.

    Parameters
    ----------
    name : str
    ties : int32[n_ties, 2]
        C-contiguous, distinct, sorted. Directed: column 0 influences column 1. Undirected: smaller person
        first.
    directed : bool
    weights : float64[n_ties], optional
        None: all 1.
    namings : int32[n_namings, 2], optional
        Distinct (namer, named) pairs as surveyed, whichever way influence runs; None: not surveyed, every tie
        counts as named from both ends.
    counts : TieCounts
    attributes : mapping of str to array of length n_ties
        What else a graph (a file or NetworkX's) said about its ties, kept for the way out.
    origin : str
        Where the ties come from, for people to read: ``"generated: holme_kim"``, ``"file"``, ``"networkx"``.
    against : bool
        Of a directed layer that was surveyed: whether influence runs from who is named to who names them.
    """

    name: str
    ties: np.ndarray
    directed: bool = False
    weights: np.ndarray | None = None
    namings: np.ndarray | None = None
    counts: TieCounts = TieCounts()
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)
    origin: str = ""
    against: bool = False

    @property
    def n_ties(self) -> int:
        """Number of distinct ties."""
        return int(self.ties.shape[0])


def checked_pairs(pairs: object, n_persons: int, whence: str) -> np.ndarray:
    """Return ties that a package made, as a layer holds them, or refuse them.

    Parameters
    ----------
    pairs : int[n_ties, 2]
    n_persons : int
    whence : str
        Who made them, for the message.

    Returns
    -------
    int32[n_ties, 2]
        C-contiguous.

    Raises
    ------
    SpecError
        If they are not distinct pairs of the persons 0 … n_persons - 1, smaller person first, sorted.
    """
    ties = np.asarray(pairs)
    sound = ties.ndim == 2 and ties.shape[1] == 2 and ties.dtype.kind in "iu"
    if sound and ties.size:
        one, two = ties.astype(np.int64).T
        rows = one * n_persons + two
        sound = bool(
            (one >= 0).all() and (one < two).all() and (two < n_persons).all() and (rows[1:] > rows[:-1]).all()
        )
    if not sound:
        hint = f"distinct pairs of 0 … {n_persons - 1} as int32[n_ties, 2], smaller person first, sorted"
        raise SpecError(Problem(f"{whence} made something else than ties", hint=hint))
    return np.ascontiguousarray(ties, np.int32)


@dataclass(frozen=True)
class Contacts:
    """Everyone's distinct contacts, whichever way influence runs, as compressed rows.

    Parameters
    ----------
    starts : int64[n_persons + 1]
    persons : int32[2 * n_distinct_pairs]
        Contacts of person i, ascending, at ``persons[starts[i]:starts[i + 1]]``.
    """

    starts: np.ndarray
    persons: np.ndarray

    def of(self, person: int) -> np.ndarray:
        """Return the contacts of one person, int32, ascending."""
        return self.persons[self.starts[person] : self.starts[person + 1]]


@dataclass(frozen=True, eq=False)
class ContactNetwork:
    """All ties among `n_persons` people, layer by layer.

    Two networks are equal only if they are the same object, so that results may be cached by network.

    Parameters
    ----------
    n_persons : int
    layers : mapping of str to Layer
    """

    n_persons: int
    layers: Mapping[str, Layer]

    @property
    def contacts(self) -> Contacts:
        """Distinct contacts over all layers together."""
        return self.contacts_in(tuple(self.layers))

    def contacts_in(self, layers: Sequence[str]) -> Contacts:
        """Return distinct contacts over the named layers together; computed once per set of layers.

        Parameters
        ----------
        layers : sequence of str

        Raises
        ------
        SpecError
            If a layer is not in the network.
        """
        names = self._named(layers)
        if names not in self._contacts:
            self._contacts[names] = contacts_of(self.pairs_in(names), self.n_persons)
        return self._contacts[names]

    def pairs_in(self, layers: Sequence[str] | None = None) -> np.ndarray:
        """Return int32[k, 2]: distinct pairs tied in the named layers (default: all), smaller one first."""
        chosen = [self.layers[name] for name in self._named(layers)]
        if len(chosen) == 1 and not chosen[0].directed:
            return chosen[0].ties
        packed = [pack(layer.ties.min(axis=1), layer.ties.max(axis=1)) for layer in chosen]
        return unpack(distinct(np.concatenate([np.empty(0, np.int64), *packed])))

    def degree(self, layers: Sequence[str] | None = None) -> np.ndarray:
        """Return int64[n_persons]: the number of distinct contacts, over the named layers (default: all)."""
        contacts = self.contacts if layers is None else self.contacts_in(tuple(layers))
        return np.diff(contacts.starts)

    def namings_of(self, layers: Sequence[str] | None = None) -> np.ndarray:
        """Return who named whom in the named layers (default: all), whichever way influence runs.

        Ties that nobody surveyed (generated, or from a graph) count as named from both ends.

        Parameters
        ----------
        layers : sequence of str, optional

        Returns
        -------
        int32[k, 2]
            Distinct (namer, named) pairs, sorted; a pair named in two layers comes once.

        Raises
        ------
        SpecError
            If a layer is not in the network.
        """
        names = self._named(layers)
        if names not in self._namings:
            packed = [np.empty(0, np.int64)]
            for layer in (self.layers[name] for name in names):
                if layer.namings is not None:
                    packed.append(pack(*layer.namings.T))
                else:
                    packed += [pack(*layer.ties.T), pack(*layer.ties.T[::-1])]
            self._namings[names] = unpack(distinct(np.concatenate(packed)))
        return self._namings[names]

    def times_named(self, layers: Sequence[str] | None = None) -> np.ndarray:
        """Return int64[n_persons]: by how many people each is named in the named layers (default: all)."""
        return np.bincount(self.namings_of(layers)[:, 1], minlength=self.n_persons).astype(np.int64)

    def _named(self, layers: Sequence[str] | None) -> tuple[str, ...]:
        known = list(self.layers)
        unknown = [name for name in layers or () if name not in known]
        if unknown:
            raise SpecError(f"unknown layer `{unknown[0]}`; {allowed_words(unknown[0], known)}")
        return tuple(known if layers is None else [name for name in known if name in layers])

    @cached_property
    def _contacts(self) -> dict[tuple[str, ...], Contacts]:
        return {}

    @cached_property
    def _namings(self) -> dict[tuple[str, ...], np.ndarray]:
        return {}


def contacts_of(pairs: np.ndarray, n_persons: int) -> Contacts:
    """Turn distinct pairs, int32[k, 2], into everyone's contacts."""
    both = np.concatenate([pack(*pairs.T), pack(*pairs.T[::-1])])
    both.sort()
    starts = np.zeros(n_persons + 1, np.int64)
    np.cumsum(np.bincount(both >> 32, minlength=n_persons), out=starts[1:])
    return Contacts(starts, (both & 0xFFFFFFFF).astype(np.int32))


def pack(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Turn two arrays of people into one int64 array that sorts by the first, then the second."""
    return first.astype(np.int64) << 32 | second


def unpack(pairs: np.ndarray) -> np.ndarray:
    """Turn packed pairs back into int32[k, 2]."""
    ties = np.empty((pairs.size, 2), np.int32)
    ties[:, 0] = pairs >> 32
    ties[:, 1] = pairs & 0xFFFFFFFF
    return ties


def distinct(packed: np.ndarray) -> np.ndarray:
    """Return packed pairs sorted, one of each."""
    packed = np.sort(packed)
    return packed[np.append(True, packed[1:] != packed[:-1])] if packed.size else packed
