/** A question's answer as it comes about: what was found, each claim once verified, and the whole at the end. */

import { EventSourceParserStream } from "eventsource-parser/stream";
import { raw, type Schema } from "./client";
import { ofProblem, unreachable } from "./errors";

export type AnswerEvent =
  | { event: "found"; data: Schema["FoundEvent"] }
  | { event: "claim"; data: Schema["ClaimEvent"] }
  | { event: "answer"; data: Schema["QueryResponse"] };

export type Asked = Partial<Schema["QueryRequest"]> & { query: string };

/** Ends after `answer`; throws `Refused` for anything else that ends it. */
export async function* answers(asked: Asked, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const response = await raw("api/v1/query", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(asked),
    signal,
  });
  yield* read(response.body!);
}

export async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const text = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  const reader = text.pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { event, data } = next.value;
      const known = JSON.parse(data) as { status?: number };
      if (event === "error") throw ofProblem(known.status ?? 500, known, "");
      yield { event, data: known } as AnswerEvent;
      if (event === "answer") return;
    }
    throw unreachable();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
