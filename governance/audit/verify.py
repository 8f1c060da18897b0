"""From an evidence bundle and a trust file to a report: the audit that believes nobody. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.audit.bundle import Bundle, sealed
from governance.audit.errors import (
    EvidenceForeign,
    EvidenceMalformed,
    EvidenceOld,
    EvidenceUnproven,
)
from governance.audit.examine import examine
from governance.audit.report import Basis, Proof, Report
from governance.audit.testimony import read_log
from governance.audit.vouching import genuine, of_institutions
from governance.chain.founded import Founding
from governance.history import genesis_head, replay
from governance.memory import no_garbage_looked_for
from governance.primitives import utc

if TYPE_CHECKING:
    from governance.audit.bundle import Sealed
    from governance.audit.examine import Examination
    from governance.chain.house import Trust
    from governance.terms import Charter


@no_garbage_looked_for()
def verify(
    data: bytes, trust: Trust, *, not_before: int | None = None, charter: Charter | None = None
) -> Report:
    """What an evidence bundle proves, and what was found in it.

    In this order, and the first that does not hold ends it:

    1. The bundle has the one form that bundles have.
    2. It is of the chain and the History that the trust file names.
    3. The history begins with the founding by the trust file's founders.
    4. Where the trust file names validators: headers lead from them to the newest block, each
       sealed by two thirds of its own validators and more than a third of those before; the state
       that the newest one commits to holds the committed code at the house's addresses, and
       History's head and length.
    5. The records hash to that head, and none is later than that block.
    6. Each countersignature is its account's.
    7. The records fold, and are examined (`examine`).
    8. Where the trust file names no validators: more than two thirds of the institutions, from the
       founders on, countersigned the last head, and nobody a later one. Nothing else proves such a
       history, and whose countersignatures count is only known once it is folded.
    9. No countersignature is a stranger's: anybody can sign, and it would prove nothing.
    10. The newest block is not older than asked for.

    Args:
        data: The bundle's file.
        trust: The trust file, handed over out of band.
        not_before: Unix seconds up to which the history must be proven at least.
        charter: The charter document in force, to hold the terms against.

    Raises:
        EvidenceMalformed: The file is no bundle in canonical form.
        EvidenceForeign: It is of another swarm.
        EvidenceUnproven: It does not prove its history.
        EvidenceOld: It ends too early.
        FoundingUnsound, CodeForeign: The house is not the one that the founders stand for.
        HistoryMalformed, HistoryInconsistent: A record is none that the house would write.
        EvidenceBroken: An evidence log in it is none.
    """
    bundle = Bundle.from_bytes(data)
    if (bundle.chain_id, bundle.history) != (trust.chain_id, trust.history):
        raise EvidenceForeign(
            f"one is of chain {bundle.chain_id} and History {bundle.history}, the other of chain "
            f"{trust.chain_id} and History {trust.history}"
        )
    founding = Founding.of(bundle.records, trust)
    genesis = genesis_head(trust.chain_id, trust.history)
    head, length = replay(bundle.records, genesis)
    proven = _sealed(bundle, trust, founding, (head, length))
    signed = genuine(bundle.countersignatures, trust.chain_id, trust.history)
    if signed != bundle.countersignatures:
        raise EvidenceUnproven("a countersignature is not by the account that it names")
    last = bundle.records[-1]
    block, time = last.number, last.timestamp
    if proven is not None:
        block, time = proven.header.number, proven.header.timestamp
    found = examine(
        bundle.records,
        signed,
        genesis=genesis,
        founders=trust.founders,
        at=time,
        charter=charter,
        logs=[read_log(log, f"logs/{number}.jsonl") for number, log in enumerate(bundle.logs, 1)],
        chain_id=trust.chain_id,
    )
    proof = _countersigned(bundle, found) if proven is None else _proof(proven, bundle)
    if of_institutions(signed, bundle.records) != signed:
        raise EvidenceMalformed("a countersignature is by nobody whom the history knows")
    if not_before is not None and time < not_before:
        raise EvidenceOld(utc(time), utc(not_before))
    return Report(
        chain_id=trust.chain_id,
        history=trust.history,
        block=block,
        time=time,
        length=length,
        head=head,
        state=found.state,
        findings=found.findings,
        vouching=found.vouching,
        refusals=found.refusals,
        proof=proof,
        charter_given=charter is not None,
    )


def _sealed(
    bundle: Bundle, trust: Trust, founding: Founding, computed: tuple[bytes, int]
) -> Sealed | None:
    """What validators sealed, held against the records; nothing on a chain without seals."""
    if not trust.validators:
        if bundle.seal is not None:
            raise EvidenceMalformed("it has headers, and the trust file names no validators")
        return None
    if bundle.seal is None:
        raise EvidenceUnproven("it has no sealed header, and the trust file names validators")
    proven = sealed(bundle.seal, trust, founding)
    header, last = proven.header, bundle.records[-1]
    if (proven.head, proven.length) != computed:
        raise EvidenceUnproven(
            f"its {computed[1]} events do not hash to the head that History holds after block "
            f"{header.number}, over {proven.length} events"
        )
    if last.number > header.number or last.timestamp > header.timestamp:
        raise EvidenceUnproven("an event is later than the block that proves it")
    return proven


def _countersigned(bundle: Bundle, found: Examination) -> Proof:
    """The proof of a history that no validators seal."""
    length = len(bundle.records)
    if any(signed.length > length for signed in bundle.countersignatures):
        raise EvidenceUnproven("a countersignature is of a longer history, whose end it lacks")
    reached = found.vouching.length
    if reached != length:
        raise EvidenceUnproven(
            f"the chain has no seals, and {reached} of its {length} events are countersigned by "
            "more than two thirds of the institutions"
        )
    return Proof(Basis.COUNTERSIGNATURES)


def _proof(proven: Sealed, bundle: Bundle) -> Proof:
    header = proven.header
    return Proof(
        basis=Basis.SEALS,
        header=header.hash,
        sealers=tuple(sorted(header.sealers, key=str.lower)),
        validators=len(header.validators),
        headers=len(bundle.seal.headers) if bundle.seal else 0,
        code=proven.code,
    )
