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
