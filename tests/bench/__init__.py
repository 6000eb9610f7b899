"""How fast and how large: the operators against an API server without nodes, so that only their own work is measured.

`python -m tests.bench` prints JSON. The figures in docs/benchmarks.md were made with it.
"""
