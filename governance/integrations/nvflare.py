"""The gate in NVFlare: an aggregator that asks before the merge, and an executor that signs.

Both wrap what the job names: any aggregator, by its component's id, and any executor, by the task
that it is registered for. Both find what is the site's own in its settings; `{site}` in their path
stands for the site's name. In a swarm, where the aggregating peer changes from round to round,
every site has both:

    job.to_clients(InTimeAccumulateWeightedAggregator(...), id="average")
    job.to_clients(trainer, tasks=["train-unsigned"])
    aggregator = GatedAggregator("average", node="/etc/charter/{site}/node.json")
    executor = SigningExecutor("train-unsigned", node="/etc/charter/{site}/node.json")

NVFlare's names of sites are not those that the chain knows: they find files and tell who sent
something in the log, and decide nothing. A filter on task results would not do: the swarm's
controller on a client calls its trainer without any.
"""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nvflare.apis.dxo import DXO, DataKind, MetaKey, from_shareable
from nvflare.apis.event_type import EventType
from nvflare.apis.executor import Executor
from nvflare.apis.fl_constant import FLContextKey, ReservedKey, ReturnCode
from nvflare.apis.shareable import Shareable
from nvflare.app_common.abstract.aggregator import Aggregator
from nvflare.app_common.abstract.model import ModelLearnableKey, model_learnable_to_dxo
from nvflare.app_common.app_constant import AppConstants

from governance.checkpoints import UpdateInvalid, merge_by_name, recompute
from governance.errors import CharterError
from governance.integrations.errors import InvitationInvalid
from governance.integrations.judging import Received
from governance.integrations.settings import NodeSettings

if TYPE_CHECKING:
    from nvflare.apis.fl_context import FLContext
    from nvflare.apis.signal import Signal

    from governance.integrations.contributing import Contributor, Invitation
    from governance.integrations.judging import Judge, Judged, JudgedRound

HEADER = "swarm-charter.envelope"
"""Name of the shareable's header that carries the envelope."""

DEADLINE_SECONDS = 3_600.0
"""Seconds for which an envelope counts."""


