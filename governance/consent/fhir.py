"""Reading FHIR R4 Consent resources: JSON, XML, Bundle and NDJSON.

A consent that is not valid FHIR is handed on as such, since it may be a withdrawal; a file that
cannot be read at all, or a consent that does not tell whose it is, stops the import. What is told
of mistakes names the file and the entry's number, never a patient.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from governance.consent import broad
from governance.consent.errors import (
    ConsentPatientUnclear,
    ConsentReaderMissing,
    ConsentUnreadable,
)
from governance.consent.found import BY_ID, Found, is_name
from governance.consent.reasons import Reason
from governance.consent.spans import TimeNotUnderstood, moment
from governance.consent.statement import UNREADABLE
from governance.primitives import each_once, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance.consent.found import Pages
    from governance.consent.statement import Statement

    Json = dict[str, Any]

MAX_FILE = 64 << 20
"""Bytes that a JSON or XML file may have; it is read whole. NDJSON is read line by line."""

MAX_LINE = 16 << 20
"""Bytes that a line of NDJSON may have."""

_BUNDLES = frozenset({"searchset", "collection", "batch", "transaction"})
_DEEPEST = 4
_NAMESPACE = "{http://hl7.org/fhir}"
_ISSUE = f"{_NAMESPACE}issue/{_NAMESPACE}"
_SEARCHSET = "searchset"


def found_in(path: Path, named_by: str, pages: Pages) -> Iterator[Found]:
    """The consents of a file.

    Args:
        path: A file whose name ends in `.json`, `.xml`, `.ndjson` or `.jsonl`.
        named_by: `reference` or `identifier`: which of the two names a patient.
        pages: Takes the file's Bundles into account.

    Raises:
        ConsentUnreadable: the file cannot be read.
        ConsentPatientUnclear: a consent does not tell whose it is.
        ConsentReaderMissing: what reads FHIR is not installed.
    """
    validate = _validator()
    if path.suffix.lower() == ".xml":
        for entry, element in _of_xml(path, pages):
            yield _found(path, entry, *_from_xml(element), named_by)
        return
    read = _of_json if path.suffix.lower() == ".json" else _of_ndjson
    for entry, resource in read(path, pages):
        said = broad.statement(resource) if validate(resource) else UNREADABLE
        yield _found(path, entry, resource, said, named_by)


def _found(path: Path, entry: int, resource: Json, said: Statement, named_by: str) -> Found:
    try:
        record, server = _subject(resource["patient"], named_by)
        source, named = _source(resource)
    except (KeyError, TypeError, AttributeError, ValueError):
        what = f"this consent does not name its patient by {named_by}"
        raise ConsentPatientUnclear(path, what, f"entry {entry}") from None
    if not named and said.flaw is None:
        # Were it withdrawn by making it inactive, what it permits now would stay for ever.
        said = said._replace(permits=(), flaw=Reason.UNNAMED)
    try:
        updated = moment(resource["meta"]["lastUpdated"])
    except (KeyError, TypeError, TimeNotUnderstood):
        updated = 0
    return Found(record, source, updated, said, path, entry, server)


def _subject(patient: Json, named_by: str) -> tuple[str, str]:
    """The pseudonym, and the server if it is named."""
    if named_by == "identifier":
        identifier = patient["identifier"]
        return f"{_text(identifier['system'])}|{_text(identifier['value'])}", ""
    reference = _text(patient["reference"])
    if reference.startswith("urn:uuid:"):
        return reference, ""
    path, _, _ = reference.partition("/_history/")
    before, _, name = path.rpartition("/")
    server, _, kind = before.rpartition("/")
    if kind != "Patient" or (server and "://" not in server):
        raise ValueError
    return _text(name), server


def _text(value: object) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise ValueError
    return value


def _source(resource: Json) -> tuple[str, bool]:
    """The resource's identity, and whether it names one.

    It is its id, else its first identifier, else what it says.
    """
    if resource.get("id"):
        return f"{BY_ID}{_text(resource['id'])}", True
    for identifier in resource.get("identifier") or ():
        if identifier.get("value"):
            system = _text(identifier["system"]) if identifier.get("system") else None
            return f"identifier:{system}|{_text(identifier['value'])}", True
    plain = json.dumps(resource, sort_keys=True).encode()
    return f"sha256:{sha256(plain).hex()}", False


# --- validity -------------------------------------------------------------------------------------


def _validator() -> Any:
    """Whether a resource is valid FHIR R4.

    Its errors quote what they found, so they are not passed on.
    """
    model = _model()

    def valid(resource: Json) -> bool:
        try:
            model.model_validate(resource)
        # A validator that fails in whatever way has not found the resource valid.
        except Exception:
            return False
        return True

    return valid


def _model() -> Any:
    try:
        # The default of the package is R5, which knows another Consent.
        from fhir.resources.R4B.consent import Consent  # noqa: PLC0415
        from lxml import etree  # noqa: PLC0415
    except ImportError:
        raise ConsentReaderMissing from None
    assert etree is not None
    return Consent


# --- JSON -----------------------------------------------------------------------------------------


def _of_json(path: Path, pages: Pages) -> Iterator[tuple[int, Json]]:
    text = _whole(path)
    yield from enumerate(_consents(path, _plain(path, text, ""), pages, 0), 1)


def _of_ndjson(path: Path, pages: Pages) -> Iterator[tuple[int, Json]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                place = f"line {number}"
                if len(line) > MAX_LINE:
                    what = f"the line has more than {MAX_LINE >> 20} MiB"
                    raise ConsentUnreadable(path, what, place)
                if line.strip():
                    for resource in _consents(path, _plain(path, line, place), pages, 0):
                        yield number, resource
    except OSError:
        raise ConsentUnreadable(path, "the file cannot be read") from None


def _whole(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            what = f"the file has more than {MAX_FILE >> 20} MiB; bring it into NDJSON"
            raise ConsentUnreadable(path, what)
        return path.read_bytes()
    except OSError:
        raise ConsentUnreadable(path, "the file cannot be read") from None


def _plain(path: Path, text: bytes, place: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=each_once)
    except (ValueError, RecursionError):
        what = "this is no JSON in UTF-8, or it says something twice"
        raise ConsentUnreadable(path, what, place) from None


def _consents(path: Path, resource: Any, pages: Pages, depth: int) -> Iterator[Json]:
    """The consents in a resource; other resources are passed over if they hold none."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        raise ConsentUnreadable(path, "this is no FHIR resource")
    if kind != "Bundle":
        _check_other(path, kind, _severities(resource), hidden=_holds_consent(resource))
        if kind == "Consent":
            yield resource
        return
    _check_bundle(path, resource.get("type"), depth)
    links = resource.get("link") or []
    relations = [each.get("relation") for each in links if isinstance(each, dict)]
    if resource.get("type") == _SEARCHSET:
        pages.turn(path, leads_on="next" in relations)
    entries = resource.get("entry") or []
    if not isinstance(entries, list):
        raise ConsentUnreadable(path, "this is no FHIR Bundle")
    for entry in entries:
        if not isinstance(entry, dict) or "resource" not in entry:
            raise ConsentUnreadable(path, "an entry of the Bundle holds no resource")
        yield from _consents(path, entry["resource"], pages, depth + 1)


