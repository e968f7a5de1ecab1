import type { Schema } from "../api/client";
import { strings } from "../strings";
import { Badge, type Tone } from "../ui/badge";

const TONES: Record<Schema["JobStatus"], Tone> = { queued: "neutral", processing: "accent", completed: "good", failed: "bad" };

export function JobState({ status }: { status: Schema["JobStatus"] }) {
  return <Badge tone={TONES[status]}>{strings.jobs.states[status]}</Badge>;
}
