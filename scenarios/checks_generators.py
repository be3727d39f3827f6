"""Cross-checks of layers that are made: the parameters of generators, and what can be told of them before they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scenarios import grammar
from scenarios.checking import Checker
from simulator.errors import Place, Problem, SpecError, allowed_words


def check_generator(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    """Check that a generator exists, has the parameters that it takes, and can make such a network."""
    name = layer.generator
    given = {key for key in layer.model_fields_set if key not in ("generator", *grammar.AnyLayer.model_fields)}
    given |= set(layer.__pydantic_extra__ or {})
    columns: tuple[str, ...] = {"stochastic_blocks": ("by",), "degrees": ("column",)}.get(name, ())
    if name in grammar.GENERATORS:
        needed, possible = grammar.GENERATORS[name]
    else:
        from simulator.generating import columns_in
        from simulator.generators import networks, parameters

        if name not in networks:
            names = list(dict.fromkeys([*grammar.GENERATORS, *networks.names()]))
            hint = allowed_words(name, names)
            checker.add(f"no generator is named `{name}`", (*place, "generator"), hint)
            return
        taken = parameters(name)
        needed = tuple(key for key, must in taken.items() if must)
        possible = tuple(key for key, must in taken.items() if not must)
        columns = columns_in(name)
    for key in sorted(given):
        if key not in needed and key not in possible:
            hint = allowed_words(key, [*needed, *possible, "weight"])
            checker.add(f"`{name}` takes no `{key}`", (*place, key), hint, on_key=True)
    for key in needed:
        if key not in given:
            checker.add(f"`{name}` needs `{key}`", place, on_key=True)
    extra = layer.__pydantic_extra__ or {}
    named = {key: getattr(layer, key, extra.get(key)) for key in columns if key in given}
    known = [checker.column(str(column), (*place, key)) for key, column in named.items() if column is not None]
    if all(known) and name in _CAN_BE_MADE:
        _CAN_BE_MADE[name](checker, layer, place)


def check_networkx(checker: Checker, layer: grammar.NetworkxLayer, place: Place) -> None:
    """Check that NetworkX has such a generator, and that it takes these arguments."""
    from simulator.networkx_layers import argument_problems

    checker.extend(argument_problems(layer.networkx, layer.arguments), place)


def _even_contacts(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    mean_degree = layer.mean_degree
    if mean_degree is None:
        return
    place = (*place, "mean_degree")
    people = checker.n_people
    if mean_degree % 2:
        hint = "each person brings half of it, so give an even whole number"
        checker.add(f"mean_degree is {mean_degree:g}; it must be even", place, hint)
    elif people is not None:
        most = people - 1 if layer.generator == "watts_strogatz" else 2 * people - 1
        if mean_degree > most:
            checker.add(f"{people} people cannot have {mean_degree:g} contacts each", place)


def _erdos_renyi(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    from simulator.blocks import mean_degree_problem

    if layer.mean_degree is None:
        return
    checker.extend(_at_most_one(mean_degree_problem(checker.n_people, layer.mean_degree)), place)


def _blocks(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    import numpy as np

    from simulator.blocks import block_problems, blocks_by, equal_blocks, mean_degree_problem

    if (layer.blocks is None) == (layer.by is None):
        found = "both" if layer.by is not None else "neither"
        hint = "`blocks` is a number of equal blocks; `by` names a column that says who is in which"
        checker.add(f"`stochastic_blocks` needs either `blocks` or `by`, found {found}", place, hint, on_key=True)
        return
    if layer.mean_degree is None or layer.within is None:
        return
    n, people = checker.n_people, checker.known.people
    try:
        if layer.blocks is not None and n is not None:
            codes, names = equal_blocks(n, layer.blocks)
        elif layer.by is not None and people is not None:
            codes, names = blocks_by(people.columns[layer.by])
        else:  # drawn anew in each network
            checker.extend(_at_most_one(mean_degree_problem(n, layer.mean_degree)), place)
            return
    except SpecError as error:
        checker.extend(error.problems, place)
        return
    sizes = np.bincount(codes, minlength=len(names))
    checker.extend(block_problems(sizes, names, layer.mean_degree, layer.within), place)


def _lattice(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    from simulator.generators import lattice_problem

    if layer.neighbours is None:
        return
    checker.extend(_at_most_one(lattice_problem(checker.n_people, layer.neighbours)), place)


def _regular(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    from simulator.degrees import regular_problem

    if layer.degree is None:
        return
    checker.extend(_at_most_one(regular_problem(checker.n_people, layer.degree)), place)


def _degrees(checker: Checker, layer: grammar.GeneratedLayer, place: Place) -> None:
    if layer.column is None:
        return
    people = checker.known.people
    drawn = checker.spec.population.columns.get(layer.column)
    if people is None or (drawn is not None and drawn.from_ is None):
        _drawn_degrees(checker, layer.column, drawn, (*place, "column"))
        return
    import numpy as np

    from simulator.degrees import degrees_problem, wanted_contacts

    column = people.columns[layer.column]
    try:
        wanted = wanted_contacts(column)
    except SpecError as error:
        checker.extend(error.problems, place)
        return
    if column.categories is None and (column.values % 1).any():
        first = column.values[column.values % 1 != 0][0]
        message = f"`{column.name}` holds {first:g}, which is no number of contacts"
        checker.add(message, (*place, "column"), "numbers of contacts in a file are whole")
        return
    checker.extend(_at_most_one(degrees_problem(wanted)), place)
    if np.sum(wanted) % 2:
        message = f"`{column.name}` adds up to {np.sum(wanted):,}, an odd number: one person has one contact fewer"
        checker.warn(message, (*place, "column"), "a tie has two ends")


def _drawn_degrees(checker: Checker, name: str, drawn: grammar.Column | None, place: Place) -> None:
    """Check what can be told of numbers of contacts that are drawn anew in each network."""
    if drawn is None:
        return
    words = [category for category in drawn.categories or () if not category.isdecimal()]
    if words:
        hint = "a column of numbers, or categories such as 0, 1 and 5"
        checker.add(f"`{name}` holds words, such as `{words[0]}`, not numbers of contacts", place, hint)
    elif drawn.distribution == "normal" and drawn.min is None:
        checker.add(f"`{name}` may be drawn below 0; nobody has fewer than 0 contacts", place, "give it `min: 0`")


_CAN_BE_MADE: dict[str, Callable[[Checker, Any, Place], None]] = {
    "erdos_renyi": _erdos_renyi,
    "watts_strogatz": _even_contacts,
    "barabasi_albert": _even_contacts,
    "holme_kim": _even_contacts,
    "stochastic_blocks": _blocks,
    "lattice": _lattice,
    "random_regular": _regular,
    "degrees": _degrees,
}
"""What can be told of each generator by its parameters."""


def _at_most_one(problem: Problem | None) -> list[Problem]:
    return [] if problem is None else [problem]
