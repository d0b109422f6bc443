package guacamole.workspaces.keycloak;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.RETURNS_SELF;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.lenient;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.events.EventBuilder;
import org.keycloak.forms.login.LoginFormsProvider;
import org.keycloak.http.HttpRequest;
import org.keycloak.models.ClientModel;
import org.keycloak.models.GroupModel;
import org.keycloak.models.KeycloakContext;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakUriInfo;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RequiredActionConfigModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.UserSessionModel;
import org.keycloak.models.UserSessionProvider;
import org.keycloak.sessions.AuthenticationSessionModel;
import org.keycloak.sessions.RootAuthenticationSessionModel;

/** One login of alice: what the action sees of Keycloak, and what it did. */
final class FakeLogin {
  final Map<String, String> settings = new HashMap<>();
  final Map<String, String> notes = new HashMap<>();
  final Map<String, String> clientNotes = new HashMap<>();
  final Map<String, String> sessionNotes = new HashMap<>();
  final Map<String, String> attributes = new HashMap<>();
  final Map<String, String> realmAttributes = new HashMap<>();
  final Set<String> actions = new HashSet<>();
  final List<String> done = new ArrayList<>();
  final List<String> errors = new ArrayList<>();
  final Map<String, Object> page = new HashMap<>();
  final Map<String, String> headers = new HashMap<>();
  String clientId = "guacamole";
  /** Keycloak's own address, as the request shows it. */
  String base = "http://localhost:8081/";
  /** The notes of the user session that exists already; null if there is none. */
  Map<String, String> userSession;

  final RealmModel realm = mock(RealmModel.class);
  final UserModel user = mock(UserModel.class);
  final KeycloakSession session = mock(KeycloakSession.class);
  private final RequiredActionContext context = mock(RequiredActionContext.class);
  private final Connections connections = new Connections();

