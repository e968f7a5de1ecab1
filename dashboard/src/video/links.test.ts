import { expect, it } from "vitest";
import { secondIn } from "./links";

it.each([
  ["https://videos.example/videos/abc?t=83.5", 83.5],
  ["https://videos.example/under/a/path/videos/abc?t=0", 0],
  ["https://videos.example/videos/other?t=83", null],
  ["https://videos.example/videos/abc", null],
  ["https://videos.example/videos/abc?t=-1", null],
  ["javascript:alert(1)", null],
  [undefined, null],
])("finds this video's second in %s", (href, second) => expect(secondIn(href, "abc")).toBe(second));
