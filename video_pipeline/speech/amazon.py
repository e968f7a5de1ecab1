"""Amazon Transcribe: started here, finished by its completion event, so that no worker waits for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from video_pipeline.errors import BadMedia, Misconfigured, NotFound, PipelineError, Unavailable
from video_pipeline.layout import transcription_prefix
from video_pipeline.model import ObjectRef
from video_pipeline.ports import Objects, Pending, Progress, SpeechRequest
from video_pipeline.speech.result import base_language
from video_pipeline.transcripts.model import Transcript
from video_pipeline.transcripts.transcribe_json import read_transcribe

if TYPE_CHECKING:
    from types_boto3_transcribe import TranscribeServiceClient
    from types_boto3_transcribe.type_defs import StartTranscriptionJobRequestTypeDef, TranscriptionJobTypeDef

# Under this prefix of the results bucket lie the service's own JSON and, while it works, sound made for it.
# The service's fixed quotas.
_LONGEST: Final = 4 * 3600
_SHORTEST: Final = 0.5
_LARGEST: Final = 2 * 1000**3
_MOST_JSON: Final = 256 * 1024**2
_ASK_AGAIN: Final = 30.0
_PIECE: Final = 4 * 1024**2
# Containers that the service reads whatever their codec. It takes Ogg and WebM with Opus only, and no AVI, MOV or MKV.
_FORMATS: Final[Mapping[str, Literal["mp3", "mp4", "m4a", "wav", "flac"]]] = {
    ".mp3": "mp3",
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".m4a": "m4a",
    ".wav": "wav",
    ".flac": "flac",
}
_PLAIN_KEY = re.compile(r"[A-Za-z0-9/!_.*'()-]+")
_THROTTLED: Final = {"LimitExceededException", "ThrottlingException", "Throttling", "TooManyRequestsException"}
# Where a language's dialects do not include one named like it, the one with most speakers.
_MAIN_DIALECTS: Final = {"ar": "ar-SA", "en": "en-US", "fa": "fa-IR", "pt": "pt-BR", "sw": "sw-KE", "zh": "zh-CN"}
_ID_CHARS: Final = 36


class AmazonTranscribe:
    """Both `ports.Recogniser` and `ports.TranscriptionService`.

    Jobs are named `<job_prefix>-<job id>`, so starting one twice is the same job; give each environment of an account
    its own prefix and let the completion rule match it.
    """

    name = "transcribe"

    def __init__(
        self,
        client: TranscribeServiceClient,
        objects: Objects,
        output_bucket: str,
        max_speakers: int = 10,
        *,
        job_prefix: str = "video-pipeline",
    ) -> None:
        self._client = client
        self._objects = objects
        self._bucket = output_bucket
        self._max_speakers = max_speakers
        self._prefix = job_prefix

    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript | Pending:
        """Starts the job. The transcript itself only when there is nothing to wait for.

        Raises `BadMedia("too_long_for_transcribe")`, `Misconfigured` (speech_language_unsupported, access_denied,
        transcribe_refused) and `Unavailable`.
        """
        if request.duration > _LONGEST:
            raise BadMedia(
                "too_long_for_transcribe",
                f"Amazon Transcribe takes at most 4 hours, and this lasts {request.duration / 3600:.1f}.",
                hint="Cut it into parts, send captions with it, or set SPEECH_ENGINE to whisper.",
            )
        if request.duration < _SHORTEST:
            return _too_short(request)
        token = f"{self._prefix}-{request.job_id}"
        wish = self._wish(token, request)
        if progress:
            progress(0.1)
        return self._start(token, wish)

    def job_of(self, token: str) -> UUID | None:
        """The job that a transcription was started for; None if it is not one of ours."""
        prefix, _, rest = token.rpartition(f"{self._prefix}-")
        try:
            return UUID(rest) if not prefix and rest else None
        except ValueError:
            return None

    def result(self, token: str) -> Transcript:
        """Raises `Unavailable("transcribe_running")` while it runs and `BadMedia("transcribe_failed")` if it failed."""
        job = self._job(token)
        status = job.get("TranscriptionJobStatus")
        if status == "FAILED":
            raise BadMedia(
                "transcribe_failed",
                f"Amazon Transcribe could not transcribe it: {job.get('FailureReason', 'no reason given')}",
                hint="Check that the file plays, or send captions with it.",
                transcription_job=token,
            )
        if status != "COMPLETED":
            raise Unavailable(
                "transcribe_running", "Amazon Transcribe is still at work.", delay=_ASK_AGAIN, transcription_job=token
            )
        data = self._objects.read(ObjectRef(bucket=self._bucket, key=_json_key(token)), limit=_MOST_JSON)
        transcript = read_transcribe(data)
        self._objects.delete(self._bucket, [_sound_key(token)])
        return transcript

    def _start(self, token: str, wish: StartTranscriptionJobRequestTypeDef) -> Transcript | Pending:
        """An existing job of this name is this job: its event may have passed unheard, so its state is looked at."""
        try:
            self._submit(wish)
        except ClientError as error:
            if _code(error) != "ConflictException":
                raise _translate(error, "transcribe:StartTranscriptionJob") from error
            return self._resume(token, wish)
        return Pending(token)

    def _resume(self, token: str, wish: StartTranscriptionJobRequestTypeDef) -> Transcript | Pending:
        status = self._job(token).get("TranscriptionJobStatus")
        if status == "COMPLETED":
            return self.result(token)
        if status == "FAILED":  # someone asked to try again
            with _translated("transcribe:DeleteTranscriptionJob"):
                self._client.delete_transcription_job(TranscriptionJobName=token)
            with _translated("transcribe:StartTranscriptionJob"):
                self._submit(wish)
        return Pending(token)

    def _submit(self, wish: StartTranscriptionJobRequestTypeDef) -> None:
        try:
            self._client.start_transcription_job(**wish)
        except BotoCoreError as error:
            raise _translate(error, "transcribe:StartTranscriptionJob") from error

    def _job(self, token: str) -> TranscriptionJobTypeDef:
        with _translated("transcribe:GetTranscriptionJob"):
            return self._client.get_transcription_job(TranscriptionJobName=token)["TranscriptionJob"]

    def _wish(self, token: str, request: SpeechRequest) -> StartTranscriptionJobRequestTypeDef:
        language = self._language(request.language) if request.language else None
        uri, form = self._source(token, request)
        wish: StartTranscriptionJobRequestTypeDef = {
            "TranscriptionJobName": token,
            "Media": {"MediaFileUri": uri},
            "MediaFormat": form,
            "OutputBucketName": self._bucket,
            "OutputKey": _json_key(token),
            "Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": self._max_speakers},
        }
        if language is None:
            wish["IdentifyLanguage"] = True
        else:
            wish["LanguageCode"] = language
        return wish

    def _language(self, wanted: str) -> Any:
        """The service's own code, from its API model."""
        shape = self._client.meta.service_model.shape_for("LanguageCode")
        known = {code.lower(): code for code in getattr(shape, "enum", ())}
        base = base_language(wanted)
        main = _MAIN_DIALECTS.get(base, f"{base}-{base}")
        first = next((code for code in sorted(known) if code.startswith(f"{base}-")), "")
        for each in (wanted.replace("_", "-").lower(), main.lower(), first):
            if each in known:
                return known[each]
        raise Misconfigured(
            "speech_language_unsupported",
            f"Amazon Transcribe does not know the language {wanted}.",
            hint="Leave the language out to have it detected, or send captions.",
            language=wanted,
        )

    def _source(self, token: str, request: SpeechRequest) -> tuple[str, Literal["mp3", "mp4", "m4a", "wav", "flac"]]:
        """The original where the service can read it; else the extracted sound, put beside the results."""
        form = _FORMATS.get(PurePosixPath(request.media.key).suffix.lower())
        if form is not None and _PLAIN_KEY.fullmatch(request.media.key) and self._is_fit(request.media):
            return request.media.uri, form
        ref = self._objects.write_stream(
            self._bucket, _sound_key(token), _pieces(request.audio), content_type="audio/wav"
        )
        return f"s3://{ref.bucket}/{ref.key}", "wav"

    def _is_fit(self, media: ObjectRef) -> bool:
        """Small enough, and still the object that was submitted: the service can't be told a version."""
        try:
            now = self._objects.head(ObjectRef(bucket=media.bucket, key=media.key))
        except NotFound:
            return False
        same = media.etag is None or now.ref.etag is None or now.ref.etag.strip('"') == media.etag.strip('"')
        return same and now.size <= _LARGEST


