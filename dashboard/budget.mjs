// What each page fetches before it can be used, compressed; fails when the first page becomes heavier than agreed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = join(import.meta.dirname, "dist");
const ENTRY = "index.html";
const FIRST = "src/library/page.tsx";
const KB = 1000;
/** Script and style of the library: at 1.6 Mbit/s a second's worth. */
const MOST_FIRST = 220 * KB;
const MOST_ANY = 250 * KB;

const manifest = JSON.parse(readFileSync(join(DIST, ".vite", "manifest.json"), "utf8"));

/** The chunk and all that it imports before it runs. */
function files(name, seen = new Set()) {
  if (seen.has(name)) return [];
  seen.add(name);
  const { file, css = [], imports = [] } = manifest[name];
  return [file, ...css, ...imports.flatMap((each) => files(each, seen))];
}

function weight(page) {
  const all = new Set([...files(ENTRY), ...files(page)]);
  return [...all].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file))).length, 0);
}

const pages = Object.keys(manifest).filter((name) => /^src\/.*page\.tsx$/.test(name));
if (!pages.includes(FIRST)) throw new Error(`the build has no page ${FIRST}`);
let heavy = false;
for (const page of pages) {
  const [bytes, most] = [weight(page), page === FIRST ? MOST_FIRST : MOST_ANY];
  heavy ||= bytes > most;
  console.log(`${page.padEnd(30)} ${(bytes / KB).toFixed(0).padStart(4)} KB of ${most / KB}${bytes > most ? "  TOO HEAVY" : ""}`);
}
process.exitCode = heavy ? 1 : 0;
