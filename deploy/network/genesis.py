"""From the cards of all institutions to the network: the same bytes wherever it is done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.rlp import encode
from governance.errors import CharterError
from governance.primitives import address_bytes, sha256, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deploy.network.card import Card
    from governance.chain.rlp import Item

BLOCK_SECONDS = 1
"""Seconds between blocks when there is something to put into them."""

EMPTY_BLOCK_SECONDS = 15
"""Seconds between blocks when there is nothing: an idle chain costs little."""

ROUND_SECONDS = 2
"""Seconds after which validators go on without a proposer that is silent; doubled each time."""

GAS_LIMIT = 100_000_000
"""Gas of a block."""

TOLERANT = 4
"""Validators of which one may fail."""

_EPOCH = 30_000
_QBFT_MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
_VANITY = bytes(32)


class CardsUnfit(CharterError):
    """Cards do not make a network together."""

    code = "CardsUnfit"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"These cards make no network together: {reason}.",
            "Have each institution hand out one card, and assemble all of them at once.",
        )


@dataclass(frozen=True, slots=True)
class Network:
    """What all institutions make from the same cards.

    Attributes:
        cards: in the order of the validators' addresses.
        files: contents by file name; equal everywhere.
    """

    cards: tuple[Card, ...]
    files: Mapping[str, str]

    @property
    def chain_id(self) -> int:
        """The chain's number."""
        return self.cards[0].chain_id

    @property
    def digest(self) -> str:
        """What institutions compare before they start: one hash over all files and cards."""
        listed: dict[str, Any] = {
            name: sha256(text.encode()).hex() for name, text in sorted(self.files.items())
        }
        listed["cards"] = [to_hex(card.digest()) for card in self.cards]
        return to_hex(sha256(json.dumps(listed, sort_keys=True).encode()))


def assemble(cards: Iterable[Card]) -> Network:
    """Makes the network of these cards; their order does not matter.

    Raises:
        CardsUnfit: there is none, they are for different chains, or two claim the same account,
            key or place.
    """
    ordered = tuple(sorted(cards, key=lambda card: card.validator))
    if not ordered:
        raise CardsUnfit("there is none")
    if len({card.chain_id for card in ordered}) != 1:
        numbers = ", ".join(f"{card.name}: {card.chain_id}" for card in ordered)
        raise CardsUnfit(f"they are for chains with different numbers ({numbers})")
    _distinct(ordered, "the account", [card.account for card in ordered])
    _distinct(ordered, "the validator key", [card.validator for card in ordered])
    _distinct(ordered, "the place", [f"{card.host}:{card.port}" for card in ordered])
    return Network(ordered, {"genesis.json": _pretty(_genesis(ordered)), **permissions(ordered)})


def permissions(cards: Iterable[Card]) -> dict[str, str]:
    """Whom a validator connects to and takes transactions from, as Besu's files by name."""
    ordered = sorted(cards, key=lambda card: card.validator)
    peers = [card.enode for card in ordered]
    return {
        "static-nodes.json": _pretty(peers),
        "nodes.toml": allowlist("nodes-allowlist", peers),
        "accounts.toml": allowlist("accounts-allowlist", [card.account for card in ordered]),
    }


def allowlist(name: str, entries: Iterable[str]) -> str:
    """A list as Besu's permission files hold it, sorted, so that equal lists are equal bytes."""
    lines = "".join(f'  "{entry}",\n' for entry in sorted(entries))
    return f"{name}=[\n{lines}]\n"


def extra_data(validators: Iterable[str]) -> bytes:
    """What the first block's header says of who validates (QBFT, block header mode)."""
    listed: list[Item] = [*sorted(address_bytes(each) for each in validators)]
    vote: list[Item] = []
    seals: list[Item] = []
    first_round = b""
    return encode([_VANITY, listed, vote, first_round, seals])


def _genesis(cards: Sequence[Card]) -> dict[str, Any]:
    return {
        "config": {
            "chainId": cards[0].chain_id,
            "berlinBlock": 0,
            "londonBlock": 0,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "zeroBaseFee": True,
            "qbft": {
                "epochlength": _EPOCH,
                "blockperiodseconds": BLOCK_SECONDS,
                "emptyblockperiodseconds": EMPTY_BLOCK_SECONDS,
                "requesttimeoutseconds": ROUND_SECONDS,
            },
        },
        "nonce": "0x0",
        "timestamp": "0x0",
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x1",
        "mixHash": _QBFT_MIX_HASH,
        "coinbase": "0x0000000000000000000000000000000000000000",
        "extraData": to_hex(extra_data(card.validator for card in cards)),
        "alloc": {},
    }


def _distinct(cards: Sequence[Card], what: str, values: Sequence[str]) -> None:
    first: dict[str, str] = {}
    for card, value in zip(cards, values, strict=True):
        if value in first:
            raise CardsUnfit(f"{first[value]} and {card.name} both claim {what} {value}")
        first[value] = card.name


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"
