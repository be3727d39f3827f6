"""A scenario as canonical plain data, and the hash that names its results folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from scenarios import grammar
from scenarios.conversion import control_of, layers_of, observe_every_of
from scenarios.files import content_hash
from scenarios.plugins import plugins_of
from scenarios.sources import content_of
from simulator import ENGINE

if TYPE_CHECKING:
    import networkx

    from scenarios.loading import Scenario

TEXT_KEYS = ("name", "title", "references", "study", "observed")
"""Parts of the top level that change no replicate."""


def resolved(scenario: Scenario, *, origins: bool = True) -> dict[str, Any]:
    """Return the scenario as plain data with every default filled in.

    The control is named, transitions name their layers, and a file stands with its path and, under
    ``content``, a hash that does not depend on the order of its rows.

    Parameters
    ----------
    scenario : Scenario
    origins : bool
        Whether numbers keep their source and published range.

    Returns
    -------
    dict
        Only dicts, lists, texts, numbers and truth values; keys in the scenario's order.
    """
    spec = scenario.spec
    data = _plain(spec, origins)
    data["experiment"]["control"] = control_of(spec)
    data["time"].setdefault("observe_every", observe_every_of(spec))
    for name, behaviour in spec.behaviours.items():
        for transition_name, transition in behaviour.transitions.items():
            if any(getattr(transition, law) is not None for law in ("per_contact", "proportion", "response")):
                at = data["behaviours"][name]["transitions"][transition_name]
                at["layers"] = layers_of(spec, transition)
    if spec.population.file is not None:
        path = scenario.file_at(("population", "file"), spec.population.file)
        data["population"]["content"] = content_of(path, spec.population, spec.population)
    elif scenario.people is not None:
        data["population"]["content"] = _hash_of_nodes(scenario.people)
    for name, layer in spec.network.layers.items():
        at = data["network"]["layers"][name]
        if isinstance(layer, grammar.FileLayer):
            path = scenario.file_at(("network", "layers", name, "file"), layer.file)
            at["content"] = content_of(path, layer, spec.population)
        elif name in scenario.graphs:
            at["content"] = _graph_hash(scenario.graphs[name])
    for i, observed in enumerate(spec.observed):
        if observed.file is not None:
            content = content_hash(scenario.file_at(("observed", i, "file"), observed.file))
            data["observed"][i]["content"] = content
    return data


def hash8(scenario: Scenario, arms: Collection[str] | None = None) -> str:
    """Return eight hexadecimal digits that stand for whatever changes the results of a replicate.

    Parameters
    ----------
    scenario : Scenario
    arms : collection of str, optional
        Arms that are run, beside the control. Default: all.

    Returns
    -------
    str
    """
    data = resolved(scenario, origins=False)
    kept = {key: value for key, value in data.items() if key not in TEXT_KEYS}
    kept["experiment"] = {key: value for key, value in data["experiment"].items() if key != "replicates"}
    wanted = set(data["arms"]) if arms is None else {*arms, data["experiment"]["control"]}
    kept["arms"] = {
        name: _written_out(arm, data["interventions"]) for name, arm in data["arms"].items() if name in wanted
    }
    if background := kept.pop("background", None):
        kept["background"] = _written_out(background, data["interventions"])
    del kept["interventions"]  # written out in the arms; one that no arm uses changes nothing
    kept["outcomes"] = {
        name: {key: value for key, value in outcome.items() if key not in ("better", "matters")}
        for name, outcome in data["outcomes"].items()
        if name != "primary"
    }
    kept["time"].pop("start", None)  # a label
    kept["engine"] = ENGINE
    code = [plugin for plugin in plugins_of(scenario, arms) if plugin.group != "netrial.interventions"]
    if code:  # what a tactic does stands here already, expanded
        kept["plugins"] = [[each.group, each.name, each.package, each.version] for each in code]
    kept = _uniform(kept)
    for column in kept["population"].get("columns", {}).values():
        if "categories" in column:  # who is in which depends on their order
            column["categories"] = list(column["categories"].items())
    for part in (kept["population"], *kept["network"]["layers"].values()):
        for key in ("file", "format"):  # what is in it counts, not where it lies, nor how it is written
            part.pop(key, None)
        if part.get("strangers") == "refuse":  # there are none
            del part["strangers"]
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _written_out(arm: Any, interventions: Mapping[str, Any]) -> list[Any]:
    items = arm["interventions"] if isinstance(arm, Mapping) else arm
    return [[item, interventions[item]] if isinstance(item, str) else item for item in items]


def _uniform(value: Any) -> Any:
    """Write {value: x} as x, and 1 as 1.0."""
    if isinstance(value, list):
        return [_uniform(each) for each in value]
    if isinstance(value, Mapping):
        if set(value) == {"value"}:
            return _uniform(value["value"])
        return {key: _uniform(each) for key, each in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(value: Any, origins: bool) -> Any:
    """Turn models into dicts, keys as in the YAML; leave out what is neither given nor a default."""
    if isinstance(value, grammar.Part):
        data = {}
        for name, field in type(value).model_fields.items():
            each = getattr(value, name)
            if each is not None and (origins or not _is_origin(value, name)):
                data[field.alias or name] = _plain(each, origins)
        return data | {name: _plain(each, origins) for name, each in (value.__pydantic_extra__ or {}).items()}
    if isinstance(value, Mapping):
        return {name: _plain(each, origins) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each, origins) for each in value]
    return value


def _is_origin(part: grammar.Part, key: str) -> bool:
    """Say whether a key tells where a number comes from, and not what it is."""
    if isinstance(part, grammar.Value):
        return key in ("source", "low", "high")
    return isinstance(part, grammar.Sourced) and key == "source"


def _hash_of_nodes(graph: networkx.Graph) -> str:
    """Return a hash of a graph's people and their attributes that does not depend on their order."""
    rows = []
    for node, known in graph.nodes(data=True):
        rows.append(f"{node!r}\0{sorted((str(key), repr(value)) for key, value in known.items())}")
    return hashlib.blake2b("\n".join(sorted(rows)).encode(), digest_size=32).hexdigest()


def _graph_hash(graph: networkx.Graph) -> str:
    """Return a hash of a graph's people, ties and weights that does not depend on their order."""
    directed = graph.is_directed()
    rows = [f"n{node!r}" for node in graph.nodes]
    for one, other, weight in graph.edges(data="weight", default=1):
        ends = [repr(one), repr(other)]
        ends = ends if directed else sorted(ends)
        rows.append(f"t{ends[0]}\0{ends[1]}\0{weight!r}")
    text = "\n".join([str(directed), *sorted(rows)])
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
