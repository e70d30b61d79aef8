/**
 * What a run was made with, for its `environment.json`: versions, machine, engine, command line.
 * No environment variable, user or host name is recorded, and values of options that look like secrets are masked.
 */
import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs-core";

/** What the caller knows and this package does not. */
export interface EnvironmentOptions {
  /** Versions of the packages that matter to the run, by name. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Threads that the engine computes with; left out where it does not say. */
  readonly threads?: number;
  /** Folder whose git commit is recorded. Default: the working directory. */
  readonly repository?: string;
  /** The command line. Default: that of this process, without the paths of Node and of the script. */
  readonly argv?: readonly string[];
}

/** What a run was made with. */
export interface Environment {
  /** When it was recorded, ISO 8601, UTC. */
  readonly time: string;
  /** Version of Node.js. */
  readonly node: string;
  /** Operating system: platform, release and architecture. */
  readonly os: string;
  /** Model name of the processor. */
  readonly cpu: string;
  /** Processors that this process may use. */
  readonly processors: number;
  /** Memory of the machine, in bytes. */
  readonly memory: number;
  /** TensorFlow.js engine in use; `null` if none was chosen yet. */
  readonly engine: string | null;
  /** Threads that the engine computes with; `null` if unknown. */
  readonly threads: number | null;
  /** Versions of packages, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** Commit of the repository, and whether files in it were changed; `null` outside of a repository. */
  readonly git: {
    /** Hash of the commit. */
    readonly commit: string;
    /** Whether tracked files differ from it. */
    readonly changed: boolean;
  } | null;
  /** The command line, secrets masked. */
  readonly argv: readonly string[];
}

/** Records what this process runs with. Only the git commit is looked up outside of it. */
export async function describeEnvironment(options: EnvironmentOptions = {}): Promise<Environment> {
  return {
    time: new Date().toISOString(),
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    memory: totalmem(),
    engine: tf.getBackend() || null,
    threads: options.threads ?? null,
    packages: { "@tensorflow/tfjs-core": tf.version_core, ...options.packages },
    git: await gitState(options.repository ?? process.cwd()),
    argv: maskSecrets(options.argv ?? process.argv.slice(2)),
  };
}

const run = promisify(execFile);

async function gitState(cwd: string): Promise<Environment["git"]> {
  try {
    const { stdout: commit } = await run("git", ["rev-parse", "HEAD"], { cwd });
    const { stdout: status } = await run("git", ["status", "--porcelain", "--untracked-files=no"], { cwd });
    return { commit: commit.trim(), changed: status.trim() !== "" };
  } catch {
    // No git, no repository or no commit yet: all three mean that there is none to record.
    return null;
  }
}

const SECRET_OPTION = /^--?[\w-]*(token|secret|password|passwd|credential|api-?key)[\w-]*$/i;
const MASK = "***";

/**
 * Masks what looks like a secret on a command line: the value of an option whose name says so
 * (`--token x`, `--api-key=x`), and the user part of a URL.
 */
function maskSecrets(argv: readonly string[]): string[] {
  return argv.map((argument, index) => {
    const [option, value] = split(argument);
    if (value !== null && SECRET_OPTION.test(option)) return `${option}=${MASK}`;
    if (SECRET_OPTION.test(argv[index - 1] ?? "") && !argument.startsWith("--")) return MASK;
    return argument.replace(/(\w+:\/\/)[^/@\s]+@/g, `$1${MASK}@`);
  });
}

function split(argument: string): [option: string, value: string | null] {
  const equals = argument.indexOf("=");
  return equals === -1 ? [argument, null] : [argument.slice(0, equals), argument.slice(equals + 1)];
}
