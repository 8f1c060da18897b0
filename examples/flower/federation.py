"""A Flower federation on this machine: a SuperLink and SuperNodes, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.anvil import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType


_ENDING_SECONDS = 20.0
_RUN_SECONDS = 300.0
_START_SECONDS = 60.0
_PAUSE = 0.1
_SUPERLINK = "superlink"


class Federation:
    """A SuperLink with its SuperNodes, listening on loopback only; ends with `with`.

    Args:
        folder: Where Flower keeps what it keeps, and the processes' logs; must not exist yet.
        programs: Folder of Flower's programs; that of the running Python if not given.
        environment: Further environment variables of the processes.
    """

    def __init__(
        self,
        folder: Path,
        programs: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._programs = programs or Path(sys.executable).parent
        self._port = free_port()
        self._closing = ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "PATH": f"{self._programs}{os.pathsep}{os.environ.get('PATH', '')}",
            "FLWR_HOME": str(folder / "home"),
            "FLWR_TELEMETRY_ENABLED": "0",
            "FLWR_DISABLE_UPDATE_CHECK": "1",
            "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
            "FLWR_SUPEREXEC_TASK_POLL_INTERVAL": "0.5",
            **(environment or {}),
        }

    def __enter__(self) -> Federation:
        (self._folder / "home").mkdir(parents=True)
        (self._folder / "home" / "config.toml").write_text(
            '[superlink]\ndefault = "here"\n\n'
            f'[superlink.here]\naddress = "127.0.0.1:{self._port}"\ninsecure = true\n'
        )
        self.start(_SUPERLINK, "flower-superlink", "--insecure", "--port", str(self._port))
        try:
            self._await_superlink()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def join(self, name: str, config: Mapping[str, str | float]) -> None:
        """Starts a SuperNode.

        Args:
            name: Name of its log.
            config: What its apps find in `context.node_config`.
        """
        said = " ".join(f'{key}="{value}"' for key, value in config.items())
        link = f"127.0.0.1:{self._port}"
        port = str(free_port())
        self.start(
            name,
            *("flower-supernode", "--insecure", "--superlink", link, "--port", port),
            *("--node-config", said),
        )

    def run(self, app: Path, config: Mapping[str, str | int]) -> str:
        """Runs an app to its end.

        Args:
            app: The app's folder.
            config: What its parts find in `context.run_config`.

        Returns:
            What it logged.
        """
        said = " ".join(
            f'{key}="{value}"' if isinstance(value, str) else f"{key}={value}"
            for key, value in config.items()
        )
        done = subprocess.run(
            [self._programs / "flwr", "run", app, "here", "--stream", "--run-config", said],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )
        (self._folder / "run.log").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise RuntimeError(f"flwr run failed, see {self._folder / 'run.log'}")
        return done.stdout

    def _await_superlink(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1.0).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def start(self, name: str, program: str, *arguments: str) -> None:
        """Starts a process that ends with the federation."""
        log = self._closing.enter_context((self._folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [self._programs / program, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self._processes[name] = process

    def leave(self, *names: str) -> None:
        """Ends SuperNodes, all at once."""
        processes = [self._processes.pop(name) for name in names]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _end(self) -> None:
        # SuperNodes take their leave of the SuperLink.
        self.leave(*(name for name in self._processes if name != _SUPERLINK))
        self.leave(*self._processes)
        self._closing.close()