  FakeLogin(URI api, URI token) {
    settings.putAll(Map.of("apiUrl", api.toString(), "tokenUrl", token.toString(), "clientSecret", "action-secret"));

    when(realm.getId()).thenReturn("realm-id");
    when(realm.getName()).thenReturn("sde");
    when(realm.getAttribute(anyString())).thenAnswer(call -> realmAttributes.get(call.<String>getArgument(0)));

    var asthma = mock(GroupModel.class);
    when(asthma.getName()).thenReturn("asthma");
    when(user.getUsername()).thenReturn("alice");
    when(user.getId()).thenReturn("f7cd");
    when(user.getGroupsStream()).thenAnswer(call -> Stream.of(asthma));
    when(user.getFirstAttribute(anyString())).thenAnswer(call -> attributes.get(call.<String>getArgument(0)));
    doAnswer(call -> attributes.put(call.getArgument(0), call.getArgument(1))).when(user).setSingleAttribute(anyString(), anyString());

    var root = mock(RootAuthenticationSessionModel.class);
    when(root.getId()).thenReturn("root-id");
    var client = mock(ClientModel.class);
    when(client.getClientId()).thenAnswer(call -> clientId);
    var login = mock(AuthenticationSessionModel.class);
    when(login.getParentSession()).thenReturn(root);
    when(login.getClient()).thenReturn(client);
    when(login.getRequiredActions()).thenReturn(actions);
    when(login.getAuthNote(anyString())).thenAnswer(call -> notes.get(call.<String>getArgument(0)));
    when(login.getClientNote(anyString())).thenAnswer(call -> clientNotes.get(call.<String>getArgument(0)));
    when(login.getUserSessionNotes()).thenReturn(sessionNotes);
    doAnswer(call -> actions.add(call.getArgument(0))).when(login).addRequiredAction(anyString());
    doAnswer(call -> notes.put(call.getArgument(0), call.getArgument(1))).when(login).setAuthNote(anyString(), any());
    doAnswer(call -> notes.remove(call.<String>getArgument(0))).when(login).removeAuthNote(anyString());
    doAnswer(call -> sessionNotes.put(call.getArgument(0), call.getArgument(1))).when(login).setUserSessionNote(anyString(), any());

    var present = mock(UserSessionModel.class);
    when(present.getNote(anyString())).thenAnswer(call -> userSession.get(call.<String>getArgument(0)));
    doAnswer(call -> userSession.put(call.getArgument(0), call.getArgument(1))).when(present).setNote(anyString(), any());
    doAnswer(call -> userSession.remove(call.<String>getArgument(0))).when(present).removeNote(anyString());
    var sessions = mock(UserSessionProvider.class);
    when(sessions.getUserSession(any(), anyString()))
        .thenAnswer(call -> userSession != null && call.getArgument(1).equals("root-id") ? present : null);
    when(session.sessions()).thenReturn(sessions);
    var keycloak = mock(KeycloakContext.class);
    var uri = mock(KeycloakUriInfo.class);
    when(uri.getBaseUri()).thenAnswer(call -> URI.create(base));
    when(keycloak.getUri()).thenReturn(uri);
    when(keycloak.resolveLocale(any())).thenReturn(Locale.UK);
    when(session.getContext()).thenReturn(keycloak);

    var event = mock(EventBuilder.class, RETURNS_SELF);
    doAnswer(call -> errors.add(call.getArgument(0))).when(event).error(anyString());

    when(context.getSession()).thenReturn(session);
    when(context.getRealm()).thenReturn(realm);
    when(context.getUser()).thenReturn(user);
    when(context.getAuthenticationSession()).thenReturn(login);
    when(context.getEvent()).thenReturn(event);
    when(context.getActionUrl()).thenReturn(URI.create("http://localhost:8081/a?session_code=once&execution=choose-workspace&tab_id=t"));
    when(context.form()).thenAnswer(call -> form());
    lenient().when(context.getConfig()).thenAnswer(call -> {
      var config = new RequiredActionConfigModel();
      config.setConfig(settings);
      return config;
    });
    doAnswer(call -> done.add("challenge")).when(context).challenge(any());
    doAnswer(call -> done.add("success")).when(context).success();
    doAnswer(call -> done.add("ignore")).when(context).ignore();
    doAnswer(call -> done.add("failure")).when(context).failure();
  }

  private LoginFormsProvider form() {
    page.clear();
    headers.clear();
    var form = mock(LoginFormsProvider.class, RETURNS_SELF);
    when(form.setAttribute(anyString(), any())).thenAnswer(call -> {
      page.put(call.getArgument(0), call.getArgument(1));
      return form;
    });
    when(form.setResponseHeader(anyString(), anyString())).thenAnswer(call -> {
      headers.put(call.getArgument(0), call.getArgument(1));
      return form;
    });
    when(form.createForm(anyString())).thenAnswer(call -> {
      page.put("template", call.getArgument(0));
      return mock(Response.class);
    });
    return form;
  }

  private ChooseWorkspace action() {
    return new ChooseWorkspace(session, name -> null, connections);
  }

  /** Returns whether the action is wanted. */
  boolean evaluate() {
    action().evaluateTriggers(context);
    return actions.contains("choose-workspace");
  }

  /** Shows the page. Returns its template, or what ended the action. */
  String show() {
    action().requiredActionChallenge(context);
    return outcome();
  }

  String send(String... namesAndValues) {
    var form = new MultivaluedHashMap<String, String>();
    for (var i = 0; i < namesAndValues.length; i += 2) form.putSingle(namesAndValues[i], namesAndValues[i + 1]);
    var request = mock(HttpRequest.class);
    when(request.getDecodedFormParameters()).thenReturn(form);
    when(context.getHttpRequest()).thenReturn(request);
    action().processAction(context);
    return outcome();
  }

  private String outcome() {
    var last = done.get(done.size() - 1);
    return last.equals("challenge") ? (String) page.get("template") : last;
  }

  String claim() {
    return sessionNotes.get("guacamole_username");
  }
}
