import { expect, it } from "vitest";
import { stillAt } from "./stills";

const STILLS = [{ at: 2 }, { at: 12 }, { at: 22 }];

it.each([
  ["the one taken then", 12, 12],
  ["the nearest, be it later", 20, 22],
  ["the last of all at the end", 500, 22],
  ["the first before any was taken", 0, 2],
])("the still of a moment is %s", (_, second, at) => {
  expect(stillAt(STILLS, second)).toEqual({ at });
});

it("a film without stills has none", () => {
  expect(stillAt<{ at: number }>([], 3)).toBeUndefined();
});
