/** How soon pages are there on a slow line and a slow processor, and how long lists scroll. Printed, and held to a limit. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test, townHall } from "./browser";
import { folder, ROOT, SAMPLES, system, until } from "./system";

type Line = { bits: number; latency: number; processor: number };

/** What Lighthouse emulates: a mid-range telephone on a slow 4G, and a computer at the office. */
const LINES: Record<"phone" | "desktop", Line> = {
  phone: { bits: 1_600_000, latency: 150, processor: 4 },
  desktop: { bits: 10_240_000, latency: 40, processor: 1 },
};
const MOST_MS = 2_000;
const VIDEOS = 10_000;
const HOURS = 5;
const MOST_NODES = 2_500;
const MADE = 240_000;

// A transcript without its film has no stills, and no file to play.
test.use({ excused: ["404"] });
test.setTimeout(MADE + 120_000);

test.beforeAll(async () => {
  const captions = readFileSync(join(SAMPLES, "town-hall.vtt"), "utf8");
  await uploaded("town-hall.mp4", captions);
  const { database_url } = JSON.parse(readFileSync(join(folder(), "endpoint.json"), "utf8")) as { database_url: string };
  execFileSync(process.env["PYTHON"] ?? "python3", [join(import.meta.dirname, "many.py"), database_url, String(VIDEOS)], { cwd: ROOT });
});

const PAGES = ["library", "video", "ask"] as const;

for (const [kind, line] of Object.entries(LINES)) {
  for (const name of PAGES) {
    test(`first load of ${name}, ${kind}`, async ({ page }) => {
      const path = { library: "/", video: `${await townHall(page)}?t=31`, ask: "/ask" }[name];
      await slowed(page, line);
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      const usable = await page.evaluate(() => performance.now());
      await page.waitForTimeout(3_000);
      const { first, largest } = await paints(page);
      console.log(`${kind.padEnd(8)} ${name.padEnd(8)} first paint ${ms(first)}  largest paint ${ms(largest)}  heading there ${ms(usable)}`);
      expect(first).toBeLessThan(MOST_MS);
    });
  }
}

for (const view of ["grid", "table"] as const) {
  test(`${VIDEOS} videos scroll in the ${view}`, async ({ page }) => {
    await page.goto(`/?view=${view}`);
    await expect(page.getByRole("link", { name: /town-hall/i }).first()).toBeVisible();
    const told = await scrolled(page, null, 180);
    console.log(`${view.padEnd(8)} ${told.nodes} nodes at most, ${told.frames} frames, ${told.dropped} dropped, longest ${ms(told.longest)}, ${told.pixels} px`);
    expect(told.nodes).toBeLessThan(MOST_NODES);
    expect(told.pixels).toBeGreaterThan(10_000);
  });
}

test(`a transcript of ${HOURS} hours scrolls`, async ({ page }) => {
  const id = await imported(long());
  await page.goto(`/videos/${id}`);
  const box = page.getByRole("region", { name: "Transcript" }).locator("ol");
  await expect(box.getByRole("button").first()).toBeVisible();
  const told = await scrolled(page, "[role=region][tabindex='0']", 180);
  console.log(`${HOURS} hours  ${told.nodes} nodes at most, ${told.frames} frames, ${told.dropped} dropped, longest ${ms(told.longest)}, ${told.pixels} px`);
  expect(told.nodes).toBeLessThan(MOST_NODES);
  expect(told.pixels).toBeGreaterThan(10_000);
});

async function slowed(page: Page, { bits, latency, processor }: Line): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency,
    downloadThroughput: bits / 8,
    uploadThroughput: bits / 16,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: processor });
}

async function paints(page: Page): Promise<{ first: number; largest: number }> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const first = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.POSITIVE_INFINITY;
        new PerformanceObserver((list) => resolve({ first, largest: list.getEntries().at(-1)?.startTime ?? first })).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),
  );
}

type Scrolled = { nodes: number; frames: number; dropped: number; longest: number; pixels: number };

/** Scrolls for six seconds by so many pixels a frame; a frame that took more than two is counted as dropped. */
async function scrolled(page: Page, selector: string | null, step: number): Promise<Scrolled> {
  return page.evaluate(
    async ({ selector: inside, step: by }) => {
      const box = inside ? document.querySelector(inside)! : document.scrollingElement!;
      const told = { nodes: 0, frames: 0, dropped: 0, longest: 0, pixels: 0 };
      const end = performance.now() + 6_000;
      let last = performance.now();
      while (performance.now() < end) {
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        const took = now - last;
        last = now;
        told.frames += 1;
        told.longest = Math.max(told.longest, took);
        if (took > 34) told.dropped += Math.round(took / 16.7) - 1;
        told.nodes = Math.max(told.nodes, document.querySelectorAll("*").length);
        box.scrollBy(0, by);
      }
      told.pixels = Math.round(box.scrollTop);
      return told;
    },
    { selector, step },
  );
}

async function call(path: string, body: unknown): Promise<{ job_id: string }> {
  const headers = { "X-API-Key": system().apiKey, "Content-Type": "application/json" };
  const answer = await fetch(`${system().apiUrl}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { job_id: string };
}

async function finished(jobId: string): Promise<string> {
  let video = "";
  await until(async () => {
    const answer = await fetch(`${system().apiUrl}/api/v1/status/${jobId}`, { headers: { "X-API-Key": system().apiKey } });
    const job = (await answer.json()) as { status: string; video_id: string };
    video = job.video_id;
    if (job.status === "failed") throw new Error(JSON.stringify(job));
    return job.status === "completed";
  }, MADE);
  return video;
}

async function uploaded(name: string, captions: string): Promise<void> {
  const form = new FormData();
  form.append("captions", new Blob([captions]), name.replace(".mp4", ".vtt"));
  form.append("file", new Blob([readFileSync(join(SAMPLES, name))]), name);
  const answer = await fetch(`${system().apiUrl}/api/v1/upload`, { method: "POST", headers: { "X-API-Key": system().apiKey }, body: form });
  if (!answer.ok) throw new Error(await answer.text());
  await finished(((await answer.json()) as { job_id: string }).job_id);
}

async function imported(content: string): Promise<string> {
  return finished((await call("transcripts", { filename: "long.vtt", title: "A long day", content })).job_id);
}

/** Somebody says something every four seconds. */
function long(): string {
  const clock = (at: number) => new Date(at * 1000).toISOString().slice(11, 23);
  const cues = Array.from({ length: (HOURS * 3600) / 4 }, (_, index) => {
    const speaker = ["Ann", "Ben", "Cleo"][Math.floor(index / 7) % 3]!;
    return `${clock(4 * index)} --> ${clock(4 * index + 3.5)}\n<v ${speaker}>This is sentence ${index} of a long day, and it says something about part ${index % 97}.`;
  });
  return `WEBVTT\n\n${cues.join("\n\n")}\n`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
