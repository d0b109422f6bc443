/** How Guacamole reaches a desktop. */
export type Protocol = "vnc" | "rdp" | "ssh";

/** What a parameter's value may be: one of some words, a whole number, or text of that shape. */
type Value = readonly string[] | "number" | RegExp;

const flag = ["true", "false"];
const depth = ["8", "16", "24", "32"];
/** One line without `${`, which Guacamole would fill in. */
const line = /^(?!.*\$\{)[ -~]{1,255}$/;

/**
 * The parameters that a policy may set, by protocol: how a desktop looks and answers. guacd ignores unknown names without a
 * word, so every other name is refused. Not among them is what the product decides: where the desktop is, its credential,
 * clipboard, files, sound, printing, recording, and whatever makes guacd connect or write elsewhere.
 * Source: guacamole-server 1.6.0, src/protocols/{vnc,rdp,ssh}/settings.c.
 */
const settable: Readonly<Record<Protocol, Readonly<Record<string, Value>>>> = {
  vnc: {
    "read-only": flag,
    "disable-server-input": flag,
    "disable-display-resize": flag,
    "swap-red-blue": flag,
    cursor: ["local", "remote"],
    "color-depth": depth,
    "force-lossless": flag,
    "compress-level": "number",
    "quality-level": "number",
    encodings: line,
    "clipboard-encoding": ["ISO8859-1", "UTF-8", "UTF-16", "CP1252"],
    autoretry: "number",
  },
  rdp: {
    "read-only": flag,
    timeout: "number",
    domain: line,
    security: ["any", "nla", "nla-ext", "tls", "rdp"],
    "ignore-cert": flag,
    "cert-tofu": flag,
    "cert-fingerprints": line,
    "server-layout": /^[a-z]{2}-[a-z-]{2,20}$/,
    timezone: line,
    width: "number",
    height: "number",
    dpi: "number",
    "resize-method": ["display-update", "reconnect"],
    "color-depth": depth,
    "force-lossless": flag,
    "normalize-clipboard": ["preserve", "unix", "windows"],
    "enable-wallpaper": flag,
    "enable-theming": flag,
    "enable-font-smoothing": flag,
    "enable-full-window-drag": flag,
    "enable-desktop-composition": flag,
    "enable-menu-animations": flag,
    "disable-bitmap-caching": flag,
    "disable-offscreen-caching": flag,
    "disable-glyph-caching": flag,
    "disable-gfx": flag,
  },
  ssh: {
    "read-only": flag,
    timeout: "number",
    "host-key": line,
    "server-alive-interval": "number",
    "font-name": line,
    "font-size": "number",
    "color-scheme": line,
    scrollback: "number",
    backspace: ["8", "127"],
    "terminal-type": ["ansi", "linux", "vt100", "vt220", "xterm", "xterm-256color"],
    locale: line,
    timezone: line,
  },
};

/** Why a policy may not set this parameter so, or null if it may. */
export function faultOfParameter(protocol: Protocol, name: string, value: string): string | null {
  const known = settable[protocol];
  if (!Object.hasOwn(known, name))
    return `has ${name}, which is not a parameter that a policy may set for ${protocol} (${Object.keys(known).join(", ")})`;
  const allowed = known[name];
  if (allowed === "number") return /^\d{1,6}$/.test(value) ? null : `has ${name}, which must be a whole number`;
  if (allowed instanceof RegExp) return allowed.test(value) ? null : `has ${name} with a value that is not allowed`;
  return allowed?.includes(value) ? null : `has ${name}, which must be one of ${allowed?.join(", ") ?? ""}`;
}
