"""Small changes to the contracts, each of which some test should notice.

The compiler's syntax tree says where they can be made. Each operator is a function from a node to
the changes it suggests there; an operator never suggests the same text again, and what turns out
not to compile does not count.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

Node = Mapping[str, Any]

# A boundary moved, and the condition turned round.
_RELATIONAL = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
_ARITHMETIC = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "*",
    "**": "*",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "^": "&",
}
_LOGICAL = {"&&": "||", "||": "&&"}
_STATEMENTS = {
    "Break",
    "Continue",
    "EmitStatement",
    "ExpressionStatement",
    "InlineAssembly",
    "Return",
    "RevertStatement",
}


@dataclass(frozen=True)
class Span:
    """Bytes of a source file."""

    start: int
    end: int

    @classmethod
    def of(cls, node: Node) -> "Span":
        """Where a node stands."""
        start, length, _ = map(int, node["src"].split(":"))
        return cls(start, start + length)


@dataclass(frozen=True)
class Change:
    """What an operator suggests: other text in place of a span."""

    operator: str
    span: Span
    text: str


@dataclass(frozen=True)
class Mutant:
    """A contract with one change, told by the lines it changes rather than by their numbers."""

    file: str
    function: str
    operator: str
    before: str
    after: str
    occurrence: int
    """Which of several such lines in the function, from 1."""
    span: Span
    text: str

    @cached_property
    def identity(self) -> str:
        """The same for the same change, wherever in the file it stands."""
        parts = (self.file, self.function, self.operator, self.before, self.after)
        return hashlib.sha256("\n".join((*parts, str(self.occurrence))).encode()).hexdigest()[:16]

    def apply(self, source: bytes) -> bytes:
        """The mutated source."""
        return source[: self.span.start] + self.text.encode() + source[self.span.end :]


@dataclass(frozen=True)
class Place:
    """A node with what an operator needs to know of its surroundings."""

    source: bytes
    node: Node
    parents: tuple[Node, ...]
    enums: Mapping[str, tuple[str, ...]]
    """The members of each enum, by `enum Name` as the compiler writes its type."""

    @property
    def parent(self) -> Node:
        """The node right above."""
        return self.parents[-1]

    def text(self, node: Node) -> str:
        """A node's source."""
        span = Span.of(node)
        return self.source[span.start : span.end].decode()

    def between(self, left: Node, right: Node, token: str) -> Span:
        """Where a token stands between two nodes; comments do not stand there in this house."""
        start = self.source.index(token.encode(), Span.of(left).end, Span.of(right).start)
        return Span(start, start + len(token))


def mutants(
    file: str, source: bytes, tree: Node, enums: Mapping[str, tuple[str, ...]]
) -> Iterator[Mutant]:
    """All mutants of a source file, in the order in which they stand in it."""
    seen: dict[str, int] = {}
    changes: dict[tuple[Span, str], tuple[str, Change]] = {}
    for function, place in _places(source, tree, enums):
        for operator in OPERATORS:
            for change in operator(place):
                changes.setdefault((change.span, change.text), (function, change))
    for function, change in sorted(
        changes.values(), key=lambda each: (each[1].span.start, each[1].span.end, each[1].text)
    ):
        before, after = _lines(source, change)
        key = "\n".join((function, change.operator, before, after))
        seen[key] = seen.get(key, 0) + 1
        yield Mutant(
            file=file,
            function=function,
            operator=change.operator,
            before=before,
            after=after,
            occurrence=seen[key],
            span=change.span,
            text=change.text,
        )


