/** The arrows of the architecture (docs/adr/0002): who may import whom. `npm run check:arrows` enforces them. */
const ioFolders = "^shared/(kubernetes|guacamole|azure|identity)/";
const tests = "\\.test\\.ts$";
const standIns = "^local/(cluster|database|functions-host|identity)/";

module.exports = {
  forbidden: [
    {
      name: "the-domain-imports-nothing-but-itself",
      comment: "shared/desktop, shared/person and shared/lifecycle are pure: no I/O, no clock, no environment.",
      severity: "error",
      from: { path: "^shared/(desktop|person|lifecycle)/", pathNot: tests },
      to: { pathNot: ["^shared/(desktop|person|lifecycle)/", "^shared/errors\\.ts$", "node_modules/(zod|uuid)/"] },
    },
    {
      name: "a-desktop-knows-nobody",
      comment: "shared/desktop is what shared/person and shared/lifecycle are made of, and imports neither.",
      severity: "error",
      from: { path: "^shared/desktop/", pathNot: ["^shared/desktop/activities\\.ts$", tests] },
      to: { path: "^shared/(person|lifecycle)/" },
    },
    {
      name: "the-contract-of-activities-names-types-only",
      comment: "shared/desktop/activities.ts says what activities take and return, in types of the whole domain.",
      severity: "error",
      from: { path: "^shared/desktop/activities\\.ts$" },
      to: { path: "^shared/(person|lifecycle)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "a-person-does-not-know-the-estate",
      comment:
        "shared/lifecycle decides over many people and desktops; the rules of one person's record need none of it.",
      severity: "error",
      from: { path: "^shared/person/", pathNot: tests },
      to: { path: "^shared/lifecycle/" },
    },
    {
      name: "orchestrations-import-the-domain-only",
      comment: "Orchestrations replay: they see the domain and the durable-functions library, nothing that does I/O.",
      severity: "error",
      from: { path: "^orchestrations/", pathNot: tests },
      to: {
        pathNot: [
          "^orchestrations/",
          "^shared/(desktop|person|lifecycle)/",
          "^shared/errors\\.ts$",
          "node_modules/durable-functions/",
        ],
      },
    },
    {
      name: "outside-systems-do-not-know-each-other",
      comment: "One folder per outside system; only functions/ brings them together.",
      severity: "error",
      from: { path: "^shared/(kubernetes|guacamole|azure|identity)/", pathNot: tests },
      to: {
        path: "^(functions|orchestrations|shared/(?!desktop/|person/|lifecycle/|errors\\.ts|config\\.ts|circuit\\.ts|turns\\.ts|$1/))",
      },
    },
    {
      name: "sdks-stay-in-the-io-folders",
      comment: "Clients of outside systems appear in the I/O folders and functions/app.ts only.",
      severity: "error",
      from: { path: "^(functions|orchestrations|shared)/", pathNot: [ioFolders, "^functions/app\\.ts$", tests] },
      to: { path: "node_modules/(pg|@kubernetes/[^/]+|@keycloak/[^/]+|@azure/(?!functions/)[^/]+|jose)/" },
    },
    {
      name: "node-io-stays-in-the-io-folders",
      comment:
        "node:* modules that do I/O appear in the I/O folders, functions/app.ts, and where the portal's files are read.",
      severity: "error",
      from: {
        path: "^(functions|orchestrations|shared)/",
        pathNot: [ioFolders, "^functions/(app|pages/files)\\.ts$", tests],
      },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|timers/promises)$" },
    },
    {
      name: "only-functions-registers",
      comment: "Only functions/ touches app.* and df.app.*: nothing else may import @azure/functions.",
      severity: "error",
      from: { path: "^(orchestrations|shared)/", pathNot: tests },
      to: { path: "node_modules/@azure/functions/" },
    },
    {
      name: "functions-are-values",
      comment: "Routes, timers and activities are values. functions/register.ts alone hands them to @azure/functions.",
      severity: "error",
      from: { path: "^functions/", pathNot: ["^functions/register\\.ts$", tests] },
      to: { path: "node_modules/@azure/functions/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "one-file-wakes-people",
      comment:
        "functions/work/person.ts alone changes records and starts a person's orchestration (docs/how-it-works.md).",
      severity: "error",
      from: { path: "^functions/", pathNot: ["^functions/(work/person|orchestrations)\\.ts$", tests] },
      to: { path: "^orchestrations/fulfil-request\\.ts$" },
    },
    {
      name: "one-file-calls-the-task-hub",
      comment: "The Durable library's client is called through functions/work/task-hub.ts only.",
      severity: "error",
      from: { path: "^functions/", pathNot: ["^functions/(app|orchestrations|register|work/task-hub)\\.ts$", tests] },
      to: { path: "node_modules/durable-functions/" },
    },
    {
      name: "the-portal-knows-the-api-only",
      comment:
        "portal/ runs in browsers: of the product it imports the schemas of the API's answers, as types, and for shapes that are computed when it is built.",
      severity: "error",
      from: { path: "^portal/" },
      to: {
        path: "^(functions|orchestrations|shared|local|test)/",
        pathNot: "^functions/http/(operator-)?answers\\.ts$",
      },
    },
    {
      name: "the-portal-takes-types-only",
      comment: "Nothing of the app is bundled into the pages. The shapes are computed when they are built.",
      severity: "error",
      from: { path: "^portal/", pathNot: "^portal/api/(console-)?shapes\\.ts$" },
      to: { path: "^functions/http/(operator-)?answers\\.ts$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "nothing-imports-the-portal",
      comment: "The app serves what was built from portal/, as files.",
      severity: "error",
      from: { path: "^(functions|orchestrations|shared|local)/" },
      to: { path: "^portal/" },
    },
    {
      name: "nothing-imports-the-stand-ins",
      comment: "local/ and test/ are for development: the product must run without them.",
      severity: "error",
      from: { path: "^(functions|orchestrations|shared)/", pathNot: tests },
      to: { path: "^(local|test)/" },
    },
    {
      name: "a-stand-in-knows-nobody",
      comment: "A stand-in is a separate package: it imports neither the product, nor its tests, nor another stand-in.",
      severity: "error",
      from: { path: standIns },
      to: { path: "^(functions|orchestrations|shared|test|local)/", pathNot: "^local/$1/" },
    },
    {
      name: "a-stand-in-is-entered-by-its-name",
      comment:
        "Other code imports what a stand-in's package.json exports, by the package's name, and never a file inside it.",
      severity: "error",
      from: { pathNot: standIns },
      to: { path: standIns, dependencyTypesNot: ["aliased-workspace"] },
    },
    {
      name: "no-cycles",
      severity: "error",
      comment: "Types included.",
      from: {},
      to: { circular: true },
    },
    { name: "nothing-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
