#!/usr/bin/env bash
# Byte-compiles python/ and packs it into layer.zip: the same packages give the same bytes. Prints size and SHA-256.
set -euo pipefail
cd "$(dirname "$0")"
"${PYTHON:-python3}" package.py
