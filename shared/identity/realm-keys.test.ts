import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Realm, verifyToken } from "./realm.ts";
import { realmKeys } from "./realm-keys.ts";

const minutes = 60_000;
const issuer = "https://login.example/realms/sde";
const kind = { name: "token", audience: "us", types: ["jwt"], required: [] };

interface Key {
  jwk: JWK;
  token: string;
}

/** A key with a token that it signed. */
async function makeKey(kid: string, alg = "ES256"): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const token = new SignJWT({}).setProtectedHeader({ alg, kid, typ: "JWT" }).setIssuer(issuer).setAudience("us");
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" }, token: await token.sign(privateKey) };
}

let published: JWK[];
let isAway: boolean;
let answersAfter: number;
/** When each fetch began. */
let fetches: number[];
let realm: Realm;

const start = (maxAgeMinutes = 60) => {
  const get = async () => {
    fetches.push(performance.now());
    if (answersAfter > 0) await new Promise((resolve) => setTimeout(resolve, answersAfter));
    return isAway
      ? Promise.reject(new Error("connection refused"))
      : Promise.resolve(new Response(JSON.stringify({ keys: published })));
  };
  const keys = realmKeys({ url: `${issuer}/certs`, maxAgeMinutes }, get);
  realm = { issuer, keys, algorithms: ["ES256", "RS256", "PS384", "ES512", "EdDSA"], clockSkewSeconds: 30 };
};
const verify = (token: string) => verifyToken(realm, kind, token);
/** What becomes of a token, by the error's code; "accepted" if it is. */
const outcome = (token: string) =>
  verify(token).then(
    () => "accepted",
    (error: unknown) => (error as { code: string }).code,
  );
/** Lets time pass until the answers are there. */
async function after<T>(milliseconds: number, answers: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  return answers;
}

let first: Key;
let second: Key;
beforeEach(async () => {
  [first, second] = await Promise.all([makeKey("first"), makeKey("second")]);
  published = [first.jwk];
  isAway = false;
  answersAfter = 0;
  fetches = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  start();
});
afterEach(() => vi.useRealTimers());

describe("the realm's keys", () => {
  it.each(["RS256", "PS384", "ES256", "ES512", "EdDSA"])("may be of the algorithm %s", async (alg) => {
    const key = await makeKey("k", alg);
    published = [key.jwk];
    expect(await outcome(key.token)).toBe("accepted");
  });

  it("are fetched once for everybody who comes at the start, and nobody waits for a second fetch", async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcome(first.token)));
    expect(new Set(outcomes)).toEqual(new Set(["accepted"]));
    expect(fetches).toHaveLength(1);
  });

  it("are there for those who come while they are being fetched", async () => {
    answersAfter = 300;
    const early = outcome(first.token);
    await vi.advanceTimersByTimeAsync(100);
    const late = outcome(first.token);
    expect(await after(200, Promise.all([early, late]))).toEqual(["accepted", "accepted"]);
    expect(fetches).toHaveLength(1);
  });

  it("are not read beyond 256 kB of the issuer's answer", async () => {
    published = [
      first.jwk,
      ...Array.from({ length: 3_000 }, (_, n) => ({ kty: "EC", kid: `made-up-${n}`.padEnd(80) })),
    ];
    expect(await outcome(first.token)).toBe("identity-unavailable");
    expect(await realm.keys.fault()).toContain("the issuer's answer has more than 262144 bytes");
  });

  it("are fetched again for a new one that came while they were being fetched", async () => {
    answersAfter = 300;
    const early = outcome(first.token);
    await vi.advanceTimersByTimeAsync(300);
    expect(await early).toBe("accepted");
    const unknown = outcome(second.token);
    await vi.advanceTimersByTimeAsync(750);
    published = [second.jwk, first.jwk];
    const justAdded = outcome(second.token);
    expect(await after(1_550, unknown)).toBe("accepted");
    expect(await justAdded).toBe("accepted");
  });

  it("include a new one within a second of its first use, right after another fetch", async () => {
    await verify(first.token);
    published = [second.jwk, first.jwk];
    expect(await after(1_000, outcome(second.token))).toBe("accepted");
    expect(fetches).toEqual([expect.any(Number), (fetches[0] ?? 0) + 1_000]);
  });

  it("are fetched at once for a new one if the last fetch was more than a second ago", async () => {
    await verify(first.token);
    published = [second.jwk, first.jwk];
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await outcome(second.token)).toBe("accepted");
  });

  it("are not fetched for each made-up key id, and the honest new key is still found", async () => {
    await verify(first.token);
    published = [second.jwk, first.jwk];
    const [, payload = "", signature = ""] = first.token.split(".");
    const madeUp = Array.from({ length: 990 }, (_, at) => {
      const header = Buffer.from(JSON.stringify({ alg: "ES256", kid: `made-up-${at}`, typ: "JWT" }));
      return outcome([header.toString("base64url"), payload, signature].join("."));
    });
    const honest = outcome(second.token);
    const outcomes = await after(1_000, Promise.all(madeUp));
    expect(await honest).toBe("accepted");
    expect(new Set(outcomes)).toEqual(new Set(["not-authenticated"]));
    expect(fetches.length).toBeLessThanOrEqual(2);
  });

  it("are waited for by a thousand requests at most; the others are told to come again", async () => {
    await verify(first.token);
    const [, payload = "", signature = ""] = first.token.split(".");
    const header = Buffer.from(JSON.stringify({ alg: "ES256", kid: "made-up", typ: "JWT" })).toString("base64url");
    const many = Array.from({ length: 1_200 }, () => outcome([header, payload, signature].join(".")));
    const outcomes = await after(1_000, Promise.all(many));
    expect(outcomes.filter((each) => each === "identity-unavailable")).toHaveLength(200);
    // Those who waited left their places.
    published = [second.jwk];
    expect(await after(1_000, outcome(second.token))).toBe("accepted");
  });

  it("are not asked for because of a key id that is known, whatever is wrong with the token", async () => {
    await verify(first.token);
    const { token } = await makeKey("first", "EdDSA");
    expect(await outcome(token)).toBe("not-authenticated");
    expect(fetches).toHaveLength(1);
  });

  it("lose one that the issuer no longer names within five minutes", async () => {
    await verify(first.token);
    published = [second.jwk];
    await vi.advanceTimersByTimeAsync(5 * minutes);
    expect(await outcome(first.token)).toBe("accepted");
    await vi.advanceTimersByTimeAsync(1);
    expect(await after(1_000, outcome(first.token))).toBe("not-authenticated");
  });

  it("lose it sooner if their maximum age is short", async () => {
    start(1);
    await verify(first.token);
    published = [second.jwk];
    await vi.advanceTimersByTimeAsync(30_001);
    expect(await after(1_000, outcome(first.token))).toBe("not-authenticated");
  });
});

