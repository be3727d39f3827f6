"""Templates: scenarios to begin with, which run at once and explain themselves.

A template is a folder in ``templates``; its files are copied, and `MY_SCENARIO` in their names and texts is replaced by
the new scenario's name. Its first line, a comment, is its line of help.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from simulator.errors import Problem, SpecError, StoreError, allowed_words

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT = "town"
STAND_IN = "MY_SCENARIO"
SCHEMA_FILE = "netrial.schema.json"
"""File with the JSON Schema of scenarios, beside a new one: editors complete keys by it, without a network."""


def templates() -> dict[str, str]:
    """Return the templates by name, each with its line of help; the default is the first."""
    found = sorted(
        (path.name for path in TEMPLATES.iterdir() if path.is_dir()), key=lambda name: (name != DEFAULT, name)
    )
    return {name: _texts(name)[f"{STAND_IN}.yaml"].partition("\n")[0].removeprefix("# ") for name in found}


def files_for(path: Path, template: str = DEFAULT) -> dict[Path, str]:
    """Return the files of a new scenario, and what is to stand in them; writes nothing.

    Parameters
    ----------
    path : Path
        Of the scenario; data files stand beside it, with its name in front.
    template : str

    Returns
    -------
    dict of Path to str
        The scenario first; its first line tells editors where its schema is.

    Raises
    ------
    SpecError
        If there is no such template, or the file's name gives no name for a scenario.
    """
    known = templates()
    if template not in known:
        raise SpecError(Problem(f"there is no template `{template}`", hint=allowed_words(template, list(known))))
    name = _name_of(path)
    found = {}
    for file, text in _texts(template).items():
        if file == f"{STAND_IN}.yaml":
            modeline = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
            found[path] = modeline + text.replace(STAND_IN, name)
        else:
            found[path.with_name(file.replace(STAND_IN, name))] = text
    return found


def write_new(path: Path, template: str, schema: dict[str, Any]) -> list[Path]:
    """Write a new scenario, its data files, and the schema for editors; nothing that exists is overwritten.

    Parameters
    ----------
    path : Path
    template : str
    schema : dict
        Of `scenarios.schema`. A file of it that is there already is left as it is.

    Returns
    -------
    list of Path
        What was written, the scenario first.

    Raises
    ------
    SpecError
        If a file is there already; then nothing is written. See also `files_for`.
    StoreError
        If the folder cannot be written to.
    """
    files = files_for(path, template)
    there = [file for file in files if file.exists() or file.is_symlink()]
    if there:
        raise SpecError([Problem(f"{file} exists already", hint="choose another name") for file in there])
    schema_path = path.with_name(SCHEMA_FILE)
    if not schema_path.exists():
        files[schema_path] = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            with file.open("x", encoding="utf-8", newline="\n") as new:
                new.write(text)
    except OSError as error:
        raise StoreError(f"cannot write to {path.parent}: {error.strerror}") from error
    return list(files)


def _texts(template: str) -> dict[str, str]:
    """Return the files of a template, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((TEMPLATES / template).iterdir())}


def _name_of(path: Path) -> str:
    """Return the name of a scenario in a file of this name."""
    from pydantic import TypeAdapter, ValidationError

    from scenarios.grammar.parts import Name

    name = re.sub(r"[ .-]+", "_", path.stem)
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError:
        hint = "begin it with a letter, and use letters, digits and _ only"
        raise SpecError(Problem(f"`{path.stem}` cannot be the name of a scenario", hint=hint)) from None
