"""The command line that the three operators share: run, plan, crds."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from common.control.operator import Operator

_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def main(operator: Operator, arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    options = parser(operator).parse_args(arguments)
    if options.command == "crds":
        from common.resources.crd import crds_of

        yaml.dump_all(
            crds_of((*operator.kinds, *operator.dependents)), sys.stdout, yaml.CSafeDumper, sort_keys=False, width=120
        )
        return 0
    if options.command == "plan":
        from common.control.show import show_plan

        return asyncio.run(show_plan(operator, options.files, options.output))
    from common.control.logs import set_up
    from common.control.run import run

    set_up(options.log_format, options.log_level)
    return asyncio.run(run(operator, options))


def parser(operator: Operator) -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog=operator.name, description=f"The {operator.name} of triad.")
    commands = top.add_subparsers(dest="command", required=True)
    _add_run(commands.add_parser("run", help="watch the resources and look after their clusters"), operator)
    plan = commands.add_parser("plan", help="show what would be done with the resources in some files, and why")
    plan.add_argument(
        "-f", "--file", dest="files", action="extend", nargs="+", required=True, metavar="FILE",
        help="manifests: the resources and whatever else exists; together they are the whole world; - reads stdin",
    )  # fmt: skip
    plan.add_argument("-o", "--output", choices=("yaml", "json"), default="yaml")
    commands.add_parser("crds", help="print the resource types as CustomResourceDefinitions")
    return top


def _add_run(run: argparse.ArgumentParser, operator: Operator) -> None:
    run.add_argument("--kubeconfig", metavar="FILE", help="default: the pod's service account, else $KUBECONFIG")
    where = run.add_mutually_exclusive_group()
    where.add_argument(
        "--namespace", type=_namespaces, metavar="NAME[,NAME]",
        help="namespaces to serve (default: the operator's own)",
    )  # fmt: skip
    where.add_argument("--all-namespaces", action="store_true", help="serve the whole cluster")
    run.add_argument("--leader-elect", action="store_true", help="let a Lease decide which of several replicas acts")
    run.add_argument(
        "--metrics-bind-address", default=":8080", metavar="HOST:PORT", help="for /metrics, /healthz and /readyz"
    )
    run.add_argument("--log-format", choices=("json", "text"), default="text" if sys.stderr.isatty() else "json")
    run.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")


def _namespaces(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("name at least one namespace")
    return names


def own_namespace(default: str) -> str:
    """The namespace that the operator runs in, or the kubeconfig's where it runs outside a cluster."""
    if name := os.environ.get("POD_NAMESPACE"):
        return name
    return _OWN_NAMESPACE.read_text(encoding="utf-8").strip() if _OWN_NAMESPACE.exists() else default
