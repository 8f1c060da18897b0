"""Checks of the aggregator with NVFlare's own objects; the frameworks' Python runs them.

Each function whose name begins with `check_` is one; `python -m tests.frameworks.checks_nvflare`.
"""

from __future__ import annotations

import gc
import tempfile
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nvflare.apis.dxo import DXO, DataKind, MetaKey, from_shareable
from nvflare.apis.event_type import EventType
from nvflare.apis.executor import Executor
from nvflare.apis.fl_context import FLContext, FLContextManager
from nvflare.apis.shareable import Shareable
from nvflare.apis.signal import Signal
from nvflare.app_common.abstract.model import make_model_learnable
from nvflare.app_common.aggregators.intime_accumulate_model_aggregator import (
    InTimeAccumulateWeightedAggregator,
)
from nvflare.app_common.app_constant import AppConstants
from nvflare.app_common.shareablegenerators.full_model_shareable_generator import (
    FullModelShareableGenerator,
)

from governance.chain.errors import ChainUnreachable
from governance.chain.signer import LocalSigner
from governance.checkpoints import (
    Chronicle,
    MergeInvalid,
    RoundUnknown,
    merge_by_name,
    update_digest,
)
from governance.gate import EvidenceReader, Reason
from governance.integrations.contributing import Contributor
from governance.integrations.nvflare import HEADER, GatedAggregator, SigningExecutor
from tests.frameworks.checks import run_all
from tests.unit.gate.world import CHAIN_ID, NOW, STUDY, envelope, key_of
from tests.unit.integrations.merging import LiveWorld, judge_of

if TYPE_CHECKING:
    from collections.abc import Callable

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


def gated(*, keeps: bool = True, **options: Any) -> GatedAggregator:
    """An aggregator as it is once the run has started."""
    made = GatedAggregator("average", "", **options)
    made._aggregator = inner()
    log = Path(tempfile.mkdtemp()) / "evidence.jsonl"
    made._judge = judge_of(LiveWorld(), log, keeps_updates=keeps)
    return made


def sent(number: int, *, kind: str = DataKind.WEIGHTS, steps: int = 0, **changes: Any) -> Shareable:
    """A site's result: its update, its number of steps, its envelope."""
    update = UPDATES[number]
    signed = envelope(number, update=update_digest(update), records=100 * number, **changes)
    meta = {MetaKey.NUM_STEPS_CURRENT_ROUND: steps or 100 * number}
    data = {name: array.copy() for name, array in update.items()}
    shareable = DXO(kind, data=data, meta=meta).to_shareable()
    shareable.set_header(HEADER, signed.to_bytes().decode())
    return shareable


def accept(made: GatedAggregator, number: int, **options: Any) -> bool:
    return made.accept(sent(number, **options), context(f"site-{number}"))


def model(made: GatedAggregator) -> bytes:
    return update_digest(from_shareable(made.aggregate(context())).data)


def recorded(made: GatedAggregator, last: int = 1) -> list[tuple[int, int]]:
    """Whom the record names as contributors, each with the round."""
    study = made.judge.view.look().state.study(STUDY)
    record = made.judge.chronicle.record(study, last, NOW)
    return [(each.round, each.institution) for each in record.accepted]


class Trainer(Executor):
    """Trains, while something else happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        self.meanwhile()
        meta = {MetaKey.NUM_STEPS_CURRENT_ROUND: 212}
        return DXO(DataKind.WEIGHTS, data=dict(UPDATES[1]), meta=meta).to_shareable()


class InPlace(Executor):
    """Trains on the very arrays that it is given, as NVFlare's `NPTrainer` does."""

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        dxo = from_shareable(shareable)
        dxo.data["w"] += 1.0
        dxo.set_meta_prop(MetaKey.NUM_STEPS_CURRENT_ROUND, 212)
        return dxo.to_shareable()


def signing(trainer: Executor, world: LiveWorld) -> SigningExecutor:
    """The first hospital's executor as it is once the run has started."""
    made = SigningExecutor("train-unsigned", "")
    made._executor = trainer
    made._contributor = Contributor(
        LocalSigner(key_of(1)),
        CHAIN_ID,
        STUDY,
        Path(tempfile.mkdtemp()),
        view=world,
        clock=lambda: world.clock,
    )
    return made


def task() -> Shareable:
    """What a site is given to train on."""
    shareable = DXO(DataKind.WEIGHTS, data={"w": MODEL["w"].copy()}).to_shareable()
    shareable.set_header(AppConstants.CURRENT_ROUND, 0)
    return shareable


def trained(trainer: Executor, world: LiveWorld) -> Shareable:
    return signing(trainer, world).execute(AppConstants.TASK_TRAIN, task(), context(), Signal())


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
    assert recorded(made) == [(1, 1), (1, 2)]


def check_what_comes_first_after_the_merge_is_in_no_record() -> None:
    made = gated()
    assert model(made) == update_digest(MODEL)
    assert not accept(made, 1)
    (entry,) = made.judge._evidence
    assert entry.decision.reason is Reason.WRONG_ROUND
    assert recorded(made) == []


