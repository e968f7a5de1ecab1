import { describe, expect, it } from "vitest";
import { ago, between, clock, span } from "./time";

describe("times for people", () => {
  it.each([
    [0, "0:00"],
    [9.99, "0:09"],
    [83, "1:23"],
    [3599.9, "59:59"],
    [3723, "1:02:03"],
    [-4, "0:00"],
  ])("shows second %d as %s", (seconds, shown) => expect(clock(seconds)).toBe(shown));

  it.each([
    [0.04, "under 0.1 s"],
    [9.4, "9.4 s"],
    [59.6, "1 min 0 s"],
    [184, "3 min 4 s"],
    [3720, "1 h 2 min"],
  ])("shows %d seconds as the span %s", (seconds, shown) => expect(span(seconds)).toBe(shown));

  it("tells near moments by their distance and far ones by their date", () => {
    const now = Date.parse("2026-03-10T12:00:00Z");
    expect(ago("2026-03-10T11:57:00Z", now)).toBe("3 minutes ago");
    expect(ago("2026-03-10T14:00:00Z", now)).toBe("in 2 hours");
    expect(ago("2026-03-10T12:00:20Z", now)).toBe("now");
    expect(ago("2026-02-01T12:00:00Z", now)).toBe("Feb 1, 2026");
  });

  it("counts what has not ended until now", () => {
    const now = Date.parse("2026-03-10T12:00:09Z");
    expect(between("2026-03-10T12:00:00Z", "2026-03-10T12:00:02Z", now)).toBe(2);
    expect(between("2026-03-10T12:00:00Z", null, now)).toBe(9);
  });
});
