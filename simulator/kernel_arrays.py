"""What the compiled loop reads and writes, as tuples of arrays: clocks, what they ring about, log, working memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.kernel import BUCKETS, RINGS


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
    rescaled: np.ndarray  # int64[c]: 1 where they stand among `added_multipliers`
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
    layer: np.ndarray  # int64[c]: number of the layer whose ties it rings about, -1: none
    whom: np.ndarray  # int64[c]: BY_SLOT, BY_CONTACT, BY_MEMBER or BY_ALL_CONTACTS
    varies: np.ndarray  # int64[c]: what else the acceptance depends on
    now: np.ndarray  # float64[c]: factor of the time, relative to the ceiling (TIME_NOW)
    counted: np.ndarray  # float64[c]: what every contact counts for, relative to time 0 (BY_ALL_CONTACTS)
    own: np.ndarray  # int64[c]: row of `Own.rows` of the receiving end (OWN_STATES)
    others: np.ndarray  # int64[c]: the same of the sending end (SENDER_STATES)
    sender: np.ndarray  # int64[c]: row of `Own.person_numbers` of the sending end (SENDER_NUMBER)
    source_weights: np.ndarray  # int64[c]: where in `Own.numbers` the weights by state begin (SOURCE_WEIGHTS)
    times: np.ndarray  # int64[c]: where in `step_ticks` the steps of g begin (TIME_IN_STATE)
    n_times: np.ndarray  # int64[c]
    listed_by: np.ndarray  # int64[c]: row of `Contacts`, or of `Grouped`
    reads_share: np.ndarray  # int64[c]: 1 where `response` reads a share, 0: a count
    plain: np.ndarray  # int64[c]: 1 where all contacts weigh 1, and count 1
    shape: np.ndarray  # int64[c]: STEP, LINEAR or THRESHOLD
    table_at: np.ndarray  # int64[c]: where in `points` its table begins; THRESHOLD: row of `thresholds`
    table_size: np.ndarray  # int64[c]
    unit: np.ndarray  # float64[c]: in which weights are added up (BY_ALL_CONTACTS)
    leaving: np.ndarray  # int64[c]: 1 where the ring takes the person away, out of all behaviours
    receiver: np.ndarray  # int64[c]: row of `Own.person_numbers` of the receiving end (RECEIVER_NUMBER)


class Contacts(NamedTuple):
    """Everyone's contacts as the pooled laws read them: those of l lists, and the ties added in this arm.

    Each of the small tuples below is handed on to compiled functions by itself: handing on `Facts` whole costs a
    microsecond a call.
    """

    starts: np.ndarray  # int64[l, n_persons + 1]: a person's contacts in `persons`
    persons: np.ndarray  # int32[…]
    weights: np.ndarray  # float64[…]; empty: all 1
    most: np.ndarray  # float64[l, n_persons]: largest weight in the list; empty: 1
    extra_first: np.ndarray  # int32[l, n_persons]: 2 * row + end of the last tie added to the list, -1: none
    extra_next: np.ndarray  # int32[l, 2 * a]: the one added before it
    extra_weights: np.ndarray  # float64[l, a]
    added: np.ndarray  # int32[a, 2]: ties added in this arm


class Grouped(NamedTuple):
    """The groups that `group` laws read."""

    group_of: np.ndarray  # int32[g, n_persons]: place in `starts`, -1: in no group
    starts: np.ndarray  # int64[…]
    members: np.ndarray  # int32[…]


class Own(NamedTuple):
    """Factors that depend on a person's own states and columns."""

    rows: np.ndarray  # int64[o, 5]: first column, how many, row of `classes` or -1, first number, size of a class
    columns: np.ndarray  # int64[…]: behaviours that a factor reads
    strides: np.ndarray  # int64[…]: what one state of each is worth in the joint table
    classes: np.ndarray  # int32[k, n_persons]
    numbers: np.ndarray  # float64[…]
    person_numbers: np.ndarray  # float64[s, n_persons]


class Facts(NamedTuple):
    """What the clocks ring about: shared by replicates, but for the added ties and the factors."""

    ties: np.ndarray  # int32[t, 2]: all layers; for directed ones column 0 influences column 1
    lists: np.ndarray  # int64[…]: slots of strata
    multipliers: np.ndarray  # float64[…]
    added_lists: np.ndarray  # int64[…]: the same for added segments
    added_multipliers: np.ndarray  # float64[…]
    factors: np.ndarray  # float64[f, n_persons + 1]: product of the factors now active
    first_state: np.ndarray  # int64[b + 1]: number of a behaviour's first state among the states of all behaviours
    present: np.uint8  # states of the first behaviour below this are states of people who are there
    since_column: np.ndarray  # int64[b]: column of `since` that a behaviour has, -1: nothing depends on it
    step_ticks: np.ndarray  # int64[…]
    step_factors: np.ndarray  # float64[…]
    points: np.ndarray  # float64[…, 2]
    thresholds: np.ndarray  # float64[h, n_persons]
    contacts: Contacts
    groups: Grouped
    own: Own


class Comings(NamedTuple):
    """People who enter or leave at known instants, in order of time."""

    tick: np.ndarray  # int64[k]
    person: np.ndarray  # int32[k]
    enters: np.ndarray  # bool[k]: False: leaves
    states: np.ndarray  # uint8[k, n_behaviours]: those in which the person enters


class Ends(NamedTuple):
    """Factors and added ties that end for somebody alone, at known instants, in order of time."""

    tick: np.ndarray  # int64[k]
    row: np.ndarray  # int64[k]: row of `Facts.factors`; -1: a tie ends
    which: np.ndarray  # int64[k]: the person whose factor changes; row of `Contacts.added`
    value: np.ndarray  # float64[k]: what is left of the person's factors


class ComingTies(NamedTuple):
    """What the ties of people who enter are drawn with; one row for each layer in which they get ties."""

    first_person: np.int64  # who enters at a rate stands from here on
    first_row: np.int64  # row of `Contacts.added` where the ties of the first of them begin
    each: np.ndarray  # int64[l]: ties of each person
    key: np.ndarray  # uint64[l]
    linked: np.ndarray  # bool[lists, l]: whether a contact list reads the layer


def no_comings(n_behaviours: int) -> Comings:
    """Return comings without anybody."""
    return Comings(
        np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.bool_), np.empty((0, n_behaviours), np.uint8)
    )


class Log(NamedTuple):
    """Room for events; `room` 0 means that none are kept, a `sender` of size 0 that nobody asks from whom."""

    tick: np.ndarray  # int64[room]
    person: np.ndarray  # int32[room]
    left: np.ndarray  # int16[room]: state left, numbered over all behaviours
    entered: np.ndarray  # int16[room]
    cause: np.ndarray  # int16[room]: number of the transition
    sender: np.ndarray  # int32[room]: the contact or group member whom the ring found, -1: none
    layer: np.ndarray  # int16[room]: the layer of the tie between them, -1: none, or several pooled


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
    bucket: np.ndarray  # uint64[BUCKETS + 1]
    slab: np.ndarray  # int64[c]: number of the slab whose rings are here
    listed: np.ndarray  # int64[RINGS]
    scale: np.ndarray  # float64[c, RINGS]: the slot's multiplier
    scale_back: np.ndarray  # float64[c, RINGS]: the same for the other direction (EITHER)


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
        bucket=np.zeros(BUCKETS + 1, np.uint64),
        slab=np.zeros(n_clocks, np.int64),
        listed=np.empty(RINGS, np.int64),
        scale=np.ones((n_clocks, RINGS)),
        scale_back=np.ones((n_clocks, RINGS)),
    )
