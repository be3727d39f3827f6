"""The compiled loop: rings of all clocks, in time order, on the states of one replicate (all jitted code is here).

Each clock cuts time into slabs of its own width. A slab's rings are a pure function of the clock's key and the slab's
number (Philox4x32-10, Salmon et al. 2011, doi:10.1145/2063384.2063405): how many (Poisson, by inversion of a table of
64-bit thresholds), and for each a place in the slab (32 bits), a slot (64 bits) and a mark (32 bits). The loop works in
windows of the smallest width:

1. hash and gather: clocks whose slab begins draw it and look up both ends of each ring's tie; wide ones keep their
   rings sorted, with a pointer;
2. sort: the window's rings by (place, order of the clock's name, ring): buckets on the top bits, then insertion;
3. apply: in order, each ring acts on the states it finds.

Indices are unsigned where it matters, since of signed ones compiled code asks whether they are negative.

Thinning of such Poisson clocks is exact (Harris 1972, doi:10.1016/0001-8708(72)90030-8): there is no time step.
An instant is an int64 tick of 2**-40 unit. Nothing is allocated in the loop; `Scratch` is made once by the caller.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numba import njit

RING_BITS = 9
RINGS = 1 << RING_BITS
"""Room for one clock's rings in one slab: 256 on average at most, so 512 is sixteen standard deviations away."""

MOST_BUCKET_BITS = 11
BUCKETS = 1 << MOST_BUCKET_BITS

PERSON, ONE_WAY, TWO_WAY, EITHER = 0, 1, 2, 3
"""What a slot is: a person; a directed tie; one direction of an undirected tie; an undirected tie of which at most one
direction can act."""

BY_SLOT, BY_CONTACT, BY_MEMBER, BY_ALL_CONTACTS = 0, 1, 2, 3
"""Who else a ring is about: the slot says; a contact drawn by weight (`proportion`); a member of the person's group
(`group`); all contacts (`response`)."""

OWN_STATES, SENDER_STATES, SENDER_NUMBER, SOURCE_WEIGHTS, TIME_IN_STATE, TIME_NOW = 1, 2, 4, 8, 16, 32
RECEIVER_NUMBER = 64
"""Bits of `Clocks.varies`: what, beside the slot, an acceptance depends on."""

STEP, LINEAR, THRESHOLD = 0, 1, 2
"""How `response` reads its table, or that a threshold stands in its place."""

TRIES = 64
"""Random people tried for a tie of somebody who enters, before all are gone through."""

REFUSALS = 32
"""Contacts drawn, and refused for their weight or because they are gone, before all are gone through."""

REACHES = 1e-9
"""A count or share this close below a point of a table, or a threshold, reaches it."""

CAME, WENT = -32768, -32767
"""What the event log says of why somebody entered or left at a known instant."""

NOBODY = 63
"""State of the person behind the last one, in whom dead ties end; no set of states holds it."""

REACHED, LOG_FULL = 0, 1
"""Why `advance` returned."""

COUNT_PURPOSE = 0xFFFFFFFF
"""Last counter word of the block that says how many rings a slab has; 0 for the rings themselves."""

U = np.uint64
M32 = U(0xFFFFFFFF)
S32 = U(32)
NONE = np.int64(-1)
PHILOX_M0, PHILOX_M1 = U(0xD2511F53), U(0xCD9E8D57)
PHILOX_W0, PHILOX_W1 = U(0x9E3779B9), U(0xBB67AE85)


@njit(inline="always")
def _philox(key, c0, c1, c2, c3):
    """Philox4x32-10: four 32-bit words, each in a uint64."""
    k0 = key & M32
    k1 = key >> S32
    for _ in range(10):
        p0 = PHILOX_M0 * c0
        p1 = PHILOX_M1 * c2
        c0 = (p1 >> S32) ^ c1 ^ k0
        c1 = p1 & M32
        c2 = (p0 >> S32) ^ c3 ^ k1
        c3 = p0 & M32
        k0 = (k0 + PHILOX_W0) & M32
        k1 = (k1 + PHILOX_W1) & M32
    return c0, c1, c2, c3


@njit(inline="always")
def _multiply_high(word, size):
    """High half of the 128-bit product of two uint64."""
    word_high, word_low = word >> S32, word & M32
    size_high, size_low = size >> S32, size & M32
    middle = (word_low * size_low) >> S32
    first = word_high * size_low + middle
    second = word_low * size_high + (first & M32)
    return word_high * size_high + (first >> S32) + (second >> S32)


