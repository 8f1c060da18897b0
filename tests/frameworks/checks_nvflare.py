"""Checks of the aggregator with NVFlare's own objects; the frameworks' Python runs them.

Each function whose name begins with `check_` is one; `python -m tests.frameworks.checks_nvflare`.
"""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
from nvflare.apis.dxo import DXO, DataKind, MetaKey, from_shareable
from nvflare.apis.event_type import EventType
from nvflare.apis.fl_context import FLContext, FLContextManager
from nvflare.apis.shareable import Shareable
from nvflare.app_common.abstract.model import make_model_learnable
from nvflare.app_common.aggregators.intime_accumulate_model_aggregator import (
    InTimeAccumulateWeightedAggregator,
)
from nvflare.app_common.app_constant import AppConstants

from governance.chain.errors import ChainUnreachable
from governance.checkpoints import Chronicle, RoundUnknown, merge_by_name, update_digest
from governance.gate import EvidenceReader, Reason
from governance.integrations.nvflare import HEADER, GatedAggregator
from tests.frameworks.checks import run_all
from tests.unit.gate.world import NOW, STUDY, envelope, key_of
from tests.unit.integrations.merging import LiveWorld, judge_of

MODEL = {"w": np.full(3, 0.5)}
UPDATES = {number: {"w": np.arange(3.0) * number / 7} for number in range(1, 5)}


def context(peer: str | None = None, current: int = 0) -> FLContext:
    fl_ctx = FLContextManager(None, "site-1", "job", {}, {}).new_context()
    fl_ctx.set_prop(AppConstants.CURRENT_ROUND, current, private=True, sticky=False)
    learnable = make_model_learnable(MODEL, {})
    fl_ctx.set_prop(AppConstants.GLOBAL_MODEL, learnable, private=True, sticky=False)
    if peer is not None:
        fl_ctx.set_peer_context(FLContextManager(None, peer, "job", {}, {}).new_context())
    return fl_ctx


def inner() -> InTimeAccumulateWeightedAggregator:
    average = InTimeAccumulateWeightedAggregator(expected_data_kind=DataKind.WEIGHTS)
    average.handle_event(EventType.START_RUN, context())
    return average


def gated(**options: Any) -> GatedAggregator:
    """An aggregator as it is once the run has started."""
    made = GatedAggregator("average", "", **options)
    made._aggregator = inner()
    made._judge = judge_of(LiveWorld(), Path(tempfile.mkdtemp()) / "evidence.jsonl")
    return made


def sent(number: int, *, kind: str = DataKind.WEIGHTS, steps: int = 0, **changes: Any) -> Shareable:
    """A site's result: its update, its number of steps, its envelope."""
    update = UPDATES[number]
    signed = envelope(number, update=update_digest(update), records=100 * number, **changes)
    meta = {MetaKey.NUM_STEPS_CURRENT_ROUND: steps or 100 * number}
    shareable = DXO(kind, data=dict(update), meta=meta).to_shareable()
    shareable.set_header(HEADER, signed.to_bytes().decode())
    return shareable


def accept(made: GatedAggregator, number: int, **options: Any) -> bool:
    return made.accept(sent(number, **options), context(f"site-{number}"))


def model(made: GatedAggregator) -> bytes:
    return update_digest(from_shareable(made.aggregate(context())).data)


def mean(*numbers: int) -> bytes:
    """What plain averaging gives of these updates."""
    average = inner()
    for number in numbers:
        shareable = sent(number)
        shareable.set_peer_props({"__identity_name__": f"site-{number}"})
        shareable.add_cookie(AppConstants.CONTRIBUTION_ROUND, 0)
        assert average.accept(shareable, context())
    return update_digest(from_shareable(average.aggregate(context())).data)


def check_the_order_of_arrival_changes_no_bit() -> None:
    for order in ([1, 2, 3, 4], [4, 2, 1, 3], [3, 4, 2, 1]):
        made = gated()
        assert all(accept(made, number) for number in order)
        assert model(made) == mean(1, 2, 3, 4)


def check_the_weight_is_the_one_that_was_signed() -> None:
    made = gated()
    assert accept(made, 1)
    assert accept(made, 2, steps=10**9)
    assert model(made) == mean(1, 2)


def check_refused_updates_are_not_seen() -> None:
    made = gated()
    assert accept(made, 1)
    assert not accept(made, 3, key=key_of(77))
    assert not accept(made, 4, kind=DataKind.WEIGHT_DIFF)
    assert not made.accept(Shareable(), context("nobody"))
    assert accept(made, 2)
    assert not accept(made, 2)
    assert model(made) == mean(1, 2)
    assert [each.reason for each in made.judge.rounds[-1].judged] == [
        "Authorised",
        "NodeUnknown",
        "UpdateMismatch",
        "EnvelopeMissing",
        "Authorised",
        "Repeated",
    ]


