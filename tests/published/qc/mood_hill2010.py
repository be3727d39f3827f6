"""Contentment and discontent: Hill, Rand, Nowak & Christakis 2010, Proc R Soc B 277:3827-35."""

from qc import MEMORY, SECOND_HAND, Figure, becomes

KEY = "hill2010_emotions"
FIGURES = {  # references, section 2, table
    "content_lasts": Figure(10, "years", KEY),  # row 1; since read in the abstract
    "discontent_lasts": Figure(5, "years", KEY),  # row 1; since read in the abstract
    "from_content_contact": Figure(
        0.02, "a year and contact", KEY
    ),  # row 4, there from memory; since read in the abstract
    "from_discontent_contact": Figure(0.04, "a year and contact", KEY),  # row 4, likewise
    "per_content_contact": Figure(11, "percent more of the rate, for each", KEY, SECOND_HAND),  # row 2
    "per_discontent_contact": Figure(100, "percent more of the rate, for each", KEY, SECOND_HAND),  # row 2
    "content_on_their_own": Figure(0.18, "a year", KEY, MEMORY),  # row 4
    "discontent_on_their_own": Figure(0.04, "a year", KEY, MEMORY),  # row 4
    "recovery_depends_on_contacts": Figure(False, "neither state", KEY, SECOND_HAND),  # row 3
}

TRANSITIONS = "behaviours.mood.transitions"
BECOMES = {
    f"{TRANSITIONS}.cheer_up.rate": becomes(FIGURES["content_on_their_own"], per="year"),
    f"{TRANSITIONS}.catch_contentment.rate": becomes(FIGURES["from_content_contact"], per="year"),
    f"{TRANSITIONS}.cool_down.rate": becomes(
        FIGURES["content_lasts"], value=1 / FIGURES["content_lasts"].value, per="year"
    ),
    f"{TRANSITIONS}.turn_sour.rate": becomes(FIGURES["discontent_on_their_own"], per="year"),
    f"{TRANSITIONS}.catch_discontent.rate": becomes(FIGURES["from_discontent_contact"], per="year"),
    f"{TRANSITIONS}.get_over_it.rate": becomes(
        FIGURES["discontent_lasts"], value=1 / FIGURES["discontent_lasts"].value
    ),
}
