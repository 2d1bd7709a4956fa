import { Controller } from '@nestjs/common';
import { type InputOf, inference, instantOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { guardrailSecretOf } from '@orrery/credentials';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Settings } from '../domain/settings.ts';
import { settingsOf } from '../views/settings.view.ts';
import { badAddressIn, TrustedHosts } from './guardrail-addresses.ts';
import { badPatternIn } from './patterns.ts';
import { Snapshots } from './snapshots.ts';

const orgOf = ({ orgId }: RequestContext): OrgId => {
  const org = OrgId.safeParse(orgId);
  return org.success ? org.data : refuse({ code: 'OrgNotFound', details: {} });
};

/** What secrets of organizations are made of. */
export class SigningKey {
  constructor(readonly bytes: Buffer) {}
}

@Controller()
export class SettingsHandler {
  private readonly settings;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly signing: SigningKey,
    private readonly trusted: TrustedHosts,
  ) {
    this.settings = handleWith(store, Settings, { name: 'inference-settings' });
  }

  @Serves(inference.SetInferenceSettings)
  async set(
    { org: _, ...sections }: InputOf<typeof inference.SetInferenceSettings>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.SetInferenceSettings>> {
    const orgId = orgOf(context);
    const bad = badPatternIn(sections.guardrails ?? []);
    if (bad !== undefined) refuse({ code: 'BadPattern', details: bad });
    const unreachable = await badAddressIn(sections.guardrails ?? [], this.trusted);
    if (unreachable !== undefined) refuse({ code: 'GuardrailNotPublic', details: unreachable });
    const at = instantOf(systemClock.now());
    const answer = (_: unknown, settings: inference.InferenceSettings): inference.InferenceSettingsView => ({ ...settings, setAt: at });
    const command = { type: 'Set', orgId, sections, at } as const;
    const told = refuse(
      await this.settings(`inference-settings-${orgId}`, command, { ...context, orgId }, { input: { orgId, ...sections }, answer }),
    );
    await this.snapshots.settingsChanged(orgId);
    return told.answer;
  }

  @Serves(inference.GetInferenceSettings)
  async get(
    _: InputOf<typeof inference.GetInferenceSettings>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.GetInferenceSettings>> {
    const row = await settingsOf(this.store, orgOf(context));
    return row ? { ...row.settings, setAt: row.setAt } : { ...inference.usualSettings, setAt: null };
  }

  @Serves(inference.GetGuardrailSecret)
  async secret(
    _: InputOf<typeof inference.GetGuardrailSecret>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.GetGuardrailSecret>> {
    return { secret: guardrailSecretOf(this.signing.bytes, orgOf(context)) };
  }
}