def enums_of(trees: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    """The members of every enum of some syntax trees."""
    found = {}
    for tree in trees.values():
        for node in tree["nodes"]:
            within = node["nodes"] if node["nodeType"] == "ContractDefinition" else [node]
            prefix = f"{node['name']}." if node["nodeType"] == "ContractDefinition" else ""
            for each in within:
                if each["nodeType"] == "EnumDefinition":
                    members = tuple(member["name"] for member in each["members"])
                    found[f"enum {prefix}{each['name']}"] = members
    return found


# --- the operators --------------------------------------------------------------------------------


def relational(place: Place) -> Iterator[Change]:
    """`<` becomes `<=` or `>=`, `==` becomes `!=`, and so on."""
    yield from _other_tokens(place, "relational", _RELATIONAL)


def arithmetic(place: Place) -> Iterator[Change]:
    """`+` becomes `-`, `*` becomes `/`, in assignments too; `++` and `--` change places."""
    yield from _other_tokens(place, "arithmetic", {a: (b,) for a, b in _ARITHMETIC.items()})
    node = place.node
    if node["nodeType"] == "Assignment" and node["operator"] != "=":
        left, right, operator = node["leftHandSide"], node["rightHandSide"], node["operator"]
        span = place.between(left, right, operator)
        yield Change("arithmetic", span, f"{_ARITHMETIC[operator[:-1]]}=")
    if node["nodeType"] == "UnaryOperation" and node["operator"] in ("++", "--"):
        operand = place.text(node["subExpression"])
        other = "--" if node["operator"] == "++" else "++"
        # A loop that counts the wrong way teaches nothing.
        if not _counts_a_loop(place):
            swapped = f"{other}{operand}" if node["prefix"] else f"{operand}{other}"
            yield Change("arithmetic", Span.of(node), swapped)
        if place.parent["nodeType"] != "ExpressionStatement":
            turned = operand + node["operator"] if node["prefix"] else node["operator"] + operand
            yield Change("arithmetic", Span.of(node), turned)


def logical(place: Place) -> Iterator[Change]:
    """`&&` and `||` change places, and each of their operands is left out."""
    node = place.node
    if node["nodeType"] != "BinaryOperation" or node["operator"] not in _LOGICAL:
        return
    left, right = node["leftExpression"], node["rightExpression"]
    span = place.between(left, right, node["operator"])
    yield Change("logical", span, _LOGICAL[node["operator"]])
    yield Change("logical", Span.of(node), place.text(left))
    if left.get("operator") != node["operator"]:
        yield Change("logical", Span.of(node), place.text(right))


def negation(place: Place) -> Iterator[Change]:
    """A condition, or an answer yes or no, is turned round."""
    node = place.node
    if node["nodeType"] == "UnaryOperation" and node["operator"] == "!":
        yield Change("negation", Span.of(node), place.text(node["subExpression"]))
    asked = {"IfStatement": "condition", "Conditional": "condition", "Return": "expression"}
    condition = node.get(asked.get(node["nodeType"], ""))
    if not condition or _type(condition) != "bool" or condition["nodeType"] == "Literal":
        return
    if condition.get("operator") not in ("!", *_RELATIONAL):
        yield Change("negation", Span.of(condition), f"!({place.text(condition)})")


def guard(place: Place) -> Iterator[Change]:
    """What is refused under a condition is no longer refused."""
    node = place.node
    if (
        node["nodeType"] == "IfStatement"
        and _reverts(node["trueBody"])
        and not node.get("falseBody")
    ):
        yield Change("guard", _whole(place), "{}")


def statement(place: Place) -> Iterator[Change]:
    """A statement is left out: an assignment, a call, an event, a record, a return."""
    node = place.node
    if node["nodeType"] not in _STATEMENTS or _is_of_a_loop_head(place):
        return
    if node["nodeType"] == "RevertStatement" and _is_guarded(place):
        return
    if node["nodeType"] == "Return" and not node.get("expression"):
        return
    yield Change("statement", _whole(place), "{}")


def constant(place: Place) -> Iterator[Change]:
    """A number becomes its neighbours, a string empty, yes no, a member of an enum the next one."""
    node = place.node
    span = Span.of(node)
    if node["nodeType"] == "Literal":
        text = place.text(node)
        if node["kind"] == "bool":
            yield Change("constant", span, "false" if text == "true" else "true")
        elif node["kind"] == "string" and node["value"]:
            yield Change("constant", span, '""')
        elif node["kind"] == "number":
            number, unit = re.fullmatch(r"(\w+)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
            value = int(number.replace("_", ""), 0)
            for other in (value - 1, value + 1) if value else (1,):
                yield Change("constant", span, f"{other}{unit}")
    elif node["nodeType"] == "MemberAccess" and _type(node) in place.enums:
        members = place.enums[_type(node)]
        if node["memberName"] in members and _type(node["expression"]).startswith("type(enum "):
            following = members[(members.index(node["memberName"]) + 1) % len(members)]
            yield Change("constant", span, f"{place.text(node['expression'])}.{following}")


def modifier(place: Place) -> Iterator[Change]:
    """A modifier is left out."""
    node = place.node
    if node["nodeType"] == "ModifierInvocation" and node.get("kind") == "modifierInvocation":
        yield Change("modifier", Span.of(node), "")


def arguments(place: Place) -> Iterator[Change]:
    """Two neighbouring arguments of one type change places."""
    node = place.node
    if node["nodeType"] != "FunctionCall" or node["kind"] == "typeConversion" or node["names"]:
        return
    for first, second in pairwise(node["arguments"]):
        one, other = place.text(first), place.text(second)
        if _type(first) != _type(second) or one == other:
            continue
        gap = place.source[Span.of(first).end : Span.of(second).start].decode()
        yield Change(
            "arguments", Span(Span.of(first).start, Span.of(second).end), other + gap + one
        )


def sender(place: Place) -> Iterator[Change]:
    """Who relays a call is taken for who makes it."""
    node = place.node
    if node["nodeType"] == "FunctionCall" and node["expression"].get("name") == "_msgSender":
        yield Change("sender", Span.of(node), "msg.sender")


OPERATORS: tuple[Callable[[Place], Iterator[Change]], ...] = (
    relational,
    arithmetic,
    logical,
    negation,
    guard,
    statement,
    constant,
    modifier,
    arguments,
    sender,
)


# --- the tree -------------------------------------------------------------------------------------


def _places(
    source: bytes, tree: Node, enums: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Place]]:
    """Every node inside a function or a constant, with the name of where it stands."""
    for contract in tree["nodes"]:
        if contract["nodeType"] != "ContractDefinition" or contract["contractKind"] == "interface":
            continue
        for member in contract["nodes"]:
            name = f"{contract['name']}.{member.get('name') or member.get('kind')}"
            if member["nodeType"] == "VariableDeclaration" and member.get("value"):
                yield from _below(name, source, member["value"], (member,), enums)
            elif member["nodeType"] in ("FunctionDefinition", "ModifierDefinition"):
                for part in (*member.get("modifiers", ()), member.get("body")):
                    if part:
                        yield from _below(name, source, part, (member,), enums)


def _below(
    name: str,
    source: bytes,
    node: Node,
    parents: tuple[Node, ...],
    enums: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[str, Place]]:
    yield name, Place(source, node, parents, enums)
    if node["nodeType"] == "InlineAssembly":
        return
    for key, value in node.items():
        # The lengths of arrays are types, not values.
        if key == "typeName":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict) and "nodeType" in child and "src" in child:
                yield from _below(name, source, child, (*parents, node), enums)


