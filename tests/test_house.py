"""The shape of the house: floors, homes of libraries, the lock file, and what help costs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {"simulator": 1, "interventions": 2, "scenarios": 3, "experiments": 4}
FLOOR_ONE = {"beginning", "engine", "foresight", "influence", "model", "outcomes", "person"}
HOMES = {
    "numba": {"simulator/kernel.py", "simulator/wiring.py"},
    "mesa": {"simulator/model.py", "simulator/person.py"},
    "ruamel": {"scenarios/reading.py"},
}


def modules():
    return [path for package in FLOORS for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def floor_of(parts: tuple[str, ...]) -> int | None:
    if parts[0] not in FLOORS:
        return None
    floor = FLOORS[parts[0]]
    return 0 if floor == 1 and len(parts) > 1 and parts[1] not in FLOOR_ONE else floor


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_go_down(path):
    relative = path.relative_to(ROOT)
    here = floor_of((*relative.parts[:-1], relative.stem))
    for name in imports(path):
        there = floor_of(tuple(name.split(".")))
        assert there is None or there <= here, f"{relative} (floor {here}) imports {name} (floor {there})"


def test_a_floor_above_would_be_seen():
    assert floor_of(("experiments", "store")) > floor_of(("simulator", "engine")) > floor_of(("simulator", "kernel"))


@pytest.mark.parametrize(("library", "homes"), HOMES.items())
def test_every_library_has_one_home(library, homes):
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(name.split(".")[0] == library for name in imports(path))
    }
    assert users == homes


def test_the_simulator_mentions_no_scenario():
    for path in sorted((ROOT / "simulator").rglob("*.py")):
        assert not re.search(r"\bYAML\b|\byaml\b", path.read_text()), path.name


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_has_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text()
    assert text.count("--hash=sha256:") > text.count("==") > 40
    for name in (lock, "pyproject.toml", "Makefile", ".ci/run"):
        assert "://" not in (ROOT / name).read_text(), name


def test_help_imports_nothing_heavy():
    code = "import sys, experiments.commands; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = ast.literal_eval(
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.decode()
    )
    assert "typer" in loaded
    assert not {"numpy", "numba", "pandas", "mesa", "matplotlib", "networkit", "scipy", "pyarrow"} & set(loaded)


def _is_jitted(function: ast.FunctionDef) -> bool:
    return any("njit" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_no_jitted_function_calls_one_of_another_file():
    """Numba's cache does not notice edits in another file."""
    for home in HOMES["numba"]:
        tree = ast.parse((ROOT / home).read_text())
        jitted = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_jitted(node)]
        assert jitted, home
        foreign = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("simulator")
            for alias in node.names
        }
        for function in jitted:
            called = {
                node.func.id
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert not called & foreign, f"{home}: {function.name} calls {called & foreign}"
