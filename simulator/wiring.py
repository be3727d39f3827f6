"""Compiled code that ties people at random: what the generators of `simulator.generators` call.

Random words are SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): word number c of the stream is a
pure function of the key and c. All of it is in one file, since numba's cache does not see edits in another.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TRIES = 64
"""Draws at random before the generators look at everybody there is."""

REDRAWS = 4
"""Pairings that may fail to be mended before ties are made without luck, and switched at random from there."""

FEW, MANY, FAR = 1000, 3, 20
"""Random switches that wash out how bad ties were mended: FEW for each bad tie, but not above MANY for each tie, nor
above FEW in all where ties are fewer; FAR for each tie where ties were made without luck."""

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
def paired(starts, washed, key):  # type: ignore[no-untyped-def]
    """Return int32[starts[n]]: the contacts of person i, in no order, at starts[i] … starts[i + 1] - 1.

    Ends of ties are paired at random, and bad ties are switched away; where this is to be `washed`, random switches
    follow. There must be a network with these numbers of contacts, and at most half of all pairs are tied in it.
    """
    n = starts.size - 1
    contacts = np.empty(starts[n], np.int32)
    ends = np.empty(starts[n], np.int32)
    count = U(0)
    n_ties = ends.size // 2
    bad = -1
    for _ in range(REDRAWS):
        _fill(ends, starts)
        known = np.zeros(n, np.int32)
        for pair in range(n_ties):
            for place in (2 * pair, 2 * pair + 1):  # the place-th of the ends in random order
                count += U(1)
                other = place + _place(_word(key, count), ends.size - place)
                ends[place], ends[other] = ends[other], ends[place]
            one, two = ends[2 * pair], ends[2 * pair + 1]
            contacts[starts[one] + known[one]] = two
            known[one] += 1
            contacts[starts[two] + known[two]] = one
            known[two] += 1
        _fill(ends, starts)  # from here on: whose contact stands at a place
        bad, count = _mended(starts, contacts, ends, key, count)
        if bad >= 0:
            break
    if bad < 0:
        _matched(starts, contacts)
        switches = max(FAR * n_ties, FEW)
    else:
        switches = min(FEW * bad, max(MANY * n_ties, FEW)) if washed else 0
    for _ in range(switches):
        count += U(2)
        p = _place(_word(key, count - U(1)), ends.size)
        q = _place(_word(key, count), ends.size)
        if _may_switch(starts, contacts, ends[p], contacts[p], ends[q], contacts[q]):
            _switch(starts, contacts, ends, p, q)
    return contacts


@njit
def _fill(ends, starts):  # type: ignore[no-untyped-def]
    for person in range(starts.size - 1):
        ends[starts[person] : starts[person + 1]] = person


@njit
def _mended(starts, contacts, ends, key, count):  # type: ignore[no-untyped-def]
    """Switch away ties to oneself and to contacts; return how many (-1: one stayed), and the count of words."""
    bad = 0
    seen = np.full(starts.size - 1, -1, np.int32)  # of whom somebody is the last known to be a contact
    for one in range(starts.size - 1):
        for p in range(starts[one], starts[one + 1]):
            while contacts[p] == one or seen[contacts[p]] == one:
                for _ in range(TRIES):
                    count += U(1)
                    q = _place(_word(key, count), ends.size)
                    if _may_switch(starts, contacts, one, contacts[p], ends[q], contacts[q]):
                        _switch(starts, contacts, ends, p, q)
                        bad += 1
                        break
                else:
                    return -1, count
            seen[contacts[p]] = one
    return bad, count


@njit(inline="always")
def _may_switch(starts, contacts, one, two, three, four):  # type: ignore[no-untyped-def]
    """Say whether one – three and two – four may stand for the ties one – two and three – four."""
    return (
        one != three
        and two != four
        and not (one == two and three == four)
        and not _tied(starts, contacts, one, three)
        and not _tied(starts, contacts, two, four)
    )


@njit(inline="always")
def _tied(starts, contacts, one, two):  # type: ignore[no-untyped-def]
    if starts[one + 1] - starts[one] > starts[two + 1] - starts[two]:
        one, two = two, one
    return _holds(contacts[starts[one] : starts[one + 1]], two)


@njit(inline="always")
def _switch(starts, contacts, ends, p, q):  # type: ignore[no-untyped-def]
    one, two, three, four = ends[p], contacts[p], ends[q], contacts[q]
    contacts[p] = three
    contacts[q] = one
    _replace(contacts[starts[two] : starts[two + 1]], one, four)
    _replace(contacts[starts[four] : starts[four + 1]], three, two)


@njit(inline="always")
def _replace(row, old, new):  # type: ignore[no-untyped-def]
    for j in range(len(row)):
        if row[j] == old:
            row[j] = new
            return


@njit
def _matched(starts, contacts):  # type: ignore[no-untyped-def]
    """Give everybody their contacts without any luck: those who want fewest take those who want most, in turn.

    Havel (1955) and Hakimi (1962, doi:10.1137/0110037).
    """
    n = starts.size - 1
    order = np.argsort(starts[:-1] - starts[1:], kind="mergesort")
    left = (starts[1:] - starts[:-1])[order]  # contacts still wanted; this stays in falling order
    known = np.zeros(n, np.int64)
    for last in range(n - 1, -1, -1):
        one, wanted = order[last], left[last]
        if wanted == 0:
            continue
        least = left[wanted - 1]  # of all who want as many as this, those at the end are taken
        first, after = _first_below(left, wanted, least + 1), _first_below(left, last, least)
        for j in range(wanted):
            place = j if j < first else after - wanted + j
            two = order[place]
            left[place] -= 1
            contacts[starts[one] + known[one]] = two
            known[one] += 1
            contacts[starts[two] + known[two]] = one
            known[two] += 1


@njit
def _first_below(falling, size, value):  # type: ignore[no-untyped-def]
    """Return the first place in falling[:size] that holds less than `value`; `size` if there is none."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if falling[middle] < value:
            high = middle
        else:
            low = middle + 1
    return low


