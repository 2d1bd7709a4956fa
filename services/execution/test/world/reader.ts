import { execution, type RequestOf } from '@orrery/contracts';
import type { World } from './world.ts';

/** A reader that notes what it sees. */
export class Reader {
  readonly items: execution.RunOutputItem[] = [];
  isDone = false;
  error: unknown;
  private readonly leaving = new AbortController();

  static async open(world: World, input: RequestOf<typeof execution.FollowRun>): Promise<Reader> {
    const reader = new Reader();
    const stream = world.bus.askStream(execution.FollowRun, input, world.context(), { signal: reader.leaving.signal });
    const opened = await stream.open();
    if (!opened.accepted) throw new Error(opened.rejection.code);
    void reader.read(stream);
    return reader;
  }

  get text(): string {
    return this.items.map((item) => (item.kind === 'output' ? item.text : '')).join('');
  }

  get statuses(): readonly string[] {
    return this.items.flatMap((item) => (item.kind === 'output' ? [] : [item.status]));
  }

  leave(): void {
    this.leaving.abort();
  }

  private async read(stream: AsyncIterable<execution.RunOutputItem>): Promise<void> {
    try {
      for await (const item of stream) this.items.push(item);
      this.isDone = true;
    } catch (error) {
      this.error = error;
    }
  }
}
