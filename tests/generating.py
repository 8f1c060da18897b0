"""Histories of any length, made from the library's own records, in which everything holds.

`records` tells a swarm's life: it is founded, institutions apply and are voted in, studies open,
train, are amended and closed, money comes and is shared. The same arguments give the same records,
and they fold. What there is most of (publications, attestations, final checkpoints) is written as
words at their places, everything else by `eth_abi`; a test holds the two against each other.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.abi import load_functions
from governance.benefits import shares
from governance.encoding import encode_parameters
from governance.history import Record, Study, Swarm
from governance.history import events as e
from governance.history.abi import WORD
from governance.history.study import Final, Revenue, Version
from governance.history.table import shapes
from governance.primitives import address_bytes, keccak, to_hex
from governance.terms import Terms, canonical, load_terms, parameters
from governance.vocabulary import (
    ZERO_DIGEST,
    Action,
    Contribution,
    Ground,
    Kind,
    Level,
    Sector,
    StudyState,
    VotingRules,
)
from tests.unit.history.chronicle import address, declaration, digest, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAIN_ID = 31_337
HISTORY = address("history")
FOUNDED = 1_736_150_400
"""2025-01-06 08:00 UTC."""
SPAN = 500 * 86_400
"""Seconds in which everything happens, unless there is more of it than seconds."""
ROUNDS = 10
"""Rounds from one checkpoint to the next."""
RULES = VotingRules(voting_period=7 * 86_400, quorum=50, expiry=14 * 86_400)
CONSENT_AGE = 30 * 86_400

_FOUNDERS = 4
_RENEWED_AFTER = 4 * CONSENT_AGE // 5
_TERMS = Path(__file__).parents[1] / "examples" / "terms.yaml"
_TOWNS = (
    "Ahrensbrück",
    "Birkenau",
    "Coldwater",
    "Dunmore",
    "Ebersfeld",
    "Fjordby",
    "Grünhagen",
    "Hallowick",
    "Isental",
    "Jasenica",
    "Kestrel-Bay",
    "Lindenau",
    "Møllevik",
    "Nordhafen",
    "Osterley",
    "Péronnac",
    "Quellbach",
    "Rosenholm",
    "Süderhöhe",
    "Tarnow",
    "Ulvsund",
    "Valbonne",
    "Wexcombe",
    "Ystadal",
    "Zirndal",
)
_HOUSES = (
    ("University Hospital {}", Kind.HOSPITAL, Sector.PUBLIC, b"DE"),
    ("Klinikum {}", Kind.HOSPITAL, Sector.PUBLIC, b"AT"),
    ("{} Heart Institute", Kind.INSTITUTE, Sector.PRIVATE, b"NO"),
    ("Clinique de {}", Kind.HOSPITAL, Sector.PRIVATE, b"CH"),
)
_QUESTIONS = (
    "Early signs of sepsis on ordinary wards",
    "Heart disease from routine findings",
    "Stroke outcome from the first CT",
    "Antibiotic resistance in urinary infections",
    "Retinopathy from fundus photographs",
)

_W = [number.to_bytes(32, "big") for number in range(1 << 12)]
_PUBLISHED = declaration(e.CheckpointPublished).identity
_ATTESTED = declaration(e.CheckpointAttested).identity
_FINAL = declaration(e.CheckpointFinal).identity
_RECOMPUTED = _W[Level.MERGE_RECOMPUTED]


def records(
    *, institutions: int = 50, studies: int = 40, checkpoints: int = 2_000, contributors: int = 8
) -> Iterator[Record]:
    """A whole history, from the founding on.

    Args:
        institutions: That apply; of six or more, the last is never admitted.
        studies: That are opened, over the first half of the time.
        checkpoints: Final ones, of all studies together, dealt out evenly.
        contributors: Named by each checkpoint, where a study has as many signatories.

    A history of a given number of records is the beginning of a longer one: `islice` it.

    Raises:
        ValueError: Fewer than three institutions, two contributors, one study, or one checkpoint
            for each study.
    """
    if institutions < 3 or contributors < 2 or not 0 < studies <= checkpoints:
        raise ValueError("too few of something to tell a history")
    return _Telling(institutions, studies, checkpoints, contributors).tell()


def log_json(record: Record) -> dict[str, Any]:
    """A record as an endpoint gives its log in answer to `eth_getLogs`."""
    shape = shapes()[record.data[:WORD]]
    words = WORD * (1 + shape.indexed)
    data = bytearray(record.data[words:])
    for at in shape.offsets:
        # Offsets count from the first field in a record, from the first unindexed one in a log.
        offset = int.from_bytes(data[at : at + WORD], "big") - WORD * shape.indexed
        data[at : at + WORD] = offset.to_bytes(WORD, "big")
    block = record.number.to_bytes(WORD, "big")
    return {
        "address": record.emitter.lower(),
        "topics": [to_hex(record.data[at : at + WORD]) for at in range(0, words, WORD)],
        "data": to_hex(bytes(data)),
        "blockNumber": hex(record.number),
        "blockHash": to_hex(sha256(b"block" + block).digest()),
        "blockTimestamp": hex(record.timestamp),
        "transactionHash": to_hex(sha256(b"transaction" + block).digest()),
        "transactionIndex": "0x0",
        "logIndex": hex(record.log_index),
        "removed": False,
    }


@dataclass
class _Seat:
    """A study as far as its telling has come."""

    number: int
    address: str
    benefits: str
    opener: int
    quota: int
    quorum: int
    terms: Terms
    version: int = 0
    hashes: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    versions: dict[int, Version] = field(default_factory=dict)
    seats: list[int] = field(default_factory=list)
    signers: list[int] = field(default_factory=list)
    signatories: tuple[int, ...] = ()
    finals: list[Final] = field(default_factory=list)
    parent: bytes = ZERO_DIGEST
    renewed: int = 0
    sets: dict[tuple[int, int], tuple[tuple[Contribution, ...], bytes]] = field(
        default_factory=dict
    )

    def seated(self, numbers: list[int]) -> None:
        """Who may contribute from now on, in the order of seats."""
        self.signers = [each for each in self.seats if each in numbers]
        self.signatories = tuple(sorted(self.signers))
        self.sets.clear()


class _Telling:
    def __init__(
        self, institutions: int, studies: int, checkpoints: int, contributors: int
    ) -> None:
        self.institutions = institutions
        self.studies = studies
        self.checkpoints = checkpoints
        self.contributors = contributors
        self.number = 1
        self.time = FOUNDED
        self.log_index = -1
        self.swarm = address("swarm")
        self.governor = address("governor")
        self.index = address("studies")
        self.members: list[int] = []
        self.accounts: dict[int, str] = {}
        self.nodes: dict[int, bytes] = {}
        self.node_names: dict[int, str] = {}
        self.proposals = 0
        self.opened: list[_Seat] = []
        self.running: deque[_Seat] = deque()

    # --- blocks -----------------------------------------------------------------------------------

    def later(self, seconds: int = 3) -> None:
        self.number += 1
        self.time += seconds
        self.log_index = -1

    def raw(self, emitter: str, data: bytes) -> Record:
        self.log_index += 1
        return Record(emitter, self.number, self.time, self.log_index, data)

    def write(self, event: e.Event, study: _Seat | None = None) -> Record:
        match event.emitter:
            case e.Role.SWARM:
                emitter = self.swarm
            case e.Role.GOVERNOR:
                emitter = self.governor
            case e.Role.STUDIES:
                emitter = self.index
            case e.Role.BENEFITS:
                assert study is not None
                emitter = study.benefits
            case _:
                assert study is not None
                emitter = study.address
        return self.raw(emitter, encoded(event))

    # --- the whole --------------------------------------------------------------------------------

    def tell(self) -> Iterator[Record]:
        yield from self.found()
        joining = deque(range(len(self.members) + 1, self.institutions + 1))
        opening = deque(range(1, self.studies + 1))
        applied = len(joining)
        marks = {
            self.checkpoints * 3 // 10: self.replace_a_node,
            self.checkpoints * 4 // 10: self.decide_other_things,
            self.checkpoints * 6 // 10: self.expel,
            self.checkpoints * 7 // 10: self.leave,
        }
        pause = SPAN // (self.checkpoints + 1)
        for step in range(self.checkpoints):
            self.later(max(1, FOUNDED + (step + 1) * pause - self.time))
            if step in marks:
                yield from marks[step]()
            while joining and (applied - len(joining)) * self.checkpoints <= step * 2 * applied:
                yield from self.join(joining.popleft())
            while opening and (
                not self.running
                or (self.studies - len(opening)) * self.checkpoints <= step * 2 * self.studies
            ):
                yield from self.open(opening.popleft())
            study = self.running.popleft()
            yield from self.happens(study)
            yield from self.checkpoint(study)
            if len(study.finals) < study.quota:
                self.running.append(study)
            else:
                yield from self.end(study)

    # --- the swarm --------------------------------------------------------------------------------

    def found(self) -> Iterator[Record]:
        founders = range(1, min(_FOUNDERS, self.institutions) + 1)
        yield self.write(
            e.SwarmFounded(digest("charter"), self.governor, self.index, address("relay"), RULES)
        )
        for number in founders:
            yield from self.apply(number)
            yield self.write(e.InstitutionAdmitted(number))
            self.members.append(number)
        for number in founders:
            yield from self.equip(number)
            self.later(600)
            yield self.write(e.ValidatorRegistered(number, address(f"validator {number}")))

    def apply(self, number: int) -> Iterator[Record]:
        name, kind, sector, country = _HOUSES[number % len(_HOUSES)]
        round_, town = divmod(number, len(_TOWNS))
        self.accounts[number] = address(f"account {number}")
        yield self.write(
            e.InstitutionApplied(
                number,
                self.accounts[number],
                name.format(_TOWNS[town]) + (f" {round_ + 1}" if round_ else ""),
                kind,
                sector,
                country,
                digest(f"profile {number}"),
            )
        )

    def equip(self, number: int, generation: int = 1) -> Iterator[Record]:
        """An institution registers a node, and from then on uses that."""
        self.later(60)
        node = address(f"node {number} of {generation}")
        self.node_names[number] = node
        self.nodes[number] = address_bytes(node).rjust(32, b"\0")
        yield self.write(e.NodeRegistered(number, node))

    def join(self, number: int) -> Iterator[Record]:
        yield from self.apply(number)
        if number == self.institutions >= 6:
            return
        admission = e.InstitutionAdmitted(number)
        yield from self.decide(
            f"Admit institution {number}", "admit(uint32)", _W[number], admission
        )
        self.members.append(number)
        yield from self.equip(number)
        for study in tuple(self.running):
            if len(study.signers) < self.contributors + 2 and len(study.finals) < study.quota:
                yield from self.sign(study, number)

    def decide(
        self, title: str, call: str, argument: bytes, outcome: e.Event | None
    ) -> Iterator[Record]:
        """A proposal; carried by just more than half, or rejected where nothing comes of it."""
        self.proposals += 1
        number, members = self.proposals, self.members
        proposer = members[number % len(members)]
        calldata = load_functions("Swarm")[call] + argument
        yield self.write(
            e.ProposalCreated(
                number,
                self.accounts[proposer],
                (self.swarm,),
                (0,),
                ("",),
                (calldata,),
                self.time,
                self.time + RULES.voting_period,
                f"{title} #{number}",
            )
        )
        # Votes against and abstentions come first: once it is decided there is no need to vote.
        needed = len(members) // 2 + 1
        spare = (len(members) - needed) // 2 if outcome else len(members)
        opposed = members[number % 2 : spare + number % 2]
        for place, voter in enumerate(opposed):
            self.later(7)
            support = 2 if place % 3 == 2 else 0
            yield self.write(e.VoteCast(self.accounts[voter], number, support, 1, ""))
        if outcome is None:
            return
        for voter in [each for each in members if each not in opposed][:needed]:
            self.later(7)
            reason = "They have agreed to the charter." if voter == proposer else ""
            yield self.write(e.VoteCast(self.accounts[voter], number, 1, 1, reason))
        self.later(5)
        yield self.write(outcome)
        yield self.write(e.ProposalExecuted(number))

    def decide_other_things(self) -> Iterator[Record]:
        second, third = digest("second charter"), digest("third charter")
        call = "setCharter(bytes32)"
        yield from self.decide("Amend the charter", call, second, e.CharterSet(second))
        yield from self.decide("Drop a prohibition from the charter", call, third, None)
        previous, self.accounts[3] = self.accounts[3], address("other account 3")
        self.later()
        yield self.write(e.AccountRotated(3, previous, self.accounts[3], by_vote=False))

    def replace_a_node(self) -> Iterator[Record]:
        yield self.write(e.NodeRevoked(2, self.node_names[2]))
        yield from self.equip(2, 2)

    def departing(self) -> int | None:
        """A member that no study needs for its quorum; founders stay."""
        for number in self.members[_FOUNDERS:]:
            held = [study for study in self.running if number in study.signers]
            if held and all(len(study.signers) > study.quorum for study in held):
                return number
        return None

    def expel(self) -> Iterator[Record]:
        number = self.departing()
        if number is not None:
            outcome = e.InstitutionExpelled(number)
            yield from self.decide(
                f"Expel institution {number}", "expel(uint32)", _W[number], outcome
            )
            self.gone(number)

    def leave(self) -> Iterator[Record]:
        number = self.departing()
        if number is not None:
            yield self.write(e.InstitutionLeft(number))
            self.gone(number)

    def gone(self, number: int) -> None:
        self.members.remove(number)
        for study in self.running:
            study.seated([each for each in study.signers if each != number])

    # --- a study ----------------------------------------------------------------------------------

    def open(self, number: int) -> Iterator[Record]:
        opener = self.members[number % min(_FOUNDERS, len(self.members))]
        others = [each for each in self.members if each != opener]
        turn = number * 5 % len(others)
        wanted = [opener, *(others[turn:] + others[:turn])[: self.contributors + 1]]
        quota, more = divmod(self.checkpoints, self.studies)
        quota += number <= more
        study = _Seat(
            number,
            address(f"study {number}"),
            address(f"benefits {number}"),
            opener,
            quota,
            len(wanted) // 2 + 1,
            _terms(number, tuple(wanted[:2]), len(wanted) // 2 + 1, max(1, quota) * ROUNDS),
        )
        self.opened.append(study)
        self.later()
        yield self.write(e.StudyOpened(number, study.address, study.benefits, opener))
        yield from self.put_forward(study, study.terms)
        yield from self.in_force(study, 1)
        for institution in wanted:
            yield from self.sign(study, institution)
        if number % 3 == 0 and len(others) >= len(wanted):
            left = (others[turn:] + others[:turn])[self.contributors + 1]
            self.later()
            yield self.write(e.TermsDeclined(left, 1, Ground.RESOURCES, ZERO_DIGEST), study)
        self.later()
        yield self.write(e.ActionApproved(opener, Action.START, ZERO_DIGEST), study)
        yield self.write(e.StudyStarted(), study)
        if quota:
            self.running.append(study)

    def put_forward(self, study: _Seat, terms: Terms) -> Iterator[Record]:
        version = len(study.versions) + 1
        text, enforced = canonical(terms), parameters(terms)
        hashes = sha256(text).digest(), keccak(encode_parameters(enforced))
        study.hashes[version] = hashes
        study.versions[version] = Version(version, study.opener, *hashes, text, enforced, self.time)
        yield self.write(e.TermsProposed(version, study.opener, *hashes, text, enforced), study)

    def in_force(self, study: _Seat, version: int) -> Iterator[Record]:
        study.version = version
        yield self.write(e.TermsInForce(version), study)

    def sign(self, study: _Seat, institution: int, version: int | None = None) -> Iterator[Record]:
        version = version or study.version
        self.later()
        consent = digest(f"consent {institution}") if _asks_consent(study) else ZERO_DIGEST
        readiness = digest(f"readiness {institution}")
        yield self.write(
            e.TermsSigned(institution, version, *study.hashes[version], readiness, consent), study
        )
        if institution not in study.seats:
            study.seats.append(institution)
        study.renewed = study.renewed or self.time
        if version == study.version:
            study.seated([*study.signers, institution])

    def happens(self, study: _Seat) -> Iterator[Record]:
        """What comes between checkpoints."""
        done, last = len(study.finals), study.signers[-1]
        if _asks_consent(study) and self.time > study.renewed + _RENEWED_AFTER:
            for institution in study.signers:
                consent = digest(f"consent {institution} at {self.time}")
                yield self.write(e.ConsentRenewed(institution, consent), study)
            study.renewed = self.time
            self.later()
        dispensable = len(study.signers) > max(study.quorum, 2)
        if dispensable and study.number % 3 == 1 and done == study.quota // 2 > 0:
            yield self.write(e.StudyWithdrawn(last, Ground.CONSENT, ZERO_DIGEST), study)
            study.seated([each for each in study.signers if each != last])
        if study.number % 6 == 1 and done == study.quota * 3 // 4 > study.quota // 2:
            for institution in study.seats:
                if institution in self.members and institution not in study.signers:
                    yield from self.sign(study, institution)
        if study.number % 4 == 2 and done == study.quota // 3 > 0:
            yield from self.amend(study)
        if study.number % 4 == 2 and done == study.quota // 3 + 4:
            for institution in study.seats:
                if institution in self.members and institution not in study.signers:
                    yield from self.sign(study, institution)

    def amend(self, study: _Seat) -> Iterator[Record]:
        """All but one sign an amendment at once; it is in force as soon as enough have."""
        uses = (*study.terms.prohibited_uses, "Ranking of hospitals or their staff")
        terms = study.terms.model_copy(update={"prohibited_uses": uses})
        enforced = keccak(encode_parameters(parameters(terms)))
        subject = keccak(sha256(canonical(terms)).digest() + enforced)
        yield self.write(e.ActionApproved(study.opener, Action.AMEND, subject), study)
        version, before = len(study.versions) + 1, list(study.signers)
        yield from self.put_forward(study, terms)
        enough = max(3, len(before) // 2 + 1)
        late = len(before) > max(enough, study.quorum)
        signing = before[:-1] if late else before
        for place, institution in enumerate(signing, 1):
            yield from self.sign(study, institution, version)
            if place == min(enough, len(signing)):
                yield from self.in_force(study, version)
        study.seated(signing)

    def checkpoint(self, study: _Seat) -> Iterator[Record]:
        done = len(study.finals)
        round_ = (done + 1) * ROUNDS
        signers = study.signers
        turn = done % len(signers)
        contributions, listed = self.contributions(study, turn, done % ROUNDS)
        seed = study.number.to_bytes(4, "big") + round_.to_bytes(4, "big")
        model = sha256(b"model" + seed).digest()
        envelopes = sha256(b"envelopes" + seed).digest()
        record = sha256(b"record" + seed).digest()
        number, version = round_.to_bytes(32, "big"), _W[study.version]
        body = b"".join((number, study.parent, model, _W[192], envelopes, record, listed))
        identity = keccak(version + _W[64] + body)
        publisher = signers[turn]
        parts = (
            _PUBLISHED,
            identity,
            number,
            self.nodes[publisher],
            _W[publisher],
            version,
            study.parent,
            model,
            _W[320],
            envelopes,
            record,
            listed,
        )
        self.later(2)
        here = study.address
        yield self.raw(here, b"".join(parts))
        if study.number % 5 == 0 and done == 2:
            second = keccak(b"another" + identity)
            node = self.node_names[publisher]
            self.later(2)
            yield self.write(e.EquivocationRecorded(node, round_, publisher, second), study)
        for place in range(1, study.quorum):
            attester = signers[(turn + place) % len(signers)]
            self.later(2)
            yield self.raw(
                here,
                _ATTESTED + identity + _W[attester] + self.nodes[attester] + _RECOMPUTED,
            )
        sequence = done + 1
        yield self.raw(here, _FINAL + identity + number + sequence.to_bytes(32, "big"))
        study.finals.append(
            Final(
                sequence,
                identity,
                round_,
                ROUNDS,
                study.version,
                model,
                study.signatories,
                contributions,
                self.time,
            )
        )
        study.parent = identity

    def contributions(
        self, study: _Seat, turn: int, less: int
    ) -> tuple[tuple[Contribution, ...], bytes]:
        """Who contributed, in the order of seats, and the same as encoded; one misses rounds."""
        found = study.sets.get((turn, less))
        if found is None:
            count = len(study.signers)
            chosen = {(turn + each) % count for each in range(min(self.contributors, count))}
            named = tuple(
                Contribution(each, ROUNDS - (less if place == turn else 0))
                for place, each in enumerate(study.signers)
                if place in chosen
            )
            words = [_W[word] for each in named for word in (each.institution, each.rounds)]
            found = named, b"".join([_W[len(named)], *words])
            study.sets[turn, less] = found
        return found

    def end(self, study: _Seat) -> Iterator[Record]:
        """Revenue comes in; in some studies not all of it is settled. Most studies close."""
        yield from self.revenue(study, 1, 25_000_000 + 1_111 * study.number, settled=True)
        if study.number % 10 == 3:
            yield from self.revenue(study, 2, 4_999_999, settled=False)
        if study.number % 8 != 1 and study.number != 4:
            self.later()
            approved = e.ActionApproved(study.opener, Action.CLOSE, ZERO_DIGEST)
            yield self.write(approved, study)
            yield self.write(e.StudyClosed(), study)

    def revenue(self, study: _Seat, number: int, amount: int, *, settled: bool) -> Iterator[Record]:
        self.later(60)
        document, licence = digest(f"invoice {study.number}"), digest("licence")
        licensee = "Cardiolytics GmbH" if number == 1 else "Nordic Health Analytics AS"
        revenue = Revenue(
            number,
            study.opener,
            "EUR",
            amount,
            document,
            licensee,
            licence,
            len(study.finals),
            self.time,
        )
        yield self.write(
            e.RevenueDeclared(
                number,
                study.opener,
                b"EUR",
                amount,
                document,
                licensee,
                licence,
                len(study.finals),
            ),
            study,
        )
        told = Study(
            number=study.number,
            address=study.address,
            benefits=study.benefits,
            opener=study.opener,
            opened_at=0,
            state=StudyState.RUNNING,
            versions=study.versions,
            finals=study.finals,
            swarm=Swarm(),
        )
        for place, owed in enumerate(shares(told, revenue)):
            if not settled and place % 4 == 3:
                continue
            line = owed.line
            receipt = digest(f"payment {study.number} {place}")
            self.later(5)
            yield self.write(
                e.SharePaid(number, line.part, line.receiver, owed.amount, receipt), study
            )
            if settled or place % 4 < 2:
                self.later(5)
                yield self.write(
                    e.SettlementConfirmed(number, line.part, line.receiver, owed.amount), study
                )


def _asks_consent(study: _Seat) -> bool:
    return study.terms.consent.max_age is not None


@cache
def _example() -> dict[str, Any]:
    return load_terms(_TERMS).model_dump()


def _terms(number: int, weighted: tuple[int, ...], quorum: int, rounds: int) -> Terms:
    """Real terms, as an institution would sign them, other ones for every study."""
    plain = _example()
    consent = (
        {"basis": "broad-consent", "max_age": "30d"}
        if number % 2 == 0
        else {"basis": "legal-basis", "max_age": None}
    )
    weights = tuple(
        {"institution": each, "weight": 3 - place, "reason": "annotation quality"}
        for place, each in enumerate(weighted)
    )
    return Terms.model_validate(
        plain
        | {
            "title": f"{_QUESTIONS[number % len(_QUESTIONS)]}, part {1 + number // 5}",
            "question": f"{_QUESTIONS[number % len(_QUESTIONS)]}: "
            "can it be told alike in all hospitals, without any patient's data leaving one?",
            "participants": plain["participants"] | {"countries": "any", "kinds": "any"},
            "consent": consent,
            "rounds": rounds,
            "checkpoints": {"quorum": quorum, "level": "set-checked"},
            "benefits": plain["benefits"] | {"weights": weights, "remainder_to": weighted[0]},
        }
    )
