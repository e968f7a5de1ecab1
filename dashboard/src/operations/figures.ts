/** What the page of operations works out from the API's answers. */

import type { Schema } from "../api/client";

export type Letter = { queue: string; id: string };
export type Spent = Omit<Schema["CostLine"], "unpriced">;

/** As many as the API puts back at once. */
export const AT_ONCE = 100;

/** Letters by their queue, in batches that the API takes. */
export function batches(letters: readonly Letter[]): { queue: string; letters: string[] }[] {
  return [...new Set(letters.map(({ queue }) => queue))].flatMap((queue) => {
    const ids = letters.filter((letter) => letter.queue === queue).map(({ id }) => id);
    const starts = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) => at * AT_ONCE);
    return starts.map((start) => ({ queue, letters: ids.slice(start, start + AT_ONCE) }));
  });
}

/** All days together, by service and model; the dearest first. */
export function byModel(days: readonly Schema["DayCosts"][]): Spent[] {
  const found = new Map<string, Spent>();
  for (const { service, model, calls, input_tokens, output_tokens, minutes, usd } of days.flatMap(({ lines }) => lines)) {
    const name = `${service} ${model}`;
    const before = found.get(name);
    found.set(name, {
      service,
      model,
      calls: calls + (before?.calls ?? 0),
      input_tokens: input_tokens + (before?.input_tokens ?? 0),
      output_tokens: output_tokens + (before?.output_tokens ?? 0),
      minutes: minutes + (before?.minutes ?? 0),
      usd: usd + (before?.usd ?? 0),
    });
  }
  return [...found.values()].sort((one, other) => other.usd - one.usd || one.model.localeCompare(other.model));
}

export function holdsSomething({ visible, in_flight, delayed }: Schema["QueueDepth"]): boolean {
  return visible + in_flight + delayed > 0;
}

/** Queues that hold something, what was put aside first; then those that are idle. */
export function byNeed(queues: readonly Schema["QueueDepth"][]): Schema["QueueDepth"][] {
  const rank = (queue: Schema["QueueDepth"]) => (!holdsSomething(queue) ? 2 : queue.dead_letters ? 0 : 1);
  return [...queues].sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}
