"""What a scenario becomes on the floors below: one place to import it all from."""

from scenarios.conversion import (
    arms_of,
    behaviours_of,
    control_of,
    horizon_of,
    interventions_of,
    measures_of,
    observation_times,
    observe_every_of,
    warm_up_of,
)
from scenarios.observations import observed_of
from scenarios.worlds import initial_states, states_at_zero, world_of

__all__ = [
    "arms_of",
    "behaviours_of",
    "control_of",
    "horizon_of",
    "initial_states",
    "interventions_of",
    "measures_of",
    "observation_times",
    "observe_every_of",
    "observed_of",
    "states_at_zero",
    "warm_up_of",
    "world_of",
]
