"""Terraform makes the whole stack on an emulated AWS, with the real provider; it is used, and removed again."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import main
from tests.deploy.deployed import ROOT, SUFFIXES, Attached, Deployed, Person
from tests.deploy.openai_minilm import KEY, Service, serving
from tests.infra.synthesis import build_of, synthesise
from video_pipeline.language.minilm import DIMENSIONS

LAYERS = (main.LAYER, *main.MEDIA_LAYERS)
SAMPLES = ROOT / "samples"
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed"),
    pytest.mark.skipif(not all(map(Path.exists, LAYERS)), reason="the layers are not built: `make layer`"),
]


@pytest.fixture(scope="module")
def openai() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture(scope="module")
def deployed(postgres: str, openai: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deploy")
    port = _free_port()
    arguments = ["--empty", "--port", str(port), "--data", str(folder / "data"), "--databases", postgres]
    settings = {"openai_base_url": openai.url, "openai_embedding_dimensions": DIMENSIONS, "openai_chat_model": ""}
    with (folder / "aws.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "local.aws", *arguments], stdout=log, stderr=log, cwd=ROOT)
        made = Deployed(f"http://127.0.0.1:{port}", folder, postgres)
        try:
            _await(port)
            for suffix in SUFFIXES:
                build = build_of(folder / f"dist-{suffix}")
                synthesise(folder / suffix, suffix, layers=LAYERS, dashboard=build, emulated=True, **settings)
            with ThreadPoolExecutor() as pool:
                list(pool.map(made.apply, SUFFIXES))
            yield made
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def attached(deployed: Deployed) -> Iterator[Attached]:
    """The suffix `dev`, at work."""
    running = Attached(Person(deployed.endpoint), deployed.folder / "attached", "dev")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def person(deployed: Deployed, attached: Attached) -> Person:
    """Somebody with a key of the API of `dev`."""
    newcomer = Person(deployed.endpoint, {"ENVIRONMENT_SUFFIX": "dev", "VIDEO_PIPELINE_API_URL": attached.url})
    newcomer.variables["VIDEO_PIPELINE_API_KEY"] = newcomer.run("keys", "create", "somebody")
    return newcomer


@pytest.fixture(scope="module")
def leaving(deployed: Deployed) -> Iterator[Future[None]]:
    """The suffix `two` is destroyed while the other one is at work: most of it is waiting."""
    assert len(_names(deployed.everything(), "two")) > 100
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(deployed.destroy, "two")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _await(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the emulated AWS does not answer")


def test_the_deployment_migrated_a_database_of_its_own_for_each_suffix(deployed: Deployed) -> None:
    for suffix in SUFFIXES:
        assert deployed.rows(suffix, "migrations") >= 2
        assert deployed.rows(suffix, "jobs") == 0


def test_the_deployed_archive_makes_keys_with_nothing_but_its_layer(deployed: Deployed) -> None:
    for _ in range(2):
        answer = deployed.clients.invoker.invoke(
            FunctionName="administration-dev", Payload=json.dumps({"do": "create_key", "name": "me"}).encode()
        )
        made = json.loads(answer["Payload"].read())
        assert made["key"].startswith("vp_"), made
    refused = deployed.clients.invoker.invoke(FunctionName="administration-dev", Payload=b'{"do": "dance"}')
    assert json.loads(refused["Payload"].read())["error"]["code"] == "administration_unclear"


def test_the_dashboard_lies_in_its_bucket_behind_a_distribution_beside_the_api(deployed: Deployed) -> None:
    [found] = [
        each
        for each in deployed.clients.of("cloudfront").list_distributions()["DistributionList"]["Items"]
        if each["Comment"] == "web-distribution-dev"
    ]
    origins = {each["Id"]: each for each in found["Origins"]["Items"]}
    bucket = origins["files"]["DomainName"].partition(".s3.")[0]
    assert found["CacheBehaviors"]["Items"][0]["PathPattern"] == "/api/*"
    s3 = deployed.clients.s3
    kept = {
        each["Key"]: s3.head_object(Bucket=bucket, Key=each["Key"])
        for each in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }
    assert set(kept) == {"index.html", "icon.svg", "assets/index-1a2b.js", "assets/index-3c4d.css"}
    assert (kept["index.html"]["ContentType"], kept["index.html"]["CacheControl"]) == (
        "text/html; charset=utf-8",
        "no-cache",
    )
    assert "immutable" in kept["assets/index-1a2b.js"]["CacheControl"]
    variables = deployed.clients.of("lambda").get_function_configuration(FunctionName="question_api-dev")["Environment"]
    assert variables["Variables"]["PUBLIC_URL"] == f"https://{found['DomainName']}"


def test_a_record_becomes_an_answer_with_its_second(deployed: Deployed, person: Person, openai: Service) -> None:
    """The film and its captions go to the deployed bucket, a record that points at them onto the deployed stream."""
    assert person.run("secrets", "set", "openai", given=KEY) == "set: openai-secret-dev"
    film, captions = str(SAMPLES / "town-hall.mp4"), str(SAMPLES / "town-hall.vtt")
    said = json.loads(person.run("ingest", film, "--captions", captions, "--via", "event", "--wait", "--json"))
    answer = _asked(person, "When does Lighthouse go live?")
    [citation] = answer["citations"]
    assert "Lighthouse goes live on Tuesday, April fourteenth" in citation["quote"]
    assert (citation["title"], int(citation["start"]), citation["speaker"]) == ("town-hall", 8, "Maria Keller")
    assert citation["link"].endswith("?t=8")
    assert (said["status"], deployed.rows("dev", "jobs")) == ("completed", 1)
    assert any("Lighthouse goes live" in text for text in openai.texts)
    assert "When does Lighthouse go live?" in openai.texts
    assert openai.refused == 0


def _asked(person: Person, question: str) -> Any:
    """Over HTTP, as a page would."""
    request = urllib.request.Request(
        f"{person.variables['VIDEO_PIPELINE_API_URL']}/api/v1/query",
        data=json.dumps({"query": question}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {person.variables['VIDEO_PIPELINE_API_KEY']}",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_a_film_that_is_sent_through_the_api_can_be_asked(person: Person, attached: Attached) -> None:
    """Through the upload that the function signs, the bucket's notification and the queue that it goes to."""
    film = str(SAMPLES / "embedded-captions.mp4")
    person.run("ingest", film, "--via", "upload", "--wait")
    # The data folder of what is attached is enough to know where it is.
    said = Person(person.endpoint).run("--data", str(attached.folder), "ask", "What if the alarm sounds?")
    assert "leave by the nearest stairs" in said


