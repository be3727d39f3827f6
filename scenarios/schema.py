"""The grammar as JSON Schema 2020-12, for editors that complete keys, explain them, and underline slips.

It comes from the models of `scenarios.grammar`, with the words that a scenario may use where their set is closed. It
says no more than one file's shape can say: what it accepts, `netrial check` may refuse; what it refuses, is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scenarios import grammar
from scenarios.bibliography import ASSUMED, FITTED, bibliography
from scenarios.grammar.parts import NAME_PATTERN
from scenarios.tactics import BESIDE
from simulator.distributions import DISTRIBUTIONS
from simulator.errors import SpecError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "urn:netrial:scenario:1"
SHIPPED = Path(__file__).parent / "netrial.schema.json"
"""The schema without plug-ins, as it comes with netrial."""

NOT_BUILT = "(Not built yet.)"

Json = dict[str, Any]


def schema(*, plugins: bool = True) -> Json:
    """Return the JSON Schema of a scenario.

    Parameters
    ----------
    plugins : bool
        Whether to add the words of the plug-ins that are installed.

    Returns
    -------
    dict
        Plain data. Every key has a description.
    """
    from interventions.groups import FOUND

    added = _added(plugins)
    raw = grammar.ScenarioSpec.model_json_schema()
    definitions = {name: _tidy(each, name) for name, each in raw.pop("$defs").items()}
    whole = _tidy(raw, "Scenario")
    whole["title"] = "A netrial scenario"
    for name in ("Measure", "Outcome"):
        definitions[name]["additionalProperties"] = False
        for word, form in added["netrial.outcomes"].items():
            parameters = {key: form[key] for key in ("properties", "required")}
            said = {"type": "object", "description": form["description"], **parameters, "additionalProperties": False}
            definitions[name]["properties"].setdefault(word, said)
    for (part, key), words in _closed_words(added["netrial.targets"]).items():
        _name_words(definitions[part]["properties"][key], words)
    for part in definitions.values():
        if "source" in part.get("properties", {}):
            _suggest(part["properties"]["source"], [ASSUMED, FITTED, *sorted(bibliography())])
    for part, key in (("Target", "groups"), ("Target", "per"), ("GroupsBy", "by")):
        _suggest(definitions[part]["properties"][key], list(FOUND))
    definitions["Outcomes"]["propertyNames"] = {"pattern": NAME_PATTERN}
    _name_words(whole["properties"]["references"]["items"], {key: each.text for key, each in bibliography().items()})
    generators = _generators(definitions, added["netrial.networks"])
    definitions["GeneratedLayer"] = _choice(definitions["GeneratedLayer"], "generator", generators)
    definitions["RankRule"] = _choice(definitions["RankRule"], "rule", _rules(added["netrial.targets"]))
    for name in ("Tactic", "UnnamedTactic"):
        beside = {
            key: {"description": each["description"], "$ref": f"#/$defs/Intervention/properties/{key}"}
            for key, each in definitions["Intervention"]["properties"].items()
            if key in BESIDE
        }
        if name == "UnnamedTactic":
            beside["name"] = definitions[name]["properties"]["name"]
        forms = {
            word: {**form, "properties": beside | form["properties"]}
            for word, form in added["netrial.interventions"].items()
        }
        definitions[name] = _choice(definitions[name], "tactic", forms)
    used = _used(whole, definitions)
    return {
        "$schema": DIALECT,
        "$id": IDENTITY,
        **whole,
        "$defs": {name: definitions[name] for name in sorted(used)},
    }


def schema_text(*, plugins: bool = True) -> str:
    """Return the schema as the text of a file."""
    return json.dumps(schema(plugins=plugins), indent=1, ensure_ascii=False) + "\n"


def _tidy(node: Any, name: str = "") -> Any:
    """Make what pydantic says useful to an editor; `name` is that of the model, where it is one."""
    if isinstance(node, list):
        return [_tidy(each) for each in node]
    if not isinstance(node, dict):
        return node
    said = {key: value for key, value in node.items() if key not in ("title", "default", "discriminator", "share")}
    if node.get("default") is not None:
        said["default"] = node["default"]
    if "later" in said:
        del said["later"]
        said["description"] = f"{said['description']} {NOT_BUILT}"
    if "properties" in said:
        said["properties"] = {key: _tidy(each) for key, each in said["properties"].items()}
    if "patternProperties" in said:  # keys that are names: every other key is an error
        (pattern, values), *_ = said.pop("patternProperties").items()
        said["propertyNames"], said["additionalProperties"] = {"pattern": pattern}, values
    for key in ("items", "additionalProperties", "prefixItems", "$defs"):
        if key in said:
            said[key] = _tidy(said[key])
    # Which form is meant is told by a key that only one of them has. That cannot be said here, so several may fit.
    forms = [*said.pop("oneOf", []), *said.pop("anyOf", [])]
    if forms:
        said["anyOf"] = list(_flat(forms))
        details = [form.pop("description") for form in said["anyOf"] if "type" in form and "description" in form]
        said["description"] = " ".join([*filter(None, [said.get("description")]), *details])
    if name:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Spec"))
        said = {"title": words[0] + words[1:].lower(), **said}
    return said


def _flat(forms: Iterable[Any]) -> Iterable[Any]:
    for form in map(_tidy, forms):
        yield from form.get("anyOf", [form])


def _added(plugins: bool) -> dict[str, dict[str, Json]]:
    """Return the registered words that no table of the grammar has, by group, with help and parameters.

    Words of plug-ins that cannot be used are left out, and all of them without `plugins`.
    """
    from scenarios.parameters import json_schema_of
    from scenarios.plugins import registries

    tabled = set(grammar.GENERATORS)
    found: dict[str, dict[str, Json]] = {}
    for registry in registries():
        words = found[str(registry.group)] = {}
        for name in registry:
            if name in tabled or (registry.plugin(name) and not plugins):
                continue
            try:
                form = json_schema_of(registry[name])
            except SpecError:
                continue
            properties = {key: _tidy(each) for key, each in form["properties"].items()}
            help_line = registry.help(name) or f"`{name}`."
            words[name] = {"description": help_line, "properties": properties, "required": form.get("required", [])}
    return found


def _closed_words(added: Mapping[str, Json]) -> dict[tuple[str, str], Mapping[str, str]]:
    """Return the words that a key may have, where no scenario can add to them, each with a line of help."""
    from interventions.kinds import kinds

    kind_words = {name: kinds.help(name) for name in kinds}
    pairings = {name: f"`{name}` {NOT_BUILT}" if mark else "" for name, mark in grammar.PAIRINGS.items()}
    ranks = {name: rule["description"] for name, rule in _rules(added).items()}
    return {
        ("Intervention", "kind"): kind_words,
        ("UnnamedIntervention", "kind"): kind_words,
        ("AddTies", "pairing"): pairings,
        ("Column", "distribution"): DISTRIBUTIONS,
        ("Distribution", "distribution"): DISTRIBUTIONS,
        ("Target", "rank"): ranks,
    }


def _text_form(node: Json) -> Json:
    """Return the part of a key's schema that is about texts."""
    return next(form for form in node.get("anyOf", [node]) if form.get("type") == "string")


