"""An RPC that other machines may reach: by TLS, and by whoever has a token that Besu believes."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import CharterError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ServingInvalid(CharterError):
    """The RPC cannot be offered to other machines like this."""

    code = "ServingInvalid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The RPC cannot be offered to other machines like this: {reason}.",
            "Give the address, keystore, password, login key, certificates and token together, as "
            "docs/operations.md has them; or none of them, and the RPC stays where it is. "
            "`--rpc-local` brings it back to this machine.",
        )


@dataclass(frozen=True, slots=True)
class Serving:
    """What it takes to let other machines reach the RPC: none of it works without the rest.

    Attributes:
        host: the IP address of this machine at which they reach it.
        keystore: file with TLS key and certificate (PKCS12).
        password_file: file with the keystore's password.
        login_key: file with the public key (PEM) that verifies tokens (JWT, RS256).
        ca: file with the certificates (PEM) that vouch for the keystore's, for this machine's own
            commands.
        token_file: file with a token that allows everything, for them too.
    """

    host: str
    keystore: Path
    password_file: Path
    login_key: Path
    ca: Path
    token_file: Path

    @classmethod
    def of(cls, **given: Any) -> Serving | None:
        """What was given, with absolute paths; nothing if nothing was.

        Raises:
            ServingInvalid: something is missing, or the host is no IP address.
        """
        missing = [name.replace("_", " ") for name, value in given.items() if value is None]
        if len(missing) == len(given):
            return None
        if missing:
            raise ServingInvalid(f"there is no {', no '.join(missing)}")
        try:
            ipaddress.ip_address(given["host"])
        except ValueError:
            raise ServingInvalid(f"{given['host']} is no IP address") from None
        host = given.pop("host")
        return cls(host, **{name: path.absolute() for name, path in given.items()})

    def as_json(self) -> dict[str, str]:
        """It as plain data."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Serving:
        """What plain data say.

        Raises:
            KeyError: something is missing.
        """
        paths = {name: Path(data[name]) for name in cls.__slots__ if name != "host"}
        return cls(data["host"], **paths)

    def endpoint(self, port: int) -> str:
        """URL of the RPC."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{port}"

    def settings(self) -> dict[str, Any]:
        """Besu's settings that differ from those of an RPC on loopback."""
        return {
            "rpc-http-host": self.host,
            # A token protects it; which name it is reached by does not.
            "host-allowlist": ["*"],
            "rpc-http-tls-enabled": True,
            "rpc-http-tls-keystore-file": str(self.keystore),
            "rpc-http-tls-keystore-password-file": str(self.password_file),
            "rpc-http-authentication-enabled": True,
            "rpc-http-authentication-jwt-public-key-file": str(self.login_key),
        }
