"""The dashboard's build as objects of a bucket: what is new comes, what changed is replaced, what is gone goes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from cdktf import AssetType, TerraformAsset
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from video_pipeline.dashboard import ASSETS, EACH_TIME, FOREVER, TYPES, placed

_PAGE: Final = "index.html"


class WebFiles(Construct):
    """Raises ValueError for a file of a kind that nobody said how to show."""

    def __init__(self, scope: Construct, id: str, *, bucket: S3Bucket, folder: Path, path: str) -> None:
        """`path` is where people reach the page, empty for the root."""
        super().__init__(scope, id)
        self._bucket = bucket
        self._source = TerraformAsset(self, "build", path=str(folder.resolve()), type=AssetType.DIRECTORY)
        names = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())
        # What begins with a dot is the builder's own.
        others = [self._file(folder, name) for name in names if name != _PAGE and not name.startswith(".")]
        # Last, so that nobody gets a page before the files that it names.
        S3Object(
            self,
            "page",
            bucket=bucket.id,
            key=_PAGE,
            content=placed((folder / _PAGE).read_text(encoding="utf-8"), path),
            content_type=TYPES[".html"],
            cache_control=EACH_TIME,
            depends_on=others,
        )

    def _file(self, folder: Path, name: str) -> S3Object:
        kind = TYPES.get(Path(name).suffix)
        if kind is None:
            raise ValueError(f"The dashboard's file {name} is of a kind that video_pipeline.dashboard.TYPES lacks.")
        return S3Object(
            self,
            name.replace("/", "-"),
            bucket=self._bucket.id,
            key=name,
            source=f"{self._source.path}/{name}",
            source_hash=hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            content_type=kind,
            cache_control=FOREVER if name.startswith(f"{ASSETS}/") else EACH_TIME,
        )
