"""What one validator's Besu is started with: for a trial, and for lasting use."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.network.card import Card
    from deploy.network.serving import Serving

RPC_HOST = "127.0.0.1"
"""The RPC is for this machine alone: whoever reaches it steers the validator."""

APIS = ("ETH", "NET", "WEB3", "QBFT", "ADMIN", "PERM", "TXPOOL", "DEBUG")
"""What the RPC answers: reading and sending, and what steers validators and permissions."""


def settings(
    card: Card, folder: Path, rpc_port: int, serving: Serving | None = None
) -> dict[str, Any]:
    """Besu's settings by the names of its options, without the dashes.

    Args:
        card: the validator's own.
        folder: where genesis, key, lists and data lie.
        rpc_port: where its RPC listens.
        serving: how other machines reach the RPC; it is on loopback if they do not.
    """
    loopback = ipaddress.ip_address(card.host).is_loopback
    # The card's address may be that of a router, so the process itself listens on all of its own.
    anywhere = "::" if ":" in card.host else "0.0.0.0"  # noqa: S104
    return {
        "data-path": str(folder / "data"),
        "genesis-file": str(folder / "genesis.json"),
        "node-private-key-file": str(folder / "validator.key"),
        # All data of the past, so that the state of any block can be proven.
        "data-storage-format": "FOREST",
        "sync-mode": "FULL",
        # Peers: those of the list alone, and none is looked for.
        "static-nodes-file": str(folder / "static-nodes.json"),
        "discovery-enabled": False,
        "p2p-host": card.host,
        "p2p-interface": card.host if loopback else anywhere,
        "p2p-port": card.port,
        "nat-method": "NONE",
        "permissions-nodes-config-file-enabled": True,
        "permissions-nodes-config-file": str(folder / "nodes.toml"),
        "permissions-accounts-config-file-enabled": True,
        "permissions-accounts-config-file": str(folder / "accounts.toml"),
        # No coins: whoever may send pays nothing.
        "min-gas-price": 0,
        "rpc-http-enabled": True,
        "rpc-http-host": RPC_HOST,
        "rpc-http-port": rpc_port,
        "rpc-http-api": list(APIS),
        "host-allowlist": ["localhost", RPC_HOST],
        **(serving.settings() if serving else {}),
    }


def config_toml(chosen: dict[str, Any]) -> str:
    """The settings as Besu's `--config-file` takes them."""
    return "".join(f"{name}={_toml(value)}\n" for name, value in chosen.items())


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def systemd_unit(folder: Path, besu: Path, java: Path, user: str) -> str:
    """A unit that keeps the validator running and lets it touch nothing but its folder.

    Args:
        folder: the validator's folder.
        besu: Besu's start script.
        java: Java's folder.
        user: the account that it runs as; the folder's owner.
    """
    option = f"--config-file={folder / 'config.toml'}".replace("$", "$$")
    environment = (f"JAVA_HOME={java}", "BESU_JFR=off", "JAVA_OPTS=-Xmx1g")
    return f"""\
[Unit]
Description=Swarm Charter validator
Documentation=https://besu.hyperledger.org
Wants=network-online.target
After=network-online.target

[Service]
User={user}
Environment={" ".join(map(_word, environment))}
ExecStart={_word(str(besu))} {_word(option)}
Restart=always
RestartSec=5
TimeoutStopSec=90
SuccessExitStatus=143
LimitNOFILE=65536
ReadWritePaths={_path(folder)}
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
UMask=0077

[Install]
WantedBy=multi-user.target
"""


def _word(text: str) -> str:
    """A word as systemd reads it, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _path(path: Path) -> str:
    """A path in a list of paths, where systemd takes a backslash as it is."""
    text = str(path).replace("%", "%%")
    return f"'{text}'" if '"' in text else f'"{text}"'


def compose_file(card: Card, folder: Path, user: str, reached: str) -> str:
    """A compose file for Besu's own image.

    Args:
        card: the validator's own.
        folder: the validator's folder, mounted at the same place.
        user: numbers of user and group that it runs as; the folder's owner.
        reached: from where its RPC is reached, for whoever reads the file.
    """
    return f"""\
services:
  validator:
    image: hyperledger/besu:26.8.0
    command: [{_quoted(f"--config-file={folder / 'config.toml'}")}]
    # The validator names its own address to its peers, so it uses the host's network.
    network_mode: host
    user: "{user}"
    environment:
      BESU_JFR: "off"
      JAVA_OPTS: "-Xmx1g"
    volumes:
      - type: bind
        source: {_quoted(str(folder))}
        target: {_quoted(str(folder))}
    read_only: true
    # Besu unpacks libraries there and runs them.
    tmpfs: ["/tmp:exec"]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped
    stop_grace_period: 90s
    # P2P: {card.host}:{card.port} · RPC: {reached}
"""


def _quoted(text: str) -> str:
    """Text as a compose file holds it: YAML reads JSON, and `$$` is filled in as `$`."""
    return json.dumps(text, ensure_ascii=False).replace("$", "$$")