def check_what_comes_after_the_merge_is_in_no_record() -> None:
    made = gated()
    assert accept(made, 1)
    assert accept(made, 2)
    assert model(made) == mean(1, 2)
    assert not accept(made, 3)
    current = made.judge.rounds[-1]
    assert [each.reason for each in current.judged] == ["Authorised", "Authorised", "WrongRound"]
    assert current.institutions() == {1, 2}
    study = made.judge.view.look().state.study(STUDY)
    record = made.judge.chronicle.record(study, 1, NOW)
    assert [each.institution for each in record.accepted] == [1, 2]


def check_the_merge_waits_for_an_update_that_is_being_judged() -> None:
    made = gated()
    assert accept(made, 1)
    refresh = made.judge.view.refresh
    judging, answered = threading.Event(), threading.Event()

    def slow() -> tuple[()]:
        judging.set()
        assert answered.wait(30)
        return refresh()

    made.judge.view.refresh = slow
    with ThreadPoolExecutor() as pool:
        coming = pool.submit(accept, made, 2)
        assert judging.wait(30)
        merging = pool.submit(model, made)
        # Who did not wait would be done by now, without it.
        wait([merging], 0.5)
        answered.set()
        assert coming.result()
        assert merging.result() == mean(1, 2)


def check_its_own_update_comes_without_a_peer() -> None:
    made = gated()
    assert made.accept(sent(1), context(peer=None))
    assert made.judge.rounds[-1].judged[0].received.sender == "site-1"
    assert accept(made, 2)
    assert model(made) == mean(1, 2)


def check_too_few_institutions_leave_the_model_as_it_is() -> None:
    made = gated()
    assert model(made) == update_digest(MODEL)
    assert accept(made, 1)
    assert model(made) == update_digest(MODEL)
    # Nor does the record say that anything of it is in the model.
    study = made.judge.view.look().state.study(STUDY)
    assert made.judge.chronicle.record(study, 1, NOW).accepted == ()


def check_what_became_of_a_round_outlasts_the_process() -> None:
    for merge in ("", "weighted-mean"):
        for came, credited in (([], {}), ([1], {}), ([1, 2], {1: 1, 2: 1})):
            made = gated(merge=merge)
            for number in came:
                assert accept(made, number)
            model(made)
            study = made.judge.view.look().state.study(STUDY)
            again = Chronicle.of(STUDY, EvidenceReader(made.judge._evidence.path))
            assert again.record(study, 1, NOW).contributions() == credited


def check_sites_that_merge_in_turns_have_one_record_together() -> None:
    sites = gated(), gated()
    turns = ((sites[0], (1, 2)), (sites[1], (2, 3)), (sites[0], (1, 3)))
    for current, (made, numbers) in enumerate(turns):
        for number in numbers:
            told = sent(number, round=1 + current)
            assert made.accept(told, context(f"site-{number}", current))
        made.aggregate(context(current=current))
    study = sites[0].judge.view.look().state.study(STUDY)
    for made in sites:
        try:
            made.judge.chronicle.record(study, 3, NOW)
        except RoundUnknown:
            continue
        raise AssertionError("a site told of a round that another merged")
    whole = Chronicle.joined([made.judge.chronicle for made in sites])
    assert whole.record(study, 3, NOW).contributions() == {1: 2, 2: 2, 3: 2}


def check_what_comes_while_the_chain_is_away_is_refused_and_written_down() -> None:
    made = gated()
    refresh = made.judge.view.refresh

    def away() -> None:
        raise ChainUnreachable("http://127.0.0.1:1", "it is away")

    made.judge.view.refresh = away
    assert not accept(made, 1)
    assert model(made) == update_digest(MODEL)
    (entry,) = made.judge._evidence
    assert entry.decision.reason is Reason.WRONG_ROUND
    made.judge.view.refresh = refresh
    assert accept(made, 1)


def check_every_round_is_opened_anew() -> None:
    made = gated(first_round=5, attempt=2)
    for current in (0, 1):
        for number in (1, 2):
            told = sent(number, round=5 + current, attempt=2)
            assert made.accept(told, context(f"site-{number}", current))
        late = sent(3, round=5 + current - 1, attempt=2)
        assert not made.accept(late, context("site-3", current))
    assert [each.invitation.round for each in made.judge.rounds] == [5, 6]


def check_a_named_merge_is_the_one_that_others_compute() -> None:
    made = gated(merge="weighted-mean")
    assert all(accept(made, number) for number in (3, 1, 2))
    signed = made.judge.rounds[-1].updates()
    ordered = sorted(signed, key=lambda each: each[0].envelope.digest)
    found = merge_by_name("weighted-mean")(MODEL, ordered)
    assert model(made) == update_digest(found)


if __name__ == "__main__":
    run_all(globals())
