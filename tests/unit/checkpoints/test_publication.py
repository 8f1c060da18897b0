"""What is published for the rounds since the last final checkpoint."""

from dataclasses import replace

import pytest

from governance.checkpoints import Accepted, ContributorsTooFew, RoundRecord, publication
from governance.history import Study
from governance.vocabulary import ZERO_DIGEST, Contribution
from tests.unit.history.chronicle import PARAMETERS, Chronicle, digest


def record(first: int, *institutions: int) -> RoundRecord:
    """Updates of one round were merged."""
    accepted = tuple(Accepted(first, each, digest(f"envelope {each}")) for each in institutions)
    return RoundRecord(first, first, accepted)


def study(*, final: bool) -> Study:
    """Institution 3 signed first, then 1 and 2; 4 never did."""
    chronicle = Chronicle(4).open().start(3, 1, 2)
    if final:
        chronicle.make_final(1, {3: 1})
    return chronicle.study


def test_the_first_has_no_parent() -> None:
    rounds = record(1, 1)
    said = publication(study(final=False), rounds, digest("model"))
    assert (said.round, said.parent, said.digest) == (1, ZERO_DIGEST, digest("model"))
    assert (said.envelopes_root, said.round_record) == (rounds.envelopes_root(), rounds.digest())


def test_the_parent_is_named_by_its_identity() -> None:
    after = study(final=True)
    said = publication(after, record(2, 1), digest("model"))
    assert said.parent == after.finals[-1].checkpoint != after.last_digest


def test_contributors_stand_in_the_order_of_first_signatures() -> None:
    said = publication(study(final=False), record(1, 1, 2, 3), digest("model"))
    assert said.contributions == (Contribution(3, 1), Contribution(1, 1), Contribution(2, 1))


def test_too_few_contributors_are_refused_before_anything_is_published() -> None:
    asking = replace(PARAMETERS, minimum_contributors=2)
    chronicle = Chronicle(4).open(parameters=asking).start(1, 2)
    assert publication(chronicle.study, record(1, 1, 2), digest("model")).round == 1
    with pytest.raises(ContributorsTooFew) as caught:
        publication(chronicle.study, record(1, 1), digest("model"))
    assert "1 contributors" in caught.value.message


def test_who_never_signed_is_named_all_the_same() -> None:
    """So that the contract refuses it by name, and nothing is left out in silence."""
    said = publication(study(final=False), record(1, 3, 4), digest("model"))
    assert said.contributions == (Contribution(3, 1), Contribution(4, 1))
