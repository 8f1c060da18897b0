"""Four hospitals train with Flower, and a rogue tries to: `python examples/flower/run.py`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_ROOT = str(_HERE.parents[1])
# Run as a program, and so from anywhere.
sys.path.insert(0, _ROOT)

from examples.flower.federation import Federation  # noqa: E402
from examples.hospitals import SITES, Hospitals, tell  # noqa: E402

ROUNDS = 2


def main() -> None:
    """Founds a swarm, starts Flower's processes, trains some rounds and tells what happened."""
    with tempfile.TemporaryDirectory(prefix="charter-flower-") as made:
        folder = Path(made)
        with Hospitals(folder / "hospitals") as hospitals:
            merging = hospitals.node(1, "merging")
            processes = Federation(folder / "flower", environment={"PYTHONPATH": _ROOT})
            with processes as federation:
                for number, site in enumerate(SITES, 1):
                    node = hospitals.node(number, f"node-{number}")
                    federation.join(node.name, {"site": site, "charter": str(node.settings)})
                rogue = hospitals.stranger("rogue")
                said = {"site": SITES[3], "charter": str(rogue.settings), "factor": -3.0}
                federation.join(rogue.name, said)
                result = folder / "result.json"
                print(f"\nFlower trains {ROUNDS} rounds; this takes a minute.", flush=True)
                federation.run(
                    _HERE / "app",
                    {
                        "rounds": ROUNDS,
                        "nodes": len(SITES) + 1,
                        "settings": str(merging.settings),
                        "result": str(result),
                    },
                )
            tell([merging.evidence], hospitals, json.loads(result.read_text())["weights"])


if __name__ == "__main__":
    main()
