/**
 * Makes the prebuilt package of the native engine for the machine that it runs on, `@roga/backend-onednn-<platform>`: the
 * addon at every level of instructions, and beside it the libraries that it needs and a bare system lacks, with their
 * licences. As a command: `node tools/native-package.mjs [--out <folder>] [--check]` writes the tarball into the folder;
 * `--check` then installs it in an empty project and trains a step there, on the package's own libraries alone.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../packages/backend-onednn/native/build.mjs";
import { packageRoot, platformTag } from "../packages/backend-onednn/native/targets.mjs";
import { environment, root } from "./pnpm.mjs";

/** Libraries that Node.js itself needs, so that every system has them. */
const ofTheSystem = /^(linux-vdso|ld-linux|ld-musl|libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s)[.-]/;

const output = (command, args, options) => execFileSync(command, args, { encoding: "utf8", ...options }).trim();

/** Paths of the libraries that a file needs, by the name under which they are looked for. */
function librariesOf(file) {
  const found = new Map();
  for (const [, name, path] of output("ldd", [file]).matchAll(/^\s*(\S+) => (.+?)(?: \(0x[0-9a-f]+\))?$/gm)) {
    if (ofTheSystem.test(name)) continue;
    if (!existsSync(path)) throw new Error(`${file} needs ${name}, which was not found`);
    found.set(name, realpathSync(path));
  }
  return found;
}

/** The Debian package that a library comes from: where its licence is, and its source. */
function provenance(path) {
  // A merged /usr makes the packages' own paths differ from the real ones.
  const owners = [path, path.replace(/^\/usr/, "")].flatMap((candidate) => {
    try {
      return [output("dpkg", ["-S", candidate], { stdio: ["ignore", "pipe", "ignore"] }).split(":")[0]];
    } catch {
      return [];
    }
  });
  if (owners.length === 0) throw new Error(`${path} is of no Debian package: its licence is not known`);
  const [owner] = owners;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are those of dpkg-query
  const source = output("dpkg-query", ["-W", "-f", "${source:Package} ${source:Version}", owner]);
  return { owner, source, licence: join("/usr/share/doc", owner, "copyright") };
}

/** Newest version of the C library's symbols that the files need. */
function newestGlibc(files) {
  const versions = files.flatMap((file) =>
    [...output("objdump", ["-T", file]).matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [+major, +minor]),
  );
  return versions
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .at(-1)
    ?.join(".");
}

async function assemble(out) {
  if (process.platform !== "linux")
    throw new Error(`prebuilt packages are made on Linux alone, this is ${process.platform}`);
  const tag = platformTag();
  const { version, license } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const name = `@roga/backend-onednn-${tag}`;
  const work = join(packageRoot, "build", "portable");
  const folder = join(packageRoot, "build", "package");
  const addons = (await build({ levels: "all", portable: true, out: work })).map(({ path }) => path);

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "licenses"), { recursive: true });
  for (const file of [...addons, join(work, "cpu.node")]) copyFileSync(file, join(folder, basename(file)));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));

  const libraries = new Map(addons.flatMap((addon) => [...librariesOf(addon)]));
  const notices = [];
  for (const [library, path] of libraries) {
    copyFileSync(path, join(folder, library));
    const { owner, source, licence } = provenance(path);
    copyFileSync(licence, join(folder, "licenses", `${library}.txt`));
    notices.push(
      `${library}: unchanged from Debian's package ${owner}, source package ${source}; licenses/${library}.txt`,
    );
  }
  const common = "/usr/share/common-licenses/GPL-3";
  if (existsSync(common)) copyFileSync(common, join(folder, "licenses", "GPL-3.txt"));
  writeFileSync(
    join(folder, "NOTICE"),
    [
      "The addons (*.node) are under the licence in LICENSE. The libraries beside them are the work of others:",
      ...notices,
      "Their sources are at https://sources.debian.org. libgomp is under the GNU GPL 3 (licenses/GPL-3.txt) with the GCC",
      "Runtime Library Exception.",
      "",
    ].join("\n"),
  );

  const glibc = tag.endsWith("-musl")
    ? undefined
    : newestGlibc([...addons, ...libraries.keys()].map((file) => join(folder, basename(file))));
  const system = glibc === undefined ? "" : ` Needs glibc ${glibc} or later.`;
  const description = `The prebuilt native engine of @roga/backend-onednn for ${tag}.${system}`;
  const manifest = {
    name,
    version,
    description,
    license: `${license} AND BSD-2-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1`,
    os: [process.platform],
    cpu: [process.arch],
    libc: [tag.endsWith("-musl") ? "musl" : "glibc"],
    files: ["*.node", "*.so*", "NOTICE", "licenses"],
    publishConfig: { access: "public" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(folder, "README.md"),
    `# ${name}\n\n${description} Installed by that package; not used by itself.\n`,
  );
  mkdirSync(out, { recursive: true });
  const [packed] = JSON.parse(
    output("npm", ["pack", "--json", "--pack-destination", out], { cwd: folder, env: environment }),
  );
  return { name, tarball: join(out, packed.filename), bytes: packed.size };
}

