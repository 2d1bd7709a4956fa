import { execution, type OrgId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { Environment, type EnvironmentCommand, type EnvironmentEvent } from './environment.ts';

const at = '2026-01-02T03:04:05.678Z';
const orgId = '0199c0de-0000-7000-8000-00000000000a' as OrgId;
const idOf = (n: number) => execution.VariableId.parse(`0199c0de-0000-7000-8000-${String(n).padStart(12, '0')}`);
const setting = (n: number, name = `NAME_${n}`, blocks = 1) => ({ freshId: idOf(n), name, isSecret: true, blocks });
const set = (settings: ReturnType<typeof setting>[], isClosed = false): EnvironmentCommand => ({
  type: 'Set',
  orgId,
  isClosed,
  settings,
  at,
});
const wasSet = (n: number, change: object = {}): EnvironmentEvent => ({
  type: 'VariableSet',
  data: { variableId: idOf(n), orgId, name: `NAME_${n}`, isSecret: true, blocks: 1, isNew: true, at, ...change },
});
const wasRemoved = (n: number): EnvironmentEvent => ({ type: 'VariableRemoved', data: { variableId: idOf(n), orgId, at } });

const { given } = specify(Environment);

describe('The environment of an organization', () => {
  it('takes several variables at once', () => {
    given()
      .when(set([setting(1), setting(2)]))
      .thenEvents(wasSet(1), wasSet(2));
  });

  it('gives a variable that is set again a new value and no new id', () => {
    given(wasSet(1))
      .when(set([{ ...setting(9, 'NAME_1', 3), isSecret: false }]))
      .thenEvents(wasSet(1, { isNew: false, isSecret: false, blocks: 3 }));
  });

  it('gives a name that was removed a new id', () => {
    given(wasSet(1), wasRemoved(1))
      .when(set([setting(9, 'NAME_1')]))
      .thenEvents(wasSet(9, { name: 'NAME_1' }));
  });

  it('takes nothing where the organization is suspended or gone', () => {
    given()
      .when(set([setting(1)], true))
      .thenRejected('OrgSuspended');
  });

  it('is bounded in number, and takes all of a batch or nothing', () => {
    const full = Array.from({ length: 100 }, (_, n) => wasSet(n));
    given(...full.slice(1))
      .when(set([setting(0)]))
      .thenEvents(wasSet(0));
    given(...full.slice(1))
      .when(set([setting(0), setting(100)]))
      .thenRejected('TooManyVariables', { limit: 100 });
    given(...full)
      .when(set([setting(200, 'NAME_7')]))
      .thenEvents(wasSet(7, { isNew: false }));
  });

  it('is bounded in size, where a value that is replaced counts no more', () => {
    given(wasSet(1, { blocks: 512 }))
      .when(set([setting(2)]))
      .thenRejected('VariablesTooLarge', { limit: 131_072 });
    given(wasSet(1, { blocks: 512 }))
      .when(set([setting(1), setting(2, 'NAME_2', 511)]))
      .thenEvents(wasSet(1, { isNew: false }), wasSet(2, { blocks: 511 }));
  });

  it('loses a variable once', () => {
    const remove: EnvironmentCommand = { type: 'Remove', orgId, variableId: idOf(1), at };
    given(wasSet(1)).when(remove).thenEvents(wasRemoved(1));
    given(wasSet(1), wasRemoved(1)).when(remove).thenRejected('VariableNotFound');
    given(wasSet(2)).when(remove).thenRejected('VariableNotFound');
  });

  it('loses all of them, also those whose names were erased', () => {
    const removeAll: EnvironmentCommand = { type: 'RemoveAll', orgId, at };
    given(wasSet(1, { name: '[erased]' }), wasSet(2, { name: '[erased]' }))
      .when(removeAll)
      .thenEvents(wasRemoved(1), wasRemoved(2));
    given().when(removeAll).thenNothing();
  });

  it('ends with its organization, and takes nothing that was asked for before and comes after', () => {
    const close: EnvironmentCommand = { type: 'Close', orgId, at };
    const wasClosed: EnvironmentEvent = { type: 'EnvironmentClosed', data: { orgId, at } };
    given(wasSet(1)).when(close).thenEvents(wasRemoved(1), wasClosed);
    given(wasClosed).when(close).thenNothing();
    given(wasClosed)
      .when(set([setting(1)]))
      .thenRejected('OrgSuspended');
  });
});
