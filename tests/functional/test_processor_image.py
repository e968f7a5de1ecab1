"""The worker's image without Docker: what its files say, and a worker that starts with nothing but what they bring."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

import pytest

from lib.processing import SCRATCH, USER
from tests.conftest import EmulatedAws

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "containers" / "processor"
REQUIREMENTS = FOLDER / "requirements.txt"
IMAGE = re.compile(r"python:3\.11\.\d+-slim-[a-z]+@sha256:[0-9a-f]{64}")


# ------------------------------------------------------------------------------------- the Dockerfile
@dataclass
class Stage:
    origin: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [said for word, said in self.steps if word == instruction]

    def one(self, instruction: str) -> str:
        (said,) = self.all(instruction)
        return said


@cache
def stages() -> list[Stage]:
    text = re.sub(r"^\s*#.*\n", "", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        word, _, said = line.strip().partition(" ")
        if word == "FROM":
            origin, _, name = said.partition(" AS ")
            found.append(Stage(origin, name))
        elif word:
            found[-1].steps.append((word, said.strip()))
    return found


def final() -> Stage:
    return stages()[-1]


def copied(stage: Stage) -> list[tuple[list[str], str]]:
    """Sources in the project, and where they go."""
    parts = [shlex.split(each) for each in stage.all("COPY")]
    return [(each[:-1], each[-1]) for each in parts if not each[0].startswith("--from=")]


def test_all_stages_stand_on_one_python_by_version_and_digest() -> None:
    base, *others = stages()
    assert IMAGE.fullmatch(base.origin)
    assert {each.origin for each in others} == {base.name} == {"base"}
    assert "latest" not in (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_the_last_stage_takes_what_was_built_and_builds_nothing() -> None:
    assert final().all("COPY") == ["--from=builder /venv /venv", "--from=builder /app /app"]
    assert not final().all("ADD")
    ran = final().one("RUN")
    assert "pip uninstall --yes --root-user-action=ignore pip setuptools wheel" in ran
    assert not re.search(r"\bapt|pip install|gcc|\bmake\b|curl", ran)


def test_packages_are_taken_by_hash_and_none_is_built() -> None:
    install = next(each for each in stages()[1].all("RUN") if "pip" in each)
    for option in ("--require-hashes", "--only-binary=:all:", "--no-deps"):
        assert option in install
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()[1:]:
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


def test_it_runs_as_the_user_of_the_task_who_owns_the_one_place_to_write() -> None:
    user, group = USER.split(":")
    assert final().one("USER") == USER
    assert json.loads(final().one("VOLUME")) == [SCRATCH]
    assert f"TMPDIR={SCRATCH}" in final().one("ENV")
    assert f"install --directory --owner={user} --group={group} --mode=0700 {SCRATCH}" in final().one("RUN")
    words = [word for word, _ in final().steps]
    assert words.index("RUN") < words.index("VOLUME") < words.index("USER"), "a volume keeps what it had before"


def test_signals_reach_python_itself() -> None:
    assert json.loads(final().one("ENTRYPOINT")) == ["/venv/bin/python", "-m", "containers.processor.main"]
    assert final().one("STOPSIGNAL") == "SIGTERM"
    assert final().one("WORKDIR") == "/app"
    assert not final().all("CMD")


def test_byte_code_is_made_once_and_never_at_run_time() -> None:
    assert "PYTHONDONTWRITEBYTECODE=1" in stages()[0].one("ENV")
    assert any("compileall" in each and each.endswith("/venv/lib /app") for each in stages()[1].all("RUN"))


def test_nothing_secret_is_said() -> None:
    said = [f"{word} {text}" for stage in stages() for word, text in stage.steps]
    assert not [each for each in said if re.search(r"(?i)secret(?!smanager)|password|token|api_key|AWS_", each)]
    assert not [each for each in said if each.startswith("ARG")]


# ---------------------------------------------------------------------------------- the build context
@cache
def rules() -> list[tuple[bool, str]]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [each.strip() for each in lines if each.strip() and not each.startswith("#")]
    return [(not each.startswith("!"), each.removeprefix("!").rstrip("/")) for each in kept]


def ignored(path: str) -> bool:
    """As Docker reads .dockerignore: the last rule that names the path, or a folder that it is in, counts."""
    ancestors = [path, *(str(each) for each in PurePosixPath(path).parents if str(each) != ".")]
    verdict = False
    for ignores, pattern in rules():
        if any(matches(each, pattern) for each in ancestors):
            verdict = ignores
    return verdict


def matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatchcase(PurePosixPath(path).name, pattern.removeprefix("**/"))
    assert "**" not in pattern
    names, parts = path.split("/"), pattern.split("/")
    return len(names) == len(parts) and all(map(fnmatchcase, names, parts))


def files(source: str) -> list[Path]:
    """What COPY finds there."""
    at = ROOT / source
    found = [at] if at.is_file() else [each for each in at.rglob("*") if each.is_file()]
    return [each for each in found if not ignored(each.relative_to(ROOT).as_posix())]


def test_the_context_holds_what_is_copied_and_nothing_else() -> None:
    sources = [each for origins, _ in copied(stages()[1]) for each in origins]
    assert sources
    assert all(files(each) for each in sources)
    assert rules()[0] == (True, "*"), "what is not named stays out"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for path in tracked.split("\0")[:-1]:
        if not ignored(path):
            assert any(path == each or path.startswith(f"{each}/") for each in sources), path


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".local/state",
        "Pipfile.lock",
        "cdktf.out/stacks/tap-dev/cdk.tf.json",
        "lambdas/ingest/handler.py",
        "lib/tap_stack.py",
        "local/run.py",
        "tests/conftest.py",
        "containers/processor/Dockerfile",
        "containers/processor/__pycache__/loop.cpython-311.pyc",
        "video_pipeline/cli/app.py",
        "video_pipeline/store/__pycache__/rows.cpython-311.pyc",
    ],
)
def test_what_the_worker_does_not_need_never_leaves_the_machine(path: str) -> None:
    assert ignored(path)


# ------------------------------------------------------------------------------------ what is in it
@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`app` as COPY fills it, and `packages` with exactly the distributions that requirements.txt names."""
    folder = tmp_path_factory.mktemp("image")
    for sources, target in copied(stages()[1]):
        if target.startswith("/app/"):
            for source in sources:
                _copy(source, target, folder)
    packages = folder / "packages"
    packages.mkdir()
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()[1:]:
        _link(re.split(r"[=\[]", line)[0], packages)
    return folder