@njit(nogil=True, cache=True)
def philox_words(key, indices, k, attempt):
    """Return uint64 words, one for each int64 index: counter (index, k, attempt), words 0 and 1 of the block."""
    out = np.empty(indices.shape, np.uint64)
    source = indices.ravel()
    flat = out.ravel()
    for i in range(source.size):
        index = U(source[i])
        x0, x1, _, _ = _philox(key, index & M32, index >> S32, U(k), U(attempt))
        flat[i] = (x0 << S32) | x1
    return out


@njit(nogil=True, cache=True)
def _draw_slab(key, slab, table, n_slots, places, slots, marks):
    """Draw all rings of one slab; return how many there are. places: uint64, place << 32 | ring."""
    number = U(slab)
    c0 = number & M32
    c1 = number >> S32
    x0, x1, _, _ = _philox(key, c0, c1, U(0), U(COUNT_PURPOSE))
    word = (x0 << S32) | x1
    low, high = 0, RINGS
    while low < high:
        middle = (low + high) >> 1
        if table[middle] <= word:
            low = middle + 1
        else:
            high = middle
    n_rings = low
    if n_slots <= M32:
        for j in range(n_rings):
            x0, x1, x2, x3 = _philox(key, c0, c1, U(j), U(0))
            places[j] = (x0 << S32) | U(j)
            slots[j] = np.int64((x1 * n_slots + ((x2 * n_slots) >> S32)) >> S32)
            marks[j] = np.uint32(x3)
    else:
        for j in range(n_rings):
            x0, x1, x2, x3 = _philox(key, c0, c1, U(j), U(0))
            places[j] = (x0 << S32) | U(j)
            slots[j] = np.int64(_multiply_high((x1 << S32) | x2, n_slots))
            marks[j] = np.uint32(x3)
    return n_rings


@njit(nogil=True, cache=True)
def _gather(kind, first, ties, slots, one, two, n_rings):
    """Look up whom each ring of a slab is about; all loads are independent, so that they overlap."""
    if kind == PERSON:
        for j in range(n_rings):
            one[j] = first + slots[j]
            two[j] = first + slots[j]
    elif kind == TWO_WAY:
        for j in range(n_rings):
            tie, end = U(first + (slots[j] >> 1)), U(slots[j] & 1)
            one[j] = ties[tie, U(1) - end]
            two[j] = ties[tie, end]
    else:
        for j in range(n_rings):
            tie = U(first + slots[j])
            one[j] = ties[tie, 1]
            two[j] = ties[tie, 0]


@njit(nogil=True, cache=True)
def _look_up(values, each, slots, found, found_back, n_rings):
    """Look up the multiplier of each ring's slot; where `each` is 2, of both directions."""
    if each == 2:
        for j in range(n_rings):
            found[j] = values[U(2 * slots[j])]
            found_back[j] = values[U(2 * slots[j] + 1)]
    else:
        for j in range(n_rings):
            found[j] = values[U(slots[j])]


@njit(nogil=True, cache=True)
def _listed(values, slots, found, n_rings):
    """Turn places in a list of slots into slots."""
    for j in range(n_rings):
        found[j] = values[U(slots[j])]


@njit(nogil=True, cache=True)
def _redraw(key, slab, ring, attempt):
    """Words of a ring's further draw: 64 bits for a place, 32 to accept it."""
    number = U(slab)
    x0, x1, x2, _ = _philox(key, number & M32, number >> S32, U(ring), U(attempt))
    return (x0 << S32) | x1, x2


@njit(nogil=True, cache=True)
def _draw_contact(lists, row, person, word, chance):
    """Draw one of a person's contacts in proportion to weight; -1 where it is refused for its weight, or none."""
    first = lists.starts[row, person]
    n_own = lists.starts[row, person + 1] - first
    n_all = n_own
    if lists.extra_first.size:
        entry = lists.extra_first[row, person]
        while entry >= 0:
            n_all += 1
            entry = lists.extra_next[row, entry]
    if n_all == 0:
        return NONE
    place = np.int64(_multiply_high(word, U(n_all)))
    weight = 1.0
    if place < n_own:
        contact = np.int64(lists.persons[first + place])
        if lists.weights.size:
            weight = lists.weights[first + place]
    else:
        entry = lists.extra_first[row, person]
        for _ in range(place - n_own):
            entry = lists.extra_next[row, entry]
        contact = np.int64(lists.added[entry >> 1, 1 - (entry & 1)])
        weight = lists.extra_weights[row, entry >> 1]
    if lists.most.size and not np.float64(chance) * 2.0**-32 * lists.most[row, person] < weight:
        return NONE
    return contact


@njit(nogil=True, cache=True)
def _draw_member(groups, row, person, word):
    """Draw a member of a person's group; -1 where it is the person themself, or there is no group."""
    group = groups.group_of[row, person]
    if group < 0:
        return NONE
    first = groups.starts[group]
    n_members = groups.starts[group + 1] - first
    if n_members == 0:
        return NONE
    member = np.int64(groups.members[first + np.int64(_multiply_high(word, U(n_members)))])
    return NONE if member == person else member


