"""What the archives of functions hold besides modules."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lib import archives
from video_pipeline.aws.rds import ROOTS
from video_pipeline.topology import FUNCTIONS


@pytest.mark.parametrize("unit", [each.unit for each in FUNCTIONS])
def test_an_archive_holds_the_data_of_the_product_and_none_of_what_is_built(unit: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(archives.build(unit, tmp_path / "archive.zip")) as archive:
        data = {each for each in archive.namelist() if not each.endswith(".py")}
        assert {each.partition("/")[0] for each in data} == {"video_pipeline"}
        assert "video_pipeline/store/migrations/0001_ledger.sql" in data
        assert archive.read("video_pipeline/aws/rds-ca.pem") == ROOTS.read_bytes()
        assert archive.getinfo("video_pipeline/aws/rds-ca.pem").compress_size < 20_000


def test_whether_the_layer_is_built_makes_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ROOT", tmp_path)
    for name in ("lambdas/__init__.py", "lambdas/ingest/__init__.py", "video_pipeline/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "lambdas/ingest/handler.py").write_text("import video_pipeline\n")
    (tmp_path / "video_pipeline/words.json").write_text("[]")
    (tmp_path / "video_pipeline/brought.onnx").write_bytes(b"weights")
    before = archives.build("ingest", tmp_path / "before.zip").read_bytes()
    (tmp_path / "lambdas/layer/minilm").mkdir(parents=True)
    (tmp_path / "lambdas/layer/minilm/tokenizer.json").write_text("{}")
    after = archives.build("ingest", tmp_path / "after.zip")
    assert after.read_bytes() == before
    with zipfile.ZipFile(after) as archive:
        assert {"video_pipeline/words.json", "video_pipeline/brought.onnx"} <= {*archive.namelist()}
