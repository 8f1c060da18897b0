"""Where this machine keeps contexts, keystores, journals and chains.

`CHARTER_HOME`, where it is set, holds everything in one folder; otherwise the platform's own
folders do (XDG).
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "CHARTER_HOME"
APPLICATION = "swarm-charter"


def contexts_file() -> Path:
    """The file that lists the contexts."""
    return _config() / "contexts.json"


def keystores() -> Path:
    """The folder of encrypted keys, one file a key."""
    return _data() / "keystores"


def charters() -> Path:
    """The folder of the charters' documents, one file a charter."""
    return _data() / "charters"


def journals() -> Path:
    """The folder of the journals of transactions, one folder a context."""
    return _state() / "journals"


def examinations(context: str) -> Path:
    """The file that keeps what a context's examinations of checkpoints came to."""
    return _state() / "examinations" / f"{context}.jsonl"


def countersigned(context: str) -> Path:
    """The folder that keeps the last countersignature of a context, one file a history."""
    return _state() / "countersigned" / context


def signed(context: str) -> Path:
    """The folder that keeps what a context's node has signed, one file a round and attempt."""
    return _state() / "signed" / context


def ledger() -> Path:
    """The institution's consent ledger."""
    return _data() / "consent" / "ledger.sqlite"


def embedded_chain() -> Path:
    """The folder of the embedded chain."""
    return _data() / "chain"


def validator() -> Path:
    """The folder of this machine's validator."""
    return _data() / "validator"


def _home() -> Path | None:
    home = os.environ.get(VARIABLE)
    return Path(home).expanduser().absolute() if home else None


def _config() -> Path:
    from platformdirs import user_config_path  # noqa: PLC0415 - only where no home is named

    return _home() or user_config_path(APPLICATION)


def _data() -> Path:
    from platformdirs import user_data_path  # noqa: PLC0415 - only where no home is named

    return _home() or user_data_path(APPLICATION)


def _state() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415 - only where no home is named

    return _home() or user_state_path(APPLICATION)
