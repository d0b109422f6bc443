package guacamole.workspaces.keycloak.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the token")
class TokenSourceTest {
  private Instant now = Instant.parse("2026-11-24T09:30:00Z");
  private final Clock clock =
      new Clock() {
        @Override
        public Instant instant() {
          return now;
        }

        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }
      };

  @Test
  @DisplayName("is kept until shortly before it expires")
  void kept() throws Outage {
    try (var server = new FakeServer()) {
      var second = Duration.ofSeconds(10);
      var tokens = new TokenSource(new Http(second), server.url("/token"), second, second, clock);
      assertEquals("token-1", tokens.token(Map::of));
      now = now.plusSeconds(279);
      assertEquals("token-1", tokens.token(Map::of));
      now = now.plusSeconds(1);
      assertEquals("token-2", tokens.token(Map::of));
      tokens.forget("token-1"); // late news about a token that is replaced already
      assertEquals("token-2", tokens.token(Map::of));
      tokens.forget("token-2");
      assertEquals("token-3", tokens.token(Map::of));
    }
  }
}
