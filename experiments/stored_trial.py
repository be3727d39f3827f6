"""The trial that a results folder is about, made again from the scenario that lies in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design import Trial, design
from simulator.errors import SpecError

if TYPE_CHECKING:
    from scenarios.loading import Scenario


def trial_again(folder: Path, manifest: Mapping[str, Any]) -> Trial:
    """Make the trial that a results folder is about once more: its scenario as it was written, with what was changed.

    Files that the scenario names are looked for where it lay when it was run, then in the current folder.

    Parameters
    ----------
    folder : Path
    manifest : mapping

    Returns
    -------
    Trial

    Raises
    ------
    SpecError
        If the scenario cannot be read again: files are gone, or a layer was given in Python.
    OSError, ValueError, KeyError
        If `folder` lacks ``scenario.yaml`` or ``resolved.json``, or they are damaged.
    """
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    resolved = json.loads((folder / "resolved.json").read_text(encoding="utf-8"))
    if resolved.get("graphs"):
        raise SpecError(f"the ties of {', '.join(resolved['graphs'])} were given in Python, and are not in the folder")
    refused: SpecError | None = None
    for path in _places(manifest):
        try:
            return design(_changed(text, path, resolved.get("overrides") or {}), list(resolved["arms"]))
        except SpecError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _changed(text: str, path: Path, overrides: Mapping[str, Any]) -> Scenario:
    from scenarios.loading import scenario_of
    from scenarios.reading import read_text

    scenario = scenario_of(path, read_text(text, path.name))
    return scenario.set(overrides) if overrides else scenario


def _places(manifest: Mapping[str, Any]) -> Iterator[Path]:
    from scenarios.loading import names

    origin = str(manifest.get("scenario_file") or manifest["scenario"])
    yield names().get(origin, Path(origin))
    yield Path.cwd() / "scenario.yaml"
