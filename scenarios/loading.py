"""Scenarios: loaded by name or path, checked whole, changed by copying."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.finding import LIBRARY, find, names
from simulator.errors import Place, Problem, SpecError, found_in, words_of

if TYPE_CHECKING:
    import networkx
    import numpy as np

    from scenarios.grammar import ScenarioSpec
    from scenarios.mesa_face import ModelClass
    from scenarios.problems import Located, Marks
    from scenarios.reading import Reading
    from scenarios.tactics import Expansion
    from simulator.beginning import Beginning
    from simulator.model import ContagionModel
    from simulator.world import Occurrence

__all__ = ["LIBRARY", "Scenario", "load", "names"]


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read and checked.

    Parameters
    ----------
    path : Path
        The file it came from.
    text : str
        The file, as it stands.
    spec : ScenarioSpec
        The same, as frozen models, overrides applied; see `scenarios.grammar`.
    overrides : mapping of str to str
        What `set` changed: the path of a key, and its value as it was written.
    graphs : mapping of str to networkx.Graph
        Layers given in Python.
    people : networkx.Graph, optional
        People given in Python, as the nodes of a graph.
    warnings : tuple of Located
        What can be run but is hardly meant: states that nobody can reach, layers that nothing reads. Each prints with
        its file, line and column.
    expansions : mapping of place to Expansion
        Tactics, and what they expanded into; `spec` holds the expansions only.
    """

    path: Path
    text: str
    spec: ScenarioSpec
    overrides: Mapping[str, str] = field(default_factory=dict)
    graphs: Mapping[str, networkx.Graph] = field(default_factory=dict)
    people: networkx.Graph | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    marks: Marks | None = field(default=None, repr=False, compare=False)
    warnings: tuple[Located, ...] = field(default=(), repr=False, compare=False)
    expansions: Mapping[Place, Expansion] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        number = len(self.overrides)
        changed = f", {number} value{'s' * (number > 1)} changed" if number else ""
        return f"Scenario({self.name!r}: {self.title}; arms {', '.join(self.spec.arms)}{changed})"

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.spec.name

    @property
    def title(self) -> str:
        """What reports call it."""
        return self.spec.title or self.spec.name.replace("_", " ")

    @property
    def control(self) -> str:
        """The control arm."""
        from scenarios.conversion import control_of

        return control_of(self.spec)

    def set(self, changes: str | Mapping[str, Any], value: Any = None) -> Scenario:
        """Return a changed copy, after the same checks.

        Parameters
        ----------
        changes : str or mapping
            Path of a key, as in ``"population.size"`` or ``"interventions.leaders.at.0"``; or a mapping of
            several paths to values.
        value : number, str, list or mapping
            With a single path: its new value. None: as if the key were not there.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
            If what comes out is no valid scenario.

        Examples
        --------
        >>> load("obesity").set("population.size", 2000).spec.population.size
        2000
        >>> at = "interventions.leaders.target"
        >>> load("obesity").set({f"{at}.share": None, f"{at}.number": 50}).spec.interventions["leaders"].target.number
        50
        """
        from scenarios.overrides import reading_of_value

        given = {changes: value} if isinstance(changes, str) else changes
        if not isinstance(given, Mapping) or not all(isinstance(path, str) for path in given):
            hint = 'an example: set("population.size", 2000), or set({"population.size": 2000})'
            raise SpecError(Problem(f"expected the path of a key, found {found_in(changes)}", hint=hint))
        return self._changed({path: reading_of_value(path, each) for path, each in given.items()})

    def set_text(self, assignments: Collection[str]) -> Scenario:
        """Return a changed copy, as the command line's ``--set a.b.c=value`` asks.

        Parameters
        ----------
        assignments : collection of str
            Each a path, `=` and a value in YAML.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
        """
        from scenarios.overrides import reading_of_assignment

        texts = words_of(assignments, "assignments", '["population.size=2000"]')
        return self._changed(dict(map(reading_of_assignment, texts)))

    def _changed(self, readings: Mapping[str, Any]) -> Scenario:
        from scenarios.overrides import put

        assert self.marks is not None
        data, marks = dict(self.data), self.marks
        refused = []
        for path, reading in readings.items():
            data, marks, refusals = put(data, marks, path, reading)
            refused += refusals
        overrides = {**self.overrides, **{path: reading.source.text for path, reading in readings.items()}}
        return _checked(self.path, self.text, data, marks, overrides, self.graphs, refused, self.people)

    def on_graph(self, graph: networkx.Graph, layer: str | None = None, influence: str | None = None) -> Scenario:
        """Return a copy whose people and ties are those of a NetworkX graph.

        Columns that the graph's nodes do not have are drawn as the scenario says; where it would read them from a
        file, what needs them is an error.

        Parameters
        ----------
        graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
            Nodes, of any kind, are people, and their attributes columns. The attribute ``weight`` of a tie is its
            weight.
        layer : str, optional
            The layer whose ties these are. Default: the only one that is not empty to begin with.
        influence : {"source_to_target", "target_to_source", "both"}, optional
            Which way influence runs along an arc u -> v; "target_to_source" where it says that u named v. Needed
            where the graph is directed.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
            If the scenario needs what the graph does not have.
        SpecError
            If there is no such layer, or several; if `influence` is not stated for a directed graph.

        Examples
        --------
        >>> import networkx
        >>> load("obesity").on_graph(networkx.les_miserables_graph()).graph().number_of_nodes()
        77
        """
        from scenarios.graph_face import on_graph

        return on_graph(self, graph, layer, influence)

    def with_layer(self, name: str, graph: networkx.Graph, influence: str | None = None) -> Scenario:
        """Return a copy in which a layer's ties are those of a NetworkX graph.

        Parameters
        ----------
        name : str
            A layer of the scenario.
        graph : networkx.Graph or networkx.DiGraph
            Its nodes are the people: their ids, or, where people are generated, any n labels in sorted order.
            An arc u -> v of a directed graph means that u influences v; the attribute ``weight`` is the weight.
        influence : {"source_to_target", "target_to_source", "both"}, optional
            Read an arc u -> v as a file's row instead, which says that u named v.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
            If the graph's people are not those of the scenario.
        SpecError
            If the scenario has no such layer.
        """
        from scenarios.graph_face import with_layer

        return with_layer(self, name, graph, influence)

    def graph(self, number: int = 0, *, arm: str | None = None, replicate: int = 0) -> networkx.Graph:
        """Return people and ties as a NetworkX graph; with an arm, with what happens to people in it.

        Parameters
        ----------
        number : int
            Which of the scenario's networks, from 0; with an arm it is the replicate's.
        arm : str, optional
            Run this arm of one replicate to the horizon; nodes then also have, where it applies, ``obesity`` (the
            state at the end), ``start.obesity`` (at time 0), ``entered.obesity.obese`` (when the person first was in
            that state; 0: from the start) and ``targeted.leaders`` (when an intervention first reached out to them).
            Ties are those of time 0.
        replicate : int
            Counted from 0.

        Returns
        -------
        networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
            As `simulator.graphs.to_graph` makes it: nodes are the people's ids, with their columns; ties carry
            ``layer`` and ``weight``; an arc u -> v says that u influences v. What came in as a graph comes back with
            its own nodes and all that it said.

        Raises
        ------
        SpecError
            If there is no such arm or replicate.
        """
        from scenarios.graph_face import graph_of

        return graph_of(self, number, arm, replicate)

    def model(
        self,
        arm: str | None = None,
        replicate: int = 0,
        *,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
    ) -> ContagionModel:
        """Return one arm of one replicate as a Mesa model.

        Parameters
        ----------
        arm : str, optional
            Default: the control.
        replicate : int
            Counted from 0.
        model_reporters, agent_reporters : mapping, optional
            What its data collector reports beside the curves, as Mesa's `DataCollector` takes it.

        Returns
        -------
        ContagionModel
            At time 0; stepped to the horizon, it has the curves that a run has for that arm and replicate.

        Raises
        ------
        SpecError
            If there is no such arm.
        NotBuiltError
            If the scenario asks for something that is not built yet.
        """
        from scenarios.mesa_face import model_of

        return model_of(self, arm, replicate, model_reporters, agent_reporters)

    def parts(self, arm: str | None = None, replicate: int = 0) -> tuple[Beginning, Sequence[Occurrence], np.ndarray]:
        """Return what a `ContagionModel` is made from, for a model class of one's own.

        Parameters
        ----------
        arm : str, optional
            Default: the control.
        replicate : int
            Counted from 0.

        Returns
        -------
        beginning, occurrences, times
            How the replicate begins, what the arm does, and when people are counted.

        Raises
        ------
        SpecError
            If there is no such arm.
        NotBuiltError
            If the scenario asks for something that is not built yet.

        Examples
        --------
        >>> class Town(netrial.ContagionModel):
        ...     def __init__(self, arm="usual_care", replicate=0):
        ...         super().__init__(*load("obesity").parts(arm, replicate))
        """
        from scenarios.mesa_face import parts_of

        return parts_of(self, arm, replicate)

    def model_class(
        self,
        *,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
    ) -> ModelClass:
        """Return what `mesa.batch_run` takes as a model class.

        Its keyword arguments are ``arm``, ``replicate`` (or ``rng``, which names a replicate too) and paths of keys of
        the scenario. Where neither names a replicate, iterations are replicates 0, 1, 2, …

        Parameters
        ----------
        model_reporters, agent_reporters : mapping, optional
            What data collectors report beside the curves, as Mesa's `DataCollector` takes it.

        Examples
        --------
        >>> parameters = {"arm": ["usual_care", "champions"], "replicate": range(10), "population.size": [500, 1000]}
        >>> mesa.batch_run(load("obesity").model_class(), parameters)  # doctest: +SKIP
        """
        from scenarios.mesa_face import ModelClass

        return ModelClass(self, model_reporters, agent_reporters)

    def resolved(self) -> dict[str, Any]:
        """Return the scenario as plain data with every default filled in; see `scenarios.resolution`."""
        from scenarios.resolution import resolved

        return resolved(self)

    def hash8(self, arms: Collection[str] | None = None) -> str:
        """Return eight hexadecimal digits that stand for whatever changes the results of a replicate.

        Parameters
        ----------
        arms : collection of str, optional
            Arms that are run, beside the control. Default: all.

        Returns
        -------
        str
            Not changed by titles, references, sources, observed data, the number of replicates, the order of
            arms, the order of rows in files, or by where files lie.
        """
        from scenarios.resolution import hash8

        return hash8(self, arms)

    def not_built(self) -> list[Problem]:
        """Return what the scenario asks for that is not built yet, with places."""
        from scenarios.built import not_built

        return not_built(self.spec)

    def require_built(self) -> None:
        """Refuse to go on with a scenario that asks for something that is not built yet.

        Raises
        ------
        ScenarioNotBuiltError
        """
        from scenarios.problems import ScenarioNotBuiltError

        problems = self.not_built()
        if problems:
            assert self.marks is not None
            raise ScenarioNotBuiltError(map(self.marks.locate, problems))

    def located(self, error: SpecError) -> SpecError:
        """Return an error of a lower floor with the file, line and column of each of its problems.

        Parameters
        ----------
        error : SpecError
            Places are those of the scenario.

        Returns
        -------
        ScenarioError or ScenarioNotBuiltError
        """
        from scenarios.problems import ScenarioError, ScenarioNotBuiltError
        from simulator.errors import NotBuiltError

        assert self.marks is not None
        kind = ScenarioNotBuiltError if isinstance(error, NotBuiltError) else ScenarioError
        return kind(map(self.marks.locate, error.problems))

    def file_at(self, place: Place, name: str) -> Path:
        """Return the path of a file that the scenario names at `place`.

        A path is relative to the scenario's folder; one that comes from ``--set`` or `set`, to the current one.
        """
        assert self.marks is not None
        return _file_at(self.path, self.marks, place, name)


