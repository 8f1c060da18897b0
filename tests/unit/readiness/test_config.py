"""readiness.yaml: what it may say, and that nothing in it can be a credential."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from governance.readiness import ConsentCounts
from governance.readiness.config import (
    CONFIG_SCHEME,
    Config,
    ReadinessConfigInvalid,
    load_config,
)

FULL = """\
timeout: 2.5
ca: hospital.pem
units: {chol: mg/dL, age: a}
missing: [NA, "-"]
consent: {asked: 210, permitting: 198}
agreement: {dice: 0.910, krippendorff-alpha: "0.8"}
prior_use: None.
endpoints:
  - {kind: dicom, host: archive, ae_title: ARCHIVE, calling_title: CT1, source: 127.0.0.2}
  - {kind: dicom, host: "::1", port: 11112, tls: true}
  - {kind: fhir, url: "https://fhir.example:8443/r4/"}
  - {kind: fhir, host: fhir, port: 8080, tls: false, path: /r4}
  - {kind: http, url: "http://viewer.example/studies?limit=1"}
  - {kind: http, host: viewer}
"""


def load(folder: Path, text: str, scheme: str = CONFIG_SCHEME) -> Config:
    file = folder / "readiness.yaml"
    file.write_text(f"scheme: {scheme}\n{text}", encoding="utf-8")
    return load_config(file)


def test_all_that_it_may_say(tmp_path: Path) -> None:
    (tmp_path / "hospital.pem").touch()
    said = load(tmp_path, FULL)
    assert (said.timeout, said.ca) == (2.5, tmp_path / "hospital.pem")
    assert said.units == {"chol": "mg/dL", "age": "a"}
    assert said.missing == ("NA", "-")
    assert said.consent == ConsentCounts(210, 198)
    assert said.agreement == {"dice": "0.91", "krippendorff-alpha": "0.8"}
    assert [each.target for each in said.endpoints] == [
        "dicom://archive:104/ARCHIVE",
        "dicoms://[::1]:11112/ANY-SCP",
        "https://fhir.example:8443/r4/Patient",
        "http://fhir:8080/r4/Patient",
        "http://viewer.example:80/studies",
        "https://viewer:443/",
    ]
    assert said.endpoints[2].url == "https://fhir.example:8443/r4/Patient?_summary=count"
    assert said.endpoints[4].url == "http://viewer.example:80/studies?limit=1"
    assert (said.endpoints[0].calling_title, said.endpoints[0].source) == ("CT1", "127.0.0.2")


def test_nothing_need_be_said(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("endpoint: []", "endpoint is no field here"),
        ("endpoints: {}", "endpoints is no list"),
        ("endpoints: [7]", "kind that is none"),
        ("endpoints: [{kind: ftp, host: a}]", "kind that is none"),
        ("endpoints: [{kind: http}]", "has no host"),
        ("endpoints: [{kind: http, host: a, user: b}]", "field user"),
        ("endpoints: [{kind: http, host: a, password: b}]", "field password"),
        ("endpoints: [{kind: http, host: 7}]", "host that is no text"),
        ("endpoints: [{kind: http, host: user@a}]", "has no host"),
        ("endpoints: [{kind: http, host: a, port: 0}]", "port that is not"),
        ("endpoints: [{kind: http, host: a, port: '80'}]", "port that is not"),
        ("endpoints: [{kind: http, host: a, tls: 1}]", "tls that is neither"),
        ("endpoints: [{kind: http, host: a, path: b}]", "does not begin with /"),
        ("endpoints: [{kind: http, host: a, url: 'http://a'}]", "with nothing else"),
        ("endpoints: [{kind: dicom, url: 'http://a'}]", "with nothing else"),
        ("endpoints: [{kind: http, url: 'http://u:p@a/'}]", "without credentials"),
        ("endpoints: [{kind: http, url: 'file:///etc/passwd'}]", "does not begin with https"),
        ("endpoints: [{kind: http, url: 'http://a:99999/'}]", "url that is none"),
        ("endpoints: [{kind: fhir, host: a, path: '/r4?a=b'}]", "goes with http alone"),
        ("endpoints: [{kind: dicom, host: a, ae_title: SEVENTEEN-LETTERS}]", "more than 16"),
        ("endpoints: [{kind: dicom, host: a, source: eth0}]", "no address"),
        ("timeout: 0", "not above 0"),
        ("ca: nowhere.pem", "ca names no file"),
        ("timeout: 61", "not above 0"),
        ("timeout: soon", "no number of seconds"),
        ("timeout: true", "no number of seconds"),
        ("units: [a]", "units is no group"),
        ("units: {a: [b]}", "neither text nor a number"),
        ("consent: {asked: 1}", "asked and permitting"),
        ("consent: 7", "asked and permitting"),
        ("consent: {asked: 1, permitting: 2}", "from 0 to asked"),
        ("consent: {asked: true, permitting: 1}", "from 0 to asked"),
        ("prior_use: 7", "prior_use is no text"),
        ("timeout: [", "no readable YAML"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ReadinessConfigInvalid, match=words):
        load(tmp_path, text)


def test_another_scheme_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadinessConfigInvalid, match="scheme is not"):
        load(tmp_path, "", scheme="something/1")
    with pytest.raises(ReadinessConfigInvalid, match="No such file"):
        load_config(tmp_path / "none.yaml")
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(ReadinessConfigInvalid, match="UTF-8"):
        load_config(tmp_path / "latin")


def test_the_documented_file_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "readiness.md").read_text(encoding="utf-8")
    (documented,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "readiness.yaml"
    file.write_text(documented, encoding="utf-8")
    (tmp_path / "hospital-ca.pem").touch()
    said = load_config(file)
    assert len(said.endpoints) == 4
    assert {name for name in Config.__slots__ if f"{name}:" in documented} == set(Config.__slots__)
