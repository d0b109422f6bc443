import type { ContractRealm } from "@stand-in/identity/contract";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { createRealm } from "./realm.ts";

/** A realm on a real Keycloak for the contract of the stand-in, with a client that may change people. */
export async function contractRealm(keycloak: RealKeycloak): Promise<ContractRealm> {
  const realm = await createRealm(keycloak);
  const administrator = await realm.addAdministrator();
  return {
    ...{ name: realm.name, issuer: realm.issuer, service: realm.service, lookup: realm.lookup, administrator },
    keyed: await realm.addKeyed(),
    portal: realm.portal,
    signIn: (username) => realm.signIn(username),
    tell: ({ backchannelLogout, webhook: { url, secret } }) =>
      realm.tell({
        backchannelLogout,
        ...(keycloak.distribution.events !== undefined && {
          webhook: { url, signedBy: { secret }, eventTypes: ["access.*", "admin.*"] },
        }),
      }),
    rotateKeys: () => realm.rotateKeys(),
    close: () => realm.remove(),
  };
}
