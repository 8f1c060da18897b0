"""The committed JSON Schemas are those of the model, and say of a file's shape what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from governance.terms import SCHEMA
from governance.terms.schema import committed_schema, generated_schema, write_schemas

ROOT = Path(__file__).parents[3]
FILES = ("terms.schema.json", "charter.schema.json")


@pytest.mark.parametrize("file", FILES)
def test_the_committed_schema_is_current(file: str) -> None:
    assert committed_schema(file) == generated_schema(file), "run write_schemas() and commit"


@pytest.mark.parametrize("file", FILES)
def test_the_schema_is_one(file: str) -> None:
    schema = committed_schema(file)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_writing_the_schemas_gives_the_committed_bytes(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    for file in FILES:
        assert (tmp_path / file).read_bytes() == (ROOT / "governance" / "terms" / file).read_bytes()


@pytest.mark.parametrize("name", ["terms", "charter"])
def test_the_examples_fit_the_schema(name: str) -> None:
    document = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text(encoding="utf-8"))
    if name == "terms":
        # A reader of YAML 1.1 takes these for a truth value and a date.
        document["participants"]["countries"] = ["CH", "NO"]
        document["expires"] = "2030-12-31T23:00:00Z"
    jsonschema.Draft202012Validator(committed_schema(f"{name}.schema.json")).validate(document)


def test_canonical_terms_fit_the_schema() -> None:
    vector = json.loads((ROOT / "tests" / "vectors" / "terms.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(vector["canonical"]))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("scheme",), "swarm-charter/terms/2"),
        (("title",), 5),
        (("sunset",), 5),
        (("rounds",), 0),
        (("rounds",), 65_536),
        (("rounds",), "50"),
        (("participants", "kinds"), []),
        (("participants", "kinds"), ["clinic"]),
        (("participants", "countries"), ["XX"]),
        (("participants", "countries"), "all"),
        (("participants", "minimum_signatories"), 501),
        (("data", "schema_digest"), "0x00"),
        (("data_use", "permission"), "DUO:0000021"),
        (("consent", "max_age"), "1 month"),
        (("benefits", "equal"), "-1"),
        (("benefits", "equal"), 101),
        (("benefits", "equal"), "30.001"),
        (("benefits", "currency"), "Euro"),
        (("expires",), "2030-12-31"),
    ],
)
def test_the_schema_refuses_what_the_model_refuses(path: tuple[str, ...], value: Any) -> None:
    vector = json.loads((ROOT / "tests" / "vectors" / "terms.json").read_text(encoding="utf-8"))
    document = json.loads(vector["canonical"])
    section = document
    for step in path[:-1]:
        section = section[step]
    section[path[-1]] = value
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)
