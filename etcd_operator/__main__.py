"""`python -m etcd_operator run | plan | crds`."""

from __future__ import annotations

from common.control.cli import main
from etcd_operator.operator import OPERATOR

raise SystemExit(main(OPERATOR))
