package guacamole.workspaces.keycloak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;

import guacamole.workspaces.keycloak.api.FakeServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.keycloak.storage.ReadOnlyException;

@DisplayName("the required action")
class ChooseWorkspaceTest {
  private static final String CHOOSE = "choose-workspace.ftl";
  private static final String PROGRESS = "choose-workspace-progress.ftl";
  private static final String SIGN_IN_AGAIN = "choose-workspace-sign-in-again.ftl";
  private static final String UNAVAILABLE = "choose-workspace-unavailable.ftl";

  private final FakeServer server = new FakeServer();
  private final FakeLogin login = new FakeLogin(server.url("/api"), server.url("/token"));
  private String list = workspaces(entitled("asthma-cohort", "ready"), entitled("cancer-registry", "suspended"), refused("flu"));
  private String put = "done";
  private String operation = "done";

  @BeforeEach
  void answer() {
    server.api = (exchange, call) -> {
      if (call.method().equals("PUT")) FakeServer.json(exchange, 200, "{\"id\":\"a.b\",\"state\":\"" + put + "\",\"reason\":\"the reason\"}");
      else if (call.uri().getPath().contains("/operations/")) FakeServer.json(exchange, 200, "{\"id\":\"a.b\",\"state\":\"" + operation + "\",\"reason\":\"the reason\"}");
      else FakeServer.json(exchange, 200, list);
    };
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static String workspaces(String... each) {
    return "{\"username\":\"alice\",\"workspaces\":[" + String.join(",", each) + "]}";
  }

  static String entitled(String name, String state) {
    return "{\"workspace\":\"%s\",\"displayName\":\"The %s\",\"entitled\":true,\"until\":\"2099-12-31\",\"guacamoleUsername\":\"%s@alice\",\"desktop\":{\"state\":\"%s\",\"reason\":\"r\"}}".formatted(name, name, name, state);
  }

  static String refused(String name) {
    return "{\"workspace\":\"%s\",\"entitled\":false,\"code\":\"workspace-expired\",\"reason\":\"%s ended\"}".formatted(name, name);
  }

  private List<String> puts() {
    return server.calls.stream().filter(call -> call.method().equals("PUT")).map(FakeServer.Call::body).toList();
  }

  @Test
  @DisplayName("is wanted at every first login to Guacamole, and at no other client's")
  void firstLogin() {
    assertTrue(login.evaluate());
    login.actions.clear();
    login.clientId = "jupyterhub";
    assertFalse(login.evaluate());
    login.settings.put("guacamoleClient", "jupyterhub");
    assertTrue(login.evaluate());
    assertEquals(List.of(), server.calls);
  }

  @Test
  @DisplayName("is still wanted if its settings are faulty: nobody gets in without a claim")
  void faultySettings() {
    login.settings.remove("apiUrl");
    assertTrue(login.evaluate());
    assertEquals(UNAVAILABLE, login.show());
    assertNull(login.claim());
  }

  @Test
  @DisplayName("is not wanted again once it has succeeded in this login")
  void onceALogin() {
    login.sessionNotes.put("guacamole_username", "asthma-cohort@alice");
    assertFalse(login.evaluate());
  }

  private void returns(String state) {
    login.notes.put("SSO_AUTH", "true");
    login.userSession = new HashMap<>(Map.of("guacamole_username", "asthma-cohort@alice"));
    list = workspaces(entitled("asthma-cohort", state), entitled("cancer-registry", "ready"));
  }

  @ParameterizedTest
  @CsvSource({"ready,false", "starting,false", "in-use,false", "idle,false", "unknown,false", "suspended,true", "suspending,true", "failed,true", "absent,true", "retiring,true"})
  @DisplayName("asks nothing in a session whose desktop runs, and asks if it does not")
  void session(String state, boolean asks) {
    returns(state);
    assertEquals(asks, login.evaluate());
  }

  @Test
  @DisplayName("asks the API at most once in a while whether the entitlement goes on")
  void recheck() {
    returns("ready");
    assertFalse(login.evaluate());
    assertFalse(login.evaluate());
    assertEquals(1, server.calls.size());
    login.userSession.put("guacamole_workspaces_checked_at", "1");
    assertFalse(login.evaluate());
    assertEquals(2, server.calls.size());
    login.settings.put("recheckSeconds", "0");
    login.userSession.put("guacamole_workspaces_checked_at", "1");
    assertFalse(login.evaluate());
    assertEquals(2, server.calls.size());
  }

  @Test
  @DisplayName("asks when the entitlement has ended, and takes nothing else silently")
  void ended() {
    returns("ready");
    list = workspaces(refused("asthma-cohort"), entitled("cancer-registry", "ready"));
    assertTrue(login.evaluate());
    assertEquals(CHOOSE, login.show());
    assertEquals("chooseWorkspaceEnded", login.page.get("problem"));
    assertEquals(List.of(), puts());
  }

  @Test
  @DisplayName("asks again in the next login too if the person left the page that said so")
  void endedTwice() {
    returns("ready");
    list = workspaces(refused("asthma-cohort"), entitled("cancer-registry", "ready"));
    assertTrue(login.evaluate());
    login.actions.clear();
    login.notes.keySet().removeIf(note -> note.startsWith("choose-workspace."));
    assertTrue(login.evaluate());
    assertEquals(2, server.calls.size());
  }

  @Test
  @DisplayName("starts the only workspace again without asking if its desktop was suspended")
  void startsAgain() {
    returns("ready");
    list = workspaces(entitled("asthma-cohort", "suspended"));
    assertTrue(login.evaluate());
    assertEquals("success", login.show());
  }

  @Test
  @DisplayName("leaves the session as it is if the API does not answer")
  void outageInSession() {
    returns("ready");
    server.api = (exchange, call) -> FakeServer.problem(exchange, 503, "cluster-unavailable", "x");
    assertFalse(login.evaluate());
    assertFalse(login.evaluate());
    assertEquals(1, server.calls.size());
  }

  @Test
  @DisplayName("with prompt=none: nothing is asked of a session with a note, and a session without one is not enough")
  void promptNone() {
    returns("suspended");
    login.clientNotes.put("prompt", "none");
    assertFalse(login.evaluate());
    assertEquals(List.of(), server.calls);
    login.userSession.remove("guacamole_username");
    assertTrue(login.evaluate());
  }

  @Test
  @DisplayName("asks again after a new authentication in the same session")
  void reauthentication() {
    returns("ready");
    login.notes.remove("SSO_AUTH");
    assertTrue(login.evaluate());
  }

  @Test
  @DisplayName("offers the entitled, names the reasons of the others, and selects the last choice")
  @SuppressWarnings("unchecked")
  void offers() {
    login.attributes.put("guacamole_workspaces_last", "cancer-registry");
    assertEquals(CHOOSE, login.show());
    var offered = (List<Map<String, Object>>) login.page.get("offered");
    assertEquals(List.of("The asthma-cohort", "The cancer-registry"), offered.stream().map(each -> each.get("displayName")).toList());
    assertEquals(List.of(false, true), offered.stream().map(each -> each.get("selected")).toList());
    assertEquals("31 December 2099", offered.get(0).get("until"));
    var others = (List<Map<String, Object>>) login.page.get("refused");
    assertEquals(List.of("flu ended"), others.stream().map(each -> each.get("reason")).toList());
    assertEquals(false, login.page.get("cancellable"));
    assertNull(login.claim());
  }

  @Test
  @DisplayName("selects nothing if the last choice may not be used any more, and what was tried after a refusal")
  @SuppressWarnings("unchecked")
  void selects() {
    login.attributes.put("guacamole_workspaces_last", "flu");
    login.show();
    assertEquals(List.of(false, false), ((List<Map<String, Object>>) login.page.get("offered")).stream().map(each -> each.get("selected")).toList());
    login.attributes.put("guacamole_workspaces_last", "asthma-cohort");
    put = "failed";
    assertEquals(CHOOSE, login.send("choose", "true", "workspace", "cancer-registry"));
    assertEquals(List.of(false, true), ((List<Map<String, Object>>) login.page.get("offered")).stream().map(each -> each.get("selected")).toList());
  }

  @Test
  @DisplayName("writes the API's name for the chosen desktop into the session, and remembers the choice")
  void chooses() {
    assertEquals("success", login.send("choose", "true", "workspace", "cancer-registry"));
    assertEquals("cancer-registry@alice", login.claim());
    assertEquals(Map.of("guacamole_workspaces_last", "cancer-registry"), login.attributes);
    assertEquals(List.of("{\"workspace\":\"cancer-registry\",\"claims\":{\"groups\":[\"/asthma\"]},\"subject\":\"f7cd\",\"session\":\"root-id\"}"), puts());
  }

  @ParameterizedTest
  @CsvSource({"flu,chooseWorkspaceNotOffered", "somebody-elses,chooseWorkspaceNotOffered", ",chooseWorkspaceNothingChosen"})
  @DisplayName("asks for nothing that is not offered")
  void notOffered(String workspace, String problem) {
    assertEquals(CHOOSE, workspace == null ? login.send("choose", "true") : login.send("choose", "true", "workspace", workspace));
    assertEquals(problem, login.page.get("problem"));
    assertEquals(List.of(), puts());
  }

  @Test
  @DisplayName("takes the only entitled workspace without asking, unless the realm or the person wants to be asked")
  void onlyOne() {
    list = workspaces(entitled("asthma-cohort", "ready"), refused("flu"));
    login.settings.put("takeOnlyWorkspace", "false");
    assertEquals(CHOOSE, login.show());
    login.settings.put("takeOnlyWorkspace", "true");
    put = "running";
    assertEquals(PROGRESS, login.show());
    assertEquals(CHOOSE, login.send("again", "true"));
    assertEquals(CHOOSE, login.show());
    assertEquals(1, puts().size());
  }

  @Test
  @DisplayName("shows a refusal in the API's words and lets the person choose again")
  void refusal() {
    var answer = server.api;
    server.api = (exchange, call) -> {
      if (call.method().equals("PUT")) FakeServer.problem(exchange, 403, "binding-expired", "the words");
      else answer.give(exchange, call);
    };
    list = workspaces(entitled("asthma-cohort", "ready"));
    assertEquals(CHOOSE, login.show());
    assertEquals("the words", login.page.get("problemDetail"));
    assertEquals(CHOOSE, login.show());
    assertEquals(1, puts().size(), "a reload asks nothing again");
    assertNull(login.claim());
  }

  @Test
  @DisplayName("shows progress on a page that refreshes itself at an address without the code")
  void progress() {
    put = operation = "running";
    assertEquals(PROGRESS, login.send("choose", "true", "workspace", "asthma-cohort"));
    assertEquals("2; url=http://localhost:8081/a?execution=choose-workspace&tab_id=t", login.headers.get("Refresh"));
    assertEquals(PROGRESS, login.send("still", "true"));
    assertNull(login.headers.get("Refresh"));
    assertEquals(PROGRESS, login.show());
    assertNull(login.headers.get("Refresh"));
    assertNull(login.claim());
    operation = "done";
    assertEquals("success", login.send("check", "true"));
    assertEquals("asthma-cohort@alice", login.claim());
    assertEquals(1, puts().size());
  }

  @Test
  @DisplayName("lets the login go on after the longest wait")
  void longestWait() {
    put = "running";
    login.settings.put("longestWaitSeconds", "0");
    assertEquals("success", login.send("choose", "true", "workspace", "asthma-cohort"));
    assertEquals("asthma-cohort@alice", login.claim());
  }

  @ParameterizedTest
  @CsvSource({"failed,chooseWorkspaceFailed,the reason", "superseded,chooseWorkspaceSuperseded,"})
  @DisplayName("lets the person choose again if the work ended otherwise")
  void endedOtherwise(String state, String problem, String detail) {
    put = "running";
    assertEquals(PROGRESS, login.send("choose", "true", "workspace", "asthma-cohort"));
    operation = state;
    assertEquals(CHOOSE, login.show());
    assertEquals(problem, login.page.get("problem"));
    assertEquals(detail, login.page.get("problemDetail"));
    put = state;
    assertEquals(CHOOSE, login.send("choose", "true", "workspace", "asthma-cohort"));
    assertEquals(problem, login.page.get("problem"));
    assertNull(login.claim());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "token", "operation"})
  @DisplayName("ends with words and without a claim if an answer is missing")
  void outage(String which) {
    var answer = server.api;
    put = "running";
    if (which.equals("operation")) assertEquals(PROGRESS, login.send("choose", "true", "workspace", "asthma-cohort"));
    if (which.equals("token")) server.token = (exchange, call) -> FakeServer.json(exchange, 401, "{\"error\":\"invalid_client\"}");
    else server.api = (exchange, call) -> {
      if (which.equals("operation") || call.method().equals(which)) FakeServer.problem(exchange, 503, "cluster-unavailable", "x");
      else answer.give(exchange, call);
    };
    assertEquals(UNAVAILABLE, which.equals("operation") ? login.show() : login.send("choose", "true", "workspace", "asthma-cohort"));
    assertEquals(List.of("workspaces_unavailable"), login.errors);
    assertNull(login.claim());
    assertEquals(Map.of(), login.attributes);
  }

