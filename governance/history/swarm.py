"""The swarm as its history tells it: institutions, their accounts, nodes, validators, charter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.history.errors import InstitutionUnknown
from governance.vocabulary import NodeStanding, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.vocabulary import Profile


@dataclass(frozen=True, slots=True)
class Tenure:
    """An account that speaks, or once spoke, for an institution; `since` in Unix seconds."""

    account: str
    since: int
    by_vote: bool


@dataclass(frozen=True, slots=True)
class Charter:
    """A charter document that is, or was, in force; `since` in Unix seconds."""

    digest: bytes
    since: int


@dataclass(frozen=True, slots=True)
class Institution:
    """What the history knows of an institution. Times are Unix seconds, `None` if not yet."""

    number: int
    profile: Profile
    tenures: tuple[Tenure, ...]
    standing: Standing
    applied_at: int
    joined_at: int | None = None
    left_at: int | None = None
    validator: str | None = None

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self.profile.name

    @property
    def account(self) -> str:
        """The address that speaks for it now."""
        return self.tenures[-1].account

    @property
    def is_member(self) -> bool:
        """Whether it is a member now."""
        return self.standing is Standing.MEMBER

    def account_at(self, at: int) -> str | None:
        """The address that spoke for it at the end of a second, or `None` before it applied."""
        held = [tenure.account for tenure in self.tenures if tenure.since <= at]
        return held[-1] if held else None

    def was_member(self, since: int, until: int) -> bool:
        """Whether it was a member at the end of second `since` and still is at that of `until`."""
        joined, left = self.joined_at, self.left_at
        return joined is not None and joined <= since and (left is None or left > until)


@dataclass(frozen=True, slots=True)
class Node:
    """A node key; times are Unix seconds."""

    address: str
    institution: int
    standing: NodeStanding
    registered_at: int
    revoked_at: int | None = None


@dataclass(slots=True)
class Swarm:
    """Institutions by number, and whom each address belongs to or ever belonged to.

    Attributes:
        charters: The charter documents over time, the one in force last.
        institutions: All that ever applied, by number.
        accounts: The institution that each account speaks or once spoke for.
        nodes: Node keys by address, revoked ones included.
        validators: The institution that each validator address belongs or once belonged to.
    """

    charters: Sequence[Charter] = field(default_factory=list)
    institutions: Mapping[int, Institution] = field(default_factory=dict)
    accounts: Mapping[str, int] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    validators: Mapping[str, int] = field(default_factory=dict)

    @property
    def charter(self) -> bytes:
        """Digest of the charter document in force."""
        return self.charters[-1].digest

    def institution(self, number: int) -> Institution:
        """An institution by its number.

        Raises:
            InstitutionUnknown: There is none.
        """
        found = self.institutions.get(number)
        if found is None:
            raise InstitutionUnknown(
                f"No institution has number {number}.",
                "List the institutions and take one's number.",
            )
        return found

    def institution_of(self, account: str) -> int | None:
        """The institution that an account speaks for now, whatever its standing."""
        number = self.accounts.get(account)
        if number is None or self.institutions[number].account != account:
            return None
        return number

    def is_member(self, number: int) -> bool:
        """Whether an institution is a member now."""
        found = self.institutions.get(number)
        return found is not None and found.standing is Standing.MEMBER

    def members(self) -> tuple[Institution, ...]:
        """The members now, by number."""
        return tuple(each for each in self.institutions.values() if each.is_member)

    def nodes_of(self, number: int) -> tuple[Node, ...]:
        """An institution's nodes, revoked ones included, in order of registration."""
        return tuple(node for node in self.nodes.values() if node.institution == number)

    def node_standing(self, address: str) -> NodeStanding:
        """Where a node key stands."""
        node = self.nodes.get(address)
        return NodeStanding.UNKNOWN if node is None else node.standing

    def is_used(self, address: str) -> bool:
        """Whether an address is, or was, an account, a node key or a validator."""
        return address in self.accounts or address in self.nodes or address in self.validators
