"""What study terms and a charter are made of.

An instance always holds together: fields are checked one by one here, and against each other by
`governance.terms.rules`. Values are in their canonical form, so equal terms have equal digests.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from governance.terms import rules
from governance.terms.fields import (
    Account,
    Country,
    Currency,
    Digest,
    Disease,
    Duration,
    Instant,
    Institutions,
    Line,
    LongText,
    ModifierCode,
    Number,
    Paragraph,
    Percent,
    Permission,
    Round,
    Unit,
    ascending,
    different,
)

TERMS_SCHEME = "swarm-charter/terms/1"
CHARTER_SCHEME = "swarm-charter/charter/1"

MAX_COUNTRIES = 64
MAX_MODIFIERS = 32
MAX_PAYEES = 16
MAX_PROHIBITED_USES = 64
MAX_WEIGHTS = 256


def _any_or_list(value: Any) -> str:
    return "<any>" if isinstance(value, str) else "<list>"


_ANY_OR_LIST = Discriminator(_any_or_list)
"""Decides by the shape, so that a mistake is told for what the writer meant."""

KindName = Literal["hospital", "institute", "data-trustee", "company"]
SectorName = Literal["public", "private"]

_Any = Annotated[Literal["any"], Tag("<any>")]
_Kinds = Annotated[
    tuple[KindName, ...], Field(min_length=1), AfterValidator(ascending), Tag("<list>")
]
_Sectors = Annotated[
    tuple[SectorName, ...], Field(min_length=1), AfterValidator(ascending), Tag("<list>")
]
_Countries = Annotated[
    tuple[Country, ...],
    Field(min_length=1, max_length=MAX_COUNTRIES),
    AfterValidator(ascending),
    Tag("<list>"),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Modifier(_Section):
    """A condition on the use of the data."""

    code: ModifierCode = Field(description="A DUO data use modifier.")
    detail: Line | None = Field(
        default=None, description="What the modifier leaves open, such as the region or the date."
    )


def _by_code(modifiers: tuple[Modifier, ...]) -> tuple[Modifier, ...]:
    different(tuple(modifier.code for modifier in modifiers))
    return tuple(sorted(modifiers, key=lambda modifier: modifier.code))


class DataUse(_Section):
    """By which conditions the data may be used, in terms of the GA4GH Data Use Ontology."""

    permission: Permission = Field(description="A DUO data use permission.")
    diseases: Annotated[tuple[Disease, ...], AfterValidator(ascending)] = Field(
        default=(), description="Diseases by code, where the permission is disease specific."
    )
    modifiers: Annotated[tuple[Modifier, ...], AfterValidator(_by_code)] = Field(
        default=(), max_length=MAX_MODIFIERS, description="Conditions that come on top."
    )


class Participants(_Section):
    """Which institutions may take part, and how many must."""

    kinds: Annotated[_Any | _Kinds, _ANY_OR_LIST] = Field(description="Kinds, or any.")
    sectors: Annotated[_Any | _Sectors, _ANY_OR_LIST] = Field(description="Sectors, or any.")
    countries: Annotated[_Any | _Countries, _ANY_OR_LIST] = Field(
        description="Countries by ISO 3166-1 alpha-2, or any."
    )
    minimum_signatories: Institutions = Field(
        description="Signatories needed to start, and for an amendment to come into force."
    )
    minimum_contributors: Institutions = Field(
        description="Institutions that every checkpoint must have as contributors."
    )


class Data(_Section):
    """What the data look like, and what an update may tell of them."""

    schema_digest: Digest = Field(description="SHA-256 of the data schema's document.")
    records: Literal["exact", "none"] = Field(
        description="Whether an update's envelope tells the number of records it was trained on."
    )


class Agreement(_Section):
    """How well annotators must agree."""

    metric: Literal[
        "percent-agreement",
        "cohen-kappa",
        "fleiss-kappa",
        "krippendorff-alpha",
        "dice",
        "jaccard",
        "intraclass-correlation",
    ] = Field(description="By which measure.")
    minimum: Unit = Field(description="The least value, from 0 to 1.")


class Annotation(_Section):
    """How the data are annotated."""

    protocol_digest: Digest = Field(description="SHA-256 of the annotation protocol.")
    agreement: Agreement | None = Field(description="Required agreement; null if none is.")


class Consent(_Section):
    """On what the use of patients' data rests."""

    basis: Literal["broad-consent", "study-consent", "waiver", "legal-basis"] = Field(
        description="The patients' broad or study-specific consent, a waiver, or a law."
    )
    max_age: Duration | None = Field(
        description="How old an institution's consent commitment may be; null if none is asked."
    )


