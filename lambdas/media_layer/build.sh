#!/usr/bin/env bash
# Installs the packages of requirements.txt for Lambda (Linux, x86_64, Python 3.11) into python/, and packs them into two
# layers: together they are beyond the 50 MiB that Lambda takes at once.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
rm -rf python && mkdir python
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes --only-binary=:all: \
  --platform manylinux2014_x86_64 --platform manylinux_2_26_x86_64 --platform manylinux_2_28_x86_64 \
  --platform manylinux_2_34_x86_64 --implementation cp --python-version 3.11 --upgrade --target python -r requirements.txt
# What nothing reads at run time.
rm -rf python/bin
find python -type d \( -name tests -o -name include \) -prune -exec rm -rf {} +
find python \( -name '*.pyi' -o -name '*.c' -o -name '*.h' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.a' \) -delete
rm -rf python/numpy/{f2py,distutils,_pyinstaller}
# boto3 describes some 400 services; the function speaks to these.
for folder in python/botocore/data/*/ python/boto3/data/*/; do
  case "$(basename "$folder")" in
    s3 | kinesis | sqs | secretsmanager | sts) ;;
    *) rm -rf "$folder" ;;
  esac
done
"$python" ../layer/package.py . codecs.zip=av,av.libs packages.zip