@njit(nogil=True, cache=True)
def _draw_plainly(starts, people, row, key, slab, persons, found, n_rings):
    """Draw a contact for the person of each ring, where all weights are 1 and no tie was added."""
    for j in range(n_rings):
        first = starts[row, persons[j]]
        n_all = starts[row, persons[j] + 1] - first
        word, _ = _redraw(key, slab, j, 1)
        found[j] = people[first + np.int64(_multiply_high(word, U(n_all)))] if n_all > 0 else NONE


@njit(nogil=True, cache=True)
def _draw_contacts(lists, row, key, slab, persons, found, n_rings):
    """Draw a contact for the person of each ring; see `_draw_contact`."""
    for j in range(n_rings):
        word, chance = _redraw(key, slab, j, 1)
        found[j] = _draw_contact(lists, row, persons[j], word, chance)


@njit(nogil=True, cache=True)
def _draw_members(groups, row, key, slab, persons, found, n_rings):
    """Draw a member of the group of the person of each ring; see `_draw_member`."""
    for j in range(n_rings):
        found[j] = _draw_member(groups, row, persons[j], _redraw(key, slab, j, 1)[0])


@njit(nogil=True, cache=True)
def _find_contact(lists, row, states, present, person, key, slab, ring):
    """Return the living contact drawn first after the first draw, which was refused; -1 where there is nobody."""
    for attempt in range(2, REFUSALS + 1):
        word, chance = _redraw(key, slab, ring, attempt)
        contact = _draw_contact(lists, row, person, word, chance)
        if contact >= 0 and states[contact, 0] < present:
            return contact
    word, _ = _redraw(key, slab, ring, REFUSALS + 1)
    total, wanted, last = 0.0, -1.0, np.int64(-1)
    for again in range(2):
        if again:
            wanted = np.float64(word >> U(11)) * 2.0**-53 * total
        so_far = 0.0
        for k in range(lists.starts[row, person], lists.starts[row, person + 1]):
            contact = np.int64(lists.persons[k])
            weight = lists.weights[k] if lists.weights.size else 1.0
            if weight > 0 and states[contact, 0] < present:
                so_far += weight
                last = contact
                if again and so_far > wanted:
                    return contact
        entry = np.int64(lists.extra_first[row, person]) if lists.extra_first.size else np.int64(-1)
        while entry >= 0:
            contact = np.int64(lists.added[entry >> 1, 1 - (entry & 1)])
            weight = lists.extra_weights[row, entry >> 1]
            if weight > 0 and states[contact, 0] < present:
                so_far += weight
                last = contact
                if again and so_far > wanted:
                    return contact
            entry = np.int64(lists.extra_next[row, entry])
        total = so_far
    return last


@njit(nogil=True, cache=True)
def _find_member(groups, row, states, present, person, key, slab, ring):
    """Return the living other member drawn first after the first draw, which was refused; -1 where there is nobody."""
    for attempt in range(2, REFUSALS + 1):
        member = _draw_member(groups, row, person, _redraw(key, slab, ring, attempt)[0])
        if member >= 0 and states[member, 0] < present:
            return member
    group = groups.group_of[row, person]
    if group < 0:
        return NONE
    n_living = 0
    for k in range(groups.starts[group], groups.starts[group + 1]):
        member = groups.members[k]
        n_living += member != person and states[member, 0] < present
    wanted = np.int64(_multiply_high(_redraw(key, slab, ring, REFUSALS + 1)[0], U(n_living)))
    for k in range(groups.starts[group], groups.starts[group + 1]):
        member = groups.members[k]
        if member != person and states[member, 0] < present:
            if wanted == 0:
                return np.int64(member)
            wanted -= 1
    return NONE


@njit(nogil=True, cache=True)
def _own_factor(own, states, row, person):
    """Read a factor that depends on a person's own states, and on the class that their columns put them in."""
    first, classes = own.rows[row, 0], own.rows[row, 2]
    place = own.rows[row, 3]
    if classes >= 0:
        place += own.classes[classes, person] * own.rows[row, 4]
    for k in range(first, first + own.rows[row, 1]):
        place += states[person, own.columns[k]] * own.strides[k]
    return own.numbers[place]


@njit(nogil=True, cache=True)
def _sender_factor(own, states, varies, number_row, states_row, weights_at, column, sender):
    """Everything at the sending end but interventions' factors: influence, states, weight of the source state."""
    m = 1.0
    if varies & SENDER_NUMBER:
        m *= own.person_numbers[number_row, sender]
    if varies & SENDER_STATES:
        m *= _own_factor(own, states, states_row, sender)
    if varies & SOURCE_WEIGHTS:
        m *= own.numbers[weights_at + states[sender, column]]
    return m


