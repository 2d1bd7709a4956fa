import { z } from 'zod';
import { command, query } from '../../define.ts';
import { OrgSlug } from '../../identity/orgs/types.ts';
import { InferenceSettings, InferenceSettingsView } from './types.ts';

export const SetInferenceSettings = command({
  subject: 'inference.set-inference-settings',
  summary:
    'Say how requests for inference are treated; sections that are left out stay as they are, and every gateway knows within a second',
  http: 'PUT /orgs/{org}/inference-settings',
  access: 'org:update',
  input: z.strictObject({ org: OrgSlug, ...InferenceSettings.partial().shape }),
  output: InferenceSettingsView,
  refusals: { OrgNotFound: 404, BadPattern: 400, GuardrailNotPublic: 400 },
});

export const GetInferenceSettings = query({
  subject: 'inference.get-inference-settings',
  summary: 'How requests for inference of the organization are treated',
  http: 'GET /orgs/{org}/inference-settings',
  access: 'org:read',
  input: z.strictObject({ org: OrgSlug }),
  output: InferenceSettingsView,
  refusals: { OrgNotFound: 404 },
});

export const GetGuardrailSecret = query({
  subject: 'inference.get-guardrail-secret',
  summary: 'The secret with which questions to guardrails of the organization are signed, the same for all of them',
  http: 'GET /orgs/{org}/guardrail-secret',
  access: 'org:update',
  input: z.strictObject({ org: OrgSlug }),
  output: z.strictObject({ secret: z.string() }),
  refusals: { OrgNotFound: 404 },
});
