/** Starts the system before all tests; what it returns stops it after them. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, running, start, stop, system } from "./system";

export default async function setUp(): Promise<() => Promise<void>> {
  mkdirSync(join(BUILD, "screenshots"), { recursive: true });
  // A system that runs already is used and left as it is: to try one test again and again.
  if (process.env["E2E_DATA"] !== undefined) return () => Promise.resolve();
  rmSync(BUILD, { recursive: true, force: true });
  mkdirSync(join(BUILD, "screenshots"), { recursive: true });
  // PostgreSQL's own user must reach it, and its socket's path must be short.
  const data = (process.env["E2E_DATA"] = mkdtempSync(join(tmpdir(), "vp-web-")));
  const forget = () => rmSync(data, { recursive: true, force: true });
  await start().catch((error: unknown) => {
    forget();
    throw error;
  });
  const { pid } = system();
  return async () => {
    await stop(pid);
    // A test that was broken off may have left another in its place.
    if (running()) await stop(system().pid);
    forget();
  };
}
