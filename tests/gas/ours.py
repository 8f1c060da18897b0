"""What people and nodes do in a swarm, one after the other, and the gas of each act.

The swarm has five founders, and five institutions sign the first study, for the anchors' votes and
splits have five parties too. Each of them contributes to each checkpoint, whose quorum is three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from deploy.founding import Founded, found, plan, verify
from governance.chain.calls import call_data, read
from governance.history.events import CheckpointPublished, ProposalCreated, StudyOpened
from governance.primitives import keccak, sha256
from governance.vocabulary import (
    Contribution,
    Founder,
    Kind,
    Level,
    Parameters,
    Part,
    Payee,
    Profile,
    Publication,
    Sector,
    Shares,
    VotingRules,
    Weight,
)
from tests.gas.chain import CHAIN_ID, FOREVER
from tests.integration.histories.keys import Notary, key

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, TypeVar

    from tests.gas.chain import Chain, Done

    E = TypeVar("E")

FEW, MORE, MANY = SIZES = 5, 20, 100
"""How many institutions have signed the studies."""

LONG_TERMS = 3_000
"""Bytes."""

_IN_FAVOUR = 1
_AMOUNT = 10_000_001
_RULES = VotingRules(voting_period=7 * 86_400, quorum=50, expiry=14 * 86_400)


class House:
    """A founded swarm; institution n speaks through `account(n)` and runs `node(n)`."""

    def __init__(self, chain: Chain, folder: Path) -> None:
        self.chain = chain
        founders = [Founder(account(number), profile(number)) for number in range(1, FEW + 1)]
        agreed = plan(founders, _RULES, sha256(b"charter"), CHAIN_ID)
        # Otherwise each run had other addresses, signatures over them, and zeros among their bytes.
        with patch("deploy.founding.secrets.token_bytes", lambda _: sha256(b"deployer")):
            self.trust = found(chain.rpc, agreed, folder / "trust.json")
        self.founded: Founded = verify(chain.rpc, self.trust, agreed)
        self.addresses = self.founded.house

    def apply(self, number: int) -> Done:
        """The institution with the next number applies."""
        return self._swarm(account(number), "applyToJoin", profile(number))

    def admit(self, number: int) -> None:
        """As decided; who has voted how is of no matter here."""
        self._swarm(self.addresses.governor, "admit", number)

    def register_node(self, number: int) -> Done:
        """An institution registers its node."""
        own = key("node", number)
        proof = Notary(CHAIN_ID).node(self.addresses.swarm, number, own, FOREVER)
        return self._swarm(account(number), "registerNode", own.address, FOREVER, proof)

    def vote_in(self, number: int) -> list[Done]:
        """Has an applicant admitted by vote; the votes."""
        governor = self.addresses.governor
        call = call_data("Swarm", "admit", [number])
        proposed = [self.addresses.swarm], [0], [call]
        signature = "propose(address[],uint256[],bytes[],string)"
        created = only(
            ProposalCreated,
            self._send(account(1), governor, "SwarmGovernor", signature, *proposed, "Because."),
        )
        votes = [
            self._send(
                account(voter),
                governor,
                "SwarmGovernor",
                "castVote",
                created.proposal_id,
                _IN_FAVOUR,
            )
            for voter in range(1, FEW // 2 + 2)
        ]
        description = keccak(created.description.encode())
        execute = "execute(address[],uint256[],bytes[],bytes32)"
        self._send(account(1), governor, "SwarmGovernor", execute, *proposed, description)
        return votes

    def open(self, terms: bytes, quorum: int) -> Done:
        """The first institution opens a study."""
        arguments = terms, _parameters(quorum)
        return self._send(account(1), self.addresses.studies, "Studies", "open", *arguments)

    def _swarm(self, sender: str, function: str, *args: Any) -> Done:
        return self._send(sender, self.addresses.swarm, "Swarm", function, *args)

    def _send(self, sender: str, to: str, contract: str, function: str, *args: Any) -> Done:
        return self.chain.send(sender, to, call_data(contract, function, args))


class Study:
    """A study that the first `size` institutions sign in the order of their numbers."""

    def __init__(self, house: House, size: int) -> None:
        self.chain = house.chain
        self.size = size
        self.opened = house.open(b"{}", self.quorum)
        event = only(StudyOpened, self.opened)
        self.address, self.benefits = event.contract_address, event.benefits
        self.round = 0

    @property
    def quorum(self) -> int:
        """More than half of the signatories."""
        return self.size // 2 + 1

    def sign_all(self) -> list[Done]:
        """All sign, and the study starts; the signatures."""
        digests = read(self.chain.rpc, self.address, "Study", "termsOf", [1])
        arguments = 1, *digests, sha256(b"readiness"), sha256(b"consent")
        signed = [
            self._study(account(number), "sign", *arguments) for number in range(1, self.size + 1)
        ]
        self._study(account(1), "start")
        return signed

    def publish(self, publisher: int) -> tuple[bytes, Done]:
        """A checkpoint of the next round, to which all have contributed; its identity."""
        _, parent, _ = read(self.chain.rpc, self.address, "Study", "lineageHead")
        self.round += 1
        publication = Publication(
            round=self.round,
            parent=parent,
            digest=sha256(b"model %d" % self.round),
            contributions=tuple(Contribution(number, 1) for number in range(1, self.size + 1)),
            envelopes_root=sha256(b"envelopes %d" % self.round),
            round_record=sha256(b"record %d" % self.round),
        )
        done = self._study(node(publisher), "publish", publication)
        return only(CheckpointPublished, done).checkpoint, done

    def attest_all(self, checkpoint: bytes, publisher: int) -> list[Done]:
        """As many attest as the quorum needs; the attestations, the last of which is final."""
        others = [number for number in range(1, self.size + 1) if number != publisher]
        return [
            self._study(node(number), "attest", checkpoint, Level.MERGE_RECOMPUTED)
            for number in others[: self.quorum - 1]
        ]

    def declare(self) -> Done:
        """The first institution declares revenue."""
        document, licence = sha256(b"invoice"), sha256(b"licence")
        return self._benefits(
            account(1), "declare", b"EUR", _AMOUNT, document, "Arzneimittel AG", licence
        )

    def pay(self, receiver: int) -> Done:
        """The first institution records that it has paid another's share."""
        return self._benefits(account(1), "pay", 1, Part.OWN, receiver, sha256(b"transfer"))

    def confirm(self, receiver: int) -> Done:
        """That institution confirms it."""
        return self._benefits(account(receiver), "confirm", 1, Part.OWN, receiver)

    def _study(self, sender: str, function: str, *args: Any) -> Done:
        return self.chain.send(sender, self.address, call_data("Study", function, args))

    def _benefits(self, sender: str, function: str, *args: Any) -> Done:
        return self.chain.send(sender, self.benefits, call_data("Benefits", function, args))


