"""Into what parts a network falls without each of its people."""

from __future__ import annotations

import numpy as np

from simulator.network import contacts_of


def pairs_left_without(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Return how many pairs of people would no longer be joined by a chain of ties without each person.

    One walk through each component, depth first, finds all people without whom it falls apart, and the sizes of the
    parts (Hopcroft & Tarjan 1973, doi:10.1145/362248.362272).

    Parameters
    ----------
    pairs : int32[k, 2]
        Distinct pairs of people, tied.
    n_persons : int

    Returns
    -------
    int64[n_persons]
        Ordered pairs, those with the person themself included.
    """
    contacts = contacts_of(pairs, n_persons)
    starts, persons = contacts.starts.tolist(), contacts.persons.tolist()
    found = [-1] * n_persons  # when the walk first came to somebody
    lowest = [0] * n_persons  # the earliest found that is tied to them, or to anybody found through them
    below = [1] * n_persons  # how many were found through them, themself included
    cut_off = [0] * n_persons  # how many of these would be cut off without them
    joined = [0] * n_persons  # ordered pairs within the parts that would be cut off
    nexts = starts[:-1]
    lost = np.zeros(n_persons, np.int64)
    clock = 0
    for root in range(n_persons):
        if found[root] >= 0:
            continue
        path, members = [root], [root]
        found[root] = lowest[root] = clock
        clock += 1
        while path:
            person = path[-1]
            if nexts[person] < starts[person + 1]:
                contact = persons[nexts[person]]
                nexts[person] += 1
                if found[contact] < 0:
                    found[contact] = lowest[contact] = clock
                    clock += 1
                    path.append(contact)
                    members.append(contact)
                else:
                    lowest[person] = min(lowest[person], found[contact])
                continue
            path.pop()
            if path:
                before = path[-1]
                lowest[before] = min(lowest[before], lowest[person])
                below[before] += below[person]
                if lowest[person] >= found[before]:
                    cut_off[before] += below[person]
                    joined[before] += below[person] * (below[person] - 1)
        size = len(members)
        for person in members:
            rest = size - 1 - cut_off[person]
            lost[person] = size * (size - 1) - joined[person] - rest * (rest - 1)
    return lost
