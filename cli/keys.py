"""Keys of this machine, for accounts and nodes alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.output import emit, note
from governance.primitives import checksum_address

if TYPE_CHECKING:
    from cli.session import Session


def new_key(session: Session, command: str, name: str) -> None:
    """Makes a key and tells its address.

    Args:
        session: the command's session.
        command: the command's words, joined by hyphens, for the JSON schema.
        name: what the key is called on this machine.
    """
    address = session.keystore.create(name, session.passphrase(f"the new key '{name}'", new=True))
    note(f"The key lies in {session.keystore.folder}; keep a copy where no other machine reads it.")
    emit(command, {"key": name, "address": address}, as_json=session.json)


def address_of(session: Session, name: str) -> str:
    """An address that is given as such or by a key's name on this machine.

    Raises:
        KeystoreUnknown: it is neither.
        AddressInvalid: it begins with 0x and is no address.
    """
    return checksum_address(name) if name.startswith("0x") else session.keystore.address(name)
