"""The tree of errors. Each carries a reason code for machines, a sentence for people and what they can do.

PipelineError
├── BadInput          what was sent is wrong; recorded, never retried
│   ├── BadRecord     a stream record that can't be read or obeyed
│   ├── BadMedia      a media file that can't be used
│   ├── BadCaptions   captions that can't be read
│   ├── BadQuestion   a question or a filter that can't be answered
│   └── NotFound      no such job, video, object
├── Conflict          the thing is in a state that does not allow this
├── Misconfigured     this installation lacks something; an operator has to act
└── Unavailable       a service failed or refused for now; retried after `delay`
    ├── Resting       it is not asked at all for now; waiting for it uses up no attempt
    └── NotRunning    nothing answers where a system should
"""

from __future__ import annotations


class PipelineError(Exception):
    """Something went wrong in a way that is known by name."""

    retryable = False

    def __init__(self, code: str, message: str, *, hint: str = "", **facts: object) -> None:
        """`code` is snake_case and stable, `message` a sentence, `hint` says what to do, `facts` are for operators."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInput(PipelineError):
    """What was sent is wrong; sending it again as it is can't help."""


class BadRecord(BadInput):
    """A record on a stream or queue that can't be read or obeyed."""


class BadMedia(BadInput):
    """A media file that can't be used."""


class BadCaptions(BadInput):
    """Captions or a transcript that can't be read."""


class BadQuestion(BadInput):
    """A question or a filter that can't be answered."""


class NotFound(BadInput):
    """No such job, video or object."""


class Conflict(PipelineError):
    """The thing is in a state that does not allow what was asked."""


class Misconfigured(PipelineError):
    """This installation lacks something that an operator has to supply."""


class Unavailable(PipelineError):
    """A service failed or refused for now."""

    retryable = True

    def __init__(self, code: str, message: str, *, hint: str = "", delay: float | None = None, **facts: object) -> None:
        """`delay`: seconds after which the service said that it may be asked again, if it did."""
        super().__init__(code, message, hint=hint, **facts)
        self.delay = delay


class Resting(Unavailable):
    """A service is not asked at all for now, for a reason that has nothing to do with this piece of work."""


class NotRunning(Unavailable):
    """Nothing answers where it should, or what answers is something else."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__("not_running", message, hint=hint)