def _lines(source: bytes, change: Change) -> tuple[str, str]:
    """The lines that a change touches, without it and with it, in one line each."""
    start = source.rfind(b"\n", 0, change.span.start) + 1
    end = source.find(b"\n", change.span.end)
    before = source[start:end].decode()
    head = source[start : change.span.start].decode()
    tail = source[change.span.end : end].decode()
    return " ".join(before.split()), " ".join((head + change.text + tail).split())


def _other_tokens(
    place: Place, operator: str, others: Mapping[str, tuple[str, ...]]
) -> Iterator[Change]:
    node = place.node
    if node["nodeType"] == "BinaryOperation":
        for other in others.get(node["operator"], ()):
            left, right = node["leftExpression"], node["rightExpression"]
            yield Change(operator, place.between(left, right, node["operator"]), other)


def _whole(place: Place) -> Span:
    """A statement with its semicolon, which the compiler does not count as part of it."""
    span = Span.of(place.node)
    rest = re.match(rb"\s*;", place.source[span.end :])
    return Span(span.start, span.end + (rest.end() if rest else 0))


def _type(node: Node) -> str:
    name: str = node["typeDescriptions"].get("typeString") or ""
    return name


def _reverts(body: Node) -> bool:
    statements = body["statements"] if body["nodeType"] == "Block" else [body]
    return len(statements) == 1 and statements[0]["nodeType"] == "RevertStatement"


def _is_guarded(place: Place) -> bool:
    """Whether a revert is all that stands under a condition, so that `guard` takes both out."""
    above = place.parents[-2] if place.parent["nodeType"] == "Block" else place.parent
    return above["nodeType"] == "IfStatement" and _reverts(above["trueBody"])


def _is_of_a_loop_head(place: Place) -> bool:
    head = ("initializationExpression", "loopExpression")
    return any(place.parent.get(part) is place.node for part in head)


def _counts_a_loop(place: Place) -> bool:
    return len(place.parents) > 1 and place.parents[-2].get("loopExpression") is place.parent
