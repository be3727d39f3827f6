"""Family planning in Korean villages: Rogers & Kincaid 1981, as distributed with netdiffuseR."""

from qc import Figure, becomes

KEY = "rogers_kincaid1981"
FIGURES = {  # references, section 7: the note beside the data
    "women": Figure(1047, "people", KEY),
    "villages": Figure(25, "villages", KEY),
    "adopters": Figure((69, 163, 244, 330, 395, 457, 510, 563, 636, 673), "women, cumulative, t = 1 ... 10", KEY),
    "first_year": Figure(1963, "calendar year of t = 1", KEY),
    "code_of_not_yet": Figure(11, "code", KEY),
}

BECOMES = {
    "observed.0": becomes(
        FIGURES["adopters"],
        value=dict(enumerate(FIGURES["adopters"].value)),  # time 0 is t = 1
    ),
}
