"""Prints the API's description: `python -m video_pipeline.api.openapi > docs/openapi.json`."""

from __future__ import annotations

import json
import sys

from video_pipeline.api.app import described_app


def openapi_json() -> str:
    """The OpenAPI document as it is committed, keys in a stable order."""
    return json.dumps(described_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi_json())
