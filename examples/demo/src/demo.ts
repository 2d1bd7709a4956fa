import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { type Answer, Api } from './api.ts';
import { EventFeed } from './bus.ts';
import type { DemoConfig } from './config.ts';
import * as schemas from './schemas.ts';
import { TraceReceiver } from './traces.ts';
import { until } from './until.ts';

const base = '/api/v2/external';

export interface Customer {
  readonly orgId: string;
  readonly orgSlug: string;
  readonly email: string;
  readonly token: string;
  readonly key: string;
}

export interface Submitted {
  readonly id: string;
  readonly streamingUrl: string;
  readonly traceId: string | undefined;
}

const example = (path: string): Promise<string> => readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** What the steps share: the API, the customer once there is one, and the way to run a program. */
export class Demo {
  readonly api: Api;
  readonly traces = new TraceReceiver();
  private feed: EventFeed | undefined;

  constructor(readonly config: DemoConfig) {
    this.api = new Api(config.url);
  }

  async open(): Promise<void> {
    if (this.config.otlpPort) await this.traces.listen(this.config.otlpPort);
    await until('a machine that takes work', async () => {
      const workers = await this.api.call(schemas.Workers, { path: '/orrery/v1/workers', token: this.config.operatorKey });
      return workers.value.items.find(({ status }) => status === 'online');
    });
  }

  async close(): Promise<void> {
    await this.feed?.close();
    this.traces.close();
  }

  /** The events of an organization from its first one on, followed once and kept. */
  async events(orgId: string): Promise<EventFeed> {
    this.feed ??= await EventFeed.open(this.config.natsUrl, this.config.natsCreds, orgId);
    return this.feed;
  }

  async submit(
    customer: Customer,
    path: string,
    { files = {}, timeout = 60 }: { files?: Record<string, string>; timeout?: number } = {},
  ): Promise<Submitted> {
    const importFiles: Record<string, string> = {};
    for (const [name, source] of Object.entries(files)) importFiles[name] = await example(source);
    const { value, traceId } = await this.api.call(schemas.Started, {
      method: 'POST',
      path: `${base}/execution/streaming/start`,
      token: customer.key,
      body: {
        code: await example(path),
        file_name: path.split('/').at(-1),
        execution_type: 'cpu',
        timeout,
        import_files: JSON.stringify(importFiles),
      },
    });
    return { id: value.execution_id, streamingUrl: value.streaming_url, traceId };
  }

  /** Reads a run's output live. `onOutput` may end the run; the stream then ends by itself. Answers the return code. */
  async follow(customer: Customer, run: Submitted, onOutput: (text: string) => Promise<void> | void): Promise<string> {
    for await (const event of this.api.events(run.streamingUrl, customer.key)) {
      const frame = schemas.Frame.parse(event);
      if ('jobFinished' in frame) return frame.jobFinished.job.result.returnCode;
      await onOutput(frame.output.content);
    }
    throw new Error('the output stream ended without the end of the run');
  }

  get<S extends z.ZodType>(customer: Customer, schema: S, path: string): Promise<Answer<z.output<S>>> {
    return this.api.call(schema, { path: `${base}${path}`, token: customer.key });
  }

  post<S extends z.ZodType>(customer: Customer, schema: S, path: string): Promise<Answer<z.output<S>>> {
    return this.api.call(schema, { method: 'POST', path: `${base}${path}`, token: customer.key });
  }
}
