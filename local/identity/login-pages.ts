import { createHash } from "node:crypto";
import type { Answer } from "./answer.ts";
import type { User } from "./accounts.ts";

const style = `
  body { margin: 0 auto; max-width: 38rem; padding: 1rem; font: 1.125rem/1.5 arial, sans-serif; color: #212b32; background: #f0f4f5 }
  main { background: #fff; border: 1px solid #aeb7bd; padding: 1.5rem }
  h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem }
  label { display: block; font-weight: bold }
  input { font: inherit; box-sizing: border-box; width: 100%; padding: .5rem; border: 2px solid #4c6272; margin: 0 0 1rem }
  button { font: inherit; font-weight: bold; padding: .75rem 1.25rem; color: #fff; background: #00703c; border: 0; cursor: pointer }
  :focus { outline: 4px solid #212b32; outline-offset: 2px }
  .error { border: 4px solid #d5281b; padding: 1rem; margin: 0 0 1rem }
  .stand-in { border-left: 8px solid #005eb8; padding-left: 1rem }
  table { border-collapse: collapse; width: 100% }
  caption { text-align: left; font-weight: bold; padding: 1.5rem 0 .5rem }
  th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid #d8dde0 }
`;
const styleHash = createHash("sha256").update(style).digest("base64");

/**
 * The sign-in form. Names and ids of its elements are those of Keycloak's, so that one test runs on both.
 *
 * @param to where a form may lead: the browser checks the redirect that follows it, too
 */
export function signInPage(
  action: string,
  people: readonly User[],
  { error, username = "", to }: { error?: string; username?: string; to: string },
): Answer {
  const rows = people
    .map(
      ({ username: name, password, about = "" }) =>
        `<tr><th scope="row">${escape(name)}</th><td>${escape(password)}</td><td>${escape(about)}</td></tr>`,
    )
    .join("\n");
  const invalid = error === undefined ? "" : ' aria-invalid="true" aria-describedby="input-error"';
  return page(
    `${error === undefined ? "" : "Error: "}Sign in`,
    `<h1>Sign in</h1>
${standInNote}
${error === undefined ? "" : `<p class="error" id="input-error" role="alert">${escape(error)}</p>`}
<form id="kc-form-login" action="${escape(action)}" method="post">
<label for="username">Username</label>
<input id="username" name="username" value="${escape(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${invalid}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${invalid}>
<button id="kc-login" type="submit">Sign in</button>
</form>
<table><caption>Nobody exists here but these sample people</caption>
<thead><tr><th scope="col">Username</th><th scope="col">Password</th><th scope="col">Who it is</th></tr></thead>
<tbody>
${rows}
</tbody></table>`,
    { to },
  );
}

const standInNote = `<p class="stand-in">This is the <strong>stand-in for Keycloak</strong> on this machine.</p>`;

export function errorPage(message: string): Answer {
  const text = `<h1>We are sorry</h1>\n<p id="kc-error-message">${escape(message)}</p>\n${standInNote}`;
  return page("We are sorry", text, { status: 400 });
}

/** Asks whether to log out: no client has proven that it may do so without a question. */
export function confirmLogoutPage(action: string, sessionCode: string, to: string | undefined): Answer {
  return page(
    "Logging out",
    `<h1>Do you want to log out?</h1>
<form class="form-actions" action="${escape(action)}" method="post">
<input type="hidden" name="session_code" value="${escape(sessionCode)}">
<button id="kc-logout" type="submit" name="confirmLogout" value="Logout">Log out</button>
</form>`,
    to === undefined ? {} : { to },
  );
}

export function loggedOutPage(): Answer {
  return page("You are logged out", "<h1>You are logged out</h1>\n<p>You can close this page.</p>", {});
}

function page(title: string, body: string, { status = 200, to }: { status?: number; to?: string }): Answer {
  const formAction = to === undefined ? "'self'" : `'self' ${new URL(to).origin}`;
  return {
    status,
    headers: {
      "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
      // Not "no-referrer": the browser would send the form with the origin "null".
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
    page: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)} – local stand-in</title><style>${style}</style></head>
<body><main>
${body}
</main></body>
</html>
`,
  };
}

function escape(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
