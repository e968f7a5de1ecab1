import { expect, it } from "vitest";
import type { AnswerEvent } from "../api/answers";
import { asked, failed, told } from "./turn";

const FOUND = {
  event: "found",
  data: { query: "And then?", understood: "When did the budget change?", conversation_id: "c1", results: [] },
} as AnswerEvent;

const citation = (number: number) => ({ number, title: "Town hall", quote: `quote ${number}` });

const claim = (text: string, ...numbers: number[]) =>
  ({ event: "claim", data: { claim: { text, citations: numbers }, citations: numbers.map(citation) } }) as AnswerEvent;

it("collects claims and their citations while they come", () => {
  const turn = [FOUND, claim("Two.", 2), claim("One and two.", 1, 2)].reduce(told, asked("t", "And then?"));
  expect(turn).toMatchObject({ state: "writing", understood: "When did the budget change?", conversation: "c1" });
  expect(turn.claims.map(({ text }) => text)).toEqual(["Two.", "One and two."]);
  expect(turn.citations.map(({ number }) => number)).toEqual([1, 2]);
});

it("lets the answer replace the claims that came before it", () => {
  const answer = {
    event: "answer",
    data: { query: "q", answer: "Other.", claims: [{ text: "Other.", citations: [1] }], citations: [citation(1)], results: [], engine: "x" },
  } as unknown as AnswerEvent;
  const turn = [FOUND, claim("Withdrawn.", 3), answer].reduce(told, asked("t", "q"));
  expect(turn.state).toBe("done");
  expect(turn.claims.map(({ text }) => text)).toEqual(["Other."]);
  expect(turn.citations).toHaveLength(1);
  expect(turn.conversation).toBe("c1");
});

it("keeps what was said before it failed", () => {
  const turn = failed(told(asked("t", "q"), claim("Said.", 1)), new Error("gone"));
  expect(turn).toMatchObject({ state: "failed", error: { message: "gone" } });
  expect(turn.claims).toHaveLength(1);
});
