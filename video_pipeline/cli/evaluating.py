"""Feeds QMSum's meetings to the running system, asks its questions, and judges what is found."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from video_pipeline.cli.console import say
from video_pipeline.cli.following import follow
from video_pipeline.cli.progress import Steps
from video_pipeline.client import Client
from video_pipeline.errors import BadInput
from video_pipeline.evaluation.judge import Figures, Judge, Passage
from video_pipeline.evaluation.qmsum import SECONDS_PER_WORD, Asked, Meeting, load

_RESULTS: Final = 30
_MOST_VIDEOS: Final = 200
_SCOPES: Final = ("meeting", "corpus")
# nDCG@10 that the same judge gave others with the same embedding model: (inside the meeting, over all meetings).
_OTHERS: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = {
    "LangChain's usual way: 1,000 characters, vectors alone": {"val": (0.450, 0.190), "test": (0.497, 0.236)},
    "a hybrid tuned for this data": {"val": (0.572, 0.303), "test": (0.587, 0.352)},
}


def run(api: Client, shown: Steps, folder: Path, split: str) -> None:
    """Prints the figures of both scopes."""
    meetings, asked = load(folder, split)
    if len(meetings) > _MOST_VIDEOS:
        raise BadInput("qmsum_too_large", f"At most {_MOST_VIDEOS} meetings can be asked at once.")
    videos = _fed(api, meetings, shown)
    judged = {scope: _judged(api, meetings, asked, videos, scope, shown) for scope in _SCOPES}
    say(f"QMSum {split}: {len(meetings)} meetings, {len(asked)} questions")
    _say(judged, split)


def _fed(api: Client, meetings: Mapping[str, Meeting], shown: Steps) -> dict[str, str]:
    """The video of each meeting, once all can be asked about."""
    jobs: dict[str, str] = {}
    for name, meeting in meetings.items():
        shown.show("Handing in the transcripts", len(jobs) / len(meetings))
        document = {
            "title": name,
            "language": "en",
            "filename": f"{name}.json",
            "content": meeting.transcript().decode(),
        }
        jobs[name] = str(api.post("transcripts", document)["job_id"])
    return {name: _indexed(api, name, job_id, shown) for name, job_id in jobs.items()}


def _indexed(api: Client, name: str, job_id: str, shown: Steps) -> str:
    job = follow(api, job_id, shown)
    if job["status"] != "completed":
        reason = job["error"]["message"] if job["error"] else "no reason was given."
        raise BadInput("meeting_refused", f"The meeting {name} was not taken in: {reason}")
    return str(job["video_id"])


def _judged(
    api: Client,
    meetings: Mapping[str, Meeting],
    asked: Sequence[Asked],
    videos: Mapping[str, str],
    scope: str,
    shown: Steps,
) -> tuple[Figures, list[float]]:
    """The mean over all questions, and the seconds that each answer took."""
    judge, names = Judge(meetings), {video: name for name, video in videos.items()}
    figures: list[Figures] = []
    seconds: list[float] = []
    for number, each in enumerate(asked):
        shown.show(f"Asking, scope {scope}", number / len(asked))
        within = [videos[each.meeting]] if scope == "meeting" else list(names)
        began = time.perf_counter()
        body = {"query": each.query, "top_k": _RESULTS, "video_ids": within, "answer": False}
        results = api.post("query", body)["results"]
        seconds.append(time.perf_counter() - began)
        figures.append(judge.judge(each, [_passage(names, meetings, result) for result in results]))
    return Figures.mean(figures), sorted(seconds)


def _passage(names: Mapping[str, str], meetings: Mapping[str, Meeting], result: Mapping[str, Any]) -> Passage:
    """Its words, by the clock that the transcript was given."""
    name = names[result["video"]["id"]]
    first, last = round(result["start"] / SECONDS_PER_WORD), round(result["end"] / SECONDS_PER_WORD)
    return Passage(name, (first, min(max(last, first + 1), meetings[name].size)))


def _say(judged: Mapping[str, tuple[Figures, list[float]]], split: str) -> None:
    say(f"{'scope':10}{'nDCG@10':>9}{'hit@5':>8}{'recall@5':>10}{'MRR@10':>8}{'gold read':>11}{'median':>9}{'p95':>9}")
    for scope, (mean, seconds) in judged.items():
        median, slow = (1000 * seconds[int(len(seconds) * share)] for share in (0.5, 0.95))
        say(
            f"{scope:10}{mean.ndcg_10:9.3f}{mean.hit_5:8.3f}{mean.recall_5:10.3f}{mean.mrr_10:8.3f}"
            f"{mean.gold_read:11.3f}{median:6.0f} ms{slow:6.0f} ms"
        )
    for name, figures in _OTHERS.items():
        if split in figures:
            meeting, corpus = figures[split]
            say(f"For comparison, {name}: nDCG@10 {meeting:.3f} in a meeting, {corpus:.3f} over the corpus")
