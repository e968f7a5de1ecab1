import { describe, expect, it } from "vitest";
import { copied, merged } from "./citing";
import { bytes, dollars } from "./sizes";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_400_000_000, "1.4 GB"],
  [250_000, "250 KB"],
])("shows %d bytes as %s", (count, shown) => expect(bytes(count)).toBe(shown));

it("shows small sums finely enough to tell them from nothing", () => {
  expect(dollars(0)).toBe("$0.00");
  expect(dollars(0.0021)).toBe("$0.0021");
  expect(dollars(12.5)).toBe("$12.50");
});

describe("citations", () => {
  const one = { number: 1, title: "Town hall", start: 8, link: "https://v/videos/a?t=8", quote: "April fourteenth." };

  it("go to the clipboard with their numbers and links", () => {
    expect(copied([{ text: "In April.", citations: [1] }], null, [one])).toBe(
      "In April. [1]\n\n[1] “April fourteenth.” (Town hall) https://v/videos/a?t=8",
    );
  });

  it("stand in the order of their numbers, each once", () => {
    expect(merged([{ number: 2 }], [{ number: 1 }, { number: 2 }]).map((each) => each.number)).toEqual([1, 2]);
  });
});
