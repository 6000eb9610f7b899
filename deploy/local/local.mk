# The local cluster. CLUSTER names one of several (default: triad), PARTS=control-plane leaves the node out,
# KUBECONFIG set means: use that cluster, build none.
PYTHON3 ?= python3

.PHONY: cluster cluster-down cluster-status image

cluster: ## A Kubernetes on this machine; prints its kubeconfig (CLUSTER, PARTS, IMAGES)
	@$(PYTHON3) -m deploy.local up

cluster-down: ## End it and leave nothing behind
	@$(PYTHON3) -m deploy.local down

image: ## The operators' image from this checkout, into the cluster if it runs
	@$(PYTHON3) -m deploy.local images operators

cluster-status: ## What of it runs
	@$(PYTHON3) -m deploy.local status
