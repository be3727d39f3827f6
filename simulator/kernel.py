"""The compiled loop: rings of all clocks, in time order, on the states of one replicate (all jitted code is here).

Each clock cuts time into slabs of its own width. A slab's rings are a pure function of the clock's key and the slab's
number (Philox4x32-10, Salmon et al. 2011, doi:10.1145/2063384.2063405): how many (Poisson, by inversion of a table of
64-bit thresholds), and for each a place in the slab (32 bits), a slot (64 bits) and a mark (32 bits). The loop works in
windows of the smallest width:

1. hash and gather: clocks whose slab begins draw it and look up both ends of each ring's tie; wide ones keep their
   rings sorted, with a pointer;
2. sort: the window's rings by (place, order of the clock's name, ring): buckets on the top bits, then insertion;
3. apply: in order, each ring acts on the states it finds.

Thinning of such Poisson clocks is exact (Harris 1972, doi:10.1016/0001-8708(72)90030-8): there is no time step.
An instant is an int64 tick of 2**-40 unit. Nothing is allocated in the loop; `Scratch` is made once by the caller.
"""

from __future__ import annotations

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
def _gather(clocks, facts, scratch, c, n_rings):
    """Look up whom each ring of a slab is about; all loads are independent, so that they overlap."""
    slots, one, two = scratch.slot[c], scratch.one[c], scratch.two[c]
    kind = clocks.kind[c]
    ties = facts.added if clocks.added[c] else facts.ties
    first = clocks.first_tie[c]
    listed = clocks.listed[c] >= 0
    slot_list = (facts.added_lists if clocks.added[c] else facts.lists)[max(clocks.listed[c], 0) :]
    if kind == PERSON:
        for j in range(n_rings):
            person = slot_list[slots[j]] if listed else slots[j]
            one[j] = first + person
            two[j] = first + person
    elif kind == TWO_WAY:
        for j in range(n_rings):
            slot = slot_list[slots[j]] if listed else slots[j]
            tie = first + (slot >> 1)
            one[j] = ties[tie, 1 - (slot & 1)]
            two[j] = ties[tie, slot & 1]
    else:
        for j in range(n_rings):
            tie = first + (slot_list[slots[j]] if listed else slots[j])
            one[j] = ties[tie, 1]
            two[j] = ties[tie, 0]
    if clocks.scaled[c] >= 0:
        multipliers = (facts.added_multipliers if clocks.added[c] else facts.multipliers)[clocks.scaled[c] :]
        scale, scale_back = scratch.scale[c], scratch.scale_back[c]
        if kind == EITHER:
            for j in range(n_rings):
                scale[j] = multipliers[2 * slots[j]]
                scale_back[j] = multipliers[2 * slots[j] + 1]
        else:
            for j in range(n_rings):
                scale[j] = multipliers[slots[j]]
    if clocks.whom[c] == BY_CONTACT:
        for j in range(n_rings):
            two[j] = _contact_at(clocks, facts, scratch, c, j, one[j], 1)
    elif clocks.whom[c] == BY_MEMBER:
        for j in range(n_rings):
            two[j] = _member_at(clocks, facts, scratch, c, j, one[j], 1)


@njit(nogil=True, cache=True)
def _redraw(clocks, scratch, c, ring, attempt):
    """Words of a ring's further draw: 64 bits for a place, 32 to accept it."""
    slab = U(scratch.slab[c])
    x0, x1, x2, _ = _philox(clocks.key[c], slab & M32, slab >> S32, U(ring), U(attempt))
    return (x0 << S32) | x1, x2


@njit(nogil=True, cache=True)
def _contact_at(clocks, facts, scratch, c, ring, person, attempt):
    """Draw one of a person's contacts in proportion to weight; -1 where it is refused for its weight, or none."""
    row = clocks.listed_by[c]
    first = facts.list_starts[row, person]
    n_own = facts.list_starts[row, person + 1] - first
    n_all = n_own
    if facts.extra_first.size:
        entry = facts.extra_first[row, person]
        while entry >= 0:
            n_all += 1
            entry = facts.extra_next[row, entry]
    if n_all == 0:
        return -1
    word, chance = _redraw(clocks, scratch, c, ring, attempt)
    place = np.int64(_multiply_high(word, U(n_all)))
    weight = 1.0
    if place < n_own:
        contact = facts.list_persons[first + place]
        if facts.list_weights.size:
            weight = facts.list_weights[first + place]
    else:
        entry = facts.extra_first[row, person]
        for _ in range(place - n_own):
            entry = facts.extra_next[row, entry]
        contact = facts.added[entry >> 1, 1 - (entry & 1)]
        weight = facts.extra_weights[row, entry >> 1]
    if facts.list_most.size and not np.float64(chance) * 2.0**-32 * facts.list_most[row, person] < weight:
        return -1
    return contact


