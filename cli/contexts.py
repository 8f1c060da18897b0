"""Contexts, as in kubectl: which swarm this machine speaks to, and as whom.

One JSON file, `contexts.json`, holds them all and which one is current. It holds no secret: keys
lie in keystores.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cli.errors import (
    ContextExists,
    ContextIncomplete,
    ContextsCorrupt,
    ContextUnknown,
    NoContext,
)
from governance.chain.files import write_atomically

SCHEME = "swarm-charter/contexts/2"

_FIRST_SCHEME = "swarm-charter/contexts/1"
"""Had one endpoint a context, as `endpoint`; it is read, and written as the newer one."""

_OWNERS_ALONE = 0o600


@dataclass(frozen=True, slots=True)
class Context:
    """One swarm seen by one institution.

    Attributes:
        endpoints: URLs of the chain's JSON-RPC, the one to ask first first.
        trust: path of the trust file.
        account: keystore name of the institution's account, or empty for who only reads.
        node: keystore name of the node that publishes and attests, or empty.
        study: number of the study meant where none is named, or zero.
        journal: folder of the journal of transactions.
        ca: path of the certificates that vouch for the endpoints'; the system's if empty.
        token_file: path of the file with the token that the endpoints ask for, or empty.
    """

    endpoints: tuple[str, ...]
    trust: str
    account: str = ""
    node: str = ""
    study: int = 0
    journal: str = ""
    ca: str = ""
    token_file: str = ""

    @property
    def endpoint(self) -> str:
        """URL of the endpoint to ask first."""
        return self.endpoints[0]

    def require(self, attribute: str) -> str:
        """The value of an attribute that a command cannot do without.

        Raises:
            ContextIncomplete: the context does not have it.
        """
        value = str(getattr(self, attribute))
        if not value:
            raise ContextIncomplete(attribute)
        return value


@dataclass(slots=True)
class Contexts:
    """All contexts of this machine, by name, and the current one's name (empty if none is)."""

    path: Path
    current: str = ""
    by_name: dict[str, Context] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Contexts:
        """Reads the file; one that does not exist is an empty list.

        Raises:
            ContextsCorrupt: the file is not what this command writes.
        """
        try:
            written = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path)
        except (ValueError, RecursionError):
            raise ContextsCorrupt(path) from None
        try:
            if written["scheme"] not in (SCHEME, _FIRST_SCHEME):
                raise ContextsCorrupt(path)
            entries = written["contexts"].items()
            if written["scheme"] == _FIRST_SCHEME:
                entries = [(name, _raised(entry)) for name, entry in entries]
            by_name = {name: _context(entry) for name, entry in entries}
            return cls(path, str(written["current"]), by_name)
        except (KeyError, TypeError, AttributeError):
            raise ContextsCorrupt(path) from None

    def save(self) -> None:
        """Writes the file whole or not at all."""
        written = {
            "scheme": SCHEME,
            "current": self.current,
            "contexts": {name: asdict(entry) for name, entry in sorted(self.by_name.items())},
        }
        # In ASCII, for a path can hold what is no text.
        write_atomically(self.path, json.dumps(written, indent=2) + "\n", _OWNERS_ALONE)

    def get(self, name: str | None) -> tuple[str, Context]:
        """A context and its name: the one named, otherwise the current one.

        Raises:
            NoContext: none is named and none is current.
            ContextUnknown: there is none of that name.
        """
        chosen = name or self.current
        if not chosen:
            raise NoContext
        if chosen not in self.by_name:
            raise ContextUnknown(chosen)
        return chosen, self.by_name[chosen]

    def add(self, name: str, context: Context) -> bool:
        """Adds a context, which becomes current if it is the first; returns whether it was new.

        Raises:
            ContextExists: another one has that name.
        """
        known = self.by_name.get(name)
        if known is not None and known != context:
            raise ContextExists(name)
        self.by_name[name] = context
        self.current = self.current or name
        return known is None

    def remove(self, name: str) -> None:
        """Removes a context.

        Raises:
            ContextUnknown: there is none of that name.
        """
        if name not in self.by_name:
            raise ContextUnknown(name)
        del self.by_name[name]
        if self.current == name:
            self.current = ""

    def journals(self, usual: Path) -> list[Path]:
        """The folders of all journals on this machine, those of forgotten contexts included.

        Args:
            usual: the folder under which contexts keep their journals unless they name another.
        """
        named = {Path(each.journal) for each in self.by_name.values() if each.journal}
        return sorted(named | (set(usual.iterdir()) if usual.is_dir() else set()))


def _raised(entry: dict[str, Any]) -> dict[str, Any]:
    """A context of the first scheme in the shape of the second."""
    kept = {name: value for name, value in entry.items() if name != "endpoint"}
    return {"endpoints": [entry["endpoint"]], **kept}


def _context(entry: dict[str, Any]) -> Context:
    endpoints = entry["endpoints"]
    if not isinstance(endpoints, list) or not endpoints:
        raise TypeError("endpoints")
    context = Context(**{**entry, "endpoints": tuple(endpoints)})
    texts = {name: value for name, value in asdict(context).items() if name != "study"}
    for value in (*texts.pop("endpoints"), *texts.values()):
        if not isinstance(value, str):
            raise TypeError
    if not isinstance(context.study, int):
        raise TypeError("study")
    return context
