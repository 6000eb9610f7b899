"""`python -m prom_operator run | plan | crds`."""

from common.control.cli import main
from prom_operator.operator import OPERATOR

raise SystemExit(main(OPERATOR))
