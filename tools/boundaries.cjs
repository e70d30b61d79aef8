/**
 * Import boundaries, held by dependency-cruiser: which package may import which (arrows point one way only),
 * no cycles, no backend outside `runtime`. (Biome refuses deep imports of TensorFlow.js.)
 */
const allowed = {
  ops: [],
  "backend-onednn": ["ops"],
  "tensor-utils": ["ops"],
  metrics: [],
  weights: [],
  runtime: [],
  "test-support": [],
  optimizer: ["tensor-utils", "ops"],
  backbones: ["tensor-utils", "weights", "ops"],
  datasets: ["tensor-utils"],
  report: ["metrics"],
  training: ["optimizer", "datasets", "metrics", "tensor-utils", "weights"],
};

const arrows = Object.entries(allowed).map(([name, targets]) => ({
  name: `${name}-imports`,
  comment: `packages/${name} may import ${targets.length ? targets.join(", ") : "no other package"}`,
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: { path: `^packages/(?!(${[name, ...targets].join("|")})/)` },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: "no-unlisted-package",
      comment: "a new package takes its place in the list of arrows above",
      severity: "error",
      from: { path: `^packages/(?!(${Object.keys(allowed).join("|")})/)` },
      to: {},
    },
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "no-app-import", severity: "error", from: { path: "^packages/" }, to: { path: "^apps/" } },
    {
      name: "public-entry-only",
      comment: "a package is imported by its name, never by a path into it",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: {
        path: "^packages/([^/]+)/src/",
        pathNot: ["^$1/$2/", "^packages/[^/]+/src/(index|random|layers/index)\\.ts$"],
      },
    },
    {
      name: "backend-through-runtime",
      comment: "no package chooses an engine: apps do, through runtime",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/", pathNot: "^packages/(runtime|backend-onednn)/" },
      to: {
        path: [
          "/@tensorflow/tfjs/",
          "/@tensorflow/tfjs-node/",
          "/@tensorflow/tfjs-node-gpu/",
          "/@tensorflow/tfjs-backend-",
        ],
      },
    },
    { name: "unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "undeclared",
      comment: "what a package imports stands in its package.json",
      severity: "error",
      from: { path: "^(packages|apps)/(?!test-support/)[^/]+/src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["npm", "npm-peer"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(packages|apps)/[^/]+/(dist|test-results)/" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@roga/source", "import", "types", "node", "default"],
      mainFields: ["main"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
