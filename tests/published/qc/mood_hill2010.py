"""Contentment and discontent: Hill, Rand, Nowak & Christakis 2010, Proc R Soc B 277:3827-35."""

from qc import MEMORY, SECOND_HAND, Figure

KEY = "hill2010_emotions"
FIGURES = {  # references, section 2, table
    "content_lasts": Figure(10, "years, about", KEY, SECOND_HAND),  # row 1
    "discontent_lasts": Figure(5, "years, about", KEY, SECOND_HAND),  # row 1
    "per_content_contact": Figure(11, "percent more of the rate, for each", KEY, SECOND_HAND),  # row 2
    "per_discontent_contact": Figure(100, "percent more of the rate, for each", KEY, SECOND_HAND),  # row 2
    "content_on_their_own": Figure(0.18, "a year", KEY, MEMORY),  # row 4
    "discontent_on_their_own": Figure(0.04, "a year", KEY, MEMORY),  # row 4
    "recovery_depends_on_contacts": Figure(False, "neither state", KEY, SECOND_HAND),  # row 3
}