class CheckpointRules(_Section):
    """When a merged model counts."""

    quorum: Institutions = Field(description="Institutions whose attestations make it final.")
    level: Literal["set-checked", "merge-recomputed"] = Field(
        description="What an attestation must have checked at least."
    )


class Licence(_Section):
    """The licence of the resulting model."""

    id: Line = Field(description="An SPDX identifier, or the licence's name.")
    digest: Digest = Field(description="SHA-256 of the licence's text.")


class ModelUse(_Section):
    """Who may use the resulting model."""

    signatories: Literal["free", "paid", "none"] = Field(description="Who has signed.")
    contributors: Literal["free", "paid", "none"] = Field(description="Who has contributed.")
    others: Literal["free", "paid", "none"] = Field(description="Everybody else.")


class ModelRules(_Section):
    """Whose the resulting model is."""

    owner: Literal["signatories", "contributors", "sponsor"] = Field(
        description="To whom it belongs; to groups, in common."
    )
    use: ModelUse = Field(description="Who may use it: free, paid (for money), or none.")
    licence: Licence = Field(description="Under which licence.")


class WeightRule(_Section):
    """An institution's part of what is split by weights."""

    institution: Number = Field(description="The institution's number.")
    weight: Number = Field(description="Its weight, in relation to the others'.")
    reason: Line = Field(description="What the weight is for, such as annotation quality.")


def _by_institution(weights: tuple[WeightRule, ...]) -> tuple[WeightRule, ...]:
    different(tuple(weight.institution for weight in weights))
    return tuple(sorted(weights, key=lambda weight: weight.institution))


class PayeeRule(_Section):
    """A payee by name."""

    name: Line = Field(description="Who is paid; an organisation, never a patient.")
    account: Account = Field(description="The account that confirms the payment.")
    share: Percent = Field(description="Per cent of each revenue.")


class BenefitRules(_Section):
    """How what the study earns is split; the shares sum to 100 per cent."""

    equal: Percent = Field(default="0", description="Per cent split equally by signed rounds.")
    contributed: Percent = Field(
        default="0", description="Per cent split by the rounds contributed to."
    )
    patients: Percent = Field(
        default="0", description="Per cent for patients, split by the rounds contributed to."
    )
    weighted: Percent = Field(default="0", description="Per cent split by the weights below.")
    weights: Annotated[tuple[WeightRule, ...], AfterValidator(_by_institution)] = Field(
        default=(), max_length=MAX_WEIGHTS, description="Weights by institution."
    )
    payees: tuple[PayeeRule, ...] = Field(
        default=(), max_length=MAX_PAYEES, description="Payees by name."
    )
    remainder_to: Number = Field(
        description="The institution that receives the cents which rounding leaves over."
    )
    currency: Currency | None = Field(
        default=None, description="The currency that revenue is expected in (ISO 4217)."
    )


class Ethics(_Section):
    """Ethics approval."""

    approval_digest: Digest | None = Field(
        description="SHA-256 of the approval; null where none is needed."
    )


class Terms(_Section):
    """The terms of a study, as its signatories sign them."""

    scheme: Literal["swarm-charter/terms/1"] = Field(description="This format and its version.")
    title: Line = Field(description="The study in a few words.")
    question: Paragraph = Field(description="The one research question.")
    sponsor: Line = Field(description="The organisation that answers for the study.")
    data_use: DataUse
    prohibited_uses: Annotated[tuple[Line, ...], AfterValidator(different)] = Field(
        min_length=1,
        max_length=MAX_PROHIBITED_USES,
        description="What must not be done with data or model; all that the charter names.",
    )
    participants: Participants
    data: Data
    annotation: Annotation | None = Field(description="Null where the data need no annotation.")
    consent: Consent
    readiness: Literal["checked", "stated"] = Field(
        default="checked",
        description="Whether who signs needs a readiness check that passed, or its own word.",
    )
    rounds: Round = Field(description="The last round of training.")
    checkpoints: CheckpointRules
    model: ModelRules
    benefits: BenefitRules
    ethics: Ethics
    risk_class: Literal["minimal", "limited", "high"] = Field(
        description="Risk class of the resulting system under the EU AI Act."
    )
    expires: Instant = Field(description="From when on nobody is authorised any more.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for _, message in rules.contradictions(self.model_dump()):
            raise PydanticCustomError("contradiction", "{message}", {"message": message})
        return self


class Charter(_Section):
    """The swarm-wide rules."""

    scheme: Literal["swarm-charter/charter/1"] = Field(description="This format and its version.")
    title: Line = Field(description="The charter in a few words.")
    prohibited_uses: Annotated[tuple[Line, ...], AfterValidator(different)] = Field(
        min_length=1,
        max_length=MAX_PROHIBITED_USES,
        description="What every study's terms must prohibit too.",
    )
    text: LongText = Field(description="The rules in words.")
