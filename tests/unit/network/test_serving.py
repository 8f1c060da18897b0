"""What it takes to offer the RPC to other machines, and what happens where something lacks."""

from pathlib import Path
from typing import Any

import pytest

from deploy.network.serving import Serving, ServingInvalid

FILES = ("keystore", "password_file", "login_key", "ca", "token_file")


def given(**changes: Any) -> dict[str, Any]:
    return {"host": "10.0.0.7", **{name: Path(name) for name in FILES}, **changes}


def test_nothing_given_is_an_rpc_for_this_machine_alone() -> None:
    assert Serving.of(host=None, **dict.fromkeys(FILES)) is None


def test_plain_data_say_the_same() -> None:
    serving = Serving.of(**given())
    assert serving is not None
    assert serving.keystore.is_absolute()
    assert Serving.from_json(serving.as_json()) == serving


@pytest.mark.parametrize(
    ("host", "endpoint"), [("10.0.0.7", "https://10.0.0.7:1"), ("fd00::7", "https://[fd00::7]:1")]
)
def test_others_reach_it_by_tls_alone(host: str, endpoint: str) -> None:
    serving = Serving.of(**given(host=host))
    assert serving is not None
    assert serving.endpoint(1) == endpoint
    settings = serving.settings()
    assert settings["rpc-http-tls-enabled"]
    assert settings["rpc-http-authentication-enabled"]


@pytest.mark.parametrize("name", ["host", *FILES])
def test_with_one_thing_missing_nothing_is_offered(name: str) -> None:
    with pytest.raises(ServingInvalid) as refused:
        Serving.of(**given(**{name: None}))
    assert f"there is no {name.replace('_', ' ')}" in refused.value.message


def test_a_name_is_no_address() -> None:
    with pytest.raises(ServingInvalid, match=r"rpc\.example is no IP address"):
        Serving.of(**given(host="rpc.example"))
