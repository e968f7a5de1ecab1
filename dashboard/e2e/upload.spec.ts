/** Films that are larger than a part: the connection is lost, the page is reloaded, and nothing is sent twice. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page, Request } from "@playwright/test";
import { expect, shot, test, violations } from "./browser";
import { BUILD, SAMPLES } from "./system";

const MIB = 1024 ** 2;
/** What the API asks for; a film is a little larger, so that it goes in two. */
const PART = 16 * MIB;
const PROCESSED = 60_000;

/** The sample with a box at its end that players skip, and another film each time. */
function film(name: string): string {
  const folder = join(BUILD, "films");
  mkdirSync(folder, { recursive: true });
  const begin = readFileSync(join(SAMPLES, "no-captions.mp4"));
  const box = Buffer.alloc(PART + MIB - begin.length);
  box.writeUInt32BE(box.length);
  box.write(`free${name}`, 4);
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([begin, box]));
  return path;
}

/** How often each part was taken by the store. */
function partsTaken(page: Page): Map<number, number> {
  const taken = new Map<number, number>();
  page.on("requestfinished", (request) => {
    const part = partOf(request);
    if (part) taken.set(part, (taken.get(part) ?? 0) + 1);
  });
  return taken;
}

function partOf(request: Request): number | null {
  const number = new URL(request.url()).searchParams.get("partNumber");
  return request.method() === "PUT" && number ? Number(number) : null;
}

async function begin(page: Page, path: string): Promise<void> {
  await page.goto("/upload");
  await page.locator("input[type=file]").first().setInputFiles(path);
  await page.getByRole("button", { name: /start/i }).click();
}

async function isProcessed(page: Page): Promise<void> {
  await page.getByRole("main").getByRole("link", { name: /job/i }).first().click();
  await expect(page.getByRole("link", { name: "Watch the video" })).toBeVisible({ timeout: PROCESSED });
}

test.describe("the connection is lost", () => {
  test.use({ excused: ["ERR_INTERNET_DISCONNECTED", "404"] });

  test("an upload waits for it, and goes on with what is missing", async ({ page, context }) => {
    const taken = partsTaken(page);
    let lost = false;
    await page.route(/partNumber=2&/, async (route) => {
      if (!lost) {
        // Not before something is there that need not be sent again.
        await expect.poll(() => taken.get(1)).toBe(1);
        lost = true;
        await context.setOffline(true);
      }
      if (await page.evaluate(() => navigator.onLine)) await route.continue();
      else await route.abort("internetdisconnected");
    });
    await begin(page, film("lost.mp4"));
    await expect.poll(() => lost, { timeout: PROCESSED }).toBe(true);
    await expect(page.getByText("Sending", { exact: true })).toBeVisible();
    await shot(page, "upload-offline-light");
    expect([...taken]).toEqual([[1, 1]]);
    await context.setOffline(false);
    await expect(page.getByText("Sent", { exact: true })).toBeVisible();
    expect([...taken].sort()).toEqual([[1, 1], [2, 1]]);
    await isProcessed(page);
  });
});

test.describe("the store is out of reach for longer than anyone tries", () => {
  test.use({ excused: ["ERR_CONNECTION_REFUSED", "[Uppy]"] });

  test("the upload fails with a way to try again, which sends only what is missing", async ({ page }) => {
    const taken = partsTaken(page);
    const blocked = /partNumber=2&/;
    await page.route(blocked, (route) => route.abort("connectionrefused"));
    await begin(page, film("blocked.mp4"));
    const again = page.getByRole("button", { name: "Try again" });
    await expect(again).toBeVisible({ timeout: PROCESSED });
    await expect(page.getByText("What was sent is kept")).toBeVisible();
    await shot(page, "upload-failed-light");
    expect([...taken]).toEqual([[1, 1]]);
    await page.unroute(blocked);
    await again.click();
    await expect(page.getByText("Sent", { exact: true })).toBeVisible();
    expect([...taken].sort()).toEqual([[1, 1], [2, 1]]);
  });
});

test("the page is reloaded: the same file goes on where it broke off", async ({ page }) => {
  const path = film("reloaded.mp4");
  const taken = partsTaken(page);
  const held = /partNumber=2&/;
  await page.route(held, () => new Promise<void>(() => undefined));
  await begin(page, path);
  await expect.poll(() => [...taken]).toEqual([[1, 1]]);
  await page.reload();
  await page.unroute(held);
  const waiting = page.getByRole("region", { name: "Broken off" });
  await expect(waiting).toContainText("reloaded.mp4 16.8 MB of 17.8 MB are there");
  await shot(page, "upload-broken-off-light");
  expect(await violations(page)).toEqual([]);
  const chooser = page.waitForEvent("filechooser");
  await waiting.getByRole("button", { name: "Choose the file: reloaded.mp4" }).click();
  await (await chooser).setFiles(path);
  await expect(page.getByText("Sent", { exact: true })).toBeVisible();
  expect([...taken].sort()).toEqual([[1, 1], [2, 1]]);
  expect(await page.evaluate(() => localStorage.getItem("uploads"))).toBeNull();
  await isProcessed(page);
});

test("an upload that nobody goes on with is given up, and its job ends", async ({ page }) => {
  const taken = partsTaken(page);
  const held = /partNumber=2&/;
  await page.route(held, () => new Promise<void>(() => undefined));
  await begin(page, film("given-up.mp4"));
  await expect.poll(() => taken.size).toBe(1);
  await page.reload();
  const waiting = page.getByRole("region", { name: "Broken off" });
  await waiting.getByRole("button", { name: "Give up" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Give up" }).click();
  await expect(waiting).toBeHidden();
  await page.goto("/jobs?status=failed");
  await expect(page.getByRole("link", { name: /given-up/ }).first()).toContainText(/cancelled/i);
});
