"""Compiled code that ties people at random: what the generators of `simulator.generators` call.

Random words are SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): word number c of the stream is a
pure function of the key and c. All of it is in one file, since numba's cache does not see edits in another.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TRIES = 64
"""Draws at random before the generators look at everybody there is."""

U = np.uint64


@njit(inline="always")
def _word(key, count):  # type: ignore[no-untyped-def]
    z = key + U(0x9E3779B97F4A7C15) * (count + U(1))
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


@njit(inline="always")
def _place(word, size):  # type: ignore[no-untyped-def]
    """Turn a word into a place in [0, size), size below 2**32: the high half of the product."""
    low = ((word & U(0xFFFFFFFF)) * U(size)) >> U(32)
    return np.int64(((word >> U(32)) * U(size) + low) >> U(32))


@njit(inline="always")
def _uniform(word):  # type: ignore[no-untyped-def]
    return (word >> U(11)) * 2.0**-53


@njit(inline="always")
def _holds(row, person):  # type: ignore[no-untyped-def]
    for other in row:  # noqa: SIM110 (a loop is what compiles well)
        if other == person:
            return True
    return False


@njit(nogil=True, cache=True)
def small_world(n, half, rewiring, key):  # type: ignore[no-untyped-def]
    """Return int32[n, half]: the far ends of each person's own ties, after rewiring.

    Each tie stands in exactly one row, so two short rows say whether two people are tied.
    """
    far = np.empty((n, half), np.int32)
    for person in range(n):
        for j in range(half):
            other = person + j + 1
            far[person, j] = other if other < n else other - n
    count = U(0)
    for j in range(half):
        for person in range(n):
            count += U(1)
            if _uniform(_word(key, count)) >= rewiring:
                continue
            found = -1
            for _ in range(TRIES):
                count += U(1)
                other = _place(_word(key, count), n)
                if other != person and not _holds(far[person], other) and not _holds(far[other], person):
                    found = other
                    break
            if found < 0:  # nearly everybody is a contact: choose among those who are not, if any
                free = 0
                for other in range(n):
                    if other != person and not _holds(far[person], other) and not _holds(far[other], person):
                        free += 1
                        count += U(1)
                        if _place(_word(key, count), free) == 0:
                            found = other
            if found >= 0:
                far[person, j] = found
    return far


@njit(nogil=True, cache=True)
def sorted_ties(far, begins):  # type: ignore[no-untyped-def]
    """Return int32[n * half, 2], sorted: the ties of each person to those in their row of `far`, int32[n, half].

    A tie is put straight into the rows of its smaller person, so that nothing large is kept beside `far` and the
    result but `begins`, room for n whole numbers that reach n * half.
    """
    n, half = far.shape
    ties = np.empty((n * half, 2), np.int32)
    begins[:] = 0
    for person in range(n):
        for other in far[person]:
            begins[min(person, other)] += 1
    total = np.int64(0)
    for person in range(n):
        size = np.int64(begins[person])
        begins[person] = total
        total += size
    for person in range(n):
        for other in far[person]:
            smaller = min(person, other)
            free = np.int64(begins[smaller])
            begins[smaller] += 1  # in the end, where the rows of the next person begin
            ties[free, 0], ties[free, 1] = smaller, max(person, other)
    for row in range(1, n * half):  # those of one person are few, and nearly in order
        smaller, larger = ties[row]
        place = row
        while place > 0 and ties[place - 1, 0] == smaller and ties[place - 1, 1] > larger:
            ties[place, 1] = ties[place - 1, 1]
            place -= 1
        ties[place, 1] = larger
    return ties


@njit(nogil=True, cache=True)
def growth(n, half, triangles, key):  # type: ignore[no-untyped-def]
    """Return int32[n - half, half]: whom each newcomer chose, and int32[n]: the name of the k-th to join."""
    chosen = np.empty((n - half, half), np.int32)
    # Everybody as often as they have contacts (the first people once more, so that they can be drawn at all).
    ends = np.empty(half + 2 * half * (n - half), np.int32)
    # Who chose a person: runs of doubling length in one pool, at most 4 places per tie.
    pool = np.empty(4 * half * (n - half), np.int32)
    begins = np.zeros(n, np.int64)
    known = np.zeros(n, np.int32)
    pool_size = 0
    n_ends = half
    for person in range(half):
        ends[person] = person
    count = U(0)
    for person in range(half, n):
        own = chosen[person - half]
        drawn_from = n_ends
        last = -1
        for j in range(half):
            found = -1
            count += U(1)
            if j > 0 and _uniform(_word(key, count)) < triangles:
                n_own = 0 if last < half else half
                n_all = n_own + known[last]
                for _ in range(TRIES if n_all > 8 else 0):
                    count += U(1)
                    place = _place(_word(key, count), n_all)
                    other = chosen[last - half, place] if place < n_own else pool[begins[last] + place - n_own]
                    if other != person and not _holds(own[:j], other):
                        found = other
                        break
                if found < 0:  # few, or nearly all are contacts: choose among those who are not, if any
                    free = 0
                    for place in range(n_all):
                        other = chosen[last - half, place] if place < n_own else pool[begins[last] + place - n_own]
                        if other != person and not _holds(own[:j], other):
                            free += 1
                            count += U(1)
                            if _place(_word(key, count), free) == 0:
                                found = other
            if found < 0:
                while True:
                    count += U(1)
                    found = ends[_place(_word(key, count), drawn_from)]
                    if not _holds(own[:j], found):
                        break
                last = found
            own[j] = found
            ends[n_ends] = found
            n_ends += 1
            size = known[found]
            if size == 0:
                begins[found] = pool_size
                pool_size += 4
            elif size >= 4 and size & (size - 1) == 0:  # the run is full: move it to one twice as long
                pool[pool_size : pool_size + size] = pool[begins[found] : begins[found] + size]
                begins[found] = pool_size
                pool_size += 2 * size
            pool[begins[found] + size] = person
            known[found] = size + 1
        for _ in range(half):
            ends[n_ends] = person
            n_ends += 1
    names = np.arange(n).astype(np.int32)
    for person in range(n - 1, 0, -1):
        count += U(1)
        other = _place(_word(key, count), person + 1)
        names[person], names[other] = names[other], names[person]
    return chosen, names


@njit(nogil=True, cache=True)
def lattice(rows, columns, offsets, periodic):  # type: ignore[no-untyped-def]
    """Return int32[n_ties, 2], sorted: everybody is tied to those at the offsets, int64[k, 2], and their opposites."""
    n_ties = 0
    for k in range(len(offsets)):
        down, right = offsets[k]
        n_ties += rows * columns if periodic else (rows - abs(down)) * (columns - abs(right))
    ties = np.empty((n_ties, 2), np.int32)
    others = np.empty(2 * len(offsets), np.int64)
    made = 0
    for row in range(rows):
        for column in range(columns):
            person = row * columns + column
            found = 0
            for k in range(len(offsets)):
                for sign in (-1, 1):
                    r, c = row + sign * offsets[k, 0], column + sign * offsets[k, 1]
                    if periodic:
                        r, c = r % rows, c % columns
                    if 0 <= r < rows and 0 <= c < columns and r * columns + c > person:
                        others[found] = r * columns + c
                        found += 1
            others[:found].sort()
            for j in range(found):
                ties[made, 0], ties[made, 1] = person, others[j]
                made += 1
    return ties


@njit(nogil=True, cache=True)
def regular(n, degree, key):  # type: ignore[no-untyped-def]
    """Return int32[n, degree]: the contacts of each person, in no order. At most half of the others are contacts."""
    contacts = np.empty((n, degree), np.int32)
    count = U(0)
    while True:
        ends = np.empty(n * degree, np.int32)
        for place in range(ends.size):
            ends[place] = place // degree
        known = np.zeros(n, np.int32)
        for pair in range(ends.size // 2):
            for place in (2 * pair, 2 * pair + 1):  # the place-th of the ends in random order
                count += U(1)
                other = place + _place(_word(key, count), ends.size - place)
                ends[place], ends[other] = ends[other], ends[place]
            one, two = ends[2 * pair], ends[2 * pair + 1]
            contacts[one, known[one]] = two
            known[one] += 1
            contacts[two, known[two]] = one
            known[two] += 1
        repaired, count = _repaired(contacts, key, count)
        if repaired:
            return contacts


@njit
def _repaired(contacts, key, count):  # type: ignore[no-untyped-def]
    """Switch away ties to oneself and to contacts; return whether that went well, and the count of words."""
    n, degree = contacts.shape
    for one in range(n):
        for j in range(degree):
            while contacts[one, j] == one or _holds(contacts[one, :j], contacts[one, j]):
                two = contacts[one, j]
                for _ in range(TRIES):
                    count += U(1)
                    place = _place(_word(key, count), n * degree)
                    three, k = place // degree, place % degree
                    four = contacts[three, k]
                    # Instead of one – two and three – four: one – three and two – four.
                    if (
                        one != three
                        and two != four
                        and not (one == two and three == four)
                        and not _holds(contacts[one], three)
                        and not _holds(contacts[two], four)
                    ):
                        contacts[one, j] = three
                        contacts[three, k] = one
                        _replace(contacts[two], one, four)
                        _replace(contacts[four], three, two)
                        break
                else:
                    return False, count
    return True, count


@njit(inline="always")
def _replace(row, old, new):  # type: ignore[no-untyped-def]
    for j in range(len(row)):
        if row[j] == old:
            row[j] = new
            return


@njit(nogil=True, cache=True)
def rows_of(contacts):  # type: ignore[no-untyped-def]
    """Return int32[n_ties, 2], sorted: the ties of people who all have equally many contacts, int32[n, degree]."""
    n, degree = contacts.shape
    ties = np.empty((n * degree // 2, 2), np.int32)
    made = 0
    for person in range(n):
        row = np.sort(contacts[person])
        for other in row:
            if other > person:
                ties[made, 0], ties[made, 1] = person, other
                made += 1
    return ties


@njit(nogil=True, cache=True)
def all_but(strangers):  # type: ignore[no-untyped-def]
    """Return int32[n_ties, 2], sorted: ties between all who are not strangers, int32[n, k]."""
    n, k = strangers.shape
    ties = np.empty((n * (n - 1 - k) // 2, 2), np.int32)
    stranger_to = np.full(n, -1, np.int64)
    made = 0
    for person in range(n):
        for other in strangers[person]:
            stranger_to[other] = person
        for other in range(person + 1, n):
            if stranger_to[other] != person:
                ties[made, 0], ties[made, 1] = person, other
                made += 1
    return ties
