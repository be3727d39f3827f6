# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reading the contagion curves
#
# What a curve shows, what its bands are, why two curves are compared pair by pair, and how to see the ties at work.

# %%
import matplotlib.pyplot as plt
import numpy as np

import netrial

scenario = netrial.load("obesity").set("population.size", 2000)
results = netrial.run(scenario, replicates=40, arms=["champions"])
curves = results.curves
curves.head()

# %% [markdown]
# `curves` is tidy: one row for each arm, replicate, time, behaviour and state. A curve of the mean, with the band that
# holds 95 % of the towns:

# %% alt="Share of obese people over thirty years with champions and under usual care; the bands overlap"
ax = results.plot_curves("obesity", "obese")

# %% [markdown]
# The bands overlap almost wholly. Does that mean that champions do nothing? **No**: a band shows how towns differ from
# one another. Both arms are run in the same towns, so what counts is the difference within each town.

# %% alt="Difference in obese people in each of forty towns, and their mean, all below zero from year 5 on"
obese = curves.query("behaviour == 'obesity' and state == 'obese' and group_by == ''")
wide = obese.pivot_table(index="time", columns=["arm", "replicate"], values="count")
difference = wide["champions"] - wide["usual_care"]

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.plot(difference.index, difference, color="0.75", linewidth=0.7)
ax.plot(difference.index, difference.mean(axis=1), color="#0072B2", linewidth=2)
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xlabel="years", ylabel="obese people,\nchampions minus usual care", xlim=(0, 30))
ax.annotate("one town each", (24, difference.loc[24].min() - 6), color="0.45", ha="center", va="top")
ax.annotate("mean", (13, difference.loc[13].mean()), color="#0072B2", xytext=(0, -14), textcoords="offset points")
plt.show()

# %% [markdown]
# In every town there are fewer obese people after five years. The difference grows for about eleven years, though a
# champion stays one for five on average: those who lost weight no longer pass obesity on. Then it fades, as people gain
# weight again.

# %%
spread_of_towns = wide["usual_care"].loc[10].std()
spread_of_differences = difference.loc[10].std()
print(f"at 10 years: towns differ by {spread_of_towns:.0f} people (sd), the difference by {spread_of_differences:.0f}")

# %% [markdown]
# ## Contagion, or chance?
#
# How much of the curve is contagion? Take the contagion away, on the same people with the same luck.

# %%
alone = scenario.set("behaviours.obesity.transitions.catch_obesity.rate", 0)
without = netrial.run(alone, replicates=40, arms=[])
last = without.curves.query("state == 'obese' and time == 30")["count"].mean() / 2000
together = obese.query("arm == 'usual_care' and time == 30")["count"].mean() / 2000
print(f"obese after 30 years: {100 * together:.1f} % with contagion, {100 * last:.1f} % without")

# %% [markdown]
# In this town most people who are obese would be without any contagion: 2 % a year become so on their own, and 4 %
# recover. That is why even a perfect use of ties cannot do everything, and why a planner should ask this first.
#
# ## Simple and complex contagion
#
# The same picture for a complex contagion: nobody joins a forum before two of their buddies have.

# %% alt="Share of people in the forum over 120 days: further on clustered than on random ties"
buddies = netrial.run("health_buddies", replicates=60)
ax = buddies.plot_curves()

# %% [markdown]
# On clustered ties the behaviour goes further than on random ones, the reverse of what a simple contagion does: two
# buddies who know one another have buddies in common, and so pass on the second push that is needed
# (Centola 2010, doi:10.1126/science.1185231).
#
# ## Who influenced whom
#
# `replay` runs one replicate again, and says through whom every change of state came.

# %%
replayed = netrial.replay(scenario, arm="champions", replicate=0)
replayed.events.query("contacts > 0").head()

# %%
by_person = replayed.influences.groupby("source")["share"].sum().sort_values(ascending=False)
top = by_person.head(int(0.1 * len(by_person))).sum() / by_person.sum()
print(f"{len(by_person)} people influenced somebody; a tenth of them made {100 * top:.0f} % of all changes")

# %% tags=["check"]
# The numbers in the text, checked.
assert (difference.loc[5] < 0).all()
assert difference.mean(axis=1).idxmin() == 11
assert spread_of_differences < 0.8 * spread_of_towns
assert last / together > 0.5
ends = buddies.curves.query("time == time.max()").groupby(["arm", "state"])["count"].mean().unstack()
assert ends.loc["clustered", "member"] > 1.3 * ends.loc["random", "member"]
assert np.isclose(by_person.sum(), (replayed.events["contacts"] > 0).sum())