  @Test
  @DisplayName("never makes up the name in Guacamole")
  void noName() {
    list = workspaces("{\"workspace\":\"asthma-cohort\",\"entitled\":true}");
    assertEquals(UNAVAILABLE, login.show());
    assertEquals(List.of(), puts());
  }

  @Test
  @DisplayName("writes the user attribute before the claim, and ends if it is read-only")
  void attribute() {
    login.settings.put("userAttribute", "workspace_id_formatted");
    assertEquals("success", login.send("choose", "true", "workspace", "asthma-cohort"));
    assertEquals("asthma-cohort@alice", login.attributes.get("workspace_id_formatted"));
    login.sessionNotes.clear();
    doThrow(new ReadOnlyException("x")).when(login.user).setSingleAttribute(eq("workspace_id_formatted"), anyString());
    assertEquals(UNAVAILABLE, login.send("choose", "true", "workspace", "cancer-registry"));
    assertNull(login.claim());
  }

  @Test
  @DisplayName("goes on if only the last choice cannot be remembered")
  void lastChoiceReadOnly() {
    doThrow(new ReadOnlyException("x")).when(login.user).setSingleAttribute(anyString(), anyString());
    assertEquals("success", login.send("choose", "true", "workspace", "asthma-cohort"));
    assertEquals("asthma-cohort@alice", login.claim());
  }

