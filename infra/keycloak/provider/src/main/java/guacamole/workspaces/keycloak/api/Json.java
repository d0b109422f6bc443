package guacamole.workspaces.keycloak.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.keycloak.util.JsonSerialization;

/** Reads answers without trusting their shape. */
final class Json {
  private Json() {}

  /** Returns the object in an answer's body; null if there is none. */
  static JsonNode object(byte[] body) {
    try {
      var json = JsonSerialization.mapper.readTree(body);
      return json != null && json.isObject() ? json : null;
    } catch (IOException malformed) {
      return null;
    }
  }

  /** Returns the text of a field; null if it is missing, blank or not a text. */
  static String text(JsonNode json, String field) {
    var value = json.path(field);
    return value.isTextual() && !value.textValue().isBlank() ? value.textValue() : null;
  }
}
