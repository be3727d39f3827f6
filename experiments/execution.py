"""Running a trial: replicates over threads, into a results folder that any kill leaves whole."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.description import describe
from experiments.design import Trial, design
from experiments.distances import check_distances
from experiments.estimands import OutcomeSpec, best_arm, check_decomposition, effects, outcome_specs
from experiments.knowledge import check_knowledge
from experiments.memory import footprint_of
from experiments.network_film import film_network
from experiments.replicate import run_replicate
from experiments.results import Results
from experiments.store import Identity, Store
from scenarios.plugins import plugins_of
from scenarios.problems import ScenarioError
from simulator.errors import NetrialError, SpecError, StoreError
from simulator.footprint import available_memory, check_memory

if TYPE_CHECKING:
    import pandas as pd

    from experiments.network_picture import NetworkPicture
    from scenarios.loading import Scenario

AGAIN = "make room, or choose another folder, and run the same command again"

Progress = Callable[[int, int], None]
"""Called with the number of replicates that are done and the number asked for."""


def identity_of(trial: Trial) -> Identity:
    """Return what a results folder must belong to for this trial to add to it."""
    return Identity(trial.scenario.name, trial.scenario.hash8(tuple(trial.arms)))


def default_folder(trial: Trial) -> Path:
    """Return ``results/<scenario>-<hash8>``."""
    identity = identity_of(trial)
    return Path("results") / f"{identity.scenario}-{identity.hash}"


def run(
    scenario: Scenario | str | Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    arms: Sequence[str] | None = None,
    jobs: int | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    shake: bool = False,
) -> Results:
    """Run a scenario: every arm of every replicate, on the same people with the same luck.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, the name of a bundled one, or a path to a YAML file.
    replicates, seed : int, optional
        Instead of the scenario's own.
    arms : sequence of str, optional
        Run only these arms; the control always runs.
    jobs : int, optional
        Threads; default: all cores.
    out : str or Path, optional
        The results folder. What it holds of this scenario is not run again. Default: a temporary folder that lives as
        long as the results.
    progress : callable, optional
        ``progress(done, asked)`` after every replicate.
    shake : bool
        Afterwards halve and double each assumed number, one at a time: ``results.shake`` and the report then say
        whether another arm wins. `progress` is told of these replicates anew.

    Returns
    -------
    Results

    Raises
    ------
    SpecError
        If the scenario cannot be run, or is to be shaken and has one arm only.
    StoreError
        If `out` holds another scenario's results, or is damaged.
    """
    from scenarios.loading import Scenario, load

    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    changes = {"replicates": replicates, "seed": seed}
    wanted = {f"experiment.{key}": value for key, value in changes.items() if value is not None}
    if wanted:
        scenario = scenario.set(wanted)
    trial = design(scenario, arms)
    home = tempfile.TemporaryDirectory(prefix="netrial-") if out is None else None
    folder = Path(home.name if home is not None else str(out))
    if shake:
        from experiments.shake.running import require_arms, shake_trial

        require_arms(trial)
    results = run_trial(trial, folder, jobs=jobs, progress=progress)
    if shake:
        results = shake_trial(trial, folder, jobs=jobs, progress=progress)
    return results if home is None else replace(results, home=home)


def run_trial(trial: Trial, folder: Path, *, jobs: int | None = None, progress: Progress | None = None) -> Results:
    """Run what is still missing of a trial, and write all tables; see `run`."""
    try:
        return _run_trial(trial, folder, jobs, progress)
    except SpecError as error:
        raise _located(trial, error) from None
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}. What is finished is kept: {AGAIN}") from error


def _located(trial: Trial, error: SpecError) -> SpecError:
    """Give the places of the engine's problems, which are relative to the behaviours, their place in the file."""
    if isinstance(error, ScenarioError) or not any(problem.place for problem in error.problems):
        return error
    behaviours = trial.scenario.spec.behaviours
    if not any(
        problem.place[:1] and problem.place[0] in {*behaviours, *trial.scenario.data} for problem in error.problems
    ):
        # A package's rule, say: the message names it, and the top of the file is not where it stands.
        return SpecError([replace(problem, place=()) for problem in error.problems])
    problems = [
        replace(problem, place=("behaviours", *problem.place)) if {*problem.place[:1]} & {*behaviours} else problem
        for problem in error.problems
    ]
    return trial.scenario.located(SpecError(problems))


