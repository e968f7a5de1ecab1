/** The journey with the keyboard alone: what has the focus is pressed, nothing is pointed at. */

import type { Page } from "@playwright/test";
import { expect, standsAt, test } from "./browser";

const MOST_STEPS = 60;

/** Tabs until what has the focus is called so. */
async function reach(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    await page.keyboard.press("Tab");
    const focus = page.locator(":focus");
    if (!(await focus.count())) continue;
    const called = await focus.evaluate((element) => element.getAttribute("aria-label") ?? element.textContent);
    if (name.test(called.trim())) {
      expect(await seen(page), `the focus on ${called} can be seen`).toBe(true);
      return;
    }
  }
  throw new Error(`${name} was not reached within ${MOST_STEPS} steps`);
}

/** Whether what has the focus is marked by an outline, on itself or around what it stands in. */
async function seen(page: Page): Promise<boolean> {
  return page.locator(":focus").evaluate((element) => {
    const marked = (each: Element) => getComputedStyle(each).outlineStyle !== "none" || getComputedStyle(each).boxShadow !== "none";
    return marked(element) || (element.parentElement !== null && marked(element.parentElement));
  });
}

test("from the library to a moment in a film", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("link", { name: /Town hall/ })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await reach(page, /Town hall/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/videos\//);
  await expect(page.getByRole("region", { name: "Transcript" }).getByRole("button").first()).toBeVisible();
  await reach(page, /go live|goes live/);
  await page.keyboard.press("Enter");
  await expect.poll(() => standsAt(page)).toBeGreaterThan(5);
});

test("from a question to the second of its answer", async ({ page }) => {
  await page.goto("/ask");
  await expect(page.getByLabel("Your question")).toBeFocused();
  await page.keyboard.type("When does Lighthouse go live?");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /^Citation 1/ }).first()).toBeVisible();
  await page.keyboard.press("Shift+Tab");
  for (let step = 0; step < MOST_STEPS && !(await page.getByRole("button", { name: /^Citation 1/ }).first().evaluate((each) => each === document.activeElement)); step++)
    await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => standsAt(page)).toBeGreaterThan(5);
  // The focus follows to what has come up.
  await expect(page.getByRole("complementary").getByRole("heading")).toBeFocused();
});
