"""Every way in which AWS refuses or fails has one meaning here; and clients reach what they are pointed at."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as aws

from tests.conftest import EmulatedAws
from video_pipeline.aws.clients import Clients
from video_pipeline.aws.errors import translated
from video_pipeline.errors import BadInput, Misconfigured, NotFound, PipelineError, Unavailable
from video_pipeline.topology import PROCESSING


def refusal(code: str, status: int, **headers: str) -> aws.ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "because"},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
    return aws.ClientError(answer, "GetObject")


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (refusal("SlowDown", 503), Unavailable, "aws_unavailable"),
        (refusal("ProvisionedThroughputExceededException", 400), Unavailable, "aws_unavailable"),
        (refusal("SomethingNew", 500), Unavailable, "aws_unavailable"),
        (refusal("SomethingNew", 429), Unavailable, "aws_unavailable"),
        (refusal("NoSuchKey", 404), NotFound, "object_missing"),
        (refusal("NoSuchBucket", 404), NotFound, "object_missing"),
        (refusal("404", 404), NotFound, "object_missing"),
        (refusal("AccessDenied", 403), Misconfigured, "access_denied"),
        (refusal("403", 403), Misconfigured, "access_denied"),
        (refusal("AccessDeniedException", 400), Misconfigured, "access_denied"),
        (refusal("ExpiredToken", 400), Misconfigured, "aws_credentials_wrong"),
        (refusal("InvalidAccessKeyId", 403), Misconfigured, "aws_credentials_wrong"),
        (refusal("ResourceNotFoundException", 400), Misconfigured, "resource_missing"),
        (refusal("AWS.SimpleQueueService.NonExistentQueue", 400), Misconfigured, "resource_missing"),
        (refusal("PreconditionFailed", 412), BadInput, "object_changed"),
        (refusal("InvalidObjectState", 403), BadInput, "object_archived"),
        (refusal("KeyTooLongError", 400), BadInput, "aws_refused"),
        (aws.NoCredentialsError(), Misconfigured, "aws_credentials_missing"),
        (aws.EndpointConnectionError(endpoint_url="http://x"), Unavailable, "aws_unreachable"),
        (aws.ConnectTimeoutError(endpoint_url="http://x"), Unavailable, "aws_unreachable"),
        (aws.ReadTimeoutError(endpoint_url="http://x"), Unavailable, "aws_connection_broken"),
        (aws.IncompleteReadError(actual_bytes=1, expected_bytes=2), Unavailable, "aws_connection_broken"),
        (aws.ParamValidationError(report="bad"), BadInput, "aws_refused"),
    ],
)
def test_each_failure_becomes_one_of_ours_and_keeps_its_cause(
    error: Exception, kind: type[PipelineError], code: str
) -> None:
    with pytest.raises(PipelineError) as caught, translated("s3:GetObject", "s3://bucket/key"):
        raise error
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert caught.value.__cause__ is error


def test_a_missing_permission_names_the_action_and_the_thing() -> None:
    with pytest.raises(Misconfigured) as caught, translated("s3:GetObject", "s3://bucket/key"):
        raise refusal("AccessDenied", 403)
    assert str(caught.value) == "This process may not s3:GetObject (s3://bucket/key). Grant s3:GetObject to its role."


@pytest.mark.parametrize(("said", "delay"), [("7", 7.0), ("-1", 0.0), ("tomorrow", None)])
def test_when_to_ask_again_is_passed_on_if_it_was_said(said: str, delay: float | None) -> None:
    with pytest.raises(Unavailable) as caught, translated("s3:GetObject"):
        raise refusal("SlowDown", 503, **{"retry-after": said})
    assert caught.value.delay == delay


def test_what_is_not_awss_passes_unchanged() -> None:
    with pytest.raises(KeyError), translated("s3:GetObject"):
        raise KeyError("ours")


class TestClients:
    def test_each_client_is_made_once(self, aws_clients: Clients) -> None:
        assert aws_clients.s3 is aws_clients.s3
        assert aws_clients.kinesis is aws_clients.kinesis

    def test_a_proxy_for_the_world_is_not_asked_for_this_machine(
        self, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        clients = Clients("us-east-1", endpoint=aws.endpoint, access_key="test", attempts=1)
        assert clients.sqs.get_queue_url(QueueName=aws.name(PROCESSING.name))["QueueUrl"]

    def test_the_standard_variable_names_the_endpoint(self, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        s3 = Clients("us-east-1", access_key="test", attempts=1).s3
        assert s3.meta.endpoint_url == aws.endpoint
        link = s3.generate_presigned_url("get_object", Params={"Bucket": aws.media, "Key": "k"})
        assert link.startswith(f"{aws.endpoint}/{aws.media}/k?")