@njit(nogil=True, cache=True)
def _in_units(x, unit):
    return np.int64(np.floor(x / unit + 0.5))


@njit(nogil=True, cache=True)
def _count_plainly(starts, persons, states, row, person, present, column, spreads):
    """Count a person's living contacts, and those of them in the source states."""
    counted, living = np.int64(0), np.int64(0)
    for k in range(starts[row, person], starts[row, person + 1]):
        contact = persons[k]
        if states[contact, 0] < present:
            living += 1
            counted += np.int64((spreads >> U(states[contact, column])) & U(1))
    return counted, living


@njit(nogil=True, cache=True)
def _count(lists, own, states, row, person, present, column, spreads, reads, grown, factors, factors_row, unit):
    """Add up what a person's living contacts count for, and their weights, in units.

    `reads` are varies, row of the sender's number, row of the sender's states, place of the source weights.
    """
    varies, number_row, states_row, weights_at = reads
    counted, everything = np.int64(0), np.int64(0)
    k = lists.starts[row, person]
    end = lists.starts[row, person + 1]
    entry = np.int64(lists.extra_first[row, person]) if lists.extra_first.size else np.int64(-1)
    while k < end or entry >= 0:
        if k < end:
            contact = np.int64(lists.persons[k])
            weight = lists.weights[k] if lists.weights.size else 1.0
            k += 1
        else:
            contact = np.int64(lists.added[entry >> 1, 1 - (entry & 1)])
            weight = lists.extra_weights[row, entry >> 1]
            entry = np.int64(lists.extra_next[row, entry])
        if states[contact, 0] < present:
            everything += _in_units(weight, unit)
            if (spreads >> U(states[contact, column])) & U(1):
                weight *= _sender_factor(own, states, varies, number_row, states_row, weights_at, column, contact)
                if factors_row >= 0:
                    weight *= factors[factors_row, contact]
                counted += _in_units(weight * grown, unit)
    return counted, everything


@njit(nogil=True, cache=True)
def _read_table(points, shape, first, size, value):
    """Read a response's table at a count or share."""
    last = first + size - 1
    reaches = value + REACHES if shape == STEP else value
    k = first
    while k < last and points[k + 1, 0] <= reaches:
        k += 1
    if shape == STEP or k == last or value < points[k, 0]:
        return points[k, 1]
    x0, y0, x1, y1 = points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1]
    return y0 + (y1 - y0) * (value - x0) / (x1 - x0)


@njit(nogil=True, cache=True)
def _insert_sort(values, n):
    for j in range(1, n):
        x = values[j]
        i = j
        while i > 0 and values[i - 1] > x:
            values[i] = values[i - 1]
            i -= 1
        values[i] = x


@njit(nogil=True, cache=True)
def _sort(values, n, ordered, bucket):
    """Sort values[:n] (uint64, spread over their top bits) into ordered[:n]."""
    if n < 24:
        for j in range(n):
            ordered[j] = values[j]
    else:
        bits = 6  # from one to two buckets for each value
        while (1 << bits) < n and bits < MOST_BUCKET_BITS:
            bits += 1
        bits = min(bits + 1, MOST_BUCKET_BITS)
        top = U(64 - bits)
        for b in range((1 << bits) + 1):
            bucket[b] = U(0)
        for j in range(n):
            bucket[(values[j] >> top) + U(1)] += U(1)
        for b in range(1 << bits):
            bucket[b + 1] += bucket[b]
        for j in range(n):
            place = values[j] >> top
            ordered[bucket[place]] = values[j]
            bucket[place] += U(1)
    _insert_sort(ordered, n)


@njit(inline="always")
def _tick_of(ordered, start, window_shift):
    place = np.int64(ordered >> S32)
    if window_shift >= 8:
        return start + (place >> (window_shift - 8))
    return start + (place << (8 - window_shift))


@njit(nogil=True, cache=True)
def _place_of(offset, window_shift):
    """The first place in a window at or after `offset` ticks from its start."""
    if window_shift >= 8:
        return offset << (window_shift - 8)
    return (offset + (np.int64(1) << (8 - window_shift)) - 1) >> (8 - window_shift)


