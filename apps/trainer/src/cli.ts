#!/usr/bin/env node
/** The command line `roga`: reads arguments, calls a command, prints errors as one message, sets the exit status. */
import { Command, InvalidArgumentError, Option } from "commander";
import { demo } from "./commands/demo.js";
import { engines } from "./commands/engines.js";
import { evaluateRun } from "./commands/evaluate.js";
import { runJob } from "./commands/job.js";
import { resume, type TrainFlags, train } from "./commands/train.js";
import { convertWeightFile } from "./commands/weights-convert.js";
import { diffWeights } from "./commands/weights-diff.js";
import { inspectWeights } from "./commands/weights-inspect.js";
import { annotatedDefaults } from "./config/describe.js";
import { parseSetting } from "./config/load.js";
import { Interrupted } from "./jobs/interrupt.js";
import { messageOf } from "./output/printable.js";
import { FLOAT_DTYPES } from "./weights/cast.js";

const list = (text: string): string[] => text.split(",").map((item) => item.trim());

function integers(text: string): number[] {
  return list(text).map((item) => {
    if (!/^\d+$/.test(item)) throw new InvalidArgumentError(`expected whole numbers such as 1,2,3, got "${text}"`);
    return Number(item);
  });
}

function integer(text: string): number {
  const [value, ...rest] = integers(text);
  if (value === undefined || rest.length > 0)
    throw new InvalidArgumentError(`expected one whole number, got "${text}"`);
  return value;
}

function setting(text: string, earlier: Record<string, unknown> = {}): Record<string, unknown> {
  const [path, value] = parseSetting(text);
  return { ...earlier, [path]: value };
}

function renaming(text: string, earlier: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const [from, to, ...rest] = text.split("=");
  if (!from || !to || rest.length > 0) throw new InvalidArgumentError(`expected old=new, got "${text}"`);
  if (earlier.has(from)) throw new InvalidArgumentError(`"${from}" is renamed twice`);
  return new Map([...earlier, [from, to]]);
}

/** The flags that say what to read of a PyTorch file. */
function sourceFlags(command: Command): Command {
  return command
    .option("--entry <keys>", "PyTorch files: where the state dict is, as in ema/model")
    .option("--ignore-unknown", "PyTorch files: leave objects that are no tensors unread instead of refusing the file");
}

/** The flags that `train` and `demo` share; each stands for one option of the configuration. */
function trainingFlags(command: Command): Command {
  return command
    .option("--config <file>", "YAML configuration; `roga config` prints one with every option")
    .option("--algorithms <names>", "what to train and compare, as in erm,roga", list)
    .option("--seeds <numbers>", "one training run per algorithm and seed, as in 1,2,3", integers)
    .option("--epochs <number>", "passes over the training fakes", integer)
    .option("--engine <name>", "compute engine; `roga engines` lists them")
    .option("--set <option=value>", "any option of the configuration, repeatable", setting);
}

const program = new Command("roga")
  .description("Train and test deepfake detectors that hold on manipulations they never saw.")
  .showHelpAfterError();

trainingFlags(program.command("train"))
  .description("train every algorithm and seed, test on seen and unseen domains, write a run folder")
  .option("--real <folder>", "face photographs; the fakes are made from them")
  .option("--manifest <file>", "CSV or JSONL manifest of real and fake images")
  .option("--out <folder>", "run folder to create")
  .addOption(
    new Option("--resume <folder>", "go on with an interrupted run").conflicts([
      "out",
      "config",
      "real",
      "manifest",
      "algorithms",
      "seeds",
      "epochs",
      "engine",
      "set",
    ]),
  )
  .action(async (flags: TrainFlags & { resume?: string }) => {
    if (flags.resume !== undefined) await resume(flags.resume);
    else if (flags.out === undefined) program.error("error: give --out <folder>, or --resume <folder>");
    else await train({ ...flags, out: flags.out });
  });

trainingFlags(program.command("demo"))
  .description("the whole job on drawn faces, with nothing to download")
  .option("--out <folder>", "run folder to create (default: runs/demo-<date>)")
  .action(demo);

program
  .command("evaluate")
  .description("score a manifest or the run's own test images with a trained model")
  .argument("<folder>", "folder of one training run, as in runs/demo/roga-seed1")
  .option("--manifest <file>", "images to score (default: the run's own test images)")
  .option("--checkpoint <name>", "best or last", "best")
  .addOption(new Option("--level <level>", "what is scored (default: as the run's)").choices(["frame", "video"]))
  .option("--engine <name>", "compute engine", "auto")
  .requiredOption("--out <file>", "score table to write (CSV)")
  .option("--json", "print JSON")
  .action(evaluateRun);

program.command("engines").description("every compute engine, and why each is or is not available").action(engines);

program
  .command("config")
  .description("print every option with its default and what it does, as YAML")
  .action(() => void process.stdout.write(annotatedDefaults()));

const weights = program
  .command("weights")
  .description("look into weight files, convert them, compare them: safetensors, .pth, .npz, .h5, .keras, model.json");

sourceFlags(weights.command("inspect"))
  .description("names, element types and shapes in a weight file, totals, and which backbone it looks like")
  .argument("<file>", "weight file of any format; its content tells which")
  .option("--stats", "smallest, largest and mean value of each tensor, and its NaNs and infinities")
  .option("--json", "print JSON")
  .action(inspectWeights);

sourceFlags(weights.command("convert"))
  .description("write a weight file in the format that the name of the output asks for")
  .argument("<in>", "weight file of any format")
  .argument("<out>", "file to write: .safetensors, .npz, .pth or .pt")
  .option("--backbone <name>", "check the weights against a backbone and rename them for --to")
  .option(
    "--variant <name>",
    "variant of the backbone whose code the weights are from (default: the file's, or the first)",
  )
  .option("--classes <number>", "outputs of the backbone", integer, 2)
  .option("--input-size <px>", "input size of the backbone, where its weights depend on it", integer)
  .option("--adjust-channel", "the form of the backbone that DeepfakeBench makes with `mode: adjust_channel`")
  .option("--drop-unused", "leave weights out that the backbone has no use for, whatever they hold")
  .addOption(
    new Option("--to <names>", "with --backbone: whose names").choices(["roga", "pytorch", "keras"]).default("roga"),
  )
  .addOption(new Option("--dtype <type>", "element type of all floating-point tensors").choices(FLOAT_DTYPES))
  .option("--strip-prefix <text>", "take this off the names that start with it")
  .option("--rename <old=new>", "rename one tensor, repeatable", renaming)
  .action(convertWeightFile);

sourceFlags(weights.command("diff"))
  .description("what two weight files have in common; exit status 1 where they differ")
  .argument("<a>", "weight file of any format")
  .argument("<b>", "weight file of any format")
  .option("--json", "print JSON")
  .action(diffWeights);

program
  .command("job", { hidden: true })
  .requiredOption("--run <folder>")
  .requiredOption("--algorithm <name>")
  .requiredOption("--seed <number>", "", integer)
  .action(runJob);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Interrupted) {
    console.error(`\n${error.message}`);
    process.exitCode = 130;
  } else {
    console.error(process.env.ROGA_DEBUG ? error : `error: ${messageOf(error as Error)}`);
    process.exitCode = 1;
  }
}
