import { Shared } from './shared.ts';

describe('a shared question', () => {
  const questions = () => {
    const answers: ((value: number) => void)[] = [];
    const failures: ((error: Error) => void)[] = [];
    const shared = new Shared<number>(
      () =>
        new Promise((resolve, reject) => {
          answers.push(resolve);
          failures.push(reject);
        }),
    );
    return { shared, answers, failures };
  };

  it('is asked once for all who come while it is under way, and they get an answer that is younger than they', async () => {
    const { shared, answers } = questions();
    const first = shared.ask();
    const others = [shared.ask(), shared.ask()];
    expect(answers).toHaveLength(1);
    answers[0]?.(1);
    await expect(first).resolves.toBe(1);
    await Promise.resolve();
    expect(answers).toHaveLength(2);
    answers[1]?.(2);
    await expect(Promise.all(others)).resolves.toEqual([2, 2]);
    void shared.ask();
    expect(answers).toHaveLength(3);
  });

  it('is asked again after a failure', async () => {
    const { shared, answers, failures } = questions();
    const first = shared.ask();
    const second = shared.ask();
    failures[0]?.(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    await Promise.resolve();
    answers[1]?.(2);
    await expect(second).resolves.toBe(2);
  });
});
