import { expect, it } from "vitest";
import { passedOn } from "./passed-on.ts";

it("a local start passes on the product's settings, but not what the stand-ins decide, or anything else", () => {
  const own = {
    GUACAMOLE_URL: "https://guacamole.example",
    GUACAMOLE_API_URLS: "http://one:8080/guacamole",
    GUACAMOLE_API_USERNAME: "asker",
    GUACAMOLE_API_PASSWORD: "a password",
    GUACAMOLE_ENTITY_TEMPLATE: "{username}",
    CLUSTER_DOMAIN: "cluster.example",
    DESKTOP_IMAGE: "example.org/desktop:2",
    DESKTOP_CPU_LIMIT: "2",
    LEAVE_GRACE_MINUTES: "3",
    REAP_SCHEDULE: "*/10 * * * * *",
  };
  const others = {
    KUBECONFIG: "/somebody/kubeconfig",
    CLUSTER_AUTH: "entra",
    CLUSTER_URL: "https://theirs",
    NAMESPACE: "theirs",
    DATABASE_URL: "postgres://theirs",
    DATABASE_AUTH: "entra",
    OIDC_ISSUER: "https://theirs",
    OIDC_JWKS_URL: "https://theirs/certs",
    KEYCLOAK_WEBHOOK: "hmac",
    DESKTOP_SESSION: "gnome",
    PATH: "/bin",
    TIME_ZONE: undefined,
  };
  expect(passedOn({ ...own, ...others })).toEqual(own);
});
