"""The packages that a check of readiness needs beside the rest of the library."""

from __future__ import annotations

import importlib

from governance.errors import CharterError, ExitStatus


class ReadinessNotInstalled(CharterError):
    """Checking readiness needs a package that is not installed."""

    code = "ReadinessNotInstalled"
    exit_status = ExitStatus.LOCAL

    def __init__(self, package: str) -> None:
        super().__init__(
            f"Checking readiness needs the package {package}, which is not installed.",
            "Install it with `pip install --editable '.[readiness]'` in the project's folder.",
        )


def need(*packages: str) -> None:
    """Load packages, so that what uses them later finds them, and at once.

    Raises:
        ReadinessNotInstalled: one is not installed.
    """
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise ReadinessNotInstalled(error.name or package) from None
