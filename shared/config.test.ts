import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readSettings, settingsSchema } from "./config.ts";

const valid = {
  DESKTOP_IMAGE: "example.org/desktop:1",
  DATABASE_URL: "postgres://u:secret@127.0.0.1/guacamole",
  GUACAMOLE_URL: "http://127.0.0.1:8080/guacamole",
  OIDC_ISSUER: "http://127.0.0.1:8081/realms/sde",
  OIDC_AUDIENCE: "us",
  OIDC_CLIENTS: "a, b",
};

describe("settings", () => {
  it("fill in what is not given", () => {
    expect(readSettings(valid)).toMatchObject({
      NAMESPACE: "guacamole",
      WORKSPACES_NAMESPACE: "guacamole",
      GUACD_NAMESPACE: "guacamole",
      OIDC_JWKS_URL: "http://127.0.0.1:8081/realms/sde/protocol/openid-connect/certs",
      OIDC_ALGORITHMS: ["RS256"],
      OIDC_CLIENTS: ["a", "b"],
      GUACD_LABELS: { app: "guacd" },
      ALLOWED_DESTINATIONS: [{ namespace: "jupyterhub", label: ["app", "jupyterhub"], port: 8000 }],
      READY_WITHIN_SECONDS: 300,
    });
  });

  it("that are missing or wrong are all named at once, with the reason", () => {
    const read = () =>
      readSettings({ ...valid, DESKTOP_IMAGE: "", TIME_ZONE: "Mars/Base", READY_WITHIN_SECONDS: "soon" });
    expect(read).toThrow(/DESKTOP_IMAGE is missing.*README lists all/s);
    expect(read).toThrow(/TIME_ZONE is not an IANA time zone/);
    expect(read).toThrow(/READY_WITHIN_SECONDS /);
  });

  it.each([
    ["DATABASE_URL", "mysql://u:secret@h/db"],
    ["DATABASE_SERVER_ID", "secret"],
    ["GUACAMOLE_ENTITY_TEMPLATE", "secret-{username}"],
    ["GUACAMOLE_URL", "secret"],
    ["GUACD_LABELS", "secret"],
    ["ALLOWED_DESTINATIONS", "secret"],
    ["DESKTOP_CPU_LIMIT", "secret"],
    ["OIDC_CLOCK_SKEW_SECONDS", "61"],
  ])("%s is checked, and its value never repeated", (name, value) => {
    let message = "";
    try {
      readSettings({ ...valid, [name]: value });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(name);
    expect(message).not.toContain("secret");
  });

  it("are all in the README's table, with their descriptions, and nothing else is", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\| (.*?) +\|$/gm)].map(([, name, , meaning]) => [
      name,
      meaning?.replaceAll("\\|", "|"),
    ]);
    const wanted = Object.entries(settingsSchema.shape).map(([name, schema]) => [name, schema.description]);
    expect(rows).toEqual(wanted);
  });

  it("in the sample file are settings of ours or of the Functions host", async () => {
    const sample = JSON.parse(await readFile(new URL("../local.settings.sample.json", import.meta.url), "utf8")) as {
      Values: Record<string, string>;
    };
    const host = ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "TASKHUB_NAME"];
    const unknown = Object.keys(sample.Values).filter(
      (name) => !host.includes(name) && !(name in settingsSchema.shape),
    );
    expect(unknown).toEqual([]);
    expect(() => readSettings(sample.Values)).not.toThrow();
  });
});
