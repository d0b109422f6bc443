package guacamole.workspaces.keycloak.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import guacamole.workspaces.keycloak.api.Operation.State;
import guacamole.workspaces.keycloak.api.WorkspacesApi.Person;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("the client of the API")
class WorkspacesApiTest {
  /** As docs/api.md shows the answers. */
  static final String WORKSPACES =
      """
      {"username":"alice","workspaces":[
        {"workspace":"asthma-cohort","displayName":"Asthma cohort","description":"Sample workspace: Asthma cohort","entitled":true,
         "until":"2099-12-31","guacamoleUsername":"asthma-cohort@alice","desktop":{"state":"suspended","reason":"scaled to zero"}},
        {"workspace":"flu-season-2023","displayName":"Flu season 2023","entitled":false,"code":"workspace-expired",
         "reason":"flu-season-2023 ended after 2024-04-30"}]}
      """;

  static final String RUNNING =
      """
      {"id":"5e0e2ac3.2b0f4f0e","username":"alice","workspace":"asthma-cohort","requestedAt":"2026-11-24T09:30:00.000Z","state":"running",
       "progress":{"step":"readiness","number":9,"of":13,"since":"2026-11-24T09:30:02.000Z","message":"the container is running but not ready yet"}}
      """;

  private static final Duration SECOND = Duration.ofSeconds(1);
  private final Person alice = new Person("alice", "f7cd", "70c4", Map.of("groups", List.of("/asthma", "/a b")));
  private final FakeServer server = new FakeServer();
  private final Http http = new Http(SECOND);
  private final TokenSource tokens = new TokenSource(http, server.url("/token"), SECOND, SECOND, Clock.systemUTC());

  private final Semaphore places = new Semaphore(WorkspacesApi.CALLS_AT_ONCE);

  private WorkspacesApi api(Duration readTimeout) {
    return new WorkspacesApi(http, server.url("/api"), tokens, () -> Map.of("client_id", "c", "client_secret", "s&=ä"), readTimeout, places);
  }

  private final WorkspacesApi api = api(Duration.ofSeconds(20));

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  @DisplayName("lists workspaces with names, dates and reasons, and sends the claims")
  void list() throws Outage {
    server.api = (exchange, call) -> FakeServer.json(exchange, 200, WORKSPACES);
    var workspaces = api.list(alice);
    assertEquals(
        List.of(
            new Workspace("asthma-cohort", "Asthma cohort", "Sample workspace: Asthma cohort", true, LocalDate.of(2099, 12, 31), null, "asthma-cohort@alice", "suspended"),
            new Workspace("flu-season-2023", "Flu season 2023", null, false, null, "flu-season-2023 ended after 2024-04-30", null, null)),
        workspaces);
    var call = server.calls.get(0);
    assertEquals("POST /api/users/alice/workspaces", call.method() + " " + call.uri());
    assertEquals("{\"claims\":{\"groups\":[\"/asthma\",\"/a b\"]}}", call.body());
    assertEquals("Bearer token-1", call.authorization());
    assertTrue(server.tokenForms.get(0).startsWith("grant_type=client_credentials&"));
    assertTrue(server.tokenForms.get(0).contains("client_secret=s%26%3D%C3%A4"));
  }

  @Test
  @DisplayName("lists without claims by GET")
  void listWithoutClaims() throws Outage {
    server.api = (exchange, call) -> FakeServer.json(exchange, 200, WORKSPACES);
    assertEquals(2, api.list(new Person("jo+sde@example.org", "f7cd", "70c4", Map.of())).size());
    var call = server.calls.get(0);
    assertEquals("GET /api/users/jo%2Bsde%40example.org/workspaces", call.method() + " " + call.uri());
  }

  @Test
  @DisplayName("lists without claims where the product is too old for a body, and never puts them into the address")
  void listOfOlderProduct() throws Outage {
    server.api =
        (exchange, call) -> {
          if (call.method().equals("POST")) FakeServer.problem(exchange, 405, "method-not-allowed", "this route takes GET, HEAD");
          else FakeServer.json(exchange, 200, WORKSPACES);
        };
    assertEquals(2, api.list(alice).size());
    var call = server.calls.get(1);
    assertEquals("GET", call.method());
    assertEquals(null, call.uri().getQuery());
  }

