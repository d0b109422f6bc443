package guacamole.workspaces.keycloak;

import guacamole.workspaces.keycloak.LoginNotes.Choice;
import guacamole.workspaces.keycloak.Pages.Problem;
import guacamole.workspaces.keycloak.api.Operation;
import guacamole.workspaces.keycloak.api.Outage;
import guacamole.workspaces.keycloak.api.Refusal;
import guacamole.workspaces.keycloak.api.Workspace;
import guacamole.workspaces.keycloak.api.WorkspacesApi;
import guacamole.workspaces.keycloak.api.WorkspacesApi.Person;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.keycloak.authentication.InitiatedActionSupport;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.events.Details;
import org.keycloak.events.EventType;
import org.keycloak.models.Constants;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.UserSessionModel;
import org.keycloak.sessions.AuthenticationSessionModel;
import org.keycloak.storage.ReadOnlyException;

/**
 * The required action: a login to Guacamole goes on only when the person has a workspace, and then with the name of
 * their desktop as a note of the session. Without that name the login does not end (infra/keycloak/README.md §4).
 */
final class ChooseWorkspace implements RequiredActionProvider {
  private static final Logger LOG = Logger.getLogger(ChooseWorkspace.class);

  /** How long one page waits for news, in Keycloak's thread. */
  private static final Duration WAIT = Duration.ofSeconds(3);

  /** Present while the login is by the cookie of a session: AuthenticationManager.SSO_AUTH in Keycloak. */
  private static final String BY_COOKIE = "SSO_AUTH";

  private static final int MAX_AUTH_AGE_SECONDS = 30 * 24 * 60 * 60;
  private static final String CHECKED_AT = "guacamole_workspaces_checked_at";
  /** Whoever has such a desktop keeps it. Unknown is what it is while Guacamole's database does not answer. */
  private static final Set<String> RUNNING = Set.of("starting", "ready", "in-use", "idle", "unknown");

  private final KeycloakSession session;
  private final UnaryOperator<String> options;
  private final Connections connections;

  ChooseWorkspace(KeycloakSession session, UnaryOperator<String> options, Connections connections) {
    this.session = session;
    this.options = options;
    this.connections = connections;
  }

  @Override
  public InitiatedActionSupport initiatedActionSupport() {
    return InitiatedActionSupport.SUPPORTED;
  }

  /** Choosing another workspace changes no credential, so an application may ask for it late in a session. */
  @Override
  @SuppressWarnings("removal") // what 25 asks
  public int getMaxAuthAge() {
    return MAX_AUTH_AGE_SECONDS;
  }

  /** What 26 asks instead; the interface of 25 does not have it. */
  public int getMaxAuthAge(KeycloakSession session) {
    return MAX_AUTH_AGE_SECONDS;
  }

  @Override
  public void evaluateTriggers(RequiredActionContext context) {
    var login = context.getAuthenticationSession();
    if (!isForGuacamole(context)) return;
    // Keycloak asks several times in one login.
    if (new LoginNotes(login).hasClaim() || login.getRequiredActions().contains(ChooseWorkspaceFactory.ID)) return;
    if (!isDecided(context, login)) login.addRequiredAction(ChooseWorkspaceFactory.ID);
  }

  /** True if this is a login by a session in which the person has chosen, and the choice still holds. */
  private boolean isDecided(RequiredActionContext context, AuthenticationSessionModel login) {
    // A new authentication, even in the same session, is a new beginning.
    if (!"true".equals(login.getAuthNote(BY_COOKIE))) return false;
    var present = session.sessions().getUserSession(context.getRealm(), login.getParentSession().getId());
    var name = present == null ? null : present.getNote(LoginNotes.CLAIM);
    if (name == null) return false;
    // Nobody can be asked: the application only wants to know whether there is a session.
    if (hasPromptNone(login)) return true;
    if (stillHolds(context, present, name)) return true;
    new LoginNotes(login).setEnded(name);
    return false;
  }

