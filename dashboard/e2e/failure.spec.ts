/** What can't be made use of: why, and another try. */

import { expect, shot, test, violations } from "./browser";

test("a broken file fails with its reason and what to do; another try is another attempt", async ({ page }) => {
  await page.goto("/upload");
  // Begins as an MP4 does, and is none.
  const buffer = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypisom"), Buffer.alloc(40_000, 7)]);
  await page.locator("input[type=file]").setInputFiles({ name: "broken.mp4", mimeType: "video/mp4", buffer });
  await page.getByRole("button", { name: /start/i }).click();
  await page.getByRole("main").getByRole("link", { name: /job/i }).first().click();
  await expect(page.getByText("This job failed")).toBeVisible({ timeout: 60_000 });
  const reason = page.getByText("Reason:").locator("..");
  await expect(reason).not.toBeEmpty();
  await shot(page, "job-failed-light");
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("attempt 2").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("This job failed")).toBeVisible({ timeout: 60_000 });
  await page.goto("/operations");
  await expect(page.getByRole("region", { name: "Failed jobs" }).getByRole("link").first()).toContainText("broken");
});

test("files of the wrong kind are refused before a byte is sent", async ({ page }) => {
  const sent: string[] = [];
  page.on("request", (request) => request.method() !== "GET" && sent.push(request.url()));
  await page.goto("/upload");
  await page.locator("input[type=file]").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") });
  await expect(page.getByRole("alert")).toContainText("notes.txt");
  expect(sent).toEqual([]);
});
