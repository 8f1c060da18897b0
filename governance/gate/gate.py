"""The gate: asked before every merge, it answers from memory and refuses what it cannot know."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from governance.errors import CharterError
from governance.gate.decision import Decision, Reason
from governance.gate.rules import (
    OpenRound,
    digest_of,
    of_origin,
    of_standing,
    of_terms,
    of_update,
    of_view,
)
from governance.primitives import checksum_address
from governance.telling import teller
from governance.vocabulary import Authorisation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance.checkpoints.envelope import SignedEnvelope
    from governance.gate.evidence import EvidenceLog
    from governance.gate.view import View
    from governance.history.state import State
    from governance.history.study import Version
    from governance.terms import Terms

VIEW_MAX_AGE = 60.0
"""Seconds since a poll last proved the head, after which the gate knows nothing any more."""

logger = teller(__name__)


class Gate:
    """Decides which updates of one study may be merged.

    An envelope is judged by these rules, in this order; the first that it breaks is the reason:

     1. What the last refresh of the view found wrong, by its name, if it is a lie (`LIES`):
        `HistoryRewound` until a person says which history is right, others until a refresh
        succeeds.
     2. What keeps the view from being refreshed (`AWAY`) or `StaleView`, once the view is
        older than `view_max_age`; `ChainFrozen`, once the newest block is.
     3. `ForeignChain`, `ForeignStudy`: the envelope is meant for another chain or study.
     4. `SignatureInvalid`: the node did not sign it.
     5. An envelope answered before gets the same answer, marked as repeated; `UpdateMismatch` if
        another update comes with it than the one accepted. What another node of the same
        institution has signed word for word, and what was accepted then, is answered so too, once
        nothing else is wrong with it.
     6. `WrongRound`: it is for another round or attempt than the open one. Later: for a round
        that is final already or beyond the last that the terms allow.
     7. `AheadOfView`: its node knew a longer history than the gate does.
     8. `NodeUnknown`: no institution has registered the node.
     9. `Equivocation`: the node signed another envelope for this round and attempt.
    10. The contract's own answer for the node, at the later of block time and clock:
        `NodeRevoked`, `NotMember`, `NotSigned`, `Withdrawn`, `TermsNotSigned`, `NotStarted`,
        `Closed`, `Expired`, `ConsentStale`.
    11. `TermsMismatch`: what the contract enforces is not what the terms in force say.
    12. `WrongVersion`: it names another version of the terms than the one in force.
    13. `WrongParent`: it names another checkpoint than the last final one, or the one that the
        round was opened with.
    14. `RecordsForbidden`, `RecordsMissing`: it tells the number of records, or does not, against
        the terms.
    15. `DeadlineOver`: it does not count any more.
    16. `UpdateMismatch`: the update is not the one it announces.
    17. `Unknown`: the gate failed, or could not write the decision down.

    Whatever is decided is in the evidence log before it is given. Answers to envelopes of the
    swarm's own nodes last: an attempt that was used up stays used up. Reasons that tell of the gate
    or of strangers (`decision.PASSING`) use up nothing. After a crash, what was used is known again
    from the evidence log.

    One gate can be asked from several threads.

    Attributes:
        study: Address of the study's contract, with checksum.
        view_max_age: Seconds after which a view is stale.
    """

    def __init__(
        self,
        view: View,
        study: str,
        evidence: EvidenceLog,
        *,
        clock: Callable[[], float] = time.time,
        view_max_age: float = VIEW_MAX_AGE,
    ) -> None:
        """Sets up the gate of a study; it lets nothing pass until a round is open.

        Args:
            view: What is known of the history.
            study: Address of the study's contract.
            evidence: Where every decision is written down.
            clock: Unix seconds by the gate's own clock.
            view_max_age: Seconds after which a view is stale.

        Raises:
            AddressInvalid: If `study` is no address.
            EvidenceCorrupt: If the evidence log is not what a gate wrote.
        """
        self.study = checksum_address(study)
        self._view = view
        self._evidence = evidence
        self._clock = clock
        self.view_max_age = view_max_age
        self._current: OpenRound | None = None
        self._answers: dict[tuple[str, bytes], Decision] = {}
        self._said: dict[tuple[int, bytes], Decision] = {}
        self._used: set[tuple[int, int, str]] = set()
        self._verified: dict[tuple[int, bytes, bytes], Terms | None] = {}
        self._lock = threading.Lock()
        for entry in evidence:
            if entry.envelope.envelope.study == self.study:
                self._remember(entry.envelope, entry.decision)

    @property
    def round(self) -> OpenRound | None:
        """The round that updates may pass for, if one is open."""
        return self._current

    def open_round(self, number: int, attempt: int = 1, parent: bytes | None = None) -> None:
        """Lets updates of this round and attempt pass, and no others.

        Args:
            number: The round, counted from 1.
            attempt: Which try at it, counted from 1.
            parent: Digest of the checkpoint that training goes on from; without it, whichever is
                the study's last final one when an envelope is judged.
        """
        with self._lock:
            self._current = OpenRound(number, attempt, parent)

    def close_round(self) -> None:
        """Lets nothing pass until the next round is open."""
        with self._lock:
            self._current = None

    def check(self, signed: SignedEnvelope, update: bytes | Mapping[str, Any]) -> Decision:
        """Whether an update may be merged.

        Args:
            signed: The envelope that announces it.
            update: The update's arrays by name, or their `checkpoints.update_digest`.

        Returns:
            The decision; refused with `Reason.UNKNOWN` if the gate itself fails. Never raises for
            anything in the envelope or the update.
        """
        with self._lock:
            try:
                return self._decide(signed, update)
            except Exception:
                # Refusing by default: whatever went wrong, the update is not merged.
                logger.exception("the gate failed and refuses the envelope of node %s", signed.node)
                decision = Decision(
                    reason=Reason.UNKNOWN,
                    institution=0,
                    node=signed.node,
                    envelope_digest=signed.envelope.digest,
                    length=0,
                    head=bytes(32),
                    at=int(self._clock()),
                )
                # The log may be what failed; the refusal stands all the same.
                with suppress(CharterError):
                    self._evidence.append(signed, decision)
                return decision

    def confirm(self, signed: SignedEnvelope, decision: Decision) -> Reason | None:
        """Why an update that was accepted may not be merged any more, if so.

        For who merges later than it asks. What the view knows by now is asked about the view
        itself, the node, the terms and the lineage (rules 1, 2, 8 and 10 to 14); the deadline is
        not, as the envelope came in time. Nothing is written down: what was decided stands.

        Args:
            signed: The envelope.
            decision: What the gate answered when it came.
        """
        with self._lock:
            look = self._view.look()
            reason = of_view(look, self.view_max_age)
            if reason is not None:
                return reason
            study = look.state.study(self.study)
            authorisation = study.authorisation(signed.node, max(look.time, int(self._clock())))
            if authorisation is not Authorisation.AUTHORISED:
                return Reason.of(authorisation)
            return of_terms(signed.envelope, None, study, self._terms(study.terms), decision.at)

    def _decide(self, signed: SignedEnvelope, update: bytes | Mapping[str, Any]) -> Decision:
        look = self._view.look()
        at = max(look.time, int(self._clock()))
        institution = 0
        reason = of_view(look, self.view_max_age) or of_origin(signed, look.chain_id, self.study)
        if reason is None:
            known = self._answers.get((signed.node, signed.envelope.digest))
            if known is not None:
                # The envelope is the same; what comes with it this time need not be.
                other = of_update(signed.envelope, digest_of(update)) if known.accepted else None
                return known._replace(reason=other or known.reason, repeated=True)
            node = look.state.swarm.nodes.get(signed.node)
            institution = node.institution if node else 0
            reason = self._reason(signed, look.state, at)
            if reason is None and not isinstance(update, bytes):
                # To digest a large update takes its time. What came about meanwhile counts too: a
                # node may have been revoked, the view become old.
                return self._decide(signed, digest_of(update))
            reason = reason or of_update(signed.envelope, digest_of(update))
            same = self._said.get((institution, signed.envelope.digest))
            if reason is None and same is not None:
                return same._replace(repeated=True)
        decision = Decision(
            reason=reason or Reason.AUTHORISED,
            institution=institution,
            node=signed.node,
            envelope_digest=signed.envelope.digest,
            length=look.state.length,
            head=look.head,
            at=at,
        )
        self._evidence.append(signed, decision)
        self._remember(signed, decision)
        return decision

    def _reason(self, signed: SignedEnvelope, state: State, at: int) -> Reason | None:
        """What is wrong with an envelope that its node did sign and that is new."""
        study, said, current = state.study(self.study), signed.envelope, self._current
        used = (said.round, said.attempt, signed.node) in self._used
        parent = current.parent if current else None
        return of_standing(
            signed, current, study, length=state.length, at=at, is_used=used
        ) or of_terms(said, parent, study, self._terms(study.terms), at)

    def _terms(self, version: Version) -> Terms | None:
        """A version's terms, or `None` if the contract enforces something else than they say."""
        key = (version.number, version.terms_digest, version.parameters_hash)
        if key not in self._verified:
            # Loads pydantic, which reading an evidence log need not.
            from governance.terms import verify_terms  # noqa: PLC0415

            try:
                self._verified[key] = verify_terms(
                    version.terms,
                    version.terms_digest,
                    version.parameters,
                    version.parameters_hash,
                )
            except CharterError as error:
                logger.warning("version %s of the terms: %s", version.number, error)
                self._verified[key] = None
        return self._verified[key]

    def _remember(self, signed: SignedEnvelope, decision: Decision) -> None:
        if not decision.lasts:
            return
        said = signed.envelope
        self._answers[(signed.node, said.digest)] = decision
        self._used.add((said.round, said.attempt, signed.node))
        if decision.accepted:
            self._said.setdefault((decision.institution, said.digest), decision)
