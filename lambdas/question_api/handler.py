"""An HTTP request of API Gateway (either payload format) is answered by the same application as on one machine.

Promise: whatever comes, the answer is an HTTP response; what failed is a problem that names the request in the log.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import LambdaContext

from video_pipeline.api.app import create_app
from video_pipeline.api.dependencies import ApiDependencies
from video_pipeline.api.problems import MEDIA_TYPE
from video_pipeline.logs import configure
from video_pipeline.settings import QuestionApiSettings
from video_pipeline.wiring import open_api


@cache
def application() -> Mangum:
    settings = QuestionApiSettings()
    configure("question_api", settings.log_level)
    return adapter(open_api(settings))


def adapter(deps: ApiDependencies) -> Mangum:
    return Mangum(create_app(deps), lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE])


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return application()(event, context)
