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
from governance.checkpoints import Chronicle, merge_by_name, update_digest
from governance.gate import EvidenceReader
from governance.integrations.contributing import Contributor
from governance.integrations.flower import RECORD, GatedStrategy, signing
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


def record(arrays: dict[str, Any]) -> ArrayRecord:
    return ArrayRecord({name: Array(each) for name, each in arrays.items()})


def wrapped(strategy: Any = None, **options: Any) -> GatedStrategy:
    """A strategy that has opened the first round."""
    world = LiveWorld()
    log = Path(tempfile.mkdtemp()) / "evidence.jsonl"
    inner = strategy or strategies.FedAvg(fraction_evaluate=0.0)
    gated = GatedStrategy(inner, judge_of(world, log), **options)
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
    study = gated.judge.view.look().state.study(STUDY)
    record = gated.judge.chronicle.record(study, 1, NOW)
    assert (record.accepted, record.silent) == ((), (2, 3, 4))


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
