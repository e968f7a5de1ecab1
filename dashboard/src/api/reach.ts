/** Whether the server answers at all, as the last request found. */

type Listener = () => void;

const listeners = new Set<Listener>();
let reached = true;

export function current(): boolean {
  return reached;
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function note(now: boolean): void {
  if (now === reached) return;
  reached = now;
  listeners.forEach((listener) => listener());
}
