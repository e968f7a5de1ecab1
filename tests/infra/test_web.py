"""The dashboard at the edge: its files, its addresses, what browsers may do with it, and where links lead."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lib.environments import BadSetting, environment_for
from lib.web import edge_code
from tests.infra.synthesis import Synthesised, build_of, synthesise
from video_pipeline.dashboard import PAGES, policy

FILM = f"/videos/{uuid4()}"


def answers(path: str, *uris: str) -> list[Any]:
    """What the function at the edge makes of these addresses: another one, or an answer."""
    asking = (
        "const uris = JSON.parse(process.argv[1]); console.log(JSON.stringify(uris.map((uri) => {"
        " const made = handler({ request: { uri } });"
        " return made.uri ?? [made.statusCode, made.headers.location?.value ?? null]; })));"
    )
    program = f"{edge_code(path)}\n{asking}"
    run = subprocess.run(["node", "-e", program, json.dumps(uris)], capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(run.stdout)
    return found


def only(stack: Synthesised, kind: str) -> Any:
    (found,) = stack.resources(kind).values()
    return found


def test_every_address_of_a_page_shows_it_and_files_and_api_are_left_alone() -> None:
    pages = [each.format(id=uuid4()) for each in PAGES]
    assert set(answers("", *pages, f"{FILM}/")) == {"/index.html"}
    others = [
        "/assets/index-1a2b.js",
        "/icon.svg",
        "/api/v1/videos",
        "/docs",
        "/openapi.json",
        "/healthz",
        "/static/a/b.js",
    ]
    assert answers("", *others) == others


@pytest.mark.parametrize(
    "uri", ["/nonsense", "/videos/", "/videos/a/b", "/asks", "/assets/", "/assets/../index.html", "/.git/config"]
)
def test_what_is_no_page_and_no_file_is_answered_with_404(uri: str) -> None:
    assert answers("", uri) == [[404, None]]


def test_under_a_path_addresses_lose_it_and_others_lead_to_it() -> None:
    found = answers(
        "/films", "/films/", f"/films{FILM}", "/films/api/v1/videos", "/films/icon.svg", "/films", "/", "/filmsx/"
    )
    assert found == ["/index.html", "/index.html", "/api/v1/videos", "/icon.svg", *[[302, "/films/"]] * 3]


def test_the_function_stands_before_files_and_before_the_api_only_under_a_path(
    dev: Synthesised, prod: Synthesised
) -> None:
    for stack, stripped in ((dev, False), (prod, True)):
        found = only(stack, "aws_cloudfront_distribution")
        [association] = found["default_cache_behavior"]["function_association"]
        assert association["event_type"] == "viewer-request"
        assert only(stack, "aws_cloudfront_function")["publish"] is True
        patterns = [each["path_pattern"] for each in found["ordered_cache_behavior"]]
        prefix = "/films" if stripped else ""
        assert patterns == [
            f"{prefix}{each}" for each in ("/api/*", "/docs*", "/openapi.json", "/healthz", "/static/*")
        ]
        assert all(("function_association" in each) == stripped for each in found["ordered_cache_behavior"])


def test_browsers_are_told_what_the_api_would_tell_them(dev: Synthesised) -> None:
    headers = only(dev, "aws_cloudfront_response_headers_policy")["security_headers_config"]
    content = headers["content_security_policy"]
    names = [each["bucket"] for each in dev.resources("aws_s3_bucket").values() if "web" not in each["bucket"]]
    assert content == {
        "content_security_policy": policy([f"https://{name}.s3.us-east-1.amazonaws.com" for name in names]),
        "override": True,
    }
    assert len(names) == 2
    assert headers["referrer_policy"]["referrer_policy"] == "no-referrer"
    assert headers["strict_transport_security"]["access_control_max_age_sec"] >= 31_536_000
    attached = only(dev, "aws_cloudfront_distribution")["default_cache_behavior"]["response_headers_policy_id"]
    assert attached.startswith("${aws_cloudfront_response_headers_policy.")


def test_files_have_a_kind_and_are_kept_by_their_digest_and_the_page_comes_last(dev: Synthesised) -> None:
    files = {each["key"]: each for each in dev.resources("aws_s3_object").values()}
    assert set(files) == {"index.html", "icon.svg", "assets/index-1a2b.js", "assets/index-3c4d.css"}
    script, page = files["assets/index-1a2b.js"], files["index.html"]
    assert script["content_type"] == "text/javascript; charset=utf-8"
    assert script["cache_control"] == "public, max-age=31536000, immutable"
    assert files["icon.svg"]["cache_control"] == page["cache_control"] == "no-cache"
    assert len(page["depends_on"]) == 3
    assert '<base href="/" />' in page["content"]
    assert all(len(each["source_hash"]) == 64 for name, each in files.items() if name != "index.html")


def test_a_path_and_a_domain_are_in_the_page_and_in_every_link(prod: Synthesised) -> None:
    pages = {each["key"]: each.get("content", "") for each in prod.resources("aws_s3_object").values()}
    assert '<base href="/films/" />' in pages["index.html"]
    found = only(prod, "aws_cloudfront_distribution")
    assert found["aliases"] == ["videos.example.com"]
    assert found["viewer_certificate"]["minimum_protocol_version"] == "TLSv1.2_2021"
    functions = [each["environment"]["variables"] for each in prod.resources("aws_lambda_function").values()]
    told = {each["PUBLIC_URL"] for each in functions if "PUBLIC_URL" in each}
    assert told == {"https://videos.example.com/films"}
    origins = [rule["allowed_origins"] for each in prod.resources("aws_s3_bucket_cors_configuration").values()
               for rule in each["cors_rule"]]  # fmt: skip
    assert origins == [["https://videos.example.com"]] * 2


def test_without_a_domain_links_lead_to_the_distribution(dev: Synthesised) -> None:
    functions = [each["environment"]["variables"] for each in dev.resources("aws_lambda_function").values()]
    (told,) = {each["PUBLIC_URL"] for each in functions if "PUBLIC_URL" in each}
    assert told.startswith("https://${aws_cloudfront_distribution.")


def test_nobody_but_the_distribution_reads_the_bucket(dev: Synthesised) -> None:
    policies = [json.loads(each["policy"]) for each in dev.resources("aws_s3_bucket_policy").values()]
    [granted] = [each for made in policies for each in made["Statement"] if each.get("Sid") == "Distribution"]
    assert granted["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert granted["Action"] == "s3:GetObject"
    assert granted["Condition"]["StringEquals"]["AWS:SourceArn"].startswith("${aws_cloudfront_distribution.")


def test_without_a_build_the_api_shows_its_own_pages(tmp_path: Path) -> None:
    bare = synthesise(tmp_path, "test-x1")
    assert not bare.resources("aws_s3_object")
    assert not bare.resources("aws_cloudfront_function")
    patterns = [each["path_pattern"] for each in only(bare, "aws_cloudfront_distribution")["ordered_cache_behavior"]]
    assert "/videos/*" in patterns


def test_an_emulator_gets_files_without_what_it_lacks(tmp_path: Path) -> None:
    emulated = synthesise(tmp_path, "test-x1", dashboard=build_of(tmp_path / "dist"), emulated=True)
    assert len(emulated.resources("aws_s3_object")) == 4
    assert not emulated.resources("aws_cloudfront_function")
    assert not emulated.resources("aws_cloudfront_response_headers_policy")


def test_a_file_of_an_unknown_kind_stops_the_deployment(tmp_path: Path) -> None:
    build = build_of(tmp_path / "dist")
    (build / "assets" / "program.wasm").write_bytes(b"\0asm")
    with pytest.raises(ValueError, match=r"program\.wasm"):
        synthesise(tmp_path, "test-x1", dashboard=build)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("web_path", "films"), ("web_path", "/films/"), ("web_path", "/../x"), ("web_path", '/"x'),
     ("web_domain", "videos.example.com"), ("web_certificate_arn", "arn:x"), ("web_price_class", "All")],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_by_name(setting: str, value: str) -> None:
    with pytest.raises(BadSetting, match=setting):
        environment_for("dev", {setting: value})
