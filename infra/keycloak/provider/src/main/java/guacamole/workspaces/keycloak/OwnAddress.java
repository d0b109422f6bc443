package guacamole.workspaces.keycloak;

import java.net.URI;
import java.util.Set;
import org.keycloak.Config;
import org.keycloak.models.RealmModel;

/** Whether Keycloak's own address, as a request shows it, can be believed. */
final class OwnAddress {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private OwnAddress() {}

  /**
   * Without a configured host name (hostname-strict=false, or development mode) Keycloak takes it from the request's
   * Host header, which the browser's owner can choose. Loopback leads nowhere else.
   */
  static boolean isTrusted(String base, RealmModel realm) {
    var hostname = Config.scope("hostname", "v2").get("hostname");
    var frontend = realm.getAttribute("frontendUrl");
    var isConfigured = hostname != null && !hostname.isBlank() || frontend != null && !frontend.isBlank();
    return isConfigured || LOOPBACK.contains(String.valueOf(URI.create(base).getHost()));
  }
}
