package guacamole.workspaces.keycloak;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The settings of the action, checked. A setting that the realm's page leaves empty comes from the server's options
 * ({@code spi-required-action-choose-workspace-…}), and else has its default.
 */
public record Settings(
    URI apiUrl,
    String clientId,
    Authentication authentication,
    Secret clientSecret,
    URI tokenUrl,
    String scope,
    String audience,
    Duration connectTimeout,
    Duration readTimeout,
    Duration longestWait,
    String guacamoleClient,
    boolean takesOnlyWorkspace,
    Duration recheckAfter,
    String userAttribute,
    String lastChoiceAttribute,
    String groupsClaim,
    String groupsBelow,
    String realmRolesClaim,
    String clientRolesClaim,
    String clientRolesOf) {

  public static final String DEFAULT_GUACAMOLE_CLIENT = "guacamole";

  public enum Authentication {
    SECRET,
    SIGNED_JWT
  }

  /** A secret that no log can print by accident. */
  public record Secret(String text) {
    @Override
    public String toString() {
      return text.isEmpty() ? "(none)" : "(set)";
    }
  }

  /** What is wrong with one setting, in words for an administrator. */
  public static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;
    private final String setting;

    Invalid(String setting, String what) {
      super(what, null, false, false);
      this.setting = setting;
    }

    public String setting() {
      return setting;
    }
  }

  /**
   * @param page what the realm's page says
   * @param options the server's options, by the same names; null if there is none
   */
  public static Settings read(Map<String, String> page, UnaryOperator<String> options) throws Invalid {
    var read = new Reader(page, options);
    var authentication = read.oneOf("clientAuthentication", Map.of("secret", Authentication.SECRET, "signed-jwt", Authentication.SIGNED_JWT), "secret");
    var secret = new Secret(read.text("clientSecret", ""));
    if (authentication == Authentication.SECRET && secret.text().isEmpty())
      throw new Invalid("clientSecret", "set the secret of the client that calls the API, or choose signed-jwt");
    var tokenUrl = read.text("tokenUrl", "");
    return new Settings(
        read.url("apiUrl", read.text("apiUrl", "")),
        read.text("clientId", "workspace-action"),
        authentication,
        secret,
        tokenUrl.isEmpty() ? null : read.url("tokenUrl", tokenUrl),
        read.text("scope", ""),
        read.text("audience", ""),
        read.seconds("connectTimeoutSeconds", 2, 1, 30),
        read.seconds("readTimeoutSeconds", 5, 1, 60),
        read.seconds("longestWaitSeconds", 60, 0, 900),
        read.text("guacamoleClient", DEFAULT_GUACAMOLE_CLIENT),
        read.flag("takeOnlyWorkspace", true),
        read.seconds("recheckSeconds", 60, 0, 86_400),
        read.text("userAttribute", ""),
        read.text("lastChoiceAttribute", "guacamole_workspaces_last", true),
        read.text("groupsClaim", "groups", true),
        read.text("groupsBelow", ""),
        read.text("realmRolesClaim", ""),
        read.text("clientRolesClaim", ""),
        read.text("clientRolesOf", ""));
  }

  private record Reader(Map<String, String> page, UnaryOperator<String> options) {
    String text(String name, String otherwise) {
      return text(name, otherwise, false);
    }

    /** @param canBeNone a dash stands for none, because Keycloak drops empty values */
    String text(String name, String otherwise, boolean canBeNone) {
      var value = page.get(name);
      if (value == null || value.isBlank()) value = options.apply(name);
      if (value == null || value.isBlank()) return otherwise;
      value = value.strip();
      return canBeNone && value.equals("-") ? "" : value;
    }

    boolean flag(String name, boolean otherwise) throws Invalid {
      return oneOf(name, Map.of("true", true, "false", false), String.valueOf(otherwise));
    }

    <T> T oneOf(String name, Map<String, T> values, String otherwise) throws Invalid {
      var value = values.get(text(name, otherwise));
      if (value == null) throw new Invalid(name, "it is one of " + String.join(", ", values.keySet().stream().sorted().toList()));
      return value;
    }

    Duration seconds(String name, int otherwise, int from, int to) throws Invalid {
      var fault = "it is a whole number of seconds from " + from + " to " + to;
      var text = text(name, String.valueOf(otherwise));
      if (!text.matches("\\d{1,6}")) throw new Invalid(name, fault);
      var seconds = Integer.parseInt(text);
      if (seconds < from || seconds > to) throw new Invalid(name, fault);
      return Duration.ofSeconds(seconds);
    }

    URI url(String name, String text) throws Invalid {
      var fault = "it is an absolute http or https address without user, query and fragment";
      try {
        var url = new URI(text);
        var isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!isHttp || url.getHost() == null || url.getUserInfo() != null || url.getQuery() != null || url.getFragment() != null)
          throw new Invalid(name, fault);
        return url;
      } catch (URISyntaxException malformed) {
        throw new Invalid(name, fault);
      }
    }
  }
}
