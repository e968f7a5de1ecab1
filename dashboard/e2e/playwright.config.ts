import { defineConfig } from "@playwright/test";

const SECOND = 1_000;

/** Each project needs what the one before it has left in the system: first nothing, then a film and a failure. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../build/e2e/failures",
  globalSetup: "./setup.ts",
  // One system, two processors: what is measured and watched is not to wait for another test.
  workers: 1,
  fullyParallel: false,
  timeout: 90 * SECOND,
  expect: { timeout: 20 * SECOND },
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env["BROWSER"]!,
      // A film plays when a citation is pressed; tests press without hands.
      args: ["--autoplay-policy=no-user-gesture-required"],
    },
    viewport: { width: 1280, height: 850 },
    locale: "en-GB",
    screenshot: "only-on-failure",
  },
  projects: process.env["MEASURE"] ? [{ name: "measured", testMatch: "measure.spec.ts" }] : [
    { name: "empty", testMatch: "empty.spec.ts" },
    { name: "journey", testMatch: ["journey.spec.ts", "failure.spec.ts"], dependencies: ["empty"] },
    { name: "pages", testMatch: ["pages.spec.ts", "keyboard.spec.ts", "slow.spec.ts"], dependencies: ["journey"] },
    { name: "interrupted", testMatch: ["letters.spec.ts", "upload.spec.ts"], dependencies: ["pages"] },
    { name: "stopped", testMatch: "stopped.spec.ts", dependencies: ["interrupted"] },
  ],
});
