"""epiworldpy: steps in time, C++ beneath; beginning alone, which it has no native update for, is a global event.

It draws who is on at the start by itself, as many as the others: as random, but not the same people.
"""

from __future__ import annotations

import time

import epiworldpy as epi
import numpy as np
from worker import Run, Work, serve


def prepare(work: Work) -> Run:
    """Make agents and ties; a run resets them by itself, and that is part of its seconds."""
    model = epi.Model()
    model.add_state("off", epi.UpdateFun.default_update_susceptible())
    model.add_state("on", epi.UpdateFun.default_update_exposed())
    contact, back = work.chance(work.rates["contact"]), work.chance(work.rates["back"])
    virus = epi.Virus("habit", work.start.size / work.people, True, contact, back, prob_death=0.0)
    virus.set_state(1, 0, 0)
    model.add_virus(virus)
    one, two = work.ties.T.tolist()
    model.agents_from_edgelist(one, two, work.people, False)
    model.verbose_off()
    chance, luck = work.chance(work.rates["alone"]), np.random.default_rng(0)

    def begin_alone(model: epi.Model) -> None:
        off = model.get_agents_in_state(0)
        for person in luck.choice(off, luck.binomial(off.size, chance), replace=False).tolist():
            model.get_agent(person).set_virus(model, virus)

    if chance:
        model.add_globalevent(begin_alone, "begin alone")

    def run(seed: int) -> tuple[float, list[float]]:
        began = time.perf_counter()
        model.run(work.steps()[-1], seed + 1)
        seconds = time.perf_counter() - began
        on = model.get_db().get_hist_total()["counts"][1::2]  # off and on, day by day
        return seconds, [float(on[k]) / work.people for k in work.steps()]

    run(0)
    return run


if __name__ == "__main__":
    serve("epiworldpy", prepare)
