import { inference, OrgId } from '@orrery/contracts';
import { completes, eventually } from '@orrery/testing';
import { type ModelWorld, startModelWorld } from './fixtures/models.ts';

const mail = 'ann@example.com';
const guardrails = [
  { kind: 'personal-data', name: 'privacy', action: 'mask', data: ['email'] },
  { kind: 'terms', name: 'harm', action: 'block', terms: ['poison'] },
];

describe('What is logged of a request at which guardrails look', () => {
  let models: ModelWorld;
  const told: string[] = [];

  beforeAll(async () => {
    models = await startModelWorld();
    models.server.always(completes());
    await models.route();
    const orgId = OrgId.parse(models.owner.orgId);
    const logging = { policy: 'full', retentionDays: 1 };
    const settings = inference.InferenceSettings.parse({ ...inference.usualSettings, logging, guardrails });
    await models.world.publishing.settings.put(orgId, { orgId, settings });
    await eventually(async () => expect((await say('poison')).status).toBe(400));
    models.world.serviceBus.connection.subscribe(inference.contentTransport.subject, {
      callback: (_, message) => told.push(message.string()),
    });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);

  const say = (content: string): Promise<Response> => models.post({ messages: [{ role: 'user', content }] });
  /** The head, and the words. */
  const loggedOf = async (answer: Response): Promise<readonly [unknown, string]> => {
    const id = answer.headers.get('x-orrery-request-id') ?? '';
    const [head = '', ...words] = (await eventually(() => told.find((each) => each.includes(id)))).split('\n');
    return [JSON.parse(head), words.join('\n')];
  };

  it('is what the model was asked', async () => {
    const [, words] = await loggedOf(await say(`I am ${mail}`));
    expect(words).toContain('I am [EMAIL]');
    expect(words).not.toContain(mail);
  });

  it('is no word where it was not let pass', async () => {
    const [head, words] = await loggedOf(await say(`I am ${mail}, and drink poison`));
    expect(head).toMatchObject({ asked: { kept: 0 }, answered: null });
    expect(words).toBe('');
  });
});
