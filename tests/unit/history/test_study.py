"""A study's terms, signatures, authorisations, lineage and credit, as the fold keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.history import Line, RevenueUnknown, TermsVersionUnknown, fold
from governance.history import events as e
from governance.history.study import Attestation, Credit
from governance.vocabulary import (
    ZERO_DIGEST,
    Action,
    Authorisation,
    Level,
    Part,
    Settlement,
    StudyState,
)
from tests.unit.history.chronicle import PARAMETERS, Chronicle, address, digest

CONSENT = replace(PARAMETERS, consent_max_age=50)


def running(members: int = 4, signatories: int = 3) -> Chronicle:
    return Chronicle(members).open().start(*range(1, signatories + 1))


def answer(chronicle: Chronicle, institution: int = 1, at: int | None = None) -> Authorisation:
    when = chronicle.time if at is None else at
    by_node = chronicle.study.authorisation(address(f"node {institution}"), when)
    assert by_node is chronicle.study.authorisation_of(institution, when)
    return by_node


# --- terms ----------------------------------------------------------------------------------------


def test_an_opened_study() -> None:
    chronicle = Chronicle(2).open(by=2)
    study = chronicle.study
    assert (study.number, study.opener, study.state) == (1, 2, StudyState.OPEN)
    assert (study.address, study.benefits) == (address("study 1"), address("benefits 1"))
    assert (study.in_force, study.pending) == (1, None)
    assert study.terms.terms == b"terms 1"
    assert study.terms.parameters == PARAMETERS
    assert study.signatories() == ()


def test_a_study_between_its_first_two_records_has_nobody_in_it() -> None:
    chronicle = Chronicle(2)
    chronicle.emit(e.StudyOpened(1, address("study 1"), address("benefits 1"), 1))
    study = chronicle.study
    assert not study.is_signatory(1)
    assert study.signatories() == ()
    assert answer(chronicle) is Authorisation.NOT_SIGNED
    with pytest.raises(TermsVersionUnknown):
        _ = study.terms


def test_signing_makes_a_signatory_and_withdrawing_unmakes_it() -> None:
    chronicle = Chronicle(3).open().sign(1).sign(2)
    assert chronicle.study.signatories() == (1, 2)
    chronicle.emit(e.StudyWithdrawn(1, 3, digest("why"))).later()
    study = chronicle.study
    assert study.signatories() == (2,)
    assert study.participations[1].withdrawn
    assert [(w.institution, w.reason, w.text) for w in study.withdrawals] == [(1, 3, digest("why"))]
    chronicle.sign(1)
    assert chronicle.study.signatories() == (1, 2)
    assert not chronicle.study.participations[1].withdrawn
    assert [s.institution for s in chronicle.study.signatures] == [1, 2, 1]


def test_who_departs_from_the_swarm_is_no_signatory() -> None:
    chronicle = Chronicle(3).open().sign(1).sign(2).emit(e.InstitutionLeft(2))
    assert chronicle.study.signatories() == (1,)
    assert chronicle.study.terms.signers == {1, 2}


def test_declining_is_kept_with_its_reason() -> None:
    chronicle = Chronicle(3).open().emit(e.TermsDeclined(2, 1, 4, digest("why")))
    (decline,) = chronicle.study.declines
    assert (decline.institution, decline.version, decline.reason) == (2, 1, 4)
    assert decline.text == digest("why")
    assert decline.at == chronicle.time


def test_an_amendment_is_pending_until_it_comes_into_force() -> None:
    chronicle = running()
    chronicle.put_forward(2, replace(PARAMETERS, quorum=3)).sign(1, 2)
    study = chronicle.study
    assert (study.in_force, study.pending) == (1, 2)
    assert study.signatories() == (1, 2, 3)
    assert study.members_among(2) == (1,)
    chronicle.sign(4, 2).emit(e.TermsInForce(2)).later()
    study = chronicle.study
    assert (study.in_force, study.pending) == (2, None)
    assert study.signatories() == (1, 4)
    assert study.terms.parameters.quorum == 3
    assert study.version(1).in_force_at is not None
    assert study.version(2).in_force_at == chronicle.time - 1


def test_a_later_amendment_replaces_the_pending_one() -> None:
    chronicle = running().put_forward(2).later().put_forward(3)
    assert chronicle.study.pending == 3
    chronicle.sign(1, 3).sign(2, 3).emit(e.TermsInForce(3))
    assert chronicle.study.signatories() == (1, 2)
    assert chronicle.study.version(2).in_force_at is None


def test_withdrawing_takes_the_signature_of_the_pending_version_too() -> None:
    chronicle = running().put_forward(2).sign(1, 2).sign(3, 2)
    chronicle.emit(e.StudyWithdrawn(1, 0, ZERO_DIGEST)).later()
    assert chronicle.study.members_among(1) == (2, 3)
    assert chronicle.study.members_among(2) == (3,)
    chronicle.sign(1, 2)
    assert answer(chronicle) is Authorisation.TERMS_NOT_SIGNED


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(TermsVersionUnknown, match="version 5"):
        running().study.version(5)


def test_approvals_count_while_versions_stand_as_they_stood() -> None:
    chronicle = running()
    subject = digest("amendment")
    for institution in (3, 2):
        chronicle.emit(e.ActionApproved(institution, Action.AMEND, subject))
    assert chronicle.study.approvers(Action.AMEND, subject) == (2, 3)
    assert chronicle.study.approvers(Action.AMEND, digest("other")) == ()
    assert chronicle.study.approvers(Action.CLOSE) == ()
    chronicle.later().emit(e.InstitutionLeft(3))
    assert chronicle.study.approvers(Action.AMEND, subject) == (2,)
    chronicle.put_forward(2)
    assert chronicle.study.approvers(Action.AMEND, subject) == ()


def test_approvals_end_when_another_version_comes_into_force() -> None:
    chronicle = running().put_forward(2)
    chronicle.emit(e.ActionApproved(2, Action.CLOSE, ZERO_DIGEST)).later()
    assert chronicle.study.approvers(Action.CLOSE) == (2,)
    chronicle.sign(1, 2).sign(2, 2).emit(e.TermsInForce(2))
    assert chronicle.study.is_signatory(2)
    assert chronicle.study.approvers(Action.CLOSE) == ()


# --- authorisation: the reasons in the order of asking --------------------------------------------


def test_a_signatory_s_node_is_authorised() -> None:
    chronicle = running()
    assert chronicle.study.started_at is not None
    assert answer(chronicle) is Authorisation.AUTHORISED


def test_an_unknown_or_revoked_node_is_not() -> None:
    chronicle = running()
    nobody = chronicle.study.authorisation(address("nobody"), chronicle.time)
    assert nobody is Authorisation.NODE_UNKNOWN
    chronicle.emit(e.NodeRevoked(1, address("node 1"))).emit(e.InstitutionLeft(1))
    study = chronicle.study
    assert study.authorisation(address("node 1"), chronicle.time) is Authorisation.NODE_REVOKED
    assert study.authorisation_of(1, chronicle.time) is Authorisation.NOT_MEMBER


@pytest.mark.parametrize("event", [e.InstitutionLeft(1), e.InstitutionExpelled(1)])
def test_who_left_the_swarm_is_not_whatever_else_is_true(event: e.Event) -> None:
    chronicle = running().emit(e.StudyWithdrawn(1, 0, ZERO_DIGEST)).emit(event)
    assert answer(chronicle) is Authorisation.NOT_MEMBER


def test_an_applicant_is_no_member() -> None:
    chronicle = running().apply(5)
    assert chronicle.study.authorisation_of(5, chronicle.time) is Authorisation.NOT_MEMBER
    assert chronicle.study.authorisation_of(99, chronicle.time) is Authorisation.NOT_MEMBER


def test_who_never_signed_is_not() -> None:
    assert answer(running(), 4) is Authorisation.NOT_SIGNED


def test_who_withdrew_is_not_until_it_signs_again() -> None:
    chronicle = running().emit(e.StudyWithdrawn(1, 0, ZERO_DIGEST)).later()
    assert answer(chronicle) is Authorisation.WITHDRAWN
    assert answer(chronicle.sign(1)) is Authorisation.AUTHORISED


def test_who_signed_an_older_version_only_is_not() -> None:
    chronicle = running().put_forward(2).sign(1, 2).sign(2, 2).emit(e.TermsInForce(2)).later()
    assert answer(chronicle, 3) is Authorisation.TERMS_NOT_SIGNED
    assert answer(chronicle, 1) is Authorisation.AUTHORISED


def test_who_signed_the_pending_version_only_is_not() -> None:
    chronicle = running().put_forward(2).sign(4, 2)
    assert answer(chronicle, 4) is Authorisation.TERMS_NOT_SIGNED


def test_before_the_start_and_after_the_end_nobody_is() -> None:
    chronicle = Chronicle(3).open().sign(1)
    assert answer(chronicle) is Authorisation.NOT_STARTED
    assert answer(chronicle, at=200_000) is Authorisation.NOT_STARTED
    chronicle.emit(e.StudyStarted()).emit(e.StudyClosed())
    assert answer(chronicle) is Authorisation.CLOSED
    assert chronicle.study.closed_at == chronicle.time
    assert chronicle.study.state is StudyState.CLOSED


def test_from_the_second_of_the_expiry_on_nobody_is() -> None:
    chronicle = running()
    assert answer(chronicle, at=PARAMETERS.expires_at - 1) is Authorisation.AUTHORISED
    assert answer(chronicle, at=PARAMETERS.expires_at) is Authorisation.EXPIRED


def test_a_consent_commitment_ages_and_is_renewed() -> None:
    chronicle = Chronicle(3).open(parameters=CONSENT)
    signed = chronicle.time
    chronicle.sign(1, consent=digest("consent")).emit(e.StudyStarted())
    assert answer(chronicle, at=signed + 50) is Authorisation.AUTHORISED
    assert answer(chronicle, at=signed + 51) is Authorisation.CONSENT_STALE
    assert answer(chronicle, at=PARAMETERS.expires_at) is Authorisation.EXPIRED
    chronicle.until(signed + 60).emit(e.ConsentRenewed(1, digest("again")))
    assert answer(chronicle) is Authorisation.AUTHORISED
    assert answer(chronicle, at=signed + 111) is Authorisation.CONSENT_STALE
    assert chronicle.study.participations[1].consent == digest("again")


def test_where_no_consent_is_asked_none_is_dated() -> None:
    participation = running().study.participations[1]
    assert (participation.consent, participation.consent_at) == (ZERO_DIGEST, 0)


def test_a_signature_without_consent_keeps_the_consent_given_before() -> None:
    chronicle = Chronicle(3).open(parameters=CONSENT).sign(1, consent=digest("consent"))
    given = chronicle.study.participations[1].consent_at
    chronicle.put_forward(2).sign(1, 2)
    participation = chronicle.study.participations[1]
    assert (participation.consent, participation.consent_at) == (digest("consent"), given)
    assert participation.last_signed == 2


# --- lineage and credit ---------------------------------------------------------------------------


def test_a_publication_is_its_publisher_s_attestation() -> None:
    chronicle = running()
    identity = chronicle.publish(3, 1, {1: 3, 2: 1})
    checkpoint = chronicle.study.checkpoints[identity]
    assert checkpoint.attestations == (
        Attestation(1, address("node 1"), Level.MERGE_RECOMPUTED, checkpoint.at),
    )
    assert checkpoint.is_attested_by(1)
    assert not checkpoint.is_attested_by(2)
    assert checkpoint.sequence is None
    assert chronicle.study.candidates() == (checkpoint,)


def test_a_final_checkpoint_moves_the_lineage_and_ends_its_rivals() -> None:
    chronicle = running()
    rival = chronicle.publish(3, 3, {3: 1}, content=digest("rival"))
    identity = chronicle.make_final(3, {1: 3, 2: 1})
    study = chronicle.study
    assert (study.last_round, study.last_digest) == (3, digest("model 3"))
    assert study.last_checkpoint == identity
    assert study.checkpoints[identity].sequence == 1
    assert study.checkpoints[rival].sequence is None
    assert study.candidates() == ()
    (final,) = study.finals
    assert (final.sequence, final.covered, final.version) == (1, 3, 1)
    assert final.signatories == (1, 2, 3)


def test_a_checkpoint_of_a_later_round_on_the_same_parent_is_overtaken_too() -> None:
    chronicle = running()
    late = chronicle.publish(5, 3, {3: 1})
    chronicle.make_final(3, {1: 3})
    assert not chronicle.study.is_candidate(chronicle.study.checkpoints[late])


def test_a_model_left_unchanged_does_not_bring_its_parent_s_rivals_back() -> None:
    chronicle = running()
    chronicle.make_final(1, {1: 1})
    late = chronicle.publish(5, 3, {3: 1})
    unchanged = chronicle.publish(2, 1, {1: 1}, content=digest("model 1"))
    chronicle.attest(unchanged, 2).emit(e.CheckpointFinal(unchanged, 2, 2)).later()
    study = chronicle.study
    assert study.last_digest == digest("model 1")
    assert study.last_checkpoint == unchanged != study.checkpoints[late].parent
    assert study.candidates() == ()


def test_before_the_first_final_checkpoint_there_is_no_parent() -> None:
    study = running().study
    assert (study.last_round, study.last_digest, study.last_checkpoint) == (
        0,
        ZERO_DIGEST,
        ZERO_DIGEST,
    )


def test_seats_are_taken_with_the_first_signature_and_kept() -> None:
    chronicle = Chronicle(4).open().start(3, 1)
    chronicle.emit(e.StudyWithdrawn(3, 0, ZERO_DIGEST)).later()
    chronicle.sign(2).sign(3).put_forward(2).sign(1, 2)
    assert chronicle.study.seats == (3, 1, 2)
    identity = chronicle.publish(1, 1, {3: 1, 2: 1})
    assert [each.institution for each in chronicle.study.checkpoints[identity].contributions] == [
        3,
        2,
    ]


def test_an_institution_s_rounds_ascend_until_the_lineage_moves_on() -> None:
    chronicle = running()
    chronicle.publish(5, 3, {3: 1})
    chronicle.publish(6, 3, {3: 1})
    chronicle.make_final(3, {1: 3})
    lower = chronicle.publish(4, 3, {3: 1})
    assert [each.identity for each in chronicle.study.candidates()] == [lower]


def test_what_one_institution_equivocated_with_another_may_publish() -> None:
    chronicle = running()
    first = chronicle.publish(1, 1, {1: 1})
    rival = running().publish(1, 2, {1: 1}, content=digest("other"))
    chronicle.emit(e.EquivocationRecorded(address("node 1"), 1, 1, rival)).later()
    assert chronicle.publish(1, 2, {1: 1}, content=digest("other")) == rival
    assert {each.identity for each in chronicle.study.candidates()} == {first, rival}


def test_credit_is_signed_and_contributed_rounds() -> None:
    chronicle = running()
    chronicle.make_final(3, {1: 3, 2: 1})
    chronicle.sign(4)
    chronicle.emit(e.StudyWithdrawn(3, 0, ZERO_DIGEST)).later()
    chronicle.make_final(5, {1: 2, 4: 1})
    study = chronicle.study
    assert study.credits(0, 2) == {
        1: Credit(5, 5),
        2: Credit(5, 1),
        3: Credit(3, 0),
        4: Credit(2, 1),
    }
    assert study.credits(1, 2) == {1: Credit(2, 2), 2: Credit(2, 0), 4: Credit(2, 1)}
    assert study.credit(3, 1) == study.credit(3, 2) == Credit(3, 0)
    assert study.credit(9, 2) == Credit(0, 0)
    assert [study.rounds_until(sequence) for sequence in range(3)] == [0, 3, 5]


def test_who_left_the_swarm_keeps_its_credit_and_earns_no_more() -> None:
    chronicle = running()
    chronicle.make_final(3, {1: 3, 3: 3})
    chronicle.emit(e.InstitutionExpelled(3)).later()
    chronicle.make_final(5, {1: 2})
    assert chronicle.study.credit(3, 2) == Credit(3, 3)


def test_final_checkpoints_belong_to_the_version_of_their_rounds() -> None:
    chronicle = running()
    chronicle.make_final(2, {1: 1})
    chronicle.put_forward(2).later().put_forward(3).sign(1, 3).sign(2, 3)
    chronicle.emit(e.TermsInForce(3)).later()
    chronicle.make_final(3, {1: 1}, version=3)
    study = chronicle.study
    assert [study.last_sequence_of(version) for version in (1, 2, 3)] == [1, 1, 2]
    assert [final.version for final in study.finals] == [1, 3]


def test_an_equivocation_is_recorded_and_is_no_checkpoint() -> None:
    chronicle = running()
    first = chronicle.publish(1, 1, {1: 1})
    chronicle.emit(e.EquivocationRecorded(address("node 1"), 1, 1, digest("second")))
    study = chronicle.study
    (found,) = study.equivocations
    assert (found.node, found.institution, found.round) == (address("node 1"), 1, 1)
    assert (found.first, found.second) == (first, digest("second"))
    assert list(study.checkpoints) == [first]


def test_an_equivocation_may_be_another_node_s_and_comes_once_a_round() -> None:
    chronicle = running().emit(e.NodeRegistered(1, address("spare"))).later()
    firsts = []
    for round_ in (1, 2):
        firsts.append(chronicle.publish(round_, 1, {1: 1}))
        second = digest(f"second {round_}")
        chronicle.emit(e.EquivocationRecorded(address("spare"), round_, 1, second)).later()
    found = chronicle.study.equivocations
    assert [(each.node, each.first) for each in found] == [
        (address("spare"), first) for first in firsts
    ]


# --- money ----------------------------------------------------------------------------------------


def test_a_revenue_and_its_settlement() -> None:
    chronicle = running()
    chronicle.make_final(2, {1: 1})
    chronicle.declare()
    line = Line(1, Part.OWN, 1)
    revenue = chronicle.study.revenue(1)
    assert (revenue.currency, revenue.amount, revenue.sequence) == ("EUR", 10_000_001, 1)
    assert (revenue.institution, revenue.licensee) == (1, "A licensee")
    assert chronicle.study.settlement(line) is Settlement.OPEN
    chronicle.pay(Part.OWN, 1, 5)
    assert chronicle.study.settlement(line) is Settlement.PAID
    chronicle.confirm(Part.OWN, 1, 5)
    assert chronicle.study.settlement(line) is Settlement.CONFIRMED
    payment = chronicle.study.payments[line]
    assert payment.confirmed_at == payment.paid_at + 1
    with pytest.raises(RevenueUnknown):
        chronicle.study.revenue(2)


def test_studies_do_not_disturb_each_other() -> None:
    chronicle = Chronicle(3).open().open(2).sign(1)
    state = fold(chronicle.records)
    assert state.study(1).signatories() == (1,)
    assert state.study(2).signatories() == ()