def account(number: int) -> str:
    """The account of an institution."""
    return key("account", number).address


def node(number: int) -> str:
    """The node of an institution."""
    return key("node", number).address


def only(kind: type[E], done: Done) -> E:
    """The one event of a kind that a transaction emitted."""
    (event,) = (each for each in done.events() if isinstance(each, kind))
    return event


def profile(number: int) -> Profile:
    """What an institution says of itself."""
    name = f"Universitätsklinikum {number}"
    return Profile(name, Kind.HOSPITAL, Sector.PUBLIC, b"DE", sha256(name.encode()))


def _parameters(quorum: int) -> Parameters:
    return Parameters(
        kinds=0b1111,
        sectors=0b11,
        any_country=False,
        minimum_signatories=2,
        minimum_contributors=2,
        quorum=quorum,
        rounds=50,
        level=Level.SET_CHECKED,
        consent_max_age=365 * 86_400,
        expires_at=FOREVER,
        countries=(b"AT", b"CH", b"DE"),
        shares=Shares(
            equal=2_000,
            contributed=3_000,
            patients=2_500,
            weighted=1_500,
            remainder_to=1,
            weights=(Weight(1, 2), Weight(2, 1)),
            payees=(Payee(key("payee of the terms", 1).address, 1_000),),
        ),
    )