def test_the_other_suffix_has_seen_nothing_of_it(deployed: Deployed, person: Person) -> None:
    assert deployed.rows("dev", "jobs") == 2
    assert deployed.objects("dev")
    assert deployed.rows("two", "jobs") == 0
    assert deployed.objects("two") == []
    assert deployed.messages("dev") == {}
    # S3's own test event, from when the notification was made: nobody reads it there.
    assert deployed.messages("two") == {"uploads-queue-two": 1}


@pytest.mark.usefixtures("leaving")
def test_the_state_machine_embeds_the_archive_anew(person: Person, openai: Service) -> None:
    def index() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(person.run("reindex", "--status", "--json"))["index"]
        return found

    before, embedded = index()["id"], len(openai.texts)
    person.run("reindex", "--anyway", "--no-wait")
    deadline = time.monotonic() + 60
    while (now := index())["id"] == before or now["state"] != "serving":
        assert time.monotonic() < deadline, now
        time.sleep(0.5)
    assert len(openai.texts) > embedded
    assert int(_asked(person, "When does Lighthouse go live?")["citations"][0]["start"]) == 8


@pytest.mark.usefixtures("leaving")
def test_the_doctor_finds_all_present_or_says_what_is_missing(deployed: Deployed, person: Person) -> None:
    healthy = person.run("doctor")
    assert "missing" not in healthy
    assert "unreachable" not in healthy
    sqs = deployed.clients.sqs
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="question-dlq-dev")["QueueUrl"])
    [line] = [line for line in person.run("doctor", code=1).splitlines() if line.startswith("missing")]
    assert line.split()[:3] == ["missing", "queue", "question-dlq-dev"]
    assert "./deploy.sh dev" in line


def test_one_suffix_goes_and_leaves_nothing_while_the_other_stays(
    deployed: Deployed, attached: Attached, leaving: Future[None]
) -> None:
    leaving.result()
    left = deployed.everything()
    assert _names(left, "two") == []
    assert len(_names(left, "dev")) > 100
    attached.stop()
    deployed.destroy("dev")
    assert _names(deployed.everything(), "dev") == []


def _names(text: str, suffix: str) -> list[str]:
    return re.findall(rf'[^"]*-{suffix}\b[^"]*', text)
