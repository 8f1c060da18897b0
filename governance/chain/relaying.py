"""Having a signed request sent: once, by whomever, and only if the relay would take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance.chain.calls import call_data, read
from governance.chain.errors import Refused, RpcError
from governance.chain.logs import read_logs
from governance.chain.queries import code, data, eth_call, head
from governance.chain.refusals import refused
from governance.chain.relay import COUNT_BITS
from governance.chain.sender import Act
from governance.errors import CharterError, ExitStatus
from governance.primitives import address_bytes, checksum_address, keccak, to_hex

if TYPE_CHECKING:
    from governance.chain.house import House, Trust
    from governance.chain.receipts import Receipt
    from governance.chain.relay import RelayRequest, SignedRequest
    from governance.chain.rpc import Chain
    from governance.chain.sender import Sender

_SELECTOR: Final = 4
_WORD: Final = 32
_IS_VALID: Final = keccak(b"isValidSignature(bytes32,bytes)")[:_SELECTOR]
_RELAYED: Final = keccak(b"Relayed(address,address,uint256)")
_STRUCT: Final = "(address,address,bytes,uint256,uint256)"


class RelayRequestUnsigned(CharterError):
    """Nobody has signed the request yet."""

    code = "RelayRequestUnsigned"

    def __init__(self, account: str) -> None:
        super().__init__(
            f"Nobody has signed the request of {account} yet.",
            "Have it signed with `charter relay sign`, then send it.",
        )


class RelayRequestForeign(CharterError):
    """A request is for another swarm than the one at hand."""

    code = "RelayRequestForeign"
    exit_status = ExitStatus.REFUSED

    def __init__(self, relay: str, chain_id: int) -> None:
        super().__init__(
            f"The request is for the relay {relay} on chain {chain_id}, not for this swarm.",
            "Choose the context of the swarm that it was signed for.",
        )


def require_swarm(request: RelayRequest, trust: Trust, house: House) -> None:
    """Makes sure that a request is for the swarm at hand.

    Raises:
        RelayRequestForeign: it is for another one.
    """
    if (request.chain_id, request.relay) != (trust.chain_id, house.relay):
        raise RelayRequestForeign(request.relay, request.chain_id)


def is_contract(rpc: Chain, account: str) -> bool:
    """Whether an account is a contract, which several persons may have to sign for."""
    return bool(code(rpc, account))


def require_signatures(rpc: Chain, signed: SignedRequest) -> None:
    """Makes sure that the account has signed, as the relay will ask it.

    Raises:
        RelayRequestUnsigned: there is no signature at all.
        Refused: `RelaySignatureInvalid`, in the contract's own words.
        SignatureInvalid: a signature is nobody's.
    """
    account = signed.request.account
    if not signed.signatures:
        raise RelayRequestUnsigned(account)
    by_contract = is_contract(rpc, account)
    if not (_is_agreed(rpc, signed) if by_contract else signed.signers == (account,)):
        raise refused("RelaySignatureInvalid", **{"from": account})


def was_relayed(rpc: Chain, request: RelayRequest) -> bool:
    """Whether this very request was sent already, by whomever.

    A nonce alone does not say so: an account can have signed two acts with the same one.

    Raises:
        ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`.
    """
    key = request.nonce >> COUNT_BITS
    place = request.account, key
    next_nonce = read(rpc, request.relay, "Relay", "nonces(address,uint192)", place)
    if next_nonce <= request.nonce:
        return False
    nonce = request.nonce.to_bytes(_WORD, "big")
    wanted = (_RELAYED, _word(request.account), _word(request.to))
    for log in read_logs(rpc, [_RELAYED], 0, head(rpc).number):
        if (log.emitter, log.topics, log.data) != (request.relay, wanted, nonce):
            continue
        transaction = rpc.call("eth_getTransactionByHash", to_hex(log.transaction_hash))
        if not isinstance(transaction, dict):
            raise rpc.invalid("it gives a log without its transaction")
        return _relays(data(rpc, transaction.get("input"), "the call"), request)
    return False


def send(sender: Sender, signed: SignedRequest, description: str) -> Receipt | None:
    """Has a request relayed, once; returns nothing if it was relayed before.

    Args:
        sender: of any account.
        signed: the request.
        description: what a person is told about it.

    Raises:
        Refused: the relay, or the contract that is called, refuses it; it can be sent again as
            long as its deadline is not over.
        RelayRequestUnsigned, SignatureInvalid: see `require_signatures`.
        TransactionPending, AccountBusy, JournalCorrupt, …: see `Sender.send`.
    """
    rpc, request = sender.rpc, signed.request
    if was_relayed(rpc, request):
        return None
    require_signatures(rpc, signed)
    call = call_data("Relay", "relay", (_struct(request), signed.signature))
    try:
        return sender.send(Act(request.relay, call, description))
    except Refused:
        # Somebody else may have been faster.
        if was_relayed(rpc, request):
            return None
        raise


def _is_agreed(rpc: Chain, signed: SignedRequest) -> bool:
    """What a contract account says to the signatures (ERC-1271)."""
    request, signature = signed.request, signed.signature
    words = (2 * _WORD).to_bytes(_WORD, "big") + len(signature).to_bytes(_WORD, "big")
    padded = signature + bytes(-len(signature) % _WORD)
    try:
        answer = eth_call(rpc, request.account, _IS_VALID + request.digest + words + padded)
    except RpcError:
        return False
    return answer[:_WORD] == _IS_VALID.ljust(_WORD, b"\0")


def _relays(call: bytes, request: RelayRequest) -> bool:
    """Whether a transaction's data hands this request to the relay."""
    from eth_abi.abi import decode  # noqa: PLC0415 - costs a quarter of a second
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415

    if call[:_SELECTOR] != keccak(f"relay({_STRUCT},bytes)".encode())[:_SELECTOR]:
        return False
    try:
        (account, to, *rest), _ = decode([_STRUCT, "bytes"], call[_SELECTOR:])
    except (DecodingError, OverflowError):
        return False
    return _struct(request) == (checksum_address(account), checksum_address(to), *rest)


def _struct(request: RelayRequest) -> tuple[str, str, bytes, int, int]:
    return request.account, request.to, request.data, request.nonce, request.deadline


def _word(address: str) -> bytes:
    return address_bytes(address).rjust(_WORD, b"\0")
