/** A slow line: each page says that it is under way, and then shows what came. */

import { expect, shot, test, townHall } from "./browser";

const LATENCY = 1_500;

for (const name of ["library", "jobs", "video", "operations"] as const) {
  test(`${name} says that it is on its way`, async ({ page }) => {
    const path = { library: "/", jobs: "/jobs", operations: "/operations", video: await townHall(page) }[name];
    // What comes before the API's answers is fetched beforehand, as on a second visit.
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const line = await page.context().newCDPSession(page);
    await line.send("Network.enable");
    await line.send("Network.emulateNetworkConditions", { offline: false, latency: LATENCY, downloadThroughput: -1, uploadThroughput: -1 });
    // Not until all is there: it is looked at on the way.
    await page.reload({ waitUntil: "commit" });
    await expect(page.getByRole("status").filter({ hasText: "Loading" }).first()).toBeVisible();
    await shot(page, `loading-${name}-light`);
    await expect(page.getByRole("status").filter({ hasText: "Loading" })).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  });
}