@njit(nogil=True, cache=True)
def advance(
    clocks, facts, scratch, states, since, counts, now, until, observe_at, observed, seen, comings, ties, came, ends,
    ended, log, logged,
):  # fmt: skip
    """Carry one replicate from tick `now` to tick `until`.

    Rings at `now` or later and before `until` are handled. At one instant factors and ties end for those who drop out,
    also at `until`; then people enter and leave; then counts are written to `observed`, for each instant of
    `observe_at` from `seen` on; then rings are handled.

    Parameters
    ----------
    clocks, facts, scratch : Clocks, Facts, Scratch
    states : uint8[n_persons + 1, n_behaviours]
        Changed in place; behind the last person stands one whose states are `NOBODY`.
    since : int64[n_persons, k]
        Tick at which each person entered their state, of behaviours that `facts.since_column` names; changed in place.
    counts : int64[n_states]
        People in each state of each behaviour; changed in place.
    now, until : int64
        Ticks.
    observe_at : int64[t]
        Ticks, ascending.
    observed : int64[t, n_states]
    seen : int64
        How many instants of `observe_at` were observed before.
    comings : Comings
        Those from `came` on are at or after `now`.
    ties : ComingTies
    came : int64
        How many of them were handled before.
    ends : Ends
        Those from `ended` on are after `now`.
    ended : int64
    log : Log
        Events are appended from `logged` on.
    logged : int64

    Returns
    -------
    reason, now, seen, came, ended, logged, rings : int64
        `REACHED`, or `LOG_FULL` where the next window may need more room than the log has left.
    """
    rings = np.int64(0)
    keep = log.tick.size > 0
    n_clocks, everybody = clocks.key.size, U(states.shape[0])
    contacts, groups, own = facts.contacts, facts.groups, facts.own
    window_shift = np.int64(0)
    for c in range(n_clocks):
        window_shift = max(window_shift, clocks.shift[c])
    width = np.int64(1) << (40 - window_shift)
    window = now >> (40 - window_shift)
    fresh = True
    while now < until:
        if keep and logged + (n_clocks * RINGS + comings.tick.size - came) * states.shape[1] > log.tick.size:
            return LOG_FULL, now, seen, came, ended, logged, rings
        while came < comings.tick.size and comings.tick[came] <= now:
            logged = _come_or_go(facts, states, since, counts, comings, ties, came, keep, log, logged)
            came += 1
            fresh = True  # ties may end in somebody else
        start = window * width
        total = 0
        # 1. Hash and gather: draw the slabs that begin in this window (all, where fresh), and list its rings.
        for c in range(n_clocks):
            wider = window_shift - clocks.shift[c]
            part = window & ((np.int64(1) << wider) - 1)
            slots, one, two = scratch.slot[c], scratch.one[c], scratch.two[c]
            if part == 0 or fresh:
                key, slab = clocks.key[c], window >> wider
                places = scratch.order[total:]
                n = _draw_slab(key, slab, clocks.table[c], clocks.n_slots[c], places, slots, scratch.mark[c])
                scratch.n_rings[c] = n
                scratch.slab[c] = slab
                if clocks.scaled[c] >= 0:
                    multipliers = facts.added_multipliers if clocks.rescaled[c] else facts.multipliers
                    each = 2 if clocks.either[c] else 1
                    _look_up(multipliers[clocks.scaled[c] :], each, slots, scratch.scale[c], scratch.scale_back[c], n)
                if clocks.listed[c] >= 0:
                    slot_list = facts.added_lists if clocks.added[c] else facts.lists
                    _listed(slot_list[clocks.listed[c] :], slots, scratch.listed, n)
                    slots = scratch.listed
                tied = contacts.added if clocks.added[c] else facts.ties
                _gather(clocks.kind[c], clocks.first_tie[c], tied, slots, one, two, n)
                if clocks.whom[c] == BY_CONTACT and clocks.plain[c]:
                    _draw_plainly(contacts.starts, contacts.persons, clocks.listed_by[c], key, slab, one, two, n)
                elif clocks.whom[c] == BY_CONTACT:
                    _draw_contacts(contacts, clocks.listed_by[c], key, slab, one, two, n)
                elif clocks.whom[c] == BY_MEMBER:
                    _draw_members(groups, clocks.listed_by[c], key, slab, one, two, n)
                if wider > 0:
                    _sort(places, n, scratch.sorted_rings[c], scratch.bucket)
                    scratch.pointer[c] = 0
            label = c << RING_BITS
            if wider == 0:
                for j in range(scratch.n_rings[c]):
                    scratch.order[total] = (scratch.order[total] & ~M32) | U(total)
                    scratch.ring[total] = label | j
                    total += 1
            else:
                p = scratch.pointer[c]
                while p < scratch.n_rings[c]:
                    x = scratch.sorted_rings[c, p]
                    at = np.int64(x >> U(64 - wider))
                    if at > part:
                        break
                    if at == part:
                        scratch.order[total] = (((x >> S32) << U(wider)) << S32) | U(total)
                        scratch.ring[total] = label | np.int64(x & M32)
                        total += 1
                    p += 1
                scratch.pointer[c] = p
        fresh = False
        # 2. Sort by place, then by the order of clocks' names, then by ring.
        _sort(scratch.order, total, scratch.ordered, scratch.bucket)
        # 3. Apply, up to the end of the window, or the next stop.
        end = min(until, start + width)
        if came < comings.tick.size:
            end = min(end, comings.tick[came])
        last = (
            total if end == start + width else _first_at(scratch.ordered, total, _place_of(end - start, window_shift))
        )
        j = _first_at(scratch.ordered, total, _place_of(now - start, window_shift)) if now > start else 0
        rings += last - j
        while True:
            then = end  # or the next instant before it at which somebody is counted, or drops out
            if seen < observe_at.size:
                then = min(then, observe_at[seen])
            if ended < ends.tick.size:
                then = min(then, ends.tick[ended])
            stop = last
            if then < end:
                stop = _first_at(scratch.ordered, total, _place_of(then - start, window_shift))
            while j < stop:
                here = U(scratch.ring[scratch.ordered[j] & M32])
                c, ring = here >> U(RING_BITS), here & U(RINGS - 1)  # type: ignore[assignment]
                receiver, sender = U(scratch.one[c, ring]), U(scratch.two[c, ring])
                column = U(clocks.from_column[c])
                leaves = clocks.from_states[c]
                old = states[receiver, column]
                backwards = U(0)
                if clocks.whom[c] == BY_SLOT:
                    other = states[sender, U(clocks.source_column[c])]
                    spreads = clocks.source_states[c]
                    acts = (leaves >> U(old)) & (spreads >> U(other)) & U(1)
                    backwards = (leaves >> U(other)) & (spreads >> U(old)) & clocks.either[c]
                    if backwards:
                        receiver, sender, old = sender, receiver, other
                    acts |= backwards
                else:
                    acts = (leaves >> U(old)) & U(1)
                    if acts and clocks.whom[c] != BY_ALL_CONTACTS:
                        row, key, slab = clocks.listed_by[c], clocks.key[c], scratch.slab[c]
                        if sender < everybody and states[sender, 0] < facts.present:
                            pass  # the first draw stands
                        elif clocks.whom[c] == BY_CONTACT:
                            sender = U(_find_contact(contacts, row, states, facts.present, receiver, key, slab, ring))
                        else:
                            sender = U(_find_member(groups, row, states, facts.present, receiver, key, slab, ring))
                        if sender >= everybody:  # -1: there is nobody
                            acts = U(0)
                        else:
                            other = states[sender, clocks.source_column[c]]
                            acts = (clocks.source_states[c] >> U(other)) & U(1)
                if acts and not clocks.always[c]:
                    # Thin: m is the product of all factors on the slot, relative to the ceiling. The base clock acts
                    # with min(m, 1), level l, which rings 2**(l-1) times as fast, with clip(m / 2**(l-1) - 1, 0, 1);
                    # together that is m. No function of its own: to hand on the tuples costs more than the test.
                    tick = _tick_of(scratch.ordered[j], start, window_shift)
                    m = 1.0
                    if clocks.scaled[c] >= 0:
                        m = scratch.scale_back[c, ring] if backwards else scratch.scale[c, ring]
                    if clocks.susceptibility[c] >= 0:
                        m *= facts.factors[clocks.susceptibility[c], receiver]
                    whom = clocks.whom[c]
                    if clocks.influence[c] >= 0 and whom != BY_ALL_CONTACTS:
                        m *= facts.factors[clocks.influence[c], sender]
                    varies = clocks.varies[c]
                    if varies & TIME_NOW:
                        m *= clocks.now[c]
                    if varies & RECEIVER_NUMBER:
                        m *= own.person_numbers[clocks.receiver[c], receiver]
                    if varies & OWN_STATES:
                        m *= _own_factor(own, states, clocks.own[c], receiver)
                    if varies & TIME_IN_STATE:
                        elapsed = tick - since[receiver, facts.since_column[clocks.from_column[c]]]
                        k = clocks.times[c]
                        final = k + clocks.n_times[c] - 1
                        while k < final and facts.step_ticks[k + 1] <= elapsed:
                            k += 1
                        m *= facts.step_factors[k]
                    if varies & (SENDER_NUMBER | SENDER_STATES | SOURCE_WEIGHTS) and whom != BY_ALL_CONTACTS:
                        m *= _sender_factor(
                            own, states, varies, clocks.sender[c], clocks.others[c], clocks.source_weights[c],
                            clocks.source_column[c], sender,
                        )  # fmt: skip
                    if whom == BY_ALL_CONTACTS and m > 0:
                        read, counts_if = clocks.source_column[c], clocks.source_states[c]
                        if clocks.plain[c]:
                            counted, weight = _count_plainly(
                                contacts.starts, contacts.persons, states, clocks.listed_by[c], receiver, facts.present,
                                read, counts_if,
                            )  # fmt: skip
                        else:
                            reads = (varies, clocks.sender[c], clocks.others[c], clocks.source_weights[c])
                            counted, weight = _count(
                                contacts, own, states, clocks.listed_by[c], receiver, facts.present, read, counts_if,
                                reads, clocks.counted[c], facts.factors, clocks.influence[c], clocks.unit[c],
                            )  # fmt: skip
                        value = np.float64(counted) * (1.0 if clocks.plain[c] else clocks.unit[c])
                        if clocks.reads_share[c]:
                            value = np.float64(counted) / np.float64(max(weight, 1))
                        if clocks.shape[c] == THRESHOLD:
                            m = m if value + REACHES >= facts.thresholds[clocks.table_at[c], receiver] else 0.0
                        else:
                            m *= _read_table(
                                facts.points, clocks.shape[c], clocks.table_at[c], clocks.table_size[c], value
                            )
                    level = clocks.level[c]
                    if level > 0:
                        m = m * 2.0 ** (1 - level) - 1.0
                    acts = U(np.float64(scratch.mark[c, ring]) * 2.0**-32 < m)
                if acts:
                    first_column, last_column = np.int64(column), np.int64(column) + 1
                    if clocks.leaving[c]:
                        first_column, last_column = np.int64(0), states.shape[1]
                    for b in range(first_column, last_column):
                        first = facts.first_state[b]
                        new = np.int64(clocks.to_state[c])
                        if clocks.leaving[c]:
                            new = facts.first_state[b + 1] - first - 1
                            old = states[receiver, b]
                        states[receiver, b] = new
                        counts[first + old] -= 1
                        counts[first + new] += 1
                        if facts.since_column[b] >= 0:
                            since[receiver, facts.since_column[b]] = _tick_of(scratch.ordered[j], start, window_shift)
                        if keep:
                            log.tick[logged] = _tick_of(scratch.ordered[j], start, window_shift)
                            log.person[logged] = receiver
                            log.left[logged] = first + old
                            log.entered[logged] = first + new
                            log.cause[logged] = clocks.cause[c]
                            if log.sender.size:
                                log.sender[logged] = -1 if sender == receiver else np.int64(sender)
                                log.layer[logged] = clocks.layer[c]
                            logged += 1
                j += 1
            while ended < ends.tick.size and ends.tick[ended] == then:
                if ends.row[ended] >= 0:
                    facts.factors[ends.row[ended], ends.which[ended]] = ends.value[ended]
                else:
                    _untie(clocks, facts, scratch, ends.which[ended], states.shape[0] - 1)
                ended += 1
            if then == end:
                break
            if seen < observe_at.size and observe_at[seen] == then:
                for s in range(counts.size):
                    observed[seen, s] = counts[s]
                seen += 1
        now = end
        if end == start + width:
            window += 1
        else:
            fresh = True
    return REACHED, now, seen, came, ended, logged, rings


