import { operations } from '@orrery/contracts';
import { busRefusals } from '@orrery/messaging';
import { edgeRefusals } from './failure.ts';
import { hasSentence, sentenceOf, titleOf } from './sentences.ts';

const codes = [
  ...Object.values(operations)
    .filter(({ http }) => http !== undefined)
    .flatMap(({ refusals }) => Object.keys(refusals)),
  ...Object.keys(busRefusals),
  ...Object.keys(edgeRefusals),
];

describe('A refusal', () => {
  it.each([...new Set(codes)])('%s has a sentence for the person who gets it', (code) => {
    expect(hasSentence(code)).toBe(true);
    const sentence = sentenceOf(code, {});
    expect(sentence).toMatch(/^[A-Z].*\.$/s);
    expect(sentence).not.toMatch(/undefined|\s{2}/);
  });

  it('has a title read off its code', () => {
    expect(titleOf('RunNotFound')).toBe('Run not found');
    expect(titleOf('NotAMember')).toBe('Not a member');
    expect(sentenceOf('SomethingNew', {})).toBe('Something new.');
  });

  it('says who it takes, where that is no permission', () => {
    expect(sentenceOf('Forbidden', { needs: 'caller' })).toBe('Not permitted: this needs a person, or an API key.');
    expect(sentenceOf('Forbidden', { needs: 'runs:read' })).toBe('Not permitted: this needs runs:read.');
    expect(sentenceOf('Forbidden', {})).toBe('Not permitted.');
  });

  it('sends to the log-in whoever signs up, and nobody who manages accounts', () => {
    expect(sentenceOf('EmailTaken', {})).toBe('Another account has this e-mail address already: choose another one.');
    expect(sentenceOf('EmailTaken', { mend: 'log in instead' })).toMatch(/: log in instead\.$/);
  });

  it('never looks into what objects inherit', () => {
    expect(hasSentence('constructor')).toBe(false);
    expect(sentenceOf('toString', {})).toBe('To string.');
  });
});
