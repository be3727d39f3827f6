"""netrial: in-silico trials of network interventions. ``import netrial`` gives the public names.

>>> import netrial
>>> results = netrial.run("obesity", replicates=50)
>>> results.effects
"""

from typing import TYPE_CHECKING, Any

from experiments.dose import dose
from experiments.execution import run
from experiments.replay import Replay, replay
from experiments.results import Results
from scenarios.loading import Scenario, load
from simulator.behaviour import Behaviour, Source, Transition
from simulator.errors import NetrialError, SpecError, StoreError
from simulator.surveys import read_survey

if TYPE_CHECKING:
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
    "dose",
    "load",
    "read_survey",
    "replay",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import Mesa only when `ContagionModel` is asked for: it takes long, and changes how processes start."""
    if name == "ContagionModel":
        from simulator.model import ContagionModel

        return ContagionModel
    raise AttributeError(f"module 'netrial' has no attribute {name!r}")
