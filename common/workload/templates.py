"""The objects a cluster is made of, from Jinja2 templates that read like the YAML they become.

A value never becomes YAML text. `{{ value }}` writes a numbered hole; the text with its holes is parsed as YAML, and
then the values are put in. So no value, however hostile, can change the structure around it, and quoting is no subject:

    name: {{ name }}                 the value itself: a string, number, list, mapping, … ("3" stays a string)
    host: {{ name }}-client          part of a string; so is anything inside quotes or a block scalar
    {{ key }}: true                  a key
    {% if tls %} … {% endif %}       as ever

Speed: parsing YAML costs a hundred times as much as filling holes, and the same template with the same branches taken
gives the same text whatever the values are. So the parsed text is kept, by its text: in the long run a render costs the
Jinja2 code, one look-up and a copy.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import jinja2
import yaml

from common.workload.plain import plain

SUFFIX = ".yaml.j2"
SKELETONS_KEPT = 512  # texts per process; a loop of another length makes another text
_VALUES = "_values"
_HOLE = re.compile(r"hole_(\d+)_eloh")


class Hole(NamedTuple):
    """The place of one whole value."""

    number: int


class Pieces(NamedTuple):
    """A string with values in it: literal, number of a value, literal, …"""

    parts: tuple[str | int, ...]


class TemplateError(Exception):
    """A template is wrong, or was given a value that has no place in an object. A mistake of ours, not the user's."""


class Templates:
    """The templates of one package, in its folder `templates`; compiled once, when this is made."""

    def __init__(self, package: str) -> None:
        self._package = package
        folder = files(package).joinpath("templates")
        sources = {f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".j2")}
        environment = jinja2.Environment(
            loader=jinja2.DictLoader(sources),
            undefined=jinja2.StrictUndefined,
            finalize=_hole,
            autoescape=False,  # noqa: S701 - no text is made: values go into the parsed object
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._compiled = {name: environment.get_template(name) for name in sources}

    def render(self, name: str, /, **values: Any) -> dict[str, Any]:
        """The one object of `<name>.yaml.j2`."""
        documents = self.render_all(name, **values)
        if len(documents) != 1:
            raise TemplateError(f"{self._package}: template {name} holds {len(documents)} objects instead of one")
        return documents[0]

    def render_all(self, name: str, /, **values: Any) -> list[dict[str, Any]]:
        """The objects of a template with several documents; empty documents are left out."""
        template = self._compiled.get(name if name.endswith(".j2") else name + SUFFIX)
        if template is None:
            raise TemplateError(f"{self._package} has no template {name}")
        given: list[Any] = []
        text = template.render({**values, _VALUES: given})
        try:
            return [_filled(document, given) for document in _skeletons(text)]
        except (yaml.YAMLError, TypeError) as error:
            raise TemplateError(f"{self._package}: template {name}: {error}") from error


@jinja2.pass_context
def _hole(context: jinja2.runtime.Context, value: Any) -> str:
    """What `{{ value }}` writes. The value itself is kept aside, as plain JSON types."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # StrictUndefined raises, and names what is missing
    given: list[Any] = context[_VALUES]
    given.append(plain(value))
    return f"hole_{len(given) - 1}_eloh"


class _Loader(yaml.CSafeLoader):
    """Safe YAML, in which an unquoted hole is a Hole, and a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As ever, but YAML's own rule that keys are unique is kept."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"twice: {', '.join(sorted(twice))}", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _construct_hole(loader: _Loader, node: yaml.ScalarNode) -> Hole:
    found = _HOLE.fullmatch(node.value)
    if found is None:
        raise yaml.constructor.ConstructorError(None, None, "not a hole", node.start_mark)
    return Hole(int(found[1]))


_Loader.add_implicit_resolver("!hole", re.compile(rf"^{_HOLE.pattern}$"), ["h"])
_Loader.add_constructor("!hole", _construct_hole)


@lru_cache(maxsize=SKELETONS_KEPT)
def _skeletons(text: str) -> tuple[dict[Any, Any], ...]:
    documents = tuple(_cut(d) for d in yaml.load_all(text, _Loader) if d is not None)
    for document in documents:
        if not isinstance(document, dict):
            raise TypeError(f"an object is a mapping, not {type(document).__name__}")
    return documents


def _cut(node: Any) -> Any:
    """Cut strings at their holes."""
    if isinstance(node, dict):
        return {_cut(key): _cut(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_cut(value) for value in node]
    if isinstance(node, str) and _HOLE.search(node):
        literal_or_number = _HOLE.split(node)
        return Pieces(tuple(int(p) if i % 2 else p for i, p in enumerate(literal_or_number)))
    return node


def _filled(node: Any, given: list[Any]) -> Any:
    kind = type(node)
    if kind is dict:
        return {
            key if type(key) is str else _key(key, given): _filled(value, given)
            if type(value) in _WITH_HOLES
            else value
            for key, value in node.items()
        }
    if kind is list:
        return [_filled(value, given) for value in node]
    if kind is Hole:
        return given[node.number]
    if kind is Pieces:
        return "".join(part if type(part) is str else _text(given[part]) for part in node.parts)
    return node


_WITH_HOLES = frozenset({dict, list, Hole, Pieces})


def _key(key: Any, given: list[Any]) -> str:
    name = _filled(key, given)
    if not isinstance(name, str):
        raise TypeError(f"a key is a string, not {type(name).__name__}")
    return name


def _text(value: Any) -> str:
    """A value inside a string. A list, a mapping, a boolean or nothing has no obvious spelling there."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"a value inside a string is a string or a number, not {type(value).__name__}")
