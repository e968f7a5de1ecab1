from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.unit.chat_double import strict
from video_pipeline.conversing import Conversing
from video_pipeline.errors import PipelineError, Unavailable
from video_pipeline.model import Answer, Turn, Usage
from video_pipeline.ports import Completion, Prompt
from video_pipeline.topology import LIMITS

ID, CHUNK = uuid4(), uuid4()
SPENT = Usage(model="m", prompt_tokens=10, completion_tokens=2)
MOVE = Turn(
    asked="Where does the office move?", query="Where does the office move?", answer="Lisbon.", chunk_ids=(CHUNK,)
)


@dataclass
class Conversations:
    kept: list[Turn] = field(default_factory=list)
    fails: PipelineError | None = None

    def turns(self, conversation_id: UUID, owner: str) -> list[Turn]:
        return list(self.kept) if (conversation_id, owner) == (ID, "me") else []

    def add(self, conversation_id: UUID, owner: str, turn: Turn) -> None:
        if self.fails:
            raise self.fails
        self.kept.append(turn)

    def prune(self) -> int:
        return 0


@dataclass
class Model:
    says: str = ""
    finished: Any = "whole"
    fails: PipelineError | None = None
    prompts: list[Prompt] = field(default_factory=list)
    name: str = "m"

    def complete(self, prompt: Prompt, *, seconds: float, hear: Callable[[str], None] | None = None) -> Completion:
        self.prompts.append(prompt)
        if self.fails:
            raise self.fails
        return Completion(self.says, self.finished, SPENT)


def understood(asked: str, *turns: Turn, model: Model | None = None) -> str:
    return Conversing(Conversations([*turns]), model).understand(asked, ID, "me").query


@pytest.mark.parametrize(
    "asked",
    [
        "When?",
        "And why?",
        "Who said that?",
        "What does it cost?",
        "und wann genau?",
        "Et pourquoi ?",
        "¿Y cuándo?",
        "Lisbon?",
    ],
)
def test_a_question_that_leans_on_the_last_one_is_read_together_with_it(asked: str) -> None:
    assert understood(asked, MOVE) == f"Where does the office move? {asked}"


@pytest.mark.parametrize(
    "asked",
    [
        "What is the budget for next year?",
        "Which colour does marketing want for the remote control?",
        "Who is responsible for hiring two more engineers in that department?",
        "Wer ist für das Budget verantwortlich?",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(asked: str) -> None:
    assert understood(asked, MOVE) == asked


def test_a_chain_of_follow_ups_leans_on_the_last_question_that_stood_alone() -> None:
    when = Turn(asked="And when?", query="Where does the office move? And when?", answer="May.")
    assert understood("Who said that?", MOVE, when) == "Where does the office move? Who said that?"


def test_together_they_never_become_longer_than_a_question_may_be() -> None:
    long = "Where " * 700
    assert understood("And when?", Turn(asked=long, query=long[: LIMITS.question_chars], answer=None)) == "And when?"


def test_the_passages_of_the_last_answer_are_looked_at_again_for_a_follow_up_only() -> None:
    conversing = Conversing(Conversations([MOVE]))
    assert conversing.understand("And when?", ID, "me").chunk_ids == (CHUNK,)
    assert conversing.understand("What is the budget for next year?", ID, "me").chunk_ids == ()


def test_the_first_question_is_nobodys_follow_up_and_costs_nothing() -> None:
    model = Model()
    found = Conversing(Conversations(), model).understand("And when?", ID, "me")
    assert (found.query, found.usage, model.prompts) == ("And when?", None, [])


def test_somebody_elses_conversation_is_none() -> None:
    assert Conversing(Conversations([MOVE])).understand("And when?", ID, "you").query == "And when?"


def test_a_model_writes_the_question_so_that_it_stands_alone() -> None:
    model = Model('{"question": "When does the office move to Lisbon?"}')
    found = Conversing(Conversations([MOVE]), model).understand("And when?", ID, "me")
    assert (found.query, found.usage) == ("When does the office move to Lisbon?", SPENT)
    (prompt,) = model.prompts
    assert json.loads(prompt.data) == {
        "turns": [{"question": MOVE.query, "answer": "Lisbon."}],
        "question": "And when?",
    }
    assert strict(prompt.schema)
    assert "Lisbon" not in prompt.rules


@pytest.mark.parametrize(
    "model",
    [
        Model(fails=Unavailable("openai_timeout", "Too late.")),
        Model('{"question": "When do', finished="cut"),
        Model("", finished="refused"),
        Model("{"),
        Model("no"),
        Model('{"question": ""}'),
        Model('{"question": "?!"}'),
        Model('{"question": 7}'),
        Model(json.dumps({"question": "x" * 50_000})),
    ],
)
def test_a_model_that_fails_leaves_it_to_the_rule(model: Model) -> None:
    assert understood("And when?", MOVE, model=model) == "Where does the office move? And when?"


def test_what_the_model_writes_is_plain_text() -> None:
    model = Model(json.dumps({"question": "<b>When</b>\u202e \x00does it [move](http://x)?"}))
    assert understood("And when?", MOVE, model=model) == "When does it move?"


def test_a_turn_that_can_not_be_kept_does_not_take_the_answer_away() -> None:
    conversations = Conversations(fails=Unavailable("database_unavailable", "It is away."))
    Conversing(conversations).remember(Answer(query="When?", results=(), text=None), ID, "me")
    assert conversations.kept == []
