"""What the documentation takes from the code when it is built: a page says ``<!-- netrial: grammar -->`` and gets it.

A marker is a line of its own: a comment that names a piece of `PIECES` and, for some, an argument. So nothing of the
reference is copied by hand, and nothing that is generated lies in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

MARKER = re.compile(r"^<!-- netrial: (\w+)(?: (\w+))? -->$", re.MULTILINE)
NOT_BUILT = "*Not built yet.*"


def fill(text: str) -> str:
    """Return a page with every marker replaced by what it names.

    Raises
    ------
    KeyError
        If a marker names no piece.
    """
    return MARKER.sub(lambda found: PIECES[found[1]](*filter(None, [found[2]])), text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; cells may hold Markdown, but for bars and line breaks."""
    cells = [[" ".join(str(cell).replace("|", r"\|").split()) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells])


def code(text: object) -> str:
    """Return a word as code."""
    return f"`{text}`"


# ---------------------------------------------------------------------------------------------------- the grammar

REPEATED = ("Value", "ByCategory", "HazardRatio", "Uncertain", "Distribution", "OfColumn", "Measure", "Level")
"""Parts that stand in so many places that they come last, under their own names."""


def grammar() -> str:
    """Return every key of a scenario: what it takes, its default and its meaning, section by section."""
    from scenarios.grammar import ScenarioSpec

    schema = ScenarioSpec.model_json_schema()
    parts = schema.pop("$defs")
    places = dict(_places(schema, parts))
    last = [name for name in REPEATED if name in parts]
    order = [name for name in places if name not in last] + last
    return "\n\n".join(
        ["## The top level", _keys_of(schema, parts), *(_section(name, places, parts) for name in order)]
    )


