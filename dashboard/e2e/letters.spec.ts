/** A record that can't be obeyed is seen on the page of operations with its reason, and put back from there. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, shot, test, violations } from "./browser";
import { folder, ROOT } from "./system";

const PUT_ASIDE = 30_000;

/** Puts a record on the stream as any producer would, past everything that checks it. */
function putRecord(data: string): void {
  const { aws_endpoint_url } = JSON.parse(readFileSync(join(folder(), "endpoint.json"), "utf8")) as Record<string, string>;
  const program = [
    "import boto3, sys",
    "client = boto3.client('kinesis', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='any', aws_secret_access_key='any')",
    "client.put_record(StreamName='ingestion-stream-local', Data=sys.argv[2].encode(), PartitionKey='browser')",
  ];
  const made = spawnSync(process.env["PYTHON"] ?? "python3", ["-c", program.join("\n"), aws_endpoint_url!, data], { cwd: ROOT });
  expect(made.stderr.toString()).toBe("");
}

test("a dead letter says what was wrong and where, and goes back when it is asked to", async ({ page }) => {
  putRecord("this is not an event");
  await page.goto("/operations");
  const letters = page.getByRole("region", { name: "Dead letters" });
  await expect(async () => {
    await letters.getByRole("button", { name: "Look again" }).click();
    await expect(letters.getByRole("listitem")).toHaveCount(1, { timeout: 3_000 });
  }).toPass({ timeout: PUT_ASIDE });
  await expect(letters.getByRole("button", { name: "Look again" })).toBeEnabled();
  const letter = letters.getByRole("listitem");
  await expect(letter).toContainText("ingest-dlq");
  const since = (await letter.locator("time").getAttribute("datetime"))!;
  await expect(letter).toContainText("ingestion-stream");
  await letter.getByText("Show what it carries").click();
  await expect(letter.getByRole("region", { name: "Show what it carries" })).toHaveText("this is not an event");
  await shot(page, "operations-letter-light", true);
  expect(await violations(page)).toEqual([]);

  await letter.getByRole("button", { name: "Put back" }).click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("ingestion-stream");
  await question.getByRole("button", { name: "Not now" }).click();
  await expect(letter).toHaveCount(1);
  await letter.getByRole("button", { name: "Put back" }).click();
  await question.getByRole("button", { name: "Put back" }).click();
  await expect(letters.getByRole("status")).toContainText("1 letter is back.");
  // What was wrong with it is not mended, so its consumer puts it aside again: it really went back.
  await expect(async () => {
    await letters.getByRole("button", { name: "Look again" }).click();
    await expect(letter.locator("time")).not.toHaveAttribute("datetime", since, { timeout: 3_000 });
  }).toPass({ timeout: PUT_ASIDE });
});