@njit(nogil=True, cache=True)
def _member_at(clocks, facts, scratch, c, ring, person, attempt):
    """Draw a member of a person's group; -1 where it is the person themself, or there is no group."""
    group = facts.group_of[clocks.listed_by[c], person]
    if group < 0:
        return -1
    first = facts.group_starts[group]
    n_members = facts.group_starts[group + 1] - first
    if n_members == 0:
        return -1
    word, _ = _redraw(clocks, scratch, c, ring, attempt)
    member = facts.group_members[first + np.int64(_multiply_high(word, U(n_members)))]
    return -1 if member == person else member


@njit(nogil=True, cache=True)
def _living(facts, states, person):
    return person >= 0 and states[person, 0] < facts.present


@njit(nogil=True, cache=True)
def _find_other(clocks, facts, scratch, states, c, ring, person):
    """Find the contact or group member that a ring is about; -1 where there is nobody."""
    by_contact = clocks.whom[c] == BY_CONTACT
    for attempt in range(1, REFUSALS + 1):
        if attempt == 1:
            other = np.int64(scratch.two[c, ring])
        elif by_contact:
            other = np.int64(_contact_at(clocks, facts, scratch, c, ring, person, attempt))
        else:
            other = np.int64(_member_at(clocks, facts, scratch, c, ring, person, attempt))
        if _living(facts, states, other):
            return other
    word, _ = _redraw(clocks, scratch, c, ring, REFUSALS + 1)
    row = clocks.listed_by[c]
    if not by_contact:
        group = facts.group_of[row, person]
        if group < 0:
            return -1
        members = facts.group_members[facts.group_starts[group] : facts.group_starts[group + 1]]
        n_living = 0
        for member in members:
            if member != person and _living(facts, states, member):
                n_living += 1
        wanted = np.int64(_multiply_high(word, U(n_living)))
        for member in members:
            if member != person and _living(facts, states, member):
                if wanted == 0:
                    return np.int64(member)
                wanted -= 1
        return -1
    total = 0.0
    for again in range(2):
        if again:
            if total == 0:
                return -1
            wanted_sum = np.float64(word >> U(11)) * 2.0**-53 * total
        so_far = 0.0
        last = np.int64(-1)
        for k in range(facts.list_starts[row, person], facts.list_starts[row, person + 1]):
            contact = np.int64(facts.list_persons[k])
            if _living(facts, states, contact):
                weight = facts.list_weights[k] if facts.list_weights.size else 1.0
                so_far += weight
                if weight > 0:
                    last = contact
                if again and so_far > wanted_sum:
                    return contact
        if facts.extra_first.size:
            entry = facts.extra_first[row, person]
            while entry >= 0:
                contact = np.int64(facts.added[entry >> 1, 1 - (entry & 1)])
                if _living(facts, states, contact):
                    weight = facts.extra_weights[row, entry >> 1]
                    so_far += weight
                    if weight > 0:
                        last = contact
                    if again and so_far > wanted_sum:
                        return contact
                entry = facts.extra_next[row, entry]
        total = so_far
    return last


@njit(nogil=True, cache=True)
def _own_factor(facts, states, row, person):
    """Read a factor that depends on a person's own states, and on the class that their columns put them in."""
    first, n_behaviours, classes, begins, size = (
        facts.own_factors[row, 0], facts.own_factors[row, 1], facts.own_factors[row, 2],
        facts.own_factors[row, 3], facts.own_factors[row, 4],
    )  # fmt: skip
    place = begins
    if classes >= 0:
        place += facts.classes[classes, person] * size
    for k in range(first, first + n_behaviours):
        place += states[person, facts.own_columns[k]] * facts.own_strides[k]
    return facts.numbers[place]


