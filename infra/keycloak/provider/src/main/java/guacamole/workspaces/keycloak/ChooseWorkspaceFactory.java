package guacamole.workspaces.keycloak;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.keycloak.Config;
import org.keycloak.authentication.RequiredActionFactory;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RequiredActionConfigModel;
import org.keycloak.provider.ProviderConfigProperty;
import org.keycloak.validate.ValidationError;
import org.keycloak.userprofile.ValidationException;

/** Registers the required action "Choose workspace" and keeps its connections to the API. */
public final class ChooseWorkspaceFactory implements RequiredActionFactory {
  public static final String ID = "choose-workspace";

  private final Map<String, String> options = new HashMap<>();
  private final Connections connections = new Connections();

  @Override
  public String getId() {
    return ID;
  }

  @Override
  public String getDisplayText() {
    return "Choose workspace";
  }

  @Override
  public RequiredActionProvider create(KeycloakSession session) {
    return new ChooseWorkspace(session, options::get, connections);
  }

  @Override
  public List<ProviderConfigProperty> getConfigMetadata() {
    return SettingsPage.FIELDS;
  }

  @Override
  public void validateConfig(KeycloakSession session, RealmModel realm, RequiredActionConfigModel page) {
    try {
      Settings.read(page.getConfig() == null ? Map.of() : page.getConfig(), options::get);
    } catch (Settings.Invalid invalid) {
      throw new ValidationException(new ValidationError(ID, invalid.setting(), invalid.setting() + ": " + invalid.getMessage()));
    }
  }

  @Override
  public void init(Config.Scope config) {
    for (var field : SettingsPage.FIELDS) {
      var value = config.get(field.getName());
      if (value != null) options.put(field.getName(), value);
    }
  }

  @Override
  public void postInit(KeycloakSessionFactory factory) {}

  @Override
  public void close() {}
}
