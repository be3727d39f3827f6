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

from typing import NamedTuple

import numpy as np
from numba import njit

RING_BITS = 9
RINGS = 1 << RING_BITS
"""Room for one clock's rings in one slab: 256 on average at most, so 512 is sixteen standard deviations away."""

BUCKET_BITS = 8
BUCKETS = 1 << BUCKET_BITS

PERSON, ONE_WAY, TWO_WAY, EITHER = 0, 1, 2, 3
"""What a slot is: a person; a directed tie; one direction of an undirected tie; an undirected tie of which at most one
direction can act."""

REACHED, LOG_FULL = 0, 1
"""Why `advance` returned."""

COUNT_PURPOSE = 0xFFFFFFFF
"""Last counter word of the block that says how many rings a slab has; 0 for the rings themselves."""

U = np.uint64
M32 = U(0xFFFFFFFF)
S32 = U(32)
PHILOX_M0, PHILOX_M1 = U(0xD2511F53), U(0xCD9E8D57)
PHILOX_W0, PHILOX_W1 = U(0x9E3779B9), U(0xBB67AE85)


class Clocks(NamedTuple):
    """The clocks that may ring now, one row each, in order of their names."""

    key: np.ndarray  # uint64[c]
    table: np.ndarray  # uint64[c, RINGS]: thresholds of the number of rings in a slab, padded with the largest word
    shift: np.ndarray  # int64[c]: the slab is 2**-shift unit wide
    n_slots: np.ndarray  # uint64[c]
    kind: np.ndarray  # int64[c]: PERSON, ONE_WAY, TWO_WAY or EITHER
    added: np.ndarray  # int64[c]: 1 where the ties are those of an added segment
    first_tie: np.ndarray  # int64[c]: row of the ties array where the clock's ties begin
    listed: np.ndarray  # int64[c]: row of `lists` where the clock's list of slots begins, -1: slot k is number k
    scaled: np.ndarray  # int64[c]: row of `multipliers` where the clock's begin, -1: all 1
    from_column: np.ndarray  # int64[c]: behaviour of the transition
    from_states: np.ndarray  # uint64[c]: bit s set where the transition leaves state s
    to_state: np.ndarray  # int64[c]
    source_column: np.ndarray  # int64[c]: behaviour that the contact is asked about
    source_states: np.ndarray  # uint64[c]: all bits set where no contact is asked
    either: np.ndarray  # uint64[c]: 1 where the kind is EITHER
    susceptibility: np.ndarray  # int64[c]: row of `factors`, -1: all 1
    influence: np.ndarray  # int64[c]: row of `factors`, -1: all 1
    level: np.ndarray  # int64[c]: 0 for the base clock, else the excess level
    always: np.ndarray  # int64[c]: 1 where every ring passes the multiplier test
    cause: np.ndarray  # int64[c]: number of the transition


class Facts(NamedTuple):
    """What the clocks ring about: shared by replicates, but for the added ties and the factors."""

    ties: np.ndarray  # int32[t, 2]: all layers; for directed ones column 0 influences column 1
    added: np.ndarray  # int32[a, 2]: ties added in this arm
    lists: np.ndarray  # int64[l]
    multipliers: np.ndarray  # float64[m]
    factors: np.ndarray  # float64[f, n_persons]: product of the factors now active
    first_state: np.ndarray  # int64[b]: number of a behaviour's first state among the states of all behaviours


class Log(NamedTuple):
    """Room for events; `room` 0 means that none are kept."""

    tick: np.ndarray  # int64[room]
    person: np.ndarray  # int32[room]
    left: np.ndarray  # int16[room]: state left, numbered over all behaviours
    entered: np.ndarray  # int16[room]
    cause: np.ndarray  # int16[room]: number of the transition


class Scratch(NamedTuple):
    """Working memory of `advance` for c clocks."""

    slot: np.ndarray  # int64[c, RINGS]
    mark: np.ndarray  # uint32[c, RINGS]
    sorted_rings: np.ndarray  # uint64[c, RINGS]: place << 32 | ring
    n_rings: np.ndarray  # int64[c]
    pointer: np.ndarray  # int64[c]
    order: np.ndarray  # uint64[c * RINGS]: place in the window << 32 | position in `ring`
    ordered: np.ndarray  # uint64[c * RINGS]
    ring: np.ndarray  # int64[c * RINGS]: clock << RING_BITS | ring
    one: np.ndarray  # int32[c, RINGS]: the person, the receiving end, or one end
    two: np.ndarray  # int32[c, RINGS]: the person, the sending end, or the other
    bucket: np.ndarray  # int64[BUCKETS + 1]


