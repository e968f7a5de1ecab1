/** An answer's claims with the numbers of what they stand on. */

export type Claim = { text: string; citations: number[] };

export type Citation = { number: number; title: string; start: number; link: string; quote: string };

/** For the clipboard: the claims, then each citation with its moment and its link. */
export function copied(claims: readonly Claim[], answer: string | null, citations: readonly Citation[]): string {
  const said = claims.length ? claims.map((claim) => `${claim.text}${marks(claim.citations)}`).join("\n") : (answer ?? "");
  const sources = citations.map((each) => `[${each.number}] “${each.quote}” (${each.title}) ${each.link}`);
  return [said, ...sources].filter(Boolean).join("\n\n");
}

/** Citations by their numbers, each once, in the order of the numbers. */
export function merged<T extends { number: number }>(known: readonly T[], more: readonly T[]): T[] {
  const all = new Map([...known, ...more].map((each) => [each.number, each]));
  return [...all.values()].sort((one, other) => one.number - other.number);
}

function marks(numbers: readonly number[]): string {
  return numbers.length ? ` ${numbers.map((number) => `[${number}]`).join("")}` : "";
}
