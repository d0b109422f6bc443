package guacamole.workspaces.keycloak.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The API and the token endpoint on loopback. Each test says how the API answers. */
public final class FakeServer implements AutoCloseable {
  public interface Answer {
    void give(HttpExchange exchange, Call call) throws IOException;
  }

  public record Call(String method, URI uri, String authorization, String body) {}

  public final List<Call> calls = new CopyOnWriteArrayList<>();
  public final List<String> tokenForms = new CopyOnWriteArrayList<>();
  public volatile Answer api = (exchange, call) -> json(exchange, 404, "{}");
  public volatile Answer token =
      (exchange, call) -> json(exchange, 200, "{\"access_token\":\"token-" + tokenForms.size() + "\",\"expires_in\":300}");

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  public FakeServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    server.setExecutor(threads);
    server.createContext("/api/", exchange -> {
      var call = read(exchange);
      calls.add(call);
      api.give(exchange, call);
    });
    server.createContext("/token", exchange -> {
      var call = read(exchange);
      tokenForms.add(call.body());
      token.give(exchange, call);
    });
    server.start();
  }

  public URI url(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  public static void json(HttpExchange exchange, int status, String body) throws IOException {
    send(exchange, status, "application/json", body);
  }

  public static void problem(HttpExchange exchange, int status, String code, String detail) throws IOException {
    var body = "{\"type\":\"urn:guacamole-workspaces:%s\",\"title\":\"t\",\"status\":%d,\"code\":\"%s\",\"detail\":\"%s\",\"requestId\":\"r-1\"}";
    send(exchange, status, "application/problem+json", body.formatted(code, status, code, detail));
  }

  public static void send(HttpExchange exchange, int status, String contentType, String body) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", contentType);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static Call read(HttpExchange exchange) throws IOException {
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    return new Call(exchange.getRequestMethod(), exchange.getRequestURI(), exchange.getRequestHeaders().getFirst("authorization"), body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
