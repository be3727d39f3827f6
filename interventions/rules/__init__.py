"""Targeting rules that need more than a score: importing this package registers them."""

import interventions.rules.greedy
import interventions.rules.key_players
import interventions.rules.reverse_reachable  # noqa: F401
