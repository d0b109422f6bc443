/** A request target as Kestrel passes it on. */
export interface RequestTarget {
  /** Decoded except for %2F, without dot segments; empty for `*`. */
  path: string;
  /** As sent, without the query. */
  rawPath: string;
  /** As sent, with its `?`; empty without one. */
  queryString: string;
}

/**
 * Parses a request target as Kestrel does, or returns the status with which Kestrel refuses it
 * (dotnet/aspnetcore, Http1Connection.cs: OnOriginFormTarget, OnAbsoluteFormTarget, OnAsteriskFormTarget).
 */
export function parseTarget(method: string, target: string, host: string): RequestTarget | number {
  if (/[^\x21-\x7e]/.test(target)) return 400;
  if (target === "*") return method === "OPTIONS" ? { path: "", rawPath: "", queryString: "" } : 405;
  const [, scheme = "", authority, rawPath = "", queryString = ""] =
    /^(?:(https?):\/\/([^/?#]*))?([^?]*)(\?.*)?$/i.exec(target) ?? [];
  if (authority === undefined) {
    if (!rawPath.startsWith("/")) return 405; // authority form, which is for CONNECT
  } else {
    // The default port is optional. A user in it does not count (RFC 9112 §3.2; .NET's Uri.Authority has none).
    const port = scheme.toLowerCase() === "https" ? /:443$/ : /:80$/;
    const named = authority.slice(authority.lastIndexOf("@") + 1);
    if (named === "" || host.replace(port, "") !== named.replace(port, "")) return 400;
  }
  const decoded = decodePath(rawPath === "" ? "/" : rawPath);
  return decoded === undefined ? 400 : { path: removeDotSegments(decoded), rawPath, queryString };
}

/** True if Kestrel accepts the Host header (HttpUtilities.IsHostHeaderValid). An empty one is valid. */
export function isHostValid(host: string): boolean {
  return /^(?:[\w\-.~!$&'()*+,;=%]*|\[[\da-f:.]{2,}\])(?::\d+)?$/i.test(host) && !host.startsWith(":");
}

/**
 * Decodes a path as Kestrel does (UrlDecoder.cs), except for %2F, which would change the segments, and anything that is
 * not UTF-8. Returns undefined if it contains a NUL, encoded or not.
 */
function decodePath(path: string): string | undefined {
  if (/%00|\0/.test(path)) return undefined;
  return decodeUtf8(path, (byte) => byte === 0x2f);
}

/** Decodes percent-encoded UTF-8, except for malformed sequences and bytes for which `stays` returns true. */
export function decodeUtf8(text: string, stays: (byte: number) => boolean = () => false): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (run) => {
    let decoded = "";
    for (let position = 0; position < run.length;) {
      const { characters, length } = decodeCharacter(run.slice(position, position + 12), stays);
      decoded += characters;
      position += length;
    }
    return decoded;
  });
}

function decodeCharacter(run: string, stays: (byte: number) => boolean): { characters: string; length: number } {
  const first = parseInt(run.slice(1, 3), 16);
  const length = 3 * (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
  const encoded = run.slice(0, length);
  try {
    if (!stays(first)) return { characters: decodeURIComponent(encoded), length: encoded.length };
  } catch {
    // not UTF-8
  }
  return { characters: run.slice(0, 3), length: 3 };
}

/** RFC 3986, section 5.2.4. Encoded dots count, because the path is decoded first (PathNormalizer.cs). */
function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.slice(1).split("/");
  segments.forEach((segment, index) => {
    const isDots = segment === "." || segment === "..";
    if (segment === "..") kept.pop();
    if (!isDots) kept.push(segment);
    else if (index === segments.length - 1) kept.push("");
  });
  return `/${kept.join("/")}`;
}

/** Encodes a decoded path for a URL, except for what is already percent-encoded (PathString.ToUriComponent). */
export function encodePath(path: string): string {
  return path.replace(/%[\dA-Fa-f]{2}|[^\w\-.~!$&'()*+,;=:@/]/gu, (found) =>
    found.length === 3 && found.startsWith("%") ? found : encodeURIComponent(found),
  );
}