def _json_key(token: str) -> str:
    return f"{_folder(token)}{token}.json"


def _sound_key(token: str) -> str:
    return f"{_folder(token)}{token}.wav"


def _folder(token: str) -> str:
    """By job, so that erasing a video finds it."""
    return transcription_prefix(token[-_ID_CHARS:])


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _too_short(request: SpeechRequest) -> Transcript:
    return Transcript(
        segments=(),
        language=request.language,
        source="transcribe",
        duration=round(request.duration, 3),
        notes=("The sound is too short to hold words.",),
    )


@contextmanager
def _translated(action: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _translate(error, action) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _translate(error: ClientError | BotoCoreError, action: str) -> PipelineError:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return Misconfigured("aws_credentials_missing", f"There are no usable AWS credentials for {action}.")
    if not isinstance(error, ClientError):
        return Unavailable("transcribe_unavailable", "Amazon Transcribe does not answer.", cause=str(error))
    code = _code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = str(error.response.get("Error", {}).get("Message", ""))[:300]
    if code in _THROTTLED or status >= 500 or status == 429:
        return Unavailable("transcribe_unavailable", f"Amazon Transcribe refused for now ({code}).", cause=said)
    if code.startswith("AccessDenied") or status == 403:
        return Misconfigured("access_denied", f"This process may not {action}.", hint=f"Grant {action} to its role.")
    if code == "NotFoundException" or "couldn't be found" in said:
        return NotFound("transcription_missing", "Amazon Transcribe knows no such job.", cause=said)
    return Misconfigured("transcribe_refused", f"Amazon Transcribe refused {action}: {said or code}", aws_code=code)