def _copy(source: str, target: str, folder: Path) -> None:
    origin = ROOT / source
    to = folder / target.removeprefix("/")
    for path in files(source):
        place = to / path.relative_to(origin) if origin.is_dir() else to / origin.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)


def _link(name: str, packages: Path) -> None:
    held = distribution(name)
    for top in {each.parts[0] for each in held.files or () if each.parts[0] not in ("..", "__pycache__")}:
        place = packages / top
        if not place.exists():
            place.symlink_to(Path(str(held.locate_file(top))))


def environment(image: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{image / 'app'}:{image / 'packages'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def python(image: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Without what is installed here besides."""
    return subprocess.Popen(
        [sys.executable, "-S", "-s", *arguments],
        cwd=image / "app",
        env=environment(image, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_whatever_the_worker_may_load_is_there(image: Path) -> None:
    lazily = ["boto3", "pocketsphinx", "charset_normalizer", "video_pipeline.aws.rds", "video_pipeline.aws.queue"]
    lazily += ["video_pipeline.aws.objects", "video_pipeline.aws.publisher", "video_pipeline.media.reader"]
    lazily += ["video_pipeline.media.workspace", "video_pipeline.fetching", "video_pipeline.subtitles"]
    lazily += ["video_pipeline.speech.amazon", "video_pipeline.speech.isolated", "video_pipeline.speech.whisper"]
    lazily += ["video_pipeline.transcripts.read", "video_pipeline.slideshow.films", "video_pipeline.projects.rendering"]
    program = f"""
import importlib, sys
for name in ["containers.processor.main", *{lazily!r}]:
    importlib.import_module(name)
from video_pipeline.aws.rds import ROOTS
assert ROOTS.is_file()
import boto3
for name in ["s3", "sqs", "kinesis", "secretsmanager", "transcribe"]:
    boto3.client(name, region_name="us-east-1")
assert not [path for path in sys.path if "site-packages" in path], sys.path
"""
    process = python(image, "-c", program)
    said, _ = process.communicate(timeout=50)
    assert process.returncode == 0, said[-2000:]


def test_the_services_whose_description_is_kept_are_those_that_the_worker_speaks_to() -> None:
    pruning = next(each for each in stages()[1].all("RUN") if "botocore/data" in each)
    kept = set(re.findall(r"! -name (\S+)", pruning))
    assert kept == {"s3", "sqs", "kinesis", "secretsmanager", "transcribe", "sts"}


@pytest.fixture
def started(image: Path, aws: EmulatedAws, database_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = python(
        image,
        "-m",
        "containers.processor.main",
        AWS_ENDPOINT_URL=aws.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        DATABASE_URL=database_url,
        ENVIRONMENT_SUFFIX=aws.suffix,
        SCRATCH_FOLDER=str(tmp_path),
        TMPDIR=str(tmp_path),
    )
    yield process
    process.kill()
    process.communicate()


def test_the_worker_starts_and_ends_when_it_is_asked_to(started: subprocess.Popen[str]) -> None:
    assert started.stdout
    said = _until(started.stdout, "worker started")
    started.send_signal(signal.SIGTERM)
    rest, _ = started.communicate(timeout=30)
    assert started.returncode == 0, [*said, rest]
    assert "SIGTERM" in rest


def _until(lines: Iterator[str] | Sequence[str], wanted: str) -> list[str]:
    said: list[str] = []
    for line in lines:
        said.append(line)
        if wanted in line:
            return said
    pytest.fail("".join(said)[-2000:])


def test_the_requirements_of_the_image_are_those_of_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "containers" / "processor"
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / "refresh.py", folder)
    layer = tmp_path / "lambdas" / "media_layer"
    layer.mkdir(parents=True)
    shutil.copy(ROOT / "Pipfile.lock", tmp_path)
    subprocess.run([sys.executable, str(folder / "refresh.py")], check=True)
    ours = ROOT / "lambdas" / "media_layer" / "requirements.txt"
    assert (layer / "requirements.txt").read_text(encoding="utf-8") == ours.read_text(encoding="utf-8")
    assert (folder / "requirements.txt").read_text(encoding="utf-8") == REQUIREMENTS.read_text(encoding="utf-8"), (
        "run `python containers/processor/refresh.py`"
    )
