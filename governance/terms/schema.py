"""The JSON Schemas of terms and charters, for editors and for other tools.

They tell the shape of a file; what its fields must be to each other only our own reading checks.
The committed files are generated from the model: `write_schemas()` writes them anew.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.terms.model import CHARTER_SCHEME, TERMS_SCHEME, Charter, Terms

if TYPE_CHECKING:
    from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FILES: dict[str, tuple[type[BaseModel], str]] = {
    "terms.schema.json": (Terms, TERMS_SCHEME),
    "charter.schema.json": (Charter, CHARTER_SCHEME),
}


def generated_schema(file: str) -> dict[str, Any]:
    """Return the schema that the model gives for one of the committed files."""
    model, scheme = _FILES[file]
    head = {"$schema": DIALECT, "$id": f"urn:{scheme.replace('/', ':')}"}
    return head | model.model_json_schema()


def committed_schema(file: str) -> dict[str, Any]:
    """Return a schema as it is committed."""
    text = resources.files("governance.terms").joinpath(file).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def write_schemas(folder: Path = Path(__file__).parent) -> None:
    """Write the generated schemas over the committed files."""
    for file in _FILES:
        text = json.dumps(generated_schema(file), indent=2, ensure_ascii=False) + "\n"
        (folder / file).write_text(text, encoding="utf-8")
