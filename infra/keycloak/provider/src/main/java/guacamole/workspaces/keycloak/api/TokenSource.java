package guacamole.workspaces.keycloak.api;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Access tokens by client credentials. A token is kept until shortly before it expires, and only one is asked for at a
 * time: logins that arrive meanwhile wait for it.
 */
public final class TokenSource {
  /** A token that is about to expire could be refused when it arrives. */
  private static final Duration SPARE = Duration.ofSeconds(20);

  private static final Duration LONGEST_KEPT = Duration.ofHours(1);
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]+");

  private final Http http;
  private final URI tokenUrl;
  private final Duration connectTimeout;
  private final Duration readTimeout;
  private final Clock clock;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile Token kept = new Token("", Instant.MIN);

  private record Token(String text, Instant goodUntil) {}

  /** Who asks: the form parameters that authenticate the client, made anew for each request. */
  public interface Credential {
    Map<String, String> parameters() throws Outage;
  }

  public TokenSource(Http http, URI tokenUrl, Duration connectTimeout, Duration readTimeout, Clock clock) {
    this.http = http;
    this.tokenUrl = tokenUrl;
    this.connectTimeout = connectTimeout;
    this.readTimeout = readTimeout;
    this.clock = clock;
  }

  public String token(Credential credential) throws Outage {
    var token = kept;
    if (isGood(token)) return token.text;
    try {
      if (!asking.tryLock(connectTimeout.plus(readTimeout).toMillis(), TimeUnit.MILLISECONDS))
        throw new Outage("get token from " + tokenUrl + ": another login still waits for it");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new Outage("get token from " + tokenUrl + ": interrupted");
    }
    try {
      if (!isGood(kept)) kept = ask(credential);
      return kept.text;
    } finally {
      asking.unlock();
    }
  }

  /** Forgets a token that the API refused, unless another login has replaced it already. */
  public void forget(String refused) {
    if (kept.text.equals(refused)) kept = new Token("", Instant.MIN);
  }

  private boolean isGood(Token token) {
    return clock.instant().isBefore(token.goodUntil);
  }

  private Token ask(Credential credential) throws Outage {
    var askedAt = clock.instant();
    var what = "get token from " + tokenUrl;
    var form =
        credential.parameters().entrySet().stream()
            .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
            .collect(Collectors.joining("&", "grant_type=client_credentials&", ""));
    var request =
        HttpRequest.newBuilder(tokenUrl)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .POST(BodyPublishers.ofString(form));
    var answer = http.send(request, readTimeout, what);
    var json = Json.object(answer.body());
    if (json == null) throw new Outage(what + ": answered " + answer.status() + " without a JSON object");
    // Only the error's code: its description could quote what was sent.
    if (answer.status() != 200) throw new Outage(what + ": answered " + answer.status() + " " + Json.text(json, "error"));
    var text = Json.text(json, "access_token");
    if (text == null) throw new Outage(what + ": answered 200 without a token");
    // Anything else cannot be sent: the JDK's client refuses it with a message that contains it.
    if (!TOKEN.matcher(text).matches()) throw new Outage(what + ": answered 200 with a token that is not one (RFC 6750 §2.1)");
    var lifespan = Math.max(0, Math.min(json.path("expires_in").asLong(0), LONGEST_KEPT.toSeconds()));
    return new Token(text, askedAt.plusSeconds(lifespan).minus(SPARE));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
