"""Random words: known answers, distinct streams, uniform slots, exact Poisson counts.

Chi-square checks reject at p < 1e-4 (seeds are fixed); each is shown to reject a generator that is subtly wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from naive import philox as naive_philox
from naive import poisson_thresholds, rings_of_slab
from scipy import stats
from towns import random_case

from simulator.clocks import MOST_LEVEL, ClockName, poisson_table, slab_shift
from simulator.engine import plan_clocks
from simulator.kernel import RINGS, _draw_slab, _philox, philox_words
from simulator.streams import Draw, first_of, scale, stream_key

# Random123's kat_vectors for philox4x32-10: counter, key, answer.
KNOWN = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_known_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, ...]
) -> None:
    whole_key = key[1] << 32 | key[0]
    assert naive_philox(whole_key, counter) == answer
    words = _philox(np.uint64(whole_key), *(np.uint64(word) for word in counter))
    assert tuple(int(word) for word in words) == answer
    index = np.array([counter[1] << 32 | counter[0]], np.uint64).view(np.int64)
    word = philox_words(np.uint64(whole_key), index, np.uint32(counter[2]), np.uint32(counter[3]))
    assert int(word[0]) == answer[0] << 32 | answer[1]


def test_names_are_told_apart() -> None:
    names: list[tuple[str | int, ...]] = [
        ("a", "bc"), ("ab", "c"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c"), (1,), ("1",), (1, 1), (11,),
        (-1,), ("i", 1), ("é",), ("e\u0301",), (2**64,), (),
    ]  # fmt: skip
    keys = [stream_key(*name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(0 <= key < 2**64 for key in keys)
    assert stream_key("a", "bc") == stream_key("a", "bc")
    joined = [hash("".join(map(str, name))) for name in names]
    assert len(set(joined)) < len(names), "without lengths these names would clash"


def clock_names() -> list[ClockName]:
    """Return names of every kind: several worlds, layers, segments, strata, and all levels."""
    names: set[ClockName] = set()
    for seed in range(4):
        case = random_case(seed, n_persons=8, n_behaviours=2, scales=(1.0, 40.0))
        names |= {clock.name for clock in plan_clocks(case.world).clocks}
    some = sorted(names)[:12]
    some += [name._replace(segment=f"buddies/{k}/0") for k, name in enumerate(some[:4])]
    return [name._replace(level=level) for name in some for level in (0, 1, 2, MOST_LEVEL)]


def first_words(names: list[ClockName], draw_of: Callable[[int, int], Draw]) -> list[int]:
    """First word of every clock's stream over seeds 1-10 x 100 replicates."""
    zero = np.zeros(1, np.int64)
    words = []
    for seed in range(1, 11):
        for replicate in range(100):
            draw = draw_of(seed, replicate)
            for name in names:
                key = np.uint64(draw.key("clock", *name))
                words.append(int(philox_words(key, zero, np.uint32(0), np.uint32(0xFFFFFFFF))[0]))
    return words


def test_all_streams_differ() -> None:
    """No two streams begin with the same 64-bit word, over seeds, replicates and clocks."""
    names = clock_names()
    assert len(set(names)) == len(names) >= 50
    words = first_words(names, lambda seed, replicate: Draw(seed, number=replicate))
    assert len(words) == 1000 * len(names)
    assert len(set(words)) == len(words)
    added = first_words(names[:1], lambda seed, replicate: Draw(seed + replicate))
    assert len(set(added)) == 109, "seed + replicate makes 109 worlds of 1,000"


def test_what_else_a_stream_is_named_by() -> None:
    draws = [
        Draw(1), Draw(1, number=1), Draw(1, draw=1), Draw(1, "network"), Draw(1, "network", 1),
        Draw(2), Draw(11), Draw(1, number=11), Draw(1, number=1, draw=1),
    ]  # fmt: skip
    purposes: list[tuple[str | int, ...]] = [
        ("uptake", "a", 0), ("uptake", "a", 1), ("uptake", "b", 0), ("rank", "a", 0), ("clock", "uptake", "a", 0)
    ]  # fmt: skip
    words = [int(word) for draw in draws for name in purposes for word in draw.words(*name, n=3, k=1)]
    words += [int(word) for draw in draws for name in purposes for word in draw.words(*name, n=3)]
    words += [int(word) for draw in draws for word in draw.words_at("uptake", indices=np.arange(3), attempt=1)]
    assert len(set(words)) == len(words)


