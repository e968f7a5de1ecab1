import { expect, it } from "vitest";
import type { Schema } from "../api/client";
import { rerunnable, steps } from "./stages";

function ran(stage: string, status: Schema["StageInfo"]["status"], minute: number): Schema["StageInfo"] {
  const at = `2026-03-10T12:${String(minute).padStart(2, "0")}:00Z`;
  return { stage, status, attempt: 1, detail: {}, error: null, started_at: at, finished_at: at };
}

it("shows what is to come, and the last attempt at what has been", () => {
  const shown = steps([ran("probe", "completed", 4), ran("fetch", "completed", 2), ran("fetch", "failed", 1)]);
  expect(shown.slice(0, 3).map(({ stage, status, attempts }) => [stage, status, attempts.length])).toEqual([
    ["fetch", "completed", 2],
    ["probe", "completed", 1],
    ["thumbnails", "waiting", 0],
  ]);
});

it("shows everything as to come before the work begins", () => {
  expect(new Set(steps([]).map(({ status }) => status))).toEqual(new Set(["waiting"]));
});

it("keeps a stage that it doesn't know", () => {
  expect(steps([ran("polish", "running", 1)]).at(-1)).toMatchObject({ stage: "polish", status: "running" });
});

it("offers to run again from what was reached, never from the file's coming in", () => {
  expect(rerunnable([ran("receive", "completed", 0), ran("embed", "completed", 2), ran("fetch", "completed", 1)])).toEqual([
    "fetch",
    "embed",
  ]);
});
