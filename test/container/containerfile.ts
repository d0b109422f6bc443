import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Dockerfile, DockerfileParser, type Instruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";

const run = promisify(execFile);

/** What a Containerfile of one stage says. */
export interface Containerfile {
  /** With the arguments' default values. */
  base: string;
  environment: Readonly<Record<string, string>>;
  /** From the context to the image. */
  copies: readonly { from: readonly string[]; to: string }[];
  /** Each as the shell gets it. */
  runs: readonly string[];
  user: string | undefined;
  ports: readonly string[];
  command: readonly string[];
}

export function readContainerfile(text: string): Containerfile {
  const file = DockerfileParser.parse(text);
  const values = (instruction: Instruction) => instruction.getArguments().map((each) => each.getValue());
  const all = (keyword: string) => file.getInstructions().filter((each) => each.getKeyword() === keyword);
  return {
    base: baseOf(file),
    environment: Object.fromEntries(
      file
        .getENVs()
        .flatMap((env) => env.getProperties())
        .map((property) => [property.getName(), property.getValue() ?? ""]),
    ),
    copies: all("COPY").map((copy) => {
      const paths = values(copy);
      return { from: paths.slice(0, -1), to: paths.at(-1) ?? "" };
    }),
    runs: all("RUN").map((each) => each.getArgumentsContent() ?? ""),
    user: all("USER").map(values).at(-1)?.[0],
    ports: all("EXPOSE").flatMap(values),
    command:
      file
        .getCMDs()
        .at(-1)
        ?.getJSONStrings()
        .map((each) => each.getJSONValue()) ?? [],
  };
}

function baseOf(file: Dockerfile): string {
  const name = file.getFROMs()[0]?.getImage() ?? "";
  const argument = /^\$\{(\w+)\}$/.exec(name)?.[1];
  if (argument === undefined) return name;
  const given = file.getInitialARGs().map((each) => each.getProperty());
  return given.find((each) => each?.getName() === argument)?.getValue() ?? "";
}

/** What is wrong with a Containerfile, in words: what a builder would refuse or warn of, and rules of our own. */
export function faultsIn(text: string, context: string): string[] {
  const { base, copies, user, command, environment } = readContainerfile(text);
  const [, tag, digest] = /^[^@:]+(?::\d+\/[^@:]+)?(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(base) ?? [];
  const absent = copies.flatMap(({ from }) => from).filter((path) => !existsSync(join(context, path)));
  const rules: [isWrong: boolean, words: string][] = [
    [digest === undefined && (tag === undefined || tag === "latest"), `the base image ${base} is not pinned`],
    [user === undefined || /^(0|root)(:|$)/.test(user), "it runs as root"],
    // The kubelet can only tell that a number is not root's (runAsNonRoot).
    [user !== undefined && !/^\d+(:\d+)?$/.test(user), `the user ${user} is not a number`],
    [
      command.length === 0,
      "there is no command in the form of a list: signals would reach a shell instead of the host",
    ],
    [
      Object.entries(environment).some(([name, value]) => /SECRET$|PASSWORD|_URL$/.test(name) && value !== ""),
      "a secret or an address of one site is in it",
    ],
    ...absent.map((path): [boolean, string] => [true, `${path} is not in the context`]),
  ];
  const builders = validate(text).map(
    ({ message, range }) => `line ${range.start.line + 1}: ${typeof message === "string" ? message : message.value}`,
  );
  return [...builders, ...rules.filter(([isWrong]) => isWrong).map(([, words]) => words)];
}

/** Carries out COPY and RUN as a builder would, in a folder that stands for the root of the image. */
export async function layOut({ copies, runs }: Containerfile, context: string, root: string): Promise<void> {
  // What the base image has.
  await Promise.all(["azure-functions-host", "home"].map((folder) => mkdir(join(root, folder), { recursive: true })));
  for (const { from, to } of copies)
    for (const path of from) {
      await mkdir(dirname(join(root, to)), { recursive: true });
      await cp(join(context, path), join(root, to), { recursive: true });
    }
  for (const command of runs) await run("/bin/sh", ["-euc", command.replaceAll(/(?<=\s)\/(?=[a-z])/g, `${root}/`)]);
}

export async function readText(...path: string[]): Promise<string> {
  return readFile(join(dirname(dirname(import.meta.dirname)), ...path), "utf8");
}
