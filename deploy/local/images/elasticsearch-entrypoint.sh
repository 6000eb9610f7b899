#!/bin/bash
# Elasticsearch itself unless another command is given, as upstream's image does it. Settings in the environment
# (`cluster.name=…`, `ES_SETTING_CLUSTER_NAME=…`) are read by Elasticsearch, which is told that it is in a container.
set -euo pipefail
umask 0002 # its files may be written by its group, which is root's, whatever user it runs as
if [[ ${1:-eswrapper} != eswrapper ]]; then
  exec "$@"
fi
shift || true
exec /usr/share/elasticsearch/bin/elasticsearch "$@"