@njit(nogil=True, cache=True)
def _sender_factor(clocks, facts, states, c, sender):
    """Everything at the sending end but interventions' factors: influence, states, weight of the source state."""
    varies = clocks.varies[c]
    m = 1.0
    if varies & SENDER_NUMBER:
        m *= facts.person_numbers[clocks.sender[c], sender]
    if varies & SENDER_STATES:
        m *= _own_factor(facts, states, clocks.others[c], sender)
    if varies & SOURCE_WEIGHTS:
        m *= facts.numbers[clocks.source_weights[c] + states[sender, clocks.source_column[c]]]
    return m


@njit(nogil=True, cache=True)
def _fixed_point(x):
    return np.int64(np.floor(x * 4294967296.0 + 0.5))


@njit(nogil=True, cache=True)
def _counted(clocks, facts, states, c, contact, weight):
    """What one contact adds to the count, in units of 2**-32; 0 unless in a source state."""
    if not (clocks.source_states[c] >> U(states[contact, clocks.source_column[c]])) & U(1):
        return np.int64(0)
    if clocks.varies[c] & (SENDER_NUMBER | SENDER_STATES | SOURCE_WEIGHTS):
        weight *= _sender_factor(clocks, facts, states, c, contact)
    if clocks.influence[c] >= 0:
        weight *= facts.factors[clocks.influence[c], contact]
    return _fixed_point(weight * clocks.counted[c])


@njit(nogil=True, cache=True)
def _response(clocks, facts, states, c, person):
    """Read all contacts of a person, and what the table (or the threshold) makes of them, relative to its largest."""
    row = clocks.listed_by[c]
    share = clocks.reads_share[c]
    counted, everything = np.int64(0), np.int64(0)
    for k in range(facts.list_starts[row, person], facts.list_starts[row, person + 1]):
        contact = np.int64(facts.list_persons[k])
        if _living(facts, states, contact):
            weight = facts.list_weights[k] if facts.list_weights.size else 1.0
            counted += _counted(clocks, facts, states, c, contact, weight)
            if share:
                everything += _fixed_point(weight)
    if facts.extra_first.size:
        entry = facts.extra_first[row, person]
        while entry >= 0:
            contact = np.int64(facts.added[entry >> 1, 1 - (entry & 1)])
            if _living(facts, states, contact):
                weight = facts.extra_weights[row, entry >> 1]
                counted += _counted(clocks, facts, states, c, contact, weight)
                if share:
                    everything += _fixed_point(weight)
            entry = facts.extra_next[row, entry]
    if share:
        value = np.float64(counted) / np.float64(everything) if everything > 0 else 0.0
    else:
        value = np.float64(counted) * 2.0**-32
    first = clocks.table_at[c]
    if clocks.shape[c] == THRESHOLD:
        return 1.0 if value + REACHES >= facts.thresholds[first, person] else 0.0
    last = first + clocks.table_size[c] - 1
    k = first
    if clocks.shape[c] == STEP:
        while k < last and facts.points[k + 1, 0] <= value + REACHES:
            k += 1
        return facts.points[k, 1]
    while k < last and facts.points[k + 1, 0] <= value:
        k += 1
    if k == last:
        return facts.points[k, 1]
    x0, y0, x1, y1 = facts.points[k, 0], facts.points[k, 1], facts.points[k + 1, 0], facts.points[k + 1, 1]
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
            bucket[b] = 0
        for j in range(n):
            bucket[np.int64(values[j] >> top) + 1] += 1
        for b in range(1 << bits):
            bucket[b + 1] += bucket[b]
        for j in range(n):
            place = np.int64(values[j] >> top)
            ordered[bucket[place]] = values[j]
            bucket[place] += 1
    _insert_sort(ordered, n)


@njit(nogil=True, cache=True)
def _collect_window(clocks, facts, scratch, window, window_shift, fresh):
    """Draw the slabs that begin in this window (all, where `fresh`); list its rings, sorted; return how many."""
    total = 0
    for c in range(clocks.key.size):
        wider = window_shift - clocks.shift[c]
        part = window & ((np.int64(1) << wider) - 1)
        if part == 0 or fresh:
            n = _draw_slab(
                clocks.key[c], window >> wider, clocks.table[c], clocks.n_slots[c],
                scratch.order[total:], scratch.slot[c], scratch.mark[c],
            )  # fmt: skip
            scratch.n_rings[c] = n
            scratch.slab[c] = window >> wider
            _gather(clocks, facts, scratch, c, n)
            if wider > 0:
                _sort(scratch.order[total:], n, scratch.sorted_rings[c], scratch.bucket)
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
    _sort(scratch.order, total, scratch.ordered, scratch.bucket)
    return total