def test_a_word_does_not_depend_on_how_many_are_drawn() -> None:
    draw = Draw(5, number=3)
    many = draw.words("uptake", "x", 0, n=1000, k=2, attempt=1)
    assert np.array_equal(draw.words("uptake", "x", 0, n=10, k=2, attempt=1), many[:10])
    some = np.array([[999, 0], [7, 7]])
    at = draw.words_at("uptake", "x", 0, indices=some, k=2, attempt=1)
    assert np.array_equal(at, many[some])
    negative = draw.words_at("x", indices=np.array([-1]))
    x0, x1, _, _ = naive_philox(draw.key("x"), (0xFFFFFFFF, 0xFFFFFFFF, 0, 0))
    assert int(negative[0]) == x0 << 32 | x1
    assert draw.words("x", n=0).size == 0
    uniforms = draw.uniforms("x", n=10_000)
    assert uniforms.min() >= 0
    assert uniforms.max() < 1
    assert stats.kstest(uniforms, "uniform").pvalue > 1e-4
    assert stats.kstest(uniforms**1.1, "uniform").pvalue < 1e-4
    assert sorted(draw.order("x", n=100).tolist()) == list(range(100))


def test_scale_is_the_high_half_of_the_product() -> None:
    words = Draw(1).words("scale", n=2000)
    edges = np.array([0, 1, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1], np.uint64)
    words = np.concatenate([words, edges])
    for size in (1, 2, 3, 1000, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 5_000_000_000, 2**62, 2**63 - 1):
        exact = [int(word) * size >> 64 for word in words]
        assert scale(words, size).tolist() == exact
    sizes = np.arange(1, words.size + 1)
    assert scale(words, sizes).tolist() == [
        int(word) * int(size) >> 64 for word, size in zip(words, sizes, strict=True)
    ]


# --- slots, places and marks ------------------------------------------------------------------------------------


