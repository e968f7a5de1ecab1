import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];

/** What the API refused (RFC 9457), or that it could not be reached: `status` 0. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly hint: string | null = null,
  ) {
    super(detail);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const UNREACHABLE = "unreachable";

/** What stands before a server says when the server does not answer. */
const GATEWAYS = [502, 503, 504];

export async function refusal(response: Response): Promise<Refused> {
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  if (!problem && GATEWAYS.includes(response.status)) return unreachable(response.status);
  return ofProblem(response.status, problem, response.statusText);
}

export function ofProblem(status: number, problem: Partial<Problem> | null, otherwise: string): Refused {
  const detail = problem?.detail ?? (otherwise || `HTTP ${status}`);
  return new Refused(status, problem?.code ?? `http_${status}`, detail, problem?.hint ?? null);
}

export function unreachable(status = 0): Refused {
  return new Refused(status, UNREACHABLE, "The server can't be reached.", "Check the connection, then try again.");
}

/** Breaking off is not a failure, so it stays what it is. */
export function broken(error: unknown): Error {
  return error instanceof DOMException && error.name === "AbortError" ? error : unreachable();
}
