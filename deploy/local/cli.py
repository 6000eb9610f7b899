"""The command line: up, down, status, and a way into the cluster's namespaces."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import kubectl, processes, settings
from .check import check
from .down import down
from .images import catalogue
from .progress import say
from .settings import Instance
from .shell import Trouble
from .up import chosen_parts, make_images, up

DESCRIPTION = """\
A real Kubernetes on this machine, in namespaces of its own.
CLUSTER names one of several (default: triad); PARTS=control-plane leaves the node out."""

A_PERSONS_MATTER = {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS}
PASS_ON = {"kubectl": "run kubectl against it", "enter": "run a program in its namespaces (default: a shell)"}


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status; standard output carries only what a script wants to read."""
    os.umask(0o022)  # pods that are not root read what is made here
    networks = f"{settings.VETH_NETWORKS},{settings.POD_NETWORKS},{settings.SERVICE_NETWORKS}"
    os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), networks)))
    try:
        # argparse would take the other program's options for its own.
        command, *words = arguments or [""]
        if command in PASS_ON:
            return _pass_on(command, words)
        return _run(_parser().parse_args(arguments))
    except Trouble as trouble:
        print(f"local cluster: {trouble}", file=sys.stderr)
        return 1
    except OSError as refused:
        if refused.errno not in A_PERSONS_MATTER:
            raise
        print(f"local cluster: {refused.strerror}: {refused.filename} (it needs root and space)", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("local cluster: interrupted; `down` removes what was started", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python3 -m deploy.local", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start it, or what of it does not run; prints the kubeconfig's path")
    commands.add_parser("down", help="end it and leave nothing behind").add_argument("--all", action="store_true")
    commands.add_parser("status", help="what runs")
    commands.add_parser("check", help="start one, use it, end it, and see that nothing is left behind")
    images = commands.add_parser("images", help="make images by name and give them to the cluster if it runs")
    images.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of: {', '.join(catalogue.RECIPES)}; without: the default ones"
    )
    commands.add_parser("kubeconfig", help="print the kubeconfig's path")
    for name, text in PASS_ON.items():
        commands.add_parser(name, help=text).add_argument("words", nargs="*", metavar="WORD")
    return parser


def _run(options: argparse.Namespace) -> int:
    name = settings.instance_name()
    match options.command:
        case "up":
            print(_given() or up(chosen_parts()))
        case "down":
            for each in [instance.name for instance in settings.every()] if options.all else [name]:
                down(each)
        case "status":
            return _status()
        case "check":
            check()
        case "images":
            print("\n".join(make_images(options.names or catalogue.chosen())))
        case "kubeconfig":
            print(_given() or _known(name).kubeconfig)
    return 0


def _pass_on(command: str, words: Sequence[str]) -> int:
    """Become the other program."""
    instance = _known(settings.instance_name())
    match command:
        case "kubectl":
            words = kubectl.words(instance, *words)
        case _:
            words = [*processes.enter_words(instance), *(words or ["bash"])]
    os.execvp(words[0], list(words))


def _given() -> str | None:
    """A cluster that the user brought along is used as it is. One of ours that was ended meanwhile is none."""
    path = os.environ.get("KUBECONFIG")
    if not path or (Path(path).is_relative_to(settings.state_root()) and not Path(path).exists()):
        return None
    say("KUBECONFIG is set: using that cluster, building none")
    return path


def _known(name: str) -> Instance:
    if instance := settings.find(name):
        return instance
    raise Trouble(f"the cluster {name} is not running; start it with `make cluster`")


def _status() -> int:
    """What runs, on standard output; the exit status says whether anything does not."""
    broken = False
    for instance in settings.every():
        print(f"{instance.name}: {instance.server} kubeconfig {instance.kubeconfig}")
        for component in processes.started(instance):
            pid = processes.running(instance, component)
            broken = broken or not pid
            print(f"  {component:<24} {f'pid {pid}' if pid else 'ended'}  {instance.logs / component}.log")
    return int(broken)
