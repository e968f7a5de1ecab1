import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Schema } from "../api/client";
import { hasEnded, job as jobOf, useVideosAgain } from "../api/queries";
import { strings } from "../strings";
import { Badge } from "../ui/badge";

const words = strings.library;

/** How far a video is: nobody need look at its job to see that it failed, or how much is still to do. */
export function VideoState({ video, quiet = false }: { video: Schema["VideoInfo"]; quiet?: boolean }) {
  if (!video.indexed_at) return <Making jobId={video.job_id} />;
  return quiet ? null : <Badge tone="good">{words.ready}</Badge>;
}

function Making({ jobId }: { jobId: string }) {
  const { data: job } = useQuery(jobOf(jobId));
  const again = useVideosAgain();
  const done = job?.status === "completed";
  useEffect(() => {
    if (done) again();
  }, [done, again]);
  if (job?.status === "failed") return <Badge tone="bad">{strings.jobs.states.failed}</Badge>;
  if (!job || hasEnded(job.status) || job.progress === 0) return <Badge tone="warn">{words.preparing}</Badge>;
  return (
    <Badge tone="warn">
      {words.preparing} · <span className="tabular-nums">{Math.round(job.progress * 100)} %</span>
    </Badge>
  );
}
