"""`python -m local.demo`: a video goes in as a record on the stream and comes out as an answer with its second.

What it does is what anybody can do: each step names the command that does the same.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from botocore.config import Config
from botocore.exceptions import ClientError

from local.environment import ROOT
from local.resources import session
from local.run import Options, System
from local.supervisor import CannotStart
from video_pipeline.model import ObjectRef, Source
from video_pipeline.topology import LOCAL_API_PORT, LOCAL_AWS_PORT, MEDIA_BUCKET, resource_name

SAMPLES = ROOT / "samples"
FILM, CAPTIONS, RECORD = "town-hall.mp4", "town-hall.vtt", "records/video-submitted.json"
QUESTION = "When does Lighthouse go live?"


def main() -> int:
    options = _options()
    try:
        with System(options, say=_say) as system:
            code = _show(system)
            if code == 0 and sys.stdout.isatty():
                _say(f"\nEverything keeps running: {system.api_url}/docs (key in {system.places.api_key}).")
                _say("Ctrl-C ends it.")
                system.wait()
            return code
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _show(system: System) -> int:
    began = time.monotonic()
    _say(f"\n1. The film lies in the media bucket, its captions beside it ({FILM}, {CAPTIONS}).")
    job_id = _store(system)
    _say(f"\n2. A record that points at it goes onto the ingestion stream:  video-pipeline put samples/{RECORD}")
    if code := _command(system, "put", str(SAMPLES / RECORD)):
        return code
    _say(f"\n3. It is worked on:  video-pipeline jobs {job_id} --wait")
    if code := _command(system, "jobs", job_id, "--wait"):
        return code
    _say(f"   From the record to a video that can be asked: {time.monotonic() - began:.1f} s.")
    _say(f'\n4. Somebody asks:  video-pipeline ask "{QUESTION}"\n')
    return _command(system, "ask", QUESTION)


def _store(system: System) -> str:
    """Puts the sample where its record says that it is, once; the id that its job will have."""
    config = Config(s3={"addressing_style": "path"}, proxies={})
    s3 = session(system.options.region).client("s3", endpoint_url=system.aws_endpoint_url, config=config)
    bucket = resource_name(MEDIA_BUCKET, system.options.suffix)
    for name in (CAPTIONS, FILM):
        try:
            found = s3.head_object(Bucket=bucket, Key=f"samples/{name}")
        except ClientError:
            s3.upload_file(str(SAMPLES / name), bucket, f"samples/{name}")
            found = s3.head_object(Bucket=bucket, Key=f"samples/{name}")
    media = ObjectRef(
        bucket=bucket,
        key=f"samples/{FILM}",
        version_id=found.get("VersionId"),
        etag=found["ETag"].strip('"'),
    )
    return str(Source(kind="object", media=media, filename=FILM).job_id)


def _command(system: System, *arguments: str) -> int:
    command = [sys.executable, "-m", "video_pipeline.cli", "--data", str(system.places.folder), *arguments]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own program


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".local"), help="the data folder (.local)")
    parser.add_argument("--api-port", type=int, default=LOCAL_API_PORT, help="0: a free one")
    parser.add_argument("--aws-port", type=int, default=LOCAL_AWS_PORT, help="0: a free one")
    given = parser.parse_args()
    return Options(data=given.data, api_port=given.api_port, aws_port=given.aws_port)


if __name__ == "__main__":
    sys.exit(main())
