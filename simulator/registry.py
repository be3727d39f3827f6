"""Named things that a scenario may ask for by name, and that a third-party package may add to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from simulator.errors import SpecError, allowed_words

T = TypeVar("T")


class Registry(Generic[T]):
    """A table from a name to a thing with a one-line help; plug-ins join it by entry point.

    Parameters
    ----------
    what : str
        What is registered, for error messages: "targeting rule".
    group : str
        Entry-point group read on first use: ``netrial.targets``.
    """

    def __init__(self, what: str, group: str) -> None:
        self.what = what
        self.group = group
        self._things: dict[str, T] = {}
        self._plugins_read = False

    def add(self, name: str) -> Callable[[T], T]:
        """Register a thing under `name`; use as a decorator."""

        def register(thing: T) -> T:
            if name in self._things and self._things[name] is not thing:
                raise ValueError(f"two {self.what}s are named `{name}`")
            self._things[name] = thing
            return thing

        return register

    def _read_plugins(self) -> None:
        if not self._plugins_read:
            for point in sorted(entry_points(group=self.group), key=lambda point: point.name):
                self.add(point.name)(point.load())
            self._plugins_read = True

    def __getitem__(self, name: str) -> T:
        self._read_plugins()
        if name not in self._things:
            raise SpecError(f"unknown {self.what} `{name}`; {allowed_words(name, self.names())}")
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        self._read_plugins()
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """Return all names, sorted."""
        self._read_plugins()
        return sorted(self._things)

    def help(self, name: str) -> str:
        """Return the first line of the thing's docstring."""
        return (self[name].__doc__ or "").strip().split("\n")[0]
