package guacamole.workspaces.keycloak;

import java.time.Instant;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * What the action remembers between the pages of one login, in Keycloak's authentication session: the browser never
 * sees it.
 */
record LoginNotes(AuthenticationSessionModel login) {
  /** The note of the user session that becomes the claim (infra/keycloak/README.md §3). */
  static final String CLAIM = "guacamole_username";

  private static final String PREFIX = "choose-workspace.";
  private static final String WORKSPACE = PREFIX + "workspace";
  private static final String DISPLAY_NAME = PREFIX + "display-name";
  private static final String USERNAME = PREFIX + "guacamole-username";
  private static final String OPERATION = PREFIX + "operation";
  private static final String CHOSEN_AT = PREFIX + "chosen-at";
  private static final String ASKED = PREFIX + "asked";
  private static final String STILL = PREFIX + "still";
  private static final String ENDED = PREFIX + "ended";
  private static final String TOLD = PREFIX + "told";

  /** What the person has chosen, as the API lists it, and the operation that brings it up. */
  record Choice(String workspace, String displayName, String guacamoleUsername, String operation, Instant chosenAt) {}

  Choice choice() {
    var operation = login.getAuthNote(OPERATION);
    if (operation == null) return null;
    return new Choice(
        login.getAuthNote(WORKSPACE),
        login.getAuthNote(DISPLAY_NAME),
        login.getAuthNote(USERNAME),
        operation,
        Instant.ofEpochMilli(Long.parseLong(login.getAuthNote(CHOSEN_AT))));
  }

  void choose(Choice choice) {
    login.setAuthNote(WORKSPACE, choice.workspace());
    login.setAuthNote(DISPLAY_NAME, choice.displayName());
    login.setAuthNote(USERNAME, choice.guacamoleUsername());
    login.setAuthNote(OPERATION, choice.operation());
    login.setAuthNote(CHOSEN_AT, String.valueOf(choice.chosenAt().toEpochMilli()));
  }

  /** Forgets the choice. From now on the person is asked, even if there is only one workspace. */
  void askAgain() {
    for (var note : new String[] {WORKSPACE, DISPLAY_NAME, USERNAME, OPERATION, CHOSEN_AT, TOLD}) login.removeAuthNote(note);
    login.setAuthNote(ASKED, "true");
  }

  boolean isAsked() {
    return "true".equals(login.getAuthNote(ASKED));
  }

  /** The person does not want the page to refresh itself. */
  boolean isStill() {
    return "true".equals(login.getAuthNote(STILL));
  }

  void setStill(boolean still) {
    login.setAuthNote(STILL, String.valueOf(still));
  }

  /** The name in Guacamole that the session had, if its desktop cannot be used any more; else null. */
  String ended() {
    return login.getAuthNote(ENDED);
  }

  void setEnded(String guacamoleUsername) {
    login.setAuthNote(ENDED, guacamoleUsername);
  }

  /** The person has read that Guacamole may still be signed in under another name. */
  boolean isTold() {
    return "true".equals(login.getAuthNote(TOLD));
  }

  void setTold() {
    login.setAuthNote(TOLD, "true");
  }

  boolean hasClaim() {
    return login.getUserSessionNotes().get(CLAIM) != null;
  }
}