@njit(inline="always")
def _passes(clocks, facts, scratch, states, since, c, ring, receiver, sender, backwards, tick):
    """Thin: does the ring act, given m, the product of all factors on its slot, relative to the ceiling?

    The base clock acts with min(m, 1), level l, which rings 2**(l-1) times as fast, with clip(m / 2**(l-1) - 1, 0, 1);
    together that is m.
    """
    m = 1.0
    if clocks.scaled[c] >= 0:
        m = scratch.scale_back[c, ring] if backwards else scratch.scale[c, ring]
    if clocks.susceptibility[c] >= 0:
        m *= facts.factors[clocks.susceptibility[c], receiver]
    whom = clocks.whom[c]
    if clocks.influence[c] >= 0 and whom != BY_ALL_CONTACTS:
        m *= facts.factors[clocks.influence[c], sender]
    varies = clocks.varies[c]
    if varies:
        if varies & TIME_NOW:
            m *= clocks.now[c]
        if varies & RECEIVER_NUMBER:
            m *= facts.person_numbers[clocks.receiver[c], receiver]
        if varies & OWN_STATES:
            m *= _own_factor(facts, states, clocks.own[c], receiver)
        if varies & TIME_IN_STATE:
            elapsed = tick - since[receiver, facts.since_column[clocks.from_column[c]]]
            k = clocks.times[c]
            last = k + clocks.n_times[c] - 1
            while k < last and facts.step_ticks[k + 1] <= elapsed:
                k += 1
            m *= facts.step_factors[k]
        if whom != BY_ALL_CONTACTS and varies & (SENDER_NUMBER | SENDER_STATES | SOURCE_WEIGHTS):
            m *= _sender_factor(clocks, facts, states, c, sender)
    if whom == BY_ALL_CONTACTS and m > 0:
        m *= _response(clocks, facts, states, c, receiver)
    level = clocks.level[c]
    if level > 0:
        m = m * 2.0 ** (1 - level) - 1.0
    return np.float64(scratch.mark[c, ring]) * 2.0**-32 < m


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
    clocks, facts, scratch, states, since, counts, now, until, observe_at, observed, seen, comings, ties, came, log,
    logged,
):  # fmt: skip
    """Carry one replicate from tick `now` to tick `until`.

    Rings at `now` or later and before `until` are handled. At one instant people enter and leave first; then counts are
    written to `observed`, for each instant of `observe_at` from `seen` on; then rings are handled.

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
    log : Log
        Events are appended from `logged` on.
    logged : int64

    Returns
    -------
    reason, now, seen, came, logged, rings : int64
        `REACHED`, or `LOG_FULL` where the next window may need more room than the log has left.
    """
    rings = np.int64(0)
    keep = log.tick.size > 0
    window_shift = np.int64(0)
    for c in range(clocks.key.size):
        window_shift = max(window_shift, clocks.shift[c])
    width = np.int64(1) << (40 - window_shift)
    window = now >> (40 - window_shift)
    fresh = True
    while now < until:
        start = window * width
        total = _collect_window(clocks, facts, scratch, window, window_shift, fresh)
        fresh = False
        end = min(until, start + width)
        coming = came
        while coming < comings.tick.size and comings.tick[coming] < end:
            coming += 1
        if keep and logged + (total + coming - came) * states.shape[1] > log.tick.size:
            return LOG_FULL, now, seen, came, logged, rings
        last = (
            total if end == start + width else _first_at(scratch.ordered, total, _place_of(end - start, window_shift))
        )
        j = _first_at(scratch.ordered, total, _place_of(now - start, window_shift)) if now > start else 0
        rings += last - j
        while True:
            stop = last
            observing = seen < observe_at.size and observe_at[seen] < end
            at = observe_at[seen] if observing else end
            moving = came < coming and comings.tick[came] <= at
            if moving:
                at = comings.tick[came]
            if moving or observing:
                stop = _first_at(scratch.ordered, total, _place_of(at - start, window_shift))
            while j < stop:
                here = scratch.ring[np.int64(scratch.ordered[j] & M32)]
                c, ring = here >> RING_BITS, here & (RINGS - 1)
                receiver, sender = np.int64(scratch.one[c, ring]), np.int64(scratch.two[c, ring])
                column = clocks.from_column[c]
                leaves = clocks.from_states[c]
                old = states[receiver, column]
                backwards = U(0)
                if clocks.whom[c] == BY_SLOT:
                    other = states[sender, clocks.source_column[c]]
                    spreads = clocks.source_states[c]
                    acts = (leaves >> U(old)) & (spreads >> U(other)) & U(1)
                    backwards = (leaves >> U(other)) & (spreads >> U(old)) & clocks.either[c]
                    if backwards:
                        receiver, sender, old = sender, receiver, other
                    acts |= backwards
                else:
                    acts = (leaves >> U(old)) & U(1)
                    if acts and clocks.whom[c] != BY_ALL_CONTACTS:
                        sender = _find_other(clocks, facts, scratch, states, c, ring, receiver)
                        if sender < 0:
                            acts = U(0)
                        else:
                            other = states[sender, clocks.source_column[c]]
                            acts = (clocks.source_states[c] >> U(other)) & U(1)
                if acts and not clocks.always[c]:
                    tick = _tick_of(scratch.ordered[j], start, window_shift)
                    acts = U(
                        _passes(
                            clocks, facts, scratch, states, since, c, ring, receiver, sender, backwards != U(0), tick
                        )
                    )
                if acts:
                    last_column = column + 1
                    first_column = column
                    if clocks.leaving[c]:
                        first_column, last_column = 0, states.shape[1]
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
                            logged += 1
                j += 1
            if moving:
                logged = _come_or_go(
                    clocks, facts, scratch, states, since, counts, comings, ties, came, keep, log, logged
                )
                came += 1
                continue
            if not observing:
                break
            for s in range(counts.size):
                observed[seen, s] = counts[s]
            seen += 1
        now = end
        window += 1
    return REACHED, now, seen, came, logged, rings


