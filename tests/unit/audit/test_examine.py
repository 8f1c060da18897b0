"""Every kind of finding, each in a history in which just that went wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance.audit import CATALOGUE, Finding, examine
from governance.audit.vouching import countersignature_digest, genuine
from governance.history import HistoryInconsistent, genesis_head, replay
from governance.history import events as e
from governance.primitives import address_of, sign
from governance.terms import (
    canonical,
    load_charter,
    load_terms,
    parameters,
    terms_from_canonical,
)
from governance.vocabulary import Level, Parameters, Part
from tests.unit.history.chronicle import PARAMETERS, Chronicle, address, digest

if TYPE_CHECKING:
    from governance.audit.examine import Examination
    from governance.terms import Charter

CHAIN_ID = 31_337
HISTORY = address("history")
GENESIS = genesis_head(CHAIN_ID, HISTORY)
EXAMPLES = Path(__file__).parents[3] / "examples"
TERMS = load_terms(EXAMPLES / "terms.yaml")


class RealTerms(Chronicle):
    """A chronicle whose studies are opened with terms that can be read."""

    def put_forward(
        self,
        version: int,
        parameters: Parameters = PARAMETERS,
        by: int = 1,
        study: int = 1,
        terms: bytes | None = None,
    ) -> Chronicle:
        text = terms or canonical(TERMS)
        return super().put_forward(version, parameters, by, study, text)

    def sign(
        self,
        institution: int,
        version: int = 1,
        consent: bytes = digest("consent"),
        parameters: Parameters | None = None,
        *,
        study: int = 1,
        terms: bytes | None = None,
    ) -> Chronicle:
        text = terms or canonical(TERMS)
        return super().sign(institution, version, consent, parameters, study=study, terms=text)


ENFORCED = parameters(TERMS)


def running(members: int = 4) -> RealTerms:
    """A study with real terms in which all members train."""
    chronicle = RealTerms(members)
    chronicle.open(parameters=ENFORCED)
    chronicle.start(*range(1, members + 1))
    return chronicle


def looked_at(
    chronicle: Chronicle,
    at: int | None = None,
    charter: Charter | None = None,
    countersignatures: tuple[e.Countersigned, ...] = (),
) -> Examination:
    return examine(
        chronicle.records,
        genuine(countersignatures, CHAIN_ID, HISTORY),
        genesis=GENESIS,
        at=chronicle.time if at is None else at,
        charter=charter,
    )


def found(chronicle: Chronicle, at: int | None = None) -> list[tuple[str, str]]:
    return [(finding.id, finding.subject) for finding in looked_at(chronicle, at).findings]


def final(chronicle: Chronicle, round_: int, contributions: dict[int, int]) -> bytes:
    """A final checkpoint with as many attestations as the terms ask for."""
    identity = chronicle.publish(round_, 1, contributions)
    for institution in range(2, ENFORCED.quorum + 1):
        node = address(f"node {institution}")
        chronicle.emit(e.CheckpointAttested(identity, institution, node, Level.MERGE_RECOMPUTED))
    sequence = len(chronicle.study.finals) + 1
    chronicle.emit(e.CheckpointFinal(identity, round_, sequence)).later()
    return identity


def test_a_history_in_order_has_no_findings() -> None:
    chronicle = running()
    final(chronicle, 10, {1: 10, 2: 10, 3: 10, 4: 10})
    final(chronicle, 20, {1: 10, 2: 10, 3: 10, 4: 10})
    assert found(chronicle) == []


def test_a_contributor_without_authorisation_is_found() -> None:
    chronicle = running()
    chronicle.emit(e.StudyWithdrawn(3, 1, digest("why"))).later()
    final(chronicle, 10, {1: 10, 2: 10, 3: 10, 4: 10})
    assert ("contribution-unauthorised", "study 1, round 10") in found(chronicle)


def test_a_publisher_whose_node_was_revoked_is_found() -> None:
    chronicle = running()
    chronicle.emit(e.NodeRevoked(1, address("node 1"))).later()
    chronicle.publish(10, 1, {2: 10, 3: 10, 4: 10})
    assert found(chronicle) == [("node-key-ambiguous", "study 1, round 10")]


def test_a_checkpoint_beside_the_lineage_is_no_history_at_all() -> None:
    chronicle = running()
    final(chronicle, 10, {1: 10, 2: 10, 3: 10, 4: 10})
    first = chronicle.records[-1]
    with pytest.raises(HistoryInconsistent):
        examine([*chronicle.records, first], (), genesis=GENESIS, at=chronicle.time)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_final_checkpoint_without_its_quorum_is_found(withdrawn: bool) -> None:
    chronicle = running()
    identity = chronicle.publish(10, 1, {1: 10, 2: 10, 3: 10, 4: 10})
    for institution in range(2, ENFORCED.quorum + (1 if withdrawn else 0)):
        node = address(f"node {institution}")
        chronicle.emit(e.CheckpointAttested(identity, institution, node, Level.MERGE_RECOMPUTED))
    if withdrawn:
        chronicle.later().emit(e.StudyWithdrawn(2, 1, digest("why")))
    chronicle.emit(e.CheckpointFinal(identity, 10, 1)).later()
    assert ("checkpoint-without-quorum", "study 1, round 10") in found(chronicle)


def test_equivocation_is_found() -> None:
    chronicle = running()
    chronicle.publish(10, 1, {1: 10, 2: 10, 3: 10, 4: 10})
    event = e.EquivocationRecorded(address("node 1"), 10, 1, digest("other"))
    chronicle.emit(event).later()
    assert found(chronicle) == [("equivocation", "study 1, round 10")]


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENFORCED, quorum=ENFORCED.quorum + 1),
        replace(ENFORCED, expires_at=ENFORCED.expires_at + 1),
        replace(ENFORCED, shares=replace(ENFORCED.shares, remainder_to=2)),
    ],
)
def test_parameters_that_the_terms_do_not_say_are_found(changed: Parameters) -> None:
    chronicle = RealTerms(4)
    chronicle.open(parameters=changed)
    assert found(chronicle) == [("terms-mismatch", "study 1, version 1 of the terms")]


def test_terms_that_nobody_can_read_are_found() -> None:
    assert found(Chronicle(2).open()) == [("terms-mismatch", "study 1, version 1 of the terms")]


def test_a_prohibition_of_the_charter_that_terms_omit_is_found() -> None:
    charter = load_charter(EXAMPLES / "charter.yaml")
    stricter = charter.model_copy(
        update={"prohibited_uses": (*charter.prohibited_uses, "weather forecasts")}
    )
    chronicle = running()
    assert looked_at(chronicle, charter=charter).findings == ()
    (finding,) = looked_at(chronicle, charter=stricter).findings
    assert finding.id == "prohibition-missing"
    assert "weather forecasts" in finding.detail


def test_consent_grown_stale_is_found_while_the_study_runs_only() -> None:
    chronicle = running()
    late = chronicle.time + ENFORCED.consent_max_age + 100
    assert ENFORCED.consent_max_age
    assert {finding[0] for finding in found(chronicle, late)} == {"consent-stale"}
    chronicle.emit(e.StudyClosed()).later()
    assert found(chronicle, late) == []


def test_shares_not_settled_are_found_until_they_are() -> None:
    chronicle = running()
    final(chronicle, 10, {1: 10, 2: 10, 3: 10, 4: 10})
    chronicle.declare(amount=1_000_000)
    unpaid = {id_ for id_, _ in found(chronicle)}
    assert unpaid == {"share-unpaid"}
    amounts = {
        (entry.owed.line.part, entry.owed.line.receiver): entry.owed.amount
        for entry in _entries(chronicle)
    }
    for (part, receiver), amount in amounts.items():
        chronicle.pay(part, receiver, amount)
    assert {id_ for id_, _ in found(chronicle)} == {"share-unconfirmed"}
    for (part, receiver), amount in amounts.items():
        chronicle.confirm(part, receiver, amount)
    assert found(chronicle) == []
    assert {part for part, _ in amounts} >= {Part.OWN, Part.PATIENTS}


def _entries(chronicle: Chronicle) -> list[object]:
    from governance.benefits import statement  # noqa: PLC0415

    return list(statement(chronicle.state, 1).revenues[0].entries)


# --- countersignatures ----------------------------------------------------------------------------


@dataclass
class Signed:
    """A history whose members have real keys, to countersign with."""

    chronicle: Chronicle

    @classmethod
    def of(cls, members: int) -> Signed:
        chronicle = Chronicle(members)
        for number in range(1, members + 1):
            account = address_of(number.to_bytes(32, "big"))
            previous = address(f"account {number}")
            chronicle.emit(e.AccountRotated(number, previous, account, by_vote=False)).later()
        return cls(chronicle)

    def head(self, length: int) -> bytes:
        return replay(self.chronicle.records[:length], GENESIS)[0]

    def by(self, number: int, length: int, head: bytes | None = None) -> e.Countersigned:
        key = number.to_bytes(32, "big")
        head = self.head(length) if head is None else head
        signature = sign(countersignature_digest(CHAIN_ID, HISTORY, length, head), key)
        return e.Countersigned(address_of(key), length, head, signature)


def test_more_than_two_thirds_must_vouch() -> None:
    signed = Signed.of(3)
    length = len(signed.chronicle.records)
    two = tuple(signed.by(number, length) for number in (1, 2))
    assert looked_at(signed.chronicle, countersignatures=two).vouching.length == 0
    three = (*two, signed.by(3, length))
    vouching = looked_at(signed.chronicle, countersignatures=three).vouching
    assert (vouching.length, vouching.institutions, vouching.members) == (length, (1, 2, 3), 3)


def test_an_account_that_spoke_earlier_or_nobody_knows_does_not_vouch() -> None:
    signed = Signed.of(3)
    length = len(signed.chronicle.records)
    all_three = tuple(signed.by(number, length) for number in (1, 2, 3))
    stranger = signed.by(77, length)
    before = tuple(signed.by(number, 5) for number in (1, 2, 3))
    assert looked_at(signed.chronicle, countersignatures=before).vouching.length == 0
    assert looked_at(signed.chronicle, countersignatures=(*all_three, stranger)).findings == ()


def test_another_head_than_ours_is_found_and_a_forged_signature_is_not_heard() -> None:
    signed = Signed.of(3)
    length = len(signed.chronicle.records)
    other = signed.by(2, length, digest("another history"))
    beyond = signed.by(3, length + 5, digest("a longer history"))
    findings = looked_at(signed.chronicle, countersignatures=(other, beyond)).findings
    assert [finding.id for finding in findings] == ["head-contradicted"] * 2
    forged = replace(other, signature=other.signature[:-1] + bytes([55 - other.signature[-1]]))
    cut = replace(other, signature=b"")
    assert looked_at(signed.chronicle, countersignatures=(forged, cut)).findings == ()


# --- the catalogue --------------------------------------------------------------------------------


def test_the_heaviest_findings_come_first() -> None:
    chronicle = running()
    final(chronicle, 10, {1: 10, 2: 10, 3: 10, 4: 10})
    chronicle.declare(amount=1_000_000)
    chronicle.publish(20, 1, {1: 10, 2: 10, 3: 10, 4: 10})
    event = e.EquivocationRecorded(address("node 1"), 20, 1, digest("other"))
    chronicle.emit(event).later()
    ids = [finding.id for finding in looked_at(chronicle).findings]
    assert ids[0] == "equivocation"
    assert set(ids[1:]) == {"share-unpaid"}


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_every_kind_says_what_it_means_and_what_to_ask(kind: str) -> None:
    told = Finding(kind, "study 1", "Something.", 7).as_json()
    assert told["id"] == kind
    assert told["meaning"].endswith(".")
    assert told["ask_next"].endswith(".")
    assert told["severity"] in {"notice", "concern", "breach"}


def test_every_kind_can_be_found() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in CATALOGUE if f'"{kind}"' not in source] == []


def test_the_terms_of_these_tests_are_the_example() -> None:
    assert terms_from_canonical(canonical(TERMS)) == TERMS