def scratch_for(n_clocks: int) -> Scratch:
    """Allocate working memory for `n_clocks` clocks."""
    room = n_clocks * RINGS
    return Scratch(
        slot=np.empty((n_clocks, RINGS), np.int64),
        mark=np.empty((n_clocks, RINGS), np.uint32),
        sorted_rings=np.empty((n_clocks, RINGS), np.uint64),
        n_rings=np.zeros(n_clocks, np.int64),
        pointer=np.zeros(n_clocks, np.int64),
        order=np.empty(room, np.uint64),
        ordered=np.empty(room, np.uint64),
        ring=np.empty(room, np.int64),
        one=np.empty((n_clocks, RINGS), np.int32),
        two=np.empty((n_clocks, RINGS), np.int32),
        bucket=np.zeros(BUCKETS + 1, np.int64),
    )


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
    slot_list = facts.lists[max(clocks.listed[c], 0) :]
    if kind == PERSON:
        for j in range(n_rings):
            person = slot_list[slots[j]] if listed else slots[j]
            one[j] = person
            two[j] = person
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
        top = U(64 - BUCKET_BITS)
        for b in range(BUCKETS + 1):
            bucket[b] = 0
        for j in range(n):
            bucket[np.int64(values[j] >> top) + 1] += 1
        for b in range(BUCKETS):
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
def _passes(clocks, facts, scratch, c, ring, receiver, sender, backwards):
    """Thin: does the ring act, given m, the product of all factors on its slot, relative to the ceiling?

    The base clock acts with min(m, 1), level l, which rings 2**(l-1) times as fast, with clip(m / 2**(l-1) - 1, 0, 1);
    together that is m.
    """
    m = 1.0
    if clocks.scaled[c] >= 0:
        place = scratch.slot[c, ring]
        if clocks.either[c]:
            place = 2 * place + backwards
        m = facts.multipliers[clocks.scaled[c] + place]
    if clocks.susceptibility[c] >= 0:
        m *= facts.factors[clocks.susceptibility[c], receiver]
    if clocks.influence[c] >= 0:
        m *= facts.factors[clocks.influence[c], sender]
    level = clocks.level[c]
    if level > 0:
        m = m * 2.0 ** (1 - level) - 1.0
    return np.float64(scratch.mark[c, ring]) * 2.0**-32 < m


@njit(nogil=True, cache=True)
def _place_of(offset, window_shift):
    """The first place in a window at or after `offset` ticks from its start."""
    if window_shift >= 8:
        return offset << (window_shift - 8)
    return (offset + (np.int64(1) << (8 - window_shift)) - 1) >> (8 - window_shift)


@njit(nogil=True, cache=True)
def advance(clocks, facts, scratch, states, counts, now, until, observe_at, observed, seen, log, logged):
    """Carry one replicate from tick `now` to tick `until`.

    Rings at `now` or later and before `until` are handled. Counts are written to `observed` for each instant of
    `observe_at` from `seen` on that is at or after `now` and before `until`, before the rings of that instant.

    Parameters
    ----------
    clocks, facts, scratch : Clocks, Facts, Scratch
    states : uint8[n_persons, n_behaviours]
        Changed in place.
    counts : int64[n_states]
        People in each state of each behaviour; changed in place.
    now, until : int64
        Ticks.
    observe_at : int64[t]
        Ticks, ascending.
    observed : int64[t, n_states]
    seen : int64
        How many instants of `observe_at` were observed before.
    log : Log
        Events are appended from `logged` on.
    logged : int64

    Returns
    -------
    reason, now, seen, logged, rings : int64
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
        if keep and logged + total > log.tick.size:
            return LOG_FULL, now, seen, logged, rings
        end = min(until, start + width)
        last = (
            total if end == start + width else _first_at(scratch.ordered, total, _place_of(end - start, window_shift))
        )
        j = _first_at(scratch.ordered, total, _place_of(now - start, window_shift)) if now > start else 0
        rings += last - j
        while True:
            stop = last
            observing = seen < observe_at.size and observe_at[seen] < end
            if observing:
                stop = _first_at(scratch.ordered, total, _place_of(observe_at[seen] - start, window_shift))
            while j < stop:
                here = scratch.ring[np.int64(scratch.ordered[j] & M32)]
                c, ring = here >> RING_BITS, here & (RINGS - 1)
                receiver, sender = scratch.one[c, ring], scratch.two[c, ring]
                column = clocks.from_column[c]
                old, other = states[receiver, column], states[sender, clocks.source_column[c]]
                leaves, spreads = clocks.from_states[c], clocks.source_states[c]
                acts = (leaves >> U(old)) & (spreads >> U(other)) & U(1)
                backwards = (leaves >> U(other)) & (spreads >> U(old)) & clocks.either[c]
                if backwards:
                    receiver, sender, old = sender, receiver, other
                acts |= backwards
                if acts and not clocks.always[c]:
                    acts = U(_passes(clocks, facts, scratch, c, ring, receiver, sender, np.int64(backwards)))
                if acts:
                    new = clocks.to_state[c]
                    states[receiver, column] = new
                    first = facts.first_state[column]
                    counts[first + old] -= 1
                    counts[first + new] += 1
                    if keep:
                        place = np.int64(scratch.ordered[j] >> S32)
                        if window_shift >= 8:
                            log.tick[logged] = start + (place >> (window_shift - 8))
                        else:
                            log.tick[logged] = start + (place << (8 - window_shift))
                        log.person[logged] = receiver
                        log.left[logged] = first + old
                        log.entered[logged] = first + new
                        log.cause[logged] = clocks.cause[c]
                        logged += 1
                j += 1
            if not observing:
                break
            for s in range(counts.size):
                observed[seen, s] = counts[s]
            seen += 1
        now = end
        window += 1
    return REACHED, now, seen, logged, rings


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
