package guacamole.workspaces.keycloak.api;

/**
 * The answer that is needed did not come, or is not one that the API documents. The message is for the log: it says
 * what was asked of whom, and has no secret in it.
 */
public final class Outage extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST = 1_000;

  public Outage(String message) {
    // It may quote an answer: one line, and not a long one.
    super(oneLine(message), null, false, false);
  }

  private static String oneLine(String text) {
    var line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line;
  }
}
