"""Cross-checks of people, ties and references: files are read, and every id in them is looked up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_numbers import check_number
from scenarios.checks_parameters import check_added_generator
from scenarios.files import table_at
from scenarios.known import labels_of
from scenarios.worlds import column_plans, layer_of, population_of
from simulator.errors import Place, Problem, SpecError, allowed_words

FileAt = Callable[[Place, str], Path]
DISTRIBUTION_KEYS = ("mean", "sd", "min", "max")


def check_people(checker: Checker, file_at: FileAt) -> None:
    """Check `population`, and note in `checker.known` which columns people have.

    Parameters
    ----------
    checker : Checker
    file_at : callable
        ``file_at(place, name) -> Path`` of a file that the scenario names there.
    """
    people, known = checker.spec.population, checker.known
    if "population" in checker.missing:
        known.any_column = True
        return
    place: Place = ("population",)
    if people.size is None and people.file is None:
        checker.add("`population` needs `size` or `file`", place, "an example: size: 1000", on_key=True)
        known.any_column = True
    if people.size is not None:
        for key in ("file", "id", "where"):
            if getattr(people, key) is not None:
                hint = "people come from a file, or are generated: `size` is for the latter"
                checker.add(f"`{key}` does not go with `size`", (*place, key), hint, on_key=True)
    elif people.file is not None and people.id is None:
        checker.add("`id` is missing", place, "the column of the file that says who is who", on_key=True)
    broken = len(checker.problems)
    for name, column in people.columns.items():
        _check_column(checker, name, column, (*place, "columns", name))
    _note_planned_columns(checker)
    if people.file is None or people.size is not None:
        return
    known.any_column = True
    try:
        path = file_at((*place, "file"), people.file)
        frame = table_at(path, () if people.id is None else (people.id,))
    except SpecError as error:
        checker.extend(error.problems, (*place, "file"))
        return
    if people.id is None or len(checker.problems) > broken:
        return
    try:
        population = population_of(checker.spec, frame)
    except SpecError as error:
        checker.extend(error.problems, place)
        return
    known.people = population
    known.any_column = False
    known.columns = {name: column.categories for name, column in population.columns.items()}
    for name, column in people.columns.items():
        if column.ages and column.from_ is not None and known.columns[name] is not None:
            at = (*place, "columns", name, "ages")
            checker.add(f"`{name}` holds words, which do not grow", at, "only numbers age", on_key=True)
    labels = {name: labels_of(column) for name, column in population.columns.items()}
    known.labels = {name: each for name, each in labels.items() if each is not None}


def _note_planned_columns(checker: Checker) -> None:
    """Note the columns that are renamed or drawn, in case the file cannot be read."""
    for name, column in checker.spec.population.columns.items():
        if column.categories is not None:
            checker.known.columns[name] = checker.known.labels[name] = tuple(column.categories)
        elif column.distribution is not None:
            checker.known.columns[name] = None
        else:
            checker.known.columns[name] = ()
            checker.known.labels[name] = ()


def _check_column(checker: Checker, name: str, column: grammar.Column, place: Place) -> None:
    given = [key for key in ("from", "categories", "distribution") if _given(column, key)]
    if len(given) != 1:
        wanted = "exactly one of `from`, `categories` and `distribution`"
        found = " and ".join(f"`{key}`" for key in given) if given else "none of them"
        checker.add(f"column `{name}` needs {wanted}, found {found}", place, on_key=True)
        return
    if column.from_ is not None and checker.spec.population.file is None:
        hint = "use `categories` or `distribution` where people are generated"
        checker.add("`from` names a column of a file, but people have none", (*place, "from"), hint, on_key=True)
    if column.distribution is None:
        for key in DISTRIBUTION_KEYS:
            if getattr(column, key) is not None:
                checker.add(f"`{key}` goes with `distribution` only", (*place, key), on_key=True)
    if column.categories is not None:
        if column.ages:
            checker.add(f"`{name}` holds words, which do not grow", (*place, "ages"), "only numbers age", on_key=True)
        for category in column.categories:
            if not category:
                checker.add("a category needs a name", (*place, "categories", category), on_key=True)
        sizes = column.categories.values()
        if len(sizes) > 1 and min(sizes) >= 0 and max(sizes) < 1 and abs(sum(sizes) - 1) > 1e-6:
            hint = "shares add up to 1; relative sizes, such as 3 and 1, are allowed too"
            checker.add(f"the shares of the categories add up to {sum(sizes):g}", (*place, "categories"), hint)
    if name in checker.known.behaviours:
        return
    plan = column_plans({name: column}).get(name)
    if plan is not None:
        at = (*place, "categories") if column.categories is not None else place
        checker.extend(plan.problems(), at)


def _given(column: grammar.Column, key: str) -> bool:
    return getattr(column, "from_" if key == "from" else key) is not None


def check_network(checker: Checker, file_at: FileAt, graphs: Any) -> None:
    """Check every layer; the ties of a file are read, and looked up among the people."""
    for name, layer in checker.spec.network.layers.items():
        place = ("network", "layers", name)
        checker.condition(layer.active, (*place, "active"))
        if isinstance(layer, grammar.GeneratedLayer) and not check_added_generator(checker, layer, place):
            _check_generator(checker, layer, place)
        if isinstance(layer.weight, str) and not isinstance(layer, grammar.FileLayer):
            hint = "a number, or {distribution: …}"
            checker.add("`weight` names a column, but the layer has no file", (*place, "weight"), hint)
        elif isinstance(layer.weight, grammar.Distribution):
            from scenarios.worlds import distribution_of

            checker.extend(distribution_of(layer.weight).problems(), (*place, "weight"))
        for transition_name, transition in (layer.transitions or {}).items():
            at = (*place, "transitions", transition_name)
            check_number(checker, transition.rate, (*at, "rate"), what="a rate", timed=True, series=True)
            checker.condition(transition.where, (*at, "where"))
            if transition.from_ == transition.to:
                checker.add(f"`from` and `to` are both `{transition.to}`", (*at, "to"))
        if isinstance(layer, grammar.FileLayer) or name in graphs:
            _check_ties(checker, name, layer, place, file_at, graphs)


def _check_ties(checker: Checker, name: str, layer: Any, place: Place, file_at: FileAt, graphs: Any) -> None:
    frame = None
    if isinstance(layer, grammar.FileLayer):
        try:
            frame = table_at(file_at((*place, "file"), layer.file), (layer.source, layer.target))
        except SpecError as error:
            checker.extend(error.problems, (*place, "file"))
            return
        columns = [str(column) for column in frame.columns]
        wanted = {"source": layer.source, "target": layer.target}
        if isinstance(layer.weight, str):
            wanted["weight"] = layer.weight
        lacking = [(key, column) for key, column in wanted.items() if column not in columns]
        for key, column in lacking:
            hint = allowed_words(column, columns)
            checker.add(f"`{layer.file}` has no column `{column}`", (*place, key), hint)
        if lacking:
            return
        checker.rows(layer.where, frame, (*place, "where"))
    population = checker.known.people
    if population is None:
        if checker.known.any_column or checker.spec.population.size is None:
            return
        population = population_of(checker.spec.model_copy(update={"population": _bare(checker.spec)}), None)
    try:
        checker.known.ties[name] = layer_of(checker.spec, name, population, frame, graphs.get(name))
    except SpecError as error:
        checker.extend(error.problems, place)


def _bare(spec: grammar.ScenarioSpec) -> grammar.Population:
    return spec.population.model_copy(update={"columns": {}})


def _check_generator(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    name = layer.generator
    given = {key for key in layer.model_fields_set if key not in ("generator", *grammar.AnyLayer.model_fields)}
    given |= set(layer.__pydantic_extra__ or {})
    if name in grammar.GENERATORS:
        _, needed, possible = grammar.GENERATORS[name]
    else:
        from simulator.generators import networks, parameters

        if name not in networks:
            names = list(dict.fromkeys([*grammar.GENERATORS, *networks.names()]))
            hint = allowed_words(name, names)
            checker.add(f"no generator is named `{name}`", (*place, "generator"), hint)
            return
        taken = parameters(name)
        needed = tuple(key for key, must in taken.items() if must)
        possible = tuple(key for key, must in taken.items() if not must)
    for key in sorted(given):
        if key not in needed and key not in possible:
            hint = allowed_words(key, [*needed, *possible, "weight"])
            checker.add(f"`{name}` takes no `{key}`", (*place, key), hint, on_key=True)
    for key in needed:
        if key not in given:
            checker.add(f"`{name}` needs `{key}`", place, on_key=True)
    if name in ("watts_strogatz", "holme_kim") and layer.mean_degree is not None:
        _check_mean_degree(checker, layer.mean_degree, name, place)
    if name == "lattice" and layer.neighbours is not None:
        from simulator.generators import lattice_problem

        checker.extend(_at_most_one(lattice_problem(checker.n_people, layer.neighbours)), place)
    if name == "random_regular" and layer.degree is not None:
        from simulator.generators import regular_problem

        checker.extend(_at_most_one(regular_problem(checker.n_people, layer.degree)), place)
    if layer.by is not None and name == "stochastic_blocks":
        checker.column(layer.by, (*place, "by"))
    if layer.column is not None and name == "degrees":
        checker.column(layer.column, (*place, "column"))


def _check_mean_degree(checker: Checker, mean_degree: float, name: str, place: Place) -> None:
    place = (*place, "mean_degree")
    people = checker.n_people
    if mean_degree % 2:
        hint = "each person brings half of it, so give an even whole number"
        checker.add(f"mean_degree is {mean_degree:g}; it must be even", place, hint)
    elif people is not None:
        most = people - 1 if name == "watts_strogatz" else 2 * people - 1
        if mean_degree > most:
            checker.add(f"{people} people cannot have {mean_degree:g} contacts each", place)


def _at_most_one(problem: Problem | None) -> list[Problem]:
    return [] if problem is None else [problem]


def check_references(checker: Checker) -> None:
    """Check that a publication named by key alone is in the bundled bibliography."""
    from scenarios.bibliography import bibliography

    seen: set[str] = set()
    for i, reference in enumerate(checker.spec.references):
        key = reference if isinstance(reference, str) else reference.key
        if isinstance(reference, str) and reference not in bibliography():
            hint = f"{allowed_words(reference, sorted(bibliography()))}; or write {{key, text, doi}}"
            checker.add(f"the bibliography has no `{reference}`", ("references", i), hint)
        if key in seen:
            checker.add(f"`{key}` is listed twice", ("references", i))
        seen.add(key)
