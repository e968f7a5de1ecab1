"""The API as a process: `python -m local.api --fd N`, on a listening socket that was inherited."""

from __future__ import annotations

import argparse
import os
import socket
from dataclasses import replace

from local.dashboard import built
from local.outbox import before
from local.serving import serve
from video_pipeline import logs
from video_pipeline.api.app import create_app
from video_pipeline.settings import QuestionApiSettings
from video_pipeline.wiring import open_api


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.api", description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    listener = socket.socket(fileno=parser.parse_args().fd)
    settings = QuestionApiSettings()
    logs.configure("api", settings.log_level)
    dependencies = replace(open_api(settings), dashboard=built())
    serve(before(create_app(dependencies), os.environ["AWS_ENDPOINT_URL"]), listener)


if __name__ == "__main__":
    main()