  @Test
  @DisplayName("asks for a desktop with the person's claims, id and session")
  void choose() throws Outage, Refusal {
    server.api = (exchange, call) -> FakeServer.json(exchange, 202, RUNNING);
    var operation = api.choose(alice, "asthma-cohort", Duration.ofSeconds(3));
    assertEquals(State.RUNNING, operation.state());
    assertEquals(new Operation.Progress("readiness", 9, 13, "the container is running but not ready yet"), operation.progress());
    var call = server.calls.get(0);
    assertEquals("PUT /api/users/alice/desktop?wait=3", call.method() + " " + call.uri());
    assertEquals("{\"workspace\":\"asthma-cohort\",\"claims\":{\"groups\":[\"/asthma\",\"/a b\"]},\"subject\":\"f7cd\",\"session\":\"70c4\"}", call.body());
  }

  @ParameterizedTest
  @CsvSource({"200,done,DONE", "200,failed,FAILED", "200,superseded,SUPERSEDED", "202,pending,PENDING", "202,running,RUNNING"})
  @DisplayName("understands every state of an operation")
  void states(int status, String word, State state) throws Outage, Refusal {
    server.api = (exchange, call) -> FakeServer.json(exchange, status, "{\"id\":\"a.b\",\"state\":\"" + word + "\",\"reason\":\"why\",\"note\":\"n\",\"usuallyReadyWithinSeconds\":90}");
    var expected = new Operation("a.b", state, null, "why", "n", 90);
    assertEquals(expected, api.choose(alice, "w", Duration.ZERO));
    assertEquals(expected, api.operation("a.b", Duration.ZERO));
  }

  @ParameterizedTest
  @CsvSource({
    "400,malformed-body", "403,binding-expired", "403,workspace-not-bound", "404,unknown-user", "409,identity-changed",
    "409,being-retired", "413,body-too-large", "429,too-many", "503,activation-paused"
  })
  @DisplayName("passes on the words of a refusal")
  void refusals(int status, String code) {
    server.api = (exchange, call) -> FakeServer.problem(exchange, status, code, "the words");
    var refusal = assertThrows(Refusal.class, () -> api.choose(alice, "w", Duration.ZERO));
    assertEquals("the words", refusal.getMessage());
  }

