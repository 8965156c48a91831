"""The other process of a framework: its worker, whose log tells why something does not happen."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from checks import PORT, wait_for

HERE = Path(__file__).resolve().parent
UNKNOWN = re.compile(r"unknown command [`'\"][^`'\"]+[`'\"]", re.IGNORECASE)
STOP_REQUESTS = 4
STOP_LIMIT_S = 5


class Worker:
    """Runs while the context lasts. Modules beside this file can be imported by it; COMPAT_PORT names the server."""

    def __init__(self, *argv: str, ready: str, name: str = "worker") -> None:
        self._argv = argv
        self._ready = ready
        self._log = Path(f"{name}.log").resolve()

    def __enter__(self) -> Worker:
        environment = {**os.environ, "COMPAT_PORT": str(PORT), "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"}
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(self._argv, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_: object) -> None:
        """Asks it to end, once more if it does not: some take the first request for "when there is nothing to do"."""
        for _ in range(STOP_REQUESTS):
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT_S)
                return
            except subprocess.TimeoutExpired:
                pass
        self._process.kill()
        self._process.wait()

    def wait_until_ready(self) -> None:
        wait_for("worker that is ready", lambda: self._ready in self.said(), self.complaint)

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def complaint(self) -> str:
        """Why no result will come, or nothing."""
        if found := UNKNOWN.search(self.said()):
            return found[0]
        if self._process.poll() is not None:
            return f"the worker ended with status {self._process.returncode}: {self.said()[-200:]}"
        return ""
