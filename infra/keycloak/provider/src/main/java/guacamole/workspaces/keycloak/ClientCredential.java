package guacamole.workspaces.keycloak;

import guacamole.workspaces.keycloak.api.Outage;
import guacamole.workspaces.keycloak.api.TokenSource;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.keycloak.crypto.Algorithm;
import org.keycloak.crypto.SignatureProvider;
import org.keycloak.jose.jws.JWSBuilder;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;

/** How the action authenticates at the token endpoint: RFC 6749 §2.3.1 or RFC 7523 §2.2. */
record ClientCredential(KeycloakSession session, RealmModel realm, Settings settings, String issuer)
    implements TokenSource.Credential {
  private static final int ASSERTION_LIFESPAN_SECONDS = 60;

  @Override
  public Map<String, String> parameters() throws Outage {
    var form = new LinkedHashMap<String, String>();
    form.put("client_id", settings.clientId());
    switch (settings.authentication()) {
      case SECRET -> form.put("client_secret", secret());
      case SIGNED_JWT -> {
        form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form.put("client_assertion", assertion());
      }
    }
    if (!settings.scope().isEmpty()) form.put("scope", settings.scope());
    if (!settings.audience().isEmpty()) form.put("audience", settings.audience());
    return form;
  }

  private String secret() throws Outage {
    var text = settings.clientSecret().text();
    if (!text.startsWith("${vault.")) return text;
    try (var kept = session.vault().getStringSecret(text)) {
      return kept.get().orElseThrow(() -> new Outage("get client secret: the vault has no " + text));
    }
  }

  private String assertion() throws Outage {
    var algorithm = realm.getDefaultSignatureAlgorithm();
    if (algorithm == null || algorithm.isEmpty()) algorithm = Algorithm.RS256;
    var signatures = session.getProvider(SignatureProvider.class, algorithm);
    if (signatures == null) throw new Outage("sign assertion: this realm has no key for " + algorithm);
    var now = Instant.now().getEpochSecond();
    var claims = new LinkedHashMap<String, Object>();
    claims.put("iss", settings.clientId());
    claims.put("sub", settings.clientId());
    claims.put("aud", issuer);
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("iat", now);
    claims.put("exp", now + ASSERTION_LIFESPAN_SECONDS);
    return new JWSBuilder().type("JWT").jsonContent(claims).sign(signatures.signer());
  }
}
