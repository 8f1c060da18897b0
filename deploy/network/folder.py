"""One validator's folder: its key, the cards, and what was made from them.

```
validator.key      the validator's key, which never leaves
card.json          the own card, to be handed out
cards/             everybody's cards, once the network is assembled; the newest of each counts
cards/before/      own cards that were replaced
genesis.json · static-nodes.json · nodes.toml · accounts.toml     made from the cards
network.json       the digest that all have compared, and where the own RPC listens
config.toml · charter-validator.service · compose.yaml            to run it for good
data/ · tmp/ · besu.log · run.json                                Besu's, and its process
```
"""

from __future__ import annotations

import json
import pwd
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.network import process
from deploy.network.card import Card, CardInvalid, newest
from deploy.network.engine import lasting_engine
from deploy.network.genesis import CardsUnfit, Network, allowlist, assemble, permissions
from deploy.network.planning import validator_of
from deploy.network.serving import Serving
from deploy.network.settings import RPC_HOST, compose_file, config_toml, settings, systemd_unit
from deploy.network.validator_key import ValidatorKey
from governance.chain.files import write_atomically
from governance.chain.rpc import Rpc
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from governance.chain.signer import Signer

SCHEME = "swarm-charter/network/1"

RPC_PORT = 8550
"""Where a validator's RPC listens unless another port is chosen."""

RPC_SECONDS = 30.0
"""For so long the own validator may take for an answer."""

_READABLE_BY_ALL = 0o644
_ENODE = re.compile(r'enode://[^"\s]+')


class ValidatorExists(CharterError):
    """The folder holds a validator's key already."""

    code = "ValidatorExists"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The folder {folder} holds a validator already: {reason}.",
            "Use it as it is, give it another address with `charter network move`, or choose "
            "another folder; a key is never overwritten.",
        )


class NetworkNotAssembled(CharterError):
    """The folder holds no network yet."""

    code = "NetworkNotAssembled"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"No network is assembled in the folder {folder}.",
            "Make the key with `charter network key`, exchange cards, then run `charter network "
            "assemble` with all of them.",
        )


class NetworkOther(CharterError):
    """Other cards were assembled in this folder before."""

    code = "NetworkOther"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path, known: str, other: str) -> None:
        super().__init__(
            f"The network in {folder} has the digest {known}; these cards make {other}.",
            "Find out with the others whose card differs; for another network, use another folder.",
        )


@dataclass(frozen=True, slots=True)
class Assembled:
    """What was assembled in a folder.

    Attributes:
        chain_id: the chain's number.
        digest: what all institutions have compared.
        rpc_port: where the own validator's RPC listens.
        serving: how other machines reach it; it is on loopback if they do not.
    """

    chain_id: int
    digest: str
    rpc_port: int
    serving: Serving | None = None

    @property
    def endpoint(self) -> str:
        """URL of the own validator's RPC."""
        if self.serving:
            return self.serving.endpoint(self.rpc_port)
        return f"http://{RPC_HOST}:{self.rpc_port}"

    def rpc(self, timeout: float = RPC_SECONDS) -> Rpc:
        """The own validator's RPC.

        Raises:
            TokenFileInvalid, TokenFileInsecure, CertificatesInvalid: what it takes cannot be used.
        """
        own = self.serving
        return Rpc(
            self.endpoint,
            timeout,
            ca=own.ca if own else None,
            token_file=own.token_file if own else None,
        )


@dataclass(frozen=True, slots=True)
class KnownCards:
    """The cards that lie in a folder.

    Attributes:
        cards: those that can be used.
        unfit: what is wrong with each of the others.
    """

    cards: tuple[Card, ...]
    unfit: tuple[CardInvalid, ...] = ()

    @property
    def enodes(self) -> dict[str, str]:
        """The validators' URLs by address, as the cards say."""
        return {card.validator: card.enode for card in self.cards}


