"""People as Mesa agents: views on the model's arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from simulator.errors import NetrialError, Problem, SpecError, allowed_words

if TYPE_CHECKING:
    from simulator.model import ContagionModel

MESAS_OWN = ("model", "unique_id", "pos", "index")
"""Attributes of every person that a column of the same name does not hide."""


class Person(mesa.Agent):
    """One person, seen from Mesa: a view on the model's arrays.

    A behaviour's state now, and the value of a column, can be read by name (``person.obesity``, ``person.age``), so
    that `AgentSet` and `DataCollector` find them; `set_state` changes a state. Other attributes are the modeller's own.

    Parameters
    ----------
    model : ContagionModel
    index : int
        The person's place in the order of ids.
    """

    def __init__(self, model: ContagionModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.unique_id = self.id

    @property
    def id(self) -> Any:
        """The person's id: the file's own, the graph's node, or the number of a generated person."""
        given = self.model.population.ids[self.index]
        return given.item() if isinstance(given, np.generic) else given

    @property
    def present(self) -> bool:
        """Whether the person is there now: people who enter have a view before they do, and after they leave."""
        return bool(self.model.simulation.states[self.index, 0] < len(self.model.behaviours[0].states))

    @property
    def state(self) -> dict[str, str | None]:
        """The state of each behaviour now; None while the person is not there."""
        return _States({behaviour.name: self._state_of(behaviour.name) for behaviour in self.model.behaviours})

    @property
    def columns(self) -> dict[str, float | str | None]:
        """What is known of the person now (columns may age); None where it is missing."""
        return {name: self._value_of(name) for name in self.model.population.columns}

    @property
    def contacts(self) -> list[Person]:
        """Everyone this person has a tie to now, over all layers, as ties were added and rewired so far."""
        return [self.model.people[index] for index in self.model.contacts_now().of(self.index).tolist()]

    def set_state(self, behaviour: str, state: str) -> None:
        """Put the person into a state now; whoever is in it already stays as they are.

        It happens at the current time, after whatever the arm does then; the event log says `trajectory.BY_HAND`.

        Parameters
        ----------
        behaviour, state : str

        Raises
        ------
        SpecError
            If there is no such behaviour or state, or the person is not there.
        """
        behaviours = self.model.world.behaviours
        if behaviour not in behaviours:
            hint = allowed_words(str(behaviour), list(behaviours))
            raise SpecError(Problem(f"there is no behaviour `{behaviour}`", hint=hint))
        states = behaviours[behaviour].states
        if state not in states:
            raise SpecError(Problem(f"`{state}` is no state of `{behaviour}`", hint=allowed_words(str(state), states)))
        if not self.present:
            raise SpecError(f"{self.id} is not there at {self.model.time_now:g}, and so in no state of `{behaviour}`")
        column = self.model.world.column_of(behaviour)
        self.model.simulation.set_by_hand(self.index, column, states.index(state))

    def remove(self) -> None:
        """Refuse: a view can be dropped, a person cannot.

        Raises
        ------
        NetrialError
        """
        raise NetrialError("people are views and cannot be removed; they leave at the rate or dates of the population")

    def _state_of(self, behaviour: str) -> str | None:
        column = self.model.world.column_of(behaviour)
        states = self.model.world.behaviours[behaviour].states
        code = int(self.model.simulation.states[self.index, column])
        return states[code] if code < len(states) else None

    def _value_of(self, name: str) -> float | str | None:
        column = self.model.population.columns[name]
        own = replace(column, values=column.values[self.index : self.index + 1]).at(self.model.simulation.now)
        value = own.values[0]
        if own.categories is not None:
            return own.categories[value] if value >= 0 else None
        return None if np.isnan(value) else float(value)

    def __getattr__(self, name: str) -> Any:
        """Read a behaviour's state, or a column, by its name."""
        model = self.__dict__.get("model")
        if model is None or name.startswith("__"):  # asked while a copy is being made
            raise AttributeError(name)
        if name in model.world.behaviours:
            return self._state_of(name)
        if name in model.population.columns:
            return self._value_of(name)
        known = [*model.world.behaviours, *model.population.columns]
        raise AttributeError(f"a person has no `{name}`; {allowed_words(name, known)}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse to hide a state or a column behind an attribute."""
        model = self.__dict__.get("model")
        if model is not None and name not in MESAS_OWN:
            if name in model.world.behaviours:
                raise AttributeError(f"person.set_state({name!r}, {value!r}) sets a state")
            if name in model.population.columns:
                raise AttributeError(f"`{name}` is a column of the population, and is only read")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"Person({self.id}, {', '.join(f'{name}: {state}' for name, state in self.state.items())})"


class _States(dict[str, str | None]):
    """A person's states as they were read; whoever writes to it means `set_state`."""

    def __setitem__(self, behaviour: str, state: str | None) -> None:
        raise TypeError(f"person.set_state({behaviour!r}, {state!r}) sets a state")

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
