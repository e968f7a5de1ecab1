"""checkov over what Terraform will read: every finding has a written reason, and every reason a finding."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.infra.synthesis import Synthesised

ROOT = Path(__file__).resolve().parents[2]
CHECKOV = Path(os.environ.get("VIDEO_PIPELINE_CHECKOV", ROOT / ".venv-checkov" / "bin" / "checkov"))
REASONS = tomllib.loads((Path(__file__).parent / "checkov" / "reasons.toml").read_text(encoding="utf-8"))["reason"]
pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Finding:
    """`of` is the construct's path, without kind and hash."""

    check: str
    name: str
    of: str

    def excused_by(self, reason: dict[str, object]) -> bool:
        patterns = reason["of"]
        assert isinstance(patterns, list)
        return reason["check"] == self.check and any(fnmatchcase(self.of, each) for each in patterns)


def _scan(stack: Synthesised, folder: Path) -> Iterator[Finding]:
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(json.dumps(stack.document), encoding="utf-8")
    # Nothing is fetched and nothing told: no key is given, and no policies are downloaded.
    options = ["--framework", "terraform_json", "--skip-download", "--output", "json", "--quiet", "--compact"]
    command = [str(CHECKOV), "--file", "cdk.tf.json", *options, "--soft-fail"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "PRISMA_", "PYTHON"))}
    surroundings = {**kept, "CHECKOV_RUN_SCA_PACKAGE_SCAN_V2": "false", "ANSI_COLORS_DISABLED": "1"}
    run = subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=200, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    report = json.loads(run.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["skipped"] == 0, "reasons are written in reasons.toml, not beside the resource"
    assert report["summary"]["passed"] > 0
    for failed in report["results"]["failed_checks"]:
        yield Finding(failed["check_id"], failed["check_name"], _path(failed["resource"]))


def _path(resource: str) -> str:
    """`web_bucket` of `aws_s3_bucket.web_bucket_65C58E83`."""
    return re.sub(r"_[0-9A-F]{8}$", "", resource.rpartition(".")[2])


@pytest.fixture(scope="module")
def findings(
    dev: Synthesised, prod: Synthesised, registry: Synthesised, tmp_path_factory: pytest.TempPathFactory
) -> set[Finding]:
    if not CHECKOV.exists():
        pytest.skip("checkov has no environment yet: `make checkov-env`")
    folder = tmp_path_factory.mktemp("checkov")
    stacks = {"dev": dev, "prod": prod, "registry": registry}
    return {found for name, stack in stacks.items() for found in _scan(stack, folder / name)}


def test_every_failed_check_has_a_written_reason(findings: set[Finding]) -> None:
    unexcused = sorted(
        f"{each.check} ({each.name}) of {each.of}"
        for each in findings
        if not any(each.excused_by(reason) for reason in REASONS)
    )
    assert not unexcused, "\n".join(["mend these, or say in tests/infra/checkov/reasons.toml why not:", *unexcused])


def test_every_written_reason_is_still_needed(findings: set[Finding]) -> None:
    stale = [
        f"{reason['check']} of {pattern}"
        for reason in REASONS
        for pattern in reason["of"]
        if not any(each.check == reason["check"] and fnmatchcase(each.of, pattern) for each in findings)
    ]
    assert not stale, "\n".join(["nothing fails any more; remove from tests/infra/checkov/reasons.toml:", *stale])


def test_reasons_are_sentences() -> None:
    for reason in REASONS:
        assert set(reason) == {"check", "of", "because"}
        assert re.fullmatch(r"CKV2?_AWS_\d+", reason["check"])
        assert len(reason["because"]) > 40, reason["check"]
        assert reason["because"].endswith("."), reason["check"]
