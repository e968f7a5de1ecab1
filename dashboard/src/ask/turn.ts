/** One question and what has become of it; pure, so that each event's effect can be tried. */

import type { AnswerEvent } from "../api/answers";
import type { Schema } from "../api/client";
import { merged } from "../logic/citing";

export type Turn = {
  id: string;
  query: string;
  state: "looking" | "writing" | "done" | "failed";
  understood: string | null;
  conversation: string | null;
  claims: Schema["ClaimInfo"][];
  citations: Schema["CitationInfo"][];
  results: Schema["ResultInfo"][];
  answer: string | null;
  /** That nothing answers it, in the language of the question. */
  unsaid: string | null;
  notes: string[];
  error: Error | null;
};

export function asked(id: string, query: string): Turn {
  return {
    id,
    query,
    state: "looking",
    understood: null,
    conversation: null,
    claims: [],
    citations: [],
    results: [],
    answer: null,
    unsaid: null,
    notes: [],
    error: null,
  };
}

/** `answer` is what counts: it takes the place of all claims before it. */
export function told(turn: Turn, { event, data }: AnswerEvent): Turn {
  switch (event) {
    case "found":
      return {
        ...turn,
        state: "writing",
        understood: data.understood,
        conversation: data.conversation_id,
        results: data.results,
      };
    case "claim":
      return { ...turn, claims: [...turn.claims, data.claim], citations: merged(turn.citations, data.citations) };
    case "answer":
      return {
        ...turn,
        state: "done",
        understood: data.understood ?? null,
        conversation: data.conversation_id ?? turn.conversation,
        claims: data.claims ?? [],
        citations: merged([], data.citations),
        results: data.results,
        answer: data.answer,
        unsaid: data.unsaid ?? null,
        notes: data.notes ?? [],
      };
  }
}

export function failed(turn: Turn, error: Error): Turn {
  return { ...turn, state: "failed", error };
}