def _name_words(node: Json, words: Mapping[str, str]) -> None:
    """Let the text at a key be one of these words only."""
    form = _text_form(node)
    form.pop("minLength", None)
    form["enum"] = list(words)
    form["enumDescriptions"] = list(words.values())


def _suggest(node: Json, words: list[str]) -> None:
    """Name words that a key may have among others."""
    form = _text_form(node)
    forms = node.setdefault("anyOf", [])
    forms[:] = [{"enum": words}, *(forms or [{"type": "string", "minLength": 1}])]
    if form is node:
        for key in ("type", "minLength"):
            node.pop(key, None)


def _choice(part: Json, key: str, words: Mapping[str, Json]) -> Json:
    """Return a part whose other keys depend on the word at `key`: one form for each word."""
    description = part["properties"][key]["description"]
    forms = []
    for word, form in words.items():
        properties = {key: {"const": word, "description": form["description"] or description}, **form["properties"]}
        forms.append(
            {
                "title": word,
                "description": form["description"],
                "type": "object",
                "properties": properties,
                "required": [key, *form["required"]],
                "additionalProperties": False,
            }
        )
    helps = [form["description"] for form in words.values()]
    word_key = {"description": description, "enum": list(words), "enumDescriptions": helps}
    return {
        "title": part["title"],
        "description": part["description"],
        "type": "object",
        "properties": {key: word_key},  # said here too, so that an editor names all words where none fits yet
        "required": [key],
        "anyOf": forms,
    }


def _generators(definitions: Mapping[str, Json], added: Mapping[str, Json]) -> dict[str, Json]:
    """Return the keys that each generator takes."""
    from simulator.generators import networks

    known = definitions["GeneratedLayer"]["properties"]
    shared = {key: known[key] for key in grammar.AnyLayer.model_fields}
    found = {name: {**form, "properties": form["properties"] | shared} for name, form in added.items()}
    for name, (needed, possible) in grammar.GENERATORS.items():
        properties = {key: known[key] for key in (*needed, *possible)}
        found[name] = {"description": networks.help(name), "properties": properties | shared, "required": list(needed)}
    return found


def _rules(added: Mapping[str, Json]) -> dict[str, Json]:
    """Return the parameters that each targeting rule takes, for people or for groups of them."""
    from interventions.groups import GROUP_RANKS

    found: dict[str, Json] = {}
    for name, rule in added.items():
        asks_before = "layers" in rule["properties"] and "asked" not in rule["properties"]
        more = {"asked": ASKED_BEFORE} if asks_before else {}
        found[name] = {**rule, "properties": rule["properties"] | more}
    for name, help_line in GROUP_RANKS.items():
        rule = found.setdefault(name, {"description": f"{help_line} (with `groups`)", "properties": {}, "required": []})
        rule["properties"] = OF_GROUPS | rule["properties"]
    return found


ASKED_BEFORE: Json = {
    "description": "Share of all people who are asked about the network before: short for `knowledge: {asked: …}`.",
    "type": "number",
    "minimum": 0,
    "maximum": 1,
}
OF_GROUPS: dict[str, Json] = {
    "draw": {"description": "Name of another random order.", "type": "string"},
    "layers": {
        "description": "Layers in which communities are looked for. Default: all.",
        "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
    },
}


def _used(node: Any, definitions: Mapping[str, Json]) -> set[str]:
    """Return the definitions that something rests on."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            name = (str(each.get("$ref", "")).split("/")[2:3] or [""])[0]
            if name and name not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
