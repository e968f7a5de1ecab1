"""An HTTP request of API Gateway (either payload format) is answered by the same application as on one machine.

Promise: whatever comes, the answer is an HTTP response; what failed is a problem that names the request in the log.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from mangum import Mangum
from mangum.types import LambdaContext

from video_pipeline.api.app import create_app
from video_pipeline.logs import configure
from video_pipeline.settings import QuestionApiSettings
from video_pipeline.wiring import open_api


@cache
def application() -> Mangum:
    settings = QuestionApiSettings()
    configure("question_api", settings.log_level)
    return Mangum(create_app(open_api(settings)), lifespan="off")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return application()(event, context)
