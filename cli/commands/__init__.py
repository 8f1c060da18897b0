"""One module per command group; each names its command or group `command`."""
