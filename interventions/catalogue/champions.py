"""Champions: individuals picked for who they are, whom they know, or what a survey of them says."""

from __future__ import annotations

from typing import Any, Literal

from interventions.catalogue.recipe import ranked, recipe


def champions(rank: str | dict[str, Any], **target: Any) -> dict[str, Any]:
    """Return champions in the order of a rank."""
    return {"kind": "champions", "target": {"rank": rank, **target}}


@recipe("champions")
def opinion_leaders(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People whom others name most often: opinion leaders.

    The first of Valente's strategies (2012, doi:10.1126/science.1217330). In a layer that was not surveyed every tie
    counts as named from both ends.

    Parameters
    ----------
    layers : list of str, optional
        Layers in which namings count. Default: all.

    Examples
    --------
    The twentieth of all people who are named most::

        {tactic: opinion_leaders, target: {share: 0.05}, at: 0, uptake: 0.8, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("most_named", layers=layers))


@recipe("champions")
def popular(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People with most contacts.

    Degree centrality (Freeman 1979, doi:10.1016/0378-8733(78)90021-7).

    Parameters
    ----------
    layers : list of str, optional
        Layers in which contacts count, each person once. Default: all.

    Examples
    --------
    Two hundred people with most contacts among their close ties::

        {tactic: popular, layers: [close_ties], target: {number: 200}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("degree", layers=layers))


@recipe("champions")
def closeness(*, layers: list[str] | None = None, sampled: int | None = None) -> dict[str, Any]:
    """People with the fewest ties between them and everybody else.

    Closeness centrality (Freeman 1979, doi:10.1016/0378-8733(78)90021-7).

    Parameters
    ----------
    layers : list of str, optional
        Layers whose ties are followed. Default: all.
    sampled : int, optional
        How many people to begin from, in a network so large that all of them take too long. Default: all.

    Examples
    --------
    The hundred people from whom everybody is fewest ties away::

        {tactic: closeness, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("closeness", layers=layers, sampled=sampled))


@recipe("champions")
def betweenness(*, layers: list[str] | None = None, sampled: int | None = None) -> dict[str, Any]:
    """People through whom most shortest paths between others lead.

    Betweenness centrality (Freeman 1979, doi:10.1016/0378-8733(78)90021-7).

    Parameters
    ----------
    layers : list of str, optional
        Layers whose ties are followed. Default: all.
    sampled : int, optional
        How many people to begin from, in a network so large that all of them take too long. Default: all.

    Examples
    --------
    The hundred people through whom most shortest paths lead::

        {tactic: betweenness, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("betweenness", layers=layers, sampled=sampled))


@recipe("champions")
def eigenvector(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People whose contacts are central themselves.

    Eigenvector centrality (Bonacich 1972, doi:10.1080/0022250X.1972.9989806).

    Parameters
    ----------
    layers : list of str, optional
        Layers that count. Default: all.

    Examples
    --------
    The hundred people whose contacts are most central::

        {tactic: eigenvector, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("eigenvector", layers=layers))


@recipe("champions")
def pagerank(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People at whom a walk along ties arrives most often.

    PageRank (Brin & Page 1998, doi:10.1016/S0169-7552(98)00110-X).

    Parameters
    ----------
    layers : list of str, optional
        Layers that count. Default: all.

    Examples
    --------
    The hundred people at whom a random walk arrives most often::

        {tactic: pagerank, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("pagerank", layers=layers))


@recipe("champions")
def k_core(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People in the innermost core of the network.

    Cores are what is left when people with few contacts are taken away again and again (Seidman 1983,
    doi:10.1016/0378-8733(83)90028-X).

    Parameters
    ----------
    layers : list of str, optional
        Layers that count. Default: all.

    Examples
    --------
    The hundred people in the innermost core::

        {tactic: k_core, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("k_core", layers=layers))


@recipe("champions")
def bridges(*, layers: list[str] | None = None, sampled: int | None = None) -> dict[str, Any]:
    """People whose ties hold the network together: bridges.

    Bridging: how much cohesion is lost, on average, where one of a person's ties is taken away (Valente & Fujimoto
    2010, Social Networks 32:212-220).

    Parameters
    ----------
    layers : list of str, optional
        Layers that count. Default: all.
    sampled : int, optional
        How many people to begin from, in a network so large that all of them take too long. Default: all.

    Examples
    --------
    Fifty bridges::

        {tactic: bridges, target: {number: 50}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("bridging", layers=layers, sampled=sampled))


@recipe("champions")
def brokers(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People whose contacts do not know one another: brokers between circles.

    Those with the least constraint (Burt 2004, doi:10.1086/421787).

    Parameters
    ----------
    layers : list of str, optional
        Layers that count. Default: all.

    Examples
    --------
    Fifty brokers::

        {tactic: brokers, target: {number: 50}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("constraint", layers=layers))


@recipe("champions")
def key_players(*, layers: list[str] | None = None, steps: int | None = None) -> dict[str, Any]:
    """The set of people who together are nearest to everybody else: positive key players.

    A set is more than its best single members, who are often near the same people (Borgatti 2006,
    doi:10.1007/s10588-006-7084-x).

    Parameters
    ----------
    layers : list of str, optional
        Layers whose ties are followed. Default: all.
    steps : int, optional
        Count people within so many ties, instead of weighing them by how near they are.

    Examples
    --------
    Twenty people who together reach everybody soonest::

        {tactic: key_players, target: {number: 20}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("key_players_reach", steps=steps, layers=layers))


@recipe("champions")
def key_players_fragmentation(
    *, measure: Literal["distance", "components"] = "distance", layers: list[str] | None = None
) -> dict[str, Any]:
    """The set of people without whom the network falls apart most: negative key players.

    For an epidemic of harm: protect, or win over, those through whom it travels (Borgatti 2006,
    doi:10.1007/s10588-006-7084-x).

    Parameters
    ----------
    measure : {"distance", "components"}
        Whether others are far apart without them, or not joined at all.
    layers : list of str, optional
        Layers whose ties are followed. Default: all.

    Examples
    --------
    Twenty people through whom most of it travels, kept from catching it::

        {tactic: key_players_fragmentation, target: {number: 20}, at: 0,
         effect: {susceptibility: {obesity.catch_obesity: 0}}}
    """
    return champions(ranked("key_players_fragmentation", measure=measure, layers=layers))


@recipe("champions")
def leaders_per_group(*, per: str, rank: str = "most_named", layers: list[str] | None = None) -> dict[str, Any]:
    """The leaders of each group, so that no group goes without.

    Places are split over the groups by their size (Valente 2012, doi:10.1126/science.1217330).

    Parameters
    ----------
    per : str
        Column that holds the groups, or communities.
    rank : str
        Rule by which a group's leaders are found.
    layers : list of str, optional
        Layers in which they are found. Default: all.

    Examples
    --------
    A twentieth of every area, those named most first::

        {tactic: leaders_per_group, per: area, target: {share: 0.05}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked(rank, layers=layers), per=per)


@recipe("champions")
def friends_of_random(*, asked: float = 0.2, layers: list[str] | None = None) -> dict[str, Any]:
    """Friends of random people: those named most often when some people name one contact each.

    It finds people with many contacts without a map of the network (Cohen, Havlin & ben-Avraham 2003,
    doi:10.1103/PhysRevLett.91.247901; tried by Kim et al. 2015, doi:10.1016/S0140-6736(15)60095-2).

    Parameters
    ----------
    asked : float, share in (0, 1]
        Share of all people who are asked for one contact.
    layers : list of str, optional
        Layers in which contacts are named. Default: all.

    Examples
    --------
    A tenth of the people are asked, and a twentieth picked::

        {tactic: friends_of_random, asked: 0.1, target: {share: 0.05}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("nominated", asked=asked, layers=layers))


@recipe("champions")
def one_hop(*, asked: float = 0.2, layers: list[str] | None = None) -> dict[str, Any]:
    """One contact of each of some random people: the plainest way to well-connected people.

    As `friends_of_random`, but whoever is named first comes first, however often (Cohen, Havlin & ben-Avraham 2003,
    doi:10.1103/PhysRevLett.91.247901).

    Parameters
    ----------
    asked : float, share in (0, 1]
        Share of all people who are asked for one contact.
    layers : list of str, optional
        Layers in which contacts are named. Default: all.

    Examples
    --------
    Two hundred contacts of random people::

        {tactic: one_hop, target: {number: 200}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("one_hop", asked=asked, layers=layers))


@recipe("champions")
def low_threshold(*, threshold: str) -> dict[str, Any]:
    """People who adopt before many others have: those with the lowest threshold.

    Early momentum on the way to a critical mass (Granovetter 1978, doi:10.1086/226707).

    Parameters
    ----------
    threshold : str
        A transition whose threshold differs by person, or a column of numbers; smallest first.

    Examples
    --------
    The twentieth with the lowest threshold::

        {tactic: low_threshold, threshold: habit.start, target: {share: 0.05}, at: 0, effect: {set: {habit: using}}}
    """
    return champions(ranked("low_threshold", threshold=threshold))


@recipe("champions")
def peripheral(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People with fewest contacts: at the edge of the network, and easily passed over.

    Where new ideas come from, and whom services miss (Valente 2012, doi:10.1126/science.1217330).

    Parameters
    ----------
    layers : list of str, optional
        Layers in which contacts count. Default: all.

    Examples
    --------
    A twentieth at the edge::

        {tactic: peripheral, target: {share: 0.05}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("peripheral", layers=layers))


@recipe("champions")
def isolated(*, layers: list[str] | None = None) -> dict[str, Any]:
    """People without any contact.

    Nobody but the programme itself reaches them (Valente 2012, doi:10.1126/science.1217330).

    Parameters
    ----------
    layers : list of str, optional
        Layers in which they have none. Default: all.

    Examples
    --------
    Everybody who has no contacts::

        {tactic: isolated, target: {}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("isolated", layers=layers))


@recipe("champions")
def by_column(*, column: str, order: Literal["highest", "lowest"] = "highest") -> dict[str, Any]:
    """People with the highest number in a column, or the lowest: the oldest, those at highest risk.

    Parameters
    ----------
    column : str
        A column of numbers.
    order : {"highest", "lowest"}
        Which end of it comes first.

    Examples
    --------
    The oldest twentieth::

        {tactic: by_column, column: age, target: {share: 0.05}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("by_column", column=column, order=order))


@recipe("champions")
def in_state(*, states: str | list[str], rank: str = "random") -> dict[str, Any]:
    """People who are in some state now: those who have stopped, those who are ill.

    Parameters
    ----------
    states : str or list of str
        ``obesity.obese``, or several of one behaviour.
    rank : str
        Who of them comes first: a rule.

    Examples
    --------
    Half of the people who are obese, at random::

        {tactic: in_state, states: obesity.obese, target: {share: 0.5}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(rank, where=who_are(states))


@recipe("champions")
def gossips(*, asked: float = 0.2, layers: list[str] | None = None) -> dict[str, Any]:
    """People whom the community names as good at spreading news: gossips.

    Asked of some: "if we want to spread word, whom should we speak to?" (Banerjee et al. 2019,
    doi:10.1093/restud/rdz008).

    Parameters
    ----------
    asked : float, share in (0, 1]
        Share of all people who are asked for one name.
    layers : list of str, optional
        Layers along which news runs. Default: all.

    Examples
    --------
    A hundred of them::

        {tactic: gossips, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("gossip", asked=asked, layers=layers))


@recipe("champions")
def volunteers(*, column: str | None = None) -> dict[str, Any]:
    """People who come forward by themselves.

    The comparator of most programmes: who selects themselves is seldom who has most influence (Valente 2012,
    doi:10.1126/science.1217330).

    Parameters
    ----------
    column : str, optional
        Column that says how readily each comes. Default: all alike.

    Examples
    --------
    The first hundred who come::

        {tactic: volunteers, target: {number: 100}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("self_selected", column=column))


@recipe("champions")
def random_people(*, draw: str | None = None) -> dict[str, Any]:
    """People at random: what every choice by network must beat.

    Parameters
    ----------
    draw : str, optional
        Name of another random order than that of all interventions at random.

    Examples
    --------
    A twentieth at random::

        {tactic: random_people, target: {share: 0.05}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("random", draw=draw))


@recipe("champions")
def greedy(
    *,
    state: str | list[str],
    better: Literal["lower", "higher"],
    measure: Literal["share", "person_time"] = "person_time",
    simulations: int = 20,
    candidates: int = 200,
) -> dict[str, Any]:
    """People chosen one after the other, each for the good that they add in simulations.

    Where influence has diminishing returns, such a set does at least 63 % of what the best set of its size does
    (Kempe, Kleinberg & Tardos 2003, doi:10.1145/956750.956769).

    Parameters
    ----------
    state : str or list of str
        What is simulated: ``obesity.obese``.
    better : {"lower", "higher"}
        Whether less of it is better, or more.
    measure : {"share", "person_time"}
        Its share at the end, or the time that people spend in it.
    simulations : int
        How often each choice is simulated.
    candidates : int
        How many people are looked at for each choice.

    Examples
    --------
    Twenty people who together prevent most::

        {tactic: greedy, state: obesity.obese, better: lower, target: {number: 20}, at: 0,
         effect: {set: {advocacy: champion}}}
    """
    rank = ranked("greedy", state=state, better=better, measure=measure, simulations=simulations, candidates=candidates)
    return champions(rank)


@recipe("champions")
def reverse_reachable(
    *, passing: float | Literal["weighted"] = "weighted", layers: list[str] | None = None
) -> dict[str, Any]:
    """People chosen as `greedy` does, from random samples of who would reach whom: for large networks.

    Influence maximisation by reverse-reachable sets (Tang, Shi & Xiao 2015, doi:10.1145/2723372.2723734).

    Parameters
    ----------
    passing : float in (0, 1] or "weighted"
        Chance that it is passed on along a tie; weighted: 1 divided by the number of contacts of who receives it.
    layers : list of str, optional
        Layers along which it spreads. Default: all.

    Examples
    --------
    A thousand people of a large town::

        {tactic: reverse_reachable, target: {number: 1000}, at: 0, effect: {set: {advocacy: champion}}}
    """
    return champions(ranked("reverse_reachable", passing=passing, layers=layers))


def who_are(states: str | list[str]) -> str:
    """Return the condition on people that they are in one of some states, written ``behaviour.state``."""
    from simulator.errors import Problem, SpecError

    named = [states] if isinstance(states, str) else states
    parted = [each.rpartition(".")[::2] for each in named]
    behaviours = {behaviour for behaviour, _ in parted}
    if len(behaviours) != 1 or "" in behaviours or not all(state for _, state in parted):
        hint = "write them with their behaviour: obesity.obese, or [drinking.light, drinking.heavy]"
        raise SpecError(Problem("`states` are states of one behaviour", ("states",), hint))
    quoted = [f"'{state}'" for _, state in parted]
    (behaviour,) = behaviours
    return f"{behaviour} == {quoted[0]}" if len(quoted) == 1 else f"{behaviour} in [{', '.join(quoted)}]"