def _severities(resource: Json) -> set[object]:
    """Of an OperationOutcome, how bad its issues are."""
    issues = resource.get("issue")
    listed = issues if isinstance(issues, list) else []
    return {str(each.get("severity")) for each in listed if isinstance(each, dict)}


def _holds_consent(resource: Json) -> bool:
    """Whether there is a consent somewhere within a resource."""
    waiting: list[Any] = list(resource.values())
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if each.get("resourceType") == "Consent":
                return True
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False


def _check_other(path: Path, kind: str, severities: set[object], *, hidden: bool) -> None:
    """Refuses what stands instead of consents, or hides one, for it might be a withdrawal."""
    if hidden:
        raise ConsentUnreadable(path, f"a {kind} holds a Consent within it")
    if kind == "OperationOutcome" and severities & {"fatal", "error"}:
        raise ConsentUnreadable(path, "the server tells of an error where consents should be")


def _check_bundle(path: Path, kind: object, depth: int) -> None:
    if kind not in _BUNDLES:
        listed = ", ".join(sorted(_BUNDLES))
        raise ConsentUnreadable(path, f"this Bundle is of another type than {listed}")
    if depth >= _DEEPEST:
        raise ConsentUnreadable(path, "Bundles are nested too deeply")


# --- XML ------------------------------------------------------------------------------------------


def _of_xml(path: Path, pages: Pages) -> Iterator[tuple[int, Any]]:
    """The consents of an XML file as elements, read without entities, network or DTD."""
    text = _whole(path)
    from lxml import etree  # noqa: PLC0415 - only where XML is read

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ConsentUnreadable(path, "this is no XML that can be read safely") from None
    # Whatever a document type declares, FHIR has no use for it.
    if root.getroottree().docinfo.doctype:
        raise ConsentUnreadable(path, "the XML declares a document type, which FHIR never does")
    yield from enumerate(_elements(path, root, pages, 0), 1)


def _elements(path: Path, element: Any, pages: Pages, depth: int) -> Iterator[Any]:
    if not isinstance(element.tag, str) or not element.tag.startswith(_NAMESPACE):
        raise ConsentUnreadable(path, "this is no FHIR resource")
    kind = element.tag.removeprefix(_NAMESPACE)
    if kind != "Bundle":
        severities = {each.get("value") for each in element.iterfind(f"{_ISSUE}severity")}
        hidden = sum(1 for _ in element.iter(f"{_NAMESPACE}Consent")) > (kind == "Consent")
        _check_other(path, kind, severities, hidden=hidden)
        if kind == "Consent":
            yield element
        return
    _check_bundle(path, _value(element, "type"), depth)
    if _value(element, "type") == _SEARCHSET:
        relations = element.iterfind(f"{_NAMESPACE}link/{_NAMESPACE}relation")
        pages.turn(path, leads_on="next" in [each.get("value") for each in relations])
    for entry in element.findall(f"{_NAMESPACE}entry"):
        resources = [child for each in entry.findall(f"{_NAMESPACE}resource") for child in each]
        if len(resources) != 1:
            raise ConsentUnreadable(path, "an entry of the Bundle holds no resource")
        yield from _elements(path, resources[0], pages, depth + 1)


def _value(element: Any, *path: str) -> str | None:
    found = element.find("/".join(_NAMESPACE + step for step in path))
    return None if found is None else found.get("value")


def _from_xml(element: Any) -> tuple[Json, Statement]:
    """A consent in JSON's form and what it says; if it is not valid, what tells whose it is."""
    from lxml import etree  # noqa: PLC0415

    try:
        model = _model().model_validate_xml(etree.tostring(element, with_tail=False))
        resource: Json = json.loads(model.model_dump_json())
    # As for JSON: however it fails, it was not found valid.
    except Exception:
        identifier = {
            "system": _value(element, "patient", "identifier", "system"),
            "value": _value(element, "patient", "identifier", "value"),
        }
        patient = {"reference": _value(element, "patient", "reference"), "identifier": identifier}
        digest = sha256(etree.tostring(element, with_tail=False)).hex()
        known = _value(element, "id") or f"xml-{digest}"
        return {"id": known, "patient": patient}, UNREADABLE
    return resource, broad.statement(resource)