@njit(nogil=True, cache=True)
def _come_or_go(clocks, facts, scratch, states, since, counts, comings, ties, k, keep, log, logged):
    """Let one person enter, with their ties, or leave; return how many events the log then has."""
    person = np.int64(comings.person[k])
    if _living(facts, states, person) == comings.enters[k]:
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
            logged += 1
    if comings.enters[k] and person >= ties.first_person and ties.each.size:
        _tie_in(facts, states, ties, person)
        for c in range(clocks.key.size):
            if clocks.added[c] or clocks.whom[c] == BY_CONTACT:
                _gather(clocks, facts, scratch, c, scratch.n_rings[c])
    return logged


@njit(nogil=True, cache=True)
def _tie_in(facts, states, ties, person):
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
                if _can_tie(facts, states, person, drawn, begin, row):
                    other = drawn
                    break
            if other < 0:  # hardly anybody is there: choose among those who can be tied, if any
                free = 0
                for candidate in range(n_persons):
                    free += _can_tie(facts, states, person, candidate, begin, row)
                x0, x1, _, _ = _philox(ties.key[layer], U(person) & M32, U(person) >> S32, U(k), U(TRIES))
                wanted = np.int64(_multiply_high((x0 << S32) | x1, U(free)))
                for candidate in range(n_persons):
                    if _can_tie(facts, states, person, candidate, begin, row):
                        if wanted == 0:
                            other = np.int64(candidate)
                            break
                        wanted -= 1
            if other >= 0:
                facts.added[row, 0] = person
                facts.added[row, 1] = other
                for each in range(ties.linked.shape[0]):
                    if ties.linked[each, layer]:
                        for end in range(2):
                            at = facts.added[row, end]
                            facts.extra_next[each, 2 * row + end] = facts.extra_first[each, at]
                            facts.extra_first[each, at] = 2 * row + end
                            if facts.list_most.size:
                                most = max(facts.list_most[each, at], facts.extra_weights[each, row])
                                facts.list_most[each, at] = most
            row += 1


@njit(nogil=True, cache=True)
def _can_tie(facts, states, person, other, begin, row):
    if other == person or not _living(facts, states, other):
        return False
    tied = False
    for k in range(begin, row):
        tied |= facts.added[k, 1] == other
    return not tied


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
