import { describe, expect, it } from "vitest";
import { SignedOut } from "../sign-in.ts";
import { apiOf, Unreachable } from "./client.ts";

const answering = async () => Promise.resolve(Response.json({ ok: true }));
const withToken = (accessToken: () => Promise<string>) =>
  apiOf({ accessToken, discardToken: () => undefined }, answering).call("GET", "desktops");

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
    const call = apiOf(session, breakingOff(status, type)).call("GET", "desktops");
    await expect(call).rejects.toBeInstanceOf(Unreachable);
  });

  it("says that it was given up, if it was", async () => {
    const signal = AbortSignal.abort();
    const call = apiOf(session, breakingOff(200, "application/json")).call("GET", "desktops", { signal });
    await expect(call).rejects.not.toBeInstanceOf(Unreachable);
  });
});
