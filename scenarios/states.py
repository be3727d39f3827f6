"""States by name: what `obese`, `advocacy.champion` or [light, heavy] mean in a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.behaviour import Source
from simulator.errors import Problem, SpecError, allowed_words


def resolve(states: Any, behaviours: Mapping[str, tuple[str, ...]], own: str | None = None) -> Source:
    """Find the states that are meant.

    Parameters
    ----------
    states : str, sequence of str, or mapping of str to float
        As written.
    behaviours : mapping of str to tuple of str
        All behaviours and their states.
    own : str, optional
        Behaviour that a bare state belongs to. None: the only one that has such a state.

    Returns
    -------
    Source
        States of one behaviour, with weights where they are given and differ from 1.

    Raises
    ------
    SpecError
        Places are relative: ``()`` for a single state, ``(1,)`` or ``("heavy",)`` in a list or mapping.
    """
    if isinstance(states, str):
        return Source(*_one(states, behaviours, own, ()))
    words = list(states)
    found = [_one(word, behaviours, own, (word if isinstance(states, Mapping) else i,)) for i, word in enumerate(words)]
    first = found[0][0]
    for i, (behaviour, _) in enumerate(found):
        if behaviour != first:
            place = (words[i] if isinstance(states, Mapping) else i,)
            message = f"`{words[i]}` is a state of `{behaviour}`, `{words[0]}` one of `{first}`"
            raise SpecError(Problem(message, place, "states that are counted together are of one behaviour"))
    distinct = tuple(dict.fromkeys(state for _, named in found for state in named))
    if not isinstance(states, Mapping):
        return Source(first, distinct)
    given = {named[0]: float(weight) for (_, named), weight in zip(found, states.values(), strict=True)}
    if all(weight == 1 for weight in given.values()):
        return Source(first, distinct)
    return Source(first, distinct, tuple(given[state] for state in distinct))


def _one(
    word: str, behaviours: Mapping[str, tuple[str, ...]], own: str | None, place: tuple[str | int, ...]
) -> tuple[str, tuple[str]]:
    behaviour, dot, state = word.partition(".")
    if not dot:
        behaviour, state = _behaviour_with(word, behaviours, own, place), word
    if behaviour not in behaviours:
        hint = allowed_words(behaviour, list(behaviours))
        raise SpecError(Problem(f"no behaviour is named `{behaviour}`", place, hint))
    if state not in behaviours[behaviour]:
        hint = allowed_words(state, behaviours[behaviour])
        raise SpecError(Problem(f"`{state}` is no state of `{behaviour}`", place, hint))
    return behaviour, (state,)


def _behaviour_with(
    state: str, behaviours: Mapping[str, tuple[str, ...]], own: str | None, place: tuple[str | int, ...]
) -> str:
    if own is not None:
        return own
    having = [name for name, states in behaviours.items() if state in states]
    if len(having) == 1:
        return having[0]
    everything = [f"{name}.{one}" for name, states in behaviours.items() for one in states]
    if having:
        said = f"`{state}` is a state of {' and '.join(f'`{name}`' for name in having)}"
        raise SpecError(Problem(said, place, f"write `{having[0]}.{state}`"))
    message = f"no behaviour has a state `{state}`"
    raise SpecError(Problem(message, place, allowed_words(state, everything)))
