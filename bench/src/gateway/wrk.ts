import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Contender } from './contenders.ts';
import { runJson } from './run-json.ts';

const Figures = z.object({
  requests: z.number(),
  micros: z.number(),
  /** Statuses that are no success, and faults of the connection. */
  failed: z.number(),
  p50: z.number(),
  p99: z.number(),
});
export type Figures = z.infer<typeof Figures>;

/** Lua's long brackets: a level that no body of ours contains. */
const quoted = (text: string): string => `[==[${text}]==]`;

export const scriptOf = ({ path, headers, body }: Pick<Contender, 'path' | 'headers' | 'body'>): string => `
wrk.method = "POST"
wrk.path = ${quoted(path)}
wrk.body = ${quoted(body)}
${Object.entries(headers)
  .map(([name, value]) => `rawset(wrk.headers, ${quoted(name)}, ${quoted(value)})`)
  .join('\n')}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"micros":%d,"failed":%d,"p50":%d,"p99":%d}\\n', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`;

/** One window of requests, one after the other on each connection. */
export const wrk = async (
  contender: Contender,
  connections: number,
  { windowMs, dir }: { windowMs: number; dir: string },
): Promise<Figures> => {
  const script = join(dir, `${contender.name}.lua`);
  await writeFile(script, scriptOf(contender));
  const seconds = Math.max(1, Math.round(windowMs / 1_000));
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s', '-s', script];
  const figures = Figures.parse(await runJson('wrk', [...args, `http://127.0.0.1:${contender.port}`], 3 * windowMs + 30_000));
  if (figures.failed > 0) console.error(`${contender.name}: ${figures.failed} of ${figures.requests} requests failed`);
  return figures;
};
