"""Acts by relay: signed by one, sent by another, and now and then spoilt on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from governance.chain import call_data
from governance.chain.relay import RelayRequest
from governance.primitives import sha256
from tests.integration.histories.chain import CHAIN_ID
from tests.integration.histories.keys import Key, key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.integration.histories.chain import Chain

_COUNT_BITS = 64
_FORGER = key("forger", 0)


@dataclass(frozen=True, slots=True)
class Letter:
    """An act that somebody has signed.

    Attributes:
        request: What is signed.
        by: Who signs.
        signature: What is handed to the relay.
    """

    request: RelayRequest
    by: Key
    signature: bytes

    def call(self) -> bytes:
        """What the sender's transaction carries."""
        said = self.request
        fields = said.account, said.to, said.data, said.nonce, said.deadline
        return call_data("Relay", "relay", (fields, self.signature))


class Desk:
    """Where acts are signed.

    Args:
        chain: With the house that is looked at, and its rival.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.written = 0
        self.studies: Sequence[str] = ()

    def write(self, by: Key, to: str, data: bytes, deadline: int) -> Letter:
        """An act as it is signed."""
        self.written += 1
        nonce = int.from_bytes(sha256(b"nonce %d" % self.written)[:24], "big") << _COUNT_BITS
        request = RelayRequest(
            CHAIN_ID, self.chain.house.relay, by.address, to, data, nonce, deadline
        )
        return _signed(request, by)

    def spoil(self, letter: Letter, trick: str, now: int, studies: Sequence[str]) -> Letter:
        """The act as it must not be taken.

        Args:
            letter: The sound one.
            trick: One of `TRICKS`.
            now: Unix seconds.
            studies: Addresses of all studies.
        """
        self.studies = studies
        return TRICKS[trick].spoil(self, letter, now)


@dataclass(frozen=True, slots=True)
class Trick:
    """A way to spoil a signed act.

    Attributes:
        refusal: How the relay refuses it.
        spoil: Makes it from a sound one, at a time.
    """

    refusal: str
    spoil: Callable[[Desk, Letter, int], Letter]


def _signed(request: RelayRequest, by: Key) -> Letter:
    return Letter(request, by, by.sign(request.digest))


def _forged(_: Desk, letter: Letter, __: int) -> Letter:
    return replace(letter, signature=_FORGER.sign(letter.request.digest))


def _by_one_person(_: Desk, letter: Letter, __: int) -> Letter:
    """One of two persons, once or twice; a key's signature without its end."""
    half = letter.signature[:65] if letter.by.is_contract else letter.signature[:64]
    return replace(letter, signature=half * (1 + letter.request.digest[2] % 2))


def _too_late(_: Desk, letter: Letter, now: int) -> Letter:
    return _signed(replace(letter.request, deadline=now - 1), letter.by)


def _with_another_deadline(_: Desk, letter: Letter, __: int) -> Letter:
    later = replace(letter.request, deadline=letter.request.deadline + 1)
    return replace(letter, request=later)


def _another_act(_: Desk, letter: Letter, __: int) -> Letter:
    said = letter.request
    return replace(letter, request=replace(said, data=said.data[:4] + bytes(32) + said.data[4:]))


def _with_more_behind(_: Desk, letter: Letter, __: int) -> Letter:
    said = letter.request
    return replace(letter, request=replace(said, data=said.data + bytes(20)))


def _elsewhere(desk: Desk, letter: Letter, __: int) -> Letter:
    """On another study, or another contract of the house where there is no other study."""
    said = letter.request
    places = *desk.studies, desk.chain.house.swarm, desk.chain.house.governor
    other = next(each for each in places if each != said.to)
    return replace(letter, request=replace(said, to=other))


def _for_another_account(desk: Desk, letter: Letter, __: int) -> Letter:
    accounts = [each.address for each in desk.chain.founders]
    other = next(each for each in accounts if each != letter.by.address)
    return replace(letter, request=replace(letter.request, account=other))


def _with_another_nonce(_: Desk, letter: Letter, __: int) -> Letter:
    nonce = letter.request.nonce + (1 << _COUNT_BITS)
    return replace(letter, request=replace(letter.request, nonce=nonce % (1 << 256)))


def _on_another_chain(_: Desk, letter: Letter, __: int) -> Letter:
    elsewhere = replace(letter.request, chain_id=CHAIN_ID + 1)
    return replace(letter, signature=letter.by.sign(elsewhere.digest))


def _at_the_rivals(desk: Desk, letter: Letter, __: int) -> Letter:
    elsewhere = replace(letter.request, relay=desk.chain.rival.relay)
    return replace(letter, signature=letter.by.sign(elsewhere.digest))


def _out_of_turn(_: Desk, letter: Letter, __: int) -> Letter:
    return _signed(replace(letter.request, nonce=letter.request.nonce + 1), letter.by)


def _outside_the_house(desk: Desk, letter: Letter, __: int) -> Letter:
    house, rival = desk.chain.house, desk.chain.rival
    places = house.history, house.relay, rival.swarm, rival.governor, _FORGER.address
    to = places[letter.request.digest[3] % len(places)]
    return _signed(replace(letter.request, to=to), letter.by)


AGAIN: Final = "sent again"
"""The one trick that is played after the act."""

TRICKS: Final = {
    "forged": Trick("RelaySignatureInvalid", _forged),
    "by one person": Trick("RelaySignatureInvalid", _by_one_person),
    "too late": Trick("RelayDeadlineOver", _too_late),
    "with another deadline": Trick("RelaySignatureInvalid", _with_another_deadline),
    "another act": Trick("RelaySignatureInvalid", _another_act),
    "with more behind": Trick("RelaySignatureInvalid", _with_more_behind),
    "elsewhere": Trick("RelaySignatureInvalid", _elsewhere),
    "for another account": Trick("RelaySignatureInvalid", _for_another_account),
    "with another nonce": Trick("RelaySignatureInvalid", _with_another_nonce),
    "on another chain": Trick("RelaySignatureInvalid", _on_another_chain),
    "at the rival's": Trick("RelaySignatureInvalid", _at_the_rivals),
    "out of turn": Trick("InvalidAccountNonce", _out_of_turn),
    "outside the house": Trick("RelayTargetForbidden", _outside_the_house),
    AGAIN: Trick("InvalidAccountNonce", lambda _, letter, __: letter),
}
"""Every way in which a signed act must not be taken."""
