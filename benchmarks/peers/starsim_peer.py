"""starsim: steps in time, arrays over agents and edges, numba for transmission."""

from __future__ import annotations

import time

import numpy as np
import starsim as ss
from worker import Run, Work, serve

ss.options(verbose=0, warnings="ignore", crn=False)  # without common random numbers: its faster way


class Habit(ss.Infection):
    """On and off: its own transmission along edges, and a coin per step to begin alone or to stop."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.define_pars(beta=work.chance(work.rates["contact"]), init_prev=None)
        self.beginners = work.start
        self.begin = ss.bernoulli(p=work.chance(work.rates["alone"]))
        self.stop = ss.bernoulli(p=work.chance(work.rates["back"]))
        self.begins_alone = work.rates["alone"] > 0

    def init_post(self) -> None:
        super().init_post()
        self.set_prognoses(ss.uids(self.beginners))

    def set_prognoses(self, uids, sources=None) -> None:
        super().set_prognoses(uids, sources)
        self.infected[uids] = True

    def step(self) -> None:
        stopping = self.stop.filter(self.infected.uids)
        beginning = self.begin.filter(self.susceptible.uids) if self.begins_alone else None
        super().step()
        if beginning is not None:
            self.set_prognoses(beginning)
        self.infected[stopping] = False
        self.susceptible[stopping] = True


class Response(ss.Disease):
    """A law that starsim does not have, written as a module of its own: 30 lines of NumPy."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.define_states(ss.BoolState("outside", default=True), ss.BoolState("infected"))
        self.work = work
        self.join = ss.bernoulli(p=0)
        self.leave = ss.bernoulli(p=0)
        self.hazards = np.append(0.0, work.rates["join"] * work.factors()[1:])
        self.forget = np.append(0.0, np.full(self.hazards.size - 1, work.rates["forget"]))

    def init_post(self) -> None:
        super().init_post()
        self.outside[ss.uids(self.work.start)] = False
        self.infected[ss.uids(self.work.start)] = True

    def step(self) -> None:
        edges, member = self.sim.networks[0].edges, self.infected.raw
        counts = np.bincount(edges.p2, member[edges.p1], member.size)
        counts += np.bincount(edges.p1, member[edges.p2], member.size)
        counts = np.minimum(counts, self.hazards.size - 1).astype(np.int64)
        touched = (self.outside & (counts[: len(self.outside)] > 0)).uids
        joins, forgets = self.hazards[counts[touched]], self.forget[counts[touched]]
        self.leave.set(p=-np.expm1(-(joins + forgets) * self.work.step))
        leaving = self.leave.rvs(touched)
        left = touched[leaving]
        self.join.set(p=(joins / (joins + forgets))[leaving])
        self.outside[left] = False
        self.infected[left[self.join.rvs(left)]] = True


def prepare(work: Work) -> Run:
    """Make the edges once; a simulation of its own for every run, its initialisation apart."""
    one, two = work.ties.astype(np.int64).T
    disease = Habit if work.law == "contagion" else Response

    def run(seed: int) -> tuple[float, list[float]]:
        network = ss.Network(p1=one, p2=two, beta=np.ones(one.size, np.float32), name="ties")
        sim = ss.Sim(
            n_agents=work.people,
            networks=network,
            diseases=disease(work),
            start=0,
            dur=work.steps()[-1] - 1,  # both ends are steps
            dt=1,
            rand_seed=seed,
            verbose=0,
        )
        sim.init()
        began = time.perf_counter()
        sim.run()
        seconds = time.perf_counter() - began
        counts = sim.diseases[0].results.n_infected  # entry k: after k + 1 steps
        return seconds, [float(counts[k - 1]) / work.people for k in work.steps()]

    run(0)
    return run


if __name__ == "__main__":
    serve("starsim", prepare)