@njit(nogil=True, cache=True)
def rows_of(starts, contacts):  # type: ignore[no-untyped-def]
    """Return int32[n_ties, 2], sorted: the ties of people whose contacts stand as those of `paired`."""
    ties = np.empty((contacts.size // 2, 2), np.int32)
    made = 0
    for person in range(starts.size - 1):
        for other in np.sort(contacts[starts[person] : starts[person + 1]]):
            if other > person:
                ties[made, 0], ties[made, 1] = person, other
                made += 1
    return ties


@njit(nogil=True, cache=True)
def all_but(starts, strangers):  # type: ignore[no-untyped-def]
    """Return int32[n_ties, 2], sorted: ties between all but those who would be contacts by `paired`."""
    n = starts.size - 1
    ties = np.empty(((n * (n - 1) - strangers.size) // 2, 2), np.int32)
    stranger_to = np.full(n, -1, np.int64)
    made = 0
    for person in range(n):
        for other in strangers[starts[person] : starts[person + 1]]:
            stranger_to[other] = person
        for other in range(person + 1, n):
            if stranger_to[other] != person:
                ties[made, 0], ties[made, 1] = person, other
                made += 1
    return ties


@njit(nogil=True, cache=True)
def places(size, many, first, key):  # type: ignore[no-untyped-def]
    """Return int64[many] in [0, size), size below 2**62: those of the words of the stream from the first-th on."""
    found = np.empty(many, np.int64)
    low32, half = U(0xFFFFFFFF), U(32)
    high, low = U(size) >> half, U(size) & low32
    for k in range(many):
        word = _word(key, U(first + k))
        word_high, word_low = word >> half, word & low32
        one = word_high * low + (word_low * low >> half)
        two = word_low * high + (one & low32)
        found[k] = np.int64(word_high * high + (one >> half) + (two >> half))
    return found


@njit(nogil=True, cache=True)
def pairs_at(chosen, begin, firsts, ends):  # type: ignore[no-untyped-def]
    """Return int32[k, 2], sorted: the pairs at the places `chosen`, int64[k], ascending, of a list of pairs.

    The list names for each person i, from `begin` on, the pairs with the people from firsts[i] to ends[i] - 1.
    """
    pairs = np.empty((chosen.size, 2), np.int32)
    person, passed = begin, 0
    for k in range(chosen.size):
        while chosen[k] - passed >= ends[person] - firsts[person]:
            passed += ends[person] - firsts[person]
            person += 1
        pairs[k, 0], pairs[k, 1] = person, firsts[person] + chosen[k] - passed
    return pairs
