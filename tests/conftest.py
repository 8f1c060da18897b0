"""For all tests."""

from __future__ import annotations

from governance.chain.signer import eth_account

# Some tests hold our code against eth_account. What it imports raises Python's recursion limit, so
# that deeply nested input would end the process instead of being refused; loaded here in the
# library's own way, which restores the limit, it is loaded once and for all.
eth_account()
