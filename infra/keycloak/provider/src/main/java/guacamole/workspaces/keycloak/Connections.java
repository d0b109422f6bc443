package guacamole.workspaces.keycloak;

import guacamole.workspaces.keycloak.api.Http;
import guacamole.workspaces.keycloak.api.TokenSource;
import guacamole.workspaces.keycloak.api.WorkspacesApi;
import java.net.URI;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** The connection of each realm, with its token. A change of the realm's settings makes a new one. */
final class Connections {
  private record Connection(Settings settings, URI tokenUrl, Http http, TokenSource tokens, Semaphore places) {}

  private final Map<String, Connection> byRealm = new ConcurrentHashMap<>();

  WorkspacesApi api(String realmId, Settings settings, URI tokenUrl, TokenSource.Credential credential) {
    var connection =
        byRealm.compute(
            realmId,
            (id, kept) ->
                kept != null && kept.settings.equals(settings) && kept.tokenUrl.equals(tokenUrl)
                    ? kept
                    : connect(settings, tokenUrl));
    return new WorkspacesApi(connection.http, settings.apiUrl(), connection.tokens, credential, settings.readTimeout(), connection.places);
  }

  private static Connection connect(Settings settings, URI tokenUrl) {
    var http = new Http(settings.connectTimeout());
    var tokens =
        new TokenSource(http, tokenUrl, settings.connectTimeout(), settings.readTimeout(), Clock.systemUTC());
    return new Connection(settings, tokenUrl, http, tokens, new Semaphore(WorkspacesApi.CALLS_AT_ONCE));
  }
}