  /**
   * Asks the API, at most once in a while. If it does not answer, the choice holds: the claim names this person's own
   * desktop, and the product itself withdraws access when an entitlement ends.
   */
  private boolean stillHolds(RequiredActionContext context, UserSessionModel present, String name) {
    try {
      var settings = settings(context);
      var every = settings.recheckAfter();
      if (every.isZero() || checkedAt(present).plus(every).isAfter(Instant.now())) return true;
      present.setNote(CHECKED_AT, String.valueOf(Instant.now().getEpochSecond()));
      var holds =
          api(context, settings).list(person(context, settings)).stream()
              .anyMatch(each -> each.entitled() && name.equals(each.guacamoleUsername()) && RUNNING.contains(String.valueOf(each.desktopState())));
      // Whoever leaves the page that follows and comes again must not get in because somebody just looked.
      if (!holds) present.removeNote(CHECKED_AT);
      return holds;
    } catch (Outage | Settings.Invalid unanswered) {
      LOG.warnf("check workspace: %s; the session keeps its workspace", unanswered.getMessage());
      return true;
    }
  }

  private static Instant checkedAt(UserSessionModel present) {
    var note = present.getNote(CHECKED_AT);
    return note == null ? Instant.EPOCH : Instant.ofEpochSecond(Long.parseLong(note));
  }

  @Override
  public void requiredActionChallenge(RequiredActionContext context) {
    // Whoever makes the action a default one, or gives it to a person, means logins to Guacamole.
    if (!isForGuacamole(context) && !isInitiated(context)) {
      context.ignore();
      return;
    }
    act(context, Map.of());
  }

  @Override
  public void processAction(RequiredActionContext context) {
    var form = context.getHttpRequest().getDecodedFormParameters();
    var sent = new HashMap<String, String>();
    form.forEach((name, values) -> sent.put(name, values.isEmpty() ? "" : values.get(0)));
    act(context, sent);
  }

  /** @param sent the form's fields; empty if a page is only shown */
  private void act(RequiredActionContext context, Map<String, String> sent) {
    try {
      var settings = settings(context);
      var step = new Step(context, settings, api(context, settings), person(context, settings), new LoginNotes(context.getAuthenticationSession()), nameBefore(context));
      step.take(sent);
    } catch (Settings.Invalid invalid) {
      unavailable(context, "read setting " + invalid.setting() + " of the required action " + ChooseWorkspaceFactory.ID + ": " + invalid.getMessage());
    } catch (Outage outage) {
      unavailable(context, outage.getMessage());
    }
  }

  /** The login stays where it is, without a claim, and the page says so. */
  private static void unavailable(RequiredActionContext context, String why) {
    LOG.errorf("choose workspace: %s", why);
    context.getEvent().clone().event(EventType.CUSTOM_REQUIRED_ACTION)
        .detail(Details.CUSTOM_REQUIRED_ACTION, ChooseWorkspaceFactory.ID)
        .error("workspaces_unavailable");
    context.challenge(Pages.unavailable(context));
  }

  /**
   * The name that this browser has in Guacamole, if an application asked for a change: it may be signed in there. In
   * any other login it is not, because Guacamole itself began the login. Else null.
   */
  private String nameBefore(RequiredActionContext context) {
    if (!isInitiated(context)) return null;
    var present = session.sessions().getUserSession(context.getRealm(), context.getAuthenticationSession().getParentSession().getId());
    return present == null ? null : present.getNote(LoginNotes.CLAIM);
  }

  /** One request of the person's browser. */
  private record Step(RequiredActionContext context, Settings settings, WorkspacesApi api, Person person, LoginNotes notes, String nameBefore) {
    void take(Map<String, String> sent) throws Outage {
      if (sent.containsKey("still")) notes.setStill("true".equals(sent.get("still")));
      if (sent.containsKey("continue")) notes.setTold();
      if (sent.containsKey("again")) notes.askAgain();
      else if (sent.containsKey("choose")) {
        chosen(sent.get("workspace"));
        return;
      }
      var choice = notes.choice();
      if (choice == null) offer();
      else watch(choice);
    }

