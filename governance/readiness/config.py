"""What an institution says beforehand, in a YAML file of its own: endpoints, units, its word.

Only the hosts that stand here are ever asked for anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from governance.errors import CharterError
from governance.readiness.endpoints import Endpoint, EndpointInvalid, endpoint
from governance.readiness.statement import ConsentCounts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG_SCHEME = "swarm-charter/readiness-config/1"

DEFAULT_TIMEOUT = 5.0
"""Seconds that an endpoint has for its answer."""

_LONGEST_TIMEOUT = 60
_FIELDS = frozenset(
    {"scheme", "endpoints", "timeout", "ca", "units", "missing", "consent", "agreement"}
    | {"prior_use"}
)


class ReadinessConfigInvalid(CharterError):
    """An institution's readiness.yaml has a mistake."""

    code = "ReadinessConfigInvalid"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The file {path} cannot be used: {reason}.",
            "Correct it; docs/readiness.md says what it holds.",
        )


@dataclass(frozen=True, slots=True)
class Config:
    """What readiness.yaml says.

    Attributes:
        endpoints: The institution's own endpoints.
        timeout: Seconds that each has for its answer.
        ca: The certificates that are believed, as a file; None for those of the system.
        units: In which unit each column is measured.
        missing: What stands in a cell without a value, beside nothing at all.
        consent: Counts of the patients' decisions.
        agreement: Values of metrics that are not computed, by metric, as decimal text.
        prior_use: What else the data were used for, in the institution's own words.
    """

    endpoints: tuple[Endpoint, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
    ca: Path | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    consent: ConsentCounts | None = None
    agreement: Mapping[str, str] = field(default_factory=dict)
    prior_use: str | None = None


def load_config(path: Path) -> Config:
    """Read readiness.yaml.

    Raises:
        ReadinessConfigInvalid: it has a mistake; the first is told.
    """
    # It is written as terms are: without what readers of YAML understand differently.
    from governance.terms.document import read_yaml  # noqa: PLC0415 - loads pydantic

    try:
        document = read_yaml(path.read_text(encoding="utf-8-sig"))
        if document.problems:
            raise ValueError(str(document.problems[0]))
        return _config(document.data, path.parent)
    except OSError as error:
        raise ReadinessConfigInvalid(path, f"{error.strerror}") from None
    except UnicodeDecodeError:
        raise ReadinessConfigInvalid(path, "it is not text in UTF-8") from None
    except EndpointInvalid as error:
        raise ReadinessConfigInvalid(path, error.message.rstrip(".")) from None
    except ValueError as error:
        raise ReadinessConfigInvalid(path, str(error)) from None


def counts(plain: Any) -> ConsentCounts:
    """Read counts of decisions: a mapping with `asked` and `permitting`, and maybe more.

    Raises:
        ValueError: it is none.
    """
    try:
        asked, permitting = plain["asked"], plain["permitting"]
    except (TypeError, KeyError):
        raise ValueError("the counts of consent have not asked and permitting") from None
    if not (type(asked) is int and type(permitting) is int and 0 <= permitting <= asked):
        raise ValueError("of consent, permitting is a whole number from 0 to asked")
    return ConsentCounts(asked, permitting)


def _config(plain: Any, folder: Path) -> Config:
    if not isinstance(plain, dict) or plain.get("scheme") != CONFIG_SCHEME:
        raise ValueError(f"its scheme is not {CONFIG_SCHEME}")
    unknown = sorted(set(plain) - _FIELDS)
    if unknown:
        raise ValueError(f"{unknown[0]} is no field here")
    timeout = plain.get("timeout", DEFAULT_TIMEOUT)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float | Decimal):
        raise ValueError("timeout is no number of seconds")
    if not 0 < timeout <= _LONGEST_TIMEOUT:
        raise ValueError(f"timeout is not above 0 and up to {_LONGEST_TIMEOUT} seconds")
    ca = _text(plain, "ca")
    if ca and not (folder / ca).is_file():
        raise ValueError("ca names no file")
    return Config(
        endpoints=tuple(endpoint(each) for each in _list(plain, "endpoints")),
        timeout=float(timeout),
        ca=folder / ca if ca else None,
        units=_mapping(plain, "units"),
        missing=tuple(str(each) for each in _list(plain, "missing")),
        consent=counts(plain["consent"]) if plain.get("consent") is not None else None,
        agreement=_mapping(plain, "agreement"),
        prior_use=_text(plain, "prior_use"),
    )


def _list(plain: dict[str, Any], name: str) -> tuple[Any, ...]:
    found = plain.get(name)
    if found is not None and not isinstance(found, tuple):
        raise ValueError(f"{name} is no list")
    return found or ()


def _mapping(plain: dict[str, Any], name: str) -> dict[str, str]:
    found = plain.get(name)
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"{name} is no group of fields")
    written = {key: _written(value) for key, value in (found or {}).items()}
    return {key: value for key, value in written.items() if value}


def _written(value: Any) -> str:
    """A value as canonical text: numbers without needless zeros."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if value is None or isinstance(value, str | int):
        return "" if value is None else str(value)
    raise ValueError("a value is neither text nor a number")


def _text(plain: dict[str, Any], name: str) -> str | None:
    found = plain.get(name)
    if found is not None and not isinstance(found, str):
        raise ValueError(f"{name} is no text")
    return found
