#!/usr/bin/env bash
# Builds the image and starts the balancer, three backends and the dashboard in the background.
#   ./deploy.sh                     as docker-compose.yml has it
#   ./deploy.sh --scale backend=5   with five more backends; takes any option of "docker compose up"
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v docker >/dev/null; then
  echo "deploy.sh needs Docker, and there is no docker command. Without it: npm ci && npm start" >&2
  exit 1
fi
if ! docker compose version >/dev/null 2>&1; then
  echo "deploy.sh needs the compose plugin of Docker: https://docs.docker.com/compose/install/" >&2
  exit 1
fi
if ! docker info >/dev/null 2>&1; then
  echo "deploy.sh cannot reach a Docker engine: start it, or check that you may use it (docker info says why)" >&2
  exit 1
fi

# Compose reads .env. A token that is there is kept; this file is the only copy. CONTROL_PLANE_TOKEN is for operators,
# REGISTER_TOKEN for backends and READ_TOKEN for the dashboard.
for name in CONTROL_PLANE_TOKEN REGISTER_TOKEN READ_TOKEN; do
  if [ -n "${!name:-}" ] || grep -q "^$name=." .env 2>/dev/null; then continue; fi
  (umask 077 && touch .env)
  chmod 600 .env
  # The token must not be appended to a last line that has no line break.
  if [ -n "$(tail -c 1 .env)" ]; then echo >> .env; fi
  printf '%s=%s\n' "$name" "$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n')" >> .env
  echo "Generated $name in .env"
done

docker compose up --build --detach --wait "$@"

echo
echo "Fairlead is up: requests to http://localhost:5252, dashboard at http://localhost:9494, API at http://localhost:9797/docs"
echo "To change the fleet by hand, send CONTROL_PLANE_TOKEN of .env: curl -H \"Authorization: Bearer …\" (docs/registration.md)"
echo "Logs: docker compose logs --follow    End: docker compose down"
