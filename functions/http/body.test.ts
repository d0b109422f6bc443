import { HttpRequest } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readBody, requireLength } from "./body.ts";

const requestWith = (headers: Record<string, string>) =>
  new HttpRequest({ method: "PUT", url: "http://127.0.0.1/api/maintenance", headers });

describe("a request that needs a body", () => {
  it("is accepted if it states the body's length", () => {
    expect(() => {
      requireLength(requestWith({ "content-length": "2" }));
    }).not.toThrow();
  });

  it.each<[string, Record<string, string>]>([
    ["does not state the length", {}],
    ["is sent in chunks", { "transfer-encoding": "chunked" }],
    ["has both headers, since the host may use either", { "content-length": "2", "transfer-encoding": "chunked" }],
  ])("is refused if it %s", (_, headers) => {
    expect(() => {
      requireLength(requestWith(headers));
    }).toThrow(expect.objectContaining({ code: "length-required" }));
  });
});

it("a body with thousands of faults is refused in few words", async () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, index]));
  const body = JSON.stringify({ ...many, list: Array(1_000).fill(0) });
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  const request = new HttpRequest({ method: "PUT", url: "http://127.0.0.1/api/x", headers, body: { string: body } });
  const schema = z.strictObject({ list: z.array(z.string()) });
  const fault: unknown = await readBody(request, schema, 64 * 1_024).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: "malformed-body", message: expect.stringMatching(/; and 991 more$/) as string });
  expect((fault as Error).message.length).toBeLessThan(4_000);
});
