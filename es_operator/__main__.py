"""`python -m es_operator run | plan | crds`."""

from common.control.cli import main
from es_operator.operator import OPERATOR

raise SystemExit(main(OPERATOR))