def is_compiled() -> bool:
    """Say whether this machine holds the compiled loop as it now stands; otherwise its first call compiles it."""
    place = getattr(getattr(advance, "stats", None), "cache_path", None)
    if place is None:  # the compiler is off
        return True
    written = Path(__file__).stat().st_mtime
    return any(index.stat().st_mtime >= written for index in Path(place).glob("kernel.advance-*.nbi"))


@njit(nogil=True, cache=True)
def _come_or_go(facts, states, since, counts, comings, ties, k, keep, log, logged):
    """Let one person enter, with their ties, or leave; return how many events the log then has."""
    person = np.int64(comings.person[k])
    if (states[person, 0] < facts.present) == comings.enters[k]:
        return logged
    for b in range(states.shape[1]):
        first = facts.first_state[b]
        old = np.int64(states[person, b])
        new = np.int64(comings.states[k, b]) if comings.enters[k] else facts.first_state[b + 1] - first - 1
        states[person, b] = new
        counts[first + old] -= 1
        counts[first + new] += 1
        if facts.since_column[b] >= 0:
            since[person, facts.since_column[b]] = comings.tick[k]
        if keep:
            log.tick[logged] = comings.tick[k]
            log.person[logged] = person
            log.left[logged] = first + old
            log.entered[logged] = first + new
            log.cause[logged] = CAME if comings.enters[k] else WENT
            if log.sender.size:
                log.sender[logged] = log.layer[logged] = -1
            logged += 1
    if comings.enters[k] and person >= ties.first_person and ties.each.size:
        _tie_in(facts.contacts, facts.present, states, ties, person)
    return logged


