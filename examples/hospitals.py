"""Four hospitals with a running study, for the examples: the demo's swarm on a chain of its own.

Each hospital's nodes get a folder with what their software needs: a key in a keystore, its
passphrase in a file, and `node.json`, which names them; and the list of the patients whose consent
permits that they train (`eligible`).
"""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deploy.demo.model import auc
from deploy.demo.narration import Narrator
from deploy.demo.patients import PATIENTS, draw, sites
from deploy.demo.stage import EmbeddedStage
from deploy.demo.story import SPLIT, Story
from examples.eligible import NAME as ELIGIBLE
from governance.chain import Keystore
from governance.chain.files import write_atomically
from governance.gate import EvidenceReader
from governance.integrations.settings import SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from deploy.demo.hospital import Hospital
    from governance.history import Study

SITES = tuple(PATIENTS)
"""The hospitals' names in the data, in the order of their numbers."""

# Examples' keys guard nothing; with the usual work, each process would take a second to open its.
_KEYSTORE_WORK = 1 << 12
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """A node's own folder.

    Attributes:
        settings: The file that its software reads.
        address: Address of its key.
    """

    settings: Path
    address: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.settings.parent.name

    @property
    def evidence(self) -> Path:
        """The evidence log of its gate, for when it merges."""
        return self.settings.parent / "evidence.jsonl"


class Hospitals:
    """Four hospitals that have founded a swarm, opened a study and signed it; ends with `with`.

    Attributes:
        story: The demo's story so far, with the hospitals and what they can do.
        trust: The trust file.
        nodes: Where the nodes have their folders.
    """

    def __init__(self, folder: Path, narrator: Narrator | None = None) -> None:
        """Prepares a swarm.

        Args:
            folder: Where all of it lies; must not exist yet.
            narrator: Who tells what happens; on stderr if none is given.
        """
        self._stage = EmbeddedStage(folder / "chain")
        self.story = Story(folder / "swarm", self._stage, narrator or Narrator())
        self.trust = folder / "swarm" / "trust.json"
        self.nodes = folder / "nodes"

    def __enter__(self) -> Hospitals:
        try:
            self._stage.open(list(self.story.parties.values()))
            self.story.admit_the_fourth(self.story.found())
            self.story.agree_on_terms()
        except BaseException:
            self._stage.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for hospital in self.story.hospitals:
            hospital.close()
        for party in self.story.parties.values():
            party.rpc.close()
        self._stage.close()

    def __getitem__(self, number: int) -> Hospital:
        return self.story.hospitals[number - 1]

    def study(self) -> Study:
        """The study, up to the newest block."""
        return self.story.opener.study()

    def node(self, number: int, name: str) -> NodeFolder:
        """A new node of a hospital, registered.

        Args:
            number: The hospital's number.
            name: Name of the node's folder.
        """
        made, hospital = self.stranger(name, number), self[number]
        keys = Keystore(made.settings.parent / "keys")
        passphrase = (made.settings.parent / "passphrase").read_text()
        hospital.node = keys.unlock("node", passphrase)
        hospital.register_node()
        return made

    def stranger(self, name: str, number: int = len(SITES)) -> NodeFolder:
        """A node that nobody has registered.

        Args:
            name: Name of the node's folder.
            number: The hospital whose patients it has.
        """
        folder = self.nodes / name
        folder.mkdir(parents=True)
        passphrase = folder / "passphrase"
        passphrase.touch(0o600)
        passphrase.write_text(secrets.token_urlsafe(24))
        keys = Keystore(folder / "keys", work=_KEYSTORE_WORK)
        address = keys.create("node", passphrase.read_text())
        settings = folder / "node.json"
        said = {
            "scheme": SCHEME,
            "endpoints": [self.story.opener.party.rpc.endpoint],
            "trust": str(self.trust),
            "study": self.study().address,
            "keystore": "keys",
            "key": "node",
            "passphrase_file": "passphrase",
            "signed": "signed",
            "evidence": "evidence.jsonl",
        }
        settings.write_text(json.dumps(said, indent=2) + "\n")
        listed = io.StringIO(newline="")
        self[number].records.list_eligible(listed)
        write_atomically(settings.with_name(ELIGIBLE), listed.getvalue(), _OWNER_ONLY)
        return NodeFolder(settings, address)


def tell(logs: Iterable[Path], hospitals: Hospitals, weights: Sequence[float]) -> None:
    """Prints what the gates decided, on whom was trained, and what the model is worth.

    Args:
        logs: The evidence logs of those that merged.
        hospitals: Whose updates they were.
        weights: The model that came of them.
    """
    entries = [entry for log in logs for entry in EvidenceReader(log)]
    known = hospitals.story.opener.state().swarm.institutions
    print("\nround  update of                        the gate's answer")
    for entry in sorted(
        entries, key=lambda one: (one.envelope.envelope.round, one.decision.institution or 99)
    ):
        number = entry.decision.institution
        name = known[number].profile.name if number else f"node {entry.decision.node[:10]}…"
        print(f"{entry.envelope.envelope.round:>5}  {name:<32} {entry.decision.reason}")
    print()
    trained = {
        entry.decision.institution: entry.envelope.envelope.records
        for entry in entries
        if entry.decision.accepted
    }
    for number, site in enumerate(sites(), 1):
        drawn, _ = draw(site, SPLIT)
        print(
            f"{site.name}: {trained.get(number, 0)} of the {len(drawn)} patients drawn for "
            "training permit it and trained."
        )
    tested = [hospital.patients.test for hospital in hospitals.story.hospitals]
    scores = np.concatenate([features for features, _ in tested]) @ np.array(weights)
    disease = np.concatenate([found for _, found in tested])
    print(
        "\nArea under the ROC curve on those test patients who permit it, of all four: "
        f"{auc(scores, disease):.3f}"
    )
