import { describe } from "vitest";
import { aDayInTheLife } from "./day-in-the-life.ts";
import { keycloakAdmin } from "./estate.ts";

describe("a day in the life, with Keycloak's admin API and events that the realm signs", () => {
  aDayInTheLife({
    KEYCLOAK_WEBHOOK: "bearer",
    KEYCLOAK_WEBHOOK_AUDIENCE: "desktop-events",
    KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
    KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
  });
});
