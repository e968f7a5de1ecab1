/** The conversation of this tab: it goes on while other pages are looked at, and ends with the tab or the key. */

import { answers, type Asked } from "../api/answers";
import * as session from "../api/session";
import { asked, failed, told, type Turn } from "./turn";

type Listener = () => void;

const listeners = new Set<Listener>();
let turns: readonly Turn[] = [];
let breaking: AbortController | null = null;

session.subscribe(() => session.current().key === null && reset());

export function current(): readonly Turn[] {
  return turns;
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function reset(): void {
  stop();
  change([]);
}

/** Ends the question under way; nothing remains of it. */
export function stop(): void {
  breaking?.abort();
  breaking = null;
  change(turns.filter((turn) => turn.state === "done" || turn.state === "failed"));
}

/** Asks; what comes back is told as it comes. A follow-up belongs to the conversation so far. */
export async function ask(question: Asked): Promise<void> {
  stop();
  const conversation = turns.findLast((turn) => turn.conversation)?.conversation ?? null;
  const own = (breaking = new AbortController());
  let turn = asked(crypto.randomUUID(), question.query);
  change([...turns, turn]);
  const put = (next: Turn) => {
    if (own.signal.aborted) return;
    turn = next;
    change(turns.map((each) => (each.id === next.id ? next : each)));
  };
  try {
    for await (const event of answers({ ...question, conversation_id: conversation }, own.signal)) put(told(turn, event));
  } catch (error) {
    put(failed(turn, error instanceof Error ? error : new Error(String(error))));
  }
}

function change(next: readonly Turn[]) {
  turns = next;
  listeners.forEach((listener) => listener());
}
