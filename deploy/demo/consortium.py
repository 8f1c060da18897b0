"""Four validators on this machine, one for each hospital, made by the ceremony of `deploy.network`.

```
swarm/<hospital>/validator   the hospital's validator: its key, everybody's cards, its chain
```
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from deploy.anvil import free_port
from deploy.demo.stage import Stage
from deploy.network import local, process
from deploy.network.engine import find_engine
from deploy.network.folder import ValidatorFolder
from deploy.network.process import EngineFailed
from deploy.network.sync import Files, apply, plan, read_engine, read_own, wanted
from deploy.network.validator_key import ValidatorKey
from governance.chain import Endpoints, Rpc
from governance.chain.queries import head

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from deploy.demo.hospital import Hospital
    from deploy.demo.narration import Narrator
    from deploy.demo.party import Party
    from governance.chain import Chain

_VALIDATOR = "validator"
_CATCH_UP_SECONDS = 60.0
_PAUSE = 0.02


def stop(swarm: Path) -> None:
    """Stops the validators that an earlier run left running.

    Args:
        swarm: The folder of the hospitals' folders.

    Raises:
        EngineFailed: One does not end.
    """
    _stop(ValidatorFolder(path) for path in swarm.glob(f"*/{_VALIDATOR}"))


class ConsortiumStage(Stage):
    """A network of the hospitals' own validators; each hospital speaks to its own alone.

    Args:
        narrator: Who tells how the network comes to be.

    Raises:
        EngineMissing: Besu or its Java is not on this machine.
    """

    def __init__(self, narrator: Narrator) -> None:
        find_engine()
        self._narrator = narrator
        self._ports: dict[str, int] = {}
        self._places: dict[str, ValidatorFolder] = {}
        self._rpcs: tuple[Rpc, ...] = ()

    def way(self, folder: str, /) -> Rpc:
        """See `Stage.way`."""
        port = self._ports.setdefault(folder, free_port())
        return Rpc(_endpoint(port))

    def open(self, parties: Sequence[Party], /) -> None:
        """See `Stage.open`."""
        say = self._narrator.say
        self._narrator.chapter("Four hospitals make a network")
        cards = []
        for party in parties:
            place = ValidatorFolder(party.home / _VALIDATOR)
            port = free_port()
            cards.append(
                place.create(
                    party.name, party.account, chain_id=local.CHAIN_ID, host=local.HOST, port=port
                )
            )
            self._places[party.home.name] = place
        say("Each makes its validator's key, which stays with it, and hands out a signed card.")
        digests = {
            # To each of them the cards come in another order.
            place.assemble(cards[turn:] + cards[:turn], self._ports[folder]).digest
            for turn, (folder, place) in enumerate(self._places.items())
        }
        assert len(digests) == 1, "the same cards make different networks"
        say(f"From all cards each makes the same network: {digests.pop()[:18]}…")
        begun = time.monotonic()
        with self._narrator.progress("starting validators", len(parties)) as step:
            local.up(list(self._places.values()), step)
        self._rpcs = tuple(Rpc(_endpoint(self._ports[folder])) for folder in self._places)
        say(f"Their validators answer after {time.monotonic() - begun:.0f} seconds.")
        for party, card in zip(parties, cards, strict=True):
            say(f"{party.name} runs validator {card.validator} and asks {party.rpc.endpoint}.")

    def everyone(self) -> Chain:
        """See `Stage.everyone`."""
        return Endpoints(self._rpcs)

    def second_to_come(self) -> int:
        """See `Stage.second_to_come`; an idle chain waits for a transaction, and the clock goes on.

        All validators are on this machine and have its clock.
        """
        return int(time.time())

    def heard(self, block: int, /) -> None:
        """See `Stage.heard`; a block is with the others a moment after it is final.

        Raises:
            EngineFailed: A validator falls behind.
        """
        deadline = time.monotonic() + _CATCH_UP_SECONDS
        for rpc, place in zip(self._rpcs, self._places.values(), strict=True):
            while head(rpc).number < block:
                if time.monotonic() > deadline:
                    raise EngineFailed(place, f"does not get block {block}, which others have")
                time.sleep(_PAUSE)

    def validator_key(self, party: Party, /) -> ValidatorKey | None:
        """See `Stage.validator_key`."""
        return ValidatorKey.load(self._places[party.home.name].key_file)

    def follow(self, hospital: Hospital, /) -> bool:
        """See `Stage.follow`: lists, votes and connections, as `charter network sync` does it.

        Raises:
            EngineRefused: The engine does not do what it is asked.
        """
        rpc, place = hospital.party.rpc, self._places[hospital.party.home.name]
        asked = wanted(hospital.state(), place.known_cards().enodes, place.own_accounts())
        todo = plan(asked, read_engine(rpc), read_own(rpc), keep_fault_tolerance=True)
        if todo.steps:
            apply(rpc, todo, Files.of(place.path))
        return bool(todo.steps)

    def close(self) -> None:
        """See `Stage.close`."""
        for rpc in self._rpcs:
            rpc.close()
        _stop(self._places.values())


def _stop(places: Iterable[ValidatorFolder]) -> None:
    with ExitStack() as stopping:
        for place in places:
            if place.manifest.exists():
                stopping.callback(process.down, place)


def _endpoint(port: int) -> str:
    return f"http://{local.HOST}:{port}"
