"""An error says what is wrong, what to do, and keeps its name."""

from __future__ import annotations

import pickle

import pytest

from governance.errors import CharterError, ExitStatus, error_codes


class TeapotRefused(CharterError):
    """A kind of mistake that only these tests make."""

    code = "TeapotRefused"
    exit_status = ExitStatus.REFUSED


def test_an_error_is_told_as_one_sentence_and_one_remedy() -> None:
    error = TeapotRefused("It is a teapot.", "Ask a coffee pot.")
    assert str(error) == "It is a teapot."
    assert error.as_json() == {
        "code": "TeapotRefused",
        "message": "It is a teapot.",
        "remedy": "Ask a coffee pot.",
        "exit_status": 4,
    }


def test_kinds_are_known_by_their_codes() -> None:
    assert error_codes()["TeapotRefused"] is TeapotRefused
    with pytest.raises(TypeError):
        error_codes()["Other"] = TeapotRefused  # type: ignore[index]


def test_a_family_without_a_code_of_its_own_is_no_kind() -> None:
    class Pots(CharterError):
        """Any pot."""

    assert Pots not in error_codes().values()


def test_one_code_belongs_to_one_kind() -> None:
    with pytest.raises(TypeError, match="TeapotRefused"):

        class Impostor(CharterError):
            code = "TeapotRefused"


def test_an_error_survives_the_way_out_of_a_worker_process() -> None:
    error = TeapotRefused("It is a teapot.", "Ask a coffee pot.")
    again = pickle.loads(pickle.dumps(error))
    assert again.as_json() == error.as_json()
    assert str(again) == str(error)


def test_exit_statuses_are_those_that_the_documentation_promises() -> None:
    assert {status.name: status.value for status in ExitStatus} == {
        "DONE": 0,
        "FINDINGS": 1,
        "USAGE": 2,
        "UNVERIFIABLE": 3,
        "REFUSED": 4,
        "CHAIN": 5,
        "TIMED_OUT": 6,
        "LOCAL": 7,
    }
