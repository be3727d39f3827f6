"""The catalogue: every strategy of the literature as a tactic, one file for each kind of intervention.

A tactic says whom, in what order, and along which ties. What happens to those who accept (`effect`), when (`at`), how
many (a cut in `target`), `uptake` and `cost` stand beside it in the scenario. Nothing here does what a scenario could
not write out.
"""

from interventions.catalogue import alteration, broadcast, champions, groups, induction

__all__ = ["alteration", "broadcast", "champions", "groups", "induction"]
