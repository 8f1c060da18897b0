"""What the story is played on: a chain, and each hospital's own way to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import TYPE_CHECKING

from deploy import embedded
from deploy.anvil import free_port
from governance.chain import Rpc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploy.demo.hospital import Hospital
    from deploy.demo.party import Party
    from deploy.network.validator_key import ValidatorKey
    from governance.chain import Chain


class Network(StrEnum):
    """Which chain the demo runs on."""

    EMBEDDED = "embedded"
    BESU = "besu"


class Stage(ABC):
    """A chain that is there from `open` to `close`."""

    @abstractmethod
    def way(self, folder: str, /) -> Rpc:
        """A hospital's own way to the chain, which need not be open yet.

        Args:
            folder: The name of the hospital's folder.
        """

    @abstractmethod
    def open(self, parties: Sequence[Party], /) -> None:
        """Starts the chain.

        Args:
            parties: The hospitals' parties; each has its way already.

        Raises:
            CharterError: If it cannot be started; `close` is called all the same.
        """

    @abstractmethod
    def everyone(self) -> Chain:
        """All ways to the chain at once, for what concerns all: founding and audit."""

    @abstractmethod
    def heard(self, block: int, /) -> None:
        """Waits until every hospital's endpoint has a block.

        Args:
            block: The block's number.
        """

    @abstractmethod
    def second_to_come(self) -> int:
        """The time in Unix seconds that the next block has at the earliest."""

    @abstractmethod
    def validator_key(self, party: Party, /) -> ValidatorKey | None:
        """The key of the validator that a hospital runs, if it runs one."""

    @abstractmethod
    def follow(self, hospital: Hospital, /) -> bool:
        """Has a hospital's validator do what follows from the history.

        Returns:
            Whether there was anything to do.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends the chain, however far `open` came; what it wrote stays."""


class EmbeddedStage(Stage):
    """One chain program on this machine, which all hospitals share.

    Args:
        folder: Where the chain is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._endpoint = f"http://127.0.0.1:{free_port()}"
        self._own = Rpc(self._endpoint)

    def way(self, _folder: str, /) -> Rpc:
        """See `Stage.way`; all lead to the same place."""
        return Rpc(self._endpoint)

    def open(self, _parties: Sequence[Party], /) -> None:
        """See `Stage.open`."""
        embedded.up(self._folder, port=int(self._endpoint.rpartition(":")[2]))

    def everyone(self) -> Chain:
        """See `Stage.everyone`."""
        return self._own

    def heard(self, _block: int, /) -> None:
        """See `Stage.heard`; what one knows, all know."""

    def second_to_come(self) -> int:
        """See `Stage.second_to_come`; the chain's clock need not be ours."""
        pending = self._own.call("eth_getBlockByNumber", "pending", False)
        return int(pending["timestamp"], 16)

    def validator_key(self, _party: Party, /) -> ValidatorKey | None:
        """See `Stage.validator_key`; there are no validators."""
        return None

    def follow(self, _hospital: Hospital, /) -> bool:
        """See `Stage.follow`; there is nothing to do."""
        return False

    def close(self) -> None:
        """See `Stage.close`."""
        self._own.close()
        embedded.down(self._folder)
