import { HttpRequest } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { requireLength } from "./body.ts";

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
