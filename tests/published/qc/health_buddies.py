"""Health buddies: Centola 2010, Science 329:1194-7. The rates are fitted to the two shares; none is published."""

from qc.buddies_centola2010 import FIGURES as FIGURES

BECOMES: dict = {}
