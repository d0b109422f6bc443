import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { personId } from "../shared/desktop/names.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/**
 * Input that is almost valid, by the place where it is sent. Each is refused with a message that names it, and nothing
 * changes.
 */
let estate: TestEstate;
let service: string;
let admin: string;

beforeAll(async () => {
  estate = await startTestEstate();
  service = await estate.identity.signToken();
  admin = await sampleToken(estate.identity.issuer, "olga");
});
afterAll(() => estate.close());

interface Problem {
  status: number;
  code: string;
  detail: string;
}

async function send(
  token: string,
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Problem> {
  const response = await fetch(`${estate.host.url}/api/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : Buffer.from(body) }),
  });
  return (await response.json()) as Problem;
}

const notANumber = [
  "", "+1", "%2B1", "-1", "-0", "1e1", "1E0", "1.0", "1.", ".5", "0x1", "01", "%201", "1%20", "1%0A", "%00", "1%00",
  "%EF%BB%BF1", "%EF%BC%91", "NaN", "Infinity", "1_0", "true", "null", "99999999999999999999",
]; // prettier-ignore
const notAFlag = ["", "TRUE", "True", "1", "0", "yes", "true%20", "true%00", "null"];
const notAWorkspace = ["", "A", "-a", "a-", "a..b", "a%00", "a%0A", "a/b", "%20a", "a".repeat(129)];
const notAUsername = ["", "J%C3%B6rg", ".alice", "alice%00", "alice%0A", "alice%20", "%EF%BB%BFalice", "a".repeat(129)];

describe("a query", () => {
  const rows: [method: string, path: string, name: string, values: string[]][] = [
    ["DELETE", "users/alice/desktop", "wait", [...notANumber, "11"]],
    ["GET", `operations/${"a".repeat(32)}.11111111-1111-4111-8111-111111111111`, "wait", [...notANumber, "21"]],
    ["GET", "desktops", "limit", [...notANumber, "0", "501"]],
    ["GET", "desktops", "after", ["", "%00", "x", "A".repeat(32), `${"a".repeat(32)}%0A`, "a".repeat(33)]],
    ["GET", "desktops", "state", ["", "READY", "ready%00", "nonsense"]],
    ["GET", "desktops", "workspace", notAWorkspace],
    ["GET", "desktops", "username", notAUsername],
    ["POST", "maintenance/reap", "dryRun", notAFlag],
    ["POST", "maintenance/reap", "wait", [...notANumber, "11"]],
    ["POST", "maintenance/reconcile", "dryRun", notAFlag],
    ["POST", "maintenance/reconcile", "share", [...notANumber, "0", "101"]],
    ["POST", "maintenance/adopt", "dryRun", notAFlag],
  ];
  it.each(rows)("of %s %s is refused if %s is malformed", async (method, path, name, values) => {
    const token = path.startsWith("users/") || path.startsWith("operations/") ? service : admin;
    for (const value of values) {
      const refused = await send(token, method, `${path}?${name}=${value}`);
      expect([value, refused]).toMatchObject([value, { status: 400, code: "malformed-parameter" }]);
      expect(refused.detail).toMatch(new RegExp(`^read ${name}: `));
    }
  });

  it.each([
    ["a parameter that is given twice", "wait=1&wait=2", /^read wait: it is given twice/],
    ["a parameter that is given twice with the same value", "wait=1&wait=1", /^read wait: it is given twice/],
    ["a parameter without a value", "wait", /^read wait: /],
    ["an unknown parameter", "x=1", /^read "x": there is no such parameter here \(this path takes wait\)/],
    ["a parameter with a capital letter", "Wait=1", /^read "Wait": there is no such parameter/],
    ["a name that every object has", "__proto__=1", /^read "__proto__": there is no such parameter/],
    ["a name that is empty", "=1", /^read "": there is no such parameter/],
    ["a name with a line break", "a%0Ab=1", /^read "a\\nb": there is no such parameter/],
    ["bytes that are not UTF-8", "wait=%FF", /^read the query: it is not UTF-8/],
    ["half a percent-encoding", "wait=1%2", /^read the query: it is not UTF-8/],
  ])("is refused with %s", async (_words, query, detail) => {
    const refused = await send(service, "DELETE", `users/alice/desktop?${query}`);
    expect(refused).toMatchObject({ status: 400, code: "malformed-parameter" });
    expect(refused.detail).toMatch(detail);
  });

  it("is refused if a parameter is almost dryRun, so that nothing is done that was only to be shown", async () => {
    const refused = await send(admin, "POST", "maintenance/adopt?dryrun=true");
    expect(refused).toMatchObject({ status: 400, code: "malformed-parameter" });
  });

  it("is accepted with the values at its limits", async () => {
    expect(await estate.callAsService("DELETE", "/users/alice/desktop?wait=0")).toMatchObject({ status: 202 });
    await estate.host.whenIdle();
    expect(await estate.call("olga", "GET", "/desktops?limit=1")).toMatchObject({ status: 200 });
    expect(await estate.call("olga", "GET", "/desktops?&limit=500&")).toMatchObject({ status: 200 });
  });
});

describe("a username in a path", () => {
  it.each(["J%C3%B6rg", "%E2%84%AAate", ".alice", "%FF", "alice%20", "%EF%BB%BFalice", "a".repeat(129)])(
    "is refused as %s",
    async (username) => {
      const refused = await send(service, "GET", `users/${username}/desktop`);
      expect(refused).toMatchObject({ status: 400, code: "malformed-username" });
    },
  );
  it.each(["alice%00", "%00"])("is refused by the host itself as %s", async (username) => {
    const response = await fetch(`${estate.host.url}/api/users/${username}/desktop`);
    expect([response.status, await response.text()]).toEqual([400, ""]);
  });
});

const utf8 = (text: string) => Buffer.from(text, "utf8");

describe("a body", () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ["is empty", "", /it is empty/],
    ["begins with a byte order mark", '\ufeff{"workspace":"asthma-cohort"}', /byte order mark/],
    ["is in Latin 1", Buffer.from('{"workspace":"asthma-cohort","subject":"é"}', "latin1"), /not JSON in UTF-8/],
    ["is in UTF-16", Buffer.from('{"workspace":"asthma-cohort"}', "utf16le"), /not JSON/],
    ["has overlong UTF-8", Buffer.from([0x22, 0xc0, 0x80, 0x22]), /not JSON in UTF-8/],
    ["has a name twice", '{"workspace":"cancer-registry","workspace":"asthma-cohort"}', /"workspace" twice/],
    ["has a name twice, once escaped", '{"workspace":"a","work\\u0073pace":"b"}', /"workspace" twice/],
    ["has a name twice further down", '{"workspace":"a","claims":{"g":[{"a":1,"a":2}]}}', /"a" twice/],
    ["has half a surrogate pair", '{"workspace":"a","claims":{"g":"\\ud800"}}', /surrogate/],
    ["is nested 8,000 deep", "[".repeat(8_000) + "]".repeat(8_000), /object/],
    ["is null", "null", /object/],
    ["is two objects", '{"workspace":"a"}{}', /not JSON/],
    ["has a comment", '{"workspace":"a"/**/}', /not JSON/],
    ["has an empty workspace", '{"workspace":""}', /^read body: workspace: it is not a workspace name/],
    [
      "has a workspace with a line break",
      '{"workspace":"asthma-cohort\\n"}',
      /^read body: workspace: it is not a workspace name/,
    ],
    ["has claims that are a list", '{"workspace":"a","claims":[]}', /claims: they are a JSON object/],
    ["has an empty subject", '{"workspace":"a","subject":""}', /subject: it has 1 to 255/],
    ["has a subject with NUL", '{"workspace":"a","subject":"\\u0000"}', /subject: .*control/],
    ["has a session that is too long", `{"workspace":"a","session":"${"é".repeat(256)}"}`, /session: it has 1 to 255/],
    ["has an unknown field", '{"workspace":"a","__proto__":{}}', /__proto__/],
  ])("is refused if it %s", async (_words, body, detail) => {
    const refused = await send(service, "PUT", "users/alice/desktop", body);
    expect(refused).toMatchObject({ status: 400, code: "malformed-body" });
    expect(refused.detail).toMatch(detail);
  });

  it.each([
    ["maintenance", "PUT", "{}", /say reaping or activation/],
    ["maintenance", "PUT", '{"reason":"x"}', /say reaping or activation/],
    ["maintenance", "PUT", '{"reaping":"paused","reason":""}', /reason: /],
    ["maintenance", "PUT", '{"reaping":"paused","reason":"a\\u0000b"}', /reason: /],
    ["maintenance", "PUT", '{"reaping":"paused","reason":"a\\nforged line"}', /reason: /],
    ["maintenance", "PUT", '{"reaping":"Paused"}', /reaping: /],
    ["maintenance/end-sessions", "POST", "{}", /say workspace or username/],
    ["maintenance/end-sessions", "POST", '{"workspace":""}', /workspace: it is not a workspace name/],
    ["maintenance/end-sessions", "POST", '{"username":"Jörg"}', /username: it has/],
  ])("of /%s is refused as %s %s", async (path, method, body, detail) => {
    const refused = await send(admin, method, path, body);
    expect(refused).toMatchObject({ status: 400, code: "malformed-body" });
    expect(refused.detail).toMatch(detail);
  });

  it.each([
    ["text/json", 415],
    ["application/json; charset=latin1", 415],
    ["application/json; charset=iso-8859-1", 415],
    ["application/json; charset=utf-16", 415],
    ["application/json; charset=", 415],
    ["application/json; charset=utf-8; charset=latin1", 415],
    ["application/json, application/json", 415],
    ["application/json;charset=UTF-8", 403],
    ['application/json; charset="utf-8"', 403],
    ["Application/JSON; version=1", 403],
  ])("of type %s is answered with %i", async (type, status) => {
    const answer = await send(service, "PUT", "users/alice/desktop", utf8('{"workspace":"rare-diseases"}'), {
      "content-type": type,
    });
    expect(answer).toMatchObject({ status, code: status === 415 ? "unsupported-media-type" : "workspace-not-bound" });
  });

  it("that is compressed is refused", async () => {
    const headers = { "content-encoding": "gzip" };
    const answer = await send(service, "PUT", "users/alice/desktop", '{"workspace":"asthma-cohort"}', headers);
    expect(answer).toMatchObject({ status: 415, code: "unsupported-media-type" });
  });

  it("counts characters as JSON Schema does", async () => {
    const answer = await estate.call("olga", "PUT", "/maintenance", { reaping: "on", reason: "🙂".repeat(500) });
    expect(answer).toMatchObject({ status: 200 });
  });

  it("is stored with only those claims that bindings can check, however deep the rest is", async () => {
    const deep = "[".repeat(3_000) + "]".repeat(3_000);
    const body = `{"workspace":"cancer-registry","claims":{"groups":["/registry/readers",{"a":1},${deep}]}}`;
    const response = await fetch(`${estate.host.url}/api/users/bob/desktop`, {
      method: "PUT",
      headers: { authorization: `Bearer ${service}`, "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(202);
    const record = await personRecordsIn(clusterOf(estate.kubeconfig), namespace).read(personId("bob"));
    expect(record?.request.claims).toEqual({ groups: ["/registry/readers"] });
  });
});
