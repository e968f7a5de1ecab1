import { describe, expect, it } from "vitest";
import { marked, matching, segmentAt, speakersOf } from "./segments";

const SEGMENTS = [0, 4, 9.5].map((start, index) => ({ start, end: start + 3, text: `line ${index}` }));

describe("a transcript that follows", () => {
  it.each([
    [-1, -1],
    [0, 0],
    [3.5, 0],
    [4, 1],
    [9.49, 1],
    [500, 2],
  ])("stands at second %d in line %d, silences included", (second, line) => {
    expect(segmentAt(SEGMENTS, second)).toBe(line);
  });

  it("stands nowhere when nothing is said", () => expect(segmentAt([], 5)).toBe(-1));
});

describe("search in a transcript", () => {
  it("marks every place in any letter case and loses no letter", () => {
    const pieces = marked("Budget, budget and BUDGETS", "budget");
    expect(pieces.filter((piece) => piece.hit).map((piece) => piece.text)).toEqual(["Budget", "budget", "BUDGET"]);
    expect(pieces.map((piece) => piece.text).join("")).toBe("Budget, budget and BUDGETS");
  });

  it("takes what is typed as text, not as a pattern", () => {
    expect(marked("is it (3.2)?", "(3.2)?")).toContainEqual({ text: "(3.2)?", hit: true });
    expect(matching([{ text: "322" }, { text: "3.2" }], "3.2")).toEqual([1]);
  });

  it("finds words over a line break and nothing for blanks", () => {
    expect(matching([{ text: "go\nlive" }], "go live")).toEqual([0]);
    expect(matching([{ text: "go" }], "  ")).toEqual([]);
  });
});

it("knows speakers in the order in which they begin, each once", () => {
  expect(speakersOf([{ speaker: "Maria" }, {}, { speaker: "Daniel" }, { speaker: "Maria" }])).toEqual(["Maria", "Daniel"]);
});
