"""Friends of random people in Honduran villages: Kim et al. 2015, Lancet 386:145-53."""

from qc import Figure, becomes

KEY = "kim2015"
FIGURES = {  # references, section 6, table
    "villages": Figure(32, "villages", KEY),
    "targets": Figure(5, "percent of the people of a village", KEY),
    "nominated": Figure((951, 1280), "multivitamin tickets redeemed, of those available", KEY),
    "random": Figure((940, 1420), "multivitamin tickets redeemed, of those available", KEY),
    "most_named": Figure((744, 1220), "multivitamin tickets redeemed, of those available", KEY),
    "tickets": Figure(4, "people to whom each target gives tickets", KEY),
    "waves": Figure(2, "waves of tickets", KEY),
}

BECOMES = {
    f"interventions.{name}.target.share": becomes(FIGURES["targets"], value=FIGURES["targets"].value / 100, cited=False)
    for name in ("random_women", "friends_of_random", "a_friend_each", "most_named")
}
