"""The gate in Flower: a strategy that asks before the merge, and a client's mod that signs.

The merging side wraps any strategy of the message API:

    judge = NodeSettings.load("merging.json").judge()
    strategy = GatedStrategy(FedAvg(), judge)
    result = strategy.start(grid, arrays, num_rounds=10)

A node that trains signs with a mod, the first of its list, so that it signs what is sent:

    app = ClientApp(mods=[signing_mod])  # flower-supernode --node-config 'charter="node.json"'

Flower's node ids and keys are not those that the chain knows, so they play no part here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flwr.app import Array, ArrayRecord, ConfigRecord, Error, Message, MetricRecord, RecordDict
from flwr.app.message_type import MessageType
from flwr.common.constant import ErrorCode
from flwr.serverapp.strategy import Strategy

from governance.checkpoints import UpdateInvalid, recompute
from governance.errors import CharterError
from governance.integrations.contributing import LONGEST, Invitation
from governance.integrations.errors import InvitationInvalid
from governance.integrations.judging import Received
from governance.integrations.settings import NodeSettings
from governance.telling import teller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flwr.app import Context
    from flwr.serverapp import Grid
    from flwr.serverapp.strategy import Result

    from governance.checkpoints import Merge
    from governance.integrations.contributing import Contributor
    from governance.integrations.judging import Judge, Judged, JudgedRound

RECORD = "swarm-charter"
"""Name of the `ConfigRecord` that carries the invitation to the nodes, and the envelope back."""

WEIGHT = "num-examples"
"""Name of the metric that Flower's strategies weigh updates by, unless told otherwise."""

ARRAYS = "arrays"
"""Name of the record of arrays in Flower's strategies, unless told otherwise."""

NODE_CONFIG = "charter"
"""Name in a SuperNode's `--node-config` of the path of the node's settings."""

DEADLINE_SECONDS = 3_600.0
"""Seconds for which envelopes of a round count at least."""

MARGIN_SECONDS = 3_600.0
"""Seconds for which envelopes count beyond the wait for replies: sending and judging take time."""

_ENVELOPE = "envelope"
_METRICS = "metrics"

logger = teller(__name__)


