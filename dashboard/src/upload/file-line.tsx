import { Link } from "@tanstack/react-router";
import { Pause, Play, RotateCcw, X } from "lucide-react";
import { useEffect, useState } from "react";
import { ProgressBar } from "react-aria-components";
import { bytes } from "../logic/sizes";
import { span } from "../logic/time";
import { strings } from "../strings";
import { Badge, type Tone } from "../ui/badge";
import { Button, buttonClass } from "../ui/button";
import { TextField } from "../ui/fields";
import { pace, sampled, type Sample } from "./pace";
import { describe, uppy, type Sent } from "./sending";

const words = strings.upload;

type State = keyof typeof words.states;
const TONES: Record<State, Tone> = { ready: "neutral", sending: "accent", paused: "warn", done: "good", failed: "bad" };

/** What Uppy says when the store did not answer, or refused a part: nothing that a person could act on. */
const OF_THE_STORE = new Set(["Unknown error", "Non 2xx", "Request has expired"]);

function stateOf(file: Sent): State {
  if (file.error) return "failed";
  if (file.progress.uploadComplete) return "done";
  if (!file.progress.uploadStarted) return "ready";
  return file.isPaused ? "paused" : "sending";
}

export function FileLine({ file }: { file: Sent }) {
  const state = stateOf(file);
  return (
    <li className="flex flex-col gap-3 rounded-xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-40 flex-1 font-medium break-words">
          {file.name}{" "}
          <span className="text-xs font-normal text-muted">
            {bytes(file.size ?? 0)} {file.meta.captions && words.withCaptions(file.meta.captions.name)}
          </span>
        </p>
        <Badge tone={TONES[state]}>{words.states[state]}</Badge>
        <Controls file={file} state={state} />
      </div>
      {state === "ready" && !file.meta.job && <Describing file={file} />}
      {(state === "sending" || state === "paused") && <Progress file={file} />}
      {file.error && <p className="text-sm break-words text-bad">{OF_THE_STORE.has(file.error) ? words.unreached : file.error}</p>}
    </li>
  );
}

function Controls({ file, state }: { file: Sent; state: State }) {
  return (
    <span className="flex gap-1">
      {(state === "sending" || state === "paused") && (
        <Button kind="quiet" aria-label={state === "paused" ? words.resume : words.pause} onPress={() => uppy.pauseResume(file.id)}>
          {state === "paused" ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
        </Button>
      )}
      {state === "failed" && (
        <Button kind="quiet" aria-label={words.retry} onPress={() => void uppy.retryUpload(file.id)}>
          <RotateCcw aria-hidden className="size-4" />
        </Button>
      )}
      {file.meta.job && state === "done" && (
        <Link to="/jobs/$jobId" params={{ jobId: file.meta.job }} className={buttonClass("primary")}>
          {words.job}
        </Link>
      )}
      <Button kind="quiet" aria-label={`${words.remove}: ${file.name}`} onPress={() => uppy.removeFile(file.id)}>
        <X aria-hidden className="size-4" />
      </Button>
    </span>
  );
}

function Describing({ file }: { file: Sent }) {
  return (
    <div className="flex flex-wrap gap-3">
      <TextField label={words.name} value={file.meta.title} onChange={(title) => describe(file.id, { title })} className="min-w-60 flex-1" />
      <TextField label={words.language} value={file.meta.language} onChange={(language) => describe(file.id, { language })} className="w-44" />
      <TextField label={words.recorded} type="date" value={file.meta.recorded} onChange={(recorded) => describe(file.id, { recorded })} className="w-44" />
    </div>
  );
}

function Progress({ file }: { file: Sent }) {
  const sent = Number(file.progress.bytesUploaded) || 0;
  const size = file.size ?? 0;
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => setSamples((before) => sampled(before, { at: Date.now(), bytes: sent })), [sent]);
  const speed = file.isPaused ? null : pace(samples);
  return (
    <ProgressBar aria-label={file.name} value={size ? (100 * sent) / size : 0} className="flex flex-col gap-1.5">
      {({ percentage = 0, valueText }) => (
        <>
          <span className="h-2 overflow-hidden rounded-full bg-raised">
            <span className="block h-full rounded-full bg-accent-fill transition-[width]" style={{ width: `${percentage}%` }} />
          </span>
          <span className="flex flex-wrap gap-x-4 text-xs text-muted tabular-nums">
            <span>{valueText}</span>
            <span>{bytes(sent)} / {bytes(size)}</span>
            {speed ? <span>{bytes(speed)}/s</span> : null}
            {speed ? <span>{words.left(span((size - sent) / speed))}</span> : null}
          </span>
        </>
      )}
    </ProgressBar>
  );
}
