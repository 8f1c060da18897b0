"""The report in English. Where nothing is proven, no text may say so: see `upto.endpoint`."""

from __future__ import annotations

from governance.audit.findings import CATALOGUE
from governance.audit.page.language import Language

ENGLISH = Language(
    code="en",
    findings=CATALOGUE,
    words=None,
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    date_form="{day} {month} {year}",
    short_date="%Y-%m-%d",
    thousands=",",
    decimal=".",
    texts={
        "title": "What happened in this swarm",
        "lead": "Several institutions train models together; every patient's data are to stay in "
        "their house. This report tells who took part in what, by which rules, and whether the "
        "history keeps to them. What was done inside a house, no history shows.",
        "moment": "{date}, {time} UTC",
        "nobody": "nobody",
        "span.d": ("{count} day", "{count} days"),
        "span.h": ("{count} hour", "{count} hours"),
        "span.min": ("{count} minute", "{count} minutes"),
        "span.s": ("{count} second", "{count} seconds"),
        # --- the beginning
        "upto.seals": "Proven up to block {block} of {moment}, by the seals of {sealers} of "
        "{validators} validators.",
        "upto.seals.unnamed": "Proven up to block {block} of {moment}, by the seals of at least "
        "two thirds of {validators} validators.",
        "upto.countersignatures": "Proven up to block {block} of {moment}, by countersignatures "
        "alone: {institutions} of {members} members have signed this history. The chain has no "
        "seals.",
        "upto.endpoint": "Told up to block {block} of {moment}, by one endpoint alone. Nothing but "
        "its word supports this history.",
        "warning": "Take note.",
        "warning.countersignatures": "This chain has no seals. That the history is complete and "
        "unaltered rests on the signatures of more than two thirds of its members. If these agreed "
        "to rewrite it, this report could not tell.",
        "warning.endpoint": "The events fit together, but where they end was taken from the "
        "endpoint that was asked. It can have shown an old or another history. Ask for an evidence "
        "bundle before you rely on this report.",
        "warning.vouched": (
            "Only {count} of {members} members has signed the history, up to event {length}.",
            "Independently of it, {count} of {members} members have signed the history up to event "
            "{length}.",
        ),
        "verdict.proven": "The history is complete and unaltered.",
        "verdict.endpoint": "As told by the endpoint, the history fits together.",
        "verdict.clean": "It keeps its own rules; nothing was found.",
        "verdict.open": "No rule was broken, but something is open or has to be explained.",
        "verdict.breach": "Rules were broken.",
        "verdict.no-charter": "Whether terms omit a use that the charter prohibits was not looked "
        "at, as the charter's document was not given.",
        "own.verdict.clean": "Nothing was found that concerns this institution.",
        "own.verdict.open": "No rule was broken by or towards this institution, but something is "
        "open or has to be explained.",
        "own.verdict.breach": "Rules were broken where this institution is concerned.",
        "verdict.see": "See the findings.",
        "count.breach": ("{count} breach", "{count} breaches"),
        "count.concern": ("{count} concern", "{count} concerns"),
        "count.notice": ("{count} notice", "{count} notices"),
        "fact.events": ("event of record", "events of record"),
        "fact.members": ("member", "members"),
        "fact.studies": ("study", "studies"),
        "fact.checkpoints": ("final checkpoint", "final checkpoints"),
        "fact.refusals": ("refusal told of", "refusals told of"),
        "fact.standing": "standing",
        "fact.votes": ("vote cast", "votes cast"),
        "fact.rounds": ("round contributed to", "rounds contributed to"),
        "fact.attested": ("checkpoint published or attested", "checkpoints published or attested"),
        # --- what was verified
        "verified": "What was verified, and against what",
        "verified.caption": "Each check, and what it rests on",
        "column.check": "Check",
        "column.result": "Result",
        "check.history": "Which history",
        "check.history.is": "That of smart contract {history} on chain {chain}.",
        "check.header": "Sealed header",
        "check.seals": "Seals",
        "check.seals.are": "{sealers} of {validators} validators named in the header sealed it: "
        "{list}.",
        "check.seals.unnamed": "At least two thirds of the {validators} validators named in the "
        "header sealed it.",
        "check.seals.none": "None.",
        "check.headers": "Headers",
        "check.headers.are": (
            "One sealed header, believed from the validators in the trust file on.",
            "{count} sealed headers, each believed by the one before it, from the validators in "
            "the trust file on.",
        ),
        "check.code": "Code of the smart contracts",
        "check.code.is": (
            "{count} smart contract runs the published code: {list}.",
            "{count} smart contracts run the published code: {list}.",
        ),
        "check.code.none": "Not part of this report.",
        "check.chain": "Hash chain",
        "check.chain.is": (
            "{count} event hashes to the head {head}.",
            "{count} events, in order and without a gap, hash to the head {head}.",
        ),
        "check.countersigned": "Countersignatures",
        "check.countersigned.are": (
            "{count} of {members} members signed the history up to event {length}: {list}.",
            "{count} of {members} members signed the history up to event {length}: {list}.",
        ),
        "check.countersigned.none": "Not by more than two thirds of the members.",
        "check.rules": "Rules",
        "check.rules.are": "Every event was applied in order; none contradicts those before it. "
        "What breaks a rule all the same is told under Findings.",
        "check.charter": "Charter",
        "check.charter.given": "Its document was given, and terms were held against what it "
        "prohibits.",
        "check.charter.none": "Its document was not given, and no terms were held against what it "
        "prohibits.",
        "check.evidence": "Evidence logs of nodes",
        "check.evidence.is": (
            "Handed in; they tell of {count} refusal. A log is its node's own word.",
            "Handed in; they tell of {count} refusals. A log is its node's own word.",
        ),
        "check.evidence.none": "None handed in, or nothing was refused.",
        # --- who took part
        "participation": "Who took part, and when",
        "timeline.label": "Timeline of membership and participation",
        "timeline.legend": "Times in UTC. Circle: applied. Bar: member. Dark marks in it: an "
        "update was merged into a final checkpoint. Triangle: signed a study's terms. Small cross: "
        "withdrew from a study. Large cross: left or was expelled.",
        "figure.timeline": "Membership and participation over time",
        "figure.timeline.desc": "A row for each of {count} institutions, from {begin} to {end}: "
        "when it applied, was a member, signed terms, and had updates merged. The tables that "
        "follow tell the same.",
        "institutions.caption": "Institutions, by number; times in UTC",
        "column.number": "No.",
        "column.institution": "Institution",
        "column.kind": "Kind",
        "column.country": "Country",
        "column.standing": "Standing",
        "column.applied": "Applied",
        "column.admitted": "Admitted",
        "column.gone": "Left or expelled",
        "column.nodes": "Node keys",
        "node.revoked": "{node} (revoked {when})",
        "overview.label": "Participation of institutions in studies",
        "overview.legend": "Columns are studies, by number. The higher the bar, the larger the "
        "part of the study's rounds that the institution contributed to. Dot: signed, "
        "no update merged.",
        "figure.overview": "Participation by institution and study",
        "figure.overview.desc": "A row for each of {count} institutions and a column for each of "
        "{studies} studies; the height of a bar is the part of the rounds contributed to. The "
        "tables of each study tell the same.",
        # --- decisions
        "decisions": "What was decided, and by whom",
        "decisions.charter": "Digest of the charter in force:",
        "decisions.caption": "Proposals; one institution, one vote; times in UTC",
        "numbers": "Numbers are those of the institutions.",
        "decisions.none": "Nothing was put to the vote.",
        "column.proposal": "Proposal",
        "column.put": "Put by",
        "column.in-favour": "In favour",
        "column.against": "Against",
        "column.abstained": "Abstained",
        "column.outcome": "Outcome",
        # --- studies
        "studies": "The studies",
        "studies.caption": "All studies; times in UTC",
        "studies.none": "No study was opened.",
        "column.study": "Study",
        "column.state": "State",
        "column.opened": "Opened",
        "column.signatories": "Signatories",
        "column.checkpoints": "Final checkpoints",
        "column.last-round": "Last round",
        "study.title": "Study {study}: {name}",
        "study.nameless": "terms that cannot be read",
        "study.summary": "State: {state}. Opened on {opened} by {opener}. Version {version} of the "
        "terms is in force. Signatories at the end: {signatories}.",
        "study.contract": "Smart contract",
        "study.digest": "Digest of the terms in force",
        "study.terms": "Terms",
        "study.terms.open": "Version {version}, in force, in plain language",
        "study.terms.unreadable": "The terms on the chain cannot be read; see the findings.",
        "study.acts": "Who signed, declined and withdrew",
        "study.acts.caption": "Study {study}, in order of time; times in UTC",
        "column.when": "When",
        "column.act": "What",
        "lineage": "Lineage and contributors",
        "matrix.label": "Participation by institution and round in study {study}",
        "matrix.legend": "Columns are final checkpoints, by their last round. The higher the bar, "
        "the more of the rounds since the checkpoint before it hold an update of the institution. "
        "Dot: signatory, no update merged. Empty: no signatory then.",
        "figure.matrix": "Participation in study {study}",
        "figure.matrix.desc": "A row for each of {count} institutions that ever signed, and "
        "columns for {checkpoints} final checkpoints up to round {rounds}; the height of a bar is "
        "the part of the rounds contributed to. The table of checkpoints tells the same.",
        "lineage.label": "Lineage of study {study}",
        "lineage.legend": "Each point is a final checkpoint and continues the one before it. "
        "Diamonds were published and did not become final. Below, dark: institutions that "
        "contributed; outlined: signatories.",
        "figure.lineage": "Lineage of study {study}",
        "figure.lineage.desc": "A chain of {checkpoints} final checkpoints up to round {rounds}, "
        "each with {least} to {most} contributing institutions. The table of checkpoints tells the "
        "same.",
        "figure.lineage.chain": "Final checkpoints",
        "figure.lineage.round": "Last round",
        "figure.lineage.contributors": "Contributors",
        "lineage.open": (
            "{count} checkpoint, with its contributors",
            "All {count} checkpoints, with their contributors",
        ),
        "lineage.caption": "Final checkpoints of study {study}; times in UTC",
        "lineage.none": "No checkpoint is final.",
        "column.rounds": "Rounds",
        "column.final": "Final",
        "column.model": "Model",
        "column.published": "Published by",
        "column.attested": "Attested by",
        "column.contributed": "Contributed",
        "column.absent": "Not in it, and why",
        "contributed.partly": "{who} ({rounds} of {covered} rounds)",
        # --- refusals
        "refusals": "Refused before a merge",
        "refusals.what": "Before an update is merged, each node's gate asks whether it may be. "
        "What follows are the gates' own evidence logs, as far as they were handed to this audit.",
        "refusals.caption": "Refusals by node and reason; times in UTC",
        "refusals.none": "No evidence log was handed in, or nothing was refused.",
        "column.reason": "Reason",
        "column.meaning": "Meaning",
        "column.node": "Node",
        "column.times": "Times",
        "column.since": "Since",
        "column.where": "Where",
        # --- benefits
        "benefits": "Benefits, and who has had their share",
        "benefits.none": "No revenue was declared.",
        "benefits.figure": "Shares of the revenue of study {study}",
        "benefits.legend": "Filled: paid and confirmed by the receiver. Hatched: paid, not yet "
        "confirmed. Outlined: open.",
        "benefits.sum": "Sum",
        "figure.shares": "Shares of the revenue of study {study} in {currency}",
        "figure.shares.desc": "A bar for each of {count} receivers, as long as what it is owed, "
        "divided into confirmed, paid and open. The tables that follow tell the same.",
        "revenue.caption": "Revenue {revenue}: {amount}, declared on {date} by {by}, paid by "
        "{licensee}; times in UTC",
        "revenue.caption.plain": "Revenue {revenue}: {amount}, declared on {date} by {by}; times "
        "in UTC",
        "column.receiver": "Receiver",
        "column.part": "Part",
        "column.amount": "Amount",
        "column.settlement": "Settlement",
        "column.paid": "Paid",
        "column.confirmed": "Confirmed",
        # --- findings
        "findings": "Findings",
        "findings.order": "The heaviest first.",
        "findings.none": "None.",
        "findings.ask": "Ask next:",
        "findings.caption": "Where, and since when; times in UTC",
        # --- again
        "again": "How to check it again",
        "again.need": "You need the program charter, the trust file that you were given by hand, "
        "and an evidence bundle. Nobody else has to be trusted.",
        "again.charter": "You also need the charter's document, whose digest (SHA-256) is:",
        "again.command": "Command",
        "again.collect": "Collect the evidence from any endpoint of the chain, or ask an "
        "institution for the file:",
        "again.verify": "Verify it, on a machine without a network if you like:",
        "again.report": "Write this report anew:",
        "again.compare": "The result must have the same length and head. A longer history must "
        "have this one as its beginning.",
        "again.chain": "Chain id",
        "again.history": "Address of History, as in the trust file",
        "again.length": "Length, in events",
        "again.head": "Head",
        "again.trust": "If the address in your trust file is another one, this report is about "
        "another swarm.",
        "footer": "Made by Swarm Charter from the events of record and nothing else. This page "
        "loads nothing and runs nothing.",
        # --- one institution
        "own.title": "Participation of {name}",
        "own.lead": "What this institution did in the swarm, what became of its contributions, and "
        "what it is owed.",
        "own.participation": "Membership, votes and nodes",
        "own.acts.caption": "In order of time; times in UTC",
        "own.studies": "Its studies",
        "own.studies.none": "It took part in no study.",
        "own.study.caption": "What it decided in study {study}; times in UTC",
        "own.training.open": (
            "{count} contribution, publication or attestation",
            "All {count} contributions, publications and attestations",
        ),
        "own.training.caption": "Contributions, publications and attestations in study {study}; "
        "times in UTC",
        "own.shares": "Its shares",
        "own.shares.none": "It is owed no share of any revenue.",
        # --- acts
        "act.applied": "applied, with account {detail}",
        "act.admitted": "was admitted",
        "act.left": "left",
        "act.expelled": "was expelled by vote",
        "act.account-rotated": "changed its account to {detail}",
        "act.account-recovered": "was given account {detail} by vote",
        "act.node-registered": "registered node {detail}",
        "act.node-revoked": "revoked node {detail}",
        "act.proposed": "put proposal {detail}",
        "act.voted-in-favour": "voted in favour of proposal {detail}",
        "act.voted-against": "voted against proposal {detail}",
        "act.voted-abstain": "abstained on proposal {detail}",
        "act.opened": "opened the study",
        "act.put-forward": "put version {version} of the terms forward",
        "act.signed": "signed version {version} of the terms",
        "act.signed.consent": (
            "signed version {version} of the terms, with consent commitment {detail}"
        ),
        "act.consent-renewed": "renewed its consent commitment: {detail}",
        "act.declined": "declined version {version} of the terms: {detail}",
        "act.withdrew": "withdrew: {detail}",
        "act.approved-start": "approved the start",
        "act.approved-amend": "approved an amendment",
        "act.approved-close": "approved the end",
        "act.published": "published the checkpoint of round {round}",
        "act.attested": "attested the checkpoint of round {round}: {detail}",
        "act.contributed": "contributed to {rounds} of the {covered} rounds up to round {round}",
        "act.equivocated": "published a second, different checkpoint for round {round}",
        "act.declared-revenue": "declared revenue of {amount}",
        "act.paid-share": "recorded a share of {amount} as paid",
        "act.confirmed-share": "confirmed a share of {amount}",
    },
    names={
        "kind": {
            "hospital": "hospital",
            "institute": "institute",
            "data_trustee": "data trustee",
            "company": "company",
        },
        "sector": {"public": "public", "private": "private"},
        "standing": {
            "applicant": "applicant",
            "member": "member",
            "left": "left",
            "expelled": "expelled",
        },
        "study": {"open": "open, not started", "running": "running", "closed": "closed"},
        "proposal": {
            "pending": "not yet open",
            "active": "open",
            "canceled": "taken back",
            "defeated": "rejected",
            "succeeded": "carried, not carried out yet",
            "expired": "carried, lapsed",
            "executed": "carried and carried out",
        },
        "part": {
            "own": "own",
            "patients": "for its patients",
            "named": "named payee",
            "remainder": "remainder of rounding",
        },
        "settlement": {"open": "open", "paid": "paid, not confirmed", "confirmed": "confirmed"},
        "level": {
            "set-checked": "contributors checked",
            "merge-recomputed": "merge computed again",
        },
        "ground": {
            "unspecified": "no reason given",
            "consent": "consent",
            "ethics": "ethics",
            "legal": "legal reasons",
            "data": "data",
            "resources": "resources",
            "benefits": "benefits",
            "partners": "partners",
            "security": "security",
            "other": "other reasons",
        },
        "severity": {"breach": "Breach", "concern": "Concern", "notice": "Notice"},
        "absence": {
            "departed": "no member any more",
            "withdrawn": "withdrawn",
            "terms-not-signed": "had not signed these terms",
            "refused": "refused",
            "no-node": "had no node key",
            "not-merged": "no update merged, reason not known",
        },
        "reason": {
            "HistoryRewound": "the chain went back or shows another history",
            "HistoryHeadMismatch": "the events did not fit the chain's head",
            "HistoryMalformed": "an event was not as its contract writes it",
            "HistoryInconsistent": "an event contradicted those before it",
            "BlockNotSealed": "a block lacked its seals",
            "HeaderInvalid": "a block's header was invalid",
            "StateNotProven": "the chain's state lacked its proof",
            "EndpointsDisagree": "endpoints told different histories",
            "EndpointContradicted": "an endpoint contradicted what was known",
            "ChainForeign": "the endpoint served another chain",
            "HouseMissing": "the swarm's smart contracts were missing",
            "RefreshFailed": "the view could not be refreshed",
            "ChainUnreachable": "the chain could not be reached",
            "ChainLoginRefused": "the endpoint refused the login",
            "CertificateRefused": "the endpoint's certificate was refused",
            "ChainAnswerInvalid": "the endpoint's answer was invalid",
            "ChainRequestFailed": "a request to the chain failed",
            "EndpointsBehind": "the endpoints were behind",
            "StaleView": "the gate's view was too old",
            "ChainFrozen": "the chain made no blocks",
            "ForeignChain": "the update was meant for another chain",
            "ForeignStudy": "the update was meant for another study",
            "SignatureInvalid": "the signature was invalid",
            "WrongRound": "the update was for another round",
            "AheadOfView": "the update knew more than the gate",
            "NodeUnknown": "nobody had registered the node",
            "Equivocation": "the node had sent another update for this round",
            "NodeRevoked": "the node had been revoked",
            "NotMember": "the institution was no member",
            "NotSigned": "the institution had not signed",
            "Withdrawn": "the institution had withdrawn",
            "TermsNotSigned": "the institution had not signed these terms",
            "NotStarted": "training had not started",
            "Closed": "the study was closed",
            "Expired": "the terms had expired",
            "ConsentStale": "the consent commitment was too old",
            "TermsMismatch": "the smart contract enforced something else than the terms say",
            "WrongVersion": "the update was made under another version of the terms",
            "WrongParent": "the update was trained on another model",
            "RecordsForbidden": "the update told a number of records that the terms keep secret",
            "RecordsMissing": "the update did not tell the number of records",
            "DeadlineOver": "the update came too late",
            "UpdateMismatch": "the update was not the one that was signed",
            "Unknown": "the gate itself failed",
        },
    },
)
