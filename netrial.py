"""netrial: in-silico trials of network interventions. ``import netrial`` gives the public names.

>>> import netrial
>>> results = netrial.run("obesity", replicates=50)
>>> results.effects
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any


def _find_own_packages() -> None:
    """Import the packages that stand beside this file, whatever a notebook's folder calls its own files.

    Raises
    ------
    ImportError
        If another module of such a name was imported before.
    """
    here = Path(__file__).resolve().parent
    for name in ("simulator", "interventions", "scenarios", "experiments"):
        other = sys.modules.get(name)
        if other is None:
            spec = PathFinder.find_spec(name, [str(here)])
            if spec is None or spec.loader is None:
                raise ImportError(f"netrial is not installed whole: its package `{name}` is missing in {here}")
            sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
        elif str(here / name) not in {str(Path(path).resolve()) for path in getattr(other, "__path__", ())}:
            where = getattr(other, "__file__", None) or "another place"
            raise ImportError(
                f"netrial has a package `{name}`, and {where} was imported under that name: "
                "rename that file, or import netrial first"
            )


_find_own_packages()

from experiments.dose import dose
from experiments.execution import run
from experiments.replay import Replay, replay
from experiments.results import Results
from scenarios.loading import Scenario, load
from simulator.behaviour import Behaviour, Source, Transition
from simulator.errors import NetrialError, SpecError, StoreError
from simulator.surveys import read_survey

if TYPE_CHECKING:
    from experiments.comparison.face import compare
    from simulator.model import ContagionModel

__all__ = [
    "Behaviour",
    "ContagionModel",
    "NetrialError",
    "Replay",
    "Results",
    "Scenario",
    "Source",
    "SpecError",
    "StoreError",
    "Transition",
    "compare",
    "dose",
    "load",
    "read_survey",
    "replay",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import late what few need; Mesa, for `ContagionModel`, takes long, and changes how processes start."""
    if name == "ContagionModel":
        from simulator.model import ContagionModel

        return ContagionModel
    if name == "compare":
        from experiments.comparison.face import compare

        return compare
    raise AttributeError(f"module 'netrial' has no attribute {name!r}")
