import { describe, expect, it } from "vitest";
import { AT_ONCE, batches, byModel, byNeed } from "./figures";

describe("letters to be put back", () => {
  it("go by their queue, and never more than the API takes", () => {
    const many = Array.from({ length: 2 * AT_ONCE + 1 }, (_, at) => ({ queue: at % 2 ? "a" : "b", id: String(at) }));
    const made = batches(many);
    expect(made.map(({ queue, letters }) => [queue, letters.length])).toEqual([
      ["b", 100],
      ["b", 1],
      ["a", 100],
    ]);
    expect(new Set(made.flatMap(({ letters }) => letters)).size).toBe(many.length);
    expect(batches([])).toEqual([]);
  });
});

describe("what was spent", () => {
  const line = (model: string, usd: number, minutes = 0) =>
    ({ service: "language", model, calls: 2, input_tokens: 10, output_tokens: 1, minutes, usd, unpriced: 0 }) as const;

  it("is put together over the days, the dearest model first", () => {
    const days = [
      { day: "2026-05-02", usd: 3, lines: [line("cheap", 1), line("dear", 2)] },
      { day: "2026-05-01", usd: 2, lines: [line("dear", 2, 3)] },
    ];
    expect(byModel(days)).toEqual([
      { service: "language", model: "dear", calls: 4, input_tokens: 20, output_tokens: 2, minutes: 3, usd: 4 },
      { service: "language", model: "cheap", calls: 2, input_tokens: 10, output_tokens: 1, minutes: 0, usd: 1 },
    ]);
  });
});

describe("queues", () => {
  it("stand first where something was put aside, then where there is work", () => {
    const queue = (name: string, visible: number, in_flight = 0) => ({
      name, dead_letters: name.endsWith("-dlq"), visible, in_flight, delayed: 0,
    });
    const sorted = byNeed([queue("b", 0), queue("a-dlq", 0), queue("c", 0, 1), queue("z-dlq", 2)]);
    expect(sorted.map(({ name }) => name)).toEqual(["z-dlq", "c", "a-dlq", "b"]);
  });
});
