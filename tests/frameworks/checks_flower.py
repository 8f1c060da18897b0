"""Checks of the strategy and the mod with Flower's own messages; the frameworks' Python runs them.

Each function whose name begins with `check_` is one; `python -m tests.frameworks.checks_flower`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import (
    Array,
    ArrayRecord,
    ConfigRecord,
    Context,
    Error,
    Message,
    MetricRecord,
    RecordDict,
)
from flwr.app.message_type import MessageType
from flwr.serverapp import strategy as strategies
from flwr.supercore.task_identity import TaskIdentity

from governance.chain.signer import LocalSigner
from governance.checkpoints import Chronicle, MergeInvalid, merge_by_name, update_digest
from governance.gate import EvidenceReader
from governance.integrations.contributing import LONGEST, Contributor
from governance.integrations.flower import DEADLINE_SECONDS, RECORD, GatedStrategy, signing
from tests.frameworks.checks import run_all
from tests.unit.gate.world import CHAIN_ID, NOW, STUDY, envelope, key_of
from tests.unit.integrations.merging import LiveWorld, judge_of

# Flower sets these where it runs an app.
TaskIdentity.run_id = TaskIdentity.node_id = TaskIdentity.task_id = 1

MODEL = {"b": np.zeros(2), "a": np.zeros((2, 3))}
UPDATES = {
    number: {"b": np.arange(2.0) * number, "a": np.full((2, 3), number / 7)}
    for number in range(1, 5)
}


class Grid:
    """What strategies ask of a grid: who is there."""

    def get_node_ids(self) -> list[int]:
        return [1, 2, 3, 4]


class Patient(Grid):
    """Waits for a node that never answers, as long as it is told to."""

    def __init__(self, world: LiveWorld) -> None:
        self.world = world

    def send_and_receive(self, messages: Any, *, timeout: float) -> list[Message]:
        asked = list(messages)
        self.world.clock += timeout if asked else 0
        return [
            reply(number, deadline=each.content[RECORD]["deadline"])
            for number, each in enumerate(asked[:3], 1)
        ]


class Sought(strategies.FedAvg):
    """Waits for its nodes before it asks them."""

    def __init__(self, world: LiveWorld) -> None:
        super().__init__(fraction_evaluate=0.0)
        self.world = world

    def configure_train(self, *given: Any) -> Any:
        self.world.block_time += 7_200
        return super().configure_train(*given)


def record(arrays: dict[str, Any]) -> ArrayRecord:
    return ArrayRecord({name: Array(each) for name, each in arrays.items()})


def around(strategy: Any, world: LiveWorld, **options: Any) -> GatedStrategy:
    """A strategy of which no round has begun."""
    judge = judge_of(world, Path(tempfile.mkdtemp()) / "evidence.jsonl")
    return GatedStrategy(strategy, judge, **options)


def wrapped(strategy: Any = None, **options: Any) -> GatedStrategy:
    """A strategy that has opened the first round."""
    inner = strategy or strategies.FedAvg(fraction_evaluate=0.0)
    gated = around(inner, LiveWorld(), **options)
    messages = list(gated.configure_train(1, record(MODEL), ConfigRecord(), Grid()))
    assert len(messages) == 4
    assert messages[0].content[RECORD]["round"] == 1
    return gated


def asked() -> Message:
    content = RecordDict({"arrays": record(MODEL)})
    message = Message(content, dst_node_id=7, message_type=MessageType.TRAIN)
    message.metadata.__dict__["_message_id"] = "asked"
    return message


def reply(number: int, update: Any = None, metrics: Any = None, **changes: Any) -> Message:
    """A node's answer: its update, its number of examples, its envelope."""
    update = UPDATES[number] if update is None else update
    signed = envelope(number, update=update_digest(update), records=100 * number, **changes)
    content = RecordDict(
        {
            "arrays": record(update),
            "metrics": MetricRecord(metrics or {"num-examples": 100 * number}),
            RECORD: ConfigRecord({"envelope": signed.to_bytes().decode()}),
        }
    )
    return Message(content, reply_to=asked())


def reasons(gated: GatedStrategy) -> list[str]:
    return [each.reason for each in gated.judge.rounds[-1].judged]


def recorded(gated: GatedStrategy) -> list[int]:
    """Whom the record of the first round names as contributors."""
    study = gated.judge.view.look().state.study(STUDY)
    record = gated.judge.chronicle.record(study, 1, NOW)
    return [each.institution for each in record.accepted]


