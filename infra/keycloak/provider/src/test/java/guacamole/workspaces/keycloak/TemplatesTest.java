package guacamole.workspaces.keycloak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import freemarker.cache.FileTemplateLoader;
import freemarker.cache.MultiTemplateLoader;
import freemarker.cache.StringTemplateLoader;
import freemarker.cache.TemplateLoader;
import freemarker.core.HTMLOutputFormat;
import freemarker.template.Configuration;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateMethodModelEx;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("the pages")
class TemplatesTest {
  private static final Path RESOURCES = Path.of("src/main/resources/theme-resources");
  private static final String EVIL = "<script>alert(\"1\")</script>";
  private static final String ESCAPED = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;";

  private static Properties messages(String language) throws IOException {
    var messages = new Properties();
    try (var reader = Files.newBufferedReader(RESOURCES.resolve("messages/messages_" + language + ".properties"))) {
      messages.load(reader);
    }
    return messages;
  }

  /** As Keycloak renders: HTML is escaped, and a message that does not exist is its key. */
  private static String render(String template, Map<String, Object> page) throws Exception {
    var theme = new StringTemplateLoader();
    theme.putTemplate("template.ftl", "<#macro registrationLayout displayMessage=true><h1><#nested \"header\"></h1><#nested \"form\"></#macro>");
    var freemarker = new Configuration(Configuration.VERSION_2_3_32);
    freemarker.setTemplateLoader(new MultiTemplateLoader(new TemplateLoader[] {theme, new FileTemplateLoader(new File(RESOURCES + "/templates"))}));
    freemarker.setOutputFormat(HTMLOutputFormat.INSTANCE);
    freemarker.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    freemarker.setLogTemplateExceptions(false);
    var english = messages("en");
    var model = new HashMap<String, Object>(page);
    model.put("msg", (TemplateMethodModelEx) call -> {
      var given = new ArrayList<Object>();
      for (var each : call) given.add(each.toString());
      var key = (String) given.remove(0);
      return new MessageFormat(english.getProperty(key, key)).format(given.toArray());
    });
    model.put("properties", Map.of());
    model.put("url", Map.of("loginAction", "http://k/a?session_code=c&execution=e", "resourcesPath", "/resources", "loginRestartFlowUrl", "http://k/restart"));
    var html = new StringWriter();
    freemarker.getTemplate(template).process(model, html);
    return html.toString();
  }

  private static Map<String, Object> workspace(String words, boolean selected) {
    var workspace = new HashMap<String, Object>();
    for (var field : List.of("name", "displayName", "description", "until", "reason")) workspace.put(field, words);
    workspace.put("selected", selected);
    return workspace;
  }

  private static Map<String, Object> choosePage() {
    var page = new HashMap<String, Object>();
    page.put("offered", List.of(workspace("One", false), workspace(EVIL, true)));
    page.put("refused", List.of(workspace(EVIL, false)));
    page.put("problem", "chooseWorkspaceRefused");
    page.put("problemDetail", EVIL);
    page.put("cancellable", true);
    return page;
  }

  @Test
  @DisplayName("escape every word of the API")
  void escaped() throws Exception {
    var progress = new HashMap<>(Map.<String, Object>of("step", EVIL, "number", 9, "of", 13, "message", EVIL));
    var progressPage = Map.<String, Object>of("workspace", EVIL, "progress", progress, "note", EVIL, "usualMinutes", 2, "still", false);
    var pages = List.of(
        render("choose-workspace.ftl", choosePage()),
        render("choose-workspace-progress.ftl", progressPage),
        render("choose-workspace-sign-in-again.ftl", Map.of("workspace", EVIL, "before", EVIL)),
        render("choose-workspace-unavailable.ftl", Map.of("again", "http://k/a?x=" + EVIL, "cancellable", true)));
    for (var html : pages) {
      assertFalse(html.contains("<script"), html);
      assertTrue(html.contains(ESCAPED), html);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"choose-workspace.ftl", "choose-workspace-progress.ftl", "choose-workspace-sign-in-again.ftl", "choose-workspace-unavailable.ftl"})
  @DisplayName("contain nothing that turns escaping off, and no script")
  void plain(String template) throws IOException {
    var text = Files.readString(RESOURCES.resolve("templates").resolve(template));
    for (var risky : List.of("no_esc", "noautoesc", "output_format", "?eval", "?interpret", "<script", "onclick", "onchange"))
      assertFalse(text.contains(risky), template + " has " + risky);
  }

