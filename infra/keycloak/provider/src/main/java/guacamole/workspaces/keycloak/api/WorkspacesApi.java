package guacamole.workspaces.keycloak.api;

import static guacamole.workspaces.keycloak.api.Json.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import guacamole.workspaces.keycloak.api.Operation.Progress;
import guacamole.workspaces.keycloak.api.Operation.State;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.keycloak.util.JsonSerialization;

/** The calls of a login to the product's API (docs/api.md). Every answer that it does not document is an outage. */
public final class WorkspacesApi {
  /** An operation's id, as docs/api.md shows it. It becomes part of a path. */
  private static final Pattern OPERATION_ID = Pattern.compile("[0-9a-zA-Z._-]{1,200}");

  /** These say that this client is set up wrongly: nothing that the person chooses helps. */
  private static final Set<String> FAULTS_OF_SETUP = Set.of("not-authenticated", "not-allowed");

  /**
   * Each call holds one of Keycloak's threads, of which there are 50 by default, and the token may come from this same
   * Keycloak. If the API hangs, logins to everything else must go on.
   */
  public static final int CALLS_AT_ONCE = 25;

  private final Http http;
  private final URI apiUrl;
  private final TokenSource tokens;
  private final TokenSource.Credential credential;
  private final Duration readTimeout;
  private final Semaphore places;

  /** The person: what the API needs to know about them. */
  public record Person(String username, String subject, String session, Map<String, List<String>> claims) {}

  public WorkspacesApi(
      Http http,
      URI apiUrl,
      TokenSource tokens,
      TokenSource.Credential credential,
      Duration readTimeout,
      Semaphore places) {
    this.http = http;
    this.apiUrl = apiUrl;
    this.tokens = tokens;
    this.credential = credential;
    this.readTimeout = readTimeout;
    this.places = places;
  }

  /** Every workspace that a binding gives the person, in the API's order. */
  public List<Workspace> list(Person person) throws Outage {
    var what = "list workspaces of " + person.username();
    var path = "users/" + encode(person.username()) + "/workspaces";
    Http.Answer answer;
    if (person.claims().isEmpty()) {
      answer = call(request(path).GET(), readTimeout, what);
    } else {
      answer = call(withBody(request(path), "POST", Map.of("claims", person.claims())), readTimeout, what);
      // Releases up to 0.1.0 take claims only in the address, which gateways log: they list what is bound by name.
      if (answer.status() == 405) answer = call(request(path).GET(), readTimeout, what);
    }
    if (answer.status() != 200) throw unexpected(what, answer);
    var list = read(answer, what).path("workspaces");
    if (!list.isArray()) throw new Outage(what + ": answered 200 without a list");
    var workspaces = new ArrayList<Workspace>();
    for (var each : list) workspaces.add(workspace(each, what));
    return workspaces;
  }

  /** Asks for the desktop in a workspace and waits for it up to {@code longest}. */
  public Operation choose(Person person, String workspace, Duration longest) throws Outage, Refusal {
    var wait = possibleWait(longest);
    var what = "ask for the desktop of " + person.username() + " in " + workspace;
    var body = new LinkedHashMap<String, Object>();
    body.put("workspace", workspace);
    if (!person.claims().isEmpty()) body.put("claims", person.claims());
    body.put("subject", person.subject());
    body.put("session", person.session());
    var path = "users/" + encode(person.username()) + "/desktop?wait=" + wait.toSeconds();
    var request = withBody(request(path), "PUT", body);
    var answer = call(request, readTimeout.plus(wait), what);
    if (answer.status() == 200 || answer.status() == 202) return operation(read(answer, what), what);
    throw refusalOrOutage(what, answer);
  }

  /** Returns the operation, after waiting for its end up to {@code longest}; null if the API no longer knows it. */
  public Operation operation(String id, Duration longest) throws Outage {
    var wait = possibleWait(longest);
    var what = "look at operation " + id;
    var answer =
        call(request("operations/" + id + "?wait=" + wait.toSeconds()).GET(), readTimeout.plus(wait), what);
    if (answer.status() == 200 || answer.status() == 202) return operation(read(answer, what), what);
    if (answer.status() == 404 && "not-found".equals(text(problem(answer), "code"))) return null;
    throw unexpected(what, answer);
  }

  private Http.Answer call(HttpRequest.Builder request, Duration timeout, String what) throws Outage {
    if (!places.tryAcquire()) throw new Outage(what + ": " + CALLS_AT_ONCE + " calls are waiting for answers already");
    try {
      return send(request, timeout, what);
    } finally {
      places.release();
    }
  }

