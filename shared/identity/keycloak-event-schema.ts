import { z } from "zod";

/** An event as keycloak-events sends it. Null and absent are the same; fields that we do not act on are not looked at. */
export const keycloakEventSchema = z
  .object({
    id: z.string().min(1).max(255).nullish().meta({ description: "Absent in keycloak-events 0.33; then uid counts" }),
    uid: z.string().min(1).max(255).nullish(),
    time: z.number().int().min(0).max(8.64e15),
    realmId: z.string().nullish().meta({
      description: "Not looked at: in keycloak-events 0.33 an administrator's event has the administrator's realm here",
    }),
    realmName: z.string().nullish(),
    type: z.string().max(255),
    authDetails: z
      .object({
        clientId: z.string().nullish(),
        userId: z.string().max(255).nullish(),
        username: z.string().nullish(),
        sessionId: z.string().max(255).nullish(),
      })
      .nullish(),
    resourcePath: z.string().max(2_000).nullish(),
    /** JSON in a string: what the administrator sent. */
    representation: z.string().nullish(),
  })
  .meta({ id: "KeycloakEvent" });
export type KeycloakEvent = z.output<typeof keycloakEventSchema>;