class GatedStrategy(Strategy):
    """Wraps a strategy so that it sees accepted updates only, and each as it was signed.

    Of a reply, the wrapped strategy sees the arrays that were signed, and the weight that its
    envelope tells: the number of records, or 1 where the terms keep it at home. Nobody has signed
    the other metrics, so they are dropped, but for those named. Accepted replies come in an order
    that does not depend on when they arrived. A round in which fewer institutions contribute than
    the terms ask for is not merged: the model stays as it is. So it is where the gate, asked again
    before the merge, would not accept all of them any more (`Judge.merge`).

    Attributes:
        judge: The merging node; `judge.rounds` tells what became of every update.
        merged: The rounds that were merged, in their order.
    """

    def __init__(
        self,
        strategy: Strategy,
        judge: Judge,
        *,
        first_round: int | None = None,
        attempt: int = 1,
        weighted_by: str = WEIGHT,
        arrayrecord_key: str = ARRAYS,
        unsigned_metrics: Sequence[str] = (),
        merge: Merge | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
        on_merged: Callable[[JudgedRound, ArrayRecord], None] | None = None,
    ) -> None:
        """Wraps a strategy.

        Args:
            strategy: Merges what is accepted.
            judge: Opens rounds and asks the gate.
            first_round: The study's round that Flower's first one is; without it, the round after
                the last final one when training starts.
            attempt: Which try at these rounds it is, counted from 1.
            weighted_by: Name of the metric that the wrapped strategy weighs by.
            arrayrecord_key: Name of the record in which the wrapped strategy sees each update,
                whatever its sender called it.
            unsigned_metrics: Names of further metrics that the wrapped strategy sees although they
                are not signed.
            merge: Merges instead of the wrapped strategy, which then only picks nodes: a merge
                that others can compute again (`checkpoints.merge_by_name`), where the terms ask
                for that.
            deadline_seconds: For how long envelopes of a round count at least; `start` has them
                count for longer than it waits.
            on_merged: Called with each round that was merged, and the model.
        """
        self.judge = judge
        self.merged: list[JudgedRound] = []
        self._strategy = strategy
        self._first_round = first_round
        self._attempt = attempt
        self._weighted_by = weighted_by
        self._arrayrecord_key = arrayrecord_key
        self._unsigned = tuple(unsigned_metrics)
        self._merge = merge
        self._deadline_seconds = deadline_seconds
        self._on_merged = on_merged
        self._model: dict[str, Any] = {}

    def start(
        self,
        grid: Grid,
        initial_arrays: ArrayRecord,
        num_rounds: int = 3,
        timeout: float | None = 3_600,
        *others: Any,
        **options: Any,
    ) -> Result:
        """As any strategy does, with envelopes that count for longer than it waits for replies.

        What came is judged after the wait, which a single node that never answers draws out to its
        end.

        Raises:
            ValueError: If it may wait for longer than nodes sign for.
            CharterError: If the chain cannot be read.
        """
        # Their clocks and this one may differ.
        longest = LONGEST - 2 * MARGIN_SECONDS
        if timeout is None or timeout > longest:
            raise ValueError(
                f"no node signs for so long: wait for replies for {longest:.0f} seconds at most"
            )
        self._deadline_seconds = max(self._deadline_seconds, timeout + MARGIN_SECONDS)
        return super().start(grid, initial_arrays, num_rounds, timeout, *others, **options)

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Opens the round in the gate, and invites those whom the wrapped strategy picks.

        Raises:
            CharterError: If the chain cannot be read.
        """
        # It may wait for nodes without limit, and the envelopes count from the opening.
        messages = list(self._strategy.configure_train(server_round, arrays, config, grid))
        if self._first_round is None:
            self._first_round = self.judge.next_round()
        number = self._first_round + server_round - 1
        invitation = self.judge.open(number, self._attempt, self._deadline_seconds)
        self._model = {name: array.numpy() for name, array in arrays.items()}
        for message in messages:
            message.content[RECORD] = ConfigRecord(invitation.as_config())
        return messages

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Has the wrapped strategy merge what the gate accepts."""
        came = list(replies)
        answered = [reply for reply in came if not reply.has_error()]
        judged = self.judge.judge([_received(reply) for reply in answered])
        metrics: MetricRecord | None = None

        def merged(current: JudgedRound) -> ArrayRecord | None:
            nonlocal metrics
            if self._merge is not None:
                return _record(recompute(self._merge, self._model, [current.updates()]))
            reply_of = {id(each): reply for each, reply in zip(judged, answered, strict=True)}
            accepted = [self._as_signed(reply_of[id(each)], each) for each in current.accepted()]
            # Failures go on to the wrapped strategy too, which may want to know of them.
            failed = [reply for reply in came if reply.has_error()]
            model, metrics = self._strategy.aggregate_train(server_round, [*accepted, *failed])
            return model

        model = self.judge.merge(merged)
        if model is None:
            return None, metrics
        current = self.judge.rounds[-1]
        self.merged.append(current)
        if self._on_merged is not None:
            self._on_merged(current, model)
        return model, metrics

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """As the wrapped strategy does: an evaluation merges nothing into the model."""
        messages: Iterable[Message] = self._strategy.configure_evaluate(
            server_round, arrays, config, grid
        )
        return messages

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        """As the wrapped strategy does."""
        return self._strategy.aggregate_evaluate(server_round, replies)

    def summary(self) -> None:
        """As the wrapped strategy does."""
        self._strategy.summary()

    def _as_signed(self, reply: Message, judged: Judged) -> Message:
        """A reply with nothing in it but what its node has signed."""
        assert judged.signed is not None
        metrics: dict[str, Any] = {}
        for record in reply.content.metric_records.values():
            metrics.update({key: record[key] for key in self._unsigned if key in record})
        # Where the terms keep the numbers at home, all weigh the same.
        metrics[self._weighted_by] = judged.signed.envelope.records or 1
        update = judged.received.update
        # Some strategies go by the place of an array and not by its name.
        places = {key: place for place, key in enumerate(self._model)}
        keys = sorted(update, key=lambda key: (places.get(key, len(places)), key))
        reply.content = RecordDict(
            {
                self._arrayrecord_key: _record({key: update[key] for key in keys}),
                _METRICS: MetricRecord(metrics),
            }
        )
        return reply


