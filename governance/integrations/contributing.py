"""Signs a node's updates, for whichever framework carries them.

The merging node sends an `Invitation` to the round along with the model; the node's `Contributor`
holds it against what its own institution knows, and signs what training made of it.
"""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from governance.chain.files import write_atomically
from governance.checkpoints import update_digest
from governance.checkpoints.envelope import LARGEST_NUMBER, Envelope, SignedEnvelope
from governance.errors import CharterError
from governance.integrations.errors import (
    InvitationInvalid,
    InvitationRefused,
    SignedAlready,
    SignedUnwritable,
)
from governance.primitives import checksum_address, from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from governance.chain.signer import Signer
    from governance.gate import LiveView, Look

LONGEST = 86_400
"""Seconds from now after which no envelope that a node signs may still count."""

_DIGEST_BYTES = 32
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a merging node tells those who train of the round that it has opened.

    Attributes:
        chain_id: The chain that the study lives on.
        study: Address of the study's contract.
        terms_version: The version of the terms in force.
        round: The round, counted from 1.
        attempt: Which try at it, counted from 1.
        parent: Digest of the last final checkpoint's model, 32 bytes; zero before the first.
        history_length: Length of the history that the merging node knows.
        deadline: Unix seconds up to which an envelope for the round counts.
    """

    chain_id: int
    study: str
    terms_version: int
    round: int
    attempt: int
    parent: bytes
    history_length: int
    deadline: int

    @classmethod
    def of(
        cls, look: Look, study: str, number: int, *, attempt: int, deadline: float
    ) -> Invitation:
        """What a view says of a round.

        Args:
            look: The history as a node knows it.
            study: Address of the study's contract.
            number: The round, counted from 1.
            attempt: Which try at it, counted from 1.
            deadline: Unix seconds up to which an envelope for it counts.
        """
        known = look.state.study(study)
        return cls(
            chain_id=look.chain_id,
            study=known.address,
            terms_version=known.in_force,
            round=number,
            attempt=attempt,
            parent=known.last_digest,
            history_length=look.state.length,
            deadline=int(deadline),
        )

    def as_config(self) -> dict[str, str | int]:
        """The invitation as texts and numbers, which every framework can carry."""
        return {**asdict(self), "parent": to_hex(self.parent)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Invitation:
        """The invitation that a framework has carried.

        Raises:
            InvitationInvalid: If a field is missing, unknown or malformed.
        """
        names = {each.name for each in fields(cls)}
        if config.keys() != names:
            odd = ", ".join(sorted(map(str, config.keys() ^ names)))
            raise InvitationInvalid(f"fields are missing or unknown ({odd})")
        values = dict(config)
        texts = {name: values.pop(name) for name in ("study", "parent")}
        if not all(isinstance(each, str) for each in texts.values()):
            raise InvitationInvalid("study and parent are not texts")
        if not all(type(each) is int and 0 <= each <= LARGEST_NUMBER for each in values.values()):
            raise InvitationInvalid("a number is none, or too large")
        try:
            study = checksum_address(texts["study"])
            parent = from_hex(texts["parent"], _DIGEST_BYTES, "parent")
        except CharterError as error:
            raise InvitationInvalid(error.message.rstrip(".")) from None
        return cls(study=study, parent=parent, **values)


class Signed:
    """What a node has signed: one envelope for each study, round and attempt, and no other.

    Whoever had it sign two would have it prove equivocation against itself.
    """

    def __init__(self, folder: Path, signer: Signer) -> None:
        """Names where a node remembers.

        Args:
            folder: Where what was signed is kept; made if there is none.
            signer: The node key.
        """
        self._folder = folder
        self._signer = signer

    def sign(self, envelope: Envelope) -> SignedEnvelope:
        """Signs an envelope; gives the same one again for the same update of the same attempt.

        Raises:
            SignedAlready: If the node signed another update for this round and attempt.
            SignedUnwritable: If it cannot be written down that it signed this one.
        """
        try:
            with self._alone():
                known = self._signed_before(envelope)
                if known is not None:
                    return known
                signed = envelope.signed(self._signer.address, self._signer.sign_digest)
                # On the disk before anybody has it: who is killed does not sign a second one.
                write_atomically(self._place(envelope), signed.to_bytes().decode(), _OWNER_ONLY)
                return signed
        except OSError as error:
            raise SignedUnwritable(self._folder, error.strerror or str(error)) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other processes of the node from signing meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _signed_before(self, envelope: Envelope) -> SignedEnvelope | None:
        """The envelope that was signed for this update already, if one was.

        Raises:
            SignedAlready: If another update was signed for the round and attempt.
        """
        text: str | None = None
        with suppress(FileNotFoundError):
            text = self._place(envelope).read_text(encoding="utf-8")
        if text is None:
            return None
        known = SignedEnvelope.from_bytes(text)
        if known.envelope.update != envelope.update:
            raise SignedAlready(envelope.round, envelope.attempt)
        return known

    def _place(self, envelope: Envelope) -> Path:
        node = self._signer.address
        return self._folder / f"{envelope.study}-{node}-{envelope.round}-{envelope.attempt}.json"


class Contributor:
    """A node that trains, with its key.

    It signs for one study alone, and one update for each round and attempt (`Signed`).
    """

    def __init__(
        self,
        signer: Signer,
        chain_id: int,
        study: str,
        signed: Path,
        *,
        view: LiveView | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sets up a node for one study.

        Args:
            signer: The node key.
            chain_id: The chain on which the institution signed the study.
            study: Address of the study's contract.
            signed: A folder where the node remembers what it has signed; no two nodes share one.
            view: What the institution itself knows of the history. With it, the node signs only
                what fits that; without it, what it is told of version, parent and length.
            clock: Unix seconds by the node's own clock.

        Raises:
            AddressInvalid: If `study` is no address.
        """
        self._signer = signer
        self._chain_id = chain_id
        self.study = checksum_address(study)
        self._signed = Signed(signed, signer)
        self._view = view
        self._clock = clock

    @property
    def node(self) -> str:
        """Address of the node key."""
        return self._signer.address

    def invitation(self, number: int, attempt: int, seconds: float) -> Invitation:
        """What the node itself says of a round, for a swarm in which nobody leads.

        Args:
            number: The round, counted from 1.
            attempt: Which try at it, counted from 1.
            seconds: For how long its envelope counts.

        Raises:
            InvitationRefused: If the node has no view of the history.
            CharterError: If the chain cannot be read.
        """
        if self._view is None:
            raise InvitationRefused("without a view of the history it cannot invite itself")
        self._view.refresh()
        deadline = self._clock() + seconds
        look = self._view.look()
        return Invitation.of(look, self.study, number, attempt=attempt, deadline=deadline)

    def announce(
        self, invitation: Invitation, update: Mapping[str, Any], records: int
    ) -> SignedEnvelope:
        """Signs an update of the round that the node is invited to.

        Args:
            invitation: What the merging node says of the round.
            update: The update's arrays by name.
            records: How many patients' records are behind it. The envelope tells them only where
                the terms ask for it, which a node without a view cannot know: give 0 there unless
                they do.

        Returns:
            The signed envelope; the same one again for the same update of the same attempt.

        Raises:
            InvitationRefused: If the invitation is for another study, or contradicts what the
                node's institution knows, or asks for an envelope that counts too long.
            SignedAlready: If the node signed another update for this round and attempt.
            UpdateInvalid: If the update is no set of named arrays.
            CharterError: If there is a view and the chain cannot be read.
        """
        self._require_own(invitation)
        length = invitation.history_length
        if self._view is not None:
            self._view.refresh()
            look = self._view.look()
            _require_known(invitation, look)
            # The node vouches for what it knows itself, not for what it is told.
            length = look.state.length
            records = records if _asks_for_records(look, self.study) else 0
        envelope = Envelope(
            chain_id=invitation.chain_id,
            study=self.study,
            terms_version=invitation.terms_version,
            round=invitation.round,
            attempt=invitation.attempt,
            parent=invitation.parent,
            update=update_digest(update),
            records=records,
            history_length=length,
            deadline=invitation.deadline,
        )
        return self._signed.sign(envelope)

    def _require_own(self, invitation: Invitation) -> None:
        if invitation.chain_id != self._chain_id:
            raise InvitationRefused(f"the round is on chain {invitation.chain_id}, not on its own")
        if invitation.study != self.study:
            raise InvitationRefused(f"the round is of the study {invitation.study}, not of its own")
        now = self._clock()
        if not now <= invitation.deadline <= now + LONGEST:
            raise InvitationRefused("the deadline is over, or more than a day away")


def _require_known(invitation: Invitation, look: Look) -> None:
    study = look.state.study(invitation.study)
    if invitation.terms_version != study.in_force:
        raise InvitationRefused(
            f"version {invitation.terms_version} of the terms is not the one in force, which is "
            f"{study.in_force}"
        )
    if invitation.parent != study.last_digest:
        raise InvitationRefused("the round does not go on from the last final checkpoint")
    if invitation.round <= study.last_round:
        raise InvitationRefused(f"round {invitation.round} is final already")


def _asks_for_records(look: Look, study: str) -> bool:
    # Loads pydantic, which a node without a view need not.
    from governance.terms import terms_from_canonical  # noqa: PLC0415

    return terms_from_canonical(look.state.study(study).terms.terms).data.records != "none"
