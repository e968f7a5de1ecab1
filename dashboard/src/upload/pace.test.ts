import { expect, it } from "vitest";
import { pace, sampled, type Sample } from "./pace";

it("knows no pace before there are two samples", () => {
  expect(pace([])).toBeNull();
  expect(pace([{ at: 5, bytes: 1 }])).toBeNull();
});

it("tells the pace of the last seconds, not of the whole", () => {
  const seen = [0, 1, 10, 11, 12].map((second) => ({ at: second * 1000, bytes: second < 3 ? second : 1000 * second }));
  const kept = seen.reduce<Sample[]>((samples, now) => sampled(samples, now), []);
  expect(kept[0]!.at).toBe(10_000);
  expect(pace(kept)).toBe(1000);
});
