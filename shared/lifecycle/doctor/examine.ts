import type { Check } from "./check.ts";
import * as cluster from "./cluster.ts";
import type { EstateFacts, Expected } from "./facts.ts";
import * as guacamole from "./guacamole.ts";
import * as pods from "./pods.ts";
import * as realm from "./realm.ts";

/** Every check of the estate but that of the settings, in order. */
export function examine(facts: EstateFacts, expected: Expected): Check[] {
  return [
    cluster.checkCluster(facts.cluster),
    cluster.checkClusterRights(facts.cluster),
    cluster.checkCustomResources(facts.cluster),
    cluster.checkAdmissionPolicy(facts.cluster),
    cluster.checkDefaultDeny(facts.cluster),
    cluster.checkIsolation(facts.cluster),
    pods.checkGuacd(facts.cluster, expected),
    pods.checkGuacamole(facts.cluster, expected),
    pods.checkDestinations(facts.cluster),
    pods.checkDns(facts.cluster, expected),
    guacamole.checkDatabase(facts.database),
    guacamole.checkSchema(facts.database),
    guacamole.checkDatabaseRights(facts.database),
    guacamole.checkUserNames(facts.database, expected.naming),
    realm.checkIssuer(facts.realm, expected),
    realm.checkLookupClient(facts.realm, expected),
    realm.checkGuacamoleClient(facts.realm, expected),
    realm.checkRealmMappers(facts.realm, facts.cluster, expected),
  ];
}
