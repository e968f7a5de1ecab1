import { expect, it } from "vitest";
import { voices } from "./speakers";

const said = (speaker: string | null, start: number, end: number) => ({ speaker, start, end });

it("tells who speaks, since when and for which part of the time", () => {
  const told = voices([said("Ann", 0, 3), said("Ben", 3, 4), said("Ann", 4, 4), said("Ben", 9, 13)]);
  expect(told).toEqual([
    { name: "Ann", first: 0, share: 3 / 8 },
    { name: "Ben", first: 3, share: 5 / 8 },
  ]);
});

it("leaves out what nobody with a name said", () => expect(voices([said(null, 0, 5), said("", 5, 6)])).toEqual([]));

it("divides by nothing when nothing lasts", () => {
  expect(voices([said("Ann", 2, 2), said("Ben", 5, 4)]).map(({ share }) => share)).toEqual([0, 0]);
});
