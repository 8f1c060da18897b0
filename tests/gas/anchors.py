"""What the usual parts cost: each anchor in the form that was measured, said in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_abi.abi import encode
from eth_abi.grammar import parse

from governance.primitives import ZERO_ADDRESS, keccak, sha256
from governance.vocabulary import ZERO_DIGEST
from tests.gas.compiling import EAS, EAS_PACKAGE, SPLITTER, STAND_INS, version_of
from tests.integration.histories.keys import key

if TYPE_CHECKING:
    from tests.gas.chain import Chain
    from tests.gas.compiling import Build

_IN_FAVOUR = 1
_ETHER = 10**18
_PEOPLE = [key("anchor", index).address for index in range(5)]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Something that costs gas elsewhere.

    Attributes:
        name: as the table calls it.
        gas: what it costs.
        form: what exactly was measured.
        package: npm package and version that it comes from.
        build: how it was compiled; none for what was not measured here.
    """

    name: str
    gas: int
    form: str
    package: str = ""
    build: Build | None = None


@dataclass(frozen=True, slots=True)
class Anchors:
    """All of them, by what they are."""

    floor: Anchor
    attestation: Anchor
    first_vote: Anchor
    later_vote: Anchor
    release: Anchor
    distribution: Anchor

    def all(self) -> tuple[Anchor, ...]:
        """In the order of the document."""
        return (
            self.floor,
            self.attestation,
            self.first_vote,
            self.later_vote,
            self.release,
            self.distribution,
        )


def measure(chain: Chain) -> Anchors:
    """Has each of them done on the chain."""
    first_vote, later_vote = _votes(chain)
    return Anchors(
        floor=_floor(chain),
        attestation=_attestation(chain),
        first_vote=first_vote,
        later_vote=later_vote,
        release=_release(chain),
        distribution=Anchor(
            "0xSplits v2 distribution",
            102_148,
            "a later pull distribution to five; the figure is taken as given, for we know of no "
            "npm package with the contracts",
        ),
    )


def _floor(chain: Chain) -> Anchor:
    contract = chain.create(_PEOPLE[0], STAND_INS.creation_codes()["Floor"])
    return Anchor(
        "bare floor",
        chain.send(_PEOPLE[0], contract, keccak(b"act()")[:4]).gas,
        "`Floor.act()`: one mapping's slot set for the first time, one log of one word; no check",
        "`tests/gas/contracts`",
        STAND_INS,
    )


def _attestation(chain: Chain) -> Anchor:
    codes = EAS.creation_codes()
    registry = chain.create(_PEOPLE[0], codes["SchemaRegistry"])
    service = chain.create(_PEOPLE[0], codes["EAS"] + encode(["address"], [registry]))
    schema = ("bytes32 digest", ZERO_ADDRESS, True)
    registered = chain.send(_PEOPLE[0], registry, _call("register(string,address,bool)", *schema))
    uid = registered.logs[0].topics[1]
    request = (ZERO_ADDRESS, 0, True, ZERO_DIGEST, sha256(b"model"), 0)
    data = _call("attest((bytes32,(address,uint64,bool,bytes32,bytes,uint256)))", (uid, request))
    return Anchor(
        "EAS attestation",
        chain.send(_PEOPLE[0], service, data).gas,
        "`EAS.attest`: one digest of 32 bytes under a schema of one field; revocable, with no "
        "recipient, no expiry, no reference and no resolver",
        f"`{EAS_PACKAGE}` {version_of(EAS_PACKAGE)} with `@openzeppelin/contracts` "
        f"{version_of('openzeppelin-5.3')}",
        EAS,
    )


def _votes(chain: Chain) -> tuple[Anchor, Anchor]:
    codes = STAND_INS.creation_codes()
    token = chain.create(_PEOPLE[0], codes["PlainToken"] + encode(["address[]"], [_PEOPLE]))
    governor = chain.create(_PEOPLE[0], codes["PlainGovernor"] + encode(["address"], [token]))
    for holder in _PEOPLE:
        chain.send(holder, token, _call("delegate(address)", holder))
    proposed = [token], [0], [b""]
    propose = _call("propose(address[],uint256[],bytes[],string)", *proposed, "Because.")
    chain.send(_PEOPLE[0], governor, propose)
    identity = keccak(
        encode(["address[]", "uint256[]", "bytes[]", "bytes32"], [*proposed, keccak(b"Because.")])
    )
    vote = _call("castVote(uint256,uint8)", int.from_bytes(identity), _IN_FAVOUR)
    first, later = (chain.send(holder, governor, vote).gas for holder in _PEOPLE[:2])
    package = f"`@openzeppelin/contracts` {version_of('@openzeppelin/contracts')}"
    parts = "`Governor`, `GovernorCountingSimple`, `GovernorVotes` over `ERC20Votes`"
    return (
        Anchor(
            "plain Governor, first vote",
            first,
            f"`castVote` in favour, a proposal's first; {parts}, time in seconds",
            package,
            STAND_INS,
        ),
        Anchor(
            "plain Governor, later vote",
            later,
            "`castVote` in favour by the next holder",
            package,
            STAND_INS,
        ),
    )


def _release(chain: Chain) -> Anchor:
    code = SPLITTER.creation_codes()["PaymentSplitter"]
    payees = [key("payee", index).address for index in range(5)]
    shares = encode(["address[]", "uint256[]"], [payees, [1] * len(payees)])
    splitter = chain.create(_PEOPLE[0], code + shares)
    chain.rpc.call("anvil_setBalance", _PEOPLE[0], hex(_ETHER))
    chain.send(_PEOPLE[0], splitter, value=_ETHER)
    return Anchor(
        "PaymentSplitter, first release",
        chain.send(_PEOPLE[0], splitter, _call("release(address)", payees[0])).gas,
        "`release` of ether, the splitter's first of all, to one of five payees whose account "
        "did not exist before",
        f"`@openzeppelin/contracts` {version_of('openzeppelin-4.9')}",
        SPLITTER,
    )


def _call(signature: str, *args: object) -> bytes:
    inputs = parse(signature[signature.index("(") :]).components
    return keccak(signature.encode())[:4] + encode([each.to_type_str() for each in inputs], args)
