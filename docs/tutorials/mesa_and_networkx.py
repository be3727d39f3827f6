# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The Mesa and NetworkX faces
#
# The same simulation, seen from the two libraries that you may already use: a NetworkX graph goes in and comes out
# with what happened on it; a Mesa model steps, has agents, collects data. The numbers are those of `netrial.run`, to
# the bit.
#
# ## A graph goes in
#
# Zachary's karate club comes with NetworkX: 34 people, and which of two factions each joined.

# %%
import matplotlib.pyplot as plt
import mesa
import networkx as nx
import pandas as pd

import netrial

club = nx.karate_club_graph()
scenario = netrial.load("obesity").on_graph(club)
results = netrial.run(scenario, replicates=200, arms=["champions", "champions_at_random"])
effects = results.effects.query("outcome == 'obese_years' and estimand == 'overall'").set_index("arm")
effects[["effect", "low", "high"]].round(1)

# %% [markdown]
# Nodes are people, their attributes columns, `weight` the weight of a tie. What the scenario needs and the graph lacks
# (here the column `area`) is drawn as the scenario says.
#
# ## And comes out
#
# With an arm, one replicate is run, and every node says what happened: the state at the end, at the start, when a
# state was first entered, when an intervention reached out.

# %%
after = scenario.graph(arm="champions", replicate=0)
after.nodes[33]

# %% [markdown]
# So any measure of NetworkX can be held against what happened:

# %%
between = nx.betweenness_centrality(after)
entered = nx.get_node_attributes(after, "entered.obesity.obese")
print(f"{len(entered)} of {len(after)} were ever obese")
for node in sorted(between, key=between.get, reverse=True)[:3]:
    print(f"{node}: betweenness {between[node]:.2f}, obese from year {entered.get(node, float('nan')):.1f}")

# %% [markdown]
# Who influenced whom is a graph too:

# %% alt="The karate club, and who made whom change in one replicate"
replayed = netrial.replay(scenario, arm="champions", replicate=0)
influence = replayed.graph()
place = nx.spring_layout(club, seed=2)
fig, ax = plt.subplots(figsize=(7, 5), layout="constrained")
nx.draw_networkx_edges(club, place, ax=ax, edge_color="0.88")
nx.draw_networkx_nodes(club, place, ax=ax, node_color="#56B4E9", node_size=150)
arrows = [(one, two) for one, two, _ in influence.edges(keys=True)]
nx.draw_networkx_edges(influence, place, edgelist=arrows, ax=ax, edge_color="#D55E00", width=1.6, node_size=150)
nx.draw_networkx_labels(club, place, ax=ax, font_size=7)
ax.set_title("ties grey; orange: who made whom change", fontsize=9)
ax.axis("off")
plt.show()
list(influence.edges(data="transition"))[:5]

# %% [markdown]
# ## A Mesa model
#
# `step` runs to the next observation (here a year); between two steps nothing is lost, since the engine has no time
# step.

# %%
model = scenario.model(arm="champions", replicate=0)
while model.running:
    model.step()
table = model.datacollector.get_model_vars_dataframe()
table.tail(3)

# %% [markdown]
# These are the counts of the run, in the same arm and replicate:

# %%
curve = results.curves.query("arm == 'champions' and replicate == 0 and behaviour == 'obesity' and state == 'obese'")
(curve["count"].to_numpy() == table["obesity.obese"].to_numpy()).all()

# %% [markdown]
# Agents are views of people: made on first use and kept; all of Mesa's `AgentSet` works.

# %%
print(model.agents.groupby("obesity").count())
print(model.agents.select(lambda person: person.club == "Officer").agg("obesity", lambda states: states.count("obese")))
model.person(33)

# %% [markdown]
# ## A rule of your own
#
# Anybody's state may be set between steps. Here, once a year, whoever has three obese contacts or more is helped once.

# %%


class Clinic(netrial.ContagionModel):
    """Once a year, everybody with three obese contacts or more who is obese loses the weight."""

    def step(self):
        super().step()
        for person in self.people:
            if person.obesity == "obese" and sum(contact.obesity == "obese" for contact in person.contacts) >= 3:
                person.set_state("obesity", "lean")


clinic = Clinic(*scenario.parts("usual_care", replicate=0))
while clinic.running:
    clinic.step()
plain = scenario.model("usual_care", replicate=0)
while plain.running:
    plain.step()
ends = [each.agents.groupby("obesity").count().get("obese", 0) for each in (plain, clinic)]
print(f"obese at the end: {ends[0]} under usual care, {ends[1]} with the clinic")

# %% [markdown]
# Nobody else's luck moved: people whom the clinic's work never reached lived the same life in both.
#
# ## Many runs
#
# `mesa.batch_run` takes the scenario's model class; parameters are the arm, the replicate, and any key of the
# scenario.

# %%
rows = mesa.batch_run(
    scenario.model_class(),
    {
        "arm": ["usual_care", "champions"],
        "replicate": range(5),
        "behaviours.obesity.transitions.catch_obesity.rate": [0.005, 0.02],
    },
    display_progress=False,
)
ends = pd.DataFrame(rows).groupby(["arm", "behaviours.obesity.transitions.catch_obesity.rate"])["obesity.obese"].mean()
ends.unstack()

# %% [markdown]
# For a trial, `netrial.run` does the same in less time, with effects and intervals. The Mesa face is for looking
# inside, for rules of your own, and for what else you have written in Mesa.

# %% tags=["check"]
# The numbers in the text, checked.
assert len(club) == 34
assert (curve["count"].to_numpy() == table["obesity.obese"].to_numpy()).all()
assert influence.number_of_edges() == (replayed.events["contacts"] > 0).sum()
final = [model.person(node).obesity for node in club]
assert final == [known["obesity"] for _, known in after.nodes(data=True)]
