package guacamole.workspaces.keycloak.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests without following redirects, which would take the token elsewhere. An answer must be complete within
 * the read timeout and be no larger than {@link #LARGEST_BODY}.
 */
public final class Http {
  public static final int LARGEST_BODY = 1024 * 1024;

  private final HttpClient client;
  private final Duration connectTimeout;

  public Http(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(connectTimeout)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  public record Answer(int status, String contentType, byte[] body) {}

  /** @param what the request in words, for the message of an {@link Outage} */
  public Answer send(HttpRequest.Builder request, Duration readTimeout, String what) throws Outage {
    var all = connectTimeout.plus(readTimeout);
    // The request's own timeout ends with the headers; the future's includes the body.
    var sent = client.sendAsync(request.timeout(all).build(), info -> new LimitedBody());
    try {
      var answer = sent.get(all.toMillis(), TimeUnit.MILLISECONDS);
      var contentType = answer.headers().firstValue("content-type").orElse("");
      return new Answer(answer.statusCode(), contentType, answer.body());
    } catch (TimeoutException late) {
      throw new Outage(what + ": no answer within " + all.toSeconds() + " s");
    } catch (ExecutionException failed) {
      throw new Outage(what + ": " + words(failed.getCause(), all));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new Outage(what + ": interrupted");
    } finally {
      sent.cancel(true);
    }
  }

  private static String words(Throwable cause, Duration all) {
    if (cause instanceof HttpTimeoutException) return "no answer within " + all.toSeconds() + " s";
    if (cause instanceof ConnectException) return "no connection";
    // The messages of the JDK's client name the host or the TLS fault, never a header or a body.
    return cause.getClass().getSimpleName() + (cause.getMessage() == null ? "" : ": " + cause.getMessage());
  }

  /** Collects a body and fails as soon as it is too large. */
  private static final class LimitedBody implements BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Flow.Subscription subscription;

    @Override
    public CompletionStage<byte[]> getBody() {
      return whole;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (var buffer : buffers) {
        if (bytes.size() + buffer.remaining() > LARGEST_BODY) {
          subscription.cancel();
          whole.completeExceptionally(new IOException("the answer is larger than " + LARGEST_BODY + " bytes"));
          return;
        }
        var chunk = new byte[buffer.remaining()];
        buffer.get(chunk);
        bytes.write(chunk, 0, chunk.length);
      }
    }

    @Override
    public void onError(Throwable error) {
      whole.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      whole.complete(bytes.toByteArray());
    }
  }
}