class GatedAggregator(Aggregator):
    """Wraps an aggregator so that it sees accepted updates only, and each as it was signed.

    Of a shareable, the wrapped aggregator sees the arrays that were signed, and as its number of
    steps the number of records that the envelope tells, or 1 where the terms keep it at home. It
    sees them when it aggregates, in an order that does not depend on when they arrived; until then
    they are kept in memory. A round in which fewer institutions contribute than the terms ask for
    is not merged: the model stays as it is. So it is where the gate, asked again before the merge,
    would not accept all of them any more (`Judge.merge`).

    NVFlare may aggregate in one thread while another still hands over the last update. An update
    that is being judged by then is waited for; one that comes later, for this round or one before
    it, is refused as `WrongRound`, so that whatever the gate has accepted is in the model.
    """

    def __init__(
        self,
        aggregator_id: str,
        node: str,
        *,
        merge: str = "",
        keeps_updates: bool = False,
        first_round: int = 1,
        attempt: int = 1,
        data_kind: str = DataKind.WEIGHTS,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """Names what it works with; nothing is read before the run starts.

        Args:
            aggregator_id: Id of the component that merges what is accepted; not looked for where
                `merge` is given.
            node: Path of the site's settings, `{site}` in it for the site's name.
            merge: Name of a merge that others can compute again (`checkpoints.MERGES`), where the
                terms ask for that.
            keeps_updates: Whether updates stay in memory for the checkpoint's package (`Judge`).
            first_round: The study's round that NVFlare's round 0 is.
            attempt: Which try at these rounds it is, counted from 1.
            data_kind: The kind of data that updates are; others are refused.
            deadline_seconds: For how long envelopes of a round count.
        """
        super().__init__()
        self.aggregator_id = aggregator_id
        self.node = node
        self.merge = merge
        self.keeps_updates = keeps_updates
        self.first_round = first_round
        self.attempt = attempt
        self.data_kind = data_kind
        self.deadline_seconds = deadline_seconds
        self._aggregator: Aggregator | None = None
        self._judge: Judge | None = None
        self._aggregated = 0
        self._turn = threading.Lock()

    @property
    def judge(self) -> Judge:
        """The site as one that merges; `judge.rounds` tells what became of every update."""
        assert self._judge is not None, "the run has not started"
        return self._judge

    def handle_event(self, event_type: str, fl_ctx: FLContext) -> None:
        """Opens the site's gate when the run starts, and closes its evidence log at the end."""
        if event_type == EventType.START_RUN:
            if not self.merge:
                self._aggregator = fl_ctx.get_engine().get_component(self.aggregator_id)
                if not isinstance(self._aggregator, Aggregator):
                    raise TypeError(f"the component {self.aggregator_id!r} is no aggregator")
            settings = NodeSettings.load(self.node, fl_ctx.get_identity_name())
            self._judge = settings.judge(keeps_updates=self.keeps_updates)
            self._aggregated = 0
        elif event_type == EventType.END_RUN and self._judge is not None:
            self._judge.close()

    def accept(self, shareable: Shareable, fl_ctx: FLContext) -> bool:
        """Asks the gate for an update, and keeps it if it is accepted."""
        envelope, sender = shareable.get_header(HEADER), _sender(fl_ctx)
        try:
            update = _arrays(shareable, self.data_kind)
            if sender == fl_ctx.get_identity_name():
                # Its own comes by reference, and whoever trained it may go on with it.
                update = copy.deepcopy(update)
        except Exception as error:
            # A stranger's bytes can fail in any way.
            self.log_info(fl_ctx, f"the data of {sender}: {error}")
            update = {}
        received = Received(
            sender=sender,
            envelope=envelope if isinstance(envelope, str) else None,
            update=update,
        )
        with self._turn:
            self._open(fl_ctx)
            (judged,) = self.judge.judge([received])
        return judged.merged

    def aggregate(self, fl_ctx: FLContext) -> Shareable:
        """Has the wrapped aggregator merge what was accepted; the model as it was if it may not."""
        number = self._round(fl_ctx)
        with self._turn:
            if number <= self._aggregated:
                raise RuntimeError(f"round {number} is aggregated already")
            self._aggregated = number
            is_open = self._opened() == number
            if is_open:
                self.judge.close_round()
        if not is_open:
            self.judge.chronicle.leave_out(number, self.attempt)
            self.log_warning(fl_ctx, f"round {number} is not merged: nothing came that was judged")
            return _unchanged(fl_ctx)
        current = self.judge.rounds[-1]
        try:
            merged = self.judge.merge(lambda accepted: self._merged(accepted, fl_ctx))
        finally:
            with self._turn:
                current.let_go()
        return _unchanged(fl_ctx) if merged is None else merged

    def reset(self, fl_ctx: FLContext) -> None:
        """Resets the wrapped aggregator."""
        if self._aggregator is not None:
            self._aggregator.reset(fl_ctx)

    def _round(self, fl_ctx: FLContext) -> int:
        return self.first_round + int(fl_ctx.get_prop(AppConstants.CURRENT_ROUND))

    def _opened(self) -> int:
        """The newest round that was opened; 0 if none was."""
        rounds = self.judge.rounds
        return rounds[-1].invitation.round if rounds else 0

    def _open(self, fl_ctx: FLContext) -> None:
        """Opens the round in the gate for the first update that comes for it.

        What comes late opens nothing: neither a round that is aggregated nor one before the newest.
        """
        number = self._round(fl_ctx)
        if number <= max(self._aggregated, self._opened()):
            return
        try:
            self.judge.open(number, self.attempt, self.deadline_seconds)
        except CharterError as error:
            # No round is open now: the gate refuses what came, and writes it down.
            self.log_error(fl_ctx, f"{error.code}: {error.message}")

    def _merged(self, current: JudgedRound, fl_ctx: FLContext) -> Shareable:
        """The model after a round."""
        if not self.merge:
            return self._averaged(current, fl_ctx)
        # So that others get the same bits.
        before = fl_ctx.get_prop(AppConstants.GLOBAL_MODEL)[ModelLearnableKey.WEIGHTS]
        model = recompute(merge_by_name(self.merge), before, [current.updates()])
        return DXO(DataKind.WEIGHTS, data=dict(model)).to_shareable()

    def _averaged(self, current: JudgedRound, fl_ctx: FLContext) -> Shareable:
        """The model after a round, as the wrapped aggregator makes it."""
        assert self._aggregator is not None, "the run has not started"
        for judged in current.accepted():
            if not self._aggregator.accept(self._as_signed(judged, fl_ctx), fl_ctx):
                # The record would tell of an update that the model lacks.
                raise RuntimeError(f"{self.aggregator_id} leaves out an update that was accepted")
        return self._aggregator.aggregate(fl_ctx)

    def _as_signed(self, judged: Judged, fl_ctx: FLContext) -> Shareable:
        """A shareable with nothing in it but what its node has signed."""
        assert judged.signed is not None
        # Where the terms keep the numbers at home, all weigh the same.
        steps = judged.signed.envelope.records or 1
        data = dict(judged.received.update)
        dxo = DXO(self.data_kind, data=data, meta={MetaKey.NUM_STEPS_CURRENT_ROUND: steps})
        shareable = dxo.to_shareable()
        shareable.set_peer_props({ReservedKey.IDENTITY_NAME: judged.received.sender})
        current = fl_ctx.get_prop(AppConstants.CURRENT_ROUND)
        shareable.add_cookie(AppConstants.CONTRIBUTION_ROUND, current)
        shareable.set_header(AppConstants.CURRENT_ROUND, current)
        return shareable


class SigningExecutor(Executor):
    """Wraps an executor and signs what it gives back from training.

    The site says itself which round it is, on which terms, going on from which checkpoint, as it
    knows from the chain when training begins: in a swarm nobody leads. If terms or checkpoint are
    others when it ends, it does not sign. Then, and where the chain cannot be read before, it gives
    back an empty result, which nobody merges, and says why in its log; an error would end the whole
    job.
    """

    def __init__(
        self,
        wrapped_task: str,
        node: str,
        *,
        first_round: int = 1,
        attempt: int = 1,
        train_task: str = AppConstants.TASK_TRAIN,
        data_kind: str = DataKind.WEIGHTS,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """Names what it works with; nothing is read before the run starts.

        Args:
            wrapped_task: Name of the task that the executor is registered for that trains. Nobody
                sends such a task; the executor gets each under the name it came with.
            node: Path of the site's settings, `{site}` in it for the site's name.
            first_round: The study's round that NVFlare's round 0 is.
            attempt: Which try at these rounds it is, counted from 1.
            train_task: Name of the task whose result is an update.
            data_kind: The kind of data that updates are.
            deadline_seconds: For how long an envelope counts.
        """
        super().__init__()
        self.wrapped_task = wrapped_task
        self.node = node
        self.first_round = first_round
        self.attempt = attempt
        self.train_task = train_task
        self.data_kind = data_kind
        self.deadline_seconds = deadline_seconds
        self._executor: Executor | None = None
        self._contributor: Contributor | None = None

    def handle_event(self, event_type: str, fl_ctx: FLContext) -> None:
        """Unlocks the node key when the run starts."""
        if event_type == EventType.START_RUN:
            runner = fl_ctx.get_prop(FLContextKey.RUNNER)
            self._executor = runner.find_executor(self.wrapped_task)
            if self._executor is None or self._executor is self:
                raise TypeError(f"no other executor is registered for {self.wrapped_task!r}")
            settings = NodeSettings.load(self.node, fl_ctx.get_identity_name())
            self._contributor = settings.contributor()

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        """Has the wrapped executor do a task, and signs what it has trained."""
        assert self._executor is not None, "the run has not started"
        assert self._contributor is not None, "the run has not started"
        if task_name != self.train_task:
            return self._executor.execute(task_name, shareable, fl_ctx, abort_signal)
        current = shareable.get_header(AppConstants.CURRENT_ROUND)
        try:
            if type(current) is not int:
                raise InvitationInvalid("the task names no round")
            invitation = self._invitation(self._contributor, self.first_round + current)
        except CharterError as error:
            return self._unsigned(current, error, fl_ctx)
        # NVFlare has the site's model, which a merge goes on from, in the very arrays of the task,
        # and trainers may work in place.
        given = copy.deepcopy(shareable)
        result = self._executor.execute(task_name, given, fl_ctx, abort_signal)
        if result.get_return_code() != ReturnCode.OK:
            return result
        try:
            result.set_header(HEADER, self._sign(self._contributor, invitation, result))
        except CharterError as error:
            return self._unsigned(current, error, fl_ctx)
        return result

    def _unsigned(self, current: Any, error: CharterError, fl_ctx: FLContext) -> Shareable:
        said = f"{error.code}: {error.message} {error.remedy}"
        self.log_error(fl_ctx, f"round {current} is not signed and not sent: {said}")
        return Shareable()

    def _invitation(self, contributor: Contributor, number: int) -> Invitation:
        return contributor.invitation(number, self.attempt, self.deadline_seconds)

    def _sign(self, contributor: Contributor, invitation: Invitation, result: Shareable) -> str:
        # It counts from now on, for what was trained under; what has changed since is refused.
        deadline = self._invitation(contributor, invitation.round).deadline
        invitation = replace(invitation, deadline=deadline)
        records = from_shareable(result).get_meta_prop(MetaKey.NUM_STEPS_CURRENT_ROUND, 0)
        records = records if type(records) is int else 0
        update = _arrays(result, self.data_kind)
        return contributor.announce(invitation, update, records).to_bytes().decode()


def _unchanged(fl_ctx: FLContext) -> Shareable:
    """The model before the round."""
    return model_learnable_to_dxo(fl_ctx.get_prop(AppConstants.GLOBAL_MODEL)).to_shareable()


def _sender(fl_ctx: FLContext) -> str:
    """What NVFlare calls whoever sent the shareable at hand; proves nothing."""
    peer = fl_ctx.get_peer_context()
    name = peer.get_identity_name() if peer is not None else None
    # A site's own update comes without a peer.
    return str(name or fl_ctx.get_identity_name())


def _arrays(shareable: Shareable, data_kind: str) -> dict[str, Any]:
    """An update's arrays by name.

    Raises:
        UpdateInvalid: If the data are of another kind.
        ValueError: If there are none.
    """
    dxo = from_shareable(shareable)
    if dxo.data_kind != data_kind or not isinstance(dxo.data, dict):
        raise UpdateInvalid(
            f"The data are of kind {dxo.data_kind}, not {data_kind}.",
            "Have the trainer send what the job's aggregator expects.",
        )
    return dict(dxo.data)
