"""Smoking: Christakis & Fowler 2008, N Engl J Med 358:2249-58. Observational: see section 8 of the references."""

from qc import Figure, becomes

KEY = "christakis_fowler2008"
FIGURES = {  # references, section 3, row "Smoking"
    "spouse": Figure(67, "percent less chance of smoking when a spouse stops (59 to 73)", KEY),
    "sibling": Figure(25, "percent less, a sibling (14 to 35)", KEY),
    "friend": Figure(36, "percent less, a friend (12 to 55)", KEY),
    "coworker": Figure(34, "percent less, a coworker in a small firm (5 to 56)", KEY),
    "prevalence_first": Figure(45, "percent who smoke, at the start of four decades", KEY),
    "prevalence_last": Figure(21, "percent who smoke, at their end", KEY),
    "people": Figure(12067, "people, 1971-2003", KEY),
}

LAYERS = "behaviours.smoking.transitions.stop_with_others.layers"
BECOMES = {
    "behaviours.smoking.initial.current": becomes(
        FIGURES["prevalence_last"], value=FIGURES["prevalence_last"].value / 100
    ),
    f"{LAYERS}.spouses": becomes(FIGURES["spouse"], value=FIGURES["spouse"].value / 100, cited=False),
    f"{LAYERS}.siblings": becomes(FIGURES["sibling"], value=FIGURES["sibling"].value / 100, cited=False),
    f"{LAYERS}.friends": becomes(FIGURES["friend"], value=FIGURES["friend"].value / 100, cited=False),
    f"{LAYERS}.coworkers": becomes(FIGURES["coworker"], value=FIGURES["coworker"].value / 100, cited=False),
}
