"""A client of the API: `with Client(url, key) as client: client.ask("What was decided?")`."""

from video_pipeline.client.client import Client

__all__ = ["Client"]