def check_what_comes_for_a_round_before_disturbs_none() -> None:
    made = gated()
    assert all(accept(made, number) for number in (1, 2))
    made.aggregate(context())
    for number in (1, 2):
        assert made.accept(sent(number, round=2), context(f"site-{number}", 1))
    assert not accept(made, 3)
    assert made.accept(sent(4, round=2), context("site-4", 1))
    assert [each.invitation.round for each in made.judge.rounds] == [1, 2]
    merged = from_shareable(made.aggregate(context(current=1))).data
    assert update_digest(merged) == mean(1, 2, 4)
    assert recorded(made, 2) == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 4)]


def check_a_round_is_aggregated_once() -> None:
    made = gated()
    assert all(accept(made, number) for number in (1, 2))
    assert model(made) == mean(1, 2)
    told = ""
    try:
        made.aggregate(context())
    except RuntimeError as error:
        told = str(error)
    assert told == "round 1 is aggregated already"
    assert recorded(made) == [(1, 1), (1, 2)]


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


def check_its_own_update_is_merged_as_it_was_judged() -> None:
    # NVFlare names the site itself as the peer of what comes by reference.
    for peer in (None, "site-1"):
        made, own = gated(), sent(1)
        assert made.accept(own, context(peer))
        from_shareable(own).data["w"] += 100.0
        assert accept(made, 2)
        assert model(made) == mean(1, 2)


def check_who_trains_in_place_changes_no_model_but_its_own() -> None:
    given, fl_ctx = task(), context()
    # As NVFlare's controller does: the model that is merged upon has the arrays that are trained.
    learnable = FullModelShareableGenerator().shareable_to_learnable(given, fl_ctx)
    fl_ctx.set_prop(AppConstants.GLOBAL_MODEL, learnable, private=True, sticky=False)
    executor = signing(InPlace(), LiveWorld())
    result = executor.execute(AppConstants.TASK_TRAIN, given, fl_ctx, Signal())
    assert result.get_header(HEADER)
    assert update_digest(from_shareable(result).data) == update_digest({"w": MODEL["w"] + 1.0})
    unchanged = from_shareable(gated().aggregate(fl_ctx)).data
    assert update_digest(unchanged) == update_digest(MODEL)


def check_a_node_signs_for_nothing_that_it_has_not_trained_under() -> None:
    for change in (LiveWorld.amend, lambda world: world.finish(1, b"\x22" * 32)):
        world = LiveWorld()
        result = trained(Trainer(lambda world=world, change=change: change(world)), world)
        assert result.get_header(HEADER) is None
        assert not result.get("DXO")


def check_training_may_take_longer_than_an_envelope_counts() -> None:
    world = LiveWorld()

    def slowly() -> None:
        world.clock += 7_200

    assert trained(Trainer(slowly), world).get_header(HEADER)


def check_a_site_that_cannot_know_what_it_trains_under_does_not_train() -> None:
    world, begun = LiveWorld(), threading.Event()

    def away() -> None:
        raise ChainUnreachable("http://127.0.0.1:1", "it is away")

    world.refresh = away
    assert trained(Trainer(begun.set), world).get_header(HEADER) is None
    assert not begun.is_set()


def check_too_few_institutions_leave_the_model_as_it_is() -> None:
    assert model(gated()) == update_digest(MODEL)
    made = gated()
    assert accept(made, 1)
    assert model(made) == update_digest(MODEL)
    # Nor does the record say that anything of it is in the model.
    assert recorded(made) == []


def check_who_has_withdrawn_since_costs_the_round() -> None:
    made = gated()
    assert all(accept(made, number) for number in (1, 2, 3))
    made.judge.view.participate(1, withdrawn=True)
    assert model(made) == update_digest(MODEL)
    assert recorded(made) == []


def check_a_merge_that_fails_is_in_no_record() -> None:
    made = gated(merge="weighted-mean")
    assert accept(made, 1)
    odd = {"other": np.ones(2)}
    signed = envelope(2, update=update_digest(odd), records=200)
    shareable = DXO(DataKind.WEIGHTS, data=odd).to_shareable()
    shareable.set_header(HEADER, signed.to_bytes().decode())
    assert made.accept(shareable, context("site-2"))
    failed = False
    try:
        made.aggregate(context())
    except MergeInvalid:
        failed = True
    assert failed
    assert recorded(made) == []


def check_no_array_stays_once_the_round_is_aggregated() -> None:
    made = gated(keeps=False)
    coming = [sent(number) for number in (1, 2)]
    arrays = [weakref.ref(from_shareable(each).data["w"]) for each in coming]
    for number, each in enumerate(coming, 1):
        assert made.accept(each, context(f"site-{number + 10}"))
    del coming, each
    gc.collect()
    assert all(array() is not None for array in arrays)
    made.aggregate(context())
    gc.collect()
    assert all(array() is None for array in arrays)


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
    # The round is aggregated, though it could not be opened: the model goes on without it.
    assert not accept(made, 1)
    assert [each.decision.reason for each in made.judge._evidence] == [Reason.WRONG_ROUND] * 2


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
