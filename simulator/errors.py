"""Every way netrial says no: one problem, and the exceptions that carry problems to the command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where.

    Parameters
    ----------
    message : str
        What was found, as a sentence without a full stop.
    place : tuple of str and int
        Location in the scenario, from the top: ``("behaviours", "obesity", "states")``. Empty: the whole.
    hint : str, optional
        What is allowed, or the way out.
    on_key : bool
        Whether the key at `place` is wrong, rather than its value.
    """

    message: str
    place: Place = ()
    hint: str = ""
    on_key: bool = False

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.place)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}. {self.hint}" if self.hint else text


class NetrialError(Exception):
    """Anything that netrial itself refuses; the command line prints it without a traceback."""

    exit_code = 1


class SpecError(NetrialError):
    """A scenario, an option or an argument cannot be run as it is; carries all problems found."""

    exit_code = 2

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotBuiltError(SpecError):
    """A key of the grammar is valid but not built yet."""


class StoreError(NetrialError):
    """A results folder belongs to another scenario, or is damaged."""

    exit_code = 3


def words_of(given: object, what: str, example: str) -> list[str]:
    """Return words that Python code gave as a list of any kind; a word alone would else be taken letter by letter.

    Raises
    ------
    SpecError
        If `given` is no list, or not one of words.
    """
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else None
    if listed is None or not all(isinstance(each, str) for each in listed):
        hint = f'write {what}=["{given}"]' if isinstance(given, str) else f"an example: {what}={example}"
        raise SpecError(Problem(f"`{what}` is a list of words, found {found_in(given)}", hint=hint))
    return listed


def found_in(given: object) -> str:
    """Say what Python code gave, in a message: its type, and its value where that is plain and short."""
    kind, shown = type(given).__name__, repr(given)
    plain = isinstance(given, str | bytes | int | float | list | tuple | set | dict) and len(shown) <= 60
    return "None" if given is None else f"the {kind} {shown}" if plain else f"a value of type {kind}"


def nearest(word: str, allowed: Sequence[str]) -> str | None:
    """Return the allowed word most like `word`, or None if none is near."""
    lowered = {name.lower(): name for name in reversed(allowed)}
    near = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def allowed_words(word: object, allowed: Sequence[str], *, most: int = 12) -> str:
    """Say what is allowed instead of `word`, the nearest right word first; Python code may give something else."""
    near = nearest(word, allowed) if isinstance(word, str) else None
    listed = ", ".join(allowed[:most]) + (f" and {len(allowed) - most} more" if len(allowed) > most else "")
    spaced = ", with its space" if near and near != near.strip() else ""
    said = f"did you mean `{near}`{spaced}? " if near else ""
    return said + (f"allowed: {listed}" if allowed else "none is defined")


def allowed_columns(name: str, columns: Sequence[str]) -> str:
    """Say which columns a file has, and that its first line names them where that seems not to be known."""
    hint = allowed_words(name, columns)
    headless = any(column.strip().lstrip("-").replace(".", "", 1).isdigit() for column in columns[:2])
    return f"{hint}; the first line of the file must name its columns" if headless else hint