  @Test
  @DisplayName("can be given up only if an application asked for it and nothing enforces it")
  void initiated() {
    login.clientNotes.put("kc_action_executing", "choose-workspace");
    list = workspaces(entitled("asthma-cohort", "ready"));
    assertEquals(CHOOSE, login.show());
    assertEquals(true, login.page.get("cancellable"));
    login.clientNotes.put("kc_action_enforced", "true");
    login.show();
    assertEquals(false, login.page.get("cancellable"));
  }

  @Test
  @DisplayName("says after a change that Guacamole may still be signed in under the other name")
  void signInAgain() {
    returns("ready");
    login.clientNotes.put("kc_action_executing", "choose-workspace");
    assertEquals("success", login.send("choose", "true", "workspace", "asthma-cohort"), "the same name as before");
    login.sessionNotes.clear();
    assertEquals(SIGN_IN_AGAIN, login.send("choose", "true", "workspace", "cancer-registry"));
    assertEquals("asthma-cohort@alice", login.page.get("before"));
    assertEquals(SIGN_IN_AGAIN, login.show());
    assertNull(login.claim());
    assertEquals(CHOOSE, login.send("again", "true"));
    assertEquals(SIGN_IN_AGAIN, login.send("choose", "true", "workspace", "cancer-registry"));
    assertEquals("success", login.send("continue", "true"));
    assertEquals("cancer-registry@alice", login.claim());
  }