def _run_trial(trial: Trial, folder: Path, jobs: int | None, progress: Progress | None) -> Results:
    began = time.monotonic()
    asked = trial.scenario.spec.experiment.replicates
    jobs = threads_for(jobs)
    check_memory(footprint_of(trial.scenario, tuple(trial.arms), jobs), available_memory())
    town = trial.town(0)  # before there is a folder: what is refused here leaves nothing behind
    described = describe(trial.scenario, town.world, tuple(trial.arms))
    with Store.open(folder, identity_of(trial)) as store:
        store.announce(asked, sys.argv)
        store.describe(trial.scenario.text, described)
        done = store.done()
        missing = [replicate for replicate in range(asked) if replicate not in done]
        missing.sort(key=lambda replicate: (replicate % trial.networks, replicate))
        _run_missing(trial, store, missing, jobs, asked, progress)
        tables = store.collect(range(asked))
        resolved = trial.scenario.resolved()
        specs = outcome_specs(resolved["outcomes"])
        wrong = check_decomposition(tables["pairs"], specs) + check_distances(
            tables["distances"], tables["pairs"], specs
        )
        wrong += check_knowledge(tables["knowledge"], tables["pairs"])
        if wrong:
            raise NetrialError("effects do not add up, which is a fault of the program:\n" + "\n".join(wrong))
        tables["effects"] = effects(tables["pairs"], tables["outcomes"], specs, trial.control, trial.seed)
        store.finish(
            tables,
            replicates=asked,
            targets=store.picked(range(asked), town.world.population.ids),
            picture=_picture(trial, store, tables["effects"], specs, asked),
            seeds={"seed": trial.seed},
            inputs=_input_hashes(resolved),
            scenario_file=_origin_of(trial.scenario),
            plugins=[asdict(plugin) for plugin in plugins_of(trial.scenario, tuple(trial.arms))],
            command=sys.argv,
            wall_seconds=time.monotonic() - began,
        )
    return Results.load(folder)


def threads_for(jobs: int | None) -> int:
    """Return on how many threads to run; None: all cores.

    Raises
    ------
    SpecError
        If that is no whole number, or none is asked for.
    """
    if jobs is None:
        return cores()
    if not isinstance(jobs, Integral) or jobs < 1:
        raise SpecError(f"--jobs is {jobs}; a whole number of threads is needed, at least 1")
    return int(jobs)


def _picture(
    trial: Trial, store: Store, found: pd.DataFrame, specs: Mapping[str, OutcomeSpec], asked: int
) -> NetworkPicture | None:
    """Picture the network of the first replicate that was completed, in the control and in the best arm."""
    completed = [replicate for replicate in range(asked) if replicate in store.done()]
    if not completed:
        return None
    return film_network(trial, completed[0], best_arm(found, specs, trial.control))


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _origin_of(scenario: Scenario) -> str:
    """Return a bundled scenario's name, or the path of its file."""
    from scenarios.loading import names

    known = {path: name for name, path in names().items()}
    return known.get(scenario.path, str(scenario.path.resolve()))


def _input_hashes(resolved: Mapping[str, Any]) -> dict[str, str]:
    """Return the hash of what is in each file that the people and ties come from."""
    parts = [resolved["population"], *resolved["network"]["layers"].values()]
    return {part["file"]: part["content"] for part in parts if "file" in part}


def _run_missing(
    trial: Trial, store: Store, missing: list[int], jobs: int, asked: int, progress: Progress | None
) -> None:
    """Run replicates over threads; the kernel lets go of the interpreter's lock, and threads share the towns."""
    before = asked - len(missing)

    def tell(done: int) -> None:
        if progress is not None:
            progress(before + done, asked)

    over_threads(lambda replicate: _run_one(trial, store, replicate), missing, jobs, tell)


def over_threads(run: Callable[[int], None], numbers: Sequence[int], jobs: int, tell: Callable[[int], None]) -> None:
    """Call `run` with each number, over threads, and `tell` how many are done: first 0; what is raised ends it."""
    executor = ThreadPoolExecutor(max_workers=min(jobs, max(len(numbers), 1)))
    running: set[Future[None]] = set()
    waiting = iter(numbers)
    done = 0
    try:
        while True:
            for number in waiting:
                running.add(executor.submit(run, number))
                if len(running) > 2 * jobs:
                    break
            tell(done)
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
            done += len(finished)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _run_one(trial: Trial, store: Store, replicate: int) -> None:
    try:
        tables = run_replicate(trial, replicate)
    except SpecError:
        raise
    except Exception:  # one replicate's failure is recorded, and must not take the others with it
        store.write_failure(replicate, traceback.format_exc())
    else:
        store.write_part(replicate, tables)
