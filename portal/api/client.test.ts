import { describe, expect, it } from "vitest";
import { SignedOut } from "../sign-in.ts";
import { ApiError, apiOf, Unreachable } from "./client.ts";
import type { ShapeOf } from "./shape.ts";

/** Of an answer of which nothing is read. */
const any: ShapeOf<unknown> = {};

const answering = async () => Promise.resolve(Response.json({ ok: true }));
const withToken = (accessToken: () => Promise<string>) =>
  apiOf({ accessToken, discardToken: () => undefined }, answering).call("GET", "desktops", any);

describe("a call whose token has to be renewed", () => {
  it("is a passing trouble while the identity provider cannot be reached", async () => {
    await expect(withToken(async () => Promise.reject(new TypeError("Failed to fetch")))).rejects.toBeInstanceOf(
      Unreachable,
    );
  });

  it("ends the session's page if the session has ended", async () => {
    await expect(withToken(async () => Promise.reject(new SignedOut("the session has ended")))).rejects.toBeInstanceOf(
      SignedOut,
    );
  });

  it("is sent with the new token", async () => {
    expect((await withToken(async () => Promise.resolve("t"))).body).toEqual({ ok: true });
  });
});

describe("an answer that breaks off", () => {
  /** As fetch does it when the network goes in the middle of a body. */
  const breakingOff = (status: number, type: string) => async () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"user'));
            controller.error(new TypeError("network error"));
          },
        }),
        { status, headers: { "content-type": type } },
      ),
    );
  const session = { accessToken: async () => Promise.resolve("t"), discardToken: () => undefined };

  it.each([
    [200, "application/json"],
    [503, "application/problem+json"],
  ])("is a passing trouble, after %i too: who polls asks again", async (status, type) => {
    const call = apiOf(session, breakingOff(status, type)).call("GET", "desktops", any);
    await expect(call).rejects.toBeInstanceOf(Unreachable);
  });

  it("says that it was given up, if it was", async () => {
    const signal = AbortSignal.abort();
    const call = apiOf(session, breakingOff(200, "application/json")).call("GET", "desktops", any, { signal });
    await expect(call).rejects.not.toBeInstanceOf(Unreachable);
  });
});

describe("an answer that is not the API's", () => {
  const session = { accessToken: async () => Promise.resolve("t"), discardToken: () => undefined };
  const answered = async (answer: Response) =>
    apiOf(session, async () => Promise.resolve(answer)).call("GET", "users/alice/desktop", { state: "text" });
  const page = { headers: { "content-type": "text/html" } };
  const json = { headers: { "content-type": "application/json" } };
  const problem = { status: 502, headers: { "content-type": "application/problem+json" } };

  it.each([
    ["a page, as of a network that wants people to sign in", new Response("<h1>Welcome to the WiFi</h1>", page)],
    ["nothing", new Response("")],
    ["nothing, and says so", new Response(null, { status: 204 })],
    ["a gateway's problem, which has no explanation", new Response('{"title":"Bad Gateway"}', problem)],
    ["a problem that is no object", new Response("null", problem)],
    ["JSON that breaks off", new Response('{"state":"re', json)],
    ["a list", Response.json([])],
    ["null", Response.json(null)],
    ["an answer without what the page shows", Response.json({})],
    ["an answer with something else in its place", Response.json({ state: { is: "ready" } })],
  ])("is a passing trouble: %s", async (_words, answer) => {
    await expect(answered(answer)).rejects.toBeInstanceOf(Unreachable);
  });

  it("is told with the place of what is wrong in it", async () => {
    const shape = { desktops: [{ id: "text" }] } as const;
    const body = { desktops: [{ id: "a" }, { id: 7 }] };
    const call = apiOf(session, async () => Promise.resolve(Response.json(body))).call("GET", "desktops", shape);
    await expect(call).rejects.toThrow("the service answered something else than expected (see desktops.1.id)");
  });

  it("is no trouble if what is shown is still right", async () => {
    expect(await answered(new Response(null, { status: 304 }))).toMatchObject({ status: 304, body: undefined });
  });
});

describe("an answer whose status would be a failure elsewhere", () => {
  const session = { accessToken: async () => Promise.resolve("t"), discardToken: () => undefined };
  const answered = (answer: Response) => apiOf(session, async () => Promise.resolve(answer));

  it("is one where the caller expects it", async () => {
    const api = answered(Response.json({ status: "not ready" }, { status: 503 }));
    expect(await api.call("GET", "health/ready", any, { also: 503 })).toMatchObject({
      status: 503,
      body: { status: "not ready" },
    });
  });

  const refusal = {
    ...{ type: "urn:guacamole-workspaces:not-allowed", title: "Refused", status: 503, code: "not-allowed" },
    ...{ detail: "no", explanation: "No.", requestId: "1" },
  };

  it("is none if it is a problem, another status, or a gateway's page", async () => {
    const problem = { status: 503, headers: { "content-type": "application/problem+json" } };
    const refused = answered(new Response(JSON.stringify(refusal), problem)).call("GET", "health/ready", any, {
      also: 503,
    });
    await expect(refused).rejects.toBeInstanceOf(ApiError);
    const other = answered(Response.json({}, { status: 500 })).call("GET", "health/ready", any, { also: 503 });
    await expect(other).rejects.toBeInstanceOf(Unreachable);
    const page = answered(new Response("<html>", { status: 503, headers: { "content-type": "text/html" } }));
    await expect(page.call("GET", "health/ready", any, { also: 503 })).rejects.toBeInstanceOf(Unreachable);
  });
});
