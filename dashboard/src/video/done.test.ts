import { expect, it } from "vitest";
import { read } from "./done";

it("reads what was ticked", () => expect(read('["a","b"]')).toEqual(new Set(["a", "b"])));

it.each([null, "", "{", '{"a":1}', "3", "null"])("takes %j for nothing ticked", (stored) => {
  expect(read(stored)).toEqual(new Set());
});

it("leaves out what is no text", () => expect(read('["a",1,null]')).toEqual(new Set(["a"])));
