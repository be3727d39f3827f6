"""The recipes of CONTRIBUTING.md work as they are written: their code runs, and their tests pass and can fail."""

from __future__ import annotations

import functools
import importlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netrial
from interventions.tactics import kind_of, tactics
from interventions.targeting import targets
from scenarios.loading import load
from scenarios.schema import schema
from simulator.generators import networks
from simulator.outcomes import outcomes

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = {part.partition("\n")[0]: part for part in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]}
LINES_OF_A_SCREEN = 50

CODE = {
    "Add a targeting rule": (targets, "typical", "interventions.rules.leaders", "test_targeting"),
    "Add an intervention": (tactics, "befriend", "interventions.catalogue.alteration", "test_tactics"),
    "Add an outcome measure": (outcomes, "untouched", "simulator.outcomes", "test_outcomes"),
    "Add a generator of ties": (networks, "ring", "simulator.generators", "test_generators"),
}
"""Registry, word, and the modules that the two blocks of a recipe belong to."""


def blocks(recipe: str, language: str) -> list[str]:
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", RECIPES[recipe], re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


@pytest.fixture
def recipe(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str, list[Any]]]:
    """Do what a recipe says: registry, word, and the tests that it adds."""
    registry, word, home, tests = CODE[request.param]
    code, test = blocks(request.param, "python")
    before = dict(registry._things)
    exec(compile(code, home, "exec"), module := dict(vars(importlib.import_module(home))))
    imported = {name: each for name, each in module.items() if not name.startswith("_")}
    names = {**imported, **vars(importlib.import_module(tests))}
    exec(compile(test, tests, "exec"), names)
    yield registry, word, [names[name] for name in re.findall(r"^def (test_\w+)", test, re.MULTILINE)]
    registry._things = before
    kind_of.pop(word, None)


@pytest.mark.parametrize("recipe", CODE, indirect=True)
def test_a_recipe_works(recipe):
    registry, word, tests = recipe
    (test,) = tests
    test()
    assert registry.help(word).endswith(".")
    assert word in str(schema())


def spoiled(word: str, right: Any) -> Any:
    """Return a function that takes what the right one takes, and does something else."""

    @functools.wraps(right)
    def wrong(*given: Any, **named: Any) -> Any:
        if word == "untouched":
            return 1 - right(*given, **named)
        if word == "typical":
            return right(*given, **named)[::-1]
        return right(*given, **{**named, "ties": 3} if word == "befriend" else {"reach": 3})

    return wrong


@pytest.mark.parametrize("recipe", CODE, indirect=True)
def test_the_test_of_a_recipe_can_fail(recipe):
    registry, word, (test,) = recipe
    registry._things[word] = spoiled(word, registry[word])
    with pytest.raises(AssertionError):
        test()


def test_the_scenario_runs_and_cites(tmp_path):
    (text,) = blocks("Add a published scenario", "yaml")
    path = tmp_path / "mood_small.yaml"
    path.write_text(text)
    scenario = load(path)
    assert not scenario.warnings
    assert scenario.not_built() == []
    results = netrial.run(scenario, replicates=3)
    (effect,) = results.effects.query("arm == 'therapy' and estimand == 'overall'")["effect"]
    assert effect < 0


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_ends_with_a_command_that_can_be_run(name):
    commands = re.findall(r"This must pass: `\.venv/bin/python -m pytest ([^`]+)`", RECIPES[name])
    assert len(commands) == 1
    for path in commands[0].split():
        assert (ROOT / path).exists(), path
    body = RECIPES[name].partition("\n## ")[0].strip().splitlines()
    assert len(body) <= LINES_OF_A_SCREEN, "a recipe fits on one screen"


def test_every_file_it_names_is_there():
    named = re.findall(r"`([\w/.]+/[\w.]*)`", PAGE)
    assert len(named) > 15
    for path in named:
        assert (ROOT / path).exists() or "NAME" in path, path


def test_the_page_on_plugins_shows_the_example_as_it_is():
    page = (ROOT / "docs" / "plugins.md").read_text()
    included = re.findall(r"```\{literalinclude\} (\S+)", page)
    assert len(included) == 4
    for path in included:
        assert (ROOT / "docs" / path).resolve().is_relative_to(ROOT / "tests" / "plugin_example"), path
        assert (ROOT / "docs" / path).exists(), path
    for word in re.findall(r"netrial\.(targets|networks|outcomes|interventions|scenarios)", page):
        assert f'"netrial.{word}"' in (ROOT / "tests" / "plugin_example" / "pyproject.toml").read_text()
