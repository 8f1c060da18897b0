"""What can go wrong between this machine and the chain, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# --- the endpoint ---------------------------------------------------------------------------------


class EndpointInvalid(CharterError):
    """The endpoint is no URL that JSON-RPC can be spoken to."""

    code = "EndpointInvalid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The endpoint cannot be used: {reason}.",
            "Give an address such as http://127.0.0.1:8545.",
        )


class ChainUnreachable(CharterError):
    """Nobody answers at the endpoint, or not in time."""

    code = "ChainUnreachable"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(
            f"The chain at {endpoint} does not answer: {reason}.",
            "Start it (`charter chain up` for the embedded one), or correct the endpoint.",
        )


class ConnectionDropped(ChainUnreachable):
    """The endpoint refuses the connection, or has closed it."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint, "it refuses or drops the connection")


class ChainLoginRefused(CharterError):
    """The endpoint asks for a token and was given none, a wrong one, or one that has expired."""

    code = "ChainLoginRefused"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, status: int) -> None:
        super().__init__(
            f"The chain at {endpoint} refuses the login (HTTP {status}).",
            "Give the token that the operator of the endpoint issued, or a new one if it expired, "
            "with `charter context set --token-file`.",
        )


class CertificateRefused(CharterError):
    """The endpoint's certificate does not prove that it is who it should be."""

    code = "CertificateRefused"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(
            f"The certificate of {endpoint} is not accepted: {reason}.",
            "Name the file of the authority that issued it with `charter context set --ca`, and "
            "the host as the certificate does.",
        )


class CertificatesInvalid(CharterError):
    """The file with the certificates that may vouch for an endpoint cannot be used."""

    code = "CertificatesInvalid"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"The certificates in {path} cannot be used: {reason}.",
            "Give a file in PEM form, as the operator of the endpoint handed it out.",
        )


class TokenFileInvalid(CharterError):
    """The file with the token for an endpoint holds none."""

    code = "TokenFileInvalid"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The token file {path} cannot be used: {reason}.",
            "Put the token that the operator of the endpoint issued into it, and nothing else.",
        )


class TokenFileInsecure(CharterError):
    """Others on this machine may read the file with the token for an endpoint."""

    code = "TokenFileInsecure"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Others on this machine may read or replace the token file {path}.",
            f"Take their rights away: chmod go= '{path}'.",
        )


class ChainAnswerInvalid(CharterError):
    """The endpoint answers what no sound chain would; nothing of it is believed."""

    code = "ChainAnswerInvalid"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(
            f"The answer of {endpoint} makes no sense: {reason}.",
            "Check that the endpoint is a node of this chain, or ask another one.",
        )


class RpcError(CharterError):
    """The node understood the request and answered with an error.

    Attributes:
        number: JSON-RPC's error number, such as -32601.
        text: the node's own words.
        data: what the node added, such as the data of a revert.
    """

    code = "ChainRequestFailed"
    exit_status = ExitStatus.CHAIN

    def __init__(self, method: str, number: int, text: str, data: Any = None) -> None:
        super().__init__(
            f"The chain refuses {method}: {text} ({number}).",
            "Check that the node offers what is asked; its own log says more.",
        )
        self.number = number
        self.text = text
        self.data = data


class ChainForeign(CharterError):
    """The endpoint belongs to another chain than the trust file names."""

    code = "ChainForeign"
    exit_status = ExitStatus.CHAIN

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"The endpoint is on chain {found}, not on chain {expected}.",
            "Use the endpoint of the swarm's own chain.",
        )


# --- several endpoints, and seals -----------------------------------------------------------------


class EndpointContradicted(CharterError):
    """An endpoint says otherwise than most of the others, or than what validators sealed."""

    code = "EndpointContradicted"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, endpoint: str, block: int) -> None:
        super().__init__(
            f"What {endpoint} says of block {block} is not what most of the endpoints say.",
            "Do not rely on it; tell whoever runs it.",
        )


