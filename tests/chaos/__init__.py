"""Random pods of the applications and of the operators die while clients write; no acknowledged write may be lost.

`python -m tests.chaos` with DURATION (seconds) and SEED. It kills pods of the cluster in KUBECONFIG, or of the local
one, and needs the pod network to be reachable from here, as the local cluster's is.
"""
