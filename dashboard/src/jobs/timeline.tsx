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

type Props = { stages: Schema["StageInfo"][]; now: number; live: boolean };

export function Timeline({ stages, now, live }: Props) {
  return (
    <ol className="flex flex-col">
      {steps(stages).map((step) => (
        <StepLine key={step.stage} step={step} now={now} live={live} />
      ))}
    </ol>
  );
}

function StepLine({ step, now, live }: { step: Step; now: number; live: boolean }) {
  const [Icon, colour] = FACES[step.status];
  const last = step.attempts.at(-1);
  const state = step.status === "waiting" && !live ? words.notReached : words.stageStates[step.status];
  return (
    <li className="flex gap-3 border-b border-line py-2.5 text-sm last:border-0">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${colour}`} />
      <div className="min-w-0 flex-1">
        <p className={step.status === "waiting" ? "text-muted" : "font-medium"}>{words.stages[step.stage] ?? step.stage}</p>
        {last?.error && <p className="mt-0.5 break-words text-bad">{last.error.message}</p>}
      </div>
      <p className="shrink-0 pt-0.5 text-right text-xs text-muted tabular-nums">
        {last && step.status !== "skipped" ? span(between(last.started_at, last.finished_at, now)) : state}
        {step.attempts.length > 1 && <span className="block">{words.attempt(step.attempts.length)}</span>}
        {last && <span className="sr-only">{state}</span>}
      </p>
    </li>
  );
}
