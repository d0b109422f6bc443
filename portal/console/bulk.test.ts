import { describe, expect, it } from "vitest";
import type { Preview } from "../api/console-types.ts";
import { previewAll } from "./bulk.ts";
import { selectionOf } from "./selection.ts";

const listed = (id: string, username = `person ${id}`) => ({ id, username, workspace: "a" });
const chosen = (id: string, username = `person ${id}`) => ({ id, username, name: `${username} in a` });

describe("a selection", () => {
  it("stays as it is while the list is refreshed and ordered anew", () => {
    const selection = selectionOf();
    selection.choose([listed("1"), listed("2")], true);
    selection.choose([listed("3")], true);
    selection.choose([listed("1")], false);
    const before = selection.chosen.value;
    selection.keepTo([listed("4"), listed("3"), listed("2")]);
    expect(selection.chosen.value).toBe(before);
    expect(selection.chosen.value.map(({ id }) => id)).toEqual(["2", "3"]);
    expect(selection.gone.value).toEqual([]);
  });

  it("loses what is not listed any more, and says so until something else is selected", () => {
    const selection = selectionOf();
    selection.choose([listed("1"), listed("2"), listed("3")], true);
    selection.keepTo([listed("2"), listed("3")]);
    selection.keepTo([listed("3")]);
    selection.keepTo([listed("1"), listed("3")]);
    expect(selection.chosen.value).toEqual([chosen("3")]);
    expect(selection.gone.value).toEqual([chosen("1"), chosen("2")]);
    selection.choose([listed("1")], true);
    expect(selection.gone.value).toEqual([]);
  });

  it("has each desktop once", () => {
    const selection = selectionOf();
    selection.choose([listed("1")], true);
    selection.choose([listed("1"), listed("2")], true);
    expect(selection.chosen.value.map(({ id }) => id)).toEqual(["1", "2"]);
  });
});

describe("what would happen to many desktops", () => {
  const would = (id: string, username: string, connected: boolean | null, unanswered: string[] = []): Preview => ({
    ...{ dryRun: true, at: "", would: ["x"], of: 1, unanswered },
    connected: { people: Number(connected === true), notKnown: Number(connected === null) },
    desktops: [{ id, username, workspace: "a", state: "ready", connected }],
  });
  const nothing: Preview = { ...would("", "", false), would: [], of: 0, desktops: [] };

  it("counts desktops, people, and those who are connected, and names those to which nothing would happen", async () => {
    const answers: Record<string, Preview | Error> = {
      1: would("1", "anna", true, ["Guacamole does not answer"]),
      2: would("2", "anna", true, ["Guacamole does not answer"]),
      3: would("3", "bert", null),
      4: would("4", "cleo", false),
      5: nothing,
      6: { ...nothing, refused: { code: "request-changed", reason: "she is being switched" } },
      7: new Error("it is gone"),
    };
    const desktops = ["anna", "anna", "bert", "cleo", "dora", "emil", "finn"].map((username, index) =>
      chosen(String(index + 1), username),
    );
    const preview = await previewAll(
      desktops,
      async ({ id }) => {
        const answer = answers[id];
        if (answer instanceof Error || !answer) throw answer ?? new Error(id);
        return Promise.resolve(answer);
      },
      (error) => (error as Error).message,
    );
    expect(preview).toEqual({
      ready: desktops.slice(0, 4),
      people: 3,
      connected: { people: 1, notKnown: 1 },
      left: [
        { desktop: desktops[4], words: "Nothing would happen." },
        { desktop: desktops[5], words: "she is being switched" },
        { desktop: desktops[6], words: "it is gone" },
      ],
      unanswered: ["Guacamole does not answer"],
    });
  });

  it("asks for a few at a time", async () => {
    let now = 0;
    let most = 0;
    const look = async () => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      return nothing;
    };
    const desktops = Array.from({ length: 20 }, (_, index) => chosen(String(index)));
    expect((await previewAll(desktops, look, String)).left.map(({ desktop }) => desktop)).toEqual(desktops);
    expect(most).toBe(3);
  });

  it("fails with what nobody expects", async () => {
    const tell = (error: unknown) => {
      throw error as Error;
    };
    await expect(previewAll([chosen("1")], () => Promise.reject(new TypeError("x")), tell)).rejects.toThrow("x");
  });
});