    private void offer() throws Outage {
      var workspaces = api.list(person);
      var entitled = workspaces.stream().filter(Workspace::entitled).toList();
      if (entitled.size() == 1 && isTaken(entitled.get(0))) askFor(entitled.get(0), workspaces);
      else show(workspaces, hasLost(entitled) ? new Problem("chooseWorkspaceEnded", null) : null, null);
    }

    private boolean isTaken(Workspace only) {
      return settings.takesOnlyWorkspace() && !notes.isAsked() && !isInitiated(context) && !hasLost(List.of(only));
    }

    /** True if the session had a workspace that the person may not use any more: nothing else is taken silently. */
    private boolean hasLost(List<Workspace> entitled) {
      var ended = notes.ended();
      return ended != null && entitled.stream().noneMatch(each -> ended.equals(each.guacamoleUsername()));
    }

    private void chosen(String name) throws Outage {
      var workspaces = api.list(person);
      var entitled = workspaces.stream().filter(each -> each.entitled() && each.name().equals(name)).findFirst();
      if (entitled.isPresent()) askFor(entitled.get(), workspaces);
      else show(workspaces, new Problem(name == null ? "chooseWorkspaceNothingChosen" : "chooseWorkspaceNotOffered", null), name);
    }

    private void askFor(Workspace workspace, List<Workspace> workspaces) throws Outage {
      if (workspace.guacamoleUsername() == null)
        throw new Outage("list workspaces of " + person.username() + ": " + workspace.name() + " has no guacamoleUsername");
      try {
        var operation = api.choose(person, workspace.name(), WAIT);
        var choice = new Choice(workspace.name(), workspace.displayName(), workspace.guacamoleUsername(), operation.id(), Instant.now());
        notes.choose(choice);
        follow(choice, operation);
      } catch (Refusal refusal) {
        notes.askAgain();
        show(workspaces, new Problem("chooseWorkspaceRefused", refusal.getMessage()), workspace.name());
      }
    }

    private void watch(Choice choice) throws Outage {
      var operation = api.operation(choice.operation(), WAIT);
      if (operation == null) chooseAgain(choice, "chooseWorkspaceFailed", null);
      else follow(choice, operation);
    }

    private void follow(Choice choice, Operation operation) throws Outage {
      switch (operation.state()) {
        case DONE -> finish(choice);
        case FAILED -> chooseAgain(choice, "chooseWorkspaceFailed", operation.reason());
        case SUPERSEDED -> chooseAgain(choice, "chooseWorkspaceSuperseded", null);
        case PENDING, RUNNING -> {
          if (choice.chosenAt().plus(settings.longestWait()).isAfter(Instant.now()))
            context.challenge(Pages.progress(context, choice.displayName(), operation, notes.isStill()));
          else finish(choice);
        }
      }
    }

    private void chooseAgain(Choice choice, String problem, String detail) throws Outage {
      notes.askAgain();
      show(api.list(person), new Problem(problem, detail), choice.workspace());
    }

    /** @param tried what the person has just chosen; null: the last choice is selected */
    private void show(List<Workspace> workspaces, Problem problem, String tried) {
      var attribute = settings.lastChoiceAttribute();
      var selected = tried != null || attribute.isEmpty() ? tried : context.getUser().getFirstAttribute(attribute);
      context.challenge(Pages.choose(context, workspaces, problem, selected));
    }

