package guacamole.workspaces.keycloak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.keycloak.models.RequiredActionConfigModel;
import org.keycloak.provider.ProviderConfigProperty;
import org.keycloak.userprofile.ValidationException;

@DisplayName("the settings")
class SettingsTest {
  private static final Map<String, String> LEAST = Map.of("apiUrl", "https://desktops.example/api", "clientSecret", "action-secret");

  private static Map<String, String> with(String name, String value) {
    var page = new HashMap<>(LEAST);
    page.put(name, value);
    return page;
  }

  @Test
  @DisplayName("have the defaults that the page shows")
  void defaults() throws Settings.Invalid {
    var settings = Settings.read(LEAST, name -> null);
    var shown = new HashMap<String, String>();
    for (var field : SettingsPage.FIELDS) if (field.getDefaultValue() != null) shown.put(field.getName(), field.getDefaultValue().toString());
    shown.putAll(LEAST);
    assertEquals(settings, Settings.read(shown, name -> null));
    assertEquals(Duration.ofSeconds(2), settings.connectTimeout());
    assertEquals(Duration.ofSeconds(5), settings.readTimeout());
    assertNull(settings.tokenUrl());
  }

  @Test
  @DisplayName("come from the page, else from the server's options")
  void options() throws Settings.Invalid {
    var options = Map.of("scope", "desktops", "clientId", "from-options");
    var settings = Settings.read(with("clientId", "from-page"), options::get);
    assertEquals("from-page", settings.clientId());
    assertEquals("desktops", settings.scope());
  }

  @ParameterizedTest
  @CsvSource({
    "apiUrl,''", "apiUrl,desktops.example", "apiUrl,ftp://desktops.example", "apiUrl,https://user:pw@desktops.example", "apiUrl,https://desktops.example/api?x=1",
    "apiUrl,https:///api", "tokenUrl,/token", "clientSecret,''", "clientAuthentication,none", "takeOnlyWorkspace,perhaps",
    "connectTimeoutSeconds,0", "connectTimeoutSeconds,2.5", "readTimeoutSeconds,61", "longestWaitSeconds,-1", "recheckSeconds,1h"
  })
  @DisplayName("are refused with the name of the one that is wrong")
  void invalid(String name, String value) {
    var invalid = assertThrows(Settings.Invalid.class, () -> Settings.read(with(name, value), option -> null));
    assertEquals(name, invalid.setting());
    var page = new RequiredActionConfigModel();
    page.setConfig(with(name, value));
    assertThrows(ValidationException.class, () -> new ChooseWorkspaceFactory().validateConfig(null, null, page));
  }

  @Test
  @DisplayName("need no secret for a signed assertion")
  void signed() throws Settings.Invalid {
    var settings = Settings.read(Map.of("apiUrl", "https://desktops.example/api", "clientAuthentication", "signed-jwt"), name -> null);
    assertEquals(Settings.Authentication.SIGNED_JWT, settings.authentication());
  }

  @Test
  @DisplayName("take a dash as none where the default is a name")
  void none() throws Settings.Invalid {
    assertEquals("", Settings.read(with("groupsClaim", "-"), name -> null).groupsClaim());
    assertEquals("", Settings.read(with("lastChoiceAttribute", "-"), name -> null).lastChoiceAttribute());
  }

  @Test
  @DisplayName("never print the secret, and the page hides it")
  void secret() throws Settings.Invalid {
    assertFalse(Settings.read(LEAST, name -> null).toString().contains("action-secret"));
    var field = SettingsPage.FIELDS.stream().filter(each -> each.getName().equals("clientSecret")).findFirst().orElseThrow();
    assertEquals(ProviderConfigProperty.PASSWORD, field.getType());
    assertTrue(field.isSecret());
  }

  @Test
  @DisplayName("are all in the README's table, with their defaults")
  void documented() throws IOException {
    var guide = Files.readString(Path.of("README.md"));
    for (var field : SettingsPage.FIELDS) {
      var otherwise = field.getDefaultValue() == null ? "" : "`" + field.getDefaultValue() + "`";
      var row = guide.lines().filter(line -> line.startsWith("| `" + field.getName() + "`")).findFirst();
      assertTrue(row.isPresent(), field.getName());
      assertEquals(otherwise, row.get().split("\\|")[2].strip(), field.getName());
    }
  }

  @Test
  @DisplayName("choose groups by their path")
  void groups() {
    assertTrue(Claims.isBelow("/workspaces/a", "/workspaces"));
    assertTrue(Claims.isBelow("/workspaces/a", "/workspaces/"));
    assertTrue(Claims.isBelow("/workspaces", "/workspaces"));
    assertTrue(Claims.isBelow("/x", ""));
    assertFalse(Claims.isBelow("/workspaces-of-others", "/workspaces"));
  }
}
