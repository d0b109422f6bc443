import { settingOf, settingsSchema } from "../shared/config.ts";
import { policyFields } from "../shared/desktop/policy.ts";

/** What the stand-ins decide: where cluster, database and identity provider are, and how they are reached. */
const decided = /^(KUBECONFIG|CLUSTER_(AUTH|URL|CA)|NAMESPACE|WORKSPACES_NAMESPACE|DATABASE_.*|OIDC_.*|KEYCLOAK_.*)$/;

/**
 * The product's settings in an environment that a local start passes on: all but those that the stand-ins decide, or,
 * of all, those whose names match.
 */
export function passedOn(
  environment: Readonly<Record<string, string | undefined>>,
  matching?: RegExp,
): Record<string, string> {
  const names = [...Object.keys(settingsSchema.shape), ...Object.keys(policyFields).map(settingOf)];
  const wanted = names.filter((name) => (matching ? matching.test(name) : !decided.test(name)));
  const given = wanted.map((name) => [name, environment[name]] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
