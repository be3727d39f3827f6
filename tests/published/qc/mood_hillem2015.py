"""Healthy mood spreads, depression does not: Hill EM, Griffiths & House 2015, Proc R Soc B 282:20151180."""

import math

from qc import ASSUMED, SECOND_HAND, Figure, becomes

KEY = "hillem2015"
FIGURES = {  # references, section 3, row "Depression counter-evidence"
    "develop": Figure(1 / 2, "times the chance of developing depression, with enough friends of healthy mood", KEY),
    "recover": Figure(2, "times the chance of recovering, with enough friends of healthy mood", KEY),
    # not in the table of references; read in accounts of the university's press release
    "enough_to_halve": Figure(5, "healthy friends, against none", KEY, SECOND_HAND),
    "enough_to_double": Figure(10, "healthy friends", KEY, SECOND_HAND),
    "few": Figure(3, "healthy friends, with whom ten are compared", KEY, SECOND_HAND),
    "shortest": Figure(6, "months over which the chances are meant", KEY),
    "longest": Figure(12, "months over which the chances are meant", KEY),
}


MONTHS = (FIGURES["shortest"].value + FIGURES["longest"].value) / 2
DEVELOP, RECOVER = 0.015, 0.1  # assumed, a month: without healthy friends; with ten


def factor(rate, ratio):
    """Return the factor on a rate that makes the chance of an event within `MONTHS` so many times as large."""
    return round(-math.log(1 - ratio * (1 - math.exp(-rate * MONTHS))) / (rate * MONTHS), 2)


BECOMES = {
    "behaviours.mood.transitions.develop.response.table": becomes(
        FIGURES["develop"],
        FIGURES["enough_to_halve"],
        value=((0, 1), (FIGURES["enough_to_halve"].value, factor(DEVELOP, FIGURES["develop"].value))),
        cited=False,
    ),
    "behaviours.mood.transitions.recover.response.table": becomes(
        FIGURES["recover"],
        FIGURES["few"],
        FIGURES["enough_to_double"],
        value=(
            (0, factor(RECOVER, 1 / FIGURES["recover"].value)),  # fewer than three count as three
            (FIGURES["few"].value, factor(RECOVER, 1 / FIGURES["recover"].value)),
            (FIGURES["enough_to_double"].value, 1),
        ),
        cited=False,
    ),
    "behaviours.mood.transitions.develop.rate": becomes(Figure(DEVELOP, "a month", KEY, ASSUMED), per="month"),
    "behaviours.mood.transitions.recover.rate": becomes(Figure(RECOVER, "a month", KEY, ASSUMED), per="month"),
}
