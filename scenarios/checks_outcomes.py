"""Cross-checks of time, outcomes, observed data and the experiment."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_numbers import check_duration, check_instant
from scenarios.checks_parameters import check_parameters, check_word
from scenarios.checks_people import FileAt
from scenarios.conversion import label
from scenarios.files import table_at
from simulator.errors import Place, SpecError, allowed_words
from simulator.outcomes import outcomes

MOST_OBSERVATIONS = 100_000


def check_time(checker: Checker) -> None:
    """Check unit, horizon and observation interval."""
    if "time" in checker.missing:
        return
    time = checker.spec.time
    horizon = check_duration(checker, time.horizon, ("time", "horizon"), "the horizon")
    every = check_duration(checker, time.observe_every, ("time", "observe_every"), "`observe_every`")
    check_duration(checker, time.warm_up, ("time", "warm_up"), "the warm-up")
    if horizon is not None and every is not None:
        if every > horizon:
            hint = f"the horizon is {horizon:g}"
            checker.add(f"`observe_every` is {every:g}, beyond the horizon", ("time", "observe_every"), hint)
        elif horizon / every > MOST_OBSERVATIONS:
            message = f"people would be counted {horizon / every:,.0f} times"
            checker.add(message, ("time", "observe_every"), f"at most {MOST_OBSERVATIONS:,}")


def check_outcomes(checker: Checker) -> None:
    """Check every outcome, and which comes first."""
    if "outcomes" in checker.missing:
        return
    outcomes = checker.spec.outcomes
    if not checker.known.outcomes:
        hint = "an example: at_end: {share: obesity.obese, better: lower}"
        checker.add("`outcomes` has no outcome", ("outcomes",), hint, on_key=True)
    else:
        checker.word(outcomes.primary, checker.known.outcomes, "outcome", ("outcomes", "primary"))
    primary = outcomes.measures.get(outcomes.primary)
    if primary is not None and primary.among is not None:
        message = (
            f"arms are ranked on `{outcomes.primary}`, which is about {primary.among} only: other people in every arm"
        )
        hint = "let the primary outcome be about everybody; the report gives those offered, and the others, apart"
        checker.add(message, ("outcomes", outcomes.primary, "among"), hint)
    for name, outcome in outcomes.measures.items():
        check_measure(checker, outcome, ("outcomes", name), outcome=True)


def check_measure(checker: Checker, measure: grammar.Measure, place: Place, *, outcome: bool = False) -> None:
    """Check a measure.

    Parameters
    ----------
    checker : Checker
    measure : grammar.Measure
    place : place
    outcome : bool
        Whether it is taken on a whole trajectory, of which states now are no part.
    """
    kinds = measure.kinds
    allowed = [key for key in (*grammar.MEASURE_KEYS, *outcomes.names()) if key not in grammar.LATER_MEASURES]
    if not kinds:
        checker.add("nothing is measured", place, f"one of {', '.join(allowed)}", on_key=True)
    for kind in kinds[1:]:
        hint = f"it has `{kinds[0]}` already; a measure has exactly one"
        checker.add(f"`{kind}` is a second measure", (*place, kind), hint, on_key=True)
    for kind in kinds:
        if kind in grammar.STATE_MEASURES:
            weighted = kind in ("share", "count", "person_time")
            checker.states(getattr(measure, kind), (*place, kind), weights=weighted)
        elif kind not in grammar.MEASURE_KEYS and check_word(checker, outcomes, kind, (*place, kind), on_key=True):
            check_parameters(checker, outcomes[kind], kind, measure.asked(kind), (*place, kind))
    if measure.time_to is not None:
        _check_level(checker, measure.time_to, (*place, "time_to"))
    why = "outcomes count people by columns and by `start.` states" if outcome else ""
    checker.condition(measure.where, (*place, "where"), states=not outcome, why=why)
    if len(kinds) != 1 or kinds[0] in grammar.LATER_MEASURES:
        return
    kind = kinds[0]
    _check_groups(checker, measure, kind, place)
    if measure.at is not None:
        if kind not in ("share", "count", "difference"):
            hint = f"`{kind}` is taken over all of the time"
            checker.add(f"`at` does not go with `{kind}`", (*place, "at"), hint, on_key=True)
        elif measure.at != "end":
            check_instant(checker, measure.at, (*place, "at"), "the measure")
    if measure.among is not None and kind in ("difference", "time_to"):
        checker.add(f"`among` does not go with `{kind}`", (*place, "among"), on_key=True)


def _check_level(checker: Checker, level: grammar.Level, place: Place) -> None:
    given = [key for key in ("share", "count") if getattr(level, key) is not None]
    if len(given) != 1:
        hint = "an example: time_to: {share: obesity.obese, reaches: 0.5}"
        checker.add("`time_to` needs either `share` or `count`", place, hint, on_key=True)
    for key in given:
        checker.states(getattr(level, key), (*place, key), weights=False)
    if level.share is not None:
        checker.range(level.reaches, (*place, "reaches"), "a share", 0, 1)
    elif checker.most_people is not None and level.reaches > checker.most_people:
        hint = f"there are {checker.most_people:,} people"
        checker.add(f"a count of {level.reaches:g} cannot be reached", (*place, "reaches"), hint)


def _check_groups(checker: Checker, measure: grammar.Measure, kind: str, place: Place) -> None:
    if kind != "difference":
        for key in ("by", "between"):
            if getattr(measure, key) is not None:
                hint = "outcomes of some people only are asked for by `where`"
                checker.add(f"`{key}` goes with `difference` only", (*place, key), hint, on_key=True)
        return
    if measure.by is None:
        checker.add("`by` is missing", place, "the column whose categories are compared", on_key=True)
    if measure.between is None:
        checker.add("`between` is missing", place, "two categories of the `by` column", on_key=True)
    if measure.by is None or not checker.column(measure.by, (*place, "by")) or measure.between is None:
        return
    categories = checker.known.labels.get(measure.by)
    first, second = (label(category) for category in measure.between)
    for i, category in enumerate((first, second)):
        if categories and category not in categories:
            hint = allowed_words(category, list(categories))
            checker.add(f"`{category}` is no category of `{measure.by}`", (*place, "between", i), hint)
    if first == second:
        checker.add(f"`{first}` is compared with itself", (*place, "between", 1))


def check_observed(checker: Checker, file_at: FileAt) -> None:
    """Check observed data, and read their files."""
    for i, observed in enumerate(checker.spec.observed):
        place: Place = ("observed", i)
        if "arms" not in checker.missing:
            checker.word(observed.arm, checker.known.arms, "arm", (*place, "arm"))
        checker.source(observed.source, (*place, "source"))
        if (observed.measure is None) == (observed.outcome is None):
            checker.add("observed data need either `measure` or `outcome`", place, on_key=True)
        elif observed.measure is not None:
            check_measure(checker, observed.measure, (*place, "measure"), outcome=True)
            for kind in observed.measure.kinds:
                if kind in grammar.MEASURE_KEYS and isinstance(getattr(observed.measure, kind), Mapping):
                    hint = "observed data are of people in a state, or in one of several: [light, heavy]"
                    checker.add("states have no weights here", (*place, "measure", kind), hint, on_key=True)
        elif observed.outcome is not None and "outcomes" not in checker.missing:
            checker.word(observed.outcome, checker.known.outcomes, "outcome", (*place, "outcome"))
        if observed.file is None:
            _check_point(checker, observed, place)
        else:
            _check_observed_file(checker, observed, place, file_at)


def _check_point(checker: Checker, observed: grammar.Observed, place: Place) -> None:
    if not isinstance(observed.value, float | int):
        where = place if observed.value is None else (*place, "value")
        checker.add("`value` needs a number", where, "or a `file`, whose column `value` names", on_key=True)
        return
    if observed.time is not None:
        checker.add("`time` goes with `file`", (*place, "time"), "use `at`", on_key=True)
    if observed.at is not None:
        check_instant(checker, observed.at, (*place, "at"), "the observation")
    low, high = observed.low, observed.high
    if low is not None and low > observed.value:
        checker.add(f"low ({low:g}) is above the value", (*place, "low"))
    if high is not None and high < observed.value:
        checker.add(f"high ({high:g}) is below the value", (*place, "high"))


def _check_observed_file(checker: Checker, observed: grammar.Observed, place: Place, file_at: FileAt) -> None:
    for key in ("at", "low", "high"):
        if getattr(observed, key) is not None:
            checker.add(f"`{key}` does not go with `file`", (*place, key), on_key=True)
    if observed.time is None:
        checker.add("`time` is missing", place, "with `file`: {column: …}", on_key=True)
    if not isinstance(observed.value, str):
        where = place if observed.value is None else (*place, "value")
        checker.add("`value` must name a column of the file", where, on_key=observed.value is None)
    if observed.time is None or not isinstance(observed.value, str):
        return
    try:
        frame = table_at(file_at((*place, "file"), str(observed.file)))
    except SpecError as error:
        checker.extend(error.problems, (*place, "file"))
        return
    columns = [str(column) for column in frame.columns]
    for at, column in (((*place, "time", "column"), observed.time.column), ((*place, "value"), observed.value)):
        if column not in columns:
            checker.add(f"`{observed.file}` has no column `{column}`", at, allowed_words(column, columns))
        elif frame[column].dtype.kind not in "if":
            checker.add(f"the column `{column}` holds words", at, "numbers are needed")


def check_experiment(checker: Checker) -> None:
    """Check control, seed and the columns of curves."""
    experiment = checker.spec.experiment
    place = ("experiment",)
    if experiment.control is not None and "arms" not in checker.missing:
        checker.word(experiment.control, checker.known.arms, "arm", (*place, "control"))
    for i, column in enumerate(experiment.curves_by):
        at: Place = (*place, "curves_by", i)
        if checker.column(column, at) and column not in checker.known.labels:
            checker.add(f"`{column}` holds too many different numbers", at, "use a column of categories")
        if column in experiment.curves_by[:i]:
            checker.add(f"`{column}` is listed twice", at)
