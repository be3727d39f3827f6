"""The JSON Schema: shipped as it is generated, describes every key, accepts what loads, refuses slips."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import jsonschema
import pytest
import test_grammar_fuzz as fuzz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner

from experiments.commands import app
from scenarios import grammar
from scenarios.loading import LIBRARY, _checked
from scenarios.schema import SHIPPED, schema, schema_text
from simulator.errors import SpecError

SCHEMA = schema(plugins=False)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
OBESITY = (LIBRARY / "obesity.yaml").read_text()
SERVER = shutil.which("yaml-language-server")


def texts(value: Any) -> Any:
    """Make all keys texts, as JSON and netrial have them."""
    if isinstance(value, dict):
        return {str(key): texts(each) for key, each in value.items()}
    return [texts(each) for each in value] if isinstance(value, list) else value


def said_of(text: str) -> list[str]:
    data = texts(YAML(typ="safe", pure=True).load(text))
    return [error.message for error in VALIDATOR.iter_errors(data)]


def parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from parts(each)
    elif isinstance(node, list):
        for each in node:
            yield from parts(each)


def test_it_is_a_schema_of_its_dialect_and_names_no_place():
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    assert SCHEMA["$id"].startswith("urn:")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_shipped_file_is_the_schema():
    assert SHIPPED.read_text(encoding="utf-8") == schema_text(plugins=False), (
        "the grammar changed, and the file that editors read did not: run "
        "`netrial schema --out scenarios/netrial.schema.json` where no plug-in is installed"
    )


def test_the_command_prints_it_and_writes_it(tmp_path):
    printed = CliRunner().invoke(app, ["schema"])
    written = CliRunner().invoke(app, ["schema", "--out", str(tmp_path / "s.json")])
    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert json.loads(printed.stdout) == json.loads((tmp_path / "s.json").read_text()) == schema()
    nowhere = CliRunner().invoke(app, ["schema", "--out", str(tmp_path / "no" / "s.json")])
    assert "cannot write" in str(nowhere.exception)


def test_every_key_is_described_and_no_other_is_allowed():
    found = 0
    for part in parts(SCHEMA):
        for key, said in part.get("properties", {}).items():
            assert len(said.get("description", "")) > 3, key
            found += 1
        if part.get("type") == "object" and "properties" in part and "anyOf" not in part:
            assert part["additionalProperties"] is not True, part["title"]
    assert found > 200


def test_keys_of_all_models_are_there():
    names = {key for part in parts(SCHEMA) for key in part.get("properties", {})}
    models = [each for each in vars(grammar).values() if isinstance(each, type) and issubclass(each, grammar.Part)]
    wanted = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert len(models) > 30
    assert wanted - {"tactic"} <= names


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_bundled_scenarios_are_valid(path):
    assert said_of(path.read_text()) == []


WRONG = {
    "unknown key": ("uptake:", "uptaek:"),
    "unknown key of the top": ("experiment:", "experiments:"),
    "misspelt kind": ("kind: champions", "kind: chapmions"),
    "misspelt generator": ("generator: holme_kim", "generator: holme_kin"),
    "key of another generator": ("triangles:", "rewiring:"),
    "misspelt rule": ("rank: degree", "rank: degre"),
    "misspelt direction": ("better: lower", "better: lowr"),
    "misspelt measure": ("person_time:", "person_tiem:"),
    "misspelt law": ("per_contact:", "per_contacts:"),
    "a word for a number": ("size: 10000", "size: many"),
    "a share above 1": ("share: 0.05", "share: 5"),
    "half a person": ("size: 10000", "size: 10000.5"),
    "misspelt unit": ("unit: year", "unit: yaer"),
    "no bibliography key": ("references: [hill2010", "references: [hill2011"),
    "no name": ("arms:", "arms:\n  no name: []"),
    "a word of conditions as a name": ("arms:", "arms:\n  not: []"),
    "no version": ("netrial: 1\n", "\n"),
    "another version": ("netrial: 1", "netrial: 2"),
}


@pytest.mark.parametrize(("right", "wrong"), WRONG.values(), ids=WRONG)
def test_slips_are_refused(right, wrong):
    assert right in OBESITY
    assert said_of(OBESITY.replace(right, wrong, 1))


def plain_changes(data: st.DataObject, changed: Any, places: list[tuple[Any, ...]]) -> None:
    """Change numbers to other numbers, and drop keys: what often stays valid."""
    place = data.draw(st.sampled_from(places))
    value = data.draw(st.one_of(st.floats(0, 1), st.integers(0, 9), st.none(), fuzz.VALUES))
    kind = data.draw(st.sampled_from(["drop", "rename", "replace"]))
    fuzz.mutate(changed, place, kind, value, data.draw(st.sampled_from(fuzz.WORDS)))


def test_what_loads_is_never_refused():
    """A scenario that the loader takes is valid; the reverse cannot hold, since the loader looks at files and names."""
    taken = 0

    @settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def changed_scenarios(data: st.DataObject) -> None:
        nonlocal taken
        which = data.draw(st.sampled_from([0, 3, 4, 5]))
        changed = copy.deepcopy(fuzz.EXAMPLES[which].data)
        plain_changes(data, changed, fuzz.PLACES[which])
        try:
            _checked(fuzz.PATHS[which], "", changed, fuzz.EXAMPLES[which].marks, {}, {}, [])
        except SpecError:
            return
        taken += 1
        assert [error.message for error in VALIDATOR.iter_errors(changed)] == []

    changed_scenarios()
    assert taken > 25


class Editor:
    """What an editor says to a language server, over pipes."""

    def __init__(self, server: str) -> None:
        self.process = subprocess.Popen([server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answers: Queue[dict[str, Any]] = Queue()
        self.problems: Queue[dict[str, Any]] = Queue()
        self.asked = 0
        threading.Thread(target=self._listen, daemon=True).start()
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {"textDocument": {"hover": {}}}})
        self.tell("initialized", {})

    def _listen(self) -> None:
        out = self.process.stdout
        assert out is not None
        while header := out.readline():
            length = int(header.split(b":")[1])
            while out.readline().strip():
                pass
            message = json.loads(out.read(length))
            if "id" in message and "method" in message:
                self._send({"id": message["id"], "result": None})
            elif message.get("method") == "textDocument/publishDiagnostics":
                self.problems.put(message["params"])
            elif "id" in message:
                self.answers.put(message)

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while (answer := self.answers.get(timeout=30))["id"] != self.asked:
            pass
        return answer["result"]

    def opened(self, path: Path, text: str) -> list[str]:
        """Open a document; return what is said of it."""
        path.write_text(text)
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while (said := self.problems.get(timeout=30))["uri"] != uri:
            pass
        return [problem["message"] for problem in said["diagnostics"]]

    def at(self, what: str, path: Path, line: int, column: int) -> Any:
        where = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": column}}
        return self.ask(f"textDocument/{what}", where)


@pytest.mark.skipif(SERVER is None, reason="no yaml-language-server on PATH")
def test_a_yaml_language_server_completes_explains_and_underlines(tmp_path):
    assert SERVER is not None
    modeline = f"# yaml-language-server: $schema={SHIPPED.as_uri()}\n"
    editor = Editor(SERVER)
    try:
        assert editor.opened(tmp_path / "right.yaml", modeline + OBESITY) == []
        slip = modeline + OBESITY.replace("kind: champions", "kind: chapmions", 1)
        assert [said for said in editor.opened(tmp_path / "slip.yaml", slip) if "induction" in said]
        begun = tmp_path / "begun.yaml"
        editor.opened(begun, f"{modeline}interventions:\n  leaders:\n    kind: \n    target:\n      rank: degree\n")
        words = {item["label"] for item in editor.at("completion", begun, 3, 10)["items"]}
        assert {"champions", "groups", "induction", "alteration", "broadcast"} <= words
        assert "Who comes first" in json.dumps(editor.at("hover", begun, 5, 8))
    finally:
        editor.process.kill()
        editor.process.wait(10)