def drawn(n_slots: int, n_slabs: int, mean: float = 250.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw many slabs of one clock; return all places, slots and marks, and how many rings each slab has."""
    places, slots, marks = np.empty(RINGS, np.uint64), np.empty(RINGS, np.int64), np.empty(RINGS, np.uint32)
    table, key = poisson_table(mean), np.uint64(Draw(3).key("clock", "slots", n_slots))
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for slab in range(-n_slabs // 2, n_slabs - n_slabs // 2):
        n = _draw_slab(key, np.int64(slab), table, np.uint64(n_slots), places, slots, marks)
        assert np.array_equal(places[:n] & np.uint64(0xFFFFFFFF), np.arange(n, dtype=np.uint64))
        found.append(((places[:n] >> np.uint64(32)).astype(np.int64), slots[:n].copy(), marks[:n].astype(np.int64)))
    joint = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return joint[0], joint[1], joint[2], np.array([part[0].size for part in found])


def uniform_p(values: np.ndarray, size: int, bins: int = 1000) -> float:
    """p of the chi-square test that integers are uniform on [0, size), in bins of nearly equal width."""
    edges = [-(-size * k // bins) for k in range(bins + 1)]
    counts = np.histogram(values, np.array(edges))[0]
    assert counts.sum() == values.size
    return float(stats.chisquare(counts, np.diff(edges) / size * values.size).pvalue)


@pytest.mark.parametrize("n_slots", [10**6, 5 * 10**9])
def test_slots_are_uniform(n_slots: int) -> None:
    place, slot, mark, _ = drawn(n_slots, 4000)
    assert slot.min() >= 0
    assert slot.max() < n_slots
    assert uniform_p(slot, n_slots) > 1e-4
    assert uniform_p(slot % 1000, 1000) > 1e-4, "the low digits of slots"
    assert uniform_p(place, 2**32) > 1e-4
    assert uniform_p(mark, 2**32) > 1e-4
    for one, size in ((place, 2**32), (mark, 2**32)):  # slots are independent of places and of marks
        cells = (slot * 32 // n_slots) * 32 + one * 32 // size
        assert uniform_p(cells, 1024, bins=1024) > 1e-4
    cells = (place * 32 >> 32) * 32 + (mark * 32 >> 32)
    assert uniform_p(cells, 1024, bins=1024) > 1e-4

    if n_slots > 2**32:
        assert uniform_p(mark % n_slots, n_slots) < 1e-4, "a 32-bit word does not reach all slots"
    else:
        assert uniform_p(mark % 2**20 % n_slots, n_slots) < 1e-4, "a remainder favours low slots"
    from_mark = (mark * (n_slots / 2**32)).astype(np.int64)
    assert uniform_p((from_mark * 32 // n_slots) * 32 + mark * 32 // 2**32, 1024, bins=1024) < 1e-4, "one word twice"


@pytest.mark.parametrize("n_slots", [1, 7, 10**6, 2**32 - 1, 2**32, 5 * 10**9])
def test_slabs_are_the_naive_ones(n_slots: int) -> None:
    """Counter words, multiply-high and two's complement as in DESIGN §3, in Python ints."""
    places, slots, marks = np.empty(RINGS, np.uint64), np.empty(RINGS, np.int64), np.empty(RINGS, np.uint32)
    key = Draw(3).key("clock", "naive")
    for slab in (0, 1, -1, -(2**40), 2**33 + 5):
        n = _draw_slab(np.uint64(key), np.int64(slab), poisson_table(9.5), np.uint64(n_slots), places, slots, marks)
        rings = [(int(p) >> 32, int(s), int(m)) for p, s, m in zip(places[:n], slots[:n], marks[:n], strict=True)]
        assert tuple(rings) == rings_of_slab(key, slab, 9.5, n_slots)


# --- how many rings ---------------------------------------------------------------------------------------------

MEANS = [1e-6, 0.01, 0.5, 1.0, 1.5, 20.25, 128.0, 200.7, 255.999, 256.0]


@pytest.mark.parametrize("mean", MEANS)
def test_poisson_tables(mean: float) -> None:
    """Thresholds are the distribution function, to a few dozen units of the last place of a double."""
    table = poisson_table(mean).astype(float) / 2.0**64
    exact = stats.poisson.cdf(np.arange(RINGS), mean)
    assert np.max(np.abs(table - exact)) < 5e-14  # scipy's own error, mostly
    assert np.all(np.diff(table) >= 0)
    naive = np.array(poisson_thresholds(mean)[:RINGS], float) / 2.0**64
    assert np.max(np.abs(table[: naive.size] - naive)) < 5e-15
    assert np.max(np.abs(table - stats.poisson.cdf(np.arange(RINGS), mean * 1.000001))) > 5e-14


@pytest.mark.parametrize("mean", [0.3, 9.5, 256.0])
def test_counts_are_poisson(mean: float) -> None:
    counts = drawn(1000, 20_000, mean)[3]

    def p_value(mean: float) -> float:
        cuts = np.unique(stats.poisson.ppf(np.linspace(0.02, 0.98, 25), mean)).astype(int)
        inner = stats.poisson.cdf(cuts, mean)
        expected = np.diff(np.concatenate([[0.0], inner, [1.0]])) * counts.size
        found = Counter(np.searchsorted(cuts, counts).tolist())
        return float(stats.chisquare([found[k] for k in range(cuts.size + 1)], expected).pvalue)

    assert p_value(mean) > 1e-4
    assert p_value(mean * 1.1) < 1e-4


def test_slab_widths() -> None:
    """The widest power of two of the unit, at most 1, at which a clock rings at most 256 times on average."""
    for rate, shift in [(1e-9, 0), (256.0, 0), (256.0001, 1), (512.0, 1), (513.0, 2), (256.0 * 2**20, 20)]:
        assert slab_shift(rate) == shift


@pytest.mark.parametrize("coarse", [1, 2**60, 2**63])
def test_first_of_finds_those_whom_a_whole_order_puts_first(coarse: int) -> None:
    """Also where many words are the same: then the smaller indices come first."""
    words = Draw(1).words("initial", "obesity", n=500) // np.uint64(coarse)
    order = np.argsort(words, kind="stable")
    for share in (0.02, 0.5, 1.0):
        eligible = Draw(2).uniforms("eligible", n=500) < share
        there = order[eligible[order]]
        for k in {0, 1, 2, there.size // 2, there.size - 1, there.size}:
            assert first_of(words, eligible, k).tolist() == sorted(there[:k].tolist())


def test_a_number_of_numpy_names_the_same_stream():
    assert stream_key("replicate", np.int64(3)) == stream_key("replicate", 3) != stream_key("replicate", "3")
