"""Somebody with an account: their keys, and their way of having something done on the chain."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from governance.chain import Act, Keystore, Sender, call_data, relaying
from governance.chain.relay import RelayRequest, SignedRequest, random_nonce

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance.chain import House, Receipt, Rpc, Signer

# The demo's keys guard nothing; with the usual work, making them would take most of its time.
_KEYSTORE_WORK = 1 << 12

_REQUEST_SECONDS = 3_600


class Keyholder:
    """Somebody with an account and no way to the chain: others send what they sign.

    Attributes:
        name: What it is called in the story.
        home: Its folder: keys, and whatever else it keeps.
        account: The key that speaks for it.
    """

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.home = home
        self._keys = Keystore(home / "keys", work=_KEYSTORE_WORK)
        # It lives as long as this process: nobody needs these keys afterwards.
        self._passphrase = secrets.token_urlsafe(24)
        self.account = self.new_key("account")

    def new_key(self, name: str) -> Signer:
        """A new key in the keystore, unlocked."""
        self._keys.create(name, self._passphrase)
        return self._keys.unlock(name, self._passphrase)

    def request(
        self, chain_id: int, house: House, contract: str, to: str, function: str, *args: Any
    ) -> SignedRequest:
        """Signs an act for somebody else to send.

        Args:
            chain_id: The chain's number.
            house: The house whose relay takes it.
            contract: The contract's name, such as `Benefits`.
            to: Its address.
            function: The function's name.
            args: The function's arguments.
        """
        request = RelayRequest(
            chain_id=chain_id,
            relay=house.relay,
            account=self.account.address,
            to=to,
            data=call_data(contract, function, args),
            nonce=random_nonce(),
            deadline=int(time.time()) + _REQUEST_SECONDS,
        )
        return SignedRequest(request).signed(self.account)


class Party(Keyholder):
    """Somebody with an account and a way to the chain.

    Attributes:
        rpc: Its way to the chain.
    """

    def __init__(self, name: str, home: Path, rpc: Rpc, heard: Callable[[int], None]) -> None:
        """Makes its first key.

        Args:
            name: What it is called in the story.
            home: Its folder, where the journal of its transactions lies too.
            rpc: Its way to the chain.
            heard: Waits until all others know of a block, too.
        """
        super().__init__(name, home)
        self.rpc = rpc
        self._heard = heard

    def do(
        self,
        contract: str,
        to: str,
        function: str,
        *args: Any,
        signer: Signer | None = None,
    ) -> Receipt:
        """Has a contract do something, and returns when everybody knows.

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
            receipt = sender.send(act)
        self._heard(receipt.block)
        return receipt

    def relay(self, signed: SignedRequest, description: str) -> None:
        """Sends what another has signed, and returns when everybody knows.

        Args:
            signed: The signed act, which nobody has sent yet.
            description: What the journal says of it.

        Raises:
            Refused: If the relay or the contract refuses.
        """
        with Sender(self.rpc, self.account, self.home / "journal") as sender:
            receipt = relaying.send(sender, signed, description)
        assert receipt is not None, "somebody else was faster"
        self._heard(receipt.block)
