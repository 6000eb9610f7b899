"""The toy operator as a process, for tests."""

from common.control.cli import main
from tests.toy.operator import OPERATOR

raise SystemExit(main(OPERATOR))
