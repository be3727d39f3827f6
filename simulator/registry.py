"""Named things that a scenario may ask for by name, and that a third-party package may add to by entry point.

A plug-in is imported when a scenario asks for its word, or when its help is read; so one that cannot be imported is in
nobody's way who does not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from simulator.errors import Problem, SpecError, allowed_words

T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Plugin:
    """A word that a package brings.

    Parameters
    ----------
    group, name : str
        Entry-point group, and the word: ``netrial.targets``, ``closeness``.
    package, version : str
        Of the distribution that brings it.
    """

    group: str
    name: str
    package: str
    version: str


class Registry(Generic[T]):
    """A table from a name to a thing with a one-line help; plug-ins join it by entry point.

    Parameters
    ----------
    what : str
        What is registered, for error messages: "targeting rule".
    group : str, optional
        Entry-point group: ``netrial.targets``. None: no package can add to it.
    """

    def __init__(self, what: str, group: str | None = None) -> None:
        self.what = what
        self.group = group
        self._things: dict[str, T] = {}
        self._loaded: dict[str, T] = {}
        self._points_found: dict[str, list[EntryPoint]] | None = None

    def add(self, name: str) -> Callable[[T], T]:
        """Register a thing under `name`; use as a decorator."""

        def register(thing: T) -> T:
            if name in self._things and self._things[name] is not thing:
                raise ValueError(f"two {self.what}s are named `{name}`")
            self._things[name] = thing
            return thing

        return register

    @property
    def _points(self) -> dict[str, list[EntryPoint]]:
        if self._points_found is None:
            found: dict[str, list[EntryPoint]] = {}
            for point in entry_points(group=self.group) if self.group else ():
                found.setdefault(point.name, []).append(point)
            self._points_found = found
        return self._points_found

    def __getitem__(self, name: str) -> T:
        points = self._points.get(name, [])
        packages = [*(["netrial"] if name in self._things else []), *map(_package, points)]
        if len(packages) > 1:
            said = " and ".join(f"`{package}`" for package in packages)
            hint = "uninstall one of them, or ask its author to rename it"
            raise SpecError(Problem(f"the {self.what} `{name}` comes from two packages: {said}", hint=hint))
        if name in self._things:
            return self._things[name]
        if not points:
            raise SpecError(f"unknown {self.what} `{name}`; {allowed_words(name, self.names())}")
        if name not in self._loaded:
            self._loaded[name] = _load(points[0])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things or name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """Return all names, sorted; no plug-in is imported for it."""
        return sorted({*self._things, *self._points})

    def help(self, name: str) -> str:
        """Return the first line of the thing's docstring."""
        return (self[name].__doc__ or "").strip().split("\n")[0]

    def plugin(self, name: str) -> Plugin | None:
        """Return which package brings a name; None for what comes with netrial."""
        for point in self._points.get(name, []):
            return Plugin(str(self.group), name, _package(point), point.dist.version if point.dist else "unknown")
        return None


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _load(point: EntryPoint) -> Any:
    """Import what an entry point names."""
    try:
        return point.load()
    except Exception as error:  # a plug-in may fail in any way, and it must be said which one did
        message = f"the plug-in `{point.name}` of the package `{_package(point)}` cannot be imported"
        said = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
        hint = f"entry point {point.group}: {point.name} = {point.value}; {said}"
        raise SpecError(Problem(message, hint=hint)) from error
