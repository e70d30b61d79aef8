/**
 * Publishes: first the prebuilt packages of the native engine (tarballs in `native-packages/`, from the jobs that made
 * them), then, with those as its optional dependencies, `@roga/backend-onednn` and all other packages whose version is not
 * on the registry yet. A platform whose tarball is missing has no prebuilt package in that release.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, root, run } from "./pnpm.mjs";

const folder = join(root, "native-packages");
const manifestPath = join(root, "packages", "backend-onednn", "package.json");

/** What stands in a tarball's package.json. */
function manifestOf(tarball) {
  return JSON.parse(execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }));
}

function isPublished(name, version) {
  try {
    return execFileSync("npm", ["view", `${name}@${version}`, "version"], { encoding: "utf8" }).trim() === version;
  } catch (error) {
    if (/E404/.test(error.stderr)) return false;
    throw error;
  }
}

run("turbo", ["run", "build"]);

const original = readFileSync(manifestPath, "utf8");
const main = JSON.parse(original);
const optionalDependencies = {};
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".tgz")) : [];
for (const file of files) {
  const tarball = join(folder, file);
  const { name, version } = manifestOf(tarball);
  if (version !== main.version) {
    throw new Error(`${file}: expected version ${main.version}, that of ${main.name}, got ${version}`);
  }
  optionalDependencies[name] = version;
  if (!isPublished(name, version)) run("npm", ["publish", tarball, "--access", "public"]);
}

try {
  // Not in the repository: a lockfile cannot hold packages that no release has made yet.
  writeFileSync(manifestPath, `${JSON.stringify({ ...main, optionalDependencies }, null, 2)}\n`);
  // Not `run`, which ends the process: the file below is to be put back whatever happens.
  const { status } = spawnSync("changeset", ["publish"], { cwd: root, env: environment, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  writeFileSync(manifestPath, original);
}
