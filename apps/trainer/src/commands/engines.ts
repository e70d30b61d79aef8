/** `roga engines`: every compute engine, whether it can be used, and why (not). */
import { listEngines, use } from "@roga/runtime";

export async function engines(): Promise<void> {
  const reports = await listEngines();
  const width = Math.max(...reports.map(({ name }) => name.length));
  for (const { name, available, reason } of reports) {
    console.log(`${available ? "✓" : "–"} ${name.padEnd(width)}  ${reason}`);
  }
  const engine = await use("auto");
  console.log(`\nauto: ${engine.name} (${engine.device}, ${engine.threads} thread${engine.threads === 1 ? "" : "s"})`);
}
