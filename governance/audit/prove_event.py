"""The proof of a single event, collected from endpoints that need not be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.audit.event_proof import EventProof, HouseProof
from governance.audit.verify_event import enrolled_slot, event_id, verify_event
from governance.chain.errors import RpcError
from governance.chain.proven import proof_nodes
from governance.chain.qbft import Header, fields_of, named_fields
from governance.chain.queries import HASH_BYTES, data, quantity, require_chain
from governance.chain.reader import find_house
from governance.chain.receipt_proof import receipts_of
from governance.chain.rlp import encode
from governance.chain.seals import Believed, steps
from governance.errors import CharterError
from governance.history.table import countersigned, shapes
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.audit.verify_event import ProvenEvent
    from governance.chain.house import Trust
    from governance.chain.receipt_proof import Emitted, Receipts
    from governance.chain.rpc import Chain, Rpc
    from governance.history.records import Record

    Proven = tuple[EventProof, ProvenEvent]


class EventMissing(CharterError):
    """There is no such transaction, record or log."""

    code = "EventMissing"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"There is no such event: {reason}.",
            "See `charter history show` for the events of record and their numbers.",
        )


class EventAmbiguous(CharterError):
    """A transaction has several events of the house, and none of them was named."""

    code = "EventAmbiguous"

    def __init__(self, logs: list[int]) -> None:
        super().__init__(
            f"The transaction has {len(logs)} events of the house, as its logs "
            f"{', '.join(map(str, logs))}.",
            "Name one of them with --log.",
        )


def prove_transaction(rpc: Chain, trust: Trust, transaction: str, log: int | None) -> Proven:
    """Proves an event of a transaction.

    Args:
        rpc: the chain.
        trust: where all trust begins.
        transaction: its hash, `0x…`.
        log: the event's place among the transaction's logs; may be left out where there is only
            one event of the house.

    Returns:
        The proof, and what it shows: on a chain without seals, if the endpoint's hash of the
        event's block is the right one.

    Raises:
        EventMissing, EventAmbiguous: it is not clear which event is meant.
        BlockNotSealed, HeaderInvalid, ReceiptsNotProven: no endpoint gives what is proven.
        ChainForeign, ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`.
    """

    def place(source: Rpc) -> tuple[int, Callable[[Receipts], tuple[int, int]]]:
        entry = source.call("eth_getTransactionReceipt", transaction)
        if not isinstance(entry, dict):
            raise EventMissing(f"no block holds the transaction {transaction}")
        number = quantity(source, entry.get("blockNumber"), "the receipt's block")
        index = quantity(source, entry.get("transactionIndex"), "the transaction's index")

        def chosen(receipts: Receipts) -> tuple[int, int]:
            if index >= len(receipts.logs):
                raise source.invalid("it gives a transaction a place that its block has not")
            return index, _chosen(receipts.logs[index], log)

        return number, chosen

    return _from_one(rpc, trust, place)


def prove_record(rpc: Chain, trust: Trust, record: Record) -> Proven:
    """Proves an event of record, as the history that was read holds it.

    Args:
        rpc: the chain.
        trust: where all trust begins.
        record: the record.

    Raises:
        As `prove_transaction`.
    """

    def chosen(receipts: Receipts) -> tuple[int, int]:
        before = 0
        for index, logs in enumerate(receipts.logs):
            if record.log_index < before + len(logs):
                return index, record.log_index - before
            before += len(logs)
        raise EventMissing(f"block {record.number} has only {before} logs")

    return _from_one(rpc, trust, lambda _: (record.number, chosen))


def _from_one(
    rpc: Chain,
    trust: Trust,
    place: Callable[[Rpc], tuple[int, Callable[[Receipts], tuple[int, int]]]],
) -> Proven:
    """The proof that the first endpoint gives which is in order; nothing is mixed."""
    fault: CharterError | None = None
    for source in rpc.sources():
        try:
            require_chain(source, trust.chain_id)
            number, chosen = place(source)
            return _collect(source, trust, number, chosen)
        except EventAmbiguous:
            raise
        except CharterError as error:
            if not isinstance(error, EventMissing):
                rpc.set_aside(source, error)
            fault = fault or error
    assert fault is not None, "there is an endpoint at least"
    raise fault


def _collect(
    rpc: Rpc, trust: Trust, number: int, chosen: Callable[[Receipts], tuple[int, int]]
) -> Proven:
    answer = rpc.call("eth_getBlockByNumber", hex(number), False)
    if not isinstance(answer, dict):
        raise EventMissing(f"there is no block {number}")
    block_hash = to_hex(data(rpc, answer.get("hash"), "the block's hash", HASH_BYTES))
    believed = Believed.at_first(trust)
    if believed is None:
        fields = fields_of(answer)
        headers: tuple[bytes, ...] = (encode(list(fields)),)
    else:
        passed = steps(rpc, Header.from_json(answer), believed)
        fields = list(passed[-1].fields)
        headers = tuple(header.raw for header in passed)
    receipts = receipts_of(rpc, number, named_fields(fields)["receiptsRoot"])
    transaction, log = chosen(receipts)
    emitted = receipts.logs[transaction][log]
    proof = EventProof(
        chain_id=trust.chain_id,
        history=trust.history,
        headers=headers,
        transaction=transaction,
        receipt=receipts.way(transaction),
        log=log,
        house=_house(rpc, trust, number, emitted.emitter),
        id=event_id(block_hash, transaction, log, emitted),
    )
    # What an endpoint gives is held against itself before anybody is handed it.
    return proof, verify_event(proof, trust, None if trust.validators else block_hash)


def _house(rpc: Rpc, trust: Trust, number: int, emitter: str) -> HouseProof | None:
    """What shows that a contract belongs to the house; nothing where it is not to be had."""
    if emitter == trust.history:
        return None
    house = find_house(rpc, trust)
    named = emitter in {house.swarm, house.governor, house.studies}
    keys = [] if named else [to_hex(enrolled_slot(emitter))]
    try:
        shown = rpc.call("eth_getProof", trust.history, keys, hex(number))
        code = rpc.call("eth_getCode", trust.history, hex(number))
    except RpcError:
        shown = code = None
    # Besu drops old states unless it is told to keep them.
    if shown is None or code is None:
        return None
    if not isinstance(shown, dict):
        raise rpc.invalid("it gives no proof of the state")
    storage = shown.get("storageProof")
    if not isinstance(storage, list) or len(storage) != len(keys):
        raise rpc.invalid("it gives no proof of what was asked for")
    if any(not isinstance(slot, dict) for slot in storage):
        raise rpc.invalid("it gives no proof of what was asked for")
    if any(quantity(rpc, slot.get("value"), "a slot's value") != 1 for slot in storage):
        # A contract of somebody else: there is nothing to show.
        return None
    return HouseProof(
        account=tuple(proof_nodes(rpc, shown, "accountProof")),
        code=data(rpc, code, "the code"),
        storage=tuple(node for slot in storage for node in proof_nodes(rpc, slot, "proof")),
    )


def _chosen(logs: tuple[Emitted, ...], wanted: int | None) -> int:
    known = {countersigned().topic, *shapes()}
    ours = [place for place, log in enumerate(logs) if log.topics[:1] and log.topics[0] in known]
    if wanted is not None:
        if wanted not in ours:
            raise EventMissing(f"log {wanted} of the transaction is no event of the house")
        return wanted
    if not ours:
        raise EventMissing("the transaction has no event of the house")
    if len(ours) > 1:
        raise EventAmbiguous(ours)
    return ours[0]
