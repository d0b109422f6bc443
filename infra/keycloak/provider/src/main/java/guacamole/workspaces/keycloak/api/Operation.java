package guacamole.workspaces.keycloak.api;

/**
 * What became of a wish, as the API shows it.
 *
 * @param progress null before the work has begun
 * @param reason why it failed or what replaced it, for people; or null
 * @param note why nothing seems to happen, for people; or null
 * @param usuallyReadyWithinSeconds null if the API does not say
 */
public record Operation(
    String id, State state, Progress progress, String reason, String note, Integer usuallyReadyWithinSeconds) {

  public enum State {
    PENDING,
    RUNNING,
    DONE,
    FAILED,
    SUPERSEDED
  }

  /** @param message the cluster's last words, or null */
  public record Progress(String step, int number, int of, String message) {}
}
