"""Merges as the example does."""

from heart.server_app import app

__all__ = ["app"]
