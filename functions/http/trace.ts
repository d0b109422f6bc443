const mark = Symbol.for("guacamole-workspaces: TRACE reaches its function");

/**
 * Lets a TRACE reach its function. The Functions library makes a Request from every call (its class HttpRequest), and
 * the Fetch standard forbids that method: the library throws before any of our code runs, and the host answers 500.
 * Here such a Request is made as a GET without a body and then reports its true method. A second call changes nothing.
 */
export function letTraceThrough(): void {
  const Plain = globalThis.Request;
  if (mark in Plain) return;
  globalThis.Request = new Proxy(Plain, {
    construct(_target, [input, init]: ConstructorParameters<typeof Request>): Request {
      if (init?.method?.toUpperCase() !== "TRACE") return new Plain(input, init);
      const request = new Plain(input, { ...init, method: "GET", body: null });
      return Object.defineProperty(request, "method", { value: "TRACE" });
    },
    has: (target, key) => key === mark || Reflect.has(target, key),
  });
}