  /** A token that was refused may be older than the realm's keys: it is replaced once. */
  private Http.Answer send(HttpRequest.Builder request, Duration timeout, String what) throws Outage {
    var token = tokens.token(credential);
    var answer = http.send(request.setHeader("authorization", "Bearer " + token), timeout, what);
    if (answer.status() != 401) return answer;
    tokens.forget(token);
    token = tokens.token(credential);
    return http.send(request.setHeader("authorization", "Bearer " + token), timeout, what);
  }

  /** Waiting is a convenience, since the page refreshes itself: it leaves places for logins that only look. */
  private Duration possibleWait(Duration longest) {
    return places.availablePermits() > CALLS_AT_ONCE / 2 ? longest : Duration.ZERO;
  }

  private HttpRequest.Builder request(String path) {
    var base = apiUrl.toString();
    return HttpRequest.newBuilder(URI.create(base + (base.endsWith("/") ? "" : "/") + path))
        .header("accept", "application/json, application/problem+json");
  }

  private static HttpRequest.Builder withBody(HttpRequest.Builder request, String method, Object body) {
    return request
        .header("content-type", "application/json")
        .method(method, BodyPublishers.ofByteArray(write(body).getBytes(StandardCharsets.UTF_8)));
  }

  private static Workspace workspace(JsonNode json, String what) throws Outage {
    var name = text(json, "workspace");
    var entitled = json.path("entitled");
    if (name == null || !entitled.isBoolean()) throw new Outage(what + ": a workspace has no name or no entitlement");
    var displayName = text(json, "displayName");
    return new Workspace(
        name,
        displayName == null ? name : displayName,
        text(json, "description"),
        entitled.asBoolean(),
        date(text(json, "until")),
        text(json, "reason"),
        text(json, "guacamoleUsername"),
        text(json.path("desktop"), "state"));
  }

  private static Operation operation(JsonNode json, String what) throws Outage {
    var id = text(json, "id");
    if (id == null || !OPERATION_ID.matcher(id).matches()) throw new Outage(what + ": the operation has no valid id");
    var word = String.valueOf(text(json, "state")).toUpperCase(Locale.ROOT);
    State state;
    try {
      state = State.valueOf(word);
    } catch (IllegalArgumentException unknown) {
      throw new Outage(what + ": the operation's state is not known");
    }
    var at = json.path("progress");
    var progress =
        at.isObject()
            ? new Progress(
                String.valueOf(text(at, "step")), at.path("number").asInt(), at.path("of").asInt(), text(at, "message"))
            : null;
    var usual = json.path("usuallyReadyWithinSeconds");
    var seconds = usual.canConvertToInt() ? (Integer) usual.asInt() : null;
    return new Operation(id, state, progress, text(json, "reason"), text(json, "note"), seconds);
  }

  private static Outage refusalOrOutage(String what, Http.Answer answer) throws Refusal {
    var problem = problem(answer);
    var code = text(problem, "code");
    var detail = text(problem, "detail");
    // A gateway limits rates without a problem of the API.
    if (answer.status() == 429) throw new Refusal(detail);
    var isOfPerson = answer.status() >= 400 && answer.status() < 500 && answer.status() != 401;
    // The only 503 that is about the wish, and whose words are for the person.
    if (answer.status() == 503 && "activation-paused".equals(code)) isOfPerson = true;
    if (isOfPerson && detail != null && code != null && !FAULTS_OF_SETUP.contains(code)) throw new Refusal(detail);
    return unexpected(what, answer);
  }

  private static Outage unexpected(String what, Http.Answer answer) {
    var problem = problem(answer);
    var code = text(problem, "code");
    var requestId = text(problem, "requestId");
    return new Outage(
        what
            + ": answered "
            + answer.status()
            + (code == null ? "" : " " + code + ": " + text(problem, "detail"))
            + (requestId == null ? "" : " (request " + requestId + ")"));
  }

  /** Returns the problem of an error answer; a missing node if it has none. */
  private static JsonNode problem(Http.Answer answer) {
    var problem = answer.contentType().startsWith("application/problem+json") ? Json.object(answer.body()) : null;
    return problem == null ? MissingNode.getInstance() : problem;
  }

  private static JsonNode read(Http.Answer answer, String what) throws Outage {
    var json = Json.object(answer.body());
    if (json == null) throw new Outage(what + ": answered " + answer.status() + " without a JSON object");
    return json;
  }

  private static String write(Object value) {
    try {
      return JsonSerialization.mapper.writeValueAsString(value);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static LocalDate date(String text) {
    try {
      return text == null ? null : LocalDate.parse(text);
    } catch (DateTimeParseException other) {
      return null;
    }
  }

  /** For a path segment or a query value: a space must not become a plus in a path. */
  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
