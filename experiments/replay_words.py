"""A replay in plain words: what happened and through whom, the chains of influence, and one life in two arms."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.replay import Replay
from experiments.wording import aligned, listed, number, percent, plain_label, plural, plural_unit
from simulator.errors import SpecError, allowed_words
from simulator.outcomes import read
from simulator.units import TICK_BITS

if TYPE_CHECKING:
    import networkx as nx

MOST_NAMED = 5
"""Contacts that a sentence names; of more it gives the number."""

SHOWN_CHAINS = 3
SHOWN_LINES = 60
"""Lines of one chain that are printed."""

SHOWN_PEOPLE = 10


def summary_lines(replayed: Replay) -> list[str]:
    """Say how many changes of state came about how, and who influenced most."""
    events = replayed.events
    unit, horizon = replayed.time_unit, replayed.trajectory.horizon * 2.0**-TICK_BITS
    through = int((events["contacts"] > 0).sum())
    lines = [
        f"replicate {replayed.replicate} of {replayed.trial.scenario.name}, arm {replayed.arm}: "
        f"{plural(len(events), 'change')} of state in {_time(horizon)} {plural_unit(horizon, unit)}, "
        f"{number(through, 0)} of them through contacts"
    ]
    kinds = events.groupby(["how", "cause", "behaviour", "left", "entered"], sort=False)["contacts"]
    rows = [
        (
            number(len(contacts), 0),
            f"{behaviour}: {left} → {entered}",
            _by_what(str(how), str(cause)),
            f"{percent(float((contacts > 0).mean()))} through contacts" if (contacts > 0).any() else "",
        )
        for (how, cause, behaviour, left, entered), contacts in kinds
    ]
    lines += aligned(rows, right=1)
    most = replayed.influences.groupby("source")["share"].agg(["sum", "size"])
    if len(most):
        most = most.sort_values("sum", ascending=False, kind="stable").head(SHOWN_PEOPLE)
        lines += ["", "who influenced most (changes of others' states that came through them):"]
        lines += aligned([(str(person), _figure(float(row["sum"]))) for person, row in most.iterrows()], right=0)
    return lines


def chain_lines(replayed: Replay, most: int = SHOWN_CHAINS) -> list[str]:
    """Draw the largest chains of influence as trees: what somebody was at the start, or became, and what came of it."""
    import networkx as nx

    forest = replayed.tree()
    roots = [node for node, degree in forest.in_degree() if degree == 0]
    if not roots:
        return ["nobody influenced anybody"]
    sizes = {root: 1 + len(nx.descendants(forest, root)) for root in roots}
    largest = sorted(roots, key=lambda root: (-sizes[root], forest.nodes[root]["time"], root))[:most]
    counts = Counter(sizes.values())
    lines = [
        f"{plural(len(roots), 'chain')} of influence; the largest has {plural(max(counts), 'event')}"
        + (f", {number(counts[2], 0)} have 2" if counts[2] and max(counts) > 2 else "")
    ]
    for root in largest:
        drawn = list(itertools.islice(_drawn(forest, root, replayed.time_unit), SHOWN_LINES + 1))
        lines += ["", *drawn[:SHOWN_LINES]]
        if len(drawn) > SHOWN_LINES:
            lines.append(f"… and {plural(sizes[root] - SHOWN_LINES, 'event')} more")
    return lines


def life_lines(control: Replay, other: Replay, person: str) -> list[str]:
    """Tell one person's life in two arms of the same replicate, and where the two part.

    Raises
    ------
    SpecError
        If there is no such person.
    """
    place = place_of(control, person)
    lines = [_introduction(control, place)]
    lives = [_life(replayed, place) for replayed in (control, other)]
    for replayed, life in zip((control, other), lives, strict=True):
        lines += [
            "",
            f"{replayed.arm} (times in {plural_unit(0, control.time_unit)})",
            *aligned([(f"  {_time(time)}", text) for time, text in life], right=1),
        ]
    lines += ["", _comparison(control, other, lives), *_outcomes(control, other, place)]
    return lines


def place_of(replayed: Replay, person: str) -> int:
    """Return somebody's place in the order of ids.

    Raises
    ------
    SpecError
    """
    ids = replayed.world.population.ids
    texts = list(map(str, ids.tolist()))
    if person not in texts:
        around = f"ids run from {texts[0]} to {texts[-1]}" if ids.dtype.kind == "i" else allowed_words(person, texts)
        raise SpecError(f"there is no person `{person}`; {around}")
    return texts.index(person)


def _introduction(replayed: Replay, place: int) -> str:
    people = replayed.world.population
    known = []
    for name, column in people.columns.items():
        value = column.values[place]
        if column.categories is not None:
            known += [f"{name} {column.categories[value]}"] if value >= 0 else []
        elif not np.isnan(value):
            known.append(f"{name} {value:g}")
    ties = []
    for layer in replayed.world.network.layers.values():
        contacts = int((layer.ties == place).sum())
        ties += [f"{contacts} in {layer.name}"] if layer.n_ties else []
    about = [*known, f"ties at the start: {listed(ties)}" if ties else "no ties at the start"]
    return f"person {people.ids[place]} ({', '.join(about)}), replicate {replayed.replicate}"


def _life(replayed: Replay, place: int) -> list[tuple[float, str]]:
    """Return what happened to somebody, in order, with the time of each."""
    trajectory, world = replayed.trajectory, replayed.world
    began = [
        f"{behaviour.name} {behaviour.states[code]}"
        for behaviour, code in zip(world.behaviours.values(), trajectory.start[place], strict=True)
        if code < len(behaviour.states)
    ]
    told: list[tuple[float, int, str]] = [(0.0, 0, ", ".join(began) or "not there yet")]
    told += [
        (offer.tick * 2.0**-TICK_BITS, 1, f"is offered {plain_label(offer.intervention)}")
        for offer in trajectory.offers
        if place in offer.persons
    ]
    mine = np.flatnonzero(trajectory.events().person == place)
    influences = replayed.influences[replayed.influences["event"].isin(mine)]
    for row in replayed.events.iloc[mine].to_dict("records"):
        through = _through(row, influences.loc[influences["event"] == row["event"], "source"].tolist())
        told.append(
            (row["time"], 2, f"{row['behaviour']}: {row['left']} → {row['entered']}, "
             f"{_by_what(row['how'], row['cause'])}{through}")
        )  # fmt: skip
    told.sort(key=lambda each: each[:2])
    return [(time, text) for time, _, text in told]


def _through(row: Any, sources: Sequence[Any]) -> str:
    if not sources:
        return ""
    if len(sources) == 1:
        return f", through {sources[0]}" + (f" ({row['layer']})" if row["layer"] else "")
    named = listed([str(source) for source in sources[:MOST_NAMED]])
    rest = f" and {len(sources) - MOST_NAMED} more" if len(sources) > MOST_NAMED else ""
    return f", {len(sources)} contacts counting: {named}{rest}"


def _comparison(control: Replay, other: Replay, lives: Sequence[Sequence[tuple[float, str]]]) -> str:
    one, two = lives
    if list(one) == list(two):
        return f"Both lives are the same to the end: nothing in {other.arm} reached this person."
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    parting = min((life[same][0] for life in (one, two) if len(life) > same), default=0.0)
    if parting == 0:
        return "The two lives part at the start."
    unit = plural_unit(parting, control.time_unit)
    return f"The two lives are the same until they part at {_time(parting)} {unit}."


def _outcomes(control: Replay, other: Replay, place: int) -> Iterator[str]:
    """Say what each outcome that adds up over people is for this person, in either arm."""
    mask = np.zeros(control.trajectory.n_persons, bool)
    mask[place] = True
    for name, measure in control.trial.measures.items():
        values = [read(measure, replayed.world, replayed.trajectory) for replayed in (control, other)]
        if all(value.splits for value in values) and values[0].over(mask).people:
            one, two = (value.over(mask).value for value in values)
            yield f"{plain_label(name)}: {_figure(one)} in {control.arm}, {_figure(two)} in {other.arm}"


def _drawn(forest: nx.DiGraph, root: int, unit: str) -> Iterator[str]:
    """Yield the lines of a tree, top down."""
    waiting: list[tuple[int, str, str]] = [(root, "", "")]
    while waiting:
        node, lead, below = waiting.pop()
        fact = forest.nodes[node]
        if fact["how"] == "start":
            said = f"{fact['person']}: {fact['behaviour']} {fact['entered']} at the start"
        else:
            what = f"{fact['behaviour']} {fact['left']} → {fact['entered']}"
            said = f"{fact['person']}: {what} at {_time(fact['time'])} {plural_unit(fact['time'], unit)}"
            said += f" ({_by_what(fact['how'], fact['cause'])}{', ' + fact['layer'] if fact['layer'] else ''})"
        yield lead + said
        children = sorted(forest.successors(node))
        for child in reversed(children):
            end = child == children[-1]
            waiting.append((child, below + ("└─ " if end else "├─ "), below + ("   " if end else "│  ")))


def _by_what(how: str, cause: str) -> str:
    words = {"intervention": f"by {plain_label(cause)}", "enters": "on entering", "leaves": "on leaving"}
    return words.get(how, plain_label(cause))


def _figure(value: float) -> str:
    return number(value, 0) if value == round(value) else number(value)


def _time(time: float) -> str:
    return f"{time:.2f}".rstrip("0").rstrip(".")
