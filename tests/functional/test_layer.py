"""The layer and the archives as Lambda sees them: nothing else is on the path."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lib.archives import build, reached
from video_pipeline.topology import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "lambdas" / "layer" / "layer.zip"
MEDIA_LAYERS = [ROOT / "lambdas" / "media_layer" / name for name in ("codecs.zip", "packages.zip")]
UNITS = [each.unit for each in FUNCTIONS if not each.media]
# Of a function with all its layers, unpacked; and of one archive that is sent to Lambda by itself.
UNPACKED, PACKED = 250 * 1024**2, 50 * 1024**2


def unpacked(layers: list[Path], folder: Path) -> Path:
    """As Lambda lays them over each other."""
    if not all(each.exists() for each in layers):
        pytest.skip("the layers are not built: `make layer`")
    if (sys.platform, sys.version_info[:2]) != ("linux", (3, 11)):
        pytest.skip("the layers hold packages for Linux and Python 3.11")
    for each in layers:
        with zipfile.ZipFile(each) as archive:
            archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked([LAYER], tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="module")
def media_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(MEDIA_LAYERS, tmp_path_factory.mktemp("media"))


def run_alone(program: str, folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-S", "-E", "-s", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.parametrize("unit", UNITS)
def test_a_handler_and_all_that_it_may_load_import_with_layer_and_archive_alone(
    unit: str, layer: Path, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    with zipfile.ZipFile(build(unit, tmp_path / "archive.zip")) as archive:
        archive.extractall(code)
    lazily = ["boto3", "psycopg", "video_pipeline.language.openai_embeddings", "video_pipeline.language.tokens"]
    lazily += ["video_pipeline.vectors.pgvector", "video_pipeline.vectors.pinecone", "video_pipeline.aws.objects"]
    lazily += ["video_pipeline.papers.pdf", "video_pipeline.papers.docx"] if unit == "question_api" else []
    program = f"""
import importlib, sys
sys.path[:0] = [{str(layer / "python")!r}, {str(code)!r}]
for name in ["lambdas.{unit}.handler", *{lazily!r}]:
    importlib.import_module(name)
assert not [path for path in sys.path if "site-packages" in path]
assert callable(sys.modules["lambdas.{unit}.handler"].handler)
"""
    run_alone(program, tmp_path)


def test_the_layer_fits_and_carries_the_tokenizer(layer: Path) -> None:
    assert LAYER.stat().st_size <= PACKED
    assert (layer / "minilm" / "tokenizer.json").stat().st_size > 100_000
    assert not list(layer.glob("python/av*")) + list(layer.glob("python/onnx*"))


def test_a_paper_is_drawn_with_layer_and_archive_alone(layer: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    with zipfile.ZipFile(build("question_api", tmp_path / "archive.zip")) as archive:
        archive.extractall(code)
    program = f"""
import sys
sys.path[:0] = [{str(layer / "python")!r}, {str(code)!r}]
from video_pipeline.papers.docx import write_docx
from video_pipeline.papers.pdf import write_pdf
from video_pipeline.summaries.outline import Part, Piece
parts = [Part("title", (Piece("Füße, говорят, 会议"),)), Part("item", (Piece("0:03", "https://v.example?t=3"),))]
assert write_pdf(parts)[:4] == b"%PDF"
assert write_docx(parts)[:2] == b"PK"
"""
    run_alone(program, tmp_path)


def test_a_font_and_a_picture_of_every_kind_are_judged_with_layer_and_archive_alone(
    layer: Path, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    with zipfile.ZipFile(build("question_api", tmp_path / "archive.zip")) as archive:
        archive.extractall(code)
    font = ROOT / "video_pipeline" / "papers" / "fonts" / "DejaVuSans.ttf"
    program = f"""
import sys
sys.path[:0] = [{str(layer / "python")!r}, {str(code)!r}]
from pathlib import Path
from PIL import Image
import video_pipeline.internet.download
from video_pipeline.slideshow.pictures import photograph, size_of
for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
    Image.new("RGB", (64, 48)).save("picture", kind)
    assert size_of(Path("picture")) == (64, 48)
    assert photograph(Path("picture"), (16, 16)).mode == "RGB"
from video_pipeline.slideshow.fonts import judged
assert ord("A") in judged(Path({str(font)!r}))
"""
    run_alone(program, tmp_path)


def test_the_slideshow_renders_with_its_layers_and_archive_alone(media_layer: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    with zipfile.ZipFile(build("slideshow", tmp_path / "archive.zip")) as archive:
        archive.extractall(code)
    program = f"""
import importlib, sys, wave
sys.path[:0] = [{str(media_layer / "python")!r}, {str(code)!r}]
for name in ["lambdas.slideshow.handler", "psycopg_pool", "video_pipeline.aws.objects", "video_pipeline.aws.rds"]:
    importlib.import_module(name)
assert callable(sys.modules["lambdas.slideshow.handler"].handler)
from pathlib import Path
import boto3
from PIL import Image
from video_pipeline.slideshow.films import Slideshows
from video_pipeline.slideshow.manifest import manifest_of
for service in ("s3", "sqs", "kinesis", "secretsmanager"):
    boto3.client(service, region_name="us-east-1")
Image.new("RGB", (64, 48), "teal").save("a.jpg")
with wave.open("a.wav", "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", ""))
    out.writeframes(bytes(8000))
said = {{"title": "Häfen", "height": 120, "fps": 24}}
manifest = manifest_of({{"images": [{{"file": "a.jpg"}}], "audio": {{"file": "a.wav"}}, **said}})
assert Slideshows().render(manifest, Path(), Path("film.mp4"), lambda share: None).seconds == 0.5
assert Path("film.mp4").read_bytes()[4:8] == b"ftyp"
assert not [path for path in sys.path if "site-packages" in path]
"""
    run_alone(program, tmp_path)


def test_the_layers_of_the_slideshow_fit_with_room_for_its_code(media_layer: Path, tmp_path: Path) -> None:
    assert all(each.stat().st_size <= PACKED for each in MEDIA_LAYERS)
    with zipfile.ZipFile(build("slideshow", tmp_path / "archive.zip")) as archive:
        code = sum(each.file_size for each in archive.infolist())
    packages = sum(each.stat().st_size for each in media_layer.rglob("*") if each.is_file())
    assert packages + code <= UNPACKED


def test_the_same_sources_give_the_same_archive(tmp_path: Path) -> None:
    first, second = build("ingest", tmp_path / "1.zip"), build("ingest", tmp_path / "2.zip")
    assert first.read_bytes() == second.read_bytes()


def test_an_archive_holds_its_own_handler_and_neither_others_nor_what_only_people_use() -> None:
    modules = reached("lambdas.question_api.handler")
    assert "video_pipeline.api.app" in modules
    assert not [name for name in modules if name.startswith(("video_pipeline.cli", "lambdas.ingest", "local", "tests"))]
    assert "video_pipeline.api.app" not in reached("lambdas.ingest.handler")


def test_the_requirements_of_the_layer_are_those_of_the_lock(tmp_path: Path) -> None:
    import shutil

    layer = tmp_path / "lambdas" / "layer"
    layer.mkdir(parents=True)
    shutil.copy(ROOT / "lambdas" / "layer" / "refresh.py", layer)
    shutil.copy(ROOT / "Pipfile.lock", tmp_path)
    subprocess.run([sys.executable, str(layer / "refresh.py")], check=True)
    assert (layer / "requirements.txt").read_text() == (ROOT / "lambdas/layer/requirements.txt").read_text(), (
        "run `python lambdas/layer/refresh.py`"
    )
