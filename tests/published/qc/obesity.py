"""Obesity: Hill, Rand, Nowak & Christakis 2010, PLoS Comput Biol 6(11):e1000968."""

from qc import Figure, becomes

KEY = "hill2010"
FIGURES = {  # references, section 1, table
    "on_their_own": Figure(2, "percent a year", KEY),  # row 1, abstract
    "per_obese_contact": Figure(0.5, "percentage points a year and contact", KEY),  # row 2, abstract
    "recovery": Figure(4, "percent a year", KEY),  # row 3, abstract
    "prevalence": Figure(42, "percent, about, in the long run", KEY),  # row 4, abstract
    "contacts": Figure(3, "around, at exam 7", KEY),  # row 5, legend of figure 2
    "transitivity": Figure(0.64, "share, at exam 7", KEY),  # row 6, legend of figure 2
}

BECOMES = {
    "behaviours.obesity.transitions.become_obese.rate": becomes(
        FIGURES["on_their_own"], value=FIGURES["on_their_own"].value / 100, per="year"
    ),
    "behaviours.obesity.transitions.catch_obesity.rate": becomes(
        FIGURES["per_obese_contact"], value=FIGURES["per_obese_contact"].value / 100, per="year"
    ),
    "behaviours.obesity.transitions.lose_weight.rate": becomes(
        FIGURES["recovery"], value=FIGURES["recovery"].value / 100, per="year"
    ),
}
