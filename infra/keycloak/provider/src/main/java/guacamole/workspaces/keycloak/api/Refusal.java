package guacamole.workspaces.keycloak.api;

/** The API refused a choice. The message is the API's own, for the person; null if it sent none. */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  public Refusal(String detail) {
    super(detail, null, false, false);
  }
}
