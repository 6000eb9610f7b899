"""Running other programs: their output is shown only when they fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class Trouble(Exception):
    """Something that only a person can put right; the message says what and how."""


def run(
    command: Sequence[str | Path],
    *,
    stdin: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Run to the end and return its standard output; on failure raise with the end of what it said."""
    words = [str(word) for word in command]
    data = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        done = subprocess.run(
            words,
            input=data if data is not None else b"",
            capture_output=True,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as missing:
        raise Trouble(f"{words[0]} is not installed") from missing
    except subprocess.TimeoutExpired as late:
        raise Trouble(f"{' '.join(words[:4])} … did not end within {late.timeout:.0f} s") from late
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise Trouble(f"{' '.join(words[:6])} … failed ({done.returncode}):\n  " + "\n  ".join(said[-15:]))
    return done.stdout.decode(errors="replace")


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether it ends with 0; for asking, where a refusal is an answer and no failure."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
