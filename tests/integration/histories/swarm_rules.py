"""What institutions do in the swarm: apply, leave, run nodes and validators, change accounts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from governance.primitives import sha256
from governance.vocabulary import Kind, Profile, Sector
from tests.integration.histories.keys import Key, key
from tests.integration.histories.machine import Machine, index, pick, slip

COUNTRIES = (b"AT", b"CH", b"DE", b"FR")


class SwarmRules(Machine):
    """Rules over `Swarm` and, as plain logs, over `History`."""

    @rule(what=index, mistake=slip)
    def apply(self, what: int, mistake: int) -> None:
        self.apply_for_membership(what, mistake)

    def apply_for_membership(self, what: int, mistake: int) -> None:
        name = pick(("Klinik", "Ω" * 64, "x"), what)
        country = pick(COUNTRIES, what // 3)
        document = sha256(what.to_bytes(4, "big"))
        applicant = self.fresh("account", every=2).address
        match mistake:
            case 0:
                name = pick(("", "x" * 129), what)
            case 1:
                country = pick((b"d3", b"D\0"), what)
            case 2:
                document = bytes(32)
            case 3:
                applicant = self.someone(what)
        profile = Profile(name, Kind(what % 4), Sector(what // 4 % 2), country, document)
        self.act(applicant, self.chain.house.swarm, "Swarm", "applyToJoin", profile)

    @rule(who=index, late=st.integers(-1, 100), mistake=slip)
    def register_node(self, who: int, late: int, mistake: int) -> None:
        self._register("node", who, self.now + late, mistake)

    @rule(who=index, late=st.integers(-1, 100), mistake=slip)
    def register_validator(self, who: int, late: int, mistake: int) -> None:
        self._register("validator", who, self.now + late, mistake)

    @rule(who=index, late=st.integers(-1, 100), mistake=slip)
    def rotate_account(self, who: int, late: int, mistake: int) -> None:
        self._register("account", who, self.now + late, mistake)

    def _register(self, role: str, who: int, deadline: int, mistake: int) -> bool:
        """Hands in a key with its proof: of a node, a validator or another account."""
        swarm, notary = self.chain.house.swarm, self.chain.notary
        sender = self.someone(who)
        number = self.state.swarm.institution_of(sender) or 0
        shown = proving = self._key_for(role, number, who, mistake)
        if mistake == 1:
            number += 1
        elif mistake == 2:
            proving = Key(self.stranger.secrets, shown.address)
        elif mistake == 3:
            role = pick(("node", "validator", "account"), who)
        proofs = {"node": notary.node, "validator": notary.validator, "account": notary.rotation}
        proof = proofs[role](swarm, number, proving, deadline)
        functions = {
            "node": "registerNode",
            "validator": "registerValidator",
            "account": "rotateAccount",
        }
        function = functions[role]
        return self.act(sender, swarm, "Swarm", function, shown.address, deadline, proof)

    def _key_for(self, role: str, number: int, who: int, mistake: int) -> Key:
        if mistake == 0:
            return pick(list(self.keys.values()), who)
        own = [
            address
            for address, owner in self.state.swarm.validators.items()
            if role == "validator" and owner == number
        ]
        # An institution may go back to a validator that it had before.
        return self.keys[pick(own, who)] if own and mistake > 6 else self.fresh(role)

    @rule(who=index, which=index)
    def revoke_node(self, who: int, which: int) -> None:
        nodes = list(self.state.swarm.nodes.values())
        node = pick(nodes, which).address if nodes else self.stranger.address
        owner = self.state.swarm.nodes.get(node)
        sender = self.account_of(owner.institution) if owner and who % 4 else self.someone(who)
        self.act(sender, self.chain.house.swarm, "Swarm", "revokeNode", node)

    @rule(who=index)
    def remove_validator(self, who: int) -> None:
        if who % 2:
            self._register("validator", who, self.now + 100, mistake=9)
        owners = [each for each in self.state.swarm.institutions.values() if each.validator]
        sender = pick(owners, who).account if owners and who % 8 else self.someone(who)
        self.act(sender, self.chain.house.swarm, "Swarm", "removeValidator")

    @rule(who=index, really=st.booleans())
    def leave(self, who: int, really: bool) -> None:
        # A swarm that everybody leaves at once has no history.
        sender = self.someone(who) if really else self.stranger.address
        self.act(sender, self.chain.house.swarm, "Swarm", "leave")

    @rule(who=index, what=index)
    def go_behind_the_others(self, who: int, what: int) -> None:
        """Somebody does alone what only a vote, or a contract of the house, may do."""
        house = self.chain.house
        number = what % (len(self.state.swarm.institutions) + 2)
        contract, to, function, argument = pick(
            (
                ("Swarm", house.swarm, "admit", number),
                ("Swarm", house.swarm, "expel", number),
                ("Swarm", house.swarm, "setCharter", sha256(b"mine")),
                ("History", house.history, "append", self.records[-1].data),
                ("History", house.history, "enroll", self.stranger.address),
            ),
            what,
        )
        self.act(self.someone(who), to, contract, function, argument)

    @rule(what=index)
    def rival(self, what: int) -> None:
        """Somebody else's house emits the same events, which must not count here."""
        rival = self.chain.rival
        accounts = [key("rival", number).address for number in range(1, 5)]
        sender = pick(accounts, what // 2)
        if what % 2:
            self.act(sender, rival.swarm, "Swarm", "leave", in_person=True)
        else:
            profile = Profile("Rival", Kind.COMPANY, Sector.PRIVATE, b"FR", sha256(b"rival"))
            applicant = self.fresh("account").address
            self.act(applicant, rival.swarm, "Swarm", "applyToJoin", profile, in_person=True)

    @rule(who=index, mistake=slip)
    def countersign(self, who: int, mistake: int) -> None:
        history = self.chain.house.history
        account = self.keys[self.someone(who)]
        head, length = self.follower.head, self.follower.length
        signature = self.chain.notary.countersignature(history, length, head, account)
        if mistake == 0:
            length += 1
        args = account.address, length, head, signature
        sender = self.stranger.address
        self.act(sender, history, "History", "countersign", *args, in_person=True)