def load(scenario: str | Path) -> Scenario:
    """Load a scenario, and check all of it.

    Parameters
    ----------
    scenario : str or Path
        Name of a bundled scenario, or path of a YAML file.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        With every problem found: file, line, column, the line itself, and what is allowed.
    """
    from scenarios.reading import read_file

    path, shown = find(scenario)
    return scenario_of(path, read_file(path, shown))


def scenario_of(path: Path, reading: Reading) -> Scenario:
    """Check what was read, and return it as a scenario whose files lie beside `path`; see `load`."""
    return _checked(path, reading.source.text, reading.data, reading.marks, {}, {}, reading.problems)


def on_graphs(
    scenario: Scenario,
    data: Mapping[str, Any],
    marks: Marks,
    graphs: Mapping[str, networkx.Graph],
    people: networkx.Graph | None,
) -> Scenario:
    """Return a copy of a scenario with other data, and graphs that its data speak of, after the same checks."""
    return _checked(scenario.path, scenario.text, data, marks, scenario.overrides, graphs, [], people)


def _checked(
    path: Path,
    text: str,
    data: Mapping[str, Any],
    marks: Marks,
    overrides: Mapping[str, str],
    graphs: Mapping[str, networkx.Graph],
    refused: Collection[Any],
    people: networkx.Graph | None = None,
) -> Scenario:
    from scenarios.checks import check_scenario
    from scenarios.problems import Located, ScenarioError, in_order
    from scenarios.tactics import expand

    # A graph stands as long as the data speak of it; a layer that was set to something else since has none.
    graphs = {
        name: graph for name, graph in graphs.items() if _says(data, graph, "network", "layers", name, "networkx")
    }
    people = people if _says(data, people, "population", "networkx") else None
    expanded = expand(data)
    values = {each.problem.place for each in refused if not each.problem.on_key}
    spec, problems, warned = check_scenario(
        expanded.data, lambda place, name: _file_at(path, marks, place, name), graphs, values, people
    )
    located = [*refused, *map(marks.locate, [*expanded.problems, *expanded.pointed(problems)])]
    if located:
        raise ScenarioError(located)
    found = [marks.locate(problem) for problem in expanded.pointed(warned)]
    warnings = in_order(Located(each.problem, each.mark, warning=True) for each in found)
    return Scenario(path, text, spec, dict(overrides), dict(graphs), people, data, marks, warnings, expanded.expansions)


def _says(data: Any, graph: networkx.Graph | None, *keys: str) -> bool:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return graph is not None and data == type(graph).__name__


def _file_at(path: Path, marks: Marks, place: Place, name: str) -> Path:
    from scenarios.overrides import is_override

    mark = marks.values.get(place)
    folder = Path.cwd() if mark is not None and is_override(mark.source) else path.parent
    return folder / name
