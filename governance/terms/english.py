"""Terms in English."""

from __future__ import annotations

from governance.terms import duo
from governance.terms.wording import Wording

ENGLISH = Wording(
    headings={
        "question": "Question",
        "use": "Use of the data",
        "prohibited": "Prohibited",
        "participants": "Who may take part",
        "data": "Data and annotation",
        "consent": "Consent and ethics",
        "training": "Training",
        "model": "The resulting model",
        "benefits": "Benefits",
        "end": "End",
    },
    sentences={
        "sponsor": "{sponsor} answers for the study.",
        "permitted": "Permitted: {label} ({code}).",
        "diseases": "Only for {diseases}.",
        "condition": "Condition: {label} ({code}).",
        "condition-detail": "Condition: {label} ({code}): {detail}.",
        "who": "{kinds}, {sectors}, from {countries}.",
        "start": "Training starts with at least {signatories}.",
        "force": "These terms come into force with at least {signatures}; where others are in "
        "force, more than half of their signatories must be among them.",
        "contributors": "Every checkpoint has at least {contributors}.",
        "schema": "The data follow the schema with digest {digest}.",
        "records-exact": "An update tells the exact number of records it was trained on.",
        "records-none": "An update tells nothing about the number of records it was trained on.",
        "readiness-checked": (
            "Who signs states by its signature that the check of its data's readiness has passed."
        ),
        "readiness-stated": "Who signs states the readiness of its data on its own word.",
        "annotation-none": "The data need no annotation.",
        "annotation": "They are annotated by the protocol with digest {digest}.",
        "agreement": "Annotators agree by {metric} of at least {minimum}.",
        "basis": "The use of the data rests on {basis}.",
        "consent-age": "An institution's consent commitment counts for {age}.",
        "consent-none": "No consent commitment is asked for.",
        "ethics": "The ethics approval has digest {digest}.",
        "ethics-none": "No ethics approval is given.",
        "rounds": "Training ends with round {rounds}.",
        "final": "A checkpoint is final when {institutions} {level}.",
        "owner": "The model belongs {owner}.",
        "use-signatories": "Signatories may use it {how}.",
        "use-contributors": "Contributors may use it {how}.",
        "use-others": "Others may use it {how}.",
        "licence": "Its licence is {licence}, with digest {digest}.",
        "risk": "Its risk class is {risk}.",
        "currency": "Revenue is expected in {currency}.",
        "equal": "{share} % goes in equal parts to signatories, by the rounds they were signed.",
        "contributed": "{share} % goes to contributors, by the rounds they contributed to.",
        "patients": "{share} % goes to patients, through the contributors, by rounds contributed.",
        "weighted": "{share} % goes by the weights named here.",
        "weight": "Institution {institution} has weight {weight} ({reason}).",
        "payee": "{share} % goes to {name} ({account}).",
        "remainder": "What rounding leaves over goes to institution {institution}.",
        "expires": "Nobody is authorised any more from {expires} on.",
    },
    words={
        "kinds": {
            "any": "Institutions of any kind",
            "hospital": "hospitals",
            "institute": "institutes",
            "data-trustee": "data trustees",
            "company": "companies",
        },
        "sectors": {"any": "public or private", "public": "public", "private": "private"},
        "countries": {"any": "any country"},
        "bases": {
            "broad-consent": "the patients' broad consent",
            "study-consent": "the patients' consent to this study",
            "waiver": "a waiver of consent",
            "legal-basis": "a law, without consent",
        },
        "levels": {
            "set-checked": "held the contributors against the authorisations",
            "merge-recomputed": "computed the merge again",
        },
        "uses": {"free": "free of charge", "paid": "against payment", "none": "not at all"},
        "owners": {
            "signatories": "to all signatories in common",
            "contributors": "to all contributors in common",
            "sponsor": "to the sponsor",
        },
        "risks": {"minimal": "minimal", "limited": "limited", "high": "high"},
        "metrics": {
            "percent-agreement": "percent agreement",
            "cohen-kappa": "cohen kappa",
            "fleiss-kappa": "fleiss kappa",
            "krippendorff-alpha": "krippendorff alpha",
            "dice": "dice",
            "jaccard": "jaccard",
            "intraclass-correlation": "intraclass correlation",
        },
        "duo": {
            code: term.label
            for table in (duo.PERMISSIONS, duo.MODIFIERS)
            for code, term in table.items()
        },
    },
    counted={
        "signatory": ("{} signatory", "{} signatories"),
        "signature": ("{} signature", "{} signatures"),
        "contributor": ("{} contributor", "{} contributors"),
        "institution": ("{} institution", "{} institutions"),
        "d": ("{} day", "{} days"),
        "h": ("{} hour", "{} hours"),
        "min": ("{} minute", "{} minutes"),
        "s": ("{} second", "{} seconds"),
    },
    conjunctions={"and": "and", "or": "or"},
)
