/** The real system of one machine: started, found again from any test's process, stopped. */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export const ROOT = join(import.meta.dirname, "..", "..");
export const SAMPLES = join(ROOT, "samples");
export const BUILD = join(ROOT, "build", "e2e");

export type System = { apiUrl: string; apiKey: string; pid: number };

const START_MS = 120_000;
const STOP_MS = 40_000;
const LOOK_MS = 100;

/** Where the system of this run keeps everything; set by the set-up for all tests. */
export function folder(): string {
  return process.env["E2E_DATA"]!;
}

export function system(): System {
  const told = JSON.parse(readFileSync(described(), "utf8")) as { api_url: string; api_key_file: string; pid: number };
  return { apiUrl: told.api_url, apiKey: readFileSync(told.api_key_file, "utf8").trim(), pid: told.pid };
}

export function running(): boolean {
  return existsSync(described());
}

/** Starts it on free ports, or with its API on a given one; ready when this returns. */
export async function start(apiPort = 0): Promise<ChildProcess> {
  const options = ["--data", folder(), "--api-port", String(apiPort), "--aws-port", "0"];
  // The leash: however this process ends, its end of the pipe closes, and the system stops.
  const child = spawn(process.env["PYTHON"] ?? "python3", ["-m", "local.child", "local", ...options], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => said.push(data.toString()));
  await until(() => child.exitCode !== null || running(), START_MS);
  if (child.exitCode !== null) throw new Error(`The system did not start: ${said.join("")}`);
  await until(() => answers(system().apiUrl), START_MS);
  return child;
}

/** Returns when its last process is gone. */
export async function stop(pid: number): Promise<void> {
  if (!runs(pid)) return;
  process.kill(pid, "SIGTERM");
  await until(() => !runs(pid), STOP_MS);
}

export async function until(check: () => boolean | Promise<boolean>, patience: number): Promise<void> {
  const end = Date.now() + patience;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`It did not happen within ${patience / 1000} s: ${check.toString()}`);
    await pause(LOOK_MS);
  }
}

function described(): string {
  return join(folder(), "endpoint.json");
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that ended but that nobody has asked after yet can still be signalled.
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/healthz`).catch(() => null);
  return answer?.ok ?? false;
}
