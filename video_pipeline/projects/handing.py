"""A film that was rendered goes into the pipeline as a video of its own, once."""

from __future__ import annotations

from video_pipeline import layout
from video_pipeline.model import Job, JobOptions, ObjectRef, Project, ProjectFilm, Source, identifier
from video_pipeline.ports import Ledger, Objects, Submission


def hand_over(ledger: Ledger, objects: Objects, project: Project, film: ProjectFilm, media_bucket: str) -> Job:
    """The job that processes a copy of the film, with the project's captions; the project may go, the video stays.

    The same film gives the same job, however often it is handed over.
    """
    upload = identifier("film", project.id, film.sha256)
    filename = f"{project.title or 'Slideshow'}.mp4"
    media = ObjectRef(bucket=media_bucket, key=layout.upload_key(upload, filename))
    options = JobOptions(
        title=project.title or "Slideshow",
        captions=_captions(objects, project, str(upload), media_bucket),
        metadata={"project": str(project.id)},
    )
    source = Source(kind="upload", media=media, filename=filename, upload_id=str(upload))
    # The job first: the bucket's notification of the copy must find it.
    ((job, _),) = ledger.jobs.submit([Submission(source, options, ready=False)])
    if job.source.media.etag is None:
        pieces = objects.stream(film.media)
        stored = objects.write_stream(media.bucket, media.key, pieces, content_type=layout.content_type(media.key))
        ledger.jobs.uploaded(job.id, stored, film.size)
    return job


def _captions(objects: Objects, project: Project, upload: str, media_bucket: str) -> ObjectRef | None:
    named = project.manifest.get("captions")
    if not named:
        return None
    origin = ObjectRef(bucket=media_bucket, key=layout.project_key(project.id, named["file"]))
    key = layout.captions_key(upload, layout.suffix_of(named["file"]))
    kind = layout.content_type(key)
    copy = objects.write_stream(media_bucket, key, objects.stream(origin), content_type=kind)
    return ObjectRef(bucket=copy.bucket, key=copy.key)
