/** A job's timeline: every stage there is, with all attempts at it, in the order of the work. */

import type { Schema } from "../api/client";

export const STAGES = ["receive", "fetch", "probe", "thumbnails", "audio", "transcribe", "chunk", "embed", "summarise"] as const;

export type Stage = Schema["RerunRequest"]["stage"];

export type Step = {
  stage: string;
  /** The last attempt's state; `waiting` for a stage that is still to come. */
  status: Schema["StageInfo"]["status"] | "waiting";
  attempts: Schema["StageInfo"][];
};

/** A stage that the work has passed without beginning it is left out: nothing came or will come of it. */
export function steps(stages: readonly Schema["StageInfo"][]): Step[] {
  const unknown = stages.map(({ stage }) => stage).filter((stage) => !STAGES.some((known) => known === stage));
  const all = [...STAGES, ...new Set(unknown)].map((stage) => stepOf(stage, stages));
  const reached = all.findLastIndex(({ attempts }) => attempts.length > 0);
  return all.filter(({ attempts }, index) => attempts.length > 0 || index > reached);
}

function stepOf(stage: string, stages: readonly Schema["StageInfo"][]): Step {
  const attempts = stages
    .filter((each) => each.stage === stage)
    .sort((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at));
  return { stage, attempts, status: attempts.at(-1)?.status ?? "waiting" };
}

/** The stages that a finished job may be run again from: those that it has come to, but for its coming in. */
export function rerunnable(stages: readonly Schema["StageInfo"][]): Exclude<Stage, undefined>[] {
  const reached = new Set(stages.map(({ stage }) => stage));
  return STAGES.filter((stage) => stage !== "receive").filter((stage) => reached.has(stage));
}