def mean(*numbers: int) -> dict[str, Any]:
    """What plain averaging gives of these updates."""
    plain = strategies.FedAvg(fraction_evaluate=0.0)
    replies = [reply(number) for number in numbers]
    for each in replies:
        del each.content[RECORD]
    model, _ = plain.aggregate_train(1, replies)
    return {name: array.numpy() for name, array in model.items()}


def same(model: ArrayRecord, arrays: dict[str, Any]) -> bool:
    return update_digest({name: each.numpy() for name, each in model.items()}) == update_digest(
        arrays
    )


def check_the_order_of_arrival_changes_no_bit() -> None:
    for order in ([1, 2, 3, 4], [4, 2, 1, 3], [3, 4, 2, 1]):
        model, _ = wrapped().aggregate_train(1, [reply(number) for number in order])
        assert same(model, mean(1, 2, 3, 4))


def check_the_weight_is_the_one_that_was_signed() -> None:
    liar = reply(2, metrics={"num-examples": 10**9})
    model, _ = wrapped().aggregate_train(1, [reply(1), liar])
    assert same(model, mean(1, 2))


def check_refused_replies_are_not_seen() -> None:
    gated = wrapped()
    stranger = reply(3, key=key_of(77))
    bare = reply(4)
    del bare.content[RECORD]
    model, _ = gated.aggregate_train(1, [stranger, reply(2), bare, reply(1)])
    assert same(model, mean(1, 2))
    assert reasons(gated) == ["NodeUnknown", "Authorised", "EnvelopeMissing", "Authorised"]


def check_what_cannot_be_read_is_refused_and_harms_nobody() -> None:
    gated = wrapped()
    broken, doubled, wrong = reply(3), reply(4), reply(2)
    junk = Array(dtype="float64", shape=(2,), stype="numpy.ndarray", data=b"junk")
    broken.content["arrays"] = ArrayRecord({"b": junk})
    doubled.content["more"] = record(MODEL)
    wrong.content[RECORD] = ConfigRecord({"envelope": 7})
    model, _ = gated.aggregate_train(1, [broken, doubled, wrong, reply(1), reply(2)])
    assert same(model, mean(1, 2))
    assert reasons(gated)[:3] == ["UpdateMismatch", "UpdateMismatch", "EnvelopeMissing"]


def check_nobody_else_suffers_from_what_a_sender_calls_its_records() -> None:
    odd = reply(2, metrics={"num-examples": 200, "odd": 1.0})
    odd.content["metrics of mine"] = odd.content.pop("metrics")
    odd.content["metrics"] = odd.content.pop("arrays")
    model, _ = wrapped().aggregate_train(1, [reply(1), odd])
    assert same(model, mean(1, 2))


def check_too_few_institutions_leave_the_model_as_it_is() -> None:
    gated = wrapped()
    failed = Message(Error(2, "out of memory"), reply_to=asked())
    assert gated.aggregate_train(1, [reply(1), failed]) == (None, None)
    assert gated.merged == []
    # Nor does the record say that anything of it is in the model.
    assert recorded(gated) == []
    study = gated.judge.view.look().state.study(STUDY)
    record = gated.judge.chronicle.record(study, 1, NOW)
    assert record.silent == (2, 3, 4)


def check_who_has_withdrawn_since_costs_the_round() -> None:
    gated = wrapped()
    view, refreshed = gated.judge.view, []

    def refresh() -> tuple[()]:
        # To judge large updates takes its time.
        refreshed.append(len(gated.judge.rounds[-1].accepted()))
        if refreshed[-1]:
            view.participate(1, withdrawn=True)
        return ()

    view.refresh = refresh
    assert gated.aggregate_train(1, [reply(number) for number in (1, 2, 3)]) == (None, None)
    assert refreshed == [0, 3]
    assert (gated.merged, recorded(gated)) == ([], [])


def check_a_merge_that_fails_is_in_no_record() -> None:
    gated = wrapped(merge=merge_by_name("weighted-mean"))
    failed = False
    try:
        gated.aggregate_train(1, [reply(1), reply(2, update={"other": np.ones(2)})])
    except MergeInvalid:
        failed = True
    assert failed
    assert recorded(gated) == []


def check_the_deadline_counts_from_when_the_nodes_are_there() -> None:
    world = LiveWorld()
    gated = around(Sought(world), world)
    gated.configure_train(1, record(MODEL), ConfigRecord(), Grid())
    assert gated.judge.rounds[-1].invitation.deadline == world.block_time + DEADLINE_SECONDS