/** A program that trains a step, and prints which of the libraries it ran on lie outside the package. */
const program = `
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { describe } from "@roga/backend-onednn";
await tf.setBackend("onednn");
const { addon, level, oneDNN } = describe();
const w = tf.variable(tf.randomNormal([3, 3, 3, 8], 0, 1, "float32", 2));
const x = tf.randomNormal([2, 16, 16, 3], 0, 1, "float32", 1);
const loss = () => tf.mean(tf.square(tf.relu(tf.conv2d(x, w, 1, "same"))));
const optimizer = tf.train.sgd(0.01);
const [before, after] = [optimizer.minimize(loss, true).dataSync()[0], loss().dataSync()[0]];
const folder = addon.slice(0, addon.lastIndexOf("/"));
const mapped = new Set(readFileSync("/proc/self/maps", "utf8").match(/\\/\\S+(dnnl|gomp|OpenCL)\\S*/g));
const strangers = [...mapped].filter((path) => !path.startsWith(folder + "/"));
console.log(JSON.stringify({ addon, level, oneDNN, before, after, mapped: mapped.size, strangers }));
`;

/** @throws {Error} where the installed package does not train, or on other libraries than its own */
function check({ name, tarball }) {
  const project = mkdtempSync(join(tmpdir(), "roga-native-"));
  try {
    const pack = (folder) => {
      const packed = output("pnpm", ["pack", "--json", "--pack-destination", project], {
        cwd: folder,
        env: environment,
      });
      return JSON.parse(packed).filename;
    };
    const own = ["ops", "backend-onednn"].map((package_) => pack(join(root, "packages", package_)));
    const { version } = JSON.parse(
      readFileSync(join(root, "node_modules/.pnpm/node_modules/@tensorflow/tfjs/package.json"), "utf8"),
    );
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const install = [
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      `@tensorflow/tfjs@${version}`,
      ...own,
      tarball,
    ];
    execFileSync("npm", install, { cwd: project, stdio: "inherit" });
    writeFileSync(join(project, "step.js"), program);
    const result = JSON.parse(output(process.execPath, ["step.js"], { cwd: project }).split("\n").at(-1));
    console.log(result);
    if (!result.addon.includes(`/node_modules/${name}/`))
      throw new Error(`the addon came from ${dirname(result.addon)}`);
    if (result.strangers.length > 0 || result.mapped === 0) {
      throw new Error(`libraries from outside the package: ${result.strangers.join(", ") || "none from it either"}`);
    }
    if (!(result.after < result.before)) throw new Error("the loss did not fall");
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { out: { type: "string" }, check: { type: "boolean" } } });
const made = await assemble(resolve(values.out ?? join(root, "native-packages")));
console.log(`${made.name}: ${made.tarball}, ${(made.bytes / 1e6).toFixed(1)} MB`);
if (values.check) check(made);
