"""Reading a YAML document into plain data without guessing, and knowing where everything stood.

What is written is what is signed, so nothing here is open to interpretation: scalars follow the
core schema of YAML 1.2 (`NO` is Norway, not `false`), decimals keep their digits instead of
becoming floats, and what readers of YAML understand differently (`012`, `1e3`, `1:30`) is refused,
as are duplicate keys, aliases and tags.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from governance.terms.errors import Problem

if TYPE_CHECKING:
    from yaml._yaml import Mark as FastMark
    from yaml.error import Mark as SlowMark

    Mark: TypeAlias = SlowMark | FastMark

Plain: TypeAlias = "bool | int | Decimal | str | tuple[Plain, ...] | dict[str, Plain] | None"
"""What a document is made of; lists are tuples, so that nobody changes what was read."""

Path: TypeAlias = tuple[str | int, ...]

MAX_CHARACTERS = 262_144
"""More than any terms that fit on the chain, with generous comments."""

MAX_DEPTH = 16

_LONGEST_MESSAGE = 300

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_AMBIGUOUS = re.compile(
    r"""[-+]?(
        [0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?  # 012, 1_000, 5., 1e3, and beyond 18 digits
        | \.[0-9][0-9_]*([eE][-+]?[0-9]+)?          # .5
        | 0[xob][0-9a-fA-F_]{1,16}                  # other bases; longer ones are digests
        | [0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?          # base 60
        | \.(inf|Inf|INF)
    ) | \.(nan|NaN|NAN)""",
    re.VERBOSE,
)


@dataclass(slots=True)
class Document:
    """A document's plain data, the mistakes found while reading, and where its fields stand."""

    data: Plain = None
    problems: list[Problem] = field(default_factory=list)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """Return the mistake at a field, located there or at the nearest field around it."""
        line, column = self._position(path, at_key=at_key)
        return Problem(line, column, path_text(path), _printable(message))

    def _position(self, path: Path, *, at_key: bool) -> tuple[int, int]:
        if not at_key and path in self.values:
            return self.values[path]
        for length in range(len(path), -1, -1):
            found = self.keys.get(path[:length]) or self.values.get(path[:length])
            if found:
                return found
        return 0, 0


def path_text(path: Path) -> str:
    """Return a field's path as people write it: `benefits.payees[0].share`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return _printable(text.removeprefix("."))


def _printable(text: str) -> str:
    """Cut what others wrote to a length and to characters that do nothing to a terminal."""
    shown = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
    return "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in shown)


def read_yaml(text: str) -> Document:
    """Read a YAML document; what is wrong with it stands in the result's `problems`."""
    document = Document()
    if len(text) > MAX_CHARACTERS:
        message = f"the document is longer than {MAX_CHARACTERS} characters"
        document.problems.append(Problem(1, 1, "", message))
        return document
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, (error.context, error.problem)))
        document.problems.append(_at(mark, "", _printable(f"this is no readable YAML: {what}")))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = "this character is not allowed in YAML"
        document.problems.append(Problem(line, column, "", message))
    else:
        if root is None:
            document.problems.append(Problem(1, 1, "", "the document is empty"))
        else:
            document.data = _plain(root, (), document)
    return document


class _Loader(yaml.SafeLoader):
    """Composes nodes, refusing what makes a document mean more than it shows."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("aliases are not allowed here; write the value out", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _refusal("tags are not allowed here", event.start_mark)
        if self._depth >= MAX_DEPTH:
            raise _refusal(f"nested deeper than {MAX_DEPTH} levels", event.start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _refusal(message: str, mark: Mark | None) -> yaml.composer.ComposerError:
    return yaml.composer.ComposerError(None, None, message, mark)  # type: ignore[arg-type]


def _at(mark: Mark | None, path: str, message: str) -> Problem:
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return Problem(line + 1, column + 1, path, message)


def _plain(node: yaml.Node, path: Path, document: Document) -> Plain:
    document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_plain(item, (*path, i), document) for i, item in enumerate(node.value))
    return _scalar(node, path, document)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Plain]:
    result: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(_at(mark, path_text(path), "a field's name must be text"))
            continue
        key = str(key_node.value)
        inner = (*path, key)
        if key in result:
            document.problems.append(_at(mark, path_text(inner), "this field stands here twice"))
            continue
        document.keys[inner] = (mark.line + 1, mark.column + 1)
        result[key] = _plain(value_node, inner, document)
    return result


def _scalar(node: yaml.Node, path: Path, document: Document) -> Plain:
    text = str(node.value)
    # Whatever is quoted is text.
    if isinstance(node, yaml.ScalarNode) and node.style is not None:
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _AMBIGUOUS.fullmatch(text):
        message = f"{text} is read differently by different readers; write it out or in quotes"
        document.problems.append(_at(node.start_mark, path_text(path), message))
    return text
