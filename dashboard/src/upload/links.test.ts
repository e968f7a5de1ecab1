import { describe, expect, it } from "vitest";
import { AHEAD, Links, type Renewal } from "./links";

const HOUR = 3_600_000;

function world() {
  const asked: number[][] = [];
  const clock = { now: 0, broken: false };
  const links = new Links(
    (_, numbers) => {
      if (clock.broken) return Promise.reject(new Error("no connection"));
      asked.push(numbers);
      return Promise.resolve(renewal(numbers, `new${asked.length}`, clock.now + HOUR));
    },
    () => clock.now,
  );
  return { asked, clock, links };
}

function renewal(numbers: number[], name: string, expires: number): Renewal {
  return { urls: numbers.map((number) => ({ number, url: `${name}/${number}` })), expires_at: new Date(expires).toISOString() };
}

describe("addresses of parts", () => {
  it("are those that were granted, as long as they hold", async () => {
    const { asked, clock, links } = world();
    links.keep("job", renewal([1, 2], "first", HOUR));
    clock.now = HOUR - 61_000;
    expect([await links.of("job", 2, 2), await links.of("job", 1, 2)]).toEqual(["first/2", "first/1"]);
    expect(asked).toEqual([]);
  });

  it("are asked for again shortly before they expire, and those of the next parts with them", async () => {
    const { asked, clock, links } = world();
    links.keep("job", renewal([1, 2, 3], "first", HOUR));
    clock.now = HOUR - 59_000;
    expect(await links.of("job", 2, 200)).toBe("new1/2");
    expect(await links.of("job", 3, 200)).toBe("new1/3");
    expect(asked).toEqual([Array.from({ length: AHEAD }, (_, at) => at + 2)]);
  });

  it("are asked for where none is known, up to the last part", async () => {
    const { asked, links } = world();
    expect(await links.of("job", 3, 4)).toBe("new1/3");
    expect(asked).toEqual([[3, 4]]);
  });

  it("that fail twice are replaced, whatever the clock says", async () => {
    const { links } = world();
    links.keep("job", renewal([1], "first", HOUR));
    const tried = [await links.of("job", 1, 1), await links.of("job", 1, 1), await links.of("job", 1, 1)];
    expect(tried).toEqual(["first/1", "first/1", "new1/1"]);
  });

  it("stay in use while nobody can be asked, until they have expired", async () => {
    const { clock, links } = world();
    links.keep("job", renewal([1], "first", HOUR));
    clock.broken = true;
    for (let times = 0; times < 5; times += 1) expect(await links.of("job", 1, 1)).toBe("first/1");
    clock.now = HOUR;
    await expect(links.of("job", 1, 1)).rejects.toThrow("no connection");
  });

  it("are forgotten with their upload", async () => {
    const { asked, links } = world();
    links.keep("job", renewal([1], "first", HOUR));
    links.forget("job");
    expect(await links.of("job", 1, 1)).toBe("new1/1");
    expect(asked).toHaveLength(1);
  });
});
