"""The documents of the demo: the charter, the study's terms, and what stays at home."""

from importlib.resources import files
from pathlib import Path
from string import Template

from governance.primitives import sha256, to_hex
from governance.terms import Charter, Terms, load_charter, parse_terms

_HERE = files("deploy.demo")


def document(name: str) -> bytes:
    """The digest of a document that the demo only names, such as an invoice; 32 bytes."""
    return sha256(f"Swarm Charter demo: {name}".encode())


def charter_path() -> Path:
    """Where the charter of the demo's swarm lies."""
    return Path(str(_HERE.joinpath("charter.yaml")))


def schema_path() -> Path:
    """Where the schema of the study's data lies."""
    return Path(str(_HERE.joinpath("data", "schema.json")))


def conditions(folder: str) -> Path:
    """Where the conditions on a hospital's data lie.

    Args:
        folder: The name of the hospital's folder.
    """
    return Path(str(_HERE.joinpath("data", "conditions", f"{folder}.yaml")))


def charter() -> Charter:
    """The charter of the demo's swarm."""
    return load_charter(charter_path())


def charter_digest() -> bytes:
    """What the swarm puts in force: SHA-256 of the charter's file."""
    return sha256(charter_path().read_bytes())


def terms(foundation: str, *, patients: int) -> Terms:
    """The study's terms.

    Args:
        foundation: Account of the payee that the terms name.
        patients: Per cent of each revenue for the patients; the contributors have what this leaves
            of sixty.
    """
    text = Template(_HERE.joinpath("terms.yaml").read_text("utf-8")).substitute(
        schema_digest=to_hex(sha256(schema_path().read_bytes())),
        licence_digest=to_hex(document("licence")),
        approval_digest=to_hex(document("ethics approval")),
        foundation=foundation,
        patients=patients,
        contributed=60 - patients,
    )
    return parse_terms(text)
