from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance.readiness.agreement import LabelsInvalid
from governance.readiness.labels import read_labels
from governance.readiness.table import TableInvalid

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str | bytes) -> dict[str, dict[str, str]]:
    file = folder / "labels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_labels(file)


def test_labels_by_record_and_annotator(tmp_path: Path) -> None:
    text = "when,label,annotator,record\nnow,x,ann,1\nnow,y,bob,1\nnow,,ann,2\n\nnow,x,bob,2\n"
    assert read(tmp_path, text) == {"1": {"ann": "x", "bob": "y"}, "2": {"bob": "x"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has not each of the columns"),
        ("record,label\n1,x\n", "has not each of the columns"),
        ("record,annotator,label,label\n1,ann,x,y\n", "has not each of the columns"),
        ("record,annotator,label\n1,ann\n", "Row 1 .* as many fields"),
        ("record,annotator,label\n1,ann,x\n,ann,x\n", "Row 2 .* names no record"),
        ("record,annotator,label\nSECRET,ann,x\nSECRET,ann,x\n", "Row 2 .* second label"),
        ("record,annotator,label\nSECRET,ann,x\nSECRET,ann ,x\n", "Row 2 .* second label"),
    ],
)
def test_wrong_labels_are_told_by_their_row(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(LabelsInvalid, match=words) as raised:
        read(tmp_path, text)
    assert "SECRET" not in raised.value.message


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid):
        read(tmp_path, b"record,annotator,label\n1,\xff,x\n")
