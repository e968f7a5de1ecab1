"""What the journal keeps of S3: buckets, every version of every object, and uploads that are under way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from moto.s3 import models
from requests.structures import CaseInsensitiveDict

from local.aws.bodies import BodyStore, describe
from local.aws.durable_key import DurableKey
from local.aws.journal import Journal

SCHEMA = """
create table if not exists buckets (name text primary key, region text not null, versioning text);
create table if not exists objects (
    bucket text not null, key text not null, position integer not null, state text not null, files text not null,
    primary key (bucket, key, position));
create table if not exists uploads (
    id text primary key, bucket text not null, key text not null, state text not null);
create table if not exists parts (
    upload text not null, number integer not null, etag text not null, files text not null,
    primary key (upload, number));
"""
# Access lists and locks are not kept: nothing here checks them.
_KEPT = (
    "_etag",
    "_storage_class",
    "_is_versioned",
    "checksum_algorithm",
    "checksum_value",
    "encryption",
    "kms_key_id",
    "bucket_key_enabled",
    "website_redirect_location",
)


class Records:
    """Writes what moto holds in memory, and puts it back into a bucket that has just been made again."""

    def __init__(self, journal: Journal, store: BodyStore) -> None:
        self._journal = journal
        self._store = store
        journal.define(SCHEMA)

    # ------------------------------------------------------------------------------------------ buckets
    def buckets(self) -> list[tuple[str, str]]:
        """Name and region."""
        return [(name, region) for name, region in self._journal.rows("select name, region from buckets")]

    def keep_bucket(self, bucket: models.FakeBucket) -> None:
        self._journal.run(
            "insert into buckets values (?, ?, ?) on conflict (name) do update set versioning = excluded.versioning",
            (bucket.name, bucket.region_name, bucket.versioning_status),
        )

    def forget_bucket(self, name: str) -> None:
        with self._journal.transaction() as transaction:
            uploads = transaction.execute("select id from uploads where bucket = ?", (name,)).fetchall()
            self._forget_uploads(transaction, [upload for (upload,) in uploads])
            transaction.execute("delete from buckets where name = ?", (name,))

    # ------------------------------------------------------------------------------------------ objects
    def settle(self, touched: Iterable[tuple[str, str]], finished_uploads: Iterable[str]) -> None:
        """Makes the journal say of these keys what memory says, and forgets these uploads, in one transaction."""
        with self._journal.transaction() as transaction:
            for bucket, key in touched:
                self._keep_key(transaction, bucket, key)
            self._forget_uploads(transaction, finished_uploads)

    def _keep_key(self, transaction: Connection, bucket: str, key: str) -> None:
        partition, account = models.s3_backends.bucket_accounts.get(bucket, ("aws", None))
        if account is None:
            return
        transaction.execute("delete from objects where bucket = ? and key = ?", (bucket, key))
        backend = models.s3_backends[account][partition]
        for position, version in enumerate(backend.get_bucket(bucket).keys.getlist(key, [])):
            state, files = self._version(backend, version)
            transaction.execute("insert into objects values (?, ?, ?, ?, ?)", (bucket, key, position, state, files))

    @staticmethod
    def _version(backend: models.S3Backend, version: DurableKey | models.FakeDeleteMarker) -> tuple[str, str]:
        common = {"version": version.version_id, "modified": version.last_modified.isoformat()}
        if isinstance(version, models.FakeDeleteMarker):
            return json.dumps(common), "null"
        state = common | {
            "fields": {name: getattr(version, name) for name in _KEPT},
            "metadata": dict(version.metadata.items()),
            "tags": backend.tagger.get_tag_dict_for_resource(version.arn),
            "upload": version.multipart.id if version.multipart else None,
        }
        return json.dumps(state), json.dumps(describe(version.body))

    # ------------------------------------------------------------------------------------------ uploads
    def keep_upload(self, bucket: str, upload: models.FakeMultipart) -> None:
        state = {
            "metadata": dict(upload.metadata.items()),
            "storage": upload.storage,
            "tags": upload.tags,
            "encryption": upload.sse_encryption,
            "kms": upload.kms_key_id,
        }
        self._journal.run(
            "insert into uploads values (?, ?, ?, ?)", (upload.id, bucket, upload.key_name, json.dumps(state))
        )

    def keep_part(self, upload: str, number: int, part: DurableKey) -> None:
        files = json.dumps(describe(part.body))
        self._journal.run("insert or replace into parts values (?, ?, ?, ?)", (upload, number, part.etag, files))

    @staticmethod
    def _forget_uploads(transaction: Connection, uploads: Iterable[str]) -> None:
        for upload in uploads:
            transaction.execute("delete from parts where upload = ?", (upload,))
            transaction.execute("delete from uploads where id = ?", (upload,))

    # ------------------------------------------------------------------------------------------ restore
    def files(self) -> set[str]:
        """The names of all files that some record speaks of."""
        listed = self._journal.rows("select files from objects union all select files from parts")
        return {name for (files,) in listed for name, _ in json.loads(files) or []}

    def restore(self, backend: models.S3Backend, bucket: models.FakeBucket) -> None:
        """Fills a new bucket with what it held; nobody is notified."""
        bucket.versioning_status = self._journal.value("select versioning from buckets where name = ?", (bucket.name,))
        listed = "select key, state, files from objects where bucket = ? order by key, position"
        for key, state, files in self._journal.rows(listed, (bucket.name,)):
            self._restore_version(backend, bucket, key, json.loads(state), json.loads(files))
        listed = "select id, key, state from uploads where bucket = ?"
        for upload, key, state in self._journal.rows(listed, (bucket.name,)):
            bucket.multiparts[upload] = self._upload(bucket, upload, key, json.loads(state))

    def _restore_version(
        self, backend: models.S3Backend, bucket: models.FakeBucket, name: str, state: dict[str, Any], files: Any
    ) -> None:
        versions = bucket.keys.getlist(name, [])
        version: Any
        if files is None:
            version = models.FakeDeleteMarker(key=versions[-1] if versions else self._key(bucket, name, state, []))
            version._version_id = state["version"]  # noqa: SLF001  moto gives it no other way
            version.last_modified = datetime.fromisoformat(state["modified"])
        else:
            version = self._key(bucket, name, state, files)
            backend.tagger.tag_resource(version.arn, backend.tagger.convert_dict_to_tags_input(state["tags"]))
        bucket.keys.setlist(name, [*versions, version])

    def _key(self, bucket: models.FakeBucket, name: str, state: dict[str, Any], files: list[Any]) -> DurableKey:
        body: Any = self._store.open(files)
        key = DurableKey(
            name,
            body,
            account_id=bucket.account_id,
            region_name=bucket.region_name,
            bucket_name=bucket.name,
            version_id=state["version"],
        )
        for field, value in state.get("fields", {}).items():
            setattr(key, field, value)
        key.last_modified = datetime.fromisoformat(state["modified"])
        key.metadata.update(state.get("metadata", {}))
        if upload := state.get("upload"):
            key.multipart = self._empty_upload(bucket, upload, name, {})
        return key

    def _upload(self, bucket: models.FakeBucket, upload: str, key: str, state: dict[str, Any]) -> models.FakeMultipart:
        restored = self._empty_upload(bucket, upload, key, state)
        listed = "select number, etag, files from parts where upload = ? order by number"
        for number, etag, files in self._journal.rows(listed, (upload,)):
            body: Any = self._store.open(json.loads(files))
            part = restored.set_part(number, body)
            part._etag = etag.strip('"')  # noqa: SLF001  spares reading the part again
        return restored

    @staticmethod
    def _empty_upload(bucket: models.FakeBucket, upload: str, key: str, state: dict[str, Any]) -> models.FakeMultipart:
        restored = models.FakeMultipart(
            key,
            CaseInsensitiveDict(state.get("metadata")),
            account_id=bucket.account_id,
            region_name=bucket.region_name,
            storage=state.get("storage"),
            tags=state.get("tags"),
            sse_encryption=state.get("encryption"),
            kms_key_id=state.get("kms"),
        )
        restored.id = upload
        return restored