  @Test
  @DisplayName("takes a gateway's 429 without words as a refusal without words")
  void limited() {
    server.api = (exchange, call) -> FakeServer.send(exchange, 429, "text/html", "<h1>slow down</h1>");
    assertNull(assertThrows(Refusal.class, () -> api.choose(alice, "w", Duration.ZERO)).getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "401,not-authenticated", "403,not-allowed", "500,internal", "503,cluster-unavailable", "503,identity-unavailable", "504,not-ready-in-time"
  })
  @DisplayName("takes its own faults and the API's as an outage, and names them for the log")
  void outages(int status, String code) {
    server.api = (exchange, call) -> FakeServer.problem(exchange, status, code, "the words");
    for (var outage : List.of(
        assertThrows(Outage.class, () -> api.choose(alice, "w", Duration.ZERO)),
        assertThrows(Outage.class, () -> api.list(alice)),
        assertThrows(Outage.class, () -> api.operation("a.b", Duration.ZERO))))
      assertTrue(outage.getMessage().endsWith(": answered " + status + " " + code + ": the words (request r-1)"), outage.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 301, 302, 307, 308, 400, 403, 404, 409, 502})
  @DisplayName("takes any answer without a problem as an outage, and follows no redirect")
  void strange(int status) {
    server.api = (exchange, call) -> {
      exchange.getResponseHeaders().set("location", server.url("/api/elsewhere").toString());
      FakeServer.send(exchange, status, "text/html", "");
    };
    assertThrows(Outage.class, () -> api.choose(alice, "w", Duration.ZERO));
    assertThrows(Outage.class, () -> api.list(alice));
    assertThrows(Outage.class, () -> api.operation("a.b", Duration.ZERO));
    assertEquals(3, server.calls.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", "{", "null", "[]", "\"text\"", "<html>", "{\"workspaces\":{}}", "{\"workspaces\":[{\"workspace\":\"a\"}]}", "{\"workspaces\":[{\"entitled\":true}]}",
    "{\"id\":\"../users\",\"state\":\"done\"}", "{\"id\":\"a.b\",\"state\":\"perhaps\"}", "{\"id\":\"a.b\"}", "{\"state\":\"done\"}"
  })
  @DisplayName("takes a body of another shape as an outage")
  void malformed(String body) {
    server.api = (exchange, call) -> FakeServer.json(exchange, 200, body);
    assertThrows(Outage.class, () -> api.choose(alice, "w", Duration.ZERO));
    assertThrows(Outage.class, () -> api.list(alice));
    assertThrows(Outage.class, () -> api.operation("a.b", Duration.ZERO));
  }

  @Test
  @DisplayName("stops reading a body that is too large")
  void huge() {
    server.api = (exchange, call) -> {
      exchange.sendResponseHeaders(200, 0);
      var chunk = new byte[64 * 1024];
      try (var body = exchange.getResponseBody()) {
        // Endless: only the reader can end it.
        while (true) body.write(chunk);
      } catch (IOException closed) {
        exchange.close();
      }
    };
    var outage = assertThrows(Outage.class, () -> api.list(alice));
    assertTrue(outage.getMessage().contains("larger than"), outage.getMessage());
  }

  @Test
  @DisplayName("gives up on an answer that never comes, and on a body that never ends")
  void late() {
    var hurried = api(Duration.ofMillis(300));
    server.api = (exchange, call) -> {}; // no answer
    assertTrue(assertThrows(Outage.class, () -> hurried.list(alice)).getMessage().contains("no answer within"));
    server.api = (exchange, call) -> {
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush(); // and nothing more
    };
    assertTrue(assertThrows(Outage.class, () -> hurried.list(alice)).getMessage().contains("no answer within"));
  }

  @Test
  @DisplayName("takes a refused connection as an outage")
  void refusedConnection() {
    var gone = server.url("/api");
    tokensAreReady();
    server.close();
    var nobody = new WorkspacesApi(http, gone, tokens, Map::of, SECOND, places);
    assertTrue(assertThrows(Outage.class, () -> nobody.list(alice)).getMessage().contains("no connection"));
  }

  private void tokensAreReady() {
    try {
      tokens.token(Map::of);
    } catch (Outage outage) {
      throw new AssertionError(outage);
    }
  }

  @Test
  @DisplayName("returns null for an operation that the API no longer knows")
  void forgotten() throws Outage {
    server.api = (exchange, call) -> FakeServer.problem(exchange, 404, "not-found", "there is none");
    assertNull(api.operation("a.b", Duration.ZERO));
  }

  @Test
  @DisplayName("replaces a refused token once")
  void refusedToken() throws Outage {
    server.api = (exchange, call) -> {
      if (call.authorization().equals("Bearer token-1")) FakeServer.problem(exchange, 401, "not-authenticated", "unknown key");
      else FakeServer.json(exchange, 200, WORKSPACES);
    };
    assertEquals(2, api.list(alice).size());
    assertEquals(2, server.tokenForms.size());
    server.api = (exchange, call) -> FakeServer.problem(exchange, 401, "not-authenticated", "no");
    assertThrows(Outage.class, () -> api.list(alice));
    assertEquals(3, server.tokenForms.size());
  }

  @Test
  @DisplayName("asks for one token, however many logins wait for it")
  void oneTokenRequest() throws Exception {
    var arrived = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var giveToken = server.token;
    server.token = (exchange, call) -> {
      arrived.countDown();
      try {
        go.await();
      } catch (InterruptedException stopped) {
        return;
      }
      giveToken.give(exchange, call);
    };
    var source = new TokenSource(http, server.url("/token"), Duration.ofSeconds(20), Duration.ofSeconds(20), Clock.systemUTC());
    var logins = Executors.newFixedThreadPool(8);
    try {
      var first = logins.submit(() -> source.token(Map::of));
      arrived.await();
      var others = java.util.stream.IntStream.range(0, 7).mapToObj(i -> logins.submit(() -> source.token(Map::of))).toList();
      go.countDown();
      assertEquals("token-1", first.get());
      for (var other : others) assertEquals("token-1", other.get());
      assertEquals(1, server.tokenForms.size());
    } finally {
      logins.shutdownNow();
    }
  }

  @ParameterizedTest
  @CsvSource({"401,invalid_client", "400,unauthorized_client", "503,temporarily_unavailable"})
  @DisplayName("names the code of a token refusal, and never what was sent")
  void tokenRefused(int status, String code) {
    server.token = (exchange, call) -> FakeServer.json(exchange, status, "{\"error\":\"" + code + "\",\"error_description\":\"bad secret " + call.body() + "\"}");
    var outage = assertThrows(Outage.class, () -> api.list(alice));
    assertTrue(outage.getMessage().endsWith("answered " + status + " " + code), outage.getMessage());
    assertFalse(outage.getMessage().contains("secret"), outage.getMessage());
    assertEquals(0, server.calls.size());
  }

  @Test
  @DisplayName("leaves Keycloak's threads to others if the API hangs, and waits only while there are places")
  void places() throws Outage {
    server.api = (exchange, call) -> FakeServer.json(exchange, 202, RUNNING);
    places.drainPermits();
    var full = assertThrows(Outage.class, () -> api.operation("a.b", SECOND));
    assertTrue(full.getMessage().endsWith("25 calls are waiting for answers already"), full.getMessage());
    assertEquals(List.of(), server.calls);
    assertEquals(List.of(), server.tokenForms);
    places.release(12);
    api.operation("a.b", SECOND);
    places.release(1);
    api.operation("a.b", SECOND);
    assertEquals(List.of("wait=0", "wait=1"), server.calls.stream().map(call -> call.uri().getQuery()).toList());
    server.api = (exchange, call) -> FakeServer.json(exchange, 500, "");
    assertThrows(Outage.class, () -> api.operation("a.b", SECOND));
    assertEquals(13, places.availablePermits());
  }

  @Test
  @DisplayName("neither keeps nor quotes a token that no header can have")
  void oddToken() throws Outage {
    var giveToken = server.token;
    server.api = (exchange, call) -> FakeServer.json(exchange, 200, WORKSPACES);
    server.token = (exchange, call) -> FakeServer.json(exchange, 200, "{\"access_token\":\"odd\\ntoken\",\"expires_in\":300}");
    var outage = assertThrows(Outage.class, () -> api.list(alice));
    assertFalse(outage.getMessage().contains("odd"), outage.getMessage());
    server.token = giveToken;
    assertEquals(2, api.list(alice).size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223372036854775807", "-9223372036854775808", "1e300", "\"soon\"", "null"})
  @DisplayName("believes no odd lifespan of a token")
  void oddLifespan(String lifespan) throws Outage {
    server.api = (exchange, call) -> FakeServer.json(exchange, 200, WORKSPACES);
    server.token = (exchange, call) -> FakeServer.json(exchange, 200, "{\"access_token\":\"t\",\"expires_in\":" + lifespan + "}");
    assertEquals(2, api.list(alice).size());
  }

  @Test
  @DisplayName("writes one line about an answer, whatever it contains")
  void oneLine() {
    server.api = (exchange, call) -> FakeServer.problem(exchange, 500, "c", "first\\nERROR second\\u001b[2J" + "x".repeat(5_000));
    var message = assertThrows(Outage.class, () -> api.list(alice)).getMessage();
    assertTrue(message.startsWith("list workspaces of alice: answered 500 c: first ERROR second [2Jx"), message);
    assertTrue(message.length() < 1_100, message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "[]", "<html>", "{\"access_token\":7}"})
  @DisplayName("takes an answer without a token as an outage")
  void noToken(String body) {
    server.token = (exchange, call) -> FakeServer.json(exchange, 200, body);
    assertThrows(Outage.class, () -> api.list(alice));
    assertEquals(0, server.calls.size());
  }
}
