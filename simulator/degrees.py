"""Networks in which it is given how many contacts everybody has: equally many, or as a column says."""

from __future__ import annotations

import numpy as np

from simulator import wiring
from simulator.errors import Problem, SpecError
from simulator.generating import networks, people_in_words
from simulator.population import Column
from simulator.streams import stream_key


@networks.add("random_regular")
def random_regular(n: int, key: int, *, degree: int) -> np.ndarray:
    """Everybody has equally many contacts, drawn at random: the comparator of a lattice, without its triangles.

    Everybody's ends of ties are paired at random (Bollobás 1980, doi:10.1016/S0195-6698(80)80030-8). Each tie to
    oneself or to a contact is then switched with a tie drawn uniformly, so that all degrees stay and no new one
    arises (McKay & Wormald 1990, doi:10.1016/0196-6774(90)90029-E): about degree**2 / 4 of all ties, however many
    people there are. All such networks are then nearly equally likely (not so
    below about 20 people). Where more than half of all others are to be
    contacts, those who are not are drawn instead. Time grows in proportion to n, and memory too.

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        64-bit key of the random stream.
    degree : int
        Contacts of every person; below `n`, and n * degree is even.

    Returns
    -------
    int32[n * degree / 2, 2]

    Raises
    ------
    SpecError
        If there is no such network, or n * degree is 2**32 or more.
    """
    problem = regular_problem(n, degree)
    if problem is not None:
        raise SpecError(problem)
    return _wired(np.full(n, int(degree)), False, key)


def regular_problem(n: int | None, degree: float) -> Problem | None:
    """Say why n people (None: not known) cannot have `degree` contacts each; None: they can."""
    if not degree >= 0 or degree % 1 != 0:
        return Problem(f"degree is {degree:g}; it is a number of contacts", ("degree",), "allowed: 0, 1, 2, …")
    if n is None or degree == 0:
        return None
    if degree >= n:
        hint = f"at most {n - 1}" if n else ""
        return Problem(f"{people_in_words(n)} cannot have {degree:g} contacts each", ("degree",), hint)
    if n * degree % 2:
        hint = "make one of the two numbers even"
        return Problem(
            f"{people_in_words(n)} cannot have {degree:g} contacts each: a tie has two ends, "
            f"and {n * degree:,.0f} is odd",
            ("degree",),
            hint,
        )
    if n * degree >= 2**32:
        return Problem(f"{n * degree / 2:.3g} ties are too many", ("degree",), f"at most {2**31:,}")
    return None


@networks.add("degrees")
def degrees(n: int, key: int, *, column: Column) -> np.ndarray:
    """Everybody has as many contacts as a column says, drawn at random: the comparator that keeps the degrees.

    The configuration model without ties to oneself and without double ones. Ends of ties are paired at random, and bad
    ties are switched away, as in `random_regular`. That favours some networks, the more so the more contacts differ (a
    fifth too many triangles among heavy-tailed contacts of 1,000 people). So random switches follow, 1,000 for each bad
    tie and up to three for each tie there is: they keep everybody's number of contacts, and in the long run all
    networks come equally often (Fosdick et al. 2018, doi:10.1137/16M1087175).

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        64-bit key of the random stream.
    column : Column
        How many contacts each person has: numbers, rounded (halves up), or categories that are whole numbers. Where
        they add up to an odd number, one of those who want most, drawn at random, has one contact fewer.

    Returns
    -------
    int32[n_ties, 2]

    Raises
    ------
    SpecError
        If a number is missing or negative, if no network has these numbers, or ties are 2**31 or more.
    """
    wanted = wanted_contacts(column)
    problem = degrees_problem(wanted)
    if problem is not None:
        raise SpecError(problem)
    if wanted.sum() % 2:
        most = np.flatnonzero(wanted == wanted.max())
        wanted[most[wiring.places(most.size, 1, 0, np.uint64(stream_key(key, "odd")))]] -= 1
    return _wired(wanted, True, key)


def wanted_contacts(column: Column) -> np.ndarray:
    """Return int64[n_persons]: how many contacts everybody wants, read from a column as `degrees` does."""
    values = column.values
    if column.categories is not None:
        words = [name for name in column.categories if not name.isdecimal()]
        if words:
            message = f"`{column.name}` holds words, such as `{words[0]}`, not numbers of contacts"
            raise SpecError(Problem(message, ("column",), "a column of numbers, or categories such as 0, 1 and 5"))
        values = np.array([*map(float, column.categories), np.nan])[values]  # code -1 reads the last
    missing = int(np.isnan(values).sum())
    if missing:
        message = f"`{column.name}` is missing for {people_in_words(missing)} of {values.size:,}"
        raise SpecError(Problem(message, ("column",), "fill the column in, or leave them out by `population.where`"))
    rounded = np.floor(values + 0.5)
    if rounded.size and rounded.min() < 0:
        message = f"`{column.name}` goes down to {values.min():g}; nobody has fewer than 0 contacts"
        raise SpecError(Problem(message, ("column",), "a column that is drawn may have `min: 0`"))
    if rounded.size and rounded.max() >= rounded.size:
        n = people_in_words(values.size)
        message = (
            f"`{column.name}` goes up to {values.max():g}; of {n}, nobody can have more than {values.size - 1} contacts"
        )
        raise SpecError(Problem(message, ("column",), "a column that is drawn may have a `max`"))
    return rounded.astype(np.int64)


def degrees_problem(wanted: np.ndarray) -> Problem | None:
    """Say why there is no network with these numbers of contacts, int64[n] in [0, n); None: there is one.

    The theorem of Erdős & Gallai (1960): the k people who want most can be tied among themselves, k (k - 1) ends, and
    each of the others can take at most k of their ties. An odd sum is first made even, as `degrees` does.
    """
    falling = np.sort(wanted)[::-1]
    total = int(falling.sum())
    if total >= 2**32:
        return Problem(f"{total / 2:.3g} ties are too many", ("column",), f"at most {2**31:,}")
    if total % 2:  # one who wants most gives way: the last of them, so that the order stays
        falling = falling.copy()
        falling[np.flatnonzero(falling == falling[0])[-1]] -= 1
    k = np.arange(1, falling.size + 1)
    sums = np.concatenate([[0], np.cumsum(falling)])
    # The others who want k or more come before those who want fewer.
    full = np.maximum(np.searchsorted(-falling, -k, side="right"), k)
    most = k * (k - 1) + k * (full - k) + sums[-1] - sums[full]
    wrong = np.flatnonzero(sums[1:] > most)
    if not wrong.size:
        return None
    first = int(wrong[0])
    who = "the person who wants" if first == 0 else f"the {first + 1:,} people who want"
    return Problem(
        f"there is no network with these numbers of contacts: {who} most cannot have {sums[first + 1]:,} together, "
        f"but {most[first]:,} at most, since all others want too few",
        ("column",),
        "a tie needs two people who want it",
    )


def _wired(wanted: np.ndarray, washed: bool, key: int) -> np.ndarray:
    """Return int32[n_ties, 2], sorted, with these numbers of contacts, int64[n]: of each two people, tied or not."""
    n = wanted.size
    dense = 2 * int(wanted.sum()) > n * (n - 1)  # then those who are not contacts are drawn
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(n - 1 - wanted if dense else wanted, out=starts[1:])
    contacts = wiring.paired(starts, washed, np.uint64(key))
    return wiring.all_but(starts, contacts) if dense else wiring.rows_of(starts, contacts)