class EndpointsDisagree(CharterError):
    """The endpoints contradict each other, and none is right by a majority."""

    code = "EndpointsDisagree"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, block: int, endpoints: Sequence[str]) -> None:
        super().__init__(
            f"The endpoints contradict each other about block {block}: {', '.join(endpoints)}.",
            "Find out which of them lies, or add a further one with `charter context set`.",
        )


class EndpointsBehind(CharterError):
    """The endpoints that answer do not have what was read before."""

    code = "EndpointsBehind"
    exit_status = ExitStatus.CHAIN

    def __init__(self, newest: int, known: int) -> None:
        super().__init__(
            f"The endpoints that answer end at block {newest}, and block {known} was read before.",
            "Wait until they have caught up, or until another endpoint answers again.",
        )


class BlockNotSealed(CharterError):
    """A block is not sealed by the validators whom the trust file leads to."""

    code = "BlockNotSealed"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, endpoint: str, number: int, reason: str) -> None:
        super().__init__(
            f"Block {number}, as {endpoint} gives it, is not believed: {reason}.",
            "Ask another endpoint; if all say so, get the trust file anew from a founder.",
        )


class StateNotProven(CharterError):
    """An endpoint does not prove what it says of a block's state."""

    code = "StateNotProven"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, endpoint: str, number: int, reason: str) -> None:
        super().__init__(
            f"What {endpoint} says of the state after block {number} is not proven: {reason}.",
            "Do not rely on it; ask another endpoint.",
        )


# --- the history ----------------------------------------------------------------------------------


class HistoryRewound(CharterError):
    """The chain went back, or shows another history where one was read already."""

    code = "HistoryRewound"
    exit_status = ExitStatus.CHAIN

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The chain shows another history than before: {reason}.",
            "Find out from the other institutions which history is right before going on.",
        )


class HistoryHeadMismatch(CharterError):
    """The events that the endpoint gives do not hash to the head that History holds."""

    code = "HistoryHeadMismatch"
    exit_status = ExitStatus.CHAIN

    def __init__(self, block: int, length: int, claimed: int) -> None:
        super().__init__(
            f"At block {block} the {length} records read do not hash to History's head "
            f"over {claimed} records.",
            "Do not rely on this endpoint: it leaves events out or alters them. Ask another one.",
        )


class HouseMissing(CharterError):
    """No swarm stands where the trust file says."""

    code = "HouseMissing"
    exit_status = ExitStatus.CHAIN

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The swarm is not on this chain: {reason}.",
            "Check that trust file and endpoint belong together, or found the swarm first.",
        )


class CodeForeign(CharterError):
    """A contract's code, or a value fixed in it, is not what the house's would be."""

    code = "CodeForeign"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, contract: str, address: str, reason: str) -> None:
        super().__init__(
            f"What stands at {address} is not the {contract} of this house: {reason}.",
            "Do not use it; ask the founders which contracts they deployed.",
        )


# --- the trust file -------------------------------------------------------------------------------


class TrustMissing(CharterError):
    """There is no trust file."""

    code = "TrustMissing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no trust file {path}.",
            "Get it from one of the founders, in person or over a channel you trust.",
        )


class TrustInvalid(CharterError):
    """The trust file is not what founding writes."""

    code = "TrustInvalid"

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(
            f"The trust file {path} cannot be used: {reason}.",
            "Get it again from one of the founders.",
        )


# --- keys -----------------------------------------------------------------------------------------


class KeyNameInvalid(CharterError):
    """A key's name cannot be a file's name everywhere."""

    code = "KeyNameInvalid"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' cannot be the name of a key.",
            "Use up to 64 lower-case letters, digits, dots, dashes and underscores.",
        )


class KeystoreUnknown(CharterError):
    """There is no key of this name."""

    code = "KeystoreUnknown"
    exit_status = ExitStatus.LOCAL

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This machine has no key named '{name}'.",
            "See `charter account list`, or make it with `charter account new`.",
        )


