"""Where scenarios are: bundled ones, and those in folders that packages bring, by name; all others by path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulator.errors import Problem, SpecError, allowed_words, found_in, nearest
from simulator.registry import Registry

LIBRARY = Path(__file__).parent / "library"
SUFFIXES = (".yaml", ".yml")

folders: Registry[Path] = Registry("folder of scenarios", "netrial.scenarios")
"""Folders of scenarios that packages bring: an entry point names a path of type Path or str."""

Brought = tuple[str, Path]
"""A scenario that a package brings: the package, and the file."""


def find(scenario: str | Path) -> tuple[Path, str]:
    """Return the file of a scenario, and what messages call it.

    No package is imported unless the name is neither a bundled scenario nor a file.

    Raises
    ------
    SpecError
        If it is neither a text nor a path, there is neither such a file nor such a name, or two packages bring a
        scenario of that name.
    """
    if not isinstance(scenario, str | Path):
        hint = "give its name or the path of its file; `netrial list scenarios` names those that there are"
        raise SpecError(Problem(f"expected a scenario, found {found_in(scenario)}", hint=hint))
    bundled = _scenarios_in(LIBRARY)
    if isinstance(scenario, str) and scenario in bundled:
        return bundled[scenario], bundled[scenario].name
    path = Path(scenario)
    try:
        is_file, is_folder = path.is_file(), path.is_dir()
    except (OSError, ValueError):
        is_file = is_folder = False
    if is_file or (path.suffix in SUFFIXES and not is_folder):
        return path, str(path)
    word = str(scenario)
    added, problems = _added()
    if word in added:
        if len(added[word]) > 1:
            raise SpecError(_two_of(word, added[word]))
        return added[word][0][1], added[word][0][1].name
    if is_folder:
        raise SpecError(Problem(f"`{scenario}` is a folder", hint="name the scenario's file in it"))
    message = f"there is no scenario or file `{word[:200]}`"
    known = sorted({*bundled, *added})
    beside = [f"{word}{suffix}" for suffix in SUFFIXES if Path(f"{word}{suffix}").is_file()]
    hint = f"did you mean the file `{beside[0]}`?" if beside else allowed_words(word, known)
    raise SpecError([Problem(message, hint=hint), *problems])


def names() -> dict[str, Path]:
    """Return the scenarios that can be loaded by name: the bundled ones, and those of packages."""
    added, _ = _added()
    one_each = {name: brought[0][1] for name, brought in added.items() if len(brought) == 1}
    return dict(sorted({**one_each, **_scenarios_in(LIBRARY)}.items()))


def folder_problems() -> list[Problem]:
    """Return what is wrong with the folders of scenarios that packages bring."""
    added, problems = _added()
    bundled = _scenarios_in(LIBRARY)
    for name, brought in added.items():
        if name in bundled:
            package, path = brought[0]
            message = f"the scenario `{name}` of the package `{package}` is called like a bundled one"
            problems.append(Problem(message, hint=f"the bundled one is meant by the name; this one is {path}"))
        elif len(brought) > 1:
            problems.append(_two_of(name, brought))
    return problems


def nearest_beside(path: Path) -> str | None:
    """Return the name, in the folder of a file that is missing, most like the file's; None if none is near."""
    try:
        return nearest(path.name, sorted(each.name for each in path.parent.iterdir()))
    except OSError:
        return None


def _scenarios_in(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES}


def _added() -> tuple[dict[str, list[Brought]], list[Problem]]:
    """Return the scenarios that packages bring, by name, and what is wrong with their folders."""
    found: dict[str, list[Brought]] = {}
    problems: list[Problem] = []
    for name in folders:
        try:
            folder = folders[name]
        except SpecError as error:
            problems += error.problems
            continue
        plugin = folders.plugin(name)
        package = plugin.package if plugin else "netrial"
        try:
            for scenario, path in _scenarios_in(Path(folder)).items():
                found.setdefault(scenario, []).append((package, path))
        except (OSError, TypeError) as error:
            message = f"the plug-in `{name}` of the package `{package}` is no folder of scenarios"
            problems.append(Problem(message, hint=str(error)[:200]))
    return found, problems


def _two_of(name: str, brought: Sequence[Brought]) -> Problem:
    said = " and ".join(f"`{package}`" for package, _ in brought)
    hint = f"name the file that is meant: {' or '.join(str(path) for _, path in brought)}"
    return Problem(f"the scenario `{name}` comes from two packages: {said}", hint=hint)
