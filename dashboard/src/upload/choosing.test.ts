import { describe, expect, it } from "vitest";
import { choose, MOST_BYTES, titleOf } from "./choosing";

const file = (name: string, size = 10) => ({ name, size });

describe("choosing files", () => {
  it("sends captions with the film of their name, with or without a language", () => {
    const { taken, refused } = choose([file("talk.en.vtt"), file("talk.mp4"), file("b.srt"), file("b.MOV")]);
    expect(taken.map(({ media, captions }) => [media.name, captions?.name])).toEqual([
      ["talk.mp4", "talk.en.vtt"],
      ["b.MOV", "b.srt"],
    ]);
    expect(refused).toEqual([]);
  });

  it("tells for each file why it is not sent", () => {
    const chosen = choose([file("notes.pdf"), file("mp4"), file("a.mp4", 0), file("b.mp4", MOST_BYTES + 1), file("c.vtt")]);
    expect(chosen.taken).toEqual([]);
    expect(chosen.refused.map(({ file: { name }, reason }) => [name, reason])).toEqual([
      ["notes.pdf", "kind"],
      ["mp4", "kind"],
      ["a.mp4", "empty"],
      ["b.mp4", "large"],
      ["c.vtt", "lone"],
    ]);
  });

  it("takes the largest that the API takes", () => {
    expect(choose([file("a.mp4", MOST_BYTES)]).taken).toHaveLength(1);
  });

  it("makes a title of a file's name", () => expect(titleOf("town_hall__spring.final.mp4")).toBe("town hall spring.final"));
});