class KeystoreExists(CharterError):
    """There is a key of this name already; keys are never overwritten."""

    code = "KeystoreExists"
    exit_status = ExitStatus.LOCAL

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This machine has a key named '{name}' already.",
            "Choose another name; a key is never overwritten.",
        )


class KeystorePassphraseWrong(CharterError):
    """The passphrase does not open the key."""

    code = "KeystorePassphraseWrong"
    exit_status = ExitStatus.LOCAL

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The passphrase does not open the key '{name}'.",
            "Try again with the passphrase chosen when the key was made.",
        )


class KeystoreCorrupt(CharterError):
    """The file of a key is no keystore, or not whole."""

    code = "KeystoreCorrupt"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The keystore {path} is damaged: {reason}.",
            "Put back a copy of the file; without one the key is lost.",
        )


class KeystoreInsecure(CharterError):
    """Others on this machine may read the file of a key."""

    code = "KeystoreInsecure"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Others on this machine may read or replace {path}.",
            f"Take their rights away: chmod go= '{path}'.",
        )


class PassphraseEmpty(CharterError):
    """A key would be kept under no passphrase at all."""

    code = "PassphraseEmpty"
    exit_status = ExitStatus.LOCAL

    def __init__(self) -> None:
        super().__init__("The passphrase is empty.", "Choose one that nobody guesses.")


# --- transactions ---------------------------------------------------------------------------------


class Refused(CharterError):
    """A contract refuses a transaction; the custom error's name is the code.

    Attributes:
        arguments: the custom error's arguments by name.
    """

    exit_status = ExitStatus.REFUSED

    def __init__(
        self, code: str, message: str, remedy: str, arguments: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, remedy)
        self.code = code
        self.arguments = dict(arguments or {})


class TransactionPending(CharterError):
    """A transaction is sent and has no block yet."""

    code = "TransactionPending"
    exit_status = ExitStatus.TIMED_OUT

    def __init__(self, description: str, seconds: float) -> None:
        super().__init__(
            f"After {seconds:g} seconds no block holds the transaction ({description}).",
            "Run the same command again: it goes on with the same transaction.",
        )


class ChainHalted(CharterError):
    """The endpoint answers, and the chain makes no blocks."""

    code = "ChainHalted"
    exit_status = ExitStatus.CHAIN

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            "Wait until enough validators are back and agree again, which `charter network status` "
            "foretells, and run the same command again: what waits is done once.",
        )


class AccountNotInStep(RpcError):
    """The validator asked does not take transactions of an account, or not yet."""

    code = "AccountNotInStep"

    def __init__(self, account: str, said: RpcError) -> None:
        super().__init__("eth_sendRawTransaction", said.number, said.text, said.data)
        self.message = f"The chain's validators do not take transactions of {account} yet."
        self.args = (self.message,)
        self.remedy = (
            "Wait until they have followed the swarm's state with `charter network sync`, or have "
            "a member send the act with `charter relay`."
        )


class AccountBusy(CharterError):
    """Another process of this machine is sending from the same account."""

    code = "AccountBusy"
    exit_status = ExitStatus.LOCAL

    def __init__(self, address: str) -> None:
        super().__init__(
            f"Another command is sending from {address} and does not come to an end.",
            "Wait for it, or end it; nothing is lost by ending it.",
        )


class JournalCorrupt(CharterError):
    """The journal of transactions is damaged in its midst."""

    code = "JournalCorrupt"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(
            f"The journal {path} is damaged in line {line}.",
            "Put back a copy, or move it away once nothing sent from the account is pending.",
        )


class FunctionUnknown(CharterError):
    """A contract has no such function, or its arguments do not fit."""

    code = "FunctionUnknown"

    def __init__(self, contract: str, function: str, reason: str) -> None:
        super().__init__(
            f"{contract}.{function} cannot be called: {reason}.",
            "Give the arguments that the contract's interface names.",
        )