    /** Writes what the claim is made of. A mapper that reads the attribute must never find an older name there. */
    private void finish(Choice choice) throws Outage {
      if (nameBefore != null && !nameBefore.equals(choice.guacamoleUsername()) && !notes.isTold()) {
        context.challenge(Pages.signInAgain(context, choice.displayName(), nameBefore));
        return;
      }
      var attribute = settings.userAttribute();
      if (!attribute.isEmpty() && !write(attribute, choice.guacamoleUsername()))
        throw new Outage("write user attribute " + attribute + " of " + person.username() + ": it is read-only");
      var lastChoice = settings.lastChoiceAttribute();
      if (!lastChoice.isEmpty() && !choice.workspace().equals(context.getUser().getFirstAttribute(lastChoice)))
        write(lastChoice, choice.workspace());
      context.getAuthenticationSession().setUserSessionNote(LoginNotes.CLAIM, choice.guacamoleUsername());
      context.getAuthenticationSession().setUserSessionNote(CHECKED_AT, String.valueOf(Instant.now().getEpochSecond()));
      context.getEvent().detail("workspace", choice.workspace());
      context.success();
    }

    /** Returns false if the person comes from a directory that Keycloak only reads. */
    private boolean write(String attribute, String value) {
      try {
        context.getUser().setSingleAttribute(attribute, value);
        return true;
      } catch (ReadOnlyException readOnly) {
        LOG.debugf("write user attribute %s: it is read-only", attribute);
        return false;
      }
    }
  }

  @Override
  public void close() {}

  private Settings settings(RequiredActionContext context) throws Settings.Invalid {
    return Settings.read(page(context), options);
  }

  private static Map<String, String> page(RequiredActionContext context) {
    var page = context.getConfig();
    return page == null || page.getConfig() == null ? Map.of() : page.getConfig();
  }

  /** The client's name is read on its own: a fault in another setting must not let people in without a claim. */
  private boolean isForGuacamole(RequiredActionContext context) {
    var named = page(context).get("guacamoleClient");
    if (named == null || named.isBlank()) named = options.apply("guacamoleClient");
    if (named == null || named.isBlank()) named = Settings.DEFAULT_GUACAMOLE_CLIENT;
    return named.strip().equals(context.getAuthenticationSession().getClient().getClientId());
  }

  private static boolean isInitiated(RequiredActionContext context) {
    return ChooseWorkspaceFactory.ID.equals(context.getAuthenticationSession().getClientNote(Constants.KC_ACTION_EXECUTING));
  }

  private static boolean hasPromptNone(AuthenticationSessionModel login) {
    var prompt = login.getClientNote("prompt");
    return prompt != null && List.of(prompt.split(" ")).contains("none");
  }

  private WorkspacesApi api(RequiredActionContext context, Settings settings) throws Settings.Invalid {
    var realm = context.getRealm();
    var base = session.getContext().getUri().getBaseUri().toString();
    var name = URLEncoder.encode(realm.getName(), StandardCharsets.UTF_8).replace("+", "%20");
    var issuer = base + (base.endsWith("/") ? "" : "/") + "realms/" + name;
    if (settings.tokenUrl() == null && !OwnAddress.isTrusted(base, realm))
      throw new Settings.Invalid("tokenUrl", "set it, or Keycloak's hostname: without them a browser's Host header would name the server that is sent the secret");
    var tokenUrl = settings.tokenUrl() == null ? URI.create(issuer + "/protocol/openid-connect/token") : settings.tokenUrl();
    return connections.api(realm.getId(), settings, tokenUrl, new ClientCredential(session, realm, settings, issuer));
  }

  /**
   * The user session does not exist yet in a first login: Keycloak creates it with the id of the root authentication
   * session, and finds an existing one by the same id (AuthenticationProcessor.attachSession).
   */
  private static Person person(RequiredActionContext context, Settings settings) {
    var user = context.getUser();
    var userSession = context.getAuthenticationSession().getParentSession().getId();
    return new Person(user.getUsername(), user.getId(), userSession, Claims.of(user, context.getRealm(), settings));
  }
}