  @Test
  @DisplayName("says nothing of that in a login that Guacamole began: it is signed out then")
  void begunByGuacamole() {
    returns("suspended");
    assertTrue(login.evaluate());
    assertEquals("success", login.send("choose", "true", "workspace", "cancer-registry"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"continue", "check", "still"})
  @DisplayName("takes no other button for a choice")
  void nothingChosenYet(String button) {
    assertEquals(CHOOSE, login.send(button, "true", "workspace", "asthma-cohort"));
    assertEquals(List.of(), puts());
    assertNull(login.claim());
  }

  @Test
  @DisplayName("sends the secret to no server that a Host header names")
  void ownAddress() {
    login.settings.remove("tokenUrl");
    login.base = "http://evil.example/";
    assertEquals(UNAVAILABLE, login.show());
    assertEquals(List.of(), server.tokenForms);
    login.realmAttributes.put("frontendUrl", "http://keycloak.example/");
    assertTrue(OwnAddress.isTrusted("http://keycloak.example/", login.realm));
    login.realmAttributes.clear();
    for (var loopback : List.of("http://localhost:8081/", "http://127.0.0.1/auth", "https://[::1]:8443/")) assertTrue(OwnAddress.isTrusted(loopback, login.realm), loopback);
    for (var other : List.of("http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://localhost@evil.example/")) assertFalse(OwnAddress.isTrusted(other, login.realm), other);
  }

  @Test
  @DisplayName("lets other clients' logins pass even if somebody gave it to a person")
  void otherClient() {
    login.clientId = "account-console";
    assertEquals("ignore", login.show());
    login.clientNotes.put("kc_action_executing", "choose-workspace");
    assertEquals(CHOOSE, login.show());
  }
}
