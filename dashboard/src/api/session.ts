/** The API key: kept for this tab's session, never written anywhere that outlives it. */

const NAME = "api-key";

type Listener = () => void;

export type Session = {
  key: string | null;
  /** Why the last key was given up, as the API said it. */
  refusal: string | null;
};

const listeners = new Set<Listener>();
let session: Session = { key: stored()?.getItem(NAME) ?? null, refusal: null };

export function current(): Session {
  return session;
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function enter(key: string): void {
  stored()?.setItem(NAME, key);
  change({ key, refusal: null });
}

export function leave(refusal: string | null = null): void {
  stored()?.removeItem(NAME);
  change({ key: null, refusal });
}

function change(next: Session): void {
  session = next;
  listeners.forEach((listener) => listener());
}

function stored(): Storage | undefined {
  return globalThis.sessionStorage;
}
