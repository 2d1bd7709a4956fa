import { z } from 'zod';
import { command, query } from '../define.ts';
import { Currency, NanosText } from '../money.ts';
import { PageRequest, pageOf, Text } from '../values.ts';
import { MachineTypeName, MachineTypeView, OfferedResources } from './types.ts';

export const PublishMachineType = command({
  subject: 'catalog.publish-machine-type',
  summary: 'Offer a machine type, or change what it gives',
  http: 'PUT /machine-types/{name}',
  access: 'operator',
  input: z.strictObject({ name: MachineTypeName, description: Text.max(500).default(''), resources: OfferedResources }),
  output: MachineTypeView,
  refusals: {},
});

export const RetireMachineType = command({
  subject: 'catalog.retire-machine-type',
  summary: 'Stop offering a machine type; work already accepted goes on',
  http: 'DELETE /machine-types/{name}',
  access: 'operator',
  input: z.strictObject({ name: MachineTypeName }),
  output: z.strictObject({}),
  refusals: { MachineTypeNotFound: 404 },
});

export const ListMachineTypes = query({
  subject: 'catalog.list-machine-types',
  summary: 'What can be rented, and what a second of it costs now',
  http: 'GET /machine-types',
  access: 'catalog:read',
  input: PageRequest,
  output: pageOf(MachineTypeView.extend({ nanosPerSecond: NanosText.nullable(), currency: Currency.nullable() })),
  refusals: {},
});
