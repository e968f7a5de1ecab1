import { Ban, Circle, CircleCheck, CircleSlash, CircleX, LoaderCircle, type LucideIcon } from "lucide-react";
import type { Schema } from "../api/client";
import { between, span } from "../logic/time";
import { strings } from "../strings";
import { steps, type Step } from "./stages";

const words = strings.jobs;
const FACES: Record<Step["status"], [LucideIcon, string]> = {
  waiting: [Circle, "text-muted"],
  running: [LoaderCircle, "animate-spin text-accent"],
  completed: [CircleCheck, "text-good"],
  failed: [CircleX, "text-bad"],
  skipped: [CircleSlash, "text-muted"],
  abandoned: [Ban, "text-warn"],
};

export function Timeline({ stages, now }: { stages: Schema["StageInfo"][]; now: number }) {
  return (
    <ol className="flex flex-col">
      {steps(stages).map((step) => (
        <StepLine key={step.stage} step={step} now={now} />
      ))}
    </ol>
  );
}

function StepLine({ step, now }: { step: Step; now: number }) {
  const [Icon, colour] = FACES[step.status];
  const last = step.attempts.at(-1);
  return (
    <li className="flex gap-3 border-b border-line py-2.5 text-sm last:border-0">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${colour}`} />
      <div className="min-w-0 flex-1">
        <p className={step.status === "waiting" ? "text-muted" : "font-medium"}>{words.stages[step.stage] ?? step.stage}</p>
        {last?.error && <p className="mt-0.5 break-words text-bad">{last.error.message}</p>}
      </div>
      <p className="shrink-0 text-right text-xs text-muted tabular-nums">
        {last && step.status !== "skipped" ? span(between(last.started_at, last.finished_at, now)) : words.stageStates[step.status]}
        {step.attempts.length > 1 && <span className="block">{words.attempt(step.attempts.length)}</span>}
        <span className="sr-only">{words.stageStates[step.status]}</span>
      </p>
    </li>
  );
}
