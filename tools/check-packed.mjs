/**
 * Checks every package as a user receives it: packs it, reads the tarball with publint and are-the-types-wrong
 * (ESM only), then unpacks all tarballs side by side in an empty project and imports each of their entry points.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { environment, root } from "./pnpm.mjs";

const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
);
const packages = folders
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
  .filter(({ manifest }) => !manifest.private);

const project = mkdtempSync(join(tmpdir(), "roga-packed-"));
const modules = join(project, "node_modules");
const problems = [];

/** Resolutions that an ESM-only package leaves out on purpose. */
const leftOut = new Set(["node10", "node16-cjs"]);

function linkDependencies(folder) {
  const installed = join(folder, "node_modules");
  if (!existsSync(installed)) return;
  const names = readdirSync(installed).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(installed, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  for (const name of names) {
    if (name.startsWith("@roga/") || name.startsWith(".") || existsSync(join(modules, name))) continue;
    mkdirSync(join(modules, name, ".."), { recursive: true });
    symlinkSync(join(installed, name), join(modules, name));
  }
}

try {
  for (const { folder, manifest } of packages) {
    const packed = JSON.parse(
      execFileSync("pnpm", ["pack", "--json", "--pack-destination", project], { cwd: folder, env: environment }),
    );
    const tarball = readFileSync(packed.filename);

    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    for (const message of messages) problems.push(`${manifest.name}: publint: ${formatMessage(message, pkg)}`);

    if (manifest.exports["."]) {
      const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
      for (const problem of analysis.problems ?? []) {
        if (!leftOut.has(problem.resolutionKind) && !leftOut.has(problem.resolutionOption)) {
          problems.push(`${manifest.name}: types: ${problem.kind} ${JSON.stringify(problem)}`);
        }
      }
    }

    const target = join(modules, manifest.name);
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["-xzf", packed.filename, "-C", target, "--strip-components=1"]);
    linkDependencies(folder);
  }

  for (const { manifest } of packages) {
    for (const entry of Object.keys(manifest.exports).filter((key) => !key.endsWith(".json"))) {
      const specifier = manifest.name + entry.slice(1);
      const script = `const m = await import(${JSON.stringify(specifier)}); if (Object.keys(m).length === 0) throw new Error("exports nothing");`;
      try {
        execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: project, stdio: "pipe" });
      } catch (error) {
        problems.push(`${manifest.name}: import of ${specifier} failed: ${error.stderr}`);
      }
    }
    for (const [name, file] of Object.entries(manifest.bin ?? {})) {
      try {
        execFileSync(process.execPath, [join(modules, manifest.name, file), "--help"], { cwd: project, stdio: "pipe" });
      } catch (error) {
        problems.push(`${manifest.name}: ${name} --help failed: ${error.stderr}`);
      }
    }
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

for (const problem of problems) console.error(problem);
console.log(`${packages.length} packages packed, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
