package guacamole.workspaces.keycloak.api;

/**
 * The answer that is needed did not come, or is not one that the API documents. The message is for the log: it says
 * what was asked of whom, and has no secret in it.
 */
public final class Outage extends Exception {
  private static final long serialVersionUID = 1L;

  public Outage(String message) {
    super(message, null, false, false);
  }
}
