/** What every test has at hand: a page that is signed in, and complaints that nobody may overlook. */

import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";
import { join } from "node:path";
import { BUILD, system } from "./system";

export { expect };

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

type Fixtures = {
  /** Has the API's key, as a tab in which it was entered. */
  page: Page;
  /** What a test expects to be complained about, as part of the text. */
  excused: string[];
};

export const test = base.extend<Fixtures>({
  baseURL: ({ locale: _ }, provide) => provide(system().apiUrl),
  excused: [[], { option: true }],
  page: async ({ page, excused }, provide) => {
    const complaints: string[] = [];
    watch(page, complaints);
    await page.addInitScript((key) => sessionStorage.getItem("api-key") ?? sessionStorage.setItem("api-key", key), system().apiKey);
    await provide(page);
    expect(complaints.filter((each) => !excused.some((part) => each.includes(part)))).toEqual([]);
  },
});

/** Errors of scripts, refusals of the content security policy, and requests to anybody else. */
export function watch(page: Page, complaints: string[]): void {
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!/^(http:\/\/(127\.0\.0\.1|localhost)[:/]|blob:|data:)/.test(request.url())) complaints.push(`third party: ${request.url()}`);
  });
}

/** Every rule of WCAG 2.2 AA that a program can check; each finding as `rule: element`. */
export async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  return found.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`));
}

/** For people to look through: `build/e2e/screenshots`. */
export async function shot(page: Page, name: string, fullPage = false): Promise<void> {
  await page.screenshot({ path: join(BUILD, "screenshots", `${name}.png`), fullPage, animations: "disabled" });
}

/** Where the film stands, once it can be shown there. */
export async function standsAt(page: Page): Promise<number> {
  return page.locator("video").evaluate((film: HTMLVideoElement) => film.currentTime);
}

/** The address of the town hall, which the journey has put in. */
export async function townHall(page: Page): Promise<string> {
  const answer = await page.request.get("/api/v1/videos?q=town", { headers: { "X-API-Key": system().apiKey } });
  const { items } = (await answer.json()) as { items: { id: string }[] };
  return `/videos/${items[0]!.id}`;
}