class ValidatorFolder:
    """The folder of one validator.

    Args:
        path: the folder, which need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.key_file = self.path / "validator.key"
        self.card_file = self.path / "card.json"
        self.cards = self.path / "cards"
        self.manifest = self.path / "network.json"
        self.data = self.path / "data"
        self.log = self.path / "besu.log"

    def create(self, name: str, account: Signer, *, chain_id: int, host: str, port: int) -> Card:
        """Makes the validator's key and card; found as asked for, they stay as they are.

        Args:
            name: what the institution calls itself.
            account: the key that speaks for it.
            chain_id: number of the chain that is to be.
            host: IP address at which other validators reach it.
            port: TCP port there.

        Raises:
            ValidatorExists: there is another card already.
            CardFieldWrong: a field does not fit; nothing is written then.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.card_file.exists():
            card = Card.load(self.card_file)
            asked = (name, account.address, chain_id, host, port)
            if (card.name, card.account, card.chain_id, card.host, card.port) != asked:
                raise ValidatorExists(self.path, f"its card says {card.name}, {card.enode[-21:]}")
            return card
        # A card is refused before there is a key that nobody needs.
        key = ValidatorKey.load(self.key_file) if self.key_file.exists() else None
        Card.check_fields(name, chain_id=chain_id, host=host, port=port)
        key = key or ValidatorKey.create(self.key_file)
        card = Card.make(name, account, key, chain_id=chain_id, host=host, port=port)
        card.save(self.card_file)
        return card

    def assemble(
        self,
        cards: Iterable[Card],
        rpc_port: int | None = None,
        *,
        joining: bool = False,
        serving: Serving | None = None,
        local: bool = False,
    ) -> Network:
        """Makes the network's files from everybody's cards; the same cards again change nothing.

        Of the RPC, what is not given stays as it is: at first, on loopback and at `RPC_PORT`.

        Args:
            cards: of all who began the network, the own one included unless one joins it later.
            rpc_port: where the own validator's RPC shall listen.
            joining: whether the network began without the own validator.
            serving: how other machines shall reach the RPC.
            local: whether it shall be on loopback again.

        Raises:
            NetworkNotAssembled: there is no own card yet.
            CardsUnfit: they do not go together, or the own one is not among them.
            NetworkOther: other cards were assembled here before.
            ValidatorRuns: files that it was started with would be changed.
        """
        if not self.card_file.exists():
            raise NetworkNotAssembled(self.path)
        own = Card.load(self.card_file)
        network = assemble(cards)
        if own not in network.cards and not joining:
            raise CardsUnfit(f"the card of this folder, {own.name}, is not among them as it is")
        if own.chain_id != network.chain_id:
            raise CardsUnfit(f"this folder's card is for the chain {own.chain_id}")
        # What is damaged is made anew, from the same cards.
        if self.is_assembled:
            known = self.assembled()
            if known.digest != network.digest:
                raise NetworkOther(self.path, known.digest, network.digest)
            wanted = rpc_port or known.rpc_port, None if local else serving or known.serving
            if wanted != (known.rpc_port, known.serving):
                self._require_stopped()
                self._write_services(own, *wanted)
                self._write_manifest(network, *wanted)
            return network
        self._require_stopped()
        known_cards = newest([own, *network.cards]).values()
        for card in known_cards:
            card.save(self.cards / f"{card.validator}.json")
        # Genesis is the network's; who may speak to the own validator is known here.
        lists = permissions(known_cards)
        for name, text in {**network.files, **lists}.items():
            write_atomically(self.path / name, text, _READABLE_BY_ALL)
        self._write_services(own, rpc_port or RPC_PORT, serving)
        # Last, since it says that all the rest is there.
        self._write_manifest(network, rpc_port or RPC_PORT, serving)
        return network

    def _require_stopped(self) -> None:
        if process.may_run(self):
            raise process.ValidatorRuns(self)

    def _write_manifest(self, network: Network, rpc_port: int, serving: Serving | None) -> None:
        manifest = {
            "scheme": SCHEME,
            "chain_id": network.chain_id,
            "digest": network.digest,
            "rpc_port": rpc_port,
            **({"serving": serving.as_json()} if serving else {}),
        }
        write_atomically(self.manifest, json.dumps(manifest, indent=2) + "\n", _READABLE_BY_ALL)

    def assembled(self) -> Assembled:
        """What was assembled here.

        Raises:
            NetworkNotAssembled: nothing yet.
        """
        try:
            written: dict[str, Any] = json.loads(self.manifest.read_text(encoding="utf-8"))
            serving = written.get("serving")
            return Assembled(
                int(written["chain_id"]),
                str(written["digest"]),
                int(written["rpc_port"]),
                Serving.from_json(serving) if serving else None,
            )
        except (OSError, ValueError, KeyError, TypeError):
            raise NetworkNotAssembled(self.path) from None

    @property
    def is_assembled(self) -> bool:
        """Whether a network was assembled here, and what says so is not damaged."""
        try:
            self.assembled()
        except NetworkNotAssembled:
            return False
        return True

    def known_cards(self) -> KnownCards:
        """Everybody's cards, those added since the network began included.

        A bad one, such as one that is just being copied here, takes nothing from the others. Of
        two of one validator the newer counts, and neither where none is newer.
        """
        read: dict[Path, Card] = {}
        unfit = []
        for path in sorted(self.cards.glob("*.json")):
            try:
                read[path] = Card.load(path)
            except CardInvalid as error:
                unfit.append(error)
        found = newest(read.values())
        disputed = set()
        for path, card in read.items():
            known = found[card.validator]
            if card.issued_at == known.issued_at and card.digest() != known.digest():
                reason = "another card of the same validator says otherwise, and neither is newer"
                unfit.append(CardInvalid(path, reason))
                disputed.add(card.validator)
        cards = tuple(card for each, card in found.items() if each not in disputed)
        return KnownCards(cards, tuple(unfit))

    def put_own_card(self, card: Card) -> None:
        """Has the own card replaced, and whatever says where the own validator is reached.

        The one before is kept: who assembles the network anew needs the cards that began it.

        Args:
            card: a newer one of the same validator, or the own one, to end what was broken off.
        """
        if self.is_assembled:
            own = Card.load(self.card_file)
            if own != card:
                own.save(self.cards / "before" / f"{own.validator}-{own.issued_at}.json")
        card.save(self.card_file)
        if not self.is_assembled:
            return
        card.save(self.cards / f"{card.validator}.json")
        self._list_own(card)
        # Lines alone: the rest may have been changed by whoever runs it.
        place = {name: each for name, each in self.settings().items() if name.startswith("p2p-")}
        for line in config_toml(place).splitlines():
            self._reword("config.toml", rf"^{line.partition('=')[0]} *=.*$", line)
        self._reword("compose.yaml", r"(?<=# P2P: )\S+", f"{card.host}:{card.port}")

    def _list_own(self, card: Card) -> None:
        """Has Besu's lists of peers say where the own validator is reached."""
        path = self.path / "nodes.toml"
        listed = set(_ENODE.findall(path.read_text(encoding="utf-8")))
        others = sorted(each for each in listed if validator_of(each) != card.validator)
        if listed == {*others, card.enode}:
            return
        # First, since the engine does not start where one of them is not on the list.
        static = json.dumps(others, indent=2) + "\n"
        write_atomically(self.path / "static-nodes.json", static, _READABLE_BY_ALL)
        text = allowlist("nodes-allowlist", [*others, card.enode])
        write_atomically(path, text, _READABLE_BY_ALL)

    def _reword(self, name: str, pattern: str, said: str) -> None:
        path = self.path / name
        before = path.read_text(encoding="utf-8")
        after = re.sub(pattern, lambda _: said, before, flags=re.MULTILINE)
        if after != before:
            write_atomically(path, after, _READABLE_BY_ALL)

    def own_accounts(self) -> tuple[str, ...]:
        """The account of whoever runs the validator, as its card says."""
        return (Card.load(self.card_file).account,)

    def settings(self) -> dict[str, Any]:
        """What Besu is started with here."""
        found = self.assembled()
        return settings(Card.load(self.card_file), self.path, found.rpc_port, found.serving)

    def _write_services(self, own: Card, rpc_port: int, serving: Serving | None) -> None:
        chosen = settings(own, self.path, rpc_port, serving)
        reached = serving.endpoint(rpc_port) if serving else "this machine alone"
        engine, owner = lasting_engine(), self.path.stat()
        user = _account(owner.st_uid)
        numbers = f"{owner.st_uid}:{owner.st_gid}"
        texts = {
            "config.toml": config_toml(chosen),
            "charter-validator.service": systemd_unit(self.path, engine.program, engine.java, user),
            "compose.yaml": compose_file(own, self.path, numbers, reached),
        }
        for name, text in texts.items():
            write_atomically(self.path / name, text, _READABLE_BY_ALL)


def _account(number: int) -> str:
    """A user's name, or the number where it has none on this machine."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
