"""`python3 -m deploy.local`: refuse an interpreter that is too old in words, then hand over to the command line."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # an older python3 must get this line, not a traceback
    sys.exit(f"the local cluster needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}")

from .cli import main

sys.exit(main(sys.argv[1:]))
