"""What a scenario becomes on the floors below: one place to import it all from."""

from scenarios.conversion import (
    arms_of,
    background_of,
    behaviours_of,
    chosen_arm,
    control_of,
    horizon_of,
    interventions_of,
    measures_of,
    observation_times,
    observe_every_of,
    warm_up_of,
)
from scenarios.observations import observed_of
from scenarios.worlds import beginning_of, initial_states, world_of

__all__ = [
    "arms_of",
    "background_of",
    "beginning_of",
    "behaviours_of",
    "chosen_arm",
    "control_of",
    "horizon_of",
    "initial_states",
    "interventions_of",
    "measures_of",
    "observation_times",
    "observe_every_of",
    "observed_of",
    "warm_up_of",
    "world_of",
]
