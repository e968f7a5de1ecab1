"""The environment variables of every process: the user's own, but with this machine in place of AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from video_pipeline.topology import LOCAL_MAIL_FROM

# Where `local`, `lambdas` and `containers` are found, whatever the working directory is.
ROOT = Path(__file__).resolve().parent.parent
# A worker that is asked to stop gives the job at hand so many seconds; its lease and message bring the job back.
_SHUTDOWN_SECONDS = "1"


def variables(user: Mapping[str, str], *, region: str, suffix: str, aws_url: str, api_url: str) -> dict[str, str]:
    """The user's settings and keys pass; everything that could lead to the real AWS is replaced."""
    own = {name: value for name, value in user.items() if not name.startswith("AWS_")}
    return {
        "SHUTDOWN_SECONDS": _SHUTDOWN_SECONDS,
        "MAIL_FROM": LOCAL_MAIL_FROM,
        **own,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": aws_url,
        "ENVIRONMENT_SUFFIX": suffix,
        "PUBLIC_URL": api_url,
        "PYTHONPATH": _joined(os.pathsep, str(ROOT), own.get("PYTHONPATH")),
        "NO_PROXY": _joined(",", "127.0.0.1,localhost", own.get("NO_PROXY") or own.get("no_proxy")),
        "no_proxy": _joined(",", "127.0.0.1,localhost", own.get("no_proxy") or own.get("NO_PROXY")),
    }


def _joined(separator: str, first: str, second: str | None) -> str:
    return f"{first}{separator}{second}" if second else first
