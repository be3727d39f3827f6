"""GraphML and GEXF files, read as a stream: fast, with the line of every tie, and closed to hostile files.

A file that declares a document type is refused before anything in it is expanded: entities that grow without end
(an "entity bomb") need one, and graphs do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO
from xml.parsers import expat

from simulator.errors import Problem, SpecError
from simulator.graph_tables import (
    NUMBERS,
    SOURCE,
    TARGET,
    WEIGHT,
    WORDS,
    GraphTables,
    Rows,
    graph_tables,
    people_rows,
    tie_rows,
)

KINDS = {
    **dict.fromkeys(("int", "integer", "long", "float", "double", "short", "byte", "decimal"), NUMBERS),
    **dict.fromkeys(("string", "boolean", "anyURI", "liststring", "char"), WORDS),
}
"""What the types of both formats hold; true and false stay words, as in a CSV file."""

Attributes = Mapping[str, str]


def read_graphml(file: IO[bytes], name: str) -> GraphTables:
    """Read a GraphML file (Brandes et al. 2002, doi:10.1007/3-540-45848-4_59).

    Parameters
    ----------
    file : binary file
    name : str
        What errors call it.

    Returns
    -------
    GraphTables

    Raises
    ------
    SpecError
        If it is no GraphML file, or declares a document type, or holds hyperedges or several graphs, or a value is
        not of its declared type.
    """
    return _GraphML(name).read(file)


def read_gexf(file: IO[bytes], name: str) -> GraphTables:
    """Read a GEXF file, versions 1.1 to 1.3; arguments, result and errors as those of `read_graphml`.

    What is drawn (colours, positions) is left out. Ties that come and go (spells) are refused.
    """
    return _Gexf(name).read(file)


class _XmlGraph:
    """What both formats share: the parser, its place in the file, and the rows read so far."""

    title = ""
    root = ""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parser = expat.ParserCreate()
        self.people, self.ties = people_rows(), tie_rows()
        self.one_way: list[bool] = []
        self.both_ways_unless_said = True
        self.attributes: dict[tuple[str, str], str] = {}
        self.seen: set[str] = set()

    def read(self, file: IO[bytes]) -> GraphTables:
        parser = self.parser
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._first
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            message = f"`{self.name}`, line {error.lineno}, column {error.offset + 1}: {said}"
            raise SpecError(
                Problem(message, hint=f"a {self.title} file is XML; this one is damaged, or none")
            ) from None
        except (LookupError, ValueError) as error:
            raise SpecError(f"`{self.name}` is in an encoding that cannot be read: {str(error)[:100]}") from None
        if "graph" not in self.seen:
            raise SpecError(f"`{self.name}` holds no graph")
        try:
            return graph_tables(self.people, self.ties, self.one_way)
        except SpecError as error:
            raise SpecError([Problem(f"`{self.name}`, {p.message}", p.place, p.hint) for p in error.problems]) from None

    def _refused(self, message: str, hint: str = "") -> SpecError:
        return SpecError(Problem(f"`{self.name}`, line {self.parser.CurrentLineNumber}: {message}", hint=hint))

    def _doctype(self, *_: object) -> None:
        raise self._refused("the file declares a document type", "delete `<!DOCTYPE …>`; graphs do not need it")

    def _first(self, tag: str, given: Attributes) -> None:
        if _plain(tag) != self.root:
            raise self._refused(f"the file begins with `{tag[:60]}`", f"a {self.title} file begins with <{self.root}>")
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end

    def begin(self, tag: str, given: Attributes) -> None:
        """See the beginning of an element."""

    def end(self, tag: str) -> None:
        """See the end of an element."""

    def _graph(self, given: Attributes, key: str) -> None:
        if "graph" in self.seen:
            raise self._refused("a second graph begins here", "netrial reads files of one graph")
        self.seen.add("graph")
        self.both_ways_unless_said = given.get(key, "undirected") != "directed"

    def _row(self, rows: Rows, given: Attributes, *keys: str) -> None:
        """Begin a row; `keys` are the XML attributes that hold its ids."""
        for key, ids in zip(keys, rows.ids.values(), strict=True):
            if key not in given:
                raise self._refused(f"a {rows.what} without `{key}`")
            ids.append(given[key])
        rows.lines.append(self.parser.CurrentLineNumber)

    def _declared(self, rows: Rows, key: str, name: str, kind: str) -> None:
        self.attributes[rows.what, key] = name
        if kind in KINDS:
            rows.kinds[name] = KINDS[kind]

    def _named(self, rows: Rows, key: str | None) -> str:
        name = self.attributes.get((rows.what, str(key)))
        if name is None:
            raise self._refused(f"no attribute `{key}` of a {rows.what} is declared")
        return name

    def _read_text(self) -> list[str]:
        """Collect the text from here on, until the parser is told otherwise."""
        text: list[str] = []
        self.parser.CharacterDataHandler = text.append
        return text


class _GraphML(_XmlGraph):
    title, root = "GraphML", "graphml"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.row: Rows | None = None  # that of the node or tie in which the parser is
        self.into: tuple[list[Rows], str] | None = None  # where the text goes that is being read
        self.text: list[str] = []
        self.drawn: set[str] = set()  # keys of what yEd draws

    def begin(self, tag: str, given: Attributes) -> None:
        tag = _plain(tag)
        if tag == "data":
            key = given.get("key", "")
            if self.row is not None and key not in self.drawn:
                self.into = [self.row], self._named(self.row, key)
                self.text = self._read_text()
        elif tag == "edge":
            self.row = self.ties
            self._row(self.ties, given, SOURCE, TARGET)
            said = given.get("directed")
            self.one_way.append(not self.both_ways_unless_said if said is None else said == "true")
        elif tag == "node":
            self.row = self.people
            self._row(self.people, given, "id")
        elif tag == "key":
            self._key(given)
        elif tag == "default":
            if self.into is not None:
                self.text = self._read_text()
        elif tag == "graph":
            self._graph(given, "edgedefault")
        elif tag == "NodeLabel" and self.row is self.people:  # yEd's names of nodes
            self.into, self.text = ([self.people], "label"), self._read_text()
        elif tag == "hyperedge":
            raise self._refused("a hyperedge", "a tie joins two people")

    def end(self, tag: str) -> None:
        tag = _plain(tag)
        if tag in ("data", "NodeLabel"):
            if self.into is not None:
                self.into[0][0].put(self.into[1], "".join(self.text))
            self._forget()
        elif tag in ("node", "edge"):
            self.row = None
        elif tag == "default" and self.into is not None:
            for rows in self.into[0]:
                rows.defaults[self.into[1]] = "".join(self.text)
        elif tag == "key":
            self._forget()

    def _forget(self) -> None:
        self.into, self.parser.CharacterDataHandler = None, None

    def _key(self, given: Attributes) -> None:
        key = given.get("id", "")
        if "yfiles.type" in given:
            self.drawn.add(key)
            return
        wanted = {"node": [self.people], "edge": [self.ties], "all": [self.people, self.ties]}
        meant = wanted.get(given.get("for", "all"), [])
        name = given.get("attr.name", key)
        for rows in meant:
            self._declared(rows, key, name, given.get("attr.type", ""))
        self.into = meant, name


class _Gexf(_XmlGraph):
    title, root = "GEXF", "gexf"

    OF_TIES = (WEIGHT, "label", "kind", "start", "end")
    OF_PEOPLE = ("label", "start", "end")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.row: Rows | None = None
        self.of: Rows = self.people  # whose attributes are being declared
        self.attribute = ""
        self.text: list[str] = []

    def begin(self, tag: str, given: Attributes) -> None:
        tag = _plain(tag)
        if tag == "attvalue":
            if self.row is not None:
                self.row.put(self._named(self.row, given.get("for", given.get("id"))), given.get("value", ""))
        elif tag == "edge":
            self.row = self.ties
            self._row(self.ties, given, SOURCE, TARGET)
            said = given.get("type")
            self.one_way.append(not self.both_ways_unless_said if said is None else said == "directed")
            self._known(given, self.OF_TIES)
        elif tag == "node":
            self.row = self.people
            self._row(self.people, given, "id")
            self._known(given, self.OF_PEOPLE)
        elif tag == "attributes":
            self.of = self.ties if given.get("class") == "edge" else self.people
        elif tag == "attribute":
            self.attribute = given.get("title", given.get("id", ""))
            self._declared(self.of, given.get("id", ""), self.attribute, given.get("type", ""))
        elif tag == "default":
            self.text = self._read_text()
        elif tag == "graph":
            self._graph(given, "defaultedgetype")
        elif tag == "spell":
            raise self._refused("ties or people that come and go (spells)", "export one point in time")

    def end(self, tag: str) -> None:
        tag = _plain(tag)
        if tag in ("node", "edge"):
            self.row = None
        elif tag == "default":
            self.of.defaults[self.attribute] = "".join(self.text)
            self.parser.CharacterDataHandler = None

    def _known(self, given: Attributes, keys: tuple[str, ...]) -> None:
        for key in keys:
            if key in given:
                assert self.row is not None
                self.row.put(key, given[key])


def _plain(tag: str) -> str:
    """Return an element's name without the prefix of its namespace."""
    return tag.rpartition(":")[2] if ":" in tag else tag