@njit(nogil=True, cache=True)
def _tie_in(lists, present, states, ties, person):
    """Tie somebody who enters to random people who are there, in the rows kept for them."""
    n_persons = states.shape[0] - 1
    row = ties.first_row + (person - ties.first_person) * ties.each.sum()
    for layer in range(ties.each.size):
        begin = row
        for k in range(ties.each[layer]):
            other = np.int64(-1)
            for attempt in range(TRIES):
                x0, x1, _, _ = _philox(ties.key[layer], U(person) & M32, U(person) >> S32, U(k), U(attempt))
                drawn = np.int64(_multiply_high((x0 << S32) | x1, U(n_persons)))
                if _can_tie(lists.added, present, states, person, drawn, begin, row):
                    other = drawn
                    break
            if other < 0:  # hardly anybody is there: choose among those who can be tied, if any
                free = 0
                for candidate in range(n_persons):
                    free += _can_tie(lists.added, present, states, person, candidate, begin, row)
                x0, x1, _, _ = _philox(ties.key[layer], U(person) & M32, U(person) >> S32, U(k), U(TRIES))
                wanted = np.int64(_multiply_high((x0 << S32) | x1, U(free)))
                for candidate in range(n_persons):
                    if _can_tie(lists.added, present, states, person, candidate, begin, row):
                        if wanted == 0:
                            other = np.int64(candidate)
                            break
                        wanted -= 1
            if other >= 0:
                lists.added[row, 0] = person
                lists.added[row, 1] = other
                for each in range(ties.linked.shape[0]):
                    if ties.linked[each, layer]:
                        for end in range(2):
                            at = lists.added[row, end]
                            lists.extra_next[each, 2 * row + end] = lists.extra_first[each, at]
                            lists.extra_first[each, at] = 2 * row + end
                            if lists.most.size:
                                most = max(lists.most[each, at], lists.extra_weights[each, row])
                                lists.most[each, at] = most
            row += 1


