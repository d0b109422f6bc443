import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Nothing that could differ between two replays of the same history: no clock, no chance, no environment, no waiting. */
const nondeterministic = [
  ["AwaitExpression", "orchestrators are synchronous generators: yield a task instead of awaiting"],
  [
    "FunctionDeclaration[async=true], FunctionExpression[async=true], ArrowFunctionExpression[async=true]",
    "orchestrators are synchronous generators, never async",
  ],
  [
    "NewExpression[callee.name='Date'][arguments.length=0]",
    "use context.df.currentUtcDateTime: the clock differs between replays",
  ],
  [
    "MemberExpression[object.name='Date'][property.name='now']",
    "use context.df.currentUtcDateTime: the clock differs between replays",
  ],
  [
    "MemberExpression[object.name='Math'][property.name='random']",
    "use context.df.newGuid: chance differs between replays",
  ],
  ["MemberExpression[object.name='process']", "pass settings in the input: the environment may change between replays"],
  [
    "CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]",
    "use context.df.createTimer: only durable timers survive a crash",
  ],
].map(([selector, message]) => ({ selector, message }));

/** A person's record is changed in one place, which also wakes the work on it. */
const recordWrites = [
  "CallExpression[callee.property.name='update'][callee.object.name='records']",
  "CallExpression[callee.property.name='update'][callee.object.property.name='records']",
].map((selector) => ({
  selector,
  message: "change a person's record with changeRecord or changeAndWake (functions/work/person.ts)",
}));

/** What the API says is shown as text, never as markup; and the pages' policy refuses inline styles. */
const markup = [
  ["JSXAttribute[name.name='dangerouslySetInnerHTML']", "show it as text: what the API says may hold markup"],
  [
    "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|srcdoc)$/]",
    "use textContent, or components: what the API says may hold markup",
  ],
  [
    "MemberExpression[object.name='document'][property.name=/^write(ln)?$/]",
    "use components: what the API says may hold markup",
  ],
  ["JSXAttribute[name.name='style']", "use a class: the content security policy refuses inline styles"],
].map(([selector, message]) => ({ selector, message }));

export default defineConfig(
  { ignores: ["dist/", ".local/", "node_modules/", "**/*.cjs"] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Generated models of the Kubernetes client are classes only by name: plain objects are what it takes and gives.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-misused-spread": [
        "error",
        {
          allow: [
            {
              from: "package",
              package: "@kubernetes/client-node",
              name: [
                "V1ConfigMap",
                "V1Pod",
                "V1Container",
                "V1ContainerStatus",
                "V1DaemonSet",
                "V1SecurityContext",
                "V1Secret",
                "V1Deployment",
                "V1ObjectMeta",
                "V1PolicyRule",
                "V1Role",
              ],
            },
          ],
        },
      ],
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "only the composition root reads the environment; take a setting as an argument",
        },
      ],
    },
  },
  {
    files: ["orchestrations/**/*.ts", "shared/desktop/**/*.ts", "shared/person/**/*.ts", "shared/lifecycle/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", ...nondeterministic] },
  },
  {
    files: ["functions/**/*.ts"],
    ignores: ["functions/work/person.ts", "**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", ...recordWrites] },
  },
  {
    files: ["portal/**/*.{ts,tsx}"],
    rules: { "no-restricted-syntax": ["error", ...markup] },
  },
  {
    // The composition root, the stand-ins and the tests are where the environment is read or prepared.
    files: ["functions/index.ts", "local/**/*.ts", "test/**/*.ts", "*.config.ts", "**/*.test.ts"],
    rules: { "no-restricted-properties": "off" },
  },
);
