"""First adopters: Valente & Davis 1999, Ann Am Acad Polit Soc Sci 566:55-67, and slides of 2012 by the first author."""

from qc import MEMORY, SECOND_HAND, Figure, becomes

KEY = "valente_davis1999"
FIGURES = {  # references, section 5, "Other sources"
    "leaders_beat_random": Figure(True, "faster diffusion from opinion leaders", KEY),
    "order": Figure(("opinion leaders", "random", "marginals"), "first adopters, by how fast", KEY, SECOND_HAND),
    "steps": Figure(10, "steps", KEY, SECOND_HAND),
    "leaders": Figure(10, "percent who are named most", KEY, MEMORY),  # not used as a published number
}

BECOMES = {"outcomes.adopters_at_ten.at": becomes(FIGURES["steps"], cited=False)}
