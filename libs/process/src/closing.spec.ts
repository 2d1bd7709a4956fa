import { logOf } from '@orrery/telemetry';
import { Closing } from './closing.ts';

const log = logOf('test');

describe('closing', () => {
  it('goes back the way things were opened, one after the other', async () => {
    const order: string[] = [];
    const closing = new Closing(log);
    for (const name of ['database', 'bus', 'requests']) {
      closing.add(name, async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
      });
    }
    expect(await closing.run()).toBe(true);
    expect(order).toEqual(['requests begins', 'requests ends', 'bus begins', 'bus ends', 'database begins', 'database ends']);
  });

  it('closes the rest where one step fails or hangs, and owns up to it', async () => {
    const order: string[] = [];
    const closing = new Closing(log);
    closing.add('database', () => order.push('database'));
    closing.add('broken', () => Promise.reject(new Error('broken')));
    closing.add('stuck', () => new Promise(() => undefined), 10);
    closing.add('requests', () => order.push('requests'));
    expect(await closing.run()).toBe(false);
    expect(order).toEqual(['requests', 'database']);
    await expect(closing.finish('the test')).rejects.toThrow(
      'the test did not stop in order: stuck: stuck took longer than 10 ms; broken: broken',
    );
  });

  it('happens once, however often it is asked for', async () => {
    let closed = 0;
    const closing = new Closing(log);
    closing.add('counted', () => {
      closed += 1;
    });
    await Promise.all([closing.run(), closing.run()]);
    await closing.run();
    expect(closed).toBe(1);
  });
});
