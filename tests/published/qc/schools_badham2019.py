"""Whom to begin with in schools: Badham, Kee & Hunter 2019, Appl Netw Sci 4:70, abstract and table 3."""

from qc import Figure, becomes

KEY = "badham2019"
FIGURES = {  # references, section 5, "Other sources"; table 3 of the paper
    "networks": Figure(17, "networks from friendship nominations in schools", KEY),
    "pupils": Figure(15, "percent of the pupils", KEY),
    "persuasive": Figure(2, "friends as which a persuasive pupil counts, complex contagion", KEY),
    "ways": Figure(
        (
            "random",
            "random by degree",
            "friend of random",
            "high degree",
            "community leaders",
            "persuasive",
            "community",
        ),
        "ways to choose",
        KEY,
    ),
}
SCHOOL = 240  # pupils; the scenario's own choice

BECOMES = {
    f"interventions.{name}.target.share": becomes(FIGURES["pupils"], value=FIGURES["pupils"].value / 100, cited=False)
    for name in ("random_pupils", "friends_of_random", "popular", "class_leaders", "persuasive", "central", "between")
} | {
    "interventions.one_class.target.number": becomes(
        FIGURES["pupils"], value=FIGURES["pupils"].value * SCHOOL / 100, cited=False
    ),
    "experiment.networks": becomes(FIGURES["networks"], cited=False),
    "interventions.persuasive.effect.influence.habit.take_up": becomes(FIGURES["persuasive"]),
}