  @Test
  @DisplayName("group the choices, tie each label and description to its choice, and announce a problem first")
  void accessible() throws Exception {
    var html = render("choose-workspace.ftl", choosePage());
    assertTrue(html.indexOf("role=\"alert\"") < html.indexOf("<fieldset"));
    assertTrue(html.contains("<fieldset class=\"cw-list\" aria-describedby=\"cw-problem\">"));
    assertTrue(html.contains("<legend"));
    for (var i = 0; i < 2; i++) {
      assertTrue(html.contains("id=\"cw-workspace-" + i + "\""));
      assertTrue(html.contains("for=\"cw-workspace-" + i + "\""));
      assertTrue(html.contains("aria-describedby=\"cw-about-" + i + "\""));
      assertTrue(html.contains("id=\"cw-about-" + i + "\""));
    }
    assertEquals(1, html.split("checked", -1).length - 1);
    assertTrue(html.contains("name=\"cancel-aia\""));
  }

  @Test
  @DisplayName("work with as little as the API may say")
  void least() throws Exception {
    var bare = new HashMap<>(Map.<String, Object>of("name", "a", "displayName", "a", "selected", false));
    var html = render("choose-workspace.ftl", Map.of("offered", List.of(bare), "refused", List.of(), "cancellable", false));
    assertFalse(html.contains("role=\"alert\""));
    assertTrue(render("choose-workspace.ftl", Map.of("offered", List.of(), "refused", List.of(), "cancellable", false)).contains("cw-none"));
    assertTrue(render("choose-workspace-progress.ftl", Map.of("workspace", "a", "still", true)).contains("cw-check"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"readiness|waiting for the desktop", "stale access|removing old access", "polishing|polishing", "a {step|a {step", "{0}|{0}"})
  @DisplayName("name the step in the person's language, and one that they do not know as the API does")
  void step(String step, String words) throws Exception {
    var progress = Map.<String, Object>of("step", step, "number", 1, "of", 13);
    var html = render("choose-workspace-progress.ftl", Map.of("workspace", "a", "progress", progress, "still", true));
    assertTrue(html.contains("<span id=\"cw-step\">" + words + "</span>"), html);
  }

  @Test
  @DisplayName("have the same messages in every language")
  void languages() throws IOException {
    var english = messages("en");
    var welsh = messages("cy");
    assertEquals(english.stringPropertyNames(), welsh.stringPropertyNames());
    for (var key : english.stringPropertyNames()) {
      var places = Pattern.compile("\\{\\d\\}");
      assertEquals(places.matcher(english.getProperty(key)).results().map(r -> r.group()).toList(), places.matcher(welsh.getProperty(key)).results().map(r -> r.group()).toList(), key);
      for (var text : List.of(english.getProperty(key), welsh.getProperty(key)))
        assertFalse(text.replace("''", "").contains("'"), key + ": MessageFormat drops a single quotation mark");
    }
  }

  @Test
  @DisplayName("use every message, and none that does not exist")
  void used() throws IOException {
    var text = new StringBuilder();
    for (var folder : List.of(RESOURCES.resolve("templates"), Path.of("src/main/java"))) {
      try (var files = Files.walk(folder)) {
        for (var file : files.filter(Files::isRegularFile).toList()) text.append(Files.readString(file));
      }
    }
    var english = messages("en");
    for (var key : english.stringPropertyNames())
      if (key.startsWith("chooseWorkspace") && !key.startsWith("chooseWorkspaceStep.")) assertTrue(text.toString().contains("\"" + key + "\""), key);
    Pattern.compile("\"(chooseWorkspace\\w+)\"").matcher(text).results().forEach(match -> assertTrue(english.containsKey(match.group(1)), match.group(1)));
  }
}
