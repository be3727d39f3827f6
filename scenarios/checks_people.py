"""Cross-checks of people, ties and references: files are read, and every id in them is looked up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from scenarios.checks_generators import check_generator, check_networkx
from scenarios.checks_numbers import check_number
from scenarios.checks_parameters import check_added_generator
from scenarios.known import labels_of
from scenarios.sources import EDGE_LIST, MATRIX, TABLE, TieTable, format_of, people_at, ties_at, wrong_keys
from scenarios.worlds import column_plans, layer_of, population_of
from simulator.errors import Place, SpecError, allowed_words

FileAt = Callable[[Place, str], Path]
DISTRIBUTION_KEYS = ("mean", "sd", "min", "max")


def check_people(checker: Checker, file_at: FileAt, graph: Any = None) -> None:
    """Check `population`, and note in `checker.known` which columns people have.

    Parameters
    ----------
    checker : Checker
    file_at : callable
        ``file_at(place, name) -> Path`` of a file that the scenario names there.
    graph : networkx.Graph, optional
        Given in Python: its nodes are the people.
    """
    people, known = checker.spec.population, checker.known
    if "population" in checker.missing:
        known.any_column = True
        return
    place: Place = ("population",)
    broken = len(checker.problems)
    if people.size is None and people.file is None and people.networkx is None:
        checker.add("`population` needs `size` or `file`", place, "an example: size: 1000", on_key=True)
        known.any_column = True
    if people.size is not None:
        for key in ("file", "format", "networkx", "id", "where"):
            if getattr(people, key) is not None:
                hint = "people come from a file, or are generated: `size` is for the latter"
                checker.add(f"`{key}` does not go with `size`", (*place, key), hint, on_key=True)
    elif people.networkx is not None:
        _check_graph_of_people(checker, graph)
    elif people.file is not None:
        form = format_of(people)
        if people.id is None and form == TABLE:
            hint = "the column that says who is who; `format: edge_list` takes people from ties without a header"
            checker.add("`id` is missing", place, hint, on_key=True)
        elif people.id is not None and form in (EDGE_LIST, MATRIX):
            hint = f"`{people.file}` is read as `{form}`; write `format: table` if it has a column of ids"
            checker.add("`id` goes with tables and graph files", (*place, "id"), hint, on_key=True)
    for name, column in people.columns.items():
        _check_column(checker, name, column, (*place, "columns", name))
    _note_planned_columns(checker)
    if people.size is not None or (people.file is None and graph is None):
        return
    known.any_column = True
    found: Any = graph
    if people.file is not None:
        try:
            found = people_at(file_at((*place, "file"), people.file), people)
        except SpecError as error:
            checker.extend(error.problems, (*place, "file"))
            return
        if people.id is None and format_of(people) == TABLE:
            return
    if len(checker.problems) > broken:
        return
    try:
        population = population_of(checker.spec, found)
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


def _check_graph_of_people(checker: Checker, graph: Any) -> None:
    people, place = checker.spec.population, ("population",)
    for key in ("file", "format", "id"):
        if getattr(people, key) is not None:
            checker.add(f"`{key}` does not go with `networkx`", (*place, key), "the graph has the people", on_key=True)
    if graph is None:
        hint = "in a file, write `file: town.graphml`; in Python, scenario.on_graph(graph)"
        checker.add("people can be given as a graph in Python only", (*place, "networkx"), hint, on_key=True)
        checker.known.any_column = True


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
    if column.from_ is not None and checker.spec.population.size is not None:
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
            check_generator(checker, layer, place)
        elif isinstance(layer, grammar.NetworkxLayer) and name not in graphs:
            check_networkx(checker, layer, place)
        if isinstance(layer, grammar.FileLayer):
            checker.extend(wrong_keys(layer, checker.spec.population), place)
        elif isinstance(layer.weight, str):
            hint = "a number, or {distribution: …}"
            checker.add("`weight` names a column, but the layer has no file", (*place, "weight"), hint)
        if isinstance(layer.weight, grammar.Distribution):
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
    path = None
    if isinstance(layer, grammar.FileLayer):
        if wrong_keys(layer, checker.spec.population):
            return
        try:
            path = file_at((*place, "file"), layer.file)
            table = ties_at(path, layer, checker.spec.population)
        except SpecError as error:
            checker.extend(error.problems, place)
            return
        checker.rows(layer.where, table.frame, (*place, "where"))
        _warn_of_weights(checker, layer, table, place)
    population = checker.known.people
    if population is None:
        if checker.known.any_column or checker.spec.population.size is None:
            return
        population = population_of(checker.spec.model_copy(update={"population": _bare(checker.spec)}), None)
    try:
        checker.known.ties[name] = layer_of(checker.spec, name, population, path, graphs.get(name))
    except SpecError as error:
        checker.extend(error.problems, place)


def _warn_of_weights(checker: Checker, layer: grammar.FileLayer, table: TieTable, place: Place) -> None:
    """Say so where a graph file has weights and the layer is silent about them."""
    if layer.weight is not None or table.directed is None or "weight" not in table.frame.columns:
        return
    if (table.frame["weight"] != 1).any():
        message = f"`{layer.file}` has a `weight` for its ties, which is not used"
        checker.warn(message, (*place, "file"), "write `weight: weight`, or `weight: 1` if it is not meant")


def _bare(spec: grammar.ScenarioSpec) -> grammar.Population:
    return spec.population.model_copy(update={"columns": {}})


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
