"""Mesa (doi:10.21105/joss.07668): agents of our own that step in time, all on the states before the step."""

from __future__ import annotations

import random
import time

import mesa
from worker import Run, Work, serve


class Person(mesa.Agent):
    """Looks at its contacts, then moves; states are 0 off or outside, 1 on or member, 2 gone."""

    __slots__ = ("contacts", "next", "state")

    def __init__(self, model: mesa.Model) -> None:
        super().__init__(model)
        self.state = self.next = 0
        self.contacts: list[Person] = []

    def look(self) -> None:
        """Decide on the states of now."""
        model = self.model
        if self.state == 0:
            count = 0
            for contact in self.contacts:
                count += contact.state == 1
            if count or model.leaves[0]:
                most = len(model.leaves) - 1
                word = model.random.random()
                if word < model.leaves[count if count < most else most]:
                    self.next = 1 if word < model.joins[count if count < most else most] else 2
        elif self.state == 1 and model.back and model.random.random() < model.back:
            self.next = 0

    def move(self) -> None:
        """Enter the state decided on."""
        self.state = self.next


class Town(mesa.Model):
    """All people; chances per step by number of contacts who are on."""

    def __init__(self, work: Work) -> None:
        super().__init__(seed=0)
        people = [Person(self) for _ in range(work.people)]
        self.people = people
        for one, two in work.ties.tolist():
            people[one].contacts.append(people[two])
            people[two].contacts.append(people[one])
        if work.law == "contagion":
            most = max(len(person.contacts) for person in people)
            rates = [work.rates["alone"] + work.rates["contact"] * count for count in range(most + 1)]
            self.joins = self.leaves = [work.chance(rate) for rate in rates]
            self.back = work.chance(work.rates["back"])
        else:
            joins = [work.rates["join"] * factor for factor in work.factors()]
            leaves = [rate + (work.rates["forget"] if count else 0.0) for count, rate in enumerate(joins)]
            self.leaves = [work.chance(rate) for rate in leaves]
            self.joins = [
                leave * join / both if both else 0.0
                for leave, join, both in zip(self.leaves, joins, leaves, strict=True)
            ]
            self.back = 0.0

    def step(self) -> None:
        """Let everybody look, then everybody move."""
        self.agents.do("look")
        self.agents.do("move")


def prepare(work: Work) -> Run:
    """Make the agents once; a run sets their states anew, apart from its seconds."""
    town = Town(work)

    def run(seed: int) -> tuple[float, list[float]]:
        town.random = random.Random(seed)
        for person in town.people:
            person.state = person.next = 0
        for person in work.start.tolist():
            town.people[person].state = town.people[person].next = 1
        shares, seconds = [], 0.0
        for k in range(1, work.steps()[-1] + 1):
            began = time.perf_counter()
            town.step()
            seconds += time.perf_counter() - began
            if k in work.steps():
                shares.append(sum(person.state == 1 for person in town.people) / work.people)
        return seconds, shares

    return run


if __name__ == "__main__":
    serve("mesa", prepare)
