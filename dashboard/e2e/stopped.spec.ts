/** The API is really stopped while its dashboard is still handed out, as a content network does; then it comes back. */

import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { preview, type PreviewServer } from "vite";
import { expect, shot, test, townHall, violations } from "./browser";
import { ROOT, start, stop, system } from "./system";

const RETRIES = 30_000;

let front: PreviewServer;
let again: ChildProcess | null = null;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  front = await preview({
    root: join(ROOT, "dashboard"),
    logLevel: "silent",
    preview: { port: 0, host: "127.0.0.1", proxy: { "/api": system().apiUrl } },
  });
});

test.afterAll(async () => {
  await front.close();
  if (again) await stop(again.pid!);
});

test.describe("while the API is stopped", () => {
  test.use({ excused: ["Failed to load resource"] });

  test("every page says what is wrong and offers another try; once the API is back, it is noticed", async ({ page }) => {
    const { apiUrl, apiKey, pid } = system();
    const film = await townHall(page);
    await stop(pid);
    const home = front.resolvedUrls!.local[0]!.replace(/\/$/, "");
    const pages = { library: "/", table: "/?view=table", jobs: "/jobs", video: film, operations: "/operations", job: "/jobs/00000000-0000-4000-8000-000000000000" };
    const open = await Promise.all(
      Object.entries(pages).map(async ([name, path]) => {
        const tab = await page.context().newPage();
        await tab.addInitScript((key) => sessionStorage.setItem("api-key", key), apiKey);
        await tab.goto(home + path);
        return { name, tab };
      }),
    );
    for (const { name, tab } of open) {
      await tab.bringToFront();
      await expect(tab.getByRole("alert").first()).toBeVisible({ timeout: RETRIES });
      await expect(tab.getByRole("button", { name: "Try again" }).first()).toBeVisible();
      await shot(tab, `error-${name}-light`);
      expect(await violations(tab)).toEqual([]);
    }
    again = await start(Number(new URL(apiUrl).port));
    const library = open[0]!.tab;
    await library.bringToFront();
    await expect(library.getByRole("link", { name: /Town hall/ })).toBeVisible();
  });
});
