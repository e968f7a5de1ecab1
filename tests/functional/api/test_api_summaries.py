"""Summaries over HTTP: JSON, Markdown, PDF, Word and chapters, each read back as its readers would."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import uuid4

import docx
import pypdf
import pytest

from tests.functional.api.test_api_transcripts import go_on
from tests.unit.meetings import meeting
from video_pipeline.summaries.orders import read_order
from video_pipeline.transcripts.captions import read_captions
from video_pipeline.transcripts.json_format import read_json, write_json

PDF, MARKDOWN = "application/pdf", "text/markdown"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TALK = meeting("garden", "rocket", turns=60)
BOARD = """WEBVTT

00:00:01.000 --> 00:00:06.000
<v Ann>{}

00:00:07.500 --> 00:00:12.000
<v Bob>I'll send the contract for the Lisbon office to the board by Friday.
"""


def imported(world: Any, content: str, title: str = "Board, May", filename: str = "board.vtt") -> str:
    """A summarised meeting; its job's id."""
    body = {"filename": filename, "content": content, "title": title, "metadata": {"room": "7"}}
    job = world.ledger.jobs.get(world.api.post("/api/v1/transcripts", json=body).json()["job_id"])
    go_on(world, job.id, job.video_id)
    return str(job.id)


@pytest.fixture
def job_id(world: Any) -> str:
    return imported(world, write_json(TALK).decode(), filename="talk.json")


def get(world: Any, job_id: str, accept: str | None = None) -> Any:
    return world.api.get(f"/api/v1/summary/{job_id}", headers={"Accept": accept} if accept else {})


def test_the_summary_tells_what_the_contract_names(world: Any, job_id: str) -> None:
    answer = get(world, job_id)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told = answer.json()
    assert {
        "job_id",
        "date",
        "video_source",
        "summary_markdown",
        "time_blocks",
        "action_items",
        "video_metadata",
    } <= set(told)
    assert (told["job_id"], told["kind"], told["engine"], told["dropped"]) == (job_id, "meeting", "extractive", 0)
    assert told["video_source"]["title"] == "Board, May"
    assert told["video_metadata"]["metadata"] == {"room": "7"}
    assert set(told["video_metadata"]["speakers"]) == {"Ann", "Bob", "Cleo"}
    link = f"https://videos.example/videos/{told['video_id']}?t="
    for block in told["time_blocks"]:
        assert {"start", "end", "title", "points", "speakers"} <= set(block)
        assert block["link"] == f"{link}{int(block['start'])}"
        assert all(quote["link"] == f"{link}{int(quote['start'])}" for quote in block["quotes"])
    assert told["summary_markdown"].startswith("# Board, May\n")


def test_every_quote_that_is_shown_stands_in_the_transcript_at_its_time(world: Any, job_id: str) -> None:
    told = get(world, job_id).json()
    transcript = read_json(world.api.get(f"/api/v1/videos/{told['video_id']}/transcript").content)
    quotes = [quote for block in told["time_blocks"] for quote in block["quotes"]]
    quotes += [item["quote"] for item in told["action_items"]]
    assert len(quotes) > 4
    for quote in quotes:
        said = [s for s in transcript.segments if s.start <= quote["end"] and s.end >= quote["start"]]
        assert any(quote["text"] in each.text and each.speaker == quote["speaker"] for each in said), quote
    for statement in told["overview"]:
        assert any(abs(quote["start"] - statement["start"]) < 0.001 for quote in quotes)


