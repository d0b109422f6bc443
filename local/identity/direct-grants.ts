import type { Client } from "./accounts.ts";
import { type Answer, problem } from "./answer.ts";
import type { BrowserRealm } from "./browser-realm.ts";
import { cliClient, idClaims, serviceAccountClaims, userClaims } from "./claims.ts";
import { decideAssertion } from "./client-assertion.ts";
import { openSession } from "./logins.ts";
import type { RealmUser } from "./realm-users.ts";
import { decideToken } from "./token-request.ts";

interface Issued {
  to: string;
  access_token: string;
  id_token?: string;
  session_state?: string;
  scope: unknown;
}

/** The grants without a browser: by client credentials and by password. */
export type DirectGrants = (form: URLSearchParams, authorization: string | undefined) => Promise<Answer>;

/** @param tokensAreLogins whether a token by password belongs to a session with Guacamole too */
export function directGrants(
  realm: BrowserRealm,
  { clients, tokensAreLogins }: { clients: readonly Client[]; tokensAreLogins: boolean },
): DirectGrants {
  const { frame, telling, people, issuer, sign, now } = realm;
  const usedAssertions = new Set<string>();

  function answerClient(client: Client): Issued {
    const claims = serviceAccountClaims(client, frame, now());
    return { to: String(claims["preferred_username"]), access_token: sign(claims), scope: claims["scope"] };
  }

  function answerPerson(person: RealmUser, asked: string): Issued {
    const isOpenId = asked.split(" ").includes("openid");
    const scope = isOpenId ? "openid profile email" : "profile email";
    const joined = tokensAreLogins ? [cliClient, telling.client] : [cliClient];
    const { id: session } = openSession(telling, person, joined, false);
    const access_token = sign(userClaims(person, session, scope, frame, now()));
    const id = () => sign(idClaims(person, session, cliClient, frame, now(), { accessToken: access_token }));
    return {
      ...{ to: person.username, access_token, session_state: session, scope },
      ...(isOpenId && { id_token: id() }),
    };
  }

  return async (form, authorization) => {
    const asserted = await decideAssertion(form, clients, { issuer, used: usedAssertions, now: now() });
    const publicClients = [telling.client, ...realm.clients().map(({ id }) => id)];
    const rules = { imitates: frame.imitates, publicClients };
    const decision = decideToken(form, authorization, clients, people, rules, asserted);
    if ("error" in decision) {
      telling.log(`refused a token: ${decision.error}`);
      return problem(decision.status, decision.error, decision.description);
    }
    const answer =
      "client" in decision ? answerClient(decision.client) : answerPerson(decision.person, form.get("scope") ?? "");
    telling.log(`issued a token to ${answer.to}`);
    const { access_token, id_token, session_state, scope } = answer;
    return {
      status: 200,
      body: {
        ...{ access_token, expires_in: frame.tokenSeconds, refresh_expires_in: 0, token_type: "Bearer" },
        ...(id_token !== undefined && { id_token }),
        "not-before-policy": 0,
        ...(session_state !== undefined && { session_state }),
        scope,
      },
    };
  };
}