def check_a_node_that_never_answers_costs_the_others_nothing() -> None:
    world = LiveWorld()
    gated = around(strategies.FedAvg(fraction_evaluate=0.0), world)
    result = gated.start(Patient(world), record(MODEL), num_rounds=1)
    assert reasons(gated) == ["Authorised"] * 3
    assert same(result.arrays, mean(1, 2, 3))


def check_nobody_waits_for_longer_than_a_node_signs() -> None:
    for timeout in (LONGEST, None):
        world, told = LiveWorld(), ""
        gated = around(strategies.FedAvg(fraction_evaluate=0.0), world)
        try:
            gated.start(Patient(world), record(MODEL), num_rounds=1, timeout=timeout)
        except ValueError as error:
            told = str(error)
        assert "wait for replies for 79200 seconds at most" in told
        assert not gated.judge.rounds


def check_what_became_of_a_round_outlasts_the_process() -> None:
    for came, credited in (([1], {}), ([1, 2], {1: 1, 2: 1})):
        gated = wrapped()
        judge = gated.judge
        gated.aggregate_train(1, [reply(number) for number in came])
        study = judge.view.look().state.study(STUDY)
        again = Chronicle.of(STUDY, EvidenceReader(judge._evidence.path))
        assert again.record(study, 1, NOW).contributions() == credited


def check_what_nobody_signed_is_dropped_unless_it_is_named() -> None:
    told = {"num-examples": 5, "train_loss": 0.5, "secret": 9.0}
    replies = [reply(number, metrics=told) for number in (1, 2, 3)]
    _, metrics = wrapped().aggregate_train(1, replies)
    assert dict(metrics) == {}
    replies = [reply(number, metrics=told) for number in (1, 2, 3)]
    _, metrics = wrapped(unsigned_metrics=["train_loss"]).aggregate_train(1, replies)
    assert set(metrics) == {"train_loss"}


def check_every_kind_of_strategy_works() -> None:
    for kind, options in (
        (strategies.FedAdagrad, {}),
        (strategies.FedAdam, {}),
        (strategies.FedYogi, {}),
        (strategies.FedAvgM, {}),
        (strategies.FedMedian, {}),
        (strategies.FedTrimmedAvg, {}),
        (strategies.Krum, {}),
        (strategies.MultiKrum, {}),
        (strategies.FedProx, {"proximal_mu": 0.1}),
    ):
        gated = wrapped(kind(fraction_evaluate=0.0, **options))
        model, _ = gated.aggregate_train(1, [reply(number) for number in (1, 2, 3, 4)])
        assert set(model) == set(MODEL), kind


def check_a_named_merge_is_the_one_that_others_compute() -> None:
    merge = merge_by_name("weighted-mean")
    gated = wrapped(merge=merge)
    model, _ = gated.aggregate_train(1, [reply(3), reply(1), reply(2)])
    signed = gated.judge.rounds[-1].updates()
    ordered = sorted(signed, key=lambda each: each[0].envelope.digest)
    assert same(model, dict(merge(MODEL, ordered)))


def _answer(**changes: Any) -> tuple[Message, Message]:
    """What an app sees, and what its node answers to an invitation."""
    world = LiveWorld()
    place = Path(tempfile.mkdtemp())
    invitation = judge_of(world, place / "evidence.jsonl").open(1, 1, 60.0)
    node = Contributor(
        LocalSigner(key_of(1)), CHAIN_ID, STUDY, place, view=world, clock=lambda: NOW
    )
    message, seen = asked(), []
    message.content[RECORD] = ConfigRecord({**invitation.as_config(), "deadline": NOW, **changes})

    def app(given: Message, _: Context) -> Message:
        seen.append(set(given.content))
        metrics = MetricRecord({"num-examples": 212})
        content = RecordDict({"arrays": record(UPDATES[1]), "metrics": metrics})
        return Message(content, reply_to=given)

    context = Context(1, 1, {}, RecordDict(), {})
    answer = signing(lambda _: node)(message, context, app)
    assert all(names == {"arrays"} for names in seen)
    return message, answer


def check_the_mod_signs_what_the_app_sends() -> None:
    _, answer = _answer()
    gated = wrapped()
    gated.aggregate_train(1, [answer])
    assert reasons(gated) == ["Authorised"]


def check_the_mod_signs_for_no_other_study() -> None:
    _, answer = _answer(study="0x" + "5E" * 20)
    assert answer.has_error()
    assert answer.error.reason.startswith("InvitationRefused: ")


def check_the_mod_signs_nothing_uninvited() -> None:
    _, answer = _answer(round="one")
    assert answer.error.reason.startswith("InvitationInvalid: ")


if __name__ == "__main__":
    run_all(globals())
