# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A first trial
#
# A town, a behaviour that spreads along its ties, and five ways to step in. In ten minutes you will run a trial, read
# what it found, change one number, and see whether the answer holds.
#
# All numbers below are of a small town and of assumed inputs: they show the method, not what would happen in yours.

# %%
import netrial

scenario = netrial.load("obesity")
scenario

# %% [markdown]
# A **scenario** is one YAML file: the people, their ties, the behaviour, the interventions, the arms to compare, the
# outcomes. `netrial.load` reads it and checks all of it. This one has 10,000 people; a smaller town is quicker.
# `set` returns a changed copy, which is checked in the same way.

# %%
scenario = scenario.set("population.size", 2000)

# %% [markdown]
# A mistake is said at once, with what is allowed:

# %%
try:
    scenario.set("interventions.leaders.target.rank", "degre")
except netrial.SpecError as error:
    print(error)

# %% [markdown]
# ## Run it
#
# Every **replicate** is one random world: initial people, who accepts, and every chance event. All **arms** are run in
# the same world, so that an arm differs from the control only by what the intervention did. Forty replicates take a
# few seconds.

# %%
results = netrial.run(scenario, replicates=40, out="my_first_trial")
results

# %% [markdown]
# The same call again reads what is there; with `replicates=80` it would add forty.
#
# ## Read it
#
# `results.effects` has one row for each arm, outcome and **estimand**: over whom the effect is taken. `overall` is the
# whole town, and arms are ranked on it.

# %%
effects = results.effects
overall = effects.query("outcome == 'obese_years' and estimand == 'overall' and arm != 'usual_care'")
overall.set_index("arm")[["effect", "low", "high", "probability_best"]].sort_values("effect").round(2)

# %% [markdown]
# Champions chosen for their many contacts save about 1,000 obese years among the 2,000 people in 30 years; the interval
# is from 925 to 1,085. It is narrow because arms share their luck: `variance_ratio` says how many times as many
# replicates it would take without.
#
# Who gains? `total` is the effect on those who were asked to be champions, `spillover` on everybody who was never
# asked.

# %%
champions = effects.query("arm == 'champions' and outcome == 'obese_years'").set_index("estimand")
champions[["mean", "control_mean", "effect", "low", "high", "variance_ratio"]].round(1)

# %% [markdown]
# Five in six of the years saved are saved among people whom nobody ever asked: that is what the ties carry.
#
# ## Picture it

# %% alt="Share of people who are obese over thirty years, one curve for each arm; champions lie lowest"
ax = results.plot_curves()

# %% [markdown]
# ## What did it cost?
#
# The **ledger** holds everything that was done in every replicate.

# %%
spent = results.ledger.groupby(["arm", "replicate"])["cost"].sum().groupby("arm").mean()
spent.round(0)

# %% [markdown]
# About 21,000 pounds in each arm: the strategies of this scenario were made to cost the same, so that the comparison
# is of what the money does.
#
# ## Change one number
#
# Would champions still win if only three in ten people accepted to be one, and if being a champion did half as much?

# %%
doubtful = scenario.set(
    {
        "interventions.leaders.uptake": 0.3,
        "behaviours.obesity.transitions.lose_weight_with_champion.rate": 0.025,
    }
)
second = netrial.run(doubtful, replicates=40)
print(second.verdict.winner)
second.effects.query("outcome == 'obese_years' and estimand == 'overall'").set_index("arm")[
    ["effect", "low", "high", "probability_best"]
].sort_values("effect").round(2)

# %% [markdown]
# Now buddies lead, and champions come after them: which strategy is best rests on two numbers that nobody has
# measured. That is what the report's list of **assumed inputs** is for.
#
# Next: [reading the contagion curves](contagion_curves), or [your own survey network](own_network).

# %% tags=["check"]
# The numbers in the text, checked.
assert round(-overall.set_index("arm").loc["champions", "effect"], -2) == 1000
assert [round(-overall.set_index("arm").loc["champions", side]) for side in ("high", "low")] == [925, 1085]
assert 0.8 < champions.loc["spillover", "effect"] / champions.loc["overall", "effect"] < 0.87
assert spent.between(20_000, 22_000).all()
best = second.effects.query("outcome == 'obese_years' and estimand == 'overall'").set_index("arm")["effect"]
assert best.idxmin() == "alteration"
assert best["champions"] > best["alteration"]
