"""Which cluster: the user's, or a local one that is made when there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def kubeconfig() -> str:
    """The path of the kubeconfig to use; `make cluster` shows its progress on standard error meanwhile."""
    if given := os.environ.get("KUBECONFIG"):
        return given
    made = subprocess.run(  # a fixed command of this project
        ["make", "-s", "--no-print-directory", "cluster"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return made.stdout.strip().splitlines()[-1]
