"""For all tests."""

from __future__ import annotations

import signal

from governance.chain.signer import eth_account

# Who runs the tests in the background of a shell has them ignore Ctrl-C, and all they start with
# them; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Some tests hold our code against eth_account. What it imports raises Python's recursion limit, so
# that deeply nested input would end the process instead of being refused; loaded here in the
# library's own way, which restores the limit, it is loaded once and for all.
eth_account()
