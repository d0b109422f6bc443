package guacamole.workspaces.keycloak;

import guacamole.workspaces.keycloak.api.Operation;
import guacamole.workspaces.keycloak.api.Workspace;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.models.Constants;

/** The pages of the action, in the realm's login theme. The templates escape everything that they are given. */
final class Pages {
  private static final int REFRESH_AFTER_SECONDS = 2;

  private Pages() {}

  /** What went wrong before: a message key, and the API's own words if it has any. */
  record Problem(String key, String detail) {}

  static Response choose(RequiredActionContext context, List<Workspace> workspaces, Problem problem, String preferred) {
    var locale = context.getSession().getContext().resolveLocale(context.getUser());
    var offered = workspaces.stream().filter(Workspace::entitled).toList();
    var selected = offered.size() == 1 ? offered.get(0).name() : preferred;
    return context.form()
        .setAttribute("offered", offered.stream().map(each -> shown(each, locale, selected)).toList())
        .setAttribute("refused", workspaces.stream().filter(each -> !each.entitled()).map(each -> shown(each, locale, null)).toList())
        .setAttribute("problem", problem == null ? null : problem.key())
        .setAttribute("problemDetail", problem == null ? null : problem.detail())
        .setAttribute("cancellable", isCancellable(context))
        .createForm("choose-workspace.ftl");
  }

  static Response progress(RequiredActionContext context, String workspace, Operation operation, boolean still) {
    var form =
        context.form()
            .setAttribute("workspace", workspace)
            .setAttribute("progress", progress(operation))
            .setAttribute("note", operation.note())
            .setAttribute("usualMinutes", usualMinutes(operation))
            .setAttribute("still", still);
    if (!still) form.setResponseHeader("Refresh", REFRESH_AFTER_SECONDS + "; url=" + pageUrl(context.getActionUrl()));
    return form.createForm("choose-workspace-progress.ftl");
  }

  /** @param before the name under which Guacamole may still be signed in */
  static Response signInAgain(RequiredActionContext context, String workspace, String before) {
    return context.form()
        .setAttribute("workspace", workspace)
        .setAttribute("before", before)
        .createForm("choose-workspace-sign-in-again.ftl");
  }

  static Response unavailable(RequiredActionContext context) {
    return context.form()
        .setAttribute("again", pageUrl(context.getActionUrl()).toString())
        .setAttribute("cancellable", isCancellable(context))
        .setStatus(Response.Status.SERVICE_UNAVAILABLE)
        .createForm("choose-workspace-unavailable.ftl");
  }

  /**
   * The address that shows the action's present page: the action's address without the code, which is good for one
   * request only. Reloading and going back then work as in any page.
   */
  static URI pageUrl(URI action) {
    var kept =
        Arrays.stream(action.getRawQuery().split("&"))
            .filter(each -> !each.startsWith("session_code="))
            .collect(Collectors.joining("&"));
    var whole = action.toString();
    return URI.create(whole.substring(0, whole.indexOf('?') + 1) + kept);
  }

  /** Only a change of workspace that an application asked for can be given up. */
  private static boolean isCancellable(RequiredActionContext context) {
    var login = context.getAuthenticationSession();
    return ChooseWorkspaceFactory.ID.equals(login.getClientNote(Constants.KC_ACTION_EXECUTING))
        && !"true".equals(login.getClientNote(Constants.KC_ACTION_ENFORCED));
  }

  private static Map<String, Object> shown(Workspace workspace, Locale locale, String selected) {
    var shown = new LinkedHashMap<String, Object>();
    shown.put("name", workspace.name());
    shown.put("displayName", workspace.displayName());
    shown.put("description", workspace.description());
    shown.put("until", until(workspace.until(), locale));
    shown.put("reason", workspace.reason());
    shown.put("selected", workspace.name().equals(selected));
    return shown;
  }

  static String until(LocalDate date, Locale locale) {
    return date == null ? null : DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).withLocale(locale).format(date);
  }

  private static Map<String, Object> progress(Operation operation) {
    if (operation.progress() == null) return null;
    var shown = new LinkedHashMap<String, Object>();
    shown.put("step", operation.progress().step());
    shown.put("number", operation.progress().number());
    shown.put("of", operation.progress().of());
    shown.put("message", operation.progress().message());
    return shown;
  }

  private static Integer usualMinutes(Operation operation) {
    var seconds = operation.usuallyReadyWithinSeconds();
    return seconds == null || seconds <= 0 ? null : (seconds - 1) / 60 + 1;
  }
}