describe("while the issuer is away", () => {
  it("the last keys are good until their maximum age, and then nobody is refused as if it were their fault", async () => {
    await verify(first.token);
    isAway = true;
    await vi.advanceTimersByTimeAsync(60 * minutes);
    expect(await outcome(first.token)).toBe("accepted");
    await vi.advanceTimersByTimeAsync(1);
    expect(await after(1_000, outcome(first.token))).toBe("identity-unavailable");
    isAway = false;
    expect(await after(1_000, outcome(first.token))).toBe("accepted");
  });

  it("it is asked once a second at most, by however many", async () => {
    isAway = true;
    for (let round = 0; round < 10; round += 1)
      await after(
        100,
        Promise.all([realm.keys.fault(), realm.keys.fault()]).catch(() => undefined),
      );
    void Promise.all(Array.from({ length: 100 }, () => outcome(first.token)));
    await vi.advanceTimersByTimeAsync(3_000);
    for (const [at, begun] of fetches.slice(1).entries())
      expect(begun - (fetches[at] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it("a token with an unknown key is not called wrong: nobody can tell", async () => {
    await verify(first.token);
    isAway = true;
    expect(await after(1_000, outcome(second.token))).toBe("identity-unavailable");
    expect(await outcome(first.token)).toBe("accepted");
  });

  it.each<[string, () => Response]>([
    ["an error", () => new Response("{}", { status: 500 })],
    ["no keys", () => new Response('{"keys":[]}')],
    ["something else", () => new Response("<html>")],
    ["null", () => new Response("null")],
  ])("or answers with %s, its keys stay as they were", async (_name, answer) => {
    let next = () => new Response(JSON.stringify({ keys: [first.jwk] }));
    const keys = realmKeys({ url: issuer, maxAgeMinutes: 60 }, () => Promise.resolve(next()));
    realm = { ...realm, keys };
    await verify(first.token);
    next = answer;
    await vi.advanceTimersByTimeAsync(6 * minutes);
    expect(await after(1_000, outcome(first.token))).toBe("accepted");
  });
});

describe("the fault of the keys", () => {
  it("is none as soon as keys are known, and names what is wrong otherwise", async () => {
    isAway = true;
    expect(await realm.keys.fault()).toBe("the issuer's keys cannot be fetched: connection refused");
    isAway = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await realm.keys.fault()).toBeNull();
    expect(await realm.keys.fault()).toBeNull();
    expect(fetches).toHaveLength(2);
    isAway = true;
    await vi.advanceTimersByTimeAsync(61 * minutes);
    expect(await realm.keys.fault()).toMatch(/connection refused/);
  });
});
