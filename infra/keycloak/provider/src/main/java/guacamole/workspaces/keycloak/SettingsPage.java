package guacamole.workspaces.keycloak;

import java.util.List;
import org.keycloak.provider.ProviderConfigProperty;
import org.keycloak.provider.ProviderConfigurationBuilder;

/** The fields of the action's page in the admin console. */
final class SettingsPage {
  static final List<ProviderConfigProperty> FIELDS = fields();

  private SettingsPage() {}

  private static List<ProviderConfigProperty> fields() {
    var page = ProviderConfigurationBuilder.create();
    text(page, "apiUrl", "API address", "The address of guacamole-workspaces with its prefix, as Keycloak reaches it: https://…/api", null);
    text(page, "clientId", "Client", "The client of this realm that calls the API, with a service account that has the role desktop-service.", "workspace-action");
    page.property().name("clientAuthentication").label("Client authentication")
        .helpText("secret: the field below. signed-jwt: an assertion that is signed with this realm's key, so that no secret has to be kept; the client's JWKS URL is then this realm's certs address.")
        .type(ProviderConfigProperty.LIST_TYPE).options("secret", "signed-jwt").defaultValue("secret").add();
    page.property().name("clientSecret").label("Client secret")
        .helpText("The client's secret, or ${vault.NAME} to read it from Keycloak's vault.")
        .type(ProviderConfigProperty.PASSWORD).secret(true).add();
    text(page, "tokenUrl", "Token address", "Where the token is asked for. Empty: this realm's own token endpoint.", null);
    text(page, "scope", "Scope", "Sent with the token request if set.", null);
    text(page, "audience", "Audience", "Sent with the token request if set. Keycloak itself needs an audience mapper on the client instead.", null);
    text(page, "guacamoleClient", "Guacamole's client", "The client ID of Guacamole. Only a login to this client asks for a workspace.", Settings.DEFAULT_GUACAMOLE_CLIENT);
    page.property().name("takeOnlyWorkspace").label("Take the only workspace")
        .helpText("A person who may use exactly one workspace is not asked.")
        .type(ProviderConfigProperty.BOOLEAN_TYPE).defaultValue("true").add();
    text(page, "longestWaitSeconds", "Longest wait", "After this many seconds the login goes on although the desktop is not ready yet.", "60");
    text(page, "recheckSeconds", "Check again after", "A login within a running session asks the API at most once in this many seconds whether the workspace may still be used. 0: never.", "60");
    text(page, "connectTimeoutSeconds", "Connect timeout", "In seconds.", "2");
    text(page, "readTimeoutSeconds", "Read timeout", "In seconds, for the whole answer.", "5");
    text(page, "groupsClaim", "Claim for groups", "The person's groups are sent to the API, with their paths, as this claim. -: not sent.", "groups");
    text(page, "groupsBelow", "Only groups below", "Only groups whose path begins with this one are sent, for example /workspaces.", null);
    text(page, "realmRolesClaim", "Claim for realm roles", "The person's realm roles are sent as this claim. Empty: not sent.", null);
    text(page, "clientRolesClaim", "Claim for client roles", "The person's roles of the client below are sent as this claim. Empty: not sent.", null);
    text(page, "clientRolesOf", "Client roles of", "The client ID whose roles are sent. Empty: Guacamole's client.", null);
    text(page, "userAttribute", "User attribute", "Also write the chosen name to this user attribute, for mappers that read one. Empty: none, which is safer.", null);
    text(page, "lastChoiceAttribute", "Attribute for the last choice", "The user attribute that remembers the last choice, which is selected next time. -: none.", "guacamole_workspaces_last");
    return page.build();
  }

  private static void text(ProviderConfigurationBuilder page, String name, String label, String help, String otherwise) {
    var field = page.property().name(name).label(label).helpText(help).type(ProviderConfigProperty.STRING_TYPE);
    if (otherwise != null) field.defaultValue(otherwise);
    field.add();
  }
}
