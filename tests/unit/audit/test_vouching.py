"""Countersignatures: what they prove, from the founders on, and what they give away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.audit.vouching import believed, genuine
from governance.history import events as e
from governance.history.swarm import Swarm as Folded
from tests.unit.audit.stories import (
    CHAIN_ID,
    GENESIS,
    HISTORY,
    Swarm,
    account,
    countersigned,
    head_of,
    looked_at,
    the,
)
from tests.unit.history.chronicle import digest


def by(swarm: Swarm, length: int, *numbers: int) -> list[e.Countersigned]:
    return [countersigned(swarm, number, length) for number in numbers]


def reach(swarm: Swarm, *signed: list[e.Countersigned], founders: int = 3) -> tuple[int, ...]:
    """The lengths that are believed."""
    flat = [each for several in signed for each in several]
    names = [account(number) for number in range(1, founders + 1)]
    vouching = believed(swarm.records, flat, names, GENESIS)
    assert vouching.length == max(vouching.lengths, default=0)
    return vouching.lengths


def grown(members: int) -> Swarm:
    """Founded by three, with so many members in the end, one admitted after the other."""
    swarm = Swarm(3)
    for number in range(4, members + 1):
        swarm.apply(number).later().emit(e.InstitutionAdmitted(number)).later()
    return swarm


def rotate(swarm: Swarm, institution: int, to: int) -> None:
    before = swarm.state.swarm.institutions[institution].account
    swarm.emit(e.AccountRotated(institution, before, account(to), by_vote=False)).later()


def test_more_than_two_thirds_must_vouch() -> None:
    swarm = Swarm(3)
    length = len(swarm.records)
    assert reach(swarm, by(swarm, length, 1, 2)) == ()
    assert reach(swarm, by(swarm, length, 1, 2, 2, 2)) == ()
    vouching = looked_at(swarm, countersignatures=by(swarm, length, 1, 2, 3)).vouching
    assert (vouching.length, vouching.institutions, vouching.members) == (length, (1, 2, 3), 3)


def test_it_is_the_founders_of_the_trust_file_who_begin() -> None:
    swarm = Swarm(3)
    signed = by(swarm, len(swarm.records), 1, 2, 3)
    others = [account(7), account(8), account(9)]
    assert believed(swarm.records, signed, others, GENESIS).length == 0
    assert believed(swarm.records, signed, (), GENESIS).length == 0


def test_strangers_and_other_heads_do_not_vouch() -> None:
    swarm = Swarm(3)
    length = len(swarm.records)
    two = by(swarm, length, 1, 2)
    assert reach(swarm, two, by(swarm, length, 77)) == ()
    assert reach(swarm, two, [countersigned(swarm, 3, length, digest("another"))]) == ()
    assert reach(swarm, two, by(swarm, length - 1, 3)) == ()


def test_where_membership_has_changed_more_heads_in_between_are_needed() -> None:
    swarm = grown(9)
    end = len(swarm.records)
    newcomers = by(swarm, end, 4, 5, 6, 7, 8, 9)
    # Of the founders two have left their keys behind.
    assert reach(swarm, newcomers, by(swarm, end, 1)) == ()
    between = end - 1
    assert reach(swarm, by(swarm, between, 1, 2, 3), newcomers, by(swarm, end, 1)) == (between, end)
    # At the head in between there were eight members, of whom six are more than two thirds.
    six = by(swarm, end, 4, 5, 6, 7, 8, 1)
    assert reach(swarm, by(swarm, between, 1, 2, 3), six) == (between, end)
    five = by(swarm, end, 4, 5, 6, 7, 9, 1)
    assert reach(swarm, by(swarm, between, 1, 2, 3), five) == (between,)


def test_who_vouches_is_told_as_of_the_believed_length() -> None:
    swarm = grown(4)
    end = len(swarm.records)
    vouching = believed(
        swarm.records, by(swarm, end, 1, 2, 3, 4), [account(n) for n in (1, 2, 3)], GENESIS
    )
    assert (vouching.institutions, vouching.members) == ((1, 2, 3, 4), 4)


def test_nobody_gives_the_founders_other_accounts_at_the_end_of_a_forged_history() -> None:
    swarm = Swarm(3)
    honest = len(swarm.records)
    signed = by(swarm, honest, 1, 2, 3)
    for institution in (1, 2, 3):
        rotate(swarm, institution, 100 + institution)
    forged = by(swarm, len(swarm.records), 101, 102, 103)
    assert reach(swarm, signed, forged) == (honest,)
    assert reach(swarm, forged) == ()


def test_an_account_is_handed_over_by_the_one_before_it() -> None:
    swarm = Swarm(3)
    rotate(swarm, 2, 102)
    handed = len(swarm.records)
    swarm.emit(e.CharterSet(digest("another"))).later()
    end = len(swarm.records)
    later = by(swarm, end, 1, 102, 3)
    assert reach(swarm, later) == ()
    assert reach(swarm, by(swarm, handed, 1, 2, 3), later) == (handed, end)


def test_who_left_counts_until_a_head_without_it_is_believed() -> None:
    swarm = grown(4)
    begun = len(swarm.records)
    swarm.emit(e.InstitutionLeft(4)).later()
    gone = len(swarm.records)
    swarm.emit(e.CharterSet(digest("another"))).later()
    end = len(swarm.records)
    first = by(swarm, begun, 1, 2, 3, 4)
    assert reach(swarm, first, by(swarm, gone, 1, 2, 4)) == (begun, gone)
    assert reach(swarm, first, by(swarm, gone, 1, 2, 4), by(swarm, end, 1, 2, 4)) == (begun, gone)
    assert reach(swarm, first, by(swarm, gone, 1, 2, 3), by(swarm, end, 1, 2, 3)) == (
        begun,
        gone,
        end,
    )


def test_a_swarm_that_everybody_left_vouches_for_nothing_more() -> None:
    swarm = Swarm(3)
    for institution in (1, 2, 3):
        swarm.emit(e.InstitutionLeft(institution)).later()
    assert reach(swarm, by(swarm, len(swarm.records), 1, 2, 3)) == ()
    assert reach(swarm, by(swarm, 0, 1, 2, 3)) == ()


GROWN = grown(6)
LENGTHS = [len(GROWN.records) - back for back in range(0, 12, 2)]
SIGNED = {
    (number, length): countersigned(GROWN, number, length)
    for number in range(1, 7)
    for length in LENGTHS
}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(SIGNED)), max_size=36), st.randoms())
def test_belief_is_what_its_definition_says(chosen: set[tuple[int, int]], random: object) -> None:
    signed = [SIGNED[each] for each in sorted(chosen)]
    random.shuffle(signed)  # type: ignore[attr-defined]
    last, trusted = 0, {1, 2, 3}
    for length in sorted(LENGTHS):
        signers = {number for number, at in chosen if at == length} & trusted
        if 3 * len(signers) > 2 * len(trusted):
            last = length
            trusted = {
                each.institution
                for each in (record.event for record in GROWN.records[:length])
                if isinstance(each, e.InstitutionAdmitted)
            }
    founders = [account(number) for number in (1, 2, 3)]
    assert believed(GROWN.records, signed, founders, GENESIS).length == last
    examined = looked_at(GROWN, countersignatures=signed)
    assert examined.vouching.length == last
    assert not [each for each in examined.findings if each.id.startswith("head-")]


# --- contradictions -------------------------------------------------------------------------------


def test_another_head_than_ours_is_found_and_a_forged_signature_is_not_heard() -> None:
    swarm = Swarm(3)
    length = len(swarm.records)
    other = countersigned(swarm, 2, length, digest("another history"))
    finding = the("head-contradicted", looked_at(swarm, countersignatures=[other]))
    assert (finding.institutions, finding.subject) == ((2,), f"history at length {length}")
    assert head_of(swarm, length).hex() in finding.detail
    forged = replace(other, signature=other.signature[:-1] + bytes([55 - other.signature[-1]]))
    cut = replace(other, signature=b"")
    assert genuine((forged, cut, other), CHAIN_ID, HISTORY) == (other,)
    assert looked_at(swarm, countersignatures=(forged, cut)).findings == ()


@pytest.mark.parametrize("own_among_them", [True, False])
def test_two_heads_for_one_length_are_a_rewritten_history_by_any_account_it_had(
    own_among_them: bool,
) -> None:
    swarm = Swarm(3)
    rotate(swarm, 2, 102)
    one = countersigned(swarm, 2, 5, None if own_among_them else digest("one"))
    other = countersigned(swarm, 102, 5, digest("other"))
    finding = the("head-rewritten", looked_at(swarm, countersignatures=[one, other]))
    assert finding.institutions == (2,)
    assert digest("other").hex() in finding.detail


def test_what_one_member_signs_at_every_length_costs_no_look_at_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    swarm = Swarm(3)
    for number in range(4, 30):
        swarm.apply(number)
    told = swarm.later().records
    signed = [countersigned(swarm, 1, length) for length in range(1, len(told) + 1)]
    looks: list[object] = []
    members = Folded.members

    def counted(self: Folded) -> object:
        looks.append(self)
        return members(self)

    founders = [account(1), account(2), account(3)]
    monkeypatch.setattr(Folded, "members", counted)
    believed(told, signed, founders, GENESIS)
    assert looks == []
    last = len(told)
    everybody = [*signed, countersigned(swarm, 2, last), countersigned(swarm, 3, last)]
    assert believed(told, everybody, founders, GENESIS).length == last
    assert len(looks) == 1


def test_who_only_applied_contradicts_nobody() -> None:
    swarm = Swarm(3)
    swarm.apply(4).later()
    length = len(swarm.records)
    signed = [countersigned(swarm, 4, length + more, digest("other")) for more in (0, 9)]
    assert looked_at(swarm, countersignatures=signed).findings == ()
    swarm.decided(e.InstitutionAdmitted(4), "admit", 4)
    signed[1] = countersigned(swarm, 4, len(swarm.records) + 9, digest("other"))
    found = [each.id for each in looked_at(swarm, countersignatures=signed).findings]
    assert found == ["head-contradicted", "head-beyond"]


def test_two_institutions_with_two_heads_are_no_rewriting_of_either() -> None:
    swarm = Swarm(3)
    signed = [countersigned(swarm, 1, 5), countersigned(swarm, 2, 5, digest("other"))]
    found = looked_at(swarm, countersignatures=signed).findings
    assert [each.id for each in found] == ["head-contradicted"]


def test_a_longer_history_is_told_once_for_each_who_signed_one() -> None:
    swarm = Swarm(3)
    length = len(swarm.records)
    signed = [countersigned(swarm, n, length + m, digest("x")) for n in (1, 2) for m in (1, 2)]
    found = looked_at(swarm, countersignatures=signed).findings
    assert [(each.id, each.institutions, each.facts["length"]) for each in found] == [
        ("head-beyond", (1,), length + 2),
        ("head-beyond", (2,), length + 2),
    ]
