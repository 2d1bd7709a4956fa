import { eventsCommandOf, WrongWords } from './command.ts';

describe('the words of an operator', () => {
  it('audit all logs, or some', () => {
    expect(eventsCommandOf(['audit'])).toEqual({ does: 'audit', services: [] });
    expect(eventsCommandOf(['audit', 'billing', 'identity'])).toEqual({ does: 'audit', services: ['billing', 'identity'] });
  });

  it('refill from the start, or from an instant', () => {
    expect(eventsCommandOf(['refill', 'billing'])).toEqual({ does: 'refill', service: 'billing', from: 'start' });
    const from = new Date('2026-01-31T00:00:00Z');
    expect(eventsCommandOf(['refill', 'billing', '--from', '2026-01-31T00:00:00Z'])).toEqual({ does: 'refill', service: 'billing', from });
  });

  it('export from the start, or from an instant', () => {
    expect(eventsCommandOf(['export', 'execution'])).toEqual({ does: 'export', service: 'execution', from: 'start' });
    expect(() => eventsCommandOf(['export'])).toThrow(WrongWords);
  });

  it('choose dead letters', () => {
    expect(eventsCommandOf(['replay-dead', '--consumer', 'charges'])).toEqual({ does: 'replay-dead', filter: { consumer: 'charges' } });
  });

  it('are answered with those that there are', () => {
    expect(() => eventsCommandOf(['burn'])).toThrow(/^burn: there is no such command.*\n\nnpm run start -- events <what>/);
    expect(() => eventsCommandOf(['audit', '--burn'])).toThrow(/^Unknown option '--burn'\.\n\nnpm run start -- events <what>/);
  });

  it.each([
    [[]],
    [['refill']],
    [['rebuild', 'billing']],
    [['refill', 'billing', '--from', 'yesterday']],
    [['burn']],
    [['audit', '--burn']],
    [['refill', 'billing', '--from']],
  ])('refuse %j', (words) => {
    expect(() => eventsCommandOf(words)).toThrow(WrongWords);
  });
});
