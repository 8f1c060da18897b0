"""A local network whose making was broken off, and begun again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy.network import local
from deploy.network.folder import ValidatorFolder
from governance.chain.keystore import Keystore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("step", ["create", "assemble"])
def test_one_that_was_broken_off_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Not even half of it is taken for the whole: a chain of half its validators makes no block."""
    whole = getattr(ValidatorFolder, step)
    calls = 0

    def broken_off(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return whole(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ValidatorFolder, step, broken_off)
        with pytest.raises(KeyboardInterrupt):
            local.create(tmp_path, 4)
    with pytest.raises(local.NoLocalNetwork):
        local.validators(tmp_path)
    places = local.create(tmp_path, 4)
    assert len(places) == 4
    assert len({place.assembled().digest for place in places}) == 1
    keystore = Keystore(tmp_path / "home" / "keystores")
    passphrase = (tmp_path / "passphrase").read_text().strip()
    for number, place in enumerate(places, 1):
        signer = keystore.unlock(f"hospital-{number}", passphrase)
        assert place.own_accounts() == (signer.address,)
    assert [each.path for each in local.create(tmp_path, 4)] == [each.path for each in places]
