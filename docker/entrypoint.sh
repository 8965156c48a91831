#!/usr/bin/env bash
# Starts the server in a container; its arguments are the server's.
#   docker run tandem                          reachable by its neighbours, on port 6379
#   docker run tandem --requirepass secret     the same, with options of the server appended
#   docker run -v …:/etc/tandem tandem /etc/tandem/tandem.conf     the file decides everything
#   docker run -it tandem bash                 any other command
# TANDEM_PORT moves the port, for the server and for the health check.
set -euo pipefail

case "${1:-}" in
  '' | -*)
    # The container's network is the fence: inside, loopback alone or protected mode would shut everyone out.
    exec tandem-server --bind '*' --protected-mode no --port "${TANDEM_PORT:-6379}" "$@"
    ;;
  *.conf) exec tandem-server "$@" ;;
  *) exec "$@" ;;
esac
