/**
 * Runs the addon under tools that see what tests do not: the tests of kernels and of behaviour with the addon compiled
 * for AddressSanitizer and UndefinedBehaviorSanitizer, where every array that a kernel is given has memory of its own;
 * then every function, on two threads, under valgrind, which sees reads of memory that nothing wrote (apt-get install
 * valgrind). Needs GCC on Linux.
 *
 *     node native/sanitize.mjs [sanitizers|valgrind]
 *
 * Not covered: races. GCC's OpenMP library tells neither ThreadSanitizer nor helgrind of its barriers, and both report
 * every parallel loop; what speaks against races is that the tests find the same bits in every run. oneDNN's own code is
 * not instrumented: the guards around arrays in `test/support/guarded-addon.ts` see what it writes beside them, and
 * valgrind what it reads.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build as bundle } from "esbuild";
import { build } from "./build.mjs";
import { localFolder, packageRoot } from "./targets.mjs";

const require = createRequire(import.meta.url);

/** Bounds on resident memory or address space, which a sanitizer takes for itself. */
const unfit = ["test/behaviour/leak.test.ts", "test/behaviour/out-of-memory.test.ts"];
/** V8's collector looks at the whole stack for what may be pointers. */
const suppression = `{
   v8-conservative-stack-scan
   Memcheck:Cond
   fun:*IteratePointersInStack*
   ...
}
`;

function run(command, args, environment) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: packageRoot,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${signal ?? status}`);
}

async function sanitizers() {
  const [{ path }] = await build({ sanitize: "address,undefined" });
  const library = (name) =>
    spawnSync(process.env.CXX ?? "g++", [`-print-file-name=${name}`], { encoding: "utf8" }).stdout.trim();
  const vitest = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");
  const excluded = unfit.flatMap((name) => ["--exclude", name]);
  const tests = ["test/parity", "test/kernels", "test/behaviour", ...excluded, "--testTimeout", "300000"];
  run(process.execPath, [vitest, "run", ...tests], {
    ROGA_ONEDNN_ADDON: path,
    ROGA_TEST_GUARD: "0",
    LD_PRELOAD: library("libasan.so"),
    // What lives until the end of Node.js is not lost.
    ASAN_OPTIONS: "detect_leaks=0",
    UBSAN_OPTIONS: "halt_on_error=1,print_stacktrace=1",
  });
}

async function valgrind() {
  // The widest instructions that valgrind knows are those of AVX2.
  await build({ levels: "v3" });
  const program = join(packageRoot, "test-results", "drive.mjs");
  await bundle({
    entryPoints: [join(packageRoot, "test", "programs", "drive.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@roga/source"],
    external: ["@tensorflow/*"],
  });
  const suppressions = join(packageRoot, "test-results", "valgrind.supp");
  writeFileSync(suppressions, suppression);
  const options = ["--smc-check=all", "--error-exitcode=9", "--num-callers=30", `--suppressions=${suppressions}`];
  run("valgrind", [...options, process.execPath, "--single-threaded", program], {
    ROGA_ONEDNN_ADDON: join(localFolder(), "onednn-v3.node"),
    ONEDNN_MAX_CPU_ISA: "AVX2",
    // Threads take turns there: one that waits in a loop keeps the others from working.
    OMP_WAIT_POLICY: "passive",
  });
}

const parts = { sanitizers, valgrind };
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!(name in parts)) throw new Error(`expected ${Object.keys(parts).join(" or ")}, got ${name}`);
}
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) await part();
}
