import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

interface Manifest {
  name: string;
  private?: boolean;
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const root = dirname(import.meta.dirname);
const read = async (folder: string) =>
  JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as Manifest;
const product = await read(".");
const standIns = await Promise.all((product.workspaces ?? []).map(read));

it.each(standIns)("$name adds nothing to a production install", ({ private: isPrivate, dependencies }) => {
  // npm ci --omit=dev installs the dependencies of every workspace, but not their devDependencies.
  expect({ isPrivate, dependencies }).toEqual({ isPrivate: true, dependencies: undefined });
});

it.each(standIns)("$name uses the product's version of a package that both use", ({ devDependencies = {} }) => {
  const ours = { ...product.dependencies, ...product.devDependencies };
  const shared = Object.keys(devDependencies).filter((name) => name in ours);
  expect(shared.map((name) => [name, devDependencies[name]])).toEqual(shared.map((name) => [name, ours[name]]));
});
