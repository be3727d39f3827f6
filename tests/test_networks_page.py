"""What `docs/networks.md` shows can be run as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from ruamel.yaml import YAML

from scenarios import build
from tests.file_towns import FILES, town

PAGE = (Path(__file__).parent.parent / "docs" / "networks.md").read_text()
LAYERS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PYTHON = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("block", LAYERS, ids=range(len(LAYERS)))
def test_every_layer_that_is_shown_is_the_same_town(folder: Path, block: str) -> None:
    shown = YAML(typ="safe").load(block)
    scenario = town(folder, "{generator: empty}").set({"population": shown["population"], "network": shown["network"]})
    assert not scenario.warnings
    world = build.world_of(scenario)
    layer = world.network.layers["talk"]
    assert world.population.ids.tolist() == ["ann", "bob", "cem", "dee", "eva"]
    assert layer.ties.tolist() == [[0, 1], [0, 2], [0, 3], [1, 0]]
    assert layer.weights is not None
    assert layer.weights.tolist() == [1, 0.5, 1, 2]


def test_the_python_that_is_shown_runs_and_gives_what_it_says(folder: Path) -> None:
    names: dict[str, Any] = {}
    answers = 0
    for block in PYTHON:
        code, _, answer = block.partition("\n# ")
        lines = code.strip().splitlines()
        if answer:
            exec("\n".join(lines[:-1]), names)
            assert repr(eval(lines[-1].partition("  #")[0], names)) == answer.strip()
            answers += 1
        else:
            exec(code, names)
    assert answers == 3
    assert not names["results"].manifest["failures"]
    assert set(nx.read_graphml(folder / "after.graphml")) == set(names["after"])


def test_all_formats_are_on_the_page() -> None:
    from simulator.formats import FORMATS, SUFFIXES

    for word in [*(f"format: {form}" for form in FORMATS), *(f"`{suffix}`" for suffix in SUFFIXES)]:
        assert word in PAGE, word
