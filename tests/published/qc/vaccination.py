"""Vaccination: Lau 2012 (an online health record), Banerjee 2013 (who passes on), Banerjee 2019 (gossips), Kim 2015."""

import math

from qc import Figure, becomes

RECORD, PASSING_ON, GOSSIPS, NOMINATION = "lau2012", "banerjee2013", "banerjee2019", "kim2015"
FIGURES = {  # references, section 6
    # row "Lau"
    "with_record": Figure((26, 224), "vaccinated, of", RECORD),
    "with_record_interval": Figure((8.0, 16.5), "percent", RECORD),
    "control": Figure((12, 246), "vaccinated, of", RECORD),
    "control_interval": Figure((2.8, 8.3), "percent", RECORD),
    # row "Banerjee et al. 2013"
    "participants_pass_on": Figure(7, "times as likely as informed people who do not take part, about", PASSING_ON),
    # row "Banerjee et al. 2019"
    "gossips": Figure(22, "percent more vaccinations than with random seeds", GOSSIPS),
    # row "Kim"
    "nomination": Figure((951, 1280), "tickets redeemed, of, friends of random people", NOMINATION),
    "random": Figure((940, 1420), "tickets redeemed, of, random people", NOMINATION),
    "most_named": Figure((744, 1220), "tickets redeemed, of, most named", NOMINATION),
    "seeds": Figure(5, "percent of villagers who are asked first", NOMINATION),
}


def hazard(vaccinated):
    """Return what a constant rate adds up to over the trial, if so many of so many are vaccinated at its end."""
    number, of = vaccinated
    return -math.log(1 - number / of)


def shown(vaccinated, interval):
    """Return what is drawn over the curves: a share and its interval, as printed."""
    number, of = vaccinated.value
    value = (round(number / of, 3), *(round(end / 100, 3) for end in interval.value))
    return becomes(vaccinated, interval, value=value)


RATIO = becomes(
    FIGURES["with_record"],
    FIGURES["control"],
    value=round(hazard(FIGURES["with_record"].value) / hazard(FIGURES["control"].value), 2),
)
BECOMES = {
    "behaviours.knowledge.transitions.hear_of_it.influence": becomes(
        FIGURES["participants_pass_on"], value={"none": 1, "taken": FIGURES["participants_pass_on"].value}
    ),
    **{
        f"interventions.health_record.effect.susceptibility.vaccine.{name}": RATIO
        for name in ("take", "take_like_friends", "take_like_hall")
    },
    "observed.0": shown(FIGURES["control"], FIGURES["control_interval"]),
    "observed.1": shown(FIGURES["with_record"], FIGURES["with_record_interval"]),
}
