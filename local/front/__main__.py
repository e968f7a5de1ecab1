"""`python -m local.front --fd N --function NAME --endpoint URL`: HTTP before a deployed function."""

from __future__ import annotations

import argparse
import socket

from local.front.gateway import Gateway, invoking
from local.outbox import before
from local.serving import serve
from video_pipeline import logs
from video_pipeline.topology import DEFAULT_REGION


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.front", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="a listening socket that was inherited")
    parser.add_argument("--function", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", default=DEFAULT_REGION)
    options = parser.parse_args()
    logs.configure("front")
    gateway = Gateway(invoking(options.function, options.endpoint, options.region))
    serve(before(gateway, options.endpoint), socket.socket(fileno=options.fd), lifespan="off", ws="none")


if __name__ == "__main__":
    main()
