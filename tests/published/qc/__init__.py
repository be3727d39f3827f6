"""A second transcription of published numbers, one module for each bundled scenario.

`FIGURES` were written from the project's table of references, before the scenario was written (those of obesity,
family_planning and health_buddies after it, but not from it), in the units of the paper; a comment names the section.
`BECOMES` says at which place of the scenario each figure stands, with every conversion in the open.
`test_qc.py` compares: each must be equal, and no number with a source may be missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

READ, SECOND_HAND, MEMORY, ASSUMED = "read in the source", "read in a secondary account", "from memory", "assumed"


@dataclass(frozen=True)
class Figure:
    """One published number: as it is printed, with unit and key of the bibliography, and how it was verified."""

    value: Any
    unit: str
    source: str
    how: str = READ


@dataclass(frozen=True)
class Expected:
    """What stands at one place of a scenario.

    `per` is the time unit of a rate. `cited` is false at places of the grammar that cannot carry a source: weights of
    layers, points of a table, the size of the population.
    """

    figures: tuple[Figure, ...]
    value: Any
    per: str | None
    cited: bool

    @property
    def source(self) -> str | None:
        """The key that the number must carry; `assumed` where a figure is not verified."""
        if not self.cited:
            return None
        if any(figure.how in (MEMORY, ASSUMED) for figure in self.figures):
            return ASSUMED
        (source,) = {figure.source for figure in self.figures}
        return source


def becomes(*figures: Figure, value: Any = None, per: str | None = None, cited: bool = True) -> Expected:
    """Return what is expected where `figures` are used: the first one's value, unless a conversion is given."""
    return Expected(figures, figures[0].value if value is None else value, per, cited)
