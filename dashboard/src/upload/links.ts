/** Where each part of an upload goes: presigned addresses, asked for again when they have expired or don't work. */

export type Renewal = { urls: readonly { number: number; url: string }[]; expires_at: string };
export type Renew = (job: string, numbers: number[]) => Promise<Renewal>;

type Link = { url: string; expires: number; used: number };

/** A part that is begun now may take this long. */
const MARGIN = 60_000;
/** The address may be at fault after so many tries, whatever the clock says. */
const TRIES = 2;
/** Asked for at a time: what comes next will be needed soon. */
export const AHEAD = 50;

export class Links {
  readonly #known = new Map<string, Map<number, Link>>();

  constructor(
    private readonly renew: Renew,
    private readonly now: () => number = Date.now,
  ) {}

  keep(job: string, { urls, expires_at }: Renewal): void {
    const known = this.#known.get(job) ?? new Map<number, Link>();
    for (const { number, url } of urls) known.set(number, { url, expires: Date.parse(expires_at), used: 0 });
    this.#known.set(job, known);
  }

  /** Of `parts` in all. An address that was tried in vain stays in use if there is no way to ask for another. */
  async of(job: string, number: number, parts: number): Promise<string> {
    const known = this.#known.get(job)?.get(number);
    if (!known || known.expires - this.now() < MARGIN || known.used >= TRIES) {
      await this.#ask(job, number, parts, known);
    }
    const link = this.#known.get(job)!.get(number)!;
    link.used += 1;
    return link.url;
  }

  forget(job: string): void {
    this.#known.delete(job);
  }

  async #ask(job: string, number: number, parts: number, known: Link | undefined): Promise<void> {
    const last = Math.min(parts, number + AHEAD - 1);
    const numbers = Array.from({ length: last - number + 1 }, (_, at) => number + at);
    try {
      this.keep(job, await this.renew(job, numbers));
    } catch (error) {
      if (!known || known.expires <= this.now()) throw error;
    }
  }
}