def signing(contributor_of: Callable[[Context], Contributor], weighted_by: str = WEIGHT) -> Any:
    """A mod that signs what a node sends in reply to an invitation.

    Args:
        contributor_of: Gives the node that signs, from the app's context.
        weighted_by: Name of the metric that tells the number of records.

    Returns:
        The mod, for the first place in `ClientApp(mods=[...])`. A node that does not sign answers
        with an error that says why.
    """

    def mod(
        message: Message, context: Context, call_next: Callable[[Message, Context], Message]
    ) -> Message:
        if message.metadata.message_type.partition(".")[0] != MessageType.TRAIN:
            return call_next(message, context)
        # Mods and apps further in see the message as they would without a gate.
        carried = message.content.pop(RECORD, None)
        try:
            if not isinstance(carried, ConfigRecord):
                raise InvitationInvalid("the message carries none")
            invitation = Invitation.from_config(carried)
            contributor = contributor_of(context)
            reply = call_next(message, context)
            if reply.has_error():
                return reply
            update = _arrays(reply.content)
            signed = contributor.announce(invitation, update, _weight(reply.content, weighted_by))
        except CharterError as error:
            logger.warning("%s: %s", error.code, error.message)
            reason = f"{error.code}: {error.message} {error.remedy}"
            return Message(Error(ErrorCode.MOD_FAILED_PRECONDITION, reason), reply_to=message)
        if not signed.envelope.records:
            # What the envelope keeps at home, no metric tells.
            for record in reply.content.metric_records.values():
                record.pop(weighted_by, None)
        reply.content[RECORD] = ConfigRecord({_ENVELOPE: signed.to_bytes().decode()})
        return reply

    return mod


def signing_mod(
    message: Message, context: Context, call_next: Callable[[Message, Context], Message]
) -> Message:
    """Signs with the node whose settings the SuperNode's `--node-config 'charter="…"'` names."""
    reply: Message = signing(_from_node_config)(message, context, call_next)
    return reply


def _from_node_config(context: Context) -> Contributor:
    path = context.node_config.get(NODE_CONFIG)
    if not isinstance(path, str):
        raise InvitationInvalid(f"the SuperNode's --node-config names no {NODE_CONFIG} settings")
    return NodeSettings.load(path).contributor()


def _record(arrays: Mapping[str, Any]) -> ArrayRecord:
    return ArrayRecord({name: Array(array) for name, array in arrays.items()})


def _received(reply: Message) -> Received:
    """What a reply brings; whatever cannot be read of it is left out, and so refused."""
    carried = reply.content.config_records.get(RECORD)
    envelope = carried.get(_ENVELOPE) if carried is not None else None
    try:
        update = _arrays(reply.content)
    except Exception as error:
        # A stranger's bytes can fail in any way.
        logger.info("the arrays of node %s: %s", reply.metadata.src_node_id, error)
        update = {}
    return Received(
        sender=str(reply.metadata.src_node_id),
        envelope=envelope if isinstance(envelope, str | bytes) else None,
        update=update,
    )


def _arrays(content: RecordDict) -> dict[str, Any]:
    """The one array record of a reply, as numpy arrays by name."""
    records = list(content.array_records.values())
    if len(records) != 1:
        raise UpdateInvalid(
            f"The reply has {len(records)} array records.", "Send the update as one array record."
        )
    return {name: array.numpy() for name, array in records[0].items()}


def _weight(content: RecordDict, name: str) -> int:
    """How many records a reply says are behind it; 0 if it does not, or not in whole numbers."""
    found = [record[name] for record in content.metric_records.values() if name in record]
    if len(found) != 1 or type(found[0]) is not int:
        return 0
    return int(found[0])
