/** Which action items somebody has ticked off, in this browser alone. */

import { useState } from "react";

const PREFIX = "done:";

export function useDone(videoId: string): [ReadonlySet<string>, (item: string, done: boolean) => void] {
  const [ticked, setTicked] = useState(() => read(localStorage.getItem(PREFIX + videoId)));
  const tick = (item: string, done: boolean) => {
    const next = new Set(ticked);
    if (done) next.add(item);
    else next.delete(item);
    setTicked(next);
    if (next.size) localStorage.setItem(PREFIX + videoId, JSON.stringify([...next]));
    else localStorage.removeItem(PREFIX + videoId);
  };
  return [ticked, tick];
}

/** What was stored may be anything: nothing is ticked then. */
export function read(stored: string | null): Set<string> {
  try {
    const items: unknown = JSON.parse(stored ?? "[]");
    return new Set(Array.isArray(items) ? items.filter((item) => typeof item === "string") : []);
  } catch {
    return new Set();
  }
}