@njit(nogil=True, cache=True)
def _can_tie(added, present, states, person, other, begin, row):
    if other == person or states[other, 0] >= present:
        return False
    tied = False
    for k in range(begin, row):
        tied |= added[k, 1] == other
    return not tied


@njit(nogil=True, cache=True)
def _untie(clocks, facts, scratch, tie, nobody):
    """End one added tie: out of its ends' lists, and out of the rings that were drawn already."""
    lists = facts.contacts
    one, two = lists.added[tie, 0], lists.added[tie, 1]
    for row in range(lists.extra_first.shape[0]):
        for end in range(2):
            _unlist(lists, row, lists.added[tie, end], 2 * tie + end)
    lists.added[tie, 0] = lists.added[tie, 1] = nobody
    for c in range(clocks.key.size):
        n = scratch.n_rings[c]
        if clocks.added[c] and clocks.kind[c] != PERSON:
            slots = scratch.slot[c]
            if clocks.listed[c] >= 0:
                _listed(facts.added_lists[clocks.listed[c] :], slots, scratch.listed, n)
                slots = scratch.listed
            _gather(clocks.kind[c], clocks.first_tie[c], lists.added, slots, scratch.one[c], scratch.two[c], n)
        elif clocks.whom[c] == BY_CONTACT:
            for j in range(n):
                person = scratch.one[c, j]
                if person in (one, two):
                    word, chance = _redraw(clocks.key[c], scratch.slab[c], j, 1)
                    scratch.two[c, j] = _draw_contact(lists, clocks.listed_by[c], person, word, chance)


@njit(nogil=True, cache=True)
def _unlist(lists, row, person, gone):
    """Take one entry out of a person's added contacts in one list, as if it had never been there."""
    entry, later = lists.extra_first[row, person], np.int32(-1)
    while entry >= 0 and entry != gone:
        entry, later = lists.extra_next[row, entry], entry
    if entry < 0:  # this list does not read the layer
        return
    if later < 0:
        lists.extra_first[row, person] = lists.extra_next[row, entry]
    else:
        lists.extra_next[row, later] = lists.extra_next[row, entry]
    if lists.most.size:
        most = 0.0
        for k in range(lists.starts[row, person], lists.starts[row, person + 1]):
            most = max(most, lists.weights[k] if lists.weights.size else 1.0)
        entry = lists.extra_first[row, person]
        while entry >= 0:
            most = max(most, lists.extra_weights[row, entry >> 1])
            entry = lists.extra_next[row, entry]
        lists.most[row, person] = most


@njit(nogil=True, cache=True)
def _first_at(ordered, total, place):
    """Position of the first ring at or after a place."""
    low, high = 0, total
    while low < high:
        middle = (low + high) >> 1
        if np.int64(ordered[middle] >> S32) < place:
            low = middle + 1
        else:
            high = middle
    return low
