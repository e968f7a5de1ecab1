/** Every page in both themes and on a telephone: for the rules of accessibility, and for people's eyes. */

import type { Page } from "@playwright/test";
import { expect, shot, test, townHall, violations } from "./browser";
import { system } from "./system";

type Visit = { name: string; open: (page: Page) => Promise<void> };

async function jobs(status: string): Promise<string> {
  const answer = await fetch(`${system().apiUrl}/api/v1/jobs?status=${status}`, { headers: { "X-API-Key": system().apiKey } });
  const { items } = (await answer.json()) as { items: { job_id: string }[] };
  return items[0]!.job_id;
}

const VISITS: Visit[] = [
  { name: "library", open: async (page) => go(page, "/", page.getByText("Failed")) },
  { name: "table", open: async (page) => go(page, "/?view=table", page.getByRole("link", { name: /Town hall/ })) },
  {
    name: "video",
    open: async (page) => {
      await go(page, `${await townHall(page)}?t=31`, page.getByRole("tabpanel").getByText("In short"));
      await expect.poll(() => page.locator("video").evaluate((film: HTMLVideoElement) => film.readyState)).toBeGreaterThan(1);
    },
  },
  { name: "chapters", open: async (page) => tab(page, "Chapters") },
  { name: "actions", open: async (page) => tab(page, "Action items") },
  { name: "download", open: async (page) => tab(page, "Download") },
  {
    name: "ask",
    open: async (page) => {
      await page.goto("/ask");
      await page.getByLabel("Your question").fill("How large is the budget?");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("button", { name: /^Citation 1/ }).first()).toBeVisible();
      await expect(page.getByRole("button", { name: "Copy with links" })).toBeVisible();
    },
  },
  { name: "jobs", open: async (page) => go(page, "/jobs", page.getByRole("link", { name: /Town hall/ })) },
  { name: "job", open: async (page) => go(page, `/jobs/${await jobs("completed")}`, page.getByRole("region", { name: "Stages" })) },
  { name: "job-failed", open: async (page) => go(page, `/jobs/${await jobs("failed")}`, page.getByText("This job failed")) },
  { name: "upload", open: async (page) => go(page, "/upload", page.getByRole("button", { name: "Choose files" })) },
  { name: "operations", open: async (page) => go(page, "/operations", page.locator(".recharts-surface").first()) },
  { name: "settings", open: async (page) => go(page, "/settings", page.getByRole("radiogroup")) },
  { name: "missing", open: async (page) => go(page, "/videos/nothing", page.getByRole("link", { name: "Go to the library" })) },
];

const PHONE = { width: 390, height: 844 };

for (const { name, open } of VISITS) {
  test.describe(name, () => {
    test.use({ excused: ["404", "422"] });
    test("keeps to WCAG 2.2 AA in both themes, and to the width of a telephone", async ({ page }) => {
      await open(page);
      await looked(page, `${name}-light`);
      await page.emulateMedia({ colorScheme: "dark" });
      await looked(page, `${name}-dark`);
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: "light" });
      await looked(page, `${name}-phone`, true);
    });
  });
}

async function looked(page: Page, name: string, whole = false): Promise<void> {
  await shot(page, name, whole);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

test("the check for accessibility finds what was planted", async ({ page }) => {
  await page.goto("/settings");
  await expect(page.getByRole("radiogroup")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("main").evaluate((main) => main.insertAdjacentHTML("beforeend", '<img src="icon.svg"><input>'));
  const found = await violations(page);
  expect(found.some((each) => each.startsWith("image-alt:"))).toBe(true);
  expect(found.some((each) => each.startsWith("label:"))).toBe(true);
});

async function go(page: Page, path: string, shown: ReturnType<Page["locator"]>): Promise<void> {
  await page.goto(path);
  await expect(shown.first()).toBeVisible();
}

async function tab(page: Page, name: string): Promise<void> {
  await page.goto(await townHall(page));
  await page.getByRole("tab", { name }).click();
  await expect(page.getByRole("tabpanel", { name })).toBeVisible();
}
