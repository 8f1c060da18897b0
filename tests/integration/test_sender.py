"""Sending on a real chain: once, whatever is repeated, lost, refused or goes on besides."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.chain.calls import call_data
from governance.chain.errors import (
    AccountBusy,
    AccountNotInStep,
    ChainHalted,
    ChainUnreachable,
    JournalCorrupt,
    Refused,
    TransactionPending,
)
from governance.chain.journal import Journal, Signed
from governance.chain.queries import transaction_count
from governance.chain.receipts import Receipt
from governance.chain.rlp import encode
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.chain.signer import LocalSigner
from governance.chain.submit import GAS_CAP
from governance.errors import ExitStatus
from governance.history.events import InstitutionApplied
from governance.history.records import decode_log
from governance.primitives import domain_separator, sha256, struct_hash, typed_digest
from tests.chaos.behaviours import Ask, changed
from tests.chaos.proxy import proxy
from tests.integration.world import Chain, Founded, key, like_the_chain
from tests.unit.chain.endpoints import RpcFault

NOBODY = "0x" + "99" * 20


def _note(text: bytes = b"hello") -> Act:
    """An act that no contract refuses."""
    return Act(NOBODY, text, f"note {text.decode()}")


@pytest.fixture
def signer(request: pytest.FixtureRequest) -> LocalSigner:
    return key(request.node.nodeid)


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    return tmp_path / "journals"


def _journal(journals: Path) -> Journal:
    (path,) = journals.glob("*.journal")
    return Journal(path)


def test_a_receipt_tells_where_it_stands_and_what_was_emitted(founded: Founded) -> None:
    with founded.sender(key("new")) as sender:
        receipt = sender.send(founded.apply("new"))
    assert receipt.success
    assert not receipt.repeated
    (event,) = map(decode_log, receipt.logs)
    assert isinstance(event, InstitutionApplied)
    assert event.account == key("new").address
    block = founded.rpc.call("eth_getBlockByHash", receipt.block_hash, False)
    assert int(block["number"], 16) == receipt.block
    assert int(block["timestamp"], 16) == receipt.timestamp
    assert block["transactions"][receipt.index] == receipt.hash


def test_a_contract_is_created(rpc: Rpc, signer: LocalSigner, journals: Path) -> None:
    init = Act("", bytes.fromhex("6001600c60003960016000f300"), "a contract that stops")
    with Sender(rpc, signer, journals) as sender:
        receipt = sender.send(init)
    assert receipt.contract is not None
    assert rpc.call("eth_getCode", receipt.contract, "latest") == "0x00"


def test_the_same_act_by_the_same_sender_is_done_each_time(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    with Sender(rpc, signer, journals) as sender:
        first, second = sender.send(_note()), sender.send(_note())
    assert first.hash != second.hash
    with Sender(rpc, signer, journals) as sender:
        assert sender.send(_note()).hash not in (first.hash, second.hash)
    assert transaction_count(rpc, signer.address) == 3


def test_an_act_whose_receipt_nobody_took_note_of_is_not_done_again(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    first = Sender(rpc, signer, journals).send(_note())
    later = Sender(rpc, signer, journals)
    other = later.send(_note(b"other"))
    again = later.send(_note())
    assert again.hash == first.hash
    assert again.repeated
    assert other.hash != first.hash
    later.close()
    assert Sender(rpc, signer, journals).send(_note()).hash != first.hash


def test_an_error_of_the_caller_leaves_the_receipt_untold(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    receipts: list[Receipt] = []

    def failing() -> None:
        with Sender(rpc, signer, journals) as sender:
            receipts.append(sender.send(_note()))
            raise _Dead

    with pytest.raises(_Dead):
        failing()
    assert Sender(rpc, signer, journals).send(_note()).hash == receipts[0].hash


def test_the_transaction_is_written_down_before_it_is_sent(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    seen: list[Signed] = []

    class Watching(Sender):
        def _submit(self, entry: Signed, *, first: bool) -> None:
            assert _journal(journals).signed[entry.hash] == entry
            assert self.rpc.call("eth_getTransactionByHash", entry.hash) is None
            seen.append(entry)
            super()._submit(entry, first=first)

    with Watching(rpc, signer, journals) as sender:
        receipt = sender.send(_note())
    (entry,) = seen
    assert entry.hash == receipt.hash
    assert (entry.nonce, entry.to, entry.data) == (0, NOBODY, "0x" + b"hello".hex())
    assert entry.description == "note hello"


def test_transactions_cost_nothing_and_have_gas_to_spare(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    with Sender(rpc, signer, journals) as sender:
        receipt = sender.send(_note())
    sent = rpc.call("eth_getTransactionByHash", receipt.hash)
    assert int(sent["gasPrice"], 16) == 0
    assert 2 * receipt.gas_used <= int(sent["gas"], 16) <= GAS_CAP


# --- refusals -------------------------------------------------------------------------------------


def test_a_refusal_is_known_before_a_nonce_is_used(founded: Founded) -> None:
    stranger = key("a stranger who wants to leave")
    act = Act(founded.house.swarm, call_data("Swarm", "leave"), "leave")
    with founded.sender(stranger) as sender, pytest.raises(Refused) as caught:
        sender.send(act)
    assert caught.value.code == "SwarmNotMember"
    assert caught.value.exit_status == ExitStatus.REFUSED
    assert stranger.address in caught.value.message
    assert transaction_count(founded.rpc, stranger.address) == 0
    assert not list(founded.chain.journals.glob(f"*{stranger.address.lower()}*.journal"))


def _register_node(founded: Founded, number: int, node: LocalSigner) -> Act:
    deadline = 2**40
    struct = struct_hash(
        "NodeRegistration(uint32 institution,address node,uint256 deadline)",
        number,
        node.address,
        deadline,
    )
    domain = domain_separator(founded.trust.chain_id, founded.house.swarm)
    proof = node.sign_digest(typed_digest(domain, struct))
    data = call_data("Swarm", "registerNode", [node.address, deadline, proof])
    return Act(founded.house.swarm, data, f"institution {number} registers a node")


def test_a_refusal_that_comes_between_simulation_and_block_is_named_too(founded: Founded) -> None:
    node = key("node")
    quick, slow = founded.founders[:2]

    class Overtaken(Sender):
        def _write_down(self, journal: Journal, entry: Signed) -> None:
            super()._write_down(journal, entry)
            with founded.sender(quick) as other:
                other.send(_register_node(founded, 1, node))

    journals = founded.chain.journals / "slow"
    with pytest.raises(Refused) as caught:
        Overtaken(founded.rpc, slow, journals).send(_register_node(founded, 2, node))
    assert caught.value.code == "SwarmAddressUsed"
    assert not next(iter(_journal(journals).mined.values())).success
    # Such a failure is no success that the next command could take for its own.
    with pytest.raises(Refused):
        Sender(founded.rpc, slow, journals).send(_register_node(founded, 2, node))
    assert transaction_count(founded.rpc, slow.address) == 1


def test_an_account_of_no_institution_is_refused_with_its_remedy(founded: Founded) -> None:
    act = Act(founded.house.governor, call_data("SwarmGovernor", "castVote", [7, 1]), "vote")
    with pytest.raises(Refused) as caught:
        founded.sender(founded.founders[0]).send(act)
    assert caught.value.code == "GovernorNonexistentProposal"
    assert caught.value.remedy


# --- what the chain lost, or never got ------------------------------------------------------------


class _Dead(Exception):
    """Stands for the end of a process, at a place where the test wants it."""


def _ending(stage: str) -> type[Sender]:
    """A sender that comes to its end at a stage of its first transaction."""

    class Ending(Sender):
        def _write_down(self, journal: Journal, entry: Signed) -> None:
            self._end("before writing down")
            super()._write_down(journal, entry)
            self._end("before sending")

        def _submit(self, entry: Signed, *, first: bool) -> None:
            super()._submit(entry, first=first)
            self._end("before the receipt")

        def _note(self, journal: Journal, found: Receipt) -> None:
            self._end("before noting the receipt")
            super()._note(journal, found)

        def _end(self, reached: str) -> None:
            if reached == stage:
                raise _Dead

    return Ending


STAGES = (
    "before writing down",
    "before sending",
    "before the receipt",
    "before noting the receipt",
)


@pytest.mark.parametrize("stage", STAGES)
def test_an_act_that_was_broken_off_has_one_effect(
    rpc: Rpc, signer: LocalSigner, journals: Path, stage: str
) -> None:
    with pytest.raises(_Dead):
        _ending(stage)(rpc, signer, journals).send(_note())
    with Sender(rpc, signer, journals) as sender:
        receipt = sender.send(_note())
    assert receipt.success
    assert receipt.repeated == (stage != "before writing down")
    assert transaction_count(rpc, signer.address) == 1


@pytest.mark.parametrize("stage", STAGES[1:])
def test_another_act_first_completes_what_was_broken_off(
    rpc: Rpc, signer: LocalSigner, journals: Path, stage: str
) -> None:
    with pytest.raises(_Dead):
        _ending(stage)(rpc, signer, journals).send(_note())
    with Sender(rpc, signer, journals) as sender:
        sender.send(_note(b"other"))
        assert bool(sender.notices) == (stage == "before sending")
    assert transaction_count(rpc, signer.address) == 2
    assert all(each.success for each in _journal(journals).mined.values())
    assert Sender(rpc, signer, journals).send(_note()).repeated


def test_recovering_sends_again_without_a_new_act(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    with pytest.raises(_Dead):
        _ending("before sending")(rpc, signer, journals).send(_note())
    sender = Sender(rpc, signer, journals)
    assert sender.recover() == 1
    assert sender.recover() == 0
    assert transaction_count(rpc, signer.address) == 1


def test_a_nonce_that_another_machine_used_is_given_up(
    rpc: Rpc, signer: LocalSigner, journals: Path, tmp_path: Path
) -> None:
    with pytest.raises(_Dead):
        _ending("before sending")(rpc, signer, journals).send(_note())
    Sender(rpc, signer, tmp_path / "elsewhere").send(_note(b"elsewhere"))
    with Sender(rpc, signer, journals) as sender:
        receipt = sender.send(_note())
        assert any("which was not done" in notice for notice in sender.notices)
    assert not receipt.repeated
    assert transaction_count(rpc, signer.address) == 2


def test_a_node_that_counts_before_it_gives_the_receipt_is_given_a_moment(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    with pytest.raises(_Dead):
        _ending("before noting the receipt")(rpc, signer, journals).send(_note())
    asked: list[str] = []

    def late(transaction: str) -> Any:
        asked.append(transaction)
        return None if len(asked) < 4 else rpc.call("eth_getTransactionReceipt", transaction)

    with (
        like_the_chain(rpc, eth_getTransactionReceipt=late) as url,
        Rpc(url) as changed,
        Sender(changed, signer, journals) as sender,
    ):
        assert sender.send(_note()).repeated
    assert transaction_count(rpc, signer.address) == 1


def test_nonces_follow_those_of_other_machines(
    rpc: Rpc, signer: LocalSigner, journals: Path, tmp_path: Path
) -> None:
    for place in ("here", "there", "here", "there"):
        with Sender(rpc, signer, tmp_path / place) as sender:
            sender.send(_note())
    assert transaction_count(rpc, signer.address) == 4


def test_a_chain_that_lost_transactions_gets_them_again_in_order(
    own_chain: Chain, signer: LocalSigner
) -> None:
    with own_chain.rpc() as rpc, Sender(rpc, signer, own_chain.journals) as sender:
        before = rpc.call("evm_snapshot")
        hashes = [sender.send(_note(bytes([number]))).hash for number in range(5)]
        rpc.call("evm_revert", before)
        assert transaction_count(rpc, signer.address) == 0
        last = sender.send(_note(b"after"))
        assert [rpc.call("eth_getTransactionByHash", each)["nonce"] for each in hashes] == [
            hex(number) for number in range(5)
        ]
        assert int(rpc.call("eth_getTransactionByHash", last.hash)["nonce"], 16) == 5
        assert any("5 transaction(s)" in notice for notice in sender.notices)


def test_a_gap_of_nonces_is_filled_by_doing_nothing(
    own_chain: Chain, signer: LocalSigner, tmp_path: Path
) -> None:
    with own_chain.rpc() as rpc:
        before = rpc.call("evm_snapshot")
        for number in range(2):
            with Sender(rpc, signer, tmp_path / "elsewhere") as elsewhere:
                elsewhere.send(_note(bytes([number])))
        with Sender(rpc, signer, own_chain.journals) as sender:
            mine = sender.send(_note())
        rpc.call("evm_revert", before)
        with Sender(rpc, signer, own_chain.journals, timeout=10) as sender:
            sender.send(_note(b"after"))
        assert transaction_count(rpc, signer.address) == 4
        assert rpc.call("eth_getTransactionReceipt", mine.hash)["status"] == "0x1"


@pytest.mark.parametrize("believed", [False, True])
def test_a_nonce_that_an_endpoint_made_up_is_given_up(
    chain: Chain, rpc: Rpc, signer: LocalSigner, journals: Path, *, believed: bool
) -> None:
    """Whether it says that a block holds the transaction or not, nobody fills what lies before."""
    receipts: dict[str, Any] = {}

    def receipt(ask: Ask, transaction: str) -> Any:
        if not believed:
            return None
        block = ask("eth_getBlockByNumber", "latest", False)
        return receipts.setdefault(
            transaction,
            {
                "transactionHash": transaction,
                "blockHash": block["hash"],
                "blockNumber": block["number"],
                "transactionIndex": "0x0",
                "status": "0x1",
                "gasUsed": "0x0",
                "contractAddress": None,
                "logs": [],
            },
        )

    lies = changed(
        eth_getTransactionCount=lambda ask, *_: hex(10**12), eth_getTransactionReceipt=receipt
    )
    with proxy(chain.endpoint, lies) as liar, Rpc(liar.url) as lied:
        sender = Sender(lied, signer, journals, timeout=0.2)
        with contextlib.nullcontext() if believed else pytest.raises(TransactionPending):
            sender.send(_note())
    with Sender(rpc, signer, journals) as sender:
        assert sender.send(_note()).success
        assert any("given up" in notice for notice in sender.notices)
    assert transaction_count(rpc, signer.address) == 1


def test_a_chain_begun_anew_gets_nothing_of_the_old_one(
    own_chain: Chain, signer: LocalSigner, tmp_path: Path
) -> None:
    with own_chain.rpc() as rpc, Sender(rpc, signer, own_chain.journals) as sender:
        sender.send(_note())
    own_chain.down()
    anew = Chain(tmp_path / "anew", own_chain.port, own_chain.journals)
    time.sleep(1.1)
    anew.up()
    try:
        with anew.rpc() as rpc, Sender(rpc, signer, own_chain.journals) as sender:
            assert sender.recover() == 0
            sender.send(_note(b"new"))
            assert transaction_count(rpc, signer.address) == 1
    finally:
        anew.down()


# --- waiting --------------------------------------------------------------------------------------


def test_a_transaction_without_a_block_is_pending_and_goes_on(
    own_chain: Chain, signer: LocalSigner
) -> None:
    with own_chain.rpc() as rpc:
        rpc.call("evm_setAutomine", False)
        for _ in range(2):
            sender = Sender(rpc, signer, own_chain.journals, timeout=0.2)
            with pytest.raises(TransactionPending) as caught:
                sender.send(_note())
            assert caught.value.exit_status == ExitStatus.TIMED_OUT
        rpc.call("evm_setAutomine", True)
        rpc.call("evm_mine")
        with Sender(rpc, signer, own_chain.journals) as sender:
            assert sender.send(_note()).repeated
        assert transaction_count(rpc, signer.address) == 1


def test_a_chain_that_is_down_is_unreachable_and_the_act_goes_on_later(
    own_chain: Chain, signer: LocalSigner
) -> None:
    with own_chain.rpc() as rpc:

        class Unlucky(Sender):
            def _write_down(self, journal: Journal, entry: Signed) -> None:
                super()._write_down(journal, entry)
                own_chain.down()

        with pytest.raises(ChainUnreachable):
            Unlucky(rpc, signer, own_chain.journals).send(_note())
        own_chain.up()
        with Sender(rpc, signer, own_chain.journals) as sender:
            assert sender.send(_note()).repeated
        assert transaction_count(rpc, signer.address) == 1


def test_processes_of_one_account_wait_for_each_other(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with Sender(rpc, signer, journals) as sender:
                for index in range(5):
                    sender.send(_note(bytes([number, index])))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert transaction_count(rpc, signer.address) == 20
    assert sorted(each.nonce for each in _journal(journals).live()) == list(range(20))


def test_an_account_that_is_held_for_too_long_is_busy(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    class Holding(Sender):
        def _write_down(self, journal: Journal, entry: Signed) -> None:
            with pytest.raises(AccountBusy):
                Sender(rpc, signer, journals, timeout=0.1).send(_note(b"other"))
            super()._write_down(journal, entry)

    with Holding(rpc, signer, journals) as sender:
        assert sender.send(_note()).success


# --- the journal and the endpoint -----------------------------------------------------------------


def test_a_torn_journal_is_mended_and_told(rpc: Rpc, signer: LocalSigner, journals: Path) -> None:
    with Sender(rpc, signer, journals) as sender:
        sender.send(_note())
    (path,) = journals.glob("*.journal")
    path.write_bytes(path.read_bytes() + b'{"entry":"signed","at":1')
    with Sender(rpc, signer, journals) as sender:
        sender.send(_note(b"other"))
        assert any("torn" in notice for notice in sender.notices)
    assert len(Journal(path).signed) == 2


def test_a_damaged_journal_stops_the_sender(rpc: Rpc, signer: LocalSigner, journals: Path) -> None:
    with Sender(rpc, signer, journals) as sender:
        sender.send(_note())
    (path,) = journals.glob("*.journal")
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    with pytest.raises(JournalCorrupt):
        Sender(rpc, signer, journals).send(_note())
    assert transaction_count(rpc, signer.address) == 1


def test_no_key_gets_into_the_journal(rpc: Rpc, signer: LocalSigner, journals: Path) -> None:
    with Sender(rpc, signer, journals) as sender:
        sender.send(_note())
    secret = sha256(_name_of(signer).encode()).hex()
    for path in journals.iterdir():
        assert secret not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def _name_of(signer: LocalSigner) -> str:
    name = "tests/integration/test_sender.py::test_no_key_gets_into_the_journal"
    assert key(name).address == signer.address
    return name


@pytest.mark.parametrize("text", ["already known", "Known transaction", "Nonce too low"])
def test_maybe_sent_is_not_failed(rpc: Rpc, signer: LocalSigner, journals: Path, text: str) -> None:
    """The node took the transaction, and answered as if it had had it before."""

    def send(raw: str) -> Any:
        rpc.call("eth_sendRawTransaction", raw)
        return RpcFault(-32000, text)

    with (
        like_the_chain(rpc, eth_sendRawTransaction=send) as url,
        Rpc(url) as changed,
        Sender(changed, signer, journals) as sender,
    ):
        assert sender.send(_note()).success
    assert transaction_count(rpc, signer.address) == 1


def test_a_transaction_that_the_node_will_not_have_gives_its_nonce_back(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    fault = RpcFault(-32007, "Sender account not authorized to send transactions")
    with like_the_chain(rpc, eth_sendRawTransaction=fault) as url, Rpc(url) as changed:
        with pytest.raises(AccountNotInStep) as caught:
            Sender(changed, signer, journals).send(_note())
        assert signer.address in caught.value.message
        assert "charter relay" in caught.value.remedy
    with Sender(rpc, signer, journals) as sender:
        receipt = sender.send(_note())
    assert not receipt.repeated
    assert int(rpc.call("eth_getTransactionByHash", receipt.hash)["nonce"], 16) == 0


# --- validators that do not take the account yet, and chains that stand still ---------------------


def test_validators_are_given_time_to_follow_the_swarm(
    rpc: Rpc, signer: LocalSigner, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.chain.submit._STEP_PAUSE", 0.05)
    sent: list[str] = []
    said: list[str] = []

    def send(raw: str) -> Any:
        sent.append(raw)
        if len(sent) < 4:
            return RpcFault(-32007, "Sender account not authorized to send transactions")
        return rpc.call("eth_sendRawTransaction", raw)

    with (
        like_the_chain(rpc, eth_sendRawTransaction=send) as url,
        Rpc(url) as changed,
        Sender(changed, signer, journals, in_step=said.append) as sender,
    ):
        assert sender.send(_note()).success
    assert len(set(sent)) == 1
    assert len(said) == 1
    assert signer.address in said[0]
    assert transaction_count(rpc, signer.address) == 1


def test_validators_that_never_follow_are_waited_for_in_vain(
    rpc: Rpc, signer: LocalSigner, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.chain.submit._STEP_PAUSE", 0.05)
    monkeypatch.setattr("governance.chain.submit.STEP_SECONDS", 0.3)
    fault = RpcFault(-32007, "Sender account not authorized to send transactions")
    with like_the_chain(rpc, eth_sendRawTransaction=fault) as url, Rpc(url) as changed:
        sender = Sender(changed, signer, journals, in_step=lambda _: None)
        with pytest.raises(AccountNotInStep):
            sender.send(_note())
    with Sender(rpc, signer, journals) as again:
        assert not again.send(_note()).repeated
    assert transaction_count(rpc, signer.address) == 1


@pytest.fixture
def standing(rpc: Rpc) -> Iterator[None]:
    """The chain makes no block until the test lets it."""
    rpc.call("evm_setAutomine", False)
    yield
    rpc.call("evm_setAutomine", True)
    rpc.call("evm_mine")


@pytest.mark.usefixtures("standing")
@pytest.mark.parametrize("lost", [False, True])
def test_what_a_halt_swallowed_is_done_once(
    rpc: Rpc, signer: LocalSigner, journals: Path, lost: bool
) -> None:
    for _ in range(3):
        with pytest.raises(TransactionPending):
            Sender(rpc, signer, journals, timeout=0.1).send(_note())
    if lost:
        rpc.call("anvil_dropAllTransactions")
        with pytest.raises(TransactionPending):
            Sender(rpc, signer, journals, timeout=0.1).send(_note())
    rpc.call("evm_mine")
    with Sender(rpc, signer, journals, timeout=5.0) as sender:
        receipt = sender.send(_note())
    assert receipt.success
    assert receipt.repeated
    assert transaction_count(rpc, signer.address) == 1


def _with_validators(rpc: Rpc, seconds: float) -> Any:
    """Gives blocks that name validators, the newest so many seconds old, one every second."""
    extra = encode([bytes(32), [bytes([n]) * 20 for n in range(4)], [], b"", []])

    def by_number(tag: str, full: bool) -> Any:
        block = rpc.call("eth_getBlockByNumber", tag, full)
        behind = int(rpc.call("eth_blockNumber"), 16) - int(block["number"], 16)
        when = int(time.time() - seconds) - behind
        return block | {"extraData": "0x" + extra.hex(), "timestamp": hex(when)}

    return by_number


@pytest.mark.usefixtures("standing")
def test_a_chain_that_stands_still_is_told_from_one_that_is_dead(
    rpc: Rpc, signer: LocalSigner, journals: Path
) -> None:
    table = {"eth_getBlockByNumber": _with_validators(rpc, 34), "net_peerCount": "0x1"}
    with (
        like_the_chain(rpc, **table) as url,
        Rpc(url) as halted,
        pytest.raises(ChainHalted) as caught,
    ):
        Sender(halted, signer, journals, timeout=0.1).send(_note())
    message = caught.value.message
    assert message.startswith("The chain has made no block for 3")
    assert message.endswith(" seconds; 2 of 4 validators can be reached.")
    assert caught.value.exit_status is ExitStatus.CHAIN
    table["eth_getBlockByNumber"] = _with_validators(rpc, 5)
    with (
        like_the_chain(rpc, **table) as url,
        Rpc(url) as slow,
        pytest.raises(TransactionPending),
    ):
        Sender(slow, signer, journals, timeout=0.1).send(_note())
    rpc.call("evm_mine")
    with Sender(rpc, signer, journals) as sender:
        assert sender.send(_note()).repeated
    assert transaction_count(rpc, signer.address) == 1
