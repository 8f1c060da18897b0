#!/bin/sh
# A whole institution's day at the command line: join, node, sign, publish, attest, withdraw, audit.
#
# Usage: institution_day.sh table|json
# CHARTER_HOME holds three founders' contexts (alpha, beta, gamma), that of a fourth hospital (delta),
# their node keys (alpha-node, …) and the documents; study 1 is open and signed by the founders.
# Every command runs twice: the second time it must find everything done, and end well too.
set -eu

format=$1
cd "$CHARTER_HOME"

charter() {
    python -m cli "$@" --format "$format"
}

twice() {
    echo "\$ charter $*"
    charter "$@"
    charter "$@" >/dev/null
}

once() {
    echo "\$ charter $*"
    charter "$@"
}

# The fourth hospital applies, and two founders vote it in.
twice join --context delta --name "Delta Hospital" --kind hospital --sector public --country DE \
    --document profile.txt
once status --context alpha
twice propose admit 4 --context alpha
twice vote 1 for --context alpha
twice vote 1 for --context beta
once wait proposal 1 --timeout 30 --context delta
twice execute 1 --context delta
once member list --context delta

# It registers its node, reads the terms and signs them; training starts.
twice node register delta-node --context delta
once node list --context delta
once study show 1 --context delta
twice study sign 1 --readiness ready.json --charter charter.yaml --yes --context delta
twice study start 1 --context alpha

# One round: two updates pass the gate; the merged model travels with all that made it, is published, and
# is attested by whoever has merged the same updates again.
python - <<'TRAINING'
from array import array
from pathlib import Path

from governance.checkpoints import write_safetensors

for folder in (Path("updates"), Path("model")):
    folder.mkdir()
write_safetensors(Path("updates/alpha.safetensors"), {"weights": array("d", [1.0, 2.0])})
write_safetensors(Path("updates/delta.safetensors"), {"weights": array("d", [3.0, 5.0])})
write_safetensors(Path("model/model.safetensors"), {"weights": array("d", [2.0, 3.5])})
TRAINING
for who in alpha delta; do
    update=updates/$who.safetensors
    once gate sign --round 1 --update "$update" --out "$who.envelope" --study 1 --context "$who"
    twice gate check "$who.envelope" --round 1 --update "$update" --evidence evidence.jsonl \
        --study 1 --context delta
done
once checkpoint package evidence.jsonl --last 1 --model model --updates updates --out package \
    --study 1 --context delta
twice publish --package package --study 1 --context delta
once status --context alpha
twice attest --package package --merge mean --study 1 --context alpha
twice attest --package package --merge mean --study 1 --context beta
once wait checkpoint 1 --timeout 30 --study 1 --context delta
once checkpoint list --study 1 --context delta

# It withdraws, vouches for the history, audits it, and hands over the evidence.
twice study withdraw 1 --reason legal --yes --context delta
for who in alpha beta gamma delta; do
    twice history countersign --context "$who"
done
once history verify --context delta
once audit live --charter charter.yaml --evidence-log evidence.jsonl --context delta
once audit collect --evidence-log evidence.jsonl -o evidence.zip --context delta
once audit verify evidence.zip --trust trust.json --charter charter.yaml
