"""The API with a language model behind HTTP, and what must hold of every answer whatever the model says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.functional.api.doubles import WordVectors
from tests.indexes import opened
from tests.unit.chat_double import CHAT_MODEL, ChatDouble, Says, chatting
from tests.unit.openai_double import KEY
from video_pipeline.answering import Answering
from video_pipeline.api.models.queries import QueryResponse
from video_pipeline.claiming import ModelAnswerer
from video_pipeline.conversing import Conversing
from video_pipeline.extractive import ExtractiveAnswerer
from video_pipeline.language.openai_account import OpenAiAccount
from video_pipeline.language.openai_chat import OpenAiChat
from video_pipeline.language.patience import Patience

QUERY = "/api/v1/query"


@contextmanager
def modelled(world: Any, says: Says, **changes: Any) -> Iterator[tuple[Any, ChatDouble]]:
    """A client of the API in whose world a model says so, and the model's double."""
    with chatting(says, **changes) as double:
        account = OpenAiAccount(lambda: KEY, base_url=double.url)
        model = OpenAiChat(account, model=CHAT_MODEL, patience=Patience(seconds=0))
        ledger, embedder = world.ledger, WordVectors()
        answering = Answering(
            ledger.chunks,
            ledger.videos,
            lambda: opened(embedder, world.vectors),
            lambda given: ModelAnswerer(model, ExtractiveAnswerer(given), seconds=2),
            public_url=world.deps.public_url,
            conversing=Conversing(ledger.conversations, model),
        )
        # The one application of all tests, since making another takes longer than asking it; the next test resets it.
        world.api.app.state.dependencies = replace(world.deps, answering=answering)
        yield world.api, double


def claimed(*claims: tuple[str, str, int], **more: Any) -> dict[str, Any]:
    said = [{"text": text, "quote": quote, "passage": number} for text, quote, number in claims]
    return {"language": "en", "claims": said, **more}


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events, read as the standard says."""
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        found.append((name[7:], json.loads(data[6:])))
    return found


def check_intact(world: Any, body: Any) -> QueryResponse:
    """The answer has its form, every quote stands in its passage at its time, and claims are plain text."""
    answer = QueryResponse.model_validate(body)
    numbers = [cited.number for cited in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for cited in answer.citations:
        chunk = world.ledger.chunks.by_ids([cited.chunk_id])[cited.chunk_id]
        assert cited.video_id == chunk.video_id
        assert cited.quote in chunk.passage.text
        assert chunk.passage.start <= cited.start <= cited.end <= chunk.passage.end
        assert cited.link == f"https://videos.example/videos/{cited.video_id}?t={int(cited.start)}"
    if answer.engine == "model":
        _check_claims(answer, numbers)
    return answer


def _check_claims(answer: QueryResponse, numbers: list[int]) -> None:
    for claim in answer.claims:
        assert claim.citations
        assert set(claim.citations) <= set(numbers)
        assert not re.search(r"<[a-zA-Z/!]|\]\(|\[\d+\]|[\x00-\x1f\u202a-\u202e\u200b]|\*\*|`", claim.text)
        quoted = " ".join(cited.quote for cited in answer.citations if cited.number in claim.citations)
        assert all(address in quoted for address in re.findall(r"https?://[\w./?=-]+", claim.text))
        assert len(claim.text) <= 600
    marked = [int(number) for number in re.findall(r"\[(\d+)\]", answer.answer or "")]
    assert marked == [number for claim in answer.claims for number in claim.citations]
