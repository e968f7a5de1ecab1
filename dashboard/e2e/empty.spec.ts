/** A server on which nothing has happened yet, and somebody who comes to it for the first time. */

import { test as first } from "@playwright/test";
import { expect, shot, test, violations } from "./browser";
import { system } from "./system";

first("a wrong key is refused in the API's words, the right one opens the page that was asked for", async ({ page }) => {
  await page.goto(`${system().apiUrl}/jobs`);
  await expect(page.getByRole("heading", { name: "Enter your API key" })).toBeVisible();
  await shot(page, "key-light");
  await page.getByLabel("API key").fill("not a key");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("alert")).toContainText(/key/i);
  await shot(page, "key-refused-light");
  expect(await violations(page)).toEqual([]);
  await page.getByLabel("API key").fill(system().apiKey);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Jobs" })).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(system().apiKey);
});

const FACES = [
  ["library", "/", "No videos yet"],
  ["jobs", "/jobs", "No jobs yet"],
  ["ask", "/ask", "Ask what was said"],
  ["operations", "/operations", "No job has failed."],
  ["upload", "/upload", "Drop videos or sound files here"],
  ["nowhere", "/videos/00000000-0000-4000-8000-000000000000", "The address may be old"],
] as const;

test.describe("nothing there yet", () => {
  test.use({ excused: ["404"] });
  for (const [name, path, words] of FACES) {
    test(`${name} says so, and what to do`, async ({ page }) => {
      await page.goto(path);
      await expect(page.getByText(words).first()).toBeVisible();
      await shot(page, `empty-${name}-light`);
      expect(await violations(page)).toEqual([]);
    });
  }
});
