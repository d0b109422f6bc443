import { afterAll, beforeAll, describe } from "vitest";
import { adminApiContract } from "./contract/admin-api.ts";
import { assertionsContract } from "./contract/assertions.ts";
import { codeGrantsContract } from "./contract/code-grants.ts";
import { eventsContract } from "./contract/events.ts";
import { keysContract } from "./contract/keys.ts";
import { loginRequestsContract } from "./contract/login-requests.ts";
import { loginsContract } from "./contract/logins.ts";
import { logoutContract } from "./contract/logout.ts";
import { type ContractRealm, type Version, versionFacts } from "./contract/realm.ts";
import { signOutContract } from "./contract/sign-out.ts";
import { tokensContract } from "./contract/tokens.ts";

export type { ContractRealm, SignedIn, Told, Version } from "./contract/realm.ts";
export { type Call, type Recorder, startRecorder } from "./contract/recorder.ts";

/**
 * What the product and its tests rely on in a Keycloak, field by field, as tests that run on the stand-in and on real
 * servers alike.
 *
 * @param connect prepares a realm with the clients, roles, groups and people of the development realm (infra/keycloak)
 */
export function describeIdentityContract(name: string, version: Version, connect: () => Promise<ContractRealm>): void {
  describe(name, () => {
    let connected: ContractRealm | undefined;
    const realm = (): ContractRealm => {
      if (connected === undefined) throw new Error("use realm: it is not connected yet (call this inside a test)");
      return connected;
    };
    beforeAll(async () => {
      connected = await connect();
    });
    afterAll(() => connected?.close());

    const facts = versionFacts(version);
    tokensContract(realm, facts);
    // Not tried on 25.
    if (facts.is26) assertionsContract(realm);
    adminApiContract(realm, facts);
    // After what looks at all sessions of a person, before what deletes people. Not tried on 25.
    if (facts.is26) {
      loginRequestsContract(realm);
      loginsContract(realm, facts);
      codeGrantsContract(realm, facts);
      signOutContract(realm, facts);
    }
    logoutContract(realm, facts);
    if (version.events !== undefined) eventsContract(realm, facts);
    keysContract(realm);
  });
}
