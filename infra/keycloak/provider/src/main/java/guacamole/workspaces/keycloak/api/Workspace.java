package guacamole.workspaces.keycloak.api;

import java.time.LocalDate;

/**
 * A workspace that a binding gives the person, as {@code GET /users/{username}/workspaces} lists it.
 *
 * @param until the last day of the entitlement, or null
 * @param reason why the person is not entitled, or null
 * @param guacamoleUsername the name that Guacamole must read from the token; only if entitled
 * @param desktopState the state of the desktop there, or null
 */
public record Workspace(
    String name,
    String displayName,
    String description,
    boolean entitled,
    LocalDate until,
    String reason,
    String guacamoleUsername,
    String desktopState) {}
