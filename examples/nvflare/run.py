"""Four hospitals train with NVFlare, and a rogue tries to: `python examples/nvflare/run.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_HERE = Path(__file__).resolve().parent
_ROOT = str(_HERE.parents[1])
# Run as a program, and so from anywhere.
sys.path.insert(0, _ROOT)

from examples.hospitals import SITES, Hospitals, tell  # noqa: E402

ROUNDS = 4


def main() -> None:
    """Founds a swarm, starts a process for every site, trains some rounds, tells what happened."""
    with tempfile.TemporaryDirectory(prefix="charter-nvflare-") as made:
        folder = Path(made)
        with Hospitals(folder / "hospitals") as hospitals:
            nodes = [
                hospitals.node(number, f"node-{number}") for number in range(1, len(SITES) + 1)
            ]
            patients = {node.name: site for node, site in zip(nodes, SITES, strict=True)}
            rogue = hospitals.stranger("rogue")
            patients[rogue.name] = SITES[3]
            command = [
                *(sys.executable, _HERE / "swarm_job.py", folder / "run"),
                *("--node", hospitals.nodes / "{site}" / "node.json", "--rounds", str(ROUNDS)),
                *("--patients", json.dumps(patients)),
                *("--factors", json.dumps({rogue.name: -3.0})),
            ]
            print(f"\nNVFlare trains {ROUNDS} rounds; this takes half a minute.", flush=True)
            log = folder / "run.log"
            environment = {**os.environ, "PYTHONPATH": _ROOT}
            with log.open("wb") as file:
                done = subprocess.run(
                    command, stdout=file, stderr=file, cwd=folder, env=environment, check=False
                )
            models = [
                np.load(each).tolist()
                for each in (folder / "run").glob("node-*/simulate_job/models/server.npy")
            ]
            if done.returncode or not models:
                sys.exit(log.read_text())
            assert all(model == models[0] for model in models), "the sites have different models"
            tell([node.evidence for node in nodes], hospitals, models[0])


if __name__ == "__main__":
    main()
