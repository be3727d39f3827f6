"""Six trials of health buddies: Centola 2010, Science 329:1194-7."""

from qc import MEMORY, SECOND_HAND, Figure, becomes

KEY = "centola2010"
FIGURES = {  # references, section 4a, table
    "trials": Figure(6, "independent trials, each one clustered and one random network", KEY),  # row 1
    "sizes": Figure((98, 128, 128, 128, 144, 144), "people in trials A to F", KEY, MEMORY),  # row 3
    "degrees": Figure((6, 6, 6, 6, 8, 8), "contacts in trials A to F", KEY, MEMORY),  # row 3
    "seeds": Figure(1, "person who starts, in each network", KEY),  # row 5
    "clustered": Figure(54, "percent who join, mean", KEY),  # row 6, rounded
    "random": Figure(38, "percent who join, mean", KEY),  # row 6, rounded
    "larger_and_faster": Figure(6, "trials of six", KEY),  # row 7
    "speed": Figure(4, "times faster in clustered networks, about", KEY, SECOND_HAND),  # row 8
}
CLUSTERING = {6: 0.4, 8: 3 / 7}  # row 10, elementary: hexagonal lattice, Moore neighbourhood

BECOMES = {
    "behaviours.forum.initial.member": becomes(FIGURES["seeds"]),
    "population.size": becomes(FIGURES["sizes"], value=FIGURES["sizes"].value[1], cited=False),  # trial B
    "network.layers.buddies.neighbours": becomes(FIGURES["degrees"], value=FIGURES["degrees"].value[1], cited=False),
}
