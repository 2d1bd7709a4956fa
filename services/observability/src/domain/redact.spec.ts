import { redacted } from './redact.ts';

describe('an indexed event', () => {
  it('does not tell of a person', () => {
    const contract = { personal: { of: 'userId', fields: ['email', 'name'] } };
    expect(redacted(contract, { userId: 'u1', email: 'ada@example.com', name: null })).toEqual({
      userId: 'u1',
      email: '[personal]',
      name: null,
    });
  });

  it('is whole where its contract names nothing personal', () => {
    expect(redacted({}, { runId: 'r1' })).toEqual({ runId: 'r1' });
  });
});
