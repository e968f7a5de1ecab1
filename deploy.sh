#!/usr/bin/env bash
# ./deploy.sh SUFFIX: checks what is needed, builds, tests, deploys, and says where it answers.
#   SKIP_TESTS=1          without the tests
#   STACK_SETTINGS='{…}'  single settings, see lib/environments.py
set -euo pipefail
cd "$(dirname "$0")"
export ENVIRONMENT_SUFFIX="${1:-${ENVIRONMENT_SUFFIX:-}}"
export AWS_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}"
python="$PWD/.venv/bin/python"
missing=()

need() { command -v "$1" >/dev/null || missing+=("$1: $2"); }

check() {
  need python3 "Python 3.11 or newer"
  need make "GNU make"
  need node "Node 20.19 or newer, https://nodejs.org"
  need terraform "Terraform 1.10 or newer, https://developer.hashicorp.com/terraform/install"
  [ -n "$ENVIRONMENT_SUFFIX" ] || missing+=("an environment suffix: ./deploy.sh dev")
  if [ ${#missing[@]} -gt 0 ]; then
    printf 'Missing:\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
  fi
}

# Whose account it is, and whether the account takes what the stack reserves.
check_rights() {
  "$python" - <<'PYTHON'
import os, sys
import boto3
from botocore.exceptions import BotoCoreError, ClientError
if os.environ.get("AWS_ENDPOINT_URL"):
    sys.exit(0)
try:
    who = boto3.client("sts").get_caller_identity()
    limit = boto3.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
except (BotoCoreError, ClientError) as error:
    sys.exit(f"AWS does not let this user in: {error}")
print(f"Deploying as {who['Arn']}")
if limit < 150 and "reserve_concurrency" not in os.environ.get("STACK_SETTINGS", ""):
    sys.exit(
        f"This account runs at most {limit} functions at once, too few to reserve from: ask AWS for more,"
        """ or set STACK_SETTINGS='{"reserve_concurrency": false}'."""
    )
PYTHON
}

terraform_in() {
  local folder="cdktf.out/stacks/$1"
  terraform -chdir="$folder" init -input=false -no-color ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} >/dev/null
  terraform -chdir="$folder" apply -input=false -no-color -auto-approve
}

# An image is named by what it holds, so that a deployment says exactly what runs.
push_image() {
  if [ -n "${AWS_ENDPOINT_URL:-}" ] || ! docker info >/dev/null 2>&1; then
    echo "No Docker engine: the worker's image is not built; the service keeps the tag ${IMAGE_TAG:-latest}." >&2
    return
  fi
  local url registry
  url="$(terraform -chdir="cdktf.out/stacks/registry-$ENVIRONMENT_SUFFIX" output -raw repository_url)"
  registry="${url%%/*}"
  "$python" - "$registry" <<'PYTHON' | docker login --username AWS --password-stdin "$registry"
import base64, boto3
token = boto3.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
print(base64.b64decode(token).decode().partition(":")[2], end="")
PYTHON
  IMAGE_TAG="$(git rev-parse --short=12 HEAD 2>/dev/null || date -u +%Y%m%d%H%M%S)"
  export IMAGE_TAG
  docker build --platform linux/amd64 -f containers/processor/Dockerfile -t "$url:$IMAGE_TAG" .
  docker push "$url:$IMAGE_TAG"
}

check
make --no-print-directory setup-infra layer dashboard
check_rights
[ -n "${SKIP_TESTS:-}" ] || make --no-print-directory test
"$python" main.py
terraform_in "registry-$ENVIRONMENT_SUFFIX"
push_image
"$python" main.py
terraform_in "tap-$ENVIRONMENT_SUFFIX"
cat <<TEXT

Deployed $ENVIRONMENT_SUFFIX in $AWS_REGION. Next:
  video-pipeline --suffix $ENVIRONMENT_SUFFIX secrets set openai   # asks for the key; it goes nowhere else
  video-pipeline --suffix $ENVIRONMENT_SUFFIX keys create me --operate
  video-pipeline --suffix $ENVIRONMENT_SUFFIX doctor
TEXT
