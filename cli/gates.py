"""What the commands of the gate share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.progress import progress_to
from governance.chain.queries import head
from governance.errors import CharterError

if TYPE_CHECKING:
    from cli.session import Session
    from governance.gate import LiveView


def refresh(session: Session, view: LiveView) -> None:
    """Brings a view up to the chain's newest block, and shows how far it is.

    Raises:
        CharterError: as `LiveView.refresh`; the view tells the fault too.
    """
    try:
        total = head(session.rpc).number
    except CharterError:
        # The view finds out for itself, and keeps what it found.
        total = 0
    with progress_to("Reading the history", total) as progress:
        view.refresh(progress)
