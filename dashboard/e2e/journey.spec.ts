/** The whole way by hand and mouse: a film goes in, is watched, read and asked, and plays the second of its answer. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, shot, standsAt, test, townHall } from "./browser";
import { SAMPLES } from "./system";

const PROCESSED = 60_000;
// Frames lie a fraction of a second apart.
const NEAR = 0.5;

// What is not made yet is asked for, and a browser writes down each 404.
test.use({ excused: ["404"] });

test("a film with captions is uploaded, its job is followed, and it can be watched and read", async ({ page }) => {
  await page.goto("/upload");
  await page.locator("input[type=file]").setInputFiles([join(SAMPLES, "town-hall.mp4"), join(SAMPLES, "town-hall.vtt")]);
  await expect(page.getByText("town-hall.vtt")).toBeVisible();
  await page.getByLabel("Title").fill("Town hall");
  await shot(page, "upload-chosen-light");
  await page.getByRole("button", { name: /start/i }).click();
  await page.getByRole("main").getByRole("link", { name: /job/i }).first().click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { name: "Town hall" })).toBeVisible();
  await shot(page, "job-live-light");
  // No reload: the page itself tells when it is done.
  await page.getByRole("link", { name: "Watch the video" }).click({ timeout: PROCESSED });
  await expect(page).toHaveURL(/\/videos\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("region", { name: "Transcript" }).getByText("Lighthouse goes live on Tuesday").first()).toBeVisible();
  await expect(page.getByRole("tabpanel")).toContainText("In short", { timeout: PROCESSED });
  await expect.poll(() => page.locator("video").evaluate((film: HTMLVideoElement) => film.readyState)).toBeGreaterThan(0);
});

test("a line of the transcript is found by a word, and plays", async ({ page }) => {
  await page.goto(await townHall(page));
  await page.getByRole("searchbox").fill("budget");
  const found = page.getByRole("region", { name: "Transcript" }).locator("mark").first();
  await expect(found).toHaveText(/budget/i);
  await found.click();
  await expect.poll(() => standsAt(page)).toBeGreaterThan(1);
  expect(Number(new URL(page.url()).searchParams.get("t"))).toBeGreaterThan(1);
  await expect(page).toHaveURL(/q=budget/);
});

test("a deep link lands on its second", async ({ page }) => {
  await page.goto(`${await townHall(page)}?t=31`);
  await expect.poll(() => standsAt(page)).toBeCloseTo(31, 0);
  await expect(page.locator("[aria-current=true]")).toBeVisible();
});

test("a question is answered, and its citation plays at the second at which it was said", async ({ page }) => {
  await page.goto("/ask");
  await page.getByLabel("Your question").fill("When does Lighthouse go live?");
  await page.keyboard.press("Enter");
  const citation = page.getByRole("button", { name: /^Citation 1/ }).first();
  await expect(citation).toBeVisible();
  await shot(page, "ask-answered-light", true);
  const said = seconds((await citation.getAttribute("aria-label"))!);
  await citation.click();
  const film = page.getByRole("complementary").locator("video");
  await expect.poll(() => film.evaluate((each: HTMLVideoElement) => each.currentTime)).toBeGreaterThanOrEqual(said);
  await expect.poll(() => film.evaluate((each: HTMLVideoElement) => each.paused)).toBe(false);
  await film.evaluate((each: HTMLVideoElement) => each.pause());
  expect(await film.evaluate((each: HTMLVideoElement) => each.currentTime)).toBeLessThan(said + 10);
  await shot(page, "ask-cited-light");

  await page.getByLabel("Ask a follow-up").fill("And who is exempt from the hiring freeze?");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("article")).toHaveCount(2);
  await expect(page.getByRole("article").nth(1).getByRole("button", { name: /^Citation 1/ }).first()).toBeVisible();
  await page.getByRole("link", { name: "Open the video" }).click();
  await expect.poll(async () => Math.abs((await standsAt(page)) - said)).toBeLessThan(1 + NEAR);
});

test("promises become a checklist that is still ticked when one comes back", async ({ page }) => {
  await page.goto("/upload");
  const said = "WEBVTT\n\n00:01.000 --> 00:05.000\n<v Ann>I will send the report to Ben by Friday.\n\n00:06.000 --> 00:11.000\n<v Ben>Thank you. I will book the room for Monday.\n";
  const film = { name: "planning.mp4", mimeType: "video/mp4", buffer: readFileSync(join(SAMPLES, "no-captions.mp4")) };
  await page.locator("input[type=file]").setInputFiles([film, { name: "planning.vtt", mimeType: "text/vtt", buffer: Buffer.from(said) }]);
  await page.getByRole("button", { name: /start/i }).click();
  await page.getByRole("main").getByRole("link", { name: /job/i }).first().click();
  await page.getByRole("link", { name: "Watch the video" }).click({ timeout: PROCESSED });
  await page.getByRole("tab", { name: "Action items" }).click();
  const promise = page.getByRole("checkbox", { name: /send the report/ });
  await promise.check({ timeout: PROCESSED });
  await page.reload();
  await page.getByRole("tab", { name: "Action items" }).click();
  await expect(promise).toBeChecked();
  await expect(page.getByRole("checkbox", { name: /book the room/ })).not.toBeChecked();
  await shot(page, "actions-ticked-light");
});

test("a question is put to one film and one speaker", async ({ page }) => {
  await page.goto("/ask");
  await page.getByRole("button", { name: "Narrow down" }).click();
  await page.getByRole("combobox", { name: "Videos" }).fill("town");
  await page.getByRole("option", { name: "Town hall" }).click();
  await expect(page).toHaveURL(/video=/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Daniel Okafor" }).click();
  await shot(page, "ask-narrowed-light");
  await page.getByLabel("Your question").fill("How large is the budget?");
  await page.keyboard.press("Enter");
  const citation = page.getByRole("button", { name: /^Citation 1: Town hall/ }).first();
  // A hand moves before it arrives.
  await page.mouse.move(640, 400);
  await citation.hover();
  await expect(page.getByRole("tooltip").locator("img")).toHaveJSProperty("complete", true);
  await expect(page.getByRole("tooltip")).toContainText("Daniel Okafor");
  await shot(page, "ask-hover-light");
});

test("what is said is found from the library", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("searchbox").fill("when do interns start");
  const moment = page.getByRole("region", { name: "What is said" }).getByRole("link").first();
  await expect(moment).toBeVisible();
  await shot(page, "library-said-light");
  await moment.click();
  await expect(page).toHaveURL(/\/videos\/.*t=\d+/);
});

test("what the films don't answer is said so, with what comes nearest", async ({ page }) => {
  await page.goto("/ask");
  await page.getByLabel("Your question").fill("What is the capital of Mongolia?");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/^The videos don't (say|answer)/)).toBeVisible();
  await shot(page, "ask-unanswered-light", true);
});

/** `Citation 1: Town hall at 0:12. Play it.` */
function seconds(label: string): number {
  const [, clock] = / at ([\d:]+)\. /.exec(label)!;
  return clock!.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}
