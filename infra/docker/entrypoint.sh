#!/bin/sh
# Secrets are handed over as files, programs read variables: ORRERY_X_FILE=/path becomes ORRERY_X=<its content>.
set -eu
for name in $(env | sed -n 's/^\(ORRERY_[A-Z_]*\)_FILE=.*/\1/p'); do
  export "${name}=$(cat "$(printenv "${name}_FILE")")"
  unset "${name}_FILE"
done
exec "$@"
