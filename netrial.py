"""netrial: in-silico trials of network interventions. ``import netrial`` gives the public names.

>>> import netrial
>>> results = netrial.run("obesity", replicates=50)
>>> results.effects
"""

from experiments.dose import dose
from experiments.execution import run
from experiments.replay import Replay, replay
from experiments.results import Results
from scenarios.loading import Scenario, load
from simulator.errors import NetrialError, SpecError, StoreError
from simulator.surveys import read_survey

__all__ = [
    "NetrialError",
    "Replay",
    "Results",
    "Scenario",
    "SpecError",
    "StoreError",
    "dose",
    "load",
    "read_survey",
    "replay",
    "run",
]
