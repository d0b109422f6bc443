import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { inspect } from "node:util";
import { CoreV1Api, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const workspace = "asthma-cohort";

let estate: TestEstate;
/** Every answer that a caller got. */
const answers: unknown[] = [];
/** Every password that the desktop ever had. */
const passwords: string[] = [];

beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

async function password(): Promise<string> {
  const name = `client-${deploymentName({ workspace, username: "alice" })}`;
  const { data } = await estate.kubeconfig.makeApiClient(CoreV1Api).readNamespacedSecret({ namespace, name });
  return Buffer.from(data?.["password"] ?? "", "base64").toString();
}

async function ask(wanted: string | null): Promise<unknown> {
  const told = await estate.ask("alice", wanted);
  answers.push(told);
  for (const path of ["/users/alice/desktop", "/users/alice/workspaces"])
    answers.push((await estate.call("alice", "GET", path)).body);
  return told;
}

/** Returns everything that the product wrote anywhere, by place, except where a password belongs. */
async function everything(): Promise<Record<string, string>> {
  const hub = basename(estate.taskHub);
  const files = (await readdir(dirname(estate.taskHub))).filter((file) => file.startsWith(hub));
  const history = await Promise.all(files.map((file) => readFile(join(dirname(estate.taskHub), file), "latin1")));

  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const kinds = [
    ["v1", "ConfigMap"],
    ["v1", "Service"],
    ["discovery.k8s.io/v1", "EndpointSlice"],
    ["v1", "Pod"],
    ["v1", "Event"],
    ["apps/v1", "Deployment"],
    ["apps/v1", "ReplicaSet"],
    ["networking.k8s.io/v1", "NetworkPolicy"],
    ["xlscsde.nhs.uk/v1", "AnalyticsWorkspace"],
    ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
  ] as const;
  const lists = [];
  for (const [apiVersion, kind] of kinds) lists.push((await objects.list(apiVersion, kind, namespace)).items);
  const secrets = (await objects.list("v1", "Secret", namespace)).items.map(({ metadata }) => metadata);

  const { rows: tables } = await estate.guacamole.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const rows: unknown[] = [];
  for (const { name } of tables) {
    const but = name === "guacamole_connection_parameter" ? "WHERE parameter_name <> 'password'" : "";
    const { rows: found } = await estate.guacamole.query<{ t: string }>(`SELECT t::text FROM ${name} t ${but}`);
    rows.push(...found);
  }
  return {
    history: history.join(""),
    log: inspect(estate.log, { depth: null, maxArrayLength: null, maxStringLength: null }),
    answers: JSON.stringify(answers),
    objects: JSON.stringify([lists, secrets]),
    rows: JSON.stringify(rows),
  };
}

/** Returns the places that contain one of the passwords, plain or in base64 or hexadecimal. */
function placesOf(secret: string, places: Record<string, string>): string[] {
  const bytes = Buffer.from(secret);
  const forms = [secret, bytes.toString("base64").replace(/=+$/, ""), bytes.toString("hex")];
  return Object.entries(places)
    .filter(([, text]) => forms.some((form) => text.includes(form)))
    .map(([place]) => place);
}

describe("a desktop's password", () => {
  it("is a new one at each start, and stays while the desktop runs", async () => {
    for (let start = 0; start < 3; start += 1) {
      expect(await ask(workspace)).toMatchObject({ state: "done" });
      passwords.push(await password());
      expect(await ask(workspace)).toMatchObject({ state: "done" });
      expect(await password()).toBe(passwords.at(-1));
      expect(await ask(null)).toMatchObject({ state: "done" });
    }
    expect(new Set(passwords).size).toBe(3);
    expect(passwords.filter((text) => !/^[A-Za-z0-9]{8}$/.test(text))).toEqual([]);
  });

  it("is in no error, although the database's own error repeats it", async () => {
    await estate.guacamole.query(`
      CREATE FUNCTION refuse_parameter() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused: %', NEW.parameter_value USING DETAIL = NEW.parameter_value; END $$;
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON guacamole_connection_parameter
        FOR EACH ROW WHEN (NEW.parameter_name = 'password') EXECUTE FUNCTION refuse_parameter()`);
    let made = "";
    estate.faults.afterActivity = async ({ name }) => {
      if (name === "createParts") made = await password();
    };
    expect(await ask(workspace)).toMatchObject({ state: "failed", step: "connection" });
    estate.mend();
    passwords.push(made);
    await estate.guacamole.query("DROP FUNCTION refuse_parameter CASCADE");
    expect(await ask(workspace)).toMatchObject({ state: "done" });
    passwords.push(await password());
  });

  it("is nowhere but in its Secret and in the connection's parameter", async () => {
    const places = await everything();
    expect(new Set(passwords).size).toBe(5);
    // Each place has content: it mentions what wrote the credential, or for whom.
    expect(Object.keys(places).filter((place) => !/alice|createParts/.test(places[place] ?? ""))).toEqual([]);
    for (const secret of passwords) expect(placesOf(secret, places)).toEqual([]);
  });

  it("would be found in each of these places", async () => {
    const places = await everything();
    for (const [place, text] of Object.entries(places))
      expect(placesOf("Abcdefg8", { ...places, [place]: `${text} QWJjZGVmZzg` })).toEqual([place]);
  });
});
