// Runs the browser tests if there is a browser; without one says so in a sentence, which is no failure.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ELSEWHERE = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const browser = found() ?? installed();
if (browser === undefined) {
  console.log("The browser tests are skipped: no Chromium or Google Chrome was found; set BROWSER=/path/to/it, or install one.");
} else {
  console.log(`The browser tests use ${browser}.`);
  process.exitCode = played(browser);
}

function found() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const known = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.BROWSER, ...known, ...ELSEWHERE].find((path) => path && runs(path));
}

function runs(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only where a machine is made for one run: nobody's own computer gets a browser by running tests. */
function installed() {
  if (process.env.CI !== "true" || process.getuid?.() !== 0) return undefined;
  console.log("Installing Chromium for the browser tests.");
  spawnSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: ["ignore", "ignore", "inherit"] });
  return found();
}

function played(path) {
  const runner = fileURLToPath(import.meta.resolve("@playwright/test/cli"));
  const { status } = spawnSync(process.execPath, [runner, "test", ...process.argv.slice(2)], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    env: { ...process.env, BROWSER: path, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" },
    stdio: "inherit",
  });
  return status ?? 1;
}
