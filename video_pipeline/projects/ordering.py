"""Films are ordered of projects. The same manifest is rendered once, however often it is ordered."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from video_pipeline import layout
from video_pipeline.model import Job, JobOptions, JobStatus, Message, ObjectRef, Project, Source, start_message
from video_pipeline.ports import Ledger, Submission
from video_pipeline.projects import manifests
from video_pipeline.publishing import Publishing
from video_pipeline.topology import RENDER


class Ordering:
    def __init__(self, ledger: Ledger, publishing: Publishing, *, media_bucket: str) -> None:
        self._ledger = ledger
        self._publishing = publishing
        self._bucket = media_bucket

    def order(self, project_id: UUID, by: str, *, ask: bool = False) -> Project:
        """The project with its job: a new one for a manifest that is new, or the one before, which begins again if it
        has failed. `ask`: the film becomes a video of its own.

        BadInput no_images, no_audio or manifest_invalid.
        """
        project = self._ledger.projects.get(project_id)
        manifests.complete(project.manifest)
        ((job, new),) = self._ledger.jobs.submit([self._submission(project)])
        ordered = self._ledger.projects.ordered(project_id, job.id, by, ask=ask)
        if not new and _again(ordered, job):
            self._ledger.jobs.restart(job.id, RENDER, emit=_announced)
        self._publishing.flush()
        return self._ledger.projects.get(project_id)

    def _submission(self, project: Project) -> Submission:
        source = Source(
            kind="project",
            media=ObjectRef(bucket=self._bucket, key=layout.manifest_key(project.id)),
            filename=f"{project.title or 'Slideshow'}.mp4",
            upload_id=str(project.id),
            sha256=project.manifest_sha256,
        )
        return Submission(source, JobOptions(title=project.title), ready=True)


def _again(project: Project, job: Job) -> bool:
    """Whether an order finds something to do for a job that has ended: it failed, its film is not this one any more,
    or the film is wanted as a video now."""
    if job.status is not JobStatus.COMPLETED:
        return job.finished
    shown = project.film is not None and project.film.manifest == project.manifest_sha256
    return not shown or (project.ask and project.video_job_id is None)


def _announced(job: Job) -> Sequence[Message]:
    return [start_message(job.id, job.source)]
