import { z } from 'zod';
import { storedEvents } from '../catalogue.ts';
import { auditFacts, auditTable } from './table.ts';

const contractOf = (type: string) => storedEvents.find((contract) => contract.type === type);
const facts = [...auditFacts].map(([type, fact]) => ({ type, fact }));
const fieldsOf = (type: string): readonly string[] => {
  const schema = contractOf(type)?.schema;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
};

describe('the audit trail', () => {
  it('knows of every event that a log may hold, and of no other', () => {
    const types = storedEvents.map(({ type }) => type).sort();
    expect(Object.keys(auditTable).sort()).toEqual(types);
  });

  it.each(facts)('is told $type by an event that others may consume', ({ type }) => {
    expect(contractOf(type)?.isPrivate).toBeUndefined();
  });

  it.each(facts)('names fields that $type has', ({ type, fact: { target, person, details = [] } }) => {
    const named = [target?.[1], person, ...details].filter((field) => field !== undefined);
    expect(fieldsOf(type)).toEqual(expect.arrayContaining(named));
  });

  it.each(facts)('tells nothing of $type that is personal or secret', ({ type, fact: { target, details = [] } }) => {
    const told = [...details, target?.[1] ?? ''];
    expect(told.filter((field) => contractOf(type)?.personal?.fields.includes(field))).toEqual([]);
    // These tell of no secret what it is.
    const harmless = ['programHash', 'isSecret'];
    expect(told.filter((field) => /hash|secret|token$|password|ticket|code$/i.test(field) && !harmless.includes(field))).toEqual([]);
  });

  it('says of what it leaves out why', () => {
    for (const entry of Object.values(auditTable)) if ('unaudited' in entry) expect(entry.unaudited).toMatch(/\w+ \w+/);
  });

  it('calls each event by a name of its own, a noun and what was done to it', () => {
    const actions = facts.map(({ fact: { action } }) => action);
    expect(new Set(actions).size).toBe(actions.length);
    for (const action of actions) expect(action).toMatch(/^[a-z_]+\.[a-z_]+$/);
  });
});
