"""Dose and response: one intervention offered to a growing share of people, as a trial of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.derived import observed_of_control, used_by_control
from simulator.errors import Problem, SpecError, allowed_words, found_in

if TYPE_CHECKING:
    from experiments.execution import Progress
    from experiments.results import Results
    from scenarios.loading import Scenario

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)


def dose_scenario(scenario: Scenario, intervention: str, shares: Sequence[float] = SHARES) -> Scenario:
    """Return a scenario whose arms are the control and one intervention, offered to each of these shares.

    Parameters
    ----------
    scenario : Scenario
    intervention : str
        One of the scenario's, by name. Its target's share (or number) is replaced, all else stays; what was observed
        of other arms than the control is left out.
    shares : sequence of float
        In (0, 1]: of the people who satisfy the target's `where`; with `of: groups`, of whole groups, from the first.

    Returns
    -------
    Scenario
        Arms: the control, then ``leaders_1pc``, ``leaders_2pc``, …, each with an intervention of that name, whose luck
        is therefore its own.

    Raises
    ------
    SpecError
        If there is no such intervention, a share is not in (0, 1], or comes twice.
    """
    known = dict(scenario.data.get("interventions") or {})
    if intervention not in list(known):  # Python code may ask for anything, and not all of it can be looked up
        raise SpecError(
            Problem(f"there is no intervention `{intervention}`", hint=allowed_words(intervention, list(known)))
        )
    listed = list(shares) if isinstance(shares, Iterable) else None
    if listed is None or not all(isinstance(share, Real) for share in listed):
        message = f"`shares` is a list of numbers, found {found_in(shares)}"
        raise SpecError(Problem(message, hint="an example: shares=[0.01, 0.05, 0.2]"))
    shares = listed
    wrong = [share for share in shares if not 0 < share <= 1]
    if wrong or not shares or len({name_of(intervention, share) for share in shares}) < len(shares):
        what = f"a share of {wrong[0]:g}" if wrong else "no shares" if not shares else "a share that comes twice"
        raise SpecError(Problem(f"{what} gives no dose", hint="give each share once, above 0 and at most 1"))
    original = dict(known[intervention])
    target = {
        key: value for key, value in (original.get("target") or {}).items() if key not in ("share", "number", "skip")
    }
    control = scenario.control
    members = scenario.data["arms"][control]
    doses = {name_of(intervention, share): {**original, "target": {**target, "share": share}} for share in shares}
    return scenario.set(
        {
            "experiment.control": control,
            "arms": {control: members, **{name: [name] for name in doses}},
            "interventions": {**used_by_control(scenario), **doses},
            **observed_of_control(scenario, control),
        }
    )


def dose(
    scenario: Scenario | str | Path,
    intervention: str,
    shares: Sequence[float] = SHARES,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run one intervention at several shares of people treated; ``.plot_dose()`` draws what comes out.

    Parameters
    ----------
    scenario : Scenario, str or Path
    intervention, shares
        As for `dose_scenario`.
    replicates, seed, jobs, out, progress
        As for `experiments.execution.run`.

    Returns
    -------
    Results
        Its arms are the control and the shares.

    Raises
    ------
    SpecError
        As `dose_scenario` and `run` do.
    StoreError
        As `run` does.

    Examples
    --------
    >>> dose("obesity", "leaders", shares=[0.01, 0.05, 0.2], replicates=20).plot_dose()  # doctest: +SKIP
    """
    from experiments.execution import run
    from scenarios.loading import Scenario, load

    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    scenario = dose_scenario(scenario, intervention, shares)
    return run(scenario, replicates=replicates, seed=seed, jobs=jobs, out=out, progress=progress)


def name_of(intervention: str, share: float) -> str:
    """Name an arm: ``leaders_5pc``, ``leaders_0_5pc``."""
    percent = format(Decimal(f"{100 * share:.10g}"), "f")  # never 1e-05
    return f"{intervention}_{percent}pc".replace(".", "_")
