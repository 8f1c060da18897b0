"""Somebody with an account: their keys, and their way of having something done on the chain."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from governance.chain import Act, Keystore, Sender, call_data

if TYPE_CHECKING:
    from pathlib import Path

    from governance.chain import Receipt, Rpc, Signer

# The demo's keys guard nothing; with the usual work, making them would take most of its time.
_KEYSTORE_WORK = 1 << 12


class Party:
    """Somebody with an account.

    Attributes:
        name: What it is called in the story.
        home: Its folder: keys, journal of transactions, and whatever else it keeps.
        rpc: Its way to the chain.
        account: The key that speaks for it.
    """

    def __init__(self, name: str, home: Path, rpc: Rpc) -> None:
        self.name = name
        self.home = home
        self.rpc = rpc
        self._keys = Keystore(home / "keys", work=_KEYSTORE_WORK)
        # It lives as long as this process: nobody needs these keys afterwards.
        self._passphrase = secrets.token_urlsafe(24)
        self.account = self.new_key("account")

    def new_key(self, name: str) -> Signer:
        """A new key in the party's keystore, unlocked."""
        self._keys.create(name, self._passphrase)
        return self._keys.unlock(name, self._passphrase)

    def do(
        self,
        contract: str,
        to: str,
        function: str,
        *args: Any,
        signer: Signer | None = None,
    ) -> Receipt:
        """Has a contract do something.

        Args:
            contract: The contract's name, such as `Swarm`.
            to: Its address.
            function: The function's name.
            args: The function's arguments.
            signer: Who sends it; the party's account if nobody else is named.

        Raises:
            Refused: If the contract refuses.
        """
        act = Act(to, call_data(contract, function, args), f"{contract}.{function}")
        with Sender(self.rpc, signer or self.account, self.home / "journal") as sender:
            return sender.send(act)
