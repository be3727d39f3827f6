"""Heavy drinking: Rosenquist, Murabito, Fowler & Christakis 2010; network support: Litt et al. 2007, 2009."""

from qc import SECOND_HAND, Figure, becomes

KEY, SUPPORT = "rosenquist2010", "litt2009"
FIGURES = {
    # references, section 3, row "Alcohol"
    "direct_contact": Figure(50, "percent more, if a direct contact drinks heavily", KEY, SECOND_HAND),
    "two_steps": Figure(36, "percent more, two steps away", KEY, SECOND_HAND),
    "coworkers_and_neighbours": Figure(0, "no effect", KEY),
    # references, section 6, row "Litt"
    "people_in_trial": Figure(210, "people, three arms, two years", SUPPORT),
    "days_abstinent": Figure(20, "percent more days abstinent with network support, up to", SUPPORT),
}

BECOMES = {
    "behaviours.drinking.transitions.turn_heavy_near_heavy.influence": becomes(
        FIGURES["direct_contact"], value=FIGURES["direct_contact"].value / 100
    ),
}
