"""What an operator or the deployment asks: `{"do": "migrate"}`, `create_key`, `list_keys` or `revoke_key`.

Promise: what was asked wrongly is answered by `{"error": {"code", "message", "hint"}}`. What this installation lacks
or a service refuses is raised, so that a deployment whose migrations fail stops.
"""

from __future__ import annotations

import logging
from typing import Any

from video_pipeline.administering import read_request
from video_pipeline.errors import BadInput
from video_pipeline.logs import configure
from video_pipeline.settings import AdministrationSettings
from video_pipeline.wiring import open_administration

logger = logging.getLogger(__name__)


def handler(event: object, _context: object) -> dict[str, Any]:
    """The answer of `Administering.do`. The database is opened anew, so that a rotated password is no surprise."""
    settings = AdministrationSettings()
    configure("administration", settings.log_level)
    try:
        request = read_request(event)
        logger.info("administration asked", extra={"do": request.do})
        with open_administration(settings) as administering:
            return administering.do(request)
    except BadInput as error:
        logger.warning("administration refused", extra={"code": error.code})
        return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
