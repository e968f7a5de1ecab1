#!/usr/bin/env bash
# ./destroy.sh SUFFIX: removes everything of that suffix, its videos and its database too. Asks first; FORCE=1 does not.
set -euo pipefail
cd "$(dirname "$0")"
export ENVIRONMENT_SUFFIX="${1:-${ENVIRONMENT_SUFFIX:-}}"
if [ -z "$ENVIRONMENT_SUFFIX" ]; then
  echo "Which environment? ./destroy.sh dev" >&2
  exit 1
fi
if [ -z "${FORCE:-}" ]; then
  read -r -p "Remove everything of '$ENVIRONMENT_SUFFIX', its videos and its database too? Type its name: " answer
  [ "$answer" = "$ENVIRONMENT_SUFFIX" ] || { echo "Nothing was removed." >&2; exit 1; }
fi
make --no-print-directory setup-infra layer
.venv/bin/python main.py
for stack in "tap-$ENVIRONMENT_SUFFIX" "registry-$ENVIRONMENT_SUFFIX"; do
  terraform -chdir="cdktf.out/stacks/$stack" init -input=false -no-color \
    ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} >/dev/null
  terraform -chdir="cdktf.out/stacks/$stack" destroy -input=false -no-color -auto-approve
done
echo "Nothing of $ENVIRONMENT_SUFFIX is left."
