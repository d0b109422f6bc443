import type { AccessToken, TokenCredential } from "@azure/identity";

/** Gives a token for an audience, one that is valid for another minute at least. */
export interface Tokens {
  /** @param scope the audience, with /.default behind it. Rejects if the identity gives no token. */
  tokenFor(scope: string): Promise<AccessToken>;
}

/** A token is not handed out for its last minute: a call that is made with it may wait for its turn. */
const lastMilliseconds = 60_000;
/** Renewed this long before its end if the identity does not say when: the same as MSAL's own cache, which gives no newer one before. */
const renewalMilliseconds = 5 * 60_000;
/** Longer than the SDK's three retries of a server that fails (1, 2 and 4 seconds); the SDK has no limit of its own. */
const answerMilliseconds = 10_000;
/** The next request after one that failed. Short, since activities are tried again for 14 s only. */
const againMilliseconds = 1_000;

/**
 * Keeps a token for each audience and renews it before it ends: in the background, so that nobody waits, and so that an
 * outage of the identity's endpoint is not felt while the token is valid. One request at a time is made for an audience,
 * however many ask, and one a second while it fails. @azure/identity 4.14.1 does neither: once a renewal is due, its managed
 * identity makes a request for each caller, and fails if that fails; its getBearerTokenProvider leaves a renewal that fails
 * in the background uncaught.
 */
export function renewedTokens(
  credential: () => Promise<TokenCredential>,
  now: () => number = () => Date.now(),
): Tokens {
  const audiences = new Map<string, () => Promise<AccessToken>>();
  return {
    tokenFor(scope) {
      let token = audiences.get(scope);
      if (!token) {
        token = renewed(async () => withinTime((await credential()).getToken(scope)), now);
        audiences.set(scope, token);
      }
      return token();
    },
  };
}

function renewed(request: () => Promise<AccessToken | null>, now: () => number): () => Promise<AccessToken> {
  let kept: AccessToken | undefined;
  let asked: Promise<AccessToken> | undefined;
  let failure: { error: unknown; at: number } | undefined;

  async function ask(): Promise<AccessToken> {
    try {
      const token = await request();
      if (token === null) throw new Error("the identity gave no token");
      failure = undefined;
      return (kept = token);
    } catch (error) {
      failure = { error, at: now() };
      throw error;
    } finally {
      asked = undefined;
    }
  }

  /** A failure of the future is one from before the clock was put back. */
  const failedJustNow = () => failure && failure.at <= now() && now() < failure.at + againMilliseconds;

  return async () => {
    const good = kept && now() < kept.expiresOnTimestamp - lastMilliseconds ? kept : undefined;
    if (good && now() < renewalOf(good)) return good;
    if (!failedJustNow()) asked ??= ask();
    if (good) {
      asked?.catch(() => undefined); // it is asked for again soon, and told when it matters
      return good;
    }
    if (asked) return asked;
    throw failure?.error;
  };
}

function renewalOf({ expiresOnTimestamp, refreshAfterTimestamp }: AccessToken): number {
  return refreshAfterTimestamp ?? expiresOnTimestamp - renewalMilliseconds;
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`the identity's endpoint did not answer within ${answerMilliseconds / 1_000} s`));
  }, answerMilliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
