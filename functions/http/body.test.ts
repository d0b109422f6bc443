import { HttpRequest } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { requireLength } from "./body.ts";

const requestWith = (headers: Record<string, string>) =>
  new HttpRequest({ method: "PUT", url: "http://127.0.0.1/api/maintenance", headers });

describe("a request that has to have a body", () => {
  it("is taken if it says how long that is", () => {
    expect(() => {
      requireLength(requestWith({ "content-length": "2" }));
    }).not.toThrow();
  });

  it.each<[string, Record<string, string>]>([
    ["says nothing of its length", {}],
    ["is sent in chunks", { "transfer-encoding": "chunked" }],
    ["says both, of which the host may go by either", { "content-length": "2", "transfer-encoding": "chunked" }],
  ])("is refused if it %s", (_, headers) => {
    expect(() => {
      requireLength(requestWith(headers));
    }).toThrow(expect.objectContaining({ code: "length-required" }));
  });
});