def _places(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each part with the first place at which it stands, in the order of the grammar."""
    seen: set[str] = set()

    def within(node: Any, place: str) -> Iterator[tuple[str, str]]:
        if isinstance(node, list):
            for each in node:
                yield from within(each, place)
        if not isinstance(node, dict):
            return
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            yield name, place
            yield from within(parts[name], place)
        for key, each in node.get("properties", {}).items():
            yield from within(each, f"{place}.{key}" if place else key)
        for values in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
            yield from within(values, f"{place}.NAME")
        for key in ("anyOf", "oneOf", "items", "prefixItems"):
            yield from within(node.get(key), place)

    yield from within(schema, "")


def _section(name: str, places: Mapping[str, str], parts: Mapping[str, Any]) -> str:
    model = _models()[name]
    place, said = places[name], str(parts[name].get("description", "")).split("\n")[0]
    alone = sum(places[other] == place for other in places if other not in REPEATED) == 1
    title = words_of(name) if name in REPEATED else f"`{place}`" + ("" if alone else f" ({words_of(name)})")
    lines = [f"(grammar-{name.lower()})=\n### {title}", f"{said} {NOT_BUILT}" if model.later else said]
    base = model.__mro__[1].__name__
    if base in parts:
        lines.append(f"All keys of [{words_of(base)}](#grammar-{base.lower()}), and:")
    own = {
        key: each
        for key, each in parts[name].get("properties", {}).items()
        if base not in parts or key not in parts[base]["properties"]
    }
    lines.append(_keys_of({**parts[name], "properties": own}, parts))
    return "\n\n".join(lines)


def _models() -> dict[str, Any]:
    """Return every part of the grammar by the name of its class."""
    from scenarios.grammar import Part

    found, waiting = {}, [Part]
    while waiting:
        model = waiting.pop()
        found[model.__name__] = model
        waiting += model.__subclasses__()
    return found


def _keys_of(node: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    needed = node.get("required", [])
    rows = []
    for key, each in node.get("properties", {}).items():
        said = each.get("description") or parts.get(_reference(each), {}).get("description", "").split("\n")[0]
        default = "needed" if key in needed else _default(each.get("default"))
        rows.append([code(key), takes(each), default, f"{said} {NOT_BUILT}" if each.get("later") else said])
    others = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), None)
    if others:
        rows.append(["any name", "anything" if others is True else takes(others), "", ""])
    return table(["key", "takes", "default", "meaning"], rows)


def _reference(node: Mapping[str, Any]) -> str:
    forms = [node, *node.get("anyOf", [])]
    return next((form["$ref"].rpartition("/")[2] for form in forms if "$ref" in form), "")


def _default(value: Any) -> str:
    return "" if value in (None, [], {}, "") else code(f"{value:g}" if isinstance(value, float) else value)


def words_of(name: str) -> str:
    """Return the name of a class as words: ``HazardRatio`` is "hazard ratio"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Spec")).lower()


def takes(node: Mapping[str, Any]) -> str:
    """Return what a key takes, in words, from its JSON Schema."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{words_of(name)}](#grammar-{name.lower()})"
    if "const" in node or "enum" in node:
        return " or ".join(code(word) for word in node.get("enum", [node.get("const")]))
    forms = [takes(form) for form in (*node.get("anyOf", ()), *node.get("oneOf", ())) if form.get("type") != "null"]
    if forms:
        return " or ".join(dict.fromkeys(forms))
    kind = node.get("type")
    if kind == "array":
        if "prefixItems" in node:
            return f"[{', '.join(takes(item) for item in node['prefixItems'])}]"
        return f"list of: {takes(node['items'])}"
    if kind == "object":
        values = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), True)
        return f"names, each with: {'anything' if values is True else takes(values)}"
    if kind in ("number", "integer"):
        return _number(node)
    if kind == "string" and node.get("description", "").startswith("A condition"):
        return "condition"
    return {"string": "word", "boolean": "`true` or `false`"}.get(str(kind), "anything")


def _number(node: Mapping[str, Any]) -> str:
    word = "whole number" if node["type"] == "integer" else "number"
    if "minimum" in node and "maximum" in node:
        return f"{word} from {node['minimum']:g} to {node['maximum']:g}"
    bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    said = [f"{how} {node[bound]:g}" for bound, how in bounds.items() if bound in node]
    return " ".join([word, ", ".join(said)]) if said else word


# ------------------------------------------------------------------------------------- words, commands, tables, …


SAID = {
    "kinds": "`interventions.NAME.kind`: what reports call it. Each checks what it needs.",
    "targets": "`target.rank`: who comes first.",
    "groups": "`target.groups` and `target.per`: groups found in the network, beside those of a column.",
    "ranks": "`target.rank` with `target.groups`: which come first. A share or a count of states is the other way.",
    "networks": "Generators of ties: `network.layers.NAME.generator`.",
    "laws": "A transition has at most one. The line says by what its rate is multiplied; [simple and complex "
    "contagion](../explanation/simple_and_complex.md) says what each assumes.",
    "measures": "An outcome is one of these.",
    "distributions": "`distribution` of a column, a weight or a threshold, and what each is given.",
    "units": "Of time: `time.unit`, and `unit` beside a number.",
}
"""A sentence for each subject of which a scenario may name words; others go without."""


def words(subject: str | None = None) -> str:
    """Return the words that a scenario may name at one place, each with its help; without a place: of all places."""
    from experiments.vocabulary import SUBJECTS, words_for
    from scenarios.grammar import GENERATORS
    from simulator.distributions import DISTRIBUTIONS
    from simulator.generators import networks
    from simulator.units import DAYS

    others: dict[str, Callable[[], Mapping[str, str]]] = {
        "networks": lambda: {name: networks.help(name) for name in networks},
        "distributions": lambda: DISTRIBUTIONS,
        "units": lambda: {unit: f"{float(days):g} days" for unit, days in DAYS.items()},
    }
    if subject is None:
        subjects = [each for each in dict.fromkeys((*SUBJECTS, *others)) if each != "scenarios"]
        return "\n\n".join(f"## {each.capitalize()}\n\n{SAID.get(each, '')}\n\n{words(each)}" for each in subjects)
    rows = dict(words_for(subject) if subject in SUBJECTS else others[subject]())
    known = {"networks": GENERATORS}.get(subject, {})
    rows |= {name: NOT_BUILT for name in known if name not in rows}
    listed = table(["word", "meaning"], [[code(name), said] for name, said in rows.items()])
    return listed if rows else "netrial brings none; packages may."


def rules(module: str) -> str:
    """Return what the targeting rules of a file of `interventions.rules` do: their docstrings and parameters."""
    from importlib import import_module
    from inspect import getdoc

    from interventions.targeting import targets
    from scenarios.parameters import json_schema_of
    from simulator.arguments import arguments

    home = f"interventions.rules.{module}"
    import_module(home)
    own = [name for name in targets.names() if targets[name].__module__ == home]
    sections = []
    for name in sorted(own, key=lambda each: targets[each].__code__.co_firstlineno):
        said, _, after = (getdoc(targets[name]) or "").partition("\nParameters\n")
        returns = re.search(r"\nReturns\n-+\n.*\n((?: +.*\n?)*)", after)
        parameters = [_keys_of(json_schema_of(targets[name]), {})] if arguments(targets[name]) else []
        note = [" ".join(returns[1].split())] if returns and returns[1].strip() else []
        sections.append("\n\n".join([f"### `{name}`", said.strip(), *note, *parameters]))
    return "\n\n".join(sections)


def commands() -> str:
    """Return the help of the command line: every command with its arguments and options."""
    import typer

    from experiments.commands import app

    group = typer.main.get_command(app)
    context = type(group).context_class(group, info_name="netrial")
    sections = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        inner = type(command).context_class(command, info_name=name, parent=context)
        rows = [(code(record[0]), record[1]) for each in command.params if (record := each.get_help_record(inner))]
        usage = " ".join(["netrial", name, *command.collect_usage_pieces(inner)])
        help_text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
        parts = [f"## `netrial {name}`", help_text, f"```text\n{usage}\n```", *([table(["", ""], rows)] * bool(rows))]
        sections.append("\n\n".join(parts))
    return "\n\n".join(sections)


def tables() -> str:
    """Return the columns and types of every table of a results folder."""
    from experiments.parts import SHAKE, TABLES

    return "\n\n".join(
        f"## `{name}.parquet`\n\n" + table(["column", "type"], [[code(field.name), field.type] for field in columns])
        for name, columns in {**TABLES, "shake": SHAKE}.items()
    )


def bibliography() -> str:
    """Return the bundled bibliography, with the scenarios that rest on each publication."""
    from scenarios.bibliography import bibliography as publications
    from scenarios.bibliography import references_of
    from scenarios.loading import load, names

    used = {name: references_of(load(name).spec) for name in names()}
    rows = []
    for key, each in sorted(publications().items()):
        users = ", ".join(f"[{name}](../scenarios/{name}.md)" for name, found in used.items() if key in found)
        rows.append([code(key), each.text + (f" doi:{each.doi}" if each.doi else ""), users])
    return table(["key", "publication", "used by"], rows)


def scenarios() -> str:
    """Return the bundled scenarios with their titles, and how many inputs nobody measured."""
    from scenarios.inputs import inputs_of
    from scenarios.loading import load, names

    rows = []
    for name in names():
        found = inputs_of(load(name).spec)
        counts = [len(found), sum(each.assumed for each in found), sum(each.fitted for each in found)]
        rows.append([f"[`{name}`](scenarios/{name}.md)", load(name).title, *map(str, counts)])
    return table(["name", "what", "inputs", "assumed", "fitted"], rows)


def inputs(name: str) -> str:
    """Return every input of a bundled scenario with its unit and source."""
    from scenarios.bibliography import references_of
    from scenarios.inputs import inputs_of
    from scenarios.loading import load

    spec = load(name).spec
    publications = references_of(spec)
    rows = []
    for each in inputs_of(spec):
        source = f"[{each.source}](../reference/bibliography.md)" if each.source in publications else each.source
        rows.append([code(each.name), each.value, each.unit, source])
    return table(["input", "value", "unit", "source"], rows)


def catalogue() -> str:
    """Return netrial's own tactics, kind by kind: what each picks, its parameters, its source and an example."""
    from interventions.tactics import catalogue as names_by_kind

    return "\n\n".join(
        "\n\n".join([f"## {kind.capitalize()}", *map(_tactic, names)]) for kind, names in names_by_kind().items()
    )


def _tactic(name: str) -> str:
    import inspect

    from interventions.tactics import tactics
    from simulator.arguments import arguments, documented

    function = tactics[name]
    text = re.split(r"\n\n(?=Parameters\n---|Examples\n---)", inspect.getdoc(function) or "")
    said = documented(function)
    rows = [
        [code(key), "needed" if each.default is each.empty else _default(each.default), said[key]]
        for key, each in arguments(function).items()
    ]
    title, example = text[-1].partition("---\n")[2].partition("::\n\n")[::2]
    yaml = re.sub(r"(?m)^ {4}", "", example).rstrip()
    prose = "\n\n".join(" ".join(paragraph.split()) for paragraph in text[0].split("\n\n"))
    parts = [f"### `{name}`", prose, *([table(["parameter", "default", ""], rows)] if rows else [])]
    return "\n\n".join([*parts, f"{title.lstrip('-').strip()}:", f"```yaml\n{yaml}\n```"])


PIECES: dict[str, Callable[..., str]] = {
    "catalogue": catalogue,
    "grammar": grammar,
    "words": words,
    "rules": rules,
    "commands": commands,
    "tables": tables,
    "bibliography": bibliography,
    "scenarios": scenarios,
    "inputs": inputs,
}
"""What a marker may name."""