def test_what_is_to_be_done_names_who_and_when(world: Any) -> None:
    job_id = imported(world, BOARD.format("The office in Lisbon opens in May, after the works are done."))
    (item,) = get(world, job_id).json()["action_items"]
    assert (item["owner"], item["due"], item["time"]) == ("Bob", "by Friday", 7.5)
    assert item["link"].endswith("?t=7")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("text/*;q=0.5, text/markdown", "text/markdown; charset=utf-8"),
        (PDF, PDF),
        (WORD, WORD),
        ("text/vtt", "text/vtt; charset=utf-8"),
        ("application/pdf;q=0.1, application/json;q=0.9", "application/json"),
    ],
)
def test_the_form_is_the_one_that_is_liked_best(world: Any, job_id: str, accept: str | None, kind: str) -> None:
    answer = get(world, job_id, accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert "Accept" in answer.headers["vary"]


def test_a_summary_that_the_client_has_is_not_sent_again_until_it_is_another(world: Any, job_id: str) -> None:
    tags = {}
    for accept in ("application/json", MARKDOWN, PDF):
        answer = get(world, job_id, accept)
        assert "Accept" in answer.headers["Vary"]
        tags[accept] = answer.headers["ETag"]
        kept = {"Accept": accept, "If-None-Match": tags[accept]}
        again = world.api.get(f"/api/v1/summary/{job_id}", headers=kept)
        assert (again.status_code, again.content) == (304, b"")
    assert len(set(tags.values())) == 3
    job = world.ledger.jobs.get(job_id)
    kept = world.ledger.summaries.get(job.video_id)
    newer = kept.model_copy(update={"created_at": kept.created_at + timedelta(seconds=1)})
    assert world.ledger.summaries.save(newer)
    assert get(world, job_id).headers["ETag"] not in tags.values()


def test_a_form_that_is_not_there_is_refused(world: Any, job_id: str) -> None:
    answer = get(world, job_id, "image/png")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
    assert world.api.get(f"/api/v1/summary/{job_id}/summary.exe").status_code == 422


def test_markdown_is_the_one_that_the_json_holds(world: Any, job_id: str) -> None:
    markdown = get(world, job_id, MARKDOWN).text
    assert markdown == get(world, job_id).json()["summary_markdown"]
    assert world.api.get(f"/api/v1/summary/{job_id}/summary.md").text == markdown


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def links_of(pdf: bytes) -> set[str]:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    found = [note.get_object() for page in pages for note in page.get("/Annots", [])]
    return {str(each["/A"]["/URI"]) for each in found if "/URI" in each.get("/A", {})}


def test_the_pdf_holds_the_whole_summary_with_its_links(world: Any, job_id: str) -> None:
    told, answer = get(world, job_id).json(), get(world, job_id, PDF)
    text = text_of(answer.content)
    assert "Board, May" in text
    for block in told["time_blocks"]:
        assert block["title"] in text
        assert all(" ".join(quote["text"].split()) in text for quote in block["quotes"])
        assert block["link"] in links_of(answer.content)
    assert answer.headers["content-disposition"].startswith('attachment; filename="Board-May-summary.pdf"')
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    assert reader.metadata is not None
    assert reader.metadata.title == "Board, May"
    assert len(answer.content) < 200_000
    assert get(world, job_id, PDF).content == answer.content


@pytest.mark.parametrize(
    "said",
    [
        "Žluťoučký kůň, Straße, œuvre, ¿dónde?, Łódź – „Anführung“ 1 000 €",
        "Съешь ещё этих мягких французских булок, да выпей чаю.",
        "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία σήμερα.",
        "来年の三月にリスボンで新しいスタジオを開きます。",
        "明年三月我们将在里斯本开设新的工作室。",
        "내년 3월에 리스본에 새 스튜디오를 엽니다.",
    ],
)
def test_pdf_and_word_hold_many_scripts(world: Any, said: str) -> None:
    job_id = imported(world, BOARD.format(said), title=said[:12])
    letters = "".join(said.split())
    assert letters in "".join(text_of(get(world, job_id, PDF).content).split())
    assert said in words_of(get(world, job_id, WORD).content)


def test_a_script_that_the_pdf_can_not_be_set_in_is_refused_and_word_has_it(world: Any) -> None:
    said = "سيفتح الاستوديو الجديد في لشبونة في الثالث من مارس من العام المقبل."
    job_id = imported(world, BOARD.format(said) + BOARD.format(said).removeprefix("WEBVTT\n"))
    refused = get(world, job_id, PDF)
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
    assert "Word" in refused.json()["hint"]
    assert said in words_of(get(world, job_id, WORD).content)


def words_of(document: bytes) -> str:
    return "\n".join(each.text for each in docx.Document(io.BytesIO(document)).paragraphs)


def test_the_word_document_has_headings_lists_and_links(world: Any, job_id: str) -> None:
    told = get(world, job_id).json()
    opened = docx.Document(io.BytesIO(get(world, job_id, WORD).content))
    styles = {paragraph.style.name for paragraph in opened.paragraphs if paragraph.style is not None}
    assert {"Title", "Heading 1", "Heading 2", "List Bullet", "Quote"} <= styles
    addresses = {each.address for paragraph in opened.paragraphs for each in paragraph.hyperlinks}
    assert {block["link"] for block in told["time_blocks"]} <= addresses
    headings = [each.text for each in opened.paragraphs if each.style is not None and each.style.name == "Heading 2"]
    assert [each.partition(" ")[2] for each in headings] == [block["title"] for block in told["time_blocks"]]


@pytest.mark.parametrize("title", ["<b>&amp;</b> </w:t> ]]>", "a\u202eb", "x" * 400, '日本語 "quoted"; name', "=1+1"])
def test_no_title_breaks_a_form(world: Any, title: str) -> None:
    job_id = imported(world, BOARD.format("<script>alert(1)</script> & so on, they said in Lisbon."), title=title)
    for accept in ("application/json", MARKDOWN, "text/vtt"):
        assert get(world, job_id, accept).status_code == 200
    for accept, read in ((PDF, text_of), (WORD, words_of)):
        answer = get(world, job_id, accept)
        assert answer.status_code == 200
        assert read(answer.content)
        assert answer.headers["content-disposition"].isascii()
        assert "\n" not in answer.headers["content-disposition"]


def test_chapters_are_a_track_that_players_read(world: Any, job_id: str) -> None:
    told, track = get(world, job_id).json()["chapters"], get(world, job_id, "text/vtt").text
    read = read_captions(track.encode(), filename="chapters.vtt").segments
    assert [(each.start, each.text) for each in read] == [(chapter["start"], chapter["title"]) for chapter in told]
    assert told[0]["start"] == 0
    assert [each["end"] for each in told[:-1]] == [each["start"] for each in told[1:]]


def test_before_it_is_there_a_summary_is_not_found(world: Any) -> None:
    video_id = world.put_video("The office in Lisbon opens in May.")
    job_id = world.ledger.videos.get(video_id).job_id
    answer = get(world, str(job_id))
    assert (answer.status_code, answer.json()["code"]) == (404, "summary_missing")
    assert get(world, str(uuid4())).json()["code"] == "job_not_found"


def test_an_erased_video_has_no_summary(world: Any, job_id: str) -> None:
    video_id = get(world, job_id).json()["video_id"]
    assert world.api.delete(f"/api/v1/videos/{video_id}").status_code == 200
    assert get(world, job_id).status_code == 404
    assert world.api.post(f"/api/v1/summary/{job_id}").status_code == 409


def test_a_new_summary_is_ordered_and_the_old_one_stays_until_it_is_there(world: Any, job_id: str) -> None:
    world.published.messages.clear()
    answer = world.api.post(f"/api/v1/summary/{job_id}")
    assert answer.status_code == 202
    assert answer.headers["location"] == answer.json()["summary_url"]
    *_, message = world.published.messages
    assert message.destination == "summary-queue"
    assert read_order(message.body).request is not None
    assert get(world, job_id).status_code == 200


def test_a_transcript_of_low_quality_says_so_in_every_form(world: Any) -> None:
    low = TALK.model_copy(update={"quality": "low"})
    job_id = imported(world, write_json(low).decode(), filename="talk.json")
    assert get(world, job_id).json()["quality"] == "low"
    assert "low quality" in get(world, job_id, MARKDOWN).text
    assert "low quality" in text_of(get(world, job_id, PDF).content)


def test_whoever_starts_the_api_does_not_wait_for_what_draws_papers_or_makes_summaries() -> None:
    heavy = ("reportlab", "docx", "lxml", "PIL", "video_pipeline.summaries.words", "video_pipeline.summarising")
    program = f"import sys, video_pipeline.api.app; print([each for each in {heavy!r} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
