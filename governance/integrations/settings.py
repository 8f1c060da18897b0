"""The file by which a framework's process finds its node: chain, study, key and evidence."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.chain import Endpoints, Follower, Keystore, Rpc, Trust
from governance.gate import EvidenceLog, Gate, LiveView
from governance.integrations.contributing import Contributor
from governance.integrations.errors import NodeSettingsInvalid
from governance.integrations.judging import Judge
from governance.primitives import AddressInvalid, checksum_address

if TYPE_CHECKING:
    from governance.chain.rpc import Chain

SCHEME = "swarm-charter/node/1"
"""Names the form of the file."""

_PATHS = frozenset({"trust", "keystore", "passphrase_file", "signed", "evidence"})
_TEXTS = _PATHS | {"study", "key"}
_FIELDS = _TEXTS | {"scheme", "endpoints"}
_OTHERS = 0o077
_SITE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Where a node finds what it works with.

    Attributes:
        endpoints: JSON-RPC endpoints of the chain; several must agree.
        trust: The trust file.
        study: Address of the study's contract.
        keystore: Folder of the keystore with the node key.
        key: The node key's name there.
        passphrase_file: File whose first line is the key's passphrase.
        signed: Folder where the node remembers what it has signed.
        evidence: The evidence log of the node's gate, for when it merges.
    """

    endpoints: tuple[str, ...]
    trust: Path
    study: str
    keystore: Path
    key: str
    passphrase_file: Path
    signed: Path
    evidence: Path

    @classmethod
    def load(cls, path: Path | str, site: str = "") -> NodeSettings:
        """Reads a node's settings; relative paths in it are relative to its folder.

        Args:
            path: The file. `{site}` in it stands for the site's name, so that one job can name
                every site's own file.
            site: What the framework calls the site.

        Raises:
            NodeSettingsInvalid: If it is missing or malformed, or the site's name fits no path.
        """
        if "{site}" in str(path):
            if not _SITE.fullmatch(site):
                raise NodeSettingsInvalid(Path(path), f"{site!r} cannot stand in a path")
            path = str(path).replace("{site}", site)
        place = Path(path).absolute()
        try:
            data = json.loads(place.read_text(encoding="utf-8"))
        except OSError as error:
            raise NodeSettingsInvalid(place, error.strerror or "it cannot be read") from None
        except (ValueError, RecursionError):
            raise NodeSettingsInvalid(place, "it is not JSON") from None
        return cls._checked(data, place)

    @classmethod
    def _checked(cls, data: Any, place: Path) -> NodeSettings:
        if not isinstance(data, dict) or data.get("scheme") != SCHEME:
            raise NodeSettingsInvalid(place, f"its scheme is not {SCHEME}")
        if data.keys() != _FIELDS:
            odd = ", ".join(sorted(map(str, data.keys() ^ _FIELDS)))
            raise NodeSettingsInvalid(place, f"fields are missing or unknown ({odd})")
        for name in sorted(_TEXTS):
            if not isinstance(data[name], str):
                raise NodeSettingsInvalid(place, f"{name} is not a text")
        endpoints = data["endpoints"]
        if not isinstance(endpoints, list) or not endpoints:
            raise NodeSettingsInvalid(place, "it names no endpoint")
        if not all(isinstance(each, str) for each in endpoints):
            raise NodeSettingsInvalid(place, "an endpoint is not a text")
        try:
            study = checksum_address(data["study"])
        except AddressInvalid as error:
            raise NodeSettingsInvalid(place, error.message.rstrip(".")) from None
        paths = {name: place.parent / data[name] for name in _PATHS}
        return cls(endpoints=tuple(endpoints), study=study, key=data["key"], **paths)

    def contributor(self) -> Contributor:
        """The node as one that trains, its key unlocked.

        Raises:
            NodeSettingsInvalid: If the passphrase cannot be read.
            CharterError: If the key cannot be unlocked or the trust file be read.
        """
        trust = Trust.load(self.trust)
        return Contributor(
            Keystore(self.keystore).unlock(self.key, self._passphrase()),
            trust.chain_id,
            self.study,
            self.signed,
            view=LiveView(Follower(self._chain(), trust)),
        )

    def judge(self, *, keeps_updates: bool = False) -> Judge:
        """The node as one that merges, with its own gate and evidence log.

        Args:
            keeps_updates: See `Judge`.

        Raises:
            CharterError: If the trust file or the evidence log cannot be used.
        """
        trust = Trust.load(self.trust)
        evidence = EvidenceLog(self.evidence)
        view = LiveView(Follower(self._chain(), trust), evidence.seen())
        gate = Gate(view, self.study, evidence)
        return Judge(gate, view, evidence, keeps_updates=keeps_updates)

    def _chain(self) -> Chain:
        ways = [Rpc(each) for each in self.endpoints]
        return ways[0] if len(ways) == 1 else Endpoints(ways)

    def _passphrase(self) -> str:
        try:
            with self.passphrase_file.open(encoding="utf-8") as file:
                if os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise NodeSettingsInvalid(
                        self.passphrase_file, "others may read the passphrase in it"
                    )
                return file.readline().rstrip("\n")
        except (OSError, UnicodeDecodeError):
            raise NodeSettingsInvalid(
                self.passphrase_file, "the passphrase cannot be read"
            ) from None
